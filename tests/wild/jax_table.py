"""JAX's differentiable ops: https://docs.jax.dev/en/latest/jax.numpy.html, jax.scipy, jax.nn, jax.lax and jax.ops"""

# ruff: noqa: E501 - a table is read better with an op a line

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import jax.scipy as jsp
from hypothesis import strategies as st
from jax import lax
from jax.scipy import special, stats

from .jax_more import MORE, parts
from .table import BINARY, FIRST_ORDER, INF, UNARY, Narrow, Op, marked, named, regular, spread, symmetric

one, two, of = Narrow.one, Narrow.two, Narrow.of
AXIS = {"axis": [0, -1]}
AXES = {"axis": [None, 0, -1], "keepdims": [False, True]}

# The op, and the heading of FINDINGS.md that tells of it.
KNOWN = {
    "sinc": "sinc",
    "scipy.linalg.cholesky": "cholesky",
    "scipy.linalg.cho_solve": "cholesky",
    "lax.clamp": "lax.clamp of an array",
    "lax.clamp arrays": "lax.clamp where",
    "special.i0": "i0",
    "special.spence": "spence",
    "special.exp1": "exp1",
    "nn.log1mexp": "log1mexp",
    "special.beta": "scipy.special.beta",
    "stats.pareto.logcdf": "scipy.special.beta",
    "nanstd": "std",
    "stats.cauchy.logcdf": "cauchy.logcdf",
    "stats.cauchy.logsf": "cauchy.logcdf",
    "stats.sem": "std",
    "std": "std",
    "nn.dot_product_attention": "dot_product_attention",
    "stats.gumbel_l.logpdf": "scipy.stats.gumbel",
    "stats.gumbel_r.logpdf": "scipy.stats.gumbel",
    "stats.gumbel_l.ppf": "scipy.stats.gumbel",
    "stats.gumbel_r.ppf": "scipy.stats.gumbel",
    "stats.gumbel_l.cdf": "laplace.cdf",
    "stats.gumbel_l.logcdf": "laplace.cdf",
    "stats.gumbel_r.cdf": "laplace.cdf",
    "stats.gumbel_r.logsf": "laplace.cdf",
    "stats.laplace.cdf": "laplace.cdf",
    "stats.norm.logcdf": "logcdf",
    "stats.norm.logsf": "logcdf",
}


SPECIAL: dict[str, Any] = {
    "erf": "real", "erfc": "real", "erfinv": (-1.0, 1.0), "expit": "real", "logit": "unit", "gammaln": "positive",
    "digamma": "positive", "ndtr": "real", "ndtri": "unit", "log_ndtr": "real", "entr": "positive", "i0": "real", "i0e": "real",
    "i1": "real", "i1e": "real", "spence": "positive", "gamma": "positive", "bessel_jn": None, "expi": "positive",
    "exp1": "positive", "log1p": (-1.0, INF),
}  # fmt: skip
SPECIAL.pop("bessel_jn")
ELEMENTWISE = [
    *named("", jnp, {k: v for k, v in UNARY.items() if not k.startswith("arc")}, one),
    *named("", jnp, BINARY, lambda d: two(*d)),
    *named("special.", special, SPECIAL, one),
    *named("special.", special, {"beta": ("positive",) * 2, "betaln": ("positive",) * 2, "xlogy": ("real", "positive"),
                                 "xlog1py": ("real", (-1.0, INF)), "rel_entr": ("positive",) * 2, "kl_div": ("positive",) * 2},
           lambda d: two(*d)),
    Op("special.gamma negative", special.gamma, one((-2.0, -1.0))),
    Op("special.gammainc", lambda x, a: special.gammainc(a, x), two("positive", "positive"), battery=FIRST_ORDER),
    Op("special.gammaincc", lambda x, a: special.gammaincc(a, x), two("positive", "positive"), battery=FIRST_ORDER),
    Op("special.betainc", lambda x, a, b: special.betainc(a, b, x), one("unit", a=[0.5, 2.0], b=[1.5])),
    Op("special.polygamma", lambda x, n: special.polygamma(n, x), one("positive", n=[0, 1, 2])),
    Op("special.multigammaln", lambda x: special.multigammaln(x, 2), one((1.0, INF))),
    Op("special.zeta", lambda q, x: special.zeta(x, q), one((0.5, INF), x=[2.0, 3.5])),
    Op("power negative base", lambda x, p: x**p, one(p=[2, 3, -1, 1, 0])),
    Op("power of float exponent", lambda x, p: jnp.power(x, p), one(p=[2.0, 3.0, 1.0])),
    Op("power base at zero", lambda x, p: jnp.power(abs(x), p), two("real", (1.0, 4.0))),
    Op("where", jnp.where, of("nm,nm,m", "mask")),
    Op("clip", lambda x, low, high: jnp.clip(x, low, high), one(low=[-1.0, 0.0, None], high=[1.0, 0.5])),
    Op("clip by arrays", jnp.clip, two("real", "real", "real")),
    Op("lax.rsqrt", lax.rsqrt, one("positive")),
    Op("lax.logistic", lax.logistic, one()),
    Op("lax.integer_pow", lambda x, y: lax.integer_pow(x, y), one("nonzero", y=[-2, 0, 1, 3])),
]  # fmt: skip

REDUCTIONS = [
    *[Op(n, getattr(jnp, n), of("nm", **AXES))
      for n in ("sum", "mean", "prod", "max", "min", "var", "std", "median", "nansum", "nanmean", "nanprod", "nanmax", "nanvar", "ptp")],
    Op("var ddof", jnp.var, of("nm", ddof=[0, 1], axis=[0])),
    Op("quantile", lambda x, q, axis: jnp.quantile(x, q, axis), of("nm", q=[0.0, 0.25, 0.5], axis=[0, None])),
    Op("nanquantile", lambda x, q: jnp.nanquantile(x, q, 0), of("nm", q=[0.25, 0.5])),
    Op("percentile", lambda x, method: jnp.percentile(x, 30, axis=0, method=method), of("3m", method=["linear", "lower", "midpoint"])),
    *[Op(n, getattr(jnp, n), of("nm", axis=[None, 0])) for n in ("cumsum", "cumprod")],
    *[Op(f"lax.{n}", getattr(lax, n), of("nm", axis=[0], reverse=[False, True])) for n in ("cummax", "cummin", "cumlogsumexp")],
    Op("sort", jnp.sort, of("nm", **AXIS)),
    Op("lax.top_k", lambda x: lax.top_k(x, 2), of("23")),
    Op("partition", lambda x: jnp.partition(x, 1, axis=0), of("3m")),
    Op("lax.sort of two", lambda x, y: lax.sort((x, y), num_keys=1), of("3,3")),
    Op("diff", jnp.diff, of("3m", n=[1, 2], axis=[0])),
    Op("gradient", lambda x: jnp.gradient(x, axis=0), of("3m")),
    Op("trapezoid", jnp.trapezoid, of("n3,n3")),
    Op("average", lambda x, w: jnp.average(x, 0, w), of("nm,nm", "real", "positive")),
    Op("special.logsumexp", special.logsumexp, of("nm", **AXES)),
    Op("logsumexp b", lambda x, b: special.logsumexp(x, b=b, axis=0), of("nm,nm", "real", "positive")),
    Op("cov", jnp.cov, of("23")),
    Op("corrcoef", jnp.corrcoef, st.tuples(spread(2, 3))),
    Op("linalg.norm", jnp.linalg.norm, one()),
    Op("linalg.norm ord of vector", jnp.linalg.norm, of("n", ord=[0.5, 1, 2, 3, INF, -INF])),
    Op("linalg.norm ord of matrix", jnp.linalg.norm, st.tuples(spread(3, 2), st.sampled_from(
        [{"ord": o} for o in ("fro", "nuc", 1, -1, 2, -2, INF)]))),
    *[Op(f"ops.{n}", lambda x, i, n=n: getattr(jax.ops, n)(x, i, 3), of("4m,4", "real", "labels:3"))
      for n in ("segment_sum", "segment_max", "segment_min")],
]  # fmt: skip

STRUCTURE = [
    Op("x[indices]", lambda x, i: x[i], of("nm,4", "real", "indices:n")),
    Op("x[mask] with where", lambda x, m: jnp.where(m, x, 0.0).sum(0), of("nm,nm", "real", "mask")),
    Op("take", lambda x, i, mode: jnp.take(x, i, 0, mode=mode), of("nm,4", "real", "indices:n", mode=["wrap", "clip"])),
    Op("take_along_axis", lambda x, i: jnp.take_along_axis(x, i, 1), of("n3,n2", "real", "labels:3")),
    Op("at.set", lambda x, v: x.at[jnp.array([2, 0])].set(v), of("3m,2m")),
    Op("at.set repeated", lambda x, v: x.at[jnp.array([1, 1])].set(v), of("3m,2m")),
    *[Op(f"at.{n}", lambda x, i, v, n=n: getattr(x.at[i], n)(v), of("3m,4,4m", "real", "labels:3"))
      for n in ("add", "min", "max", "subtract")],
    Op("at.multiply", lambda x, v: x.at[jnp.array([2, 0])].multiply(v, unique_indices=True), of("3m,2m")),
    Op("at.divide", lambda x, v: x.at[jnp.array([2, 0])].divide(v, unique_indices=True), of("3m,2m", "real", "nonzero")),
    Op("at.get", lambda x, i: x.at[i].get(mode="fill", fill_value=0.0), of("3m,4", "real", "indices:4")),
    *[Op(n, getattr(jnp, n), of("nm")) for n in ("ravel", "transpose", "fliplr", "rot90", "tril", "triu", "diagonal", "trace", "diag")],
    Op("diag of vector", lambda x: jnp.diag(x, 1), of("n")),
    Op("roll", lambda x: jnp.roll(x, (1, -2), (0, 1)), of("nm")),
    Op("broadcast_to", lambda x: jnp.broadcast_to(x, (3, 2, 3)), of("21")),
    Op("repeat", lambda x, r: jnp.repeat(x, r, 0, total_repeat_length=4), of("3m,3", "real", "labels:3")),
    Op("tile", lambda x: jnp.tile(x, (2, 3)), of("nm")),
    Op("concatenate", lambda a, b, axis: jnp.concatenate([a, b, a], axis), of("nm,nm", **AXIS)),
    Op("stack", lambda a, b, axis: jnp.stack([a, b, a], axis), of("nm,nm", **AXIS)),
    Op("split", lambda x: jnp.split(x, [1, 3]), of("4m")),
    Op("pad", lambda x, mode: jnp.pad(x, ((1, 2), (0, 1)), mode=mode), of("33", mode=[
        "constant", "edge", "reflect", "symmetric", "wrap", "linear_ramp", "maximum", "mean", "median", "minimum"])),
    Op("lax.pad", lambda x, v: lax.pad(x, v, [(1, -1, 2)]), of("3,")),
    Op("lax.dynamic_slice", lambda x: lax.dynamic_slice(x, (2, 0), (2, 2)), of("33")),
    Op("lax.dynamic_update_slice", lambda x, v: lax.dynamic_update_slice(x, v, (2, 1)), of("33,22")),
    Op("linspace", lambda a, b: jnp.linspace(a, b, 4), of("n,n")),
    Op("interp", jnp.interp, of("4,3,3").map(lambda t: (t[0], _increasing(t[1]), t[2]))),
    Op("polyval", jnp.polyval, of("3,n")),
    Op("convolve", lambda a, b, mode: jnp.convolve(a, b, mode=mode), of("5,3", mode=["full", "same", "valid"])),
    Op("unwrap", jnp.unwrap, of("n")),
]  # fmt: skip


def _increasing(x: Any) -> Any:
    return abs(x).clip(0.1, 10).cumsum()


def _decomposed(name: str) -> Any:
    return lambda a: getattr(jnp.linalg, name)(a)


LINALG = [
    Op("matmul", jnp.matmul, Narrow.matmul()),
    *named("", jnp, {"dot": "nm,mk", "inner": "nm,km", "outer": "n,m", "kron": "nm,mk", "cross": "n3,n3", "vdot": "n,n"}, of),
    Op("einsum", lambda a, b: jnp.einsum("ij,jk->k", a, b), of("nm,mk")),
    Op("einsum diagonal", lambda a, b: jnp.einsum("ii,i->i", a, b), of("nn,n")),
    Op("einsum of size 1", lambda a, b: jnp.einsum("ij,ij->i", a, b), of("n1,nm")),
    Op("tensordot", lambda a, b: jnp.tensordot(a, b, 2), of("knm,nma")),
    *[Op(f"linalg.{n}", _decomposed(n), st.tuples(regular(3))) for n in ("inv", "det", "slogdet", "pinv", "qr", "cond")],
    Op("linalg.det of any", jnp.linalg.det, of("33")),
    Op("linalg.svd values", lambda a: jnp.linalg.svd(a, compute_uv=False), st.tuples(symmetric(3))),
    Op("linalg.svd U S V", lambda a: _svd(a), st.tuples(symmetric(2))),
    Op("linalg.cholesky", jnp.linalg.cholesky, st.tuples(symmetric(3))),
    Op("linalg.eigh values", lambda a: jnp.linalg.eigh(a)[0], st.tuples(symmetric(3))),
    Op("linalg.eigh vectors", lambda a: jnp.linalg.eigh(a)[1] ** 2, st.tuples(symmetric(3))),
    Op("linalg.eig values", lambda a: jnp.sum(jnp.linalg.eigvals(a).real ** 2), st.tuples(symmetric(3)), battery=("numeric",)),
    Op("linalg.matrix_power", lambda x, n: jnp.linalg.matrix_power(x, n), st.tuples(regular(2), st.sampled_from(
        [{"n": n} for n in (0, 2, 3, -1)]))),
    Op("linalg.solve", jnp.linalg.solve, st.tuples(regular(3), spread(3, 2))),
    Op("linalg.lstsq", lambda a, b: jnp.linalg.lstsq(a, b)[0], st.tuples(spread(4, 2), spread(4, 2))),
    Op("linalg.multi_dot", lambda *a: jnp.linalg.multi_dot(a), of("nm,mk,ka")),
    Op("scipy.linalg.expm", jsp.linalg.expm, st.tuples(spread(2, 2))),
    Op("scipy.linalg.lu", jsp.linalg.lu, st.tuples(regular(3))),
    Op("scipy.linalg.solve_triangular", lambda a, b: jsp.linalg.solve_triangular(a, b, lower=True), st.tuples(regular(3), spread(3, 2))),
    *[Op(f"fft.{n}", lambda x, n=n: parts(getattr(jnp.fft, n)(x**2)), of("n4")) for n in ("rfft", "fftn")],
    Op("fft.irfft", lambda x: jnp.fft.irfft(jnp.fft.rfft(x) ** 2), of("n4")),
]  # fmt: skip


def _svd(a: Any) -> Any:
    u, s, v = jnp.linalg.svd(a)
    return (u * jnp.sin(s)) @ v


NN = [
    *named("nn.", jax.nn, dict.fromkeys((
        "relu", "relu6", "sigmoid", "softplus", "sparse_plus", "sparse_sigmoid", "soft_sign", "silu", "log_sigmoid", "elu", "celu",
        "selu", "hard_tanh", "hard_sigmoid", "hard_silu", "squareplus", "mish", "leaky_relu"), "real"), one),
    Op("nn.log1mexp", getattr(jax.nn, "log1mexp", jnp.exp), one("positive")),
    Op("nn.gelu", jax.nn.gelu, one(approximate=[True, False])),
    Op("nn.glu", jax.nn.glu, of("4m", axis=[0])),
    Op("nn.softmax", jax.nn.softmax, of("nm", axis=[0, -1, (0, 1)])),
    Op("nn.softmax where", lambda x, m: jax.nn.softmax(x, where=m, axis=0), of("nm,nm", "real", "mask")),
    Op("nn.log_softmax", jax.nn.log_softmax, of("nm", axis=[0, -1, (0, 1)])),
    Op("nn.logsumexp where", lambda x, m: jax.nn.logsumexp(x, where=m, axis=0), of("nm,nm", "real", "mask")),
    Op("nn.standardize", jax.nn.standardize, of("nm", axis=[0, -1])),
    Op("nn.logmeanexp", getattr(jax.nn, "logmeanexp", jax.nn.logsumexp), of("nm", axis=[0, None])),
    Op("nn.dot_product_attention", lambda q, k, v: jax.nn.dot_product_attention(q, k, v), of("1212,1312,1312")),
    Op("conv", lambda x, w: lax.conv_general_dilated(x, w, (1,), [(1, 0)], (2,), (1,)), of("124,323")),
    Op("lax.reduce_window max", lambda x: lax.reduce_window(x, -jnp.inf, lax.max, (2,), (1,), "VALID"), of("4")),
    Op("lax.scan", lambda x, y: lax.scan(lambda c, a: (c * a + 1, jnp.tanh(c)), x, y), of(",3")),
    Op("lax.associative_scan", lambda x: lax.associative_scan(jnp.multiply, x), of("3m")),
    Op("checkpoint", jax.checkpoint(lambda x, y: jnp.tanh(x) * y), two()),
]  # fmt: skip

STATS = [
    *[Op(f"stats.norm.{n}", getattr(stats.norm, n), two("real", "real", "positive")) for n in ("logpdf", "cdf", "logcdf", "logsf", "pdf")],
    *[Op(f"stats.{n}.logpdf", getattr(stats, n).logpdf, two("real", "real", "positive")) for n in ("cauchy", "laplace", "logistic", "gumbel_r")],
    *[Op(f"stats.{n}.logpdf", getattr(stats, n).logpdf, two("positive", "positive")) for n in ("chi2", "gamma", "pareto")
      if n != "pareto"],
    *[Op(f"stats.{n}.cdf", getattr(stats, n).cdf, two("real", "real", "positive")) for n in ("laplace", "logistic", "cauchy")],
    Op("stats.beta.logpdf", stats.beta.logpdf, two("unit", "positive", "positive")),
    Op("stats.t.logpdf", stats.t.logpdf, two("real", "positive")),
    Op("stats.expon.logpdf", stats.expon.logpdf, two("positive", "real", "positive")),
    Op("stats.truncnorm.logpdf", lambda x: stats.truncnorm.logpdf(x, -2.0, 3.0), one((-2.0, 3.0))),
    Op("stats.vonmises.logpdf", stats.vonmises.logpdf, two("real", "positive")),
    Op("stats.poisson.logpmf", lambda k, m: stats.poisson.logpmf(k, m), of("3,3", "labels:5", "positive")),
    Op("stats.multivariate_normal.logpdf", stats.multivariate_normal.logpdf, st.tuples(spread(2, 3), spread(3), symmetric(3))),
]  # fmt: skip

OPS = [*ELEMENTWISE, *REDUCTIONS, *STRUCTURE, *LINALG, *NN, *STATS, *MORE]
OPS = marked(OPS, KNOWN)
