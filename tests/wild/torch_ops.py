"""PyTorch's differentiable ops: https://docs.pytorch.org/docs/stable/torch.html"""

# ruff: noqa: E501 - a table is read better with an op a line

from __future__ import annotations

from typing import Any

import torch
from hypothesis import strategies as st

from microdl.testing.adapters import adapter_for

from .table import BINARY, FIRST_ORDER, INF, UNARY, Op, Wide, marked, named, regular, spread, symmetric
from .torch_fft_ops import COMPLEX
from .torch_nn_ops import NN

VERSION, EXAMPLES = torch.__version__, 100
one, two, of = Wide.one, Wide.two, Wide.of
DIM = {"dim": [0, 1, -1]}
KEEP = {**DIM, "keepdim": [False, True]}
SPECIAL: dict[str, Any] = {
    "erf": "real", "erfc": "real", "erfinv": (-1.0, 1.0), "erfcx": "real", "gammaln": "positive", "digamma": "positive",
    "expit": "real", "logit": "unit", "ndtr": "real", "ndtri": "unit", "log_ndtr": "real", "entr": "positive", "i0": "real",
    "i0e": "real", "i1": "real", "i1e": "real", "sinc": "real", "exp2": "real", "expm1": "real", "log1p": (-1.0, INF),
    "psi": "positive",
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
    "scatter_reduce prod": "scatter_reduce prod",
    "scatter_reduce amax without self": "scatter_reduce",
    "scatter_reduce amin without self": "scatter_reduce",
    "vander": "vander",
    "digamma": "digamma",
    "sinc": "sinc",
    "special.sinc": "sinc",
    "special.log_ndtr": "log_ndtr",
    "std": "std",
    "std_mean": "std",
    "as_strided": "as_strided",
    "as_strided_scatter": "as_strided_scatter",
    "linalg.det of any": "det",
    "linalg.det batched": "det",
    "linalg.matrix_exp of any": "matrix_exp",
    "linalg.cond p": "cond",
    "linalg.matrix_exp": "matrix_exp",
    "index_reduce prod": "without a second derivative",
    "logaddexp far apart": "logaddexp",
    **dict.fromkeys(("float_power", "pow", "pow base at zero"), "pow"),
    **dict.fromkeys(
        (
            "nanmean",
            "median of all",
            "std of axes",
            "norm p",
            "linalg.vector_norm",
            "linalg.vector_norm of axes",
            "dist",
            "F.nll_loss",
            "F.multilabel_soft_margin_loss",
            "F.pairwise_distance",
        ),
        "of nothing",
    ),
    "F.mish": "mish",
    "F.prelu": "prelu",
    "F.embedding": "empty tensors",
    "F.embedding scaled": "empty tensors",
    "complex linalg.det": "det",
    "polar of any": "polar",
    "F.hardsigmoid": "hardsigmoid",
    "F.softshrink lambda": "softshrink",
    "F.hardshrink lambda": "softshrink",
    "F.embedding max_norm": "max_norm",
    "F.ctc_loss of given logarithms": "ctc_loss",
    "F.multi_margin_loss": "multi_margin_loss",
    "F.nll_loss of images": "nll_loss of images",
    "F.nll_loss weight": "of nothing",
    "view_as_real": "empty tensors",
    "clamp by tensors": "clamp",
    "F.lp_pool1d": "lp_pool",
}


def adapter() -> Any:
    return adapter_for(None, "torch")


def _index(reduce: str, include_self: bool) -> Any:
    return lambda x, i, s: x.scatter_reduce(0, i, s, reduce, include_self=include_self)


ELEMENTWISE = [
    *named("", torch, UNARY, one),
    *named("", torch, {k: v for k, v in BINARY.items() if k != "heaviside"}, lambda d: two(*d)),
    *named("special.", torch.special, SPECIAL, one),
    *named("", torch, {"rsqrt": "positive", "frac": "steps", "lgamma": (-3.0, 0.0), "sigmoid": "real",
                       "angle": "real", "neg": "real", "sgn": "real", "round": "steps", "clone": "real",
                       "relu": "real", "logit": "unit", "digamma": (-3.0, 0.0)}, one),
    Op("pow negative base", lambda x, p: x**p, one(p=[2, 3, -1, 0.5, 1, 0])),
    Op("pow number base", lambda x, b: b**x, one(b=[2, 0.5, 0])),
    Op("pow base at zero", lambda x, p: torch.pow(abs(x), p), two("real", (1.0, 4.0))),
    Op("polygamma", lambda x, n: torch.polygamma(n, x), one("positive", n=[1, 2])),
    Op("mvlgamma", lambda x: torch.mvlgamma(x, 2), one((1.0, INF))),
    *named("", torch, {"pow": ("positive", "real"), "atan2": ("real", "nonzero"), "sub": ("real", "real"), "rsub": ("real", "real"), "mul": ("real", "real"),
                       "clamp_max": ("real", "real"), "clamp_min": ("real", "real")}, lambda d: two(*d)),
    Op("frexp", lambda x: torch.frexp(x)[0], one((0.55, 0.95))),
    Op("logaddexp far apart", torch.logaddexp, two((-2000.0, 2000.0), (-2000.0, 2000.0))),
    Op("add alpha", lambda a, b: torch.add(a, b, alpha=-0.5), two()),
    Op("round decimals", lambda x: torch.round(x, decimals=1) * x, one("steps")),
    Op("logit eps", lambda x: torch.logit(x, eps=0.1), one("unit")),
    Op("special.multigammaln", lambda x: torch.special.multigammaln(x, 3), one((2.0, INF))),
    Op("special.polygamma", lambda x, n: torch.special.polygamma(n, x), one("positive", n=[0, 1, 3])),
    Op("special.zeta of 2nd", lambda q: torch.special.zeta(torch.tensor(2.5, dtype=q.dtype), q), one("positive")),
    Op("igamma of 2nd", lambda x, a: torch.igamma(torch.tensor(a, dtype=x.dtype), x), one("positive", a=[0.5, 1.0, 3.0])),
    Op("igammac of 2nd", lambda x, a: torch.igammac(torch.tensor(a, dtype=x.dtype), x), one("positive", a=[0.5, 1.0, 3.0])),
    Op("fill", lambda x, v: torch.fill(x, v) * x, of("nm,")),
    Op("float_power of number", lambda x, p: torch.float_power(x, p), one(p=[2, 3, -1])),
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
    Op("var correction", torch.var, of("4m", correction=[0, 1, 2], dim=[0], keepdim=[False, True])),
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
    Op("argsort and gather", lambda x: x.gather(0, x.argsort(0)), of("nm")),
    Op("sum of axes", torch.sum, of("nmk", dim=[(0, 2), (-1, 0)], keepdim=[False, True])),
    Op("logsumexp of axes", torch.logsumexp, of("nmk", dim=[(0, 2), (-1, 0)])),
    Op("amax of axes", torch.amax, of("nmk", dim=[(0, 2), (-1, 0)])),
    Op("std of axes", torch.std, of("nmk", dim=[(0, 2), (-1, 0)])),
    Op("linalg.vector_norm of axes", torch.linalg.vector_norm, of("nmk", dim=[(0, 2), (-1, 0)], ord=[1, 2, 3, INF])),
    Op("linalg.norm", torch.linalg.norm, of("nm", dim=[None, 0, (0, 1)])),
    Op("quantile interpolation", lambda x, **o: torch.quantile(x, torch.tensor([0.3, 0.5], dtype=x.dtype), 0, **o),
       of("3m", interpolation=["lower", "higher", "midpoint", "nearest"])),
    Op("quantile of q", lambda x, q: torch.quantile(x, q), of("4,3", "real", "unit")),
    Op("trapz", lambda y: torch.trapz(y, dx=0.5), of("nm")),
    Op("cumulative_trapezoid dx", lambda y: torch.cumulative_trapezoid(y, dx=0.5), of("nm")),
    Op("gradient", lambda x: torch.gradient(x, spacing=0.5, dim=0, edge_order=2), of("4m")),
    Op("gradient of coordinates", lambda x: torch.gradient(x, spacing=(torch.tensor([0.0, 1.0, 3.0, 4.0], dtype=x.dtype),), dim=0),
       of("4m")),
    Op("diff prepend append", lambda x, a, b: torch.diff(x, dim=0, prepend=a, append=b), of("3m,1m,2m")),
    Op("cov weights", lambda x: torch.cov(x, aweights=torch.tensor([1.0, 2.0, 0.5, 1.5], dtype=x.dtype), correction=0), of("n4")),
    Op("segment_reduce", lambda x, reduce: torch.segment_reduce(x, reduce, lengths=torch.tensor([2, 1, 0, 2])),
       of("5", reduce=["sum", "mean", "max", "min", "prod"]), battery=FIRST_ORDER),
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
    Op("as_strided_scatter", lambda x, v: torch.as_strided_scatter(x, v, (2, 2), (1, 2)), of("33,22")),
    Op("index_fill number", lambda x, i: x.index_fill(0, i, 2.0), of("3m,k", "real", "labels:3")),
    Op("index_put", lambda x, v: x.index_put((torch.tensor([2, 0]),), v), of("3m,2m")),
    Op("x[i, :, j]", lambda x, i, j: x[i, :, j], of("34m,k,k", "real", "indices:3", "labels:1")),
    Op("x[mask, i]", lambda x, m, i: x[m, i], of("n3,n,", "real", "mask", "labels:3")),
    Op("argmax and gather", lambda x: x.gather(0, x.argmax(0, keepdim=True)), of("3m")),
    Op("select", lambda x: x.select(0, -1), of("3m")),
    Op("narrow", lambda x: x.narrow(0, 1, 2), of("4m")),
    Op("chained in-place", lambda x, v: _chained(x, v), of("3m,m")),
    Op("repeat_interleave", lambda x, r: x.repeat_interleave(r, 0), of("nm,n", "real", "labels:3")),
]  # fmt: skip


def _assigned(x: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    y = x * 2
    y[1] = v
    y[0] *= v
    return y


def _chained(x: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    y = (x * 2).contiguous()
    y.t().mul_(v.unsqueeze(-1))
    y[:, :1].neg_()
    y.view(-1)[::2].add_(v.sum())
    return y.clamp(-1.0, 3.0)


SHAPES = [
    *named("", torch, dict.fromkeys(("fliplr", "flipud", "tril", "triu", "diagonal", "t", "ravel", "flatten",
                                      "atleast_1d", "atleast_2d", "atleast_3d", "diagflat", "adjoint", "squeeze"), ""), lambda _: of("nm")),
    Op("unbind", torch.unbind, of("3m")),
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
    Op("linalg.vander", lambda x: torch.linalg.vander(x, N=3), of("n")),
    *[Op(n, lambda a, b, n=n: getattr(torch, n)((a, b, a)), of("nm,nm")) for n in ("hstack", "vstack", "dstack", "column_stack")],
    *[Op(f"{n} of vectors", lambda a, b, n=n: getattr(torch, n)((a, b, a)), of("n,n")) for n in ("hstack", "vstack", "dstack", "column_stack")],
    *[Op(n, lambda x, n=n: getattr(torch, n)(x, 2), of("444")) for n in ("hsplit", "vsplit", "dsplit", "chunk", "tensor_split")],
    Op("tensor_split at", lambda x: torch.tensor_split(x, (1, 3, 3), 0), of("4m")),
    Op("movedim", lambda x: torch.movedim(x, (0, -1), (1, 0)), of("nmk")),
    Op("transpose swapaxes", lambda x: x.transpose(0, -1).swapaxes(1, 0), of("nmk")),
    Op("mT mH", lambda x: x.mT @ x.mH.mT, of("nm")),
    Op("unsqueeze squeeze", lambda x: x.unsqueeze(1).squeeze(0), of("1m")),
    Op("squeeze dims", lambda x: x.squeeze((0, -1)), of("1n1")),
    Op("unflatten", lambda x: x.unflatten(0, (2, -1)).reshape(-1), of("4m")),
    Op("expand_as", lambda x, y: x.expand_as(y) * y, of("m,nm")),
    Op("sum_to_size", lambda x: x.sum_to_size(1, x.shape[1]), of("nm")),
    Op("broadcast_tensors", lambda a, b: torch.broadcast_tensors(a, b), two()),
    Op("meshgrid xy", lambda a, b: torch.meshgrid(a, b, indexing="xy"), of("n,m")),
    Op("combinations with replacement", lambda x: torch.combinations(x, 3, with_replacement=True), of("3")),
    Op("diagonal_copy and friends", lambda x: (torch.diagonal_copy(x, 1), torch.permute_copy(x, (1, 0)), torch.unfold_copy(x, 0, 2, 1),
       torch.slice_copy(x, 1, 0, 2), torch.expand_copy(x, (2, 3, 3))), of("33")),
    Op("diagonal of 3-d", lambda x: x.diagonal(-1, 2, 0), of("nmk")),
    Op("tril triu offsets", lambda x: x.tril(1) * x.triu(-1), of("nmk")),
]  # fmt: skip

LINALG = [
    Op("matmul", torch.matmul, Wide.matmul()),
    *named("", torch, {"mm": "nm,mk", "mv": "nm,m", "dot": "n,n", "bmm": "anm,amk", "outer": "n,m", "inner": "nm,km",
                       "kron": "nm,mk", "addmm": "nk,nm,mk", "addmv": "n,nm,m", "addr": "nm,n,m", "baddbmm": "ank,anm,amk",
                       "vdot": "n,n", "cross": "n3,n3"}, of),
    Op("addbmm", lambda x, a, b: torch.addbmm(x, a, b, beta=0.5, alpha=2), of("nk,anm,amk")),
    Op("addmm beta 0", lambda x, a, b, beta: torch.addmm(x, a, b, beta=beta, alpha=0.5), of("nk,nm,mk", beta=[0, 0.5])),
    Op("chain_matmul", lambda *a: torch.chain_matmul(*a), of("nm,mk,ka")),
    Op("linalg.cross", lambda a, b: torch.linalg.cross(a, b, dim=0), of("3n,31")),
    Op("linalg.diagonal", lambda a: torch.linalg.diagonal(a, offset=1), of("anm")),
    Op("einsum", lambda a, b: torch.einsum("ij,jk->k", a, b), of("nm,mk")),
    Op("einsum without arrow", lambda a, b: torch.einsum("ji,jk", a, b), of("nm,nk")),
    Op("einsum of nothing summed", lambda a, b: torch.einsum("i,j,i", a, b, a), of("n,m")),
    Op("tensordot dims", lambda a, b: torch.tensordot(a, b, ([0, 1], [1, 0])), of("nmk,mna")),
    Op("einsum diagonal", lambda a, b: torch.einsum("ii,i->i", a, b), of("nn,n")),
    Op("einsum of size 1", lambda a, b: torch.einsum("ij,ij->i", a, b), of("n1,nm")),
    Op("einsum of three", lambda a, b, c: torch.einsum("...i,ij,...j->...", a, b, c), of("kn,nm,km")),
    Op("tensordot", lambda a, b: torch.tensordot(a, b, 2), of("knm,nma")),
    Op("linalg.multi_dot", lambda *a: torch.linalg.multi_dot(a), of("nm,mk,ka")),
    Op("linalg.vecdot", torch.linalg.vecdot, of("nm,nm")),
    Op("cdist", lambda a, b, p: torch.cdist(a, b, p), of("nm,km", p=[0.5, 1.0, 1.5, 2.0, 3.0, INF]), battery=FIRST_ORDER),
    Op("pdist", lambda a, p: torch.nn.functional.pdist(a, p), of("4m", p=[0.5, 1.0, 1.5, 2.0, 3.0, INF]), battery=FIRST_ORDER),
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
    *[Op(f"linalg.{n}", lambda a, n=n: getattr(torch.linalg, n)(a)[0], st.tuples(regular(3))) for n in ("inv_ex", "lu_factor_ex")],
    Op("linalg.cholesky_ex", lambda a: torch.linalg.cholesky_ex(a + a.mT)[0], st.tuples(symmetric(3))),
    Op("linalg.cholesky upper", lambda a: torch.linalg.cholesky(a + a.mT, upper=True), st.tuples(symmetric(3))),
    Op("linalg.solve left=False", lambda a, b: torch.linalg.solve(a, b, left=False), st.tuples(regular(3), spread(2, 3))),
    Op("linalg.solve_ex", lambda a, b: torch.linalg.solve_ex(a, b)[0], st.tuples(regular(3), spread(3, 2))),
    Op("linalg.solve_triangular unit", lambda a, b, **o: torch.linalg.solve_triangular(a, b, unitriangular=True, **o),
       st.tuples(regular(3), spread(3, 3), st.sampled_from([{"upper": u, "left": w} for u in (True, False) for w in (True, False)]))),
    Op("triangular_solve", lambda b, a, **o: torch.triangular_solve(b, a, **o)[0], st.tuples(spread(3, 2), regular(3), st.sampled_from(
        [{"upper": u, "transpose": t, "unitriangular": n} for u in (True, False) for t in (True, False) for n in (True, False)]))),
    Op("linalg.lu_solve", lambda a, b, **o: torch.linalg.lu_solve(*torch.linalg.lu_factor(a), b, **o), st.tuples(regular(3), spread(3, 3),
       st.sampled_from([{"left": w, "adjoint": t} for w in (True, False) for t in (True, False)]))),
    Op("lu_unpack", lambda a: torch.lu_unpack(*torch.linalg.lu_factor(a)), st.tuples(spread(3, 2))),
    *[Op(f"linalg.lu of {n} by {m}", lambda a: torch.linalg.lu(a)[1:], st.tuples(spread(n, m))) for n, m in ((3, 2), (2, 3))],
    *[Op(f"linalg.qr {mode} of {n} by {m}", lambda a, mode=mode: torch.linalg.qr(a, mode), st.tuples(spread(n, m)))
      for mode, n, m in (("reduced", 3, 2), ("reduced", 2, 3), ("complete", 2, 3))],
    Op("ormqr", lambda a, t, c, **o: torch.ormqr(a, t, c, **o), st.tuples(spread(3, 2), spread(2), spread(3, 3), st.sampled_from(
        [{"left": w, "transpose": t} for w in (True, False) for t in (True, False)]))),
    Op("linalg.tensorsolve", lambda a, b: torch.linalg.tensorsolve(a.reshape(2, 2, 4), b), st.tuples(regular(4), spread(2, 2))),
    Op("linalg.pinv of 3 by 2", torch.linalg.pinv, st.tuples(spread(3, 2))),
    Op("linalg.pinv hermitian", lambda a: torch.linalg.pinv(a + a.mT, hermitian=True), st.tuples(symmetric(3))),
    Op("linalg.svdvals of 3 by 2", torch.linalg.svdvals, st.tuples(spread(3, 2))),
    Op("linalg.svd of 2 by 3", lambda a: _svd(a), st.tuples(spread(2, 3))),
    Op("linalg.eigh vectors", lambda a: _projector(a + a.mT), st.tuples(symmetric(3))),
    Op("linalg.eig values", lambda a: torch.view_as_real(torch.linalg.eigvals(a)), st.tuples(symmetric(3))),
    Op("linalg.eig of nonsymmetric", lambda a: torch.linalg.eig(a)[0].abs(), st.tuples(regular(3))),
    Op("linalg.cond p", lambda a, p: torch.linalg.cond(a, p), st.tuples(regular(3), st.sampled_from(
        [{"p": p} for p in ("fro", "nuc", 1, -1, 2, -2, INF, -INF)]))),
    Op("linalg.norm of matrices", torch.linalg.norm, st.tuples(spread(2, 3), st.sampled_from(
        [{"ord": o} for o in ("fro", "nuc", 1, -1, 2, -2, INF, -INF)]))),
    Op("linalg.det batched", torch.linalg.det, of("n22")),
    Op("linalg.slogdet of any", torch.linalg.slogdet, st.tuples(spread(3, 3))),
    Op("linalg.matrix_exp of any", torch.linalg.matrix_exp, st.tuples(spread(3, 3).map(lambda a: a / 4))),
    Op("linalg.tensorinv", lambda a: torch.linalg.tensorinv(a.reshape(2, 2, 4)), st.tuples(regular(4))),
]  # fmt: skip


def _svd(a: torch.Tensor) -> torch.Tensor:
    u, s, v = torch.linalg.svd(a)
    return u[..., : s.shape[-1]] @ torch.diag(torch.sin(s)) @ v[: s.shape[-1]]


def _projector(a: torch.Tensor) -> torch.Tensor:
    """On the eigenvector of the largest eigenvalue: of vectors, it alone does not depend on their signs."""
    v = torch.linalg.eigh(a)[1][:, -1]
    return torch.outer(v, v)


OPS = [*ELEMENTWISE, *REDUCTIONS, *INDEXING, *SHAPES, *LINALG, *COMPLEX, *NN]
OPS = marked(OPS, KNOWN)
