"""PyTorch's differentiable ops: https://docs.pytorch.org/docs/stable/torch.html"""

# ruff: noqa: E501 - a table is read better with an op a line

from __future__ import annotations

from typing import Any

import torch
from hypothesis import strategies as st

from microdl.testing.adapters import adapter_for

from .table import BINARY, INF, UNARY, Op, Wide, marked, named, regular, spread, symmetric
from .torch_nn_ops import NN

VERSION, EXAMPLES = torch.__version__, 100
one, two, of = Wide.one, Wide.two, Wide.of
DIM = {"dim": [0, 1, -1]}
KEEP = {**DIM, "keepdim": [False, True]}
SPECIAL: dict[str, Any] = {
    "erf": "real", "erfc": "real", "erfinv": (-1.0, 1.0), "erfcx": "real", "gammaln": "positive", "digamma": "positive",
    "expit": "real", "logit": "unit", "ndtr": "real", "ndtri": "unit", "log_ndtr": "real", "entr": "positive", "i0": "real",
    "i0e": "real", "i1": "real", "i1e": "real", "sinc": "real", "exp2": "real", "expm1": "real",
}  # fmt: skip


# The op, and the heading of FINDINGS.md that tells of it.
KNOWN = {
    "F.cosine_similarity eps": "cosine_similarity",
    "F.gaussian_nll_loss": "gaussian_nll_loss",
    "linalg.cholesky": "cholesky",
    "cholesky_solve": "cholesky",
    "cholesky_inverse": "cholesky",
    "linalg.eigh values": "cholesky",
    "linalg.eigvalsh": "cholesky",
    "block_diag": "block_diag",
    "scatter_reduce amax without self": "scatter_reduce",
    "scatter_reduce amin without self": "scatter_reduce",
    "vander": "vander",
    "sinc": "sinc",
    "special.sinc": "sinc",
    "special.log_ndtr": "log_ndtr",
    "std": "std",
    "std_mean": "std",
    "as_strided": "as_strided",
    "cdist": "cdist",
    "pdist": "cdist",
}


def adapter() -> Any:
    return adapter_for(None, "torch")


def _index(reduce: str, include_self: bool) -> Any:
    return lambda x, i, s: x.scatter_reduce(0, i, s, reduce, include_self=include_self)


ELEMENTWISE = [
    *named("", torch, UNARY, one),
    *named("", torch, BINARY, lambda d: two(*d)),
    *named("special.", torch.special, SPECIAL, one),
    *named("", torch, {"rsqrt": "positive", "frac": "steps", "lgamma": (-3.0, 0.0), "sigmoid": "real", "angle": "real"}, one),
    Op("pow negative base", lambda x, p: x**p, one(p=[2, 3, -1, 0.5, 1, 0])),
    Op("pow number base", lambda x, b: b**x, one(b=[2, 0.5, 0])),
    Op("pow base at zero", lambda x, p: torch.pow(abs(x), p), two("real", (1.0, 4.0))),
    Op("polygamma", lambda x, n: torch.polygamma(n, x), one("positive", n=[1, 2])),
    Op("mvlgamma", lambda x: torch.mvlgamma(x, 2), one((1.0, INF))),
    Op("xlogy", torch.xlogy, two("real", "positive")),
    Op("special.xlog1py", torch.special.xlog1py, two("real", (-1.0, INF))),
    Op("lerp", torch.lerp, two("real", "real", "real")),
    Op("addcmul", lambda a, b, c: torch.addcmul(a, b, c, value=0.5), two("real", "real", "real")),
    Op("addcdiv", lambda a, b, c: torch.addcdiv(a, b, c, value=0.5), two("real", "real", "nonzero")),
    Op("where", torch.where, of("n,n,n", "mask")),
    Op("where with NaN apart", lambda m, x: torch.where(m, x, torch.zeros_like(x)), of("n,n", "mask")),
    Op("clamp", lambda x, min, max: x.clamp(min, max), one(min=[-1, 0, None], max=[1, 0.5])),
    Op("clamp by tensors", lambda x, a, b: x.clamp(a, b), two("real", "real", "real")),
    Op("div floor", lambda a, b: torch.div(a, b, rounding_mode="floor") * a, two("steps", (0.4, 3.0))),
    Op("nan_to_num of infinite", lambda x: torch.nan_to_num(1 / x), one("nonzero")),
    Op("ldexp", torch.ldexp, two((-2.0, 2.0), (-2.0, 2.0))),
]  # fmt: skip

REDUCTIONS = [
    *[
        Op(n, getattr(torch, n), of("nm", **KEEP))
        for n in (
            "sum", "mean", "prod", "amax", "amin", "nansum", "nanmean", "logsumexp", "var", "std", "max", "min", "median",
            "nanmedian", "var_mean", "std_mean", "mode",
        )
    ],
    *[Op(n, getattr(torch, n), of("nm", **DIM)) for n in ("cumsum", "cumprod", "cummax", "cummin", "logcumsumexp")],
    *[Op(f"{n} of all", getattr(torch, n), one()) for n in ("sum", "mean", "prod", "max", "min", "median", "norm", "var")],
    Op("var correction", torch.var, of("nm", correction=[0, 1, 2], **KEEP)),
    Op("prod of 0-d to 3-d", lambda x: torch.prod(x), one((-2.0, 2.0))),
    Op("norm p", torch.norm, of("nm", p=[0, 0.5, 1, 1.5, 2, 3, INF, -INF], **KEEP)),
    Op("linalg.vector_norm", torch.linalg.vector_norm, one(ord=[0.5, 1, 2, 2.5, 3, INF, -INF, -1])),
    Op("linalg.matrix_norm", torch.linalg.matrix_norm, st.tuples(spread(3, 2), st.sampled_from(
        [{"ord": o} for o in ("fro", "nuc", 1, -1, 2, -2, INF, -INF)]))),
    Op("dist", lambda a, b, p: torch.dist(a, b, p), two("real", "real", p=[1, 2, 3, INF])),
    Op("quantile", lambda x, q, dim: torch.quantile(x, q, dim), of("3m", q=[0.0, 0.25, 0.5, 0.9], dim=[0])),
    Op("nanquantile", lambda x, q: torch.nanquantile(x, q, 0), of("3m", q=[0.0, 0.25, 0.5, 0.9])),
    Op("kthvalue", lambda x, k: torch.kthvalue(x, k, 0), of("3m", k=[1, 2, 3])),
    Op("topk", lambda x, k: torch.topk(x, k, 0), of("3m", k=[1, 2])),
    Op("sort", torch.sort, of("nm", descending=[False, True], **DIM)),
    Op("msort", torch.msort, of("nm")),
    Op("aminmax", lambda x: torch.aminmax(x), of("2m4")),
    Op("trapezoid", torch.trapezoid, of("nm,nm")),
    Op("cumulative_trapezoid", torch.cumulative_trapezoid, of("n,n")),
    Op("diff", torch.diff, of("4m", n=[1, 2], dim=[0])),
    Op("renorm", lambda x, p: torch.renorm(x, p, 0, 1.5), of("nm", p=[1, 2, 3])),
    Op("cov", lambda x: torch.cov(x), of("n4")),
    Op("corrcoef", lambda x: torch.corrcoef(x), st.tuples(spread(2, 4))),
]  # fmt: skip

INDEXING = [
    Op("x[indices]", lambda x, i: x[i], of("nm,k", "real", "indices:n")),
    Op("x[i, j]", lambda x, i, j: x[i, j], of("34,k,k", "real", "indices:3", "indices:4")),
    Op("x[mask]", lambda x, m: x[m], of("nm,n", "real", "mask")),
    Op("x[1::2, ..., None]", lambda x: x[1::2, ..., None], of("nm")),
    Op("gather", lambda x, i: torch.gather(x, 1, i), of("n3,nk", "real", "labels:3")),
    Op("take", torch.take, of("n3,k", "real", "labels:3")),
    Op("take_along_dim", lambda x, i: torch.take_along_dim(x, i, 1), of("n3,nk", "real", "labels:3")),
    Op("index_select", lambda x, i: x.index_select(0, i), of("3m,k", "real", "labels:3")),
    Op("index_add", lambda x, i, s: x.index_add(0, i, s, alpha=0.5), of("3m,k,km", "real", "labels:3")),
    Op("index_copy", lambda x, s: x.index_copy(0, torch.tensor([2, 0]), s), of("3m,2m")),
    Op("index_fill", lambda x, v, i: x.index_fill(0, i, v), of("3m,,k", "real", "real", "labels:3")),
    *[
        Op(f"index_reduce {r}", lambda x, i, s, r=r: x.index_reduce(0, i, s, r), of("3m,k,km", "real", "labels:3"))
        for r in ("prod", "mean", "amax", "amin")
    ],
    *[
        Op(f"scatter_reduce {r}{'' if self else ' without self'}", _index(r, self), of("3m,km,km", "real", "labels:3"))
        for r in ("sum", "prod", "mean", "amax", "amin") for self in (True, False)
    ],
    Op("scatter", lambda x, s: x.scatter(0, torch.tensor([[0, 1], [2, 0]]), s), of("32,22")),
    Op("scatter_add", lambda x, i, s: x.scatter_add(0, i, s), of("3m,km,km", "real", "labels:3")),
    Op("index_put accumulate", lambda x, i, v: x.index_put((i,), v, accumulate=True), of("nm,k,m", "real", "indices:n")),
    Op("put accumulate", lambda x, i, v: x.put(i, v, accumulate=True), of("n3,k,k", "real", "labels:3")),
    Op("masked_fill", lambda x, m, v: x.masked_fill(m, v), of("nm,m,", "real", "mask")),
    Op("masked_select", torch.masked_select, of("nm,m", "real", "mask")),
    Op("masked_scatter", lambda x, m, v: x.masked_scatter(m, v), of("23,23,6", "real", "mask")),
    Op("setitem", lambda x, v: _assigned(x, v), of("3m,m")),
    Op("diagonal_scatter", torch.diagonal_scatter, of("33,3")),
    Op("select_scatter", lambda x, v: torch.select_scatter(x, v, 0, -1), of("3m,m")),
    Op("slice_scatter", lambda x, v: torch.slice_scatter(x, v, 0, 1, 3), of("4m,2m")),
    Op("repeat_interleave", lambda x, r: x.repeat_interleave(r, 0), of("nm,n", "real", "labels:3")),
]  # fmt: skip


def _assigned(x: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    y = x * 2
    y[1] = v
    y[0] *= v
    return y


SHAPES = [
    *named("", torch, dict.fromkeys(("fliplr", "tril", "triu", "diagonal", "t", "ravel", "flatten"), ""), lambda _: of("nm")),
    Op("roll", lambda x: torch.roll(x, (1, -2), (0, 1)), of("nm")),
    Op("rot90", lambda x, k: torch.rot90(x, k), of("nm", k=[1, 2, 3])),
    Op("flip", lambda x: x.flip(0, 2), of("nmk")),
    Op("permute", lambda x: x.permute(2, 0, 1), of("nmk")),
    Op("reshape", lambda x: x.t().reshape(-1), of("nm")),
    Op("unfold", lambda x: x.unfold(0, 3, 1), of("5m")),
    Op("as_strided", lambda x: x.as_strided((2, 3), (1, 2)), of("33")),
    Op("repeat", lambda x: x.repeat(2, 3, 1), of("nm")),
    Op("tile", lambda x: x.tile(2, 3), of("n")),
    Op("expand", lambda x: x.expand(3, 2, -1), of("m")),
    Op("broadcast_to", lambda x: torch.broadcast_to(x, (2, 3)), of("21")),
    Op("cat", lambda a, b, dim: torch.cat([a, b, a], dim), of("nm,nm", **DIM)),
    Op("stack", lambda a, b, dim: torch.stack([a, b, a], dim), of("nm,nm", **DIM)),
    Op("split", lambda x: x.split([1, 3], 0), of("4m")),
    Op("diag", torch.diag, of("n")),
    Op("diag_embed", lambda x: torch.diag_embed(x, 1), of("nm")),
    Op("block_diag", torch.block_diag, of("nm,k,")),
    Op("cartesian_prod", torch.cartesian_prod, of("n,m")),
    Op("meshgrid", lambda a, b: torch.meshgrid(a, b, indexing="ij"), of("n,m")),
    Op("combinations", torch.combinations, of("n")),
    Op("vander", lambda x: torch.vander(x, 3), of("n")),
]  # fmt: skip

LINALG = [
    Op("matmul", torch.matmul, Wide.matmul()),
    *named("", torch, {"mm": "nm,mk", "mv": "nm,m", "dot": "n,n", "bmm": "anm,amk", "outer": "n,m", "inner": "nm,km",
                       "kron": "nm,mk", "addmm": "nk,nm,mk", "addmv": "n,nm,m", "addr": "nm,n,m", "baddbmm": "ank,anm,amk",
                       "vdot": "n,n", "cross": "n3,n3"}, of),
    Op("einsum", lambda a, b: torch.einsum("ij,jk->k", a, b), of("nm,mk")),
    Op("einsum diagonal", lambda a, b: torch.einsum("ii,i->i", a, b), of("nn,n")),
    Op("einsum of size 1", lambda a, b: torch.einsum("ij,ij->i", a, b), of("n1,nm")),
    Op("einsum of three", lambda a, b, c: torch.einsum("...i,ij,...j->...", a, b, c), of("kn,nm,km")),
    Op("tensordot", lambda a, b: torch.tensordot(a, b, 2), of("knm,nma")),
    Op("linalg.multi_dot", lambda *a: torch.linalg.multi_dot(a), of("nm,mk,ka")),
    Op("linalg.vecdot", torch.linalg.vecdot, of("nm,nm")),
    Op("cdist", lambda a, b, p: torch.cdist(a, b, p), of("nm,km", p=[0.5, 1.0, 1.5, 2.0, 3.0, INF])),
    Op("pdist", lambda a, p: torch.nn.functional.pdist(a, p), of("nm", p=[0.5, 1.0, 1.5, 2.0, 3.0, INF])),
    *[Op(f"linalg.{n}", getattr(torch.linalg, n), st.tuples(regular(3)))
      for n in ("inv", "det", "slogdet", "pinv", "matrix_exp", "svdvals", "cond", "qr", "eigvalsh", "lu_factor", "lu")],
    Op("linalg.det of any", torch.linalg.det, of("33")),
    Op("linalg.matrix_power", lambda x, n: torch.linalg.matrix_power(x, n), st.tuples(regular(2), st.sampled_from(
        [{"n": n} for n in (0, 1, 2, 3, 5, -1, -2)]))),
    Op("linalg.solve", torch.linalg.solve, st.tuples(regular(3), spread(3, 2))),
    Op("linalg.solve of a vector", torch.linalg.solve, st.tuples(regular(3), spread(3))),
    Op("linalg.solve_triangular", lambda a, b: torch.linalg.solve_triangular(a, b, upper=True),
       st.tuples(regular(3), spread(3, 2))),
    Op("linalg.lstsq", lambda a, b: torch.linalg.lstsq(a, b).solution, st.tuples(spread(4, 2), spread(4, 2))),
    Op("linalg.cholesky", torch.linalg.cholesky, st.tuples(symmetric(3))),
    Op("cholesky_solve", lambda b, a: torch.cholesky_solve(b, a), st.tuples(spread(3, 2), regular(3))),
    Op("cholesky_inverse", lambda a: torch.cholesky_inverse(a), st.tuples(regular(3))),
    Op("linalg.eigh values", torch.linalg.eigvalsh, st.tuples(symmetric(3))),
    Op("linalg.svd U S Vh", lambda a: _svd(a), st.tuples(symmetric(2))),
    Op("logdet", lambda a: torch.logdet(a @ a.T), st.tuples(regular(3))),
    Op("trace", torch.trace, of("nm")),
    Op("linalg.householder_product", torch.linalg.householder_product, st.tuples(spread(3, 2), spread(2))),
    Op("linalg.tensorinv", lambda a: torch.linalg.tensorinv(a.reshape(2, 2, 4)), st.tuples(regular(4))),
]  # fmt: skip


def _svd(a: torch.Tensor) -> torch.Tensor:
    u, s, v = torch.linalg.svd(a)
    return u @ torch.diag(torch.sin(s)) @ v


OPS = [*ELEMENTWISE, *REDUCTIONS, *INDEXING, *SHAPES, *LINALG, *NN]
OPS = marked(OPS, KNOWN)
