"""HIPS autograd's ops: https://github.com/HIPS/autograd (autograd.numpy, autograd.scipy)"""

# ruff: noqa: E501 - a table is read better with an op a line

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import autograd.numpy as anp
import autograd.scipy.linalg as sla
import autograd.scipy.signal as signal
import autograd.scipy.special as special
import autograd.scipy.stats as stats
import numpy as np
from autograd.builtins import tuple as container
from autograd.scipy.integrate import odeint
from hypothesis import strategies as st

from microdl.testing import ALL
from microdl.testing.adapters import adapter_for

from .table import BINARY, INF, UNARY, Op, Wide, marked, named, regular, spread, symmetric

VERSION, EXAMPLES = version("autograd"), 100
one, two, of = Wide.one, Wide.two, Wide.of
AXIS = {"axis": [0, 1, -1]}
DOUBLE = tuple(name for name in ALL if name != "float32")
AXES = {"axis": [None, 0, 1, -1, (0, 1), (-1, 0)], "keepdims": [False, True]}


# The op, and the heading of FINDINGS.md that tells of it.
KNOWN = {
    "linalg.norm of matrices": "linalg.norm of matrices",
    "linalg.norm": "NaN",
    "linalg.norm keepdims": "another shape",
    "linalg.norm ord between 1 and 2": "NaN",
    "linalg.solve broadcast": "another shape",
    "scipy.linalg.solve_banded matrix": "another shape",
    "scipy.linalg.solve_triangular unit": "unit_diagonal",
    "einsum of size 1": "another shape",
    "diff of few": "another shape",
    "full of array": "another shape",
    "outer of matrices": "another shape",
    "diag of matrix": "another shape",
    "where broadcast": "another shape",
    "transpose negative axes": "another shape",
    "cross of 2": "another shape",
    "broadcast_to": "errors",
    "tile fewer": "tile and repeat",
    "repeat negative axis": "tile and repeat",
    "repeat counts": "errors",
    "einsum diagonal": "errors",
    "linalg.det": "errors",
    "linalg.det of any": "errors",
    "gradient of few": "errors",
    "hsplit of vector": "errors",
    "roll of two axes": "errors",
    "concatenate flat": "errors",
    "stats.dirichlet.logpdf of columns": "errors",
    "scipy.integrate.odeint without args": "errors",
    "tile by zero": "errors",
    "power": "power by both",
    "fft.rfft norm": "norm of the real transforms",
    "fft.rfft2 norm": "norm of the real transforms",
    "fft.rfftn norm": "norm of the real transforms",
    "fft.irfft norm": "norm of the real transforms",
    "special.gammainc large": "large parameters",
    "special.betainc large": "large parameters",
    "stats.gamma.cdf large": "large parameters",
    "stats.chi2.cdf large": "large parameters",
    "stats.beta.cdf large": "large parameters",
    "stats.chi2.pdf fraction": "chi2",
    "stats.chi2.logpdf fraction": "chi2",
    "special.rgamma near 0": "NaN",
    "special.ive near 0": "NaN",
    "stats.gamma.logpdf": "gamma.logpdf",
    "stats.norm.logcdf": "logcdf",
    "stats.norm.logsf": "logcdf",
    "prod": "NaN",
    "prod of all": "NaN",
    "std": "NaN",
    "std of all": "NaN",
    "std ddof": "NaN",
    "sinc": "NaN",
    "tanh": "NaN",
}


def adapter() -> Any:
    return adapter_for(None, "autograd")


ELEMENTWISE = [
    *named("", anp, UNARY, one),
    *named("", anp, BINARY, lambda d: two(*d)),
    Op("radians", anp.radians, one()),
    Op("degrees", anp.degrees, one()),
    Op("angle", anp.angle, one("nonzero")),
    Op("power negative base", lambda x, p: x**p, one(p=[2, 3, -1, 1, 0])),
    Op("power base at zero", lambda x, p: anp.power(abs(x), p), two("real", (1.0, 4.0))),
    Op("power number base", lambda x, b: b**x, one(b=[2.0, 0.5])),
    Op("power exponent 0.5", lambda x: x**0.5, one("positive")),
    Op("where mask", lambda m, x, y: anp.where(m, x, y), of("nm,nm,nm", "mask")),
    Op("where broadcast", lambda m, x, y: anp.where(m, x, y), of("nm,m,", "mask")),
    Op("clip", anp.clip, one(a_min=[-1.0, 0.0], a_max=[1.0, 0.5])),
    Op("real of complex", lambda x: anp.real(anp.exp(1j * x)), one()),
    Op("abs of complex", lambda x, y: anp.abs(x + 1j * y), two("nonzero", "nonzero")),
    *[Op(n, getattr(anp, n), one()) for n in ("conj", "conjugate", "real", "imag", "real_if_close")],
    Op("imag of complex", lambda x: anp.imag(anp.exp(1j * x)), one()),
    Op("angle of complex", lambda x, y: anp.angle(x + 1j * y), two("nonzero", "nonzero")),
    Op("astype", lambda x: (x * x).astype(float), one()),
    Op("select", lambda m, x: anp.select([m, ~m], [x, x * x]), of("n,n", "mask")),
    Op("x % 1.5", lambda x: x % 1.5, one("steps")),
]  # fmt: skip

REDUCTIONS = [
    *[Op(n, getattr(anp, n), of("nm", **AXES)) for n in ("sum", "mean", "prod", "max", "min", "var", "std", "amax", "amin")],
    *[Op(f"{n} of all", getattr(anp, n), one()) for n in ("sum", "mean", "prod", "max", "min", "var", "std")],
    *[Op(f"{n} ddof", getattr(anp, n), of("nm", ddof=[0, 1], axis=[0, None])) for n in ("var", "std")],
    *[Op(n, getattr(anp, n), of("nmk", axis=[None, 0, 1, -1])) for n in ("cumsum",)],
    Op("sort", anp.sort, of("n")),
    Op("sort axis", anp.sort, of("nm", **AXIS)),
    Op("partition", lambda x: anp.partition(x, 1), of("3")),
    Op("diff", anp.diff, of("4m", n=[1, 2], axis=[0])),
    Op("diff of few", anp.diff, of("n", n=[2])),
    Op("gradient", anp.gradient, of("4m", axis=[0])),
    Op("gradient of few", anp.gradient, of("3")),
    Op("linalg.norm", anp.linalg.norm, one()),
    Op("linalg.norm ord of vector", anp.linalg.norm, of("n", ord=[1, 2, 2.5, 3, INF, -INF])),
    Op("linalg.norm ord between 1 and 2", lambda x: anp.linalg.norm(x, 1.5), of("n")),
    Op("linalg.norm keepdims", lambda x, axis: anp.linalg.norm(x, axis=axis, keepdims=True), of("nm", axis=[0, 1])),
    Op("linalg.norm axis", anp.linalg.norm, of("nm", ord=[None, 1, 2, 3], **AXIS)),
    Op("linalg.norm of matrix", anp.linalg.norm, st.tuples(spread(3, 2), st.sampled_from([{"ord": o} for o in ("fro", "nuc")]))),
    Op("linalg.norm of matrices", anp.linalg.norm, st.tuples(spread(2, 3, 2), st.sampled_from(
        [{"ord": o, "axis": a} for o in ("fro", "nuc") for a in ((0, 1), (1, 2), (2, 0), (-1, -2))]))),
    Op("special.logsumexp", special.logsumexp, of("nm", **AXES)),
    Op("special.logsumexp b", lambda x, b: special.logsumexp(x, b=0.5 + b, axis=0), of("nm,nm", "real", "labels:3")),
    Op("average", lambda x: anp.average(x, 0), of("nm")),
    Op("trace", anp.trace, of("nm")),
]  # fmt: skip

STRUCTURE = [
    Op("x[indices]", lambda x, i: x[i], of("nm,k", "real", "indices:n")),
    Op("x[i, j]", lambda x, i, j: x[i, j], of("34,k,k", "real", "indices:3", "indices:4")),
    Op("x[mask]", lambda x, m: x[m], of("nm,n", "real", "mask")),
    Op("x[1::2, ..., None]", lambda x: x[1::2, ..., None], of("nm")),
    Op("x[list]", lambda x: x[[0, 0, 2]], of("3m")),
    *[Op(n, getattr(anp, n), of("nm")) for n in ("ravel", "transpose", "fliplr", "flipud", "tril", "triu", "atleast_3d",
                                                 "rot90", "diagonal", "atleast_2d", "squeeze")],
    Op("diag", anp.diag, of("n", k=[0, 1, -1])),
    Op("diag of matrix", anp.diag, of("nm", k=[0])),
    Op("make_diagonal", lambda x: anp.make_diagonal(x, axis1=-1, axis2=-2), of("nm")),
    Op("reshape", lambda x: anp.reshape(x.T, -1), of("nm")),
    Op("reshape order F", lambda x: anp.reshape(x, (3, 2), order="F"), of("23")),
    Op("ravel order F", lambda x: anp.ravel(x, order="F"), of("nm")),
    Op("swapaxes", lambda x: anp.swapaxes(x, 0, 2), of("nmk")),
    Op("moveaxis", lambda x: anp.moveaxis(x, 0, 2), of("nmk")),
    Op("rollaxis", lambda x: anp.rollaxis(x, 2), of("nmk")),
    Op("transpose axes", lambda x: anp.transpose(x, (1, 2, 0)), of("nmk")),
    Op("transpose negative axes", lambda x: anp.transpose(x, (-1, 0, 1)), of("nmk")),
    Op("roll", lambda x, axis: anp.roll(x, 2, axis), of("nm", axis=[None, 0, 1])),
    Op("expand_dims", lambda x: anp.expand_dims(x, 1), of("nm")),
    Op("broadcast_to", lambda x: anp.broadcast_to(x, (3, 2, 4)), of("21")),
    Op("repeat", lambda x, axis: anp.repeat(x, 2, axis), of("nm", axis=[None, 0, 1])),
    Op("repeat negative axis", lambda x, axis: anp.repeat(x, 2, axis), of("22", axis=[-1, -2])),
    Op("repeat counts", lambda x, r: anp.repeat(x, r, 0), of("3m,3", "real", "labels:3")),
    Op("tile", lambda x, reps: anp.tile(x, reps), of("nm", reps=[(2, 1), (2, 1, 3)])),
    Op("tile by zero", lambda x: anp.tile(x, (0, 1)), of("nm")),
    Op("tile fewer", lambda x: anp.tile(x, 2), of("22")),
    Op("concatenate", lambda a, b, axis: anp.concatenate([a, b, a], axis), of("nm,nm", **AXIS)),
    Op("stack", lambda a, b, axis: anp.stack([a, b, a], axis), of("nm,nm", **AXIS)),
    *[Op(n, lambda a, b, n=n: getattr(anp, n)([a, b]), of("nm,nm")) for n in ("vstack", "hstack", "column_stack")],
    Op("append", lambda a, b: anp.append(a, b, 0), of("nm,km")),
    Op("split", lambda x: anp.split(x, [1, 3]), of("4m")),
    *[Op(n, lambda x, n=n: getattr(anp, n)(x, 2), of("224")) for n in ("vsplit", "hsplit", "dsplit")],
    Op("hsplit of vector", lambda x: anp.hsplit(x, 2), of("4")),
    Op("array_split", lambda x: anp.array_split(x, 3), of("4m")),
    Op("array of scalars", lambda a, b: anp.array([a, 2.0, b * a]), of(",")),
    Op("pad", lambda x: anp.pad(x, ((1, 2), (0, 1)), "constant"), of("nm")),
    Op("linspace", lambda a, b: anp.linspace(a, b, 4), of(",")),
    Op("full", lambda v: anp.full((2, 3), v), of("")),
    Op("full of array", lambda v: anp.full((2, 3), v), of("3")),
    Op("atleast_1d", anp.atleast_1d, one()),
    Op("array ndmin", lambda x: anp.array(x, ndmin=3), of("nm")),
    Op("roll of two axes", lambda x: anp.roll(x, (1, 2), (0, 1)), of("nm")),
    Op("concatenate flat", lambda a, b: anp.concatenate([a, b], axis=None), of("nm,n")),
]  # fmt: skip

LINALG = [
    Op("matmul", anp.matmul, Wide.matmul()),
    Op("dot", anp.dot, of("nm,mk")),
    Op("dot vector", anp.dot, of("anm,m")),
    Op("dot of 3-d", anp.dot, of("anm,bmk")),
    Op("dot scalar", anp.dot, of(",nm")),
    Op("inner", anp.inner, of("nm,km")),
    Op("outer", anp.outer, of("n,m")),
    Op("outer of matrices", anp.outer, of("nm,k")),
    Op("kron", anp.kron, of("nm,ka")),
    Op("kron of vectors", anp.kron, of("n,m")),
    Op("cross", anp.cross, of("n3,n3")),
    Op("cross of 2", anp.cross, of("2,3")),
    Op("tensordot", lambda a, b: anp.tensordot(a, b, 2), of("knm,nma")),
    Op("tensordot 0", lambda a, b: anp.tensordot(a, b, 0), of("nm,k")),
    Op("tensordot axes", lambda a, b: anp.tensordot(a, b, ([0, -1], [1, 0])), of("nkm,mna")),
    Op("einsum", lambda a, b: anp.einsum("ij,jk->k", a, b), of("nm,mk")),
    Op("einsum diagonal", lambda a, b: anp.einsum("ii,i->i", a, b), of("nn,n")),
    Op("einsum of size 1", lambda a, b: anp.einsum("ij,ij->i", a, b), of("n1,nm")),
    Op("einsum of three", lambda a, b, c: anp.einsum("...i,ij,...j->...", a, b, c), of("kn,nm,km")),
    Op("einsum without arrow", lambda a, b: anp.einsum("ij,jk", a, b), of("nm,mk")),
    Op("einsum sum", lambda a: anp.einsum("ij->", a), of("nm")),
    *[Op(f"linalg.{n}", getattr(anp.linalg, n), st.tuples(regular(3))) for n in ("inv", "det", "slogdet", "pinv")],
    Op("linalg.det of any", anp.linalg.det, of("33")),
    Op("linalg.solve", anp.linalg.solve, st.tuples(regular(3), spread(3, 2))),
    Op("linalg.solve broadcast", anp.linalg.solve, st.tuples(regular(3), spread(2, 3, 2))),
    Op("linalg.det of several", anp.linalg.det, st.tuples(st.tuples(regular(2), regular(2)).map(np.stack))),
    Op("linalg.solve of a vector", anp.linalg.solve, st.tuples(regular(3), spread(3))),
    Op("linalg.cholesky", lambda a: anp.linalg.cholesky(a @ a.T), st.tuples(regular(3))),
    Op("linalg.eigh values", lambda a: anp.linalg.eigh(a + a.T)[0], st.tuples(symmetric(3))),
    Op("linalg.eigh vectors", lambda a: anp.linalg.eigh(a + a.T)[1] ** 2, st.tuples(symmetric(3))),
    Op("linalg.svd values", lambda a: anp.linalg.svd(a, compute_uv=False), st.tuples(symmetric(3))),
    Op("linalg.svd U S V", lambda a: _svd(a), st.tuples(symmetric(2))),
    Op("linalg.eig values", lambda a: anp.sum(anp.real(anp.linalg.eig(a)[0]) ** 2), st.tuples(symmetric(3))),
    Op("scipy.linalg.solve_triangular", lambda a, b, **o: sla.solve_triangular(a, b, **o), st.tuples(regular(3), spread(3, 2),
       st.sampled_from([{"lower": v, "trans": t} for v in (False, True) for t in (0, 1)]))),
    Op("scipy.linalg.solve_triangular unit", lambda a, b: sla.solve_triangular(a, b, lower=True, unit_diagonal=True),
       st.tuples(regular(3), spread(3, 2))),
    Op("scipy.linalg.solve_banded", lambda d, b: sla.solve_banded((1, 1), anp.array([[0.0, 1, 2], [5, 6, 7], [2, 1, 0]]) + 0.1 * d, b),
       st.tuples(spread(3, 3), spread(3))),
    Op("scipy.linalg.solve_banded matrix", lambda d, b: sla.solve_banded((1, 1), anp.array([[0.0, 1, 2], [5, 6, 7], [2, 1, 0]]) + 0.1 * d, b),
       st.tuples(spread(3, 3), spread(3, 2))),
    Op("scipy.linalg.solve_sylvester", sla.solve_sylvester, st.tuples(regular(2), symmetric(3), spread(2, 3))),
    Op("scipy.linalg.sqrtm", sla.sqrtm, st.tuples(symmetric(2))),
    Op("scipy.linalg.block_diag", sla.block_diag, of("nm,nn")),
    Op("scipy.signal.convolve", lambda a, b, mode: signal.convolve(a, b, mode=mode), of("5,3", mode=["full", "valid", "same"])),
    Op("scipy.signal.convolve 2-d", lambda a, b, mode: signal.convolve(a, b, mode=mode), of("34,22", mode=["full", "valid", "same"])),
    *[Op(f"fft.{n}", lambda x, n=n: _parts(getattr(anp.fft, n)(x**2)), of("n4"))
      for n in ("fft", "ifft", "rfft", "fft2", "ifft2", "fftn", "ifftn", "rfft2", "rfftn")],
    *[Op(f"fft.{n} norm", lambda x, norm, n=n: _parts(getattr(anp.fft, n)(x, norm=norm)), of("n4", norm=["backward", "ortho", "forward"]))
      for n in ("fft", "ifftn", "rfft", "rfft2", "rfftn")],
    *[Op(f"fft.{n} padded", lambda x, size, n=n: _parts(getattr(anp.fft, n)(x, size)), of("n4", size=[2, 6])) for n in ("fft", "ifft", "rfft")],
    Op("fft.irfft", lambda x: anp.fft.irfft(anp.fft.rfft(x) ** 2), of("n4")),
    Op("fft.irfft norm", lambda x: anp.fft.irfft(anp.fft.rfft(x) ** 2, norm="forward"), of("n4")),
    *[Op(f"fft.{n}", lambda x, n=n: getattr(anp.fft, n)(anp.fft.rfft2(x) ** 2), of("n4")) for n in ("irfft2", "irfftn")],
    Op("fft.fftshift", anp.fft.fftshift, of("nm")),
    Op("fft.ifftshift", anp.fft.ifftshift, of("nm")),
]  # fmt: skip


def _parts(z: Any) -> Any:
    return anp.real(z) - 2.0 * anp.imag(z)


def _svd(a: Any) -> Any:
    u, s, v = anp.linalg.svd(a, full_matrices=False)
    return anp.dot(u * anp.sin(s), v)


SPECIAL: dict[str, Any] = {
    "erf": "real", "erfc": "real", "erfinv": (-1.0, 1.0), "erfcinv": (0.0, 2.0), "expit": "real", "logit": "unit",
    "gamma": "positive", "gammaln": "positive", "psi": "positive", "digamma": "positive", "rgamma": "positive",
    "j0": "real", "j1": "real", "y0": "positive", "y1": "positive", "i0": "real", "i1": "real", "gammasgn": "nonzero",
}  # fmt: skip
MORE = [
    *named("special.", special, SPECIAL, one),
    Op("special.gamma negative", special.gamma, one((-2.0, -1.0))),
    Op("special.gammaln negative", special.gammaln, one((-2.0, -1.0))),
    *named("special.", special, {"beta": ("positive", "positive"), "betaln": ("positive", "positive")}, lambda d: two(*d)),
    *[Op(f"special.{n}", lambda x, n, f=n: getattr(special, f)(n, x), one("positive", n=[0, 1, 2])) for n in ("jn", "yn", "iv", "ive", "jv") if hasattr(special, n)],
    Op("special.ive near 0", lambda x: special.ive(1, x), one()),
    Op("special.rgamma near 0", special.rgamma, one((-1.0, 1.0))),
    Op("special.gammainc large", lambda x: special.gammainc(200.0, x), one((150.0, 250.0))),
    Op("special.betainc large", lambda x: special.betainc(600.0, 600.0, x), one("unit")),
    Op("special.polygamma", lambda x, n: special.polygamma(n, x), one("positive", n=[0, 1, 2])),
    Op("special.multigammaln", lambda x: special.multigammaln(x, 2), one((1.0, INF))),
    Op("special.gammainc", lambda x, a: special.gammainc(a, x), one("positive", a=[0.5, 2.0])),
    Op("special.gammaincc", lambda x, a: special.gammaincc(a, x), one("positive", a=[0.5, 2.0])),
    Op("special.betainc", lambda x, a, b: special.betainc(a, b, x), one("unit", a=[0.5, 2.0], b=[1.5])),
    *[Op(f"stats.norm.{n}", getattr(stats.norm, n), two("real", "real", "positive"))
      for n in ("pdf", "logpdf", "cdf", "logcdf", "sf", "logsf")],
    *[Op(f"stats.t.{n}", getattr(stats.t, n), of("nm,,m,m", "real", "positive", "real", "positive")) for n in ("pdf", "logpdf")],
    *[Op(f"stats.t.{n}", lambda x, m, n=n: getattr(stats.t, n)(x, 2.5, m), of("nm,m"))
      for n in ("cdf", "logcdf")],
    *[Op(f"stats.beta.{n}", getattr(stats.beta, n), of("nm,m,m", "unit", "positive", "positive")) for n in ("pdf", "logpdf")],
    Op("stats.beta.cdf", lambda x: stats.beta.cdf(x, 1.5, 2.0), one("unit")),
    *[Op(f"stats.gamma.{n}", getattr(stats.gamma, n), of("nm,m", "positive", "positive")) for n in ("pdf", "logpdf")],
    Op("stats.gamma.cdf", lambda x: stats.gamma.cdf(x, 1.5), one("positive")),
    Op("stats.chi2.logpdf", lambda x: stats.chi2.logpdf(x, 3.0), one("positive")),
    *[Op(f"stats.chi2.{n} fraction", lambda x, n=n: getattr(stats.chi2, n)(x, 2.5), one("positive")) for n in ("pdf", "logpdf", "cdf")],
    Op("stats.gamma.cdf large", lambda x: stats.gamma.cdf(x, 200.0), one((150.0, 250.0))),
    Op("stats.chi2.cdf large", lambda x: stats.chi2.cdf(x, 400.0), one((350.0, 450.0))),
    Op("stats.beta.cdf large", lambda x: stats.beta.cdf(x, 600.0, 600.0), one("unit")),
    Op("stats.chi2.pdf", lambda x: stats.chi2.pdf(x, 3.0), one("positive")),
    Op("stats.poisson.logpmf", lambda k, m: stats.poisson.logpmf(k, m), of("n,n", "labels:5", "positive")),
    Op("stats.poisson.pmf", lambda k, m: stats.poisson.pmf(k, m), of("n,n", "labels:5", "positive")),
    Op("stats.poisson.cdf", lambda k, m: stats.poisson.cdf(k, m), of("n,n", "labels:5", "positive")),
    Op("stats.dirichlet.logpdf", lambda x, a: stats.dirichlet.logpdf(x, a), of("3,3", "probability", "positive")),
    Op("stats.dirichlet.pdf", lambda x, a: stats.dirichlet.pdf(x / anp.sum(x), a), of("3,3", "positive", "positive"), battery=DOUBLE),
    Op("stats.dirichlet.logpdf of columns", lambda x: stats.dirichlet.logpdf(x / anp.sum(x, 0), np.array([1.5, 2.0, 1.0])), of("32", "positive")),
    Op("scipy.integrate.odeint", lambda y, k: odeint(lambda y, t, k: anp.array([y[1], -k * anp.sin(y[0])]), y, np.array([0.0, 0.5, 1.0]), container((k,)),
       rtol=1e-11, atol=1e-11), st.tuples(spread(2), spread()), battery=("forward", "backward", "numeric")),
    Op("scipy.integrate.odeint without args", lambda y: odeint(lambda y, t: -y, y, np.array([0.0, 0.5])), st.tuples(spread(2))),
    Op("stats.multivariate_normal.logpdf", lambda x, m, c: stats.multivariate_normal.logpdf(x, m, c + c.T),
       st.tuples(spread(2, 3), spread(3), symmetric(3))),
    Op("stats.multivariate_normal.pdf", lambda x, m, c: stats.multivariate_normal.pdf(x, m, c + c.T),
       st.tuples(spread(3), spread(3), symmetric(3))),
    Op("stats.multivariate_normal.entropy", lambda m, c: stats.multivariate_normal.entropy(m, c + c.T), st.tuples(spread(3), symmetric(3))),
]  # fmt: skip

OPS = [*ELEMENTWISE, *REDUCTIONS, *STRUCTURE, *LINALG, *MORE]
OPS = marked(OPS, KNOWN)
