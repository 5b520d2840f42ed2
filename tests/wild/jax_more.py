"""The rest of JAX's differentiable ops: more of jax.numpy and jax.lax, and jax.scipy, jax.image, jax.lax.linalg."""

# ruff: noqa: E501 - a table is read better with an op a line

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import jax.scipy as jsp
import numpy as np
from hypothesis import strategies as st
from jax import lax
from jax.scipy import signal, special, stats

from .table import FIRST_ORDER, INF, Narrow, Op, named, regular, spread, symmetric

one, two, of = Narrow.one, Narrow.two, Narrow.of


def inner(low: float, high: float) -> Any:
    """Values between the bounds, away from them."""
    return one((low, high))


def _same(*domains: Any) -> Any:
    """Arrays of one shape: jax.lax does not broadcast."""
    return of(",".join(["nm"] * len(domains)), *domains)


NUMPY = [
    *[Op(n, getattr(jnp, n), one()) for n in ("angle", "conj", "real", "imag", "copy", "degrees", "radians", "round", "around",
                                             "atleast_1d", "atleast_2d", "atleast_3d", "flip", "diagflat", "ediff1d")],
    Op("modf", jnp.modf, one("steps")),
    Op("atan2", jnp.atan2, two("real", "nonzero")),
    Op("pow", jnp.pow, two("positive", "real")),
    Op("floor_divide", jnp.floor_divide, two("steps", (0.4, 3.0))),
    Op("divmod", jnp.divmod, two("steps", (0.4, 3.0))),
    Op("ldexp", lambda x, e: jnp.ldexp(x, e), one(e=[-2, 0, 3])),
    Op("frexp", lambda x: jnp.frexp(x)[0], inner(1.1, 1.9)),
    Op("abs of complex", lambda x, y: jnp.abs(x + 1j * y), two("nonzero", "nonzero")),
    Op("angle of complex", lambda x, y: jnp.angle(x + 1j * y), two("nonzero", "nonzero")),
    *[Op(n, getattr(jnp, n), of("nm", axis=[None, 0, -1], keepdims=[False, True]))
      for n in ("amax", "amin", "nanmin", "nanstd", "nanmedian")],
    Op("nanpercentile", lambda x: jnp.nanpercentile(x, 40, axis=0), of("3m")),
    *[Op(n, getattr(jnp, n), of("nm", axis=[0, -1])) for n in ("nancumsum", "nancumprod", "cumulative_sum", "cumulative_prod")],
    *[Op(n, lambda *a, n=n: getattr(jnp, n)(a), of("nm,nm")) for n in ("vstack", "hstack", "dstack", "column_stack", "concat")],
    *[Op(n, lambda x, n=n: getattr(jnp, n)(x, 2), of("224")) for n in ("vsplit", "hsplit", "dsplit")],
    Op("array_split", lambda x: jnp.array_split(x, 3), of("4m")),
    Op("unstack", jnp.unstack, of("nm")),
    Op("block", lambda a, b: jnp.block([[a, b], [b, a]]), of("nm,nm")),
    Op("append", lambda a, b: jnp.append(a, b, 0), of("nm,nm")),
    Op("insert", lambda a, b: jnp.insert(a, np.array([1, 1]), b, axis=0), of("3m,2m")),
    Op("delete", lambda a: jnp.delete(a, 1, axis=0), of("3m")),
    Op("compress", lambda a: jnp.compress(np.array([True, False, True]), a, axis=0), of("3m")),
    Op("choose", lambda i, a, b: jnp.choose(i, [a, b], mode="clip"), of("3,3,3", "labels:2")),
    Op("select", lambda m, a, b: jnp.select([m], [a], b), of("nm,nm,nm", "mask")),
    Op("piecewise", lambda x: jnp.piecewise(x, [x < 0, x > 1], [jnp.sin, jnp.square, lambda v: v]), of("3")),
    Op("vectorize", jnp.vectorize(lambda a, b: a @ b, signature="(n),(n)->()"), of("23,3")),
    Op("apply_along_axis", lambda x: jnp.apply_along_axis(lambda v: jnp.cumsum(v * v), 0, x), of("nm")),
    Op("place", lambda x, v, m: jnp.place(x, m, v, inplace=False), of("3,3,3", "real", "real", "mask")),
    Op("put", lambda x, v: jnp.put(x, np.array([2, 0]), v, inplace=False), of("3,2")),
    Op("put_along_axis", lambda x, i, v: jnp.put_along_axis(x, i, v, 0, inplace=False), of("33,13,13", "real", "labels:3")),
    Op("fill_diagonal", lambda x, v: jnp.fill_diagonal(x, v, inplace=False), of("33,")),
    Op("expand_dims", lambda x: jnp.expand_dims(x, (0, -1)), of("nm")),
    Op("squeeze", lambda x: jnp.squeeze(x, 1), of("n1m")),
    Op("reshape", lambda x: jnp.reshape(x, -1, order="F"), of("nm")),
    Op("resize", lambda x: jnp.resize(x, (2, 5)), of("nm")),
    *[Op(n, lambda x, n=n: getattr(jnp, n)(x, 0, 2), of("nmk")) for n in ("swapaxes", "moveaxis", "rollaxis")],
    Op("matrix_transpose", jnp.matrix_transpose, of("nmk")),
    Op("permute_dims", lambda x: jnp.permute_dims(x, (1, 2, 0)), of("nmk")),
    Op("meshgrid", lambda a, b: jnp.meshgrid(a, b), of("n,m")),
    Op("broadcast_arrays", lambda a, b: jnp.broadcast_arrays(a, b), of("n1,m")),
    Op("full_like", lambda x, v: x + jnp.full_like(x, v), of("nm,")),
    Op("logspace", lambda a, b: jnp.logspace(a, b, 4), two((-1.0, 1.0), (-1.0, 1.0))),
    Op("geomspace", lambda a, b: jnp.geomspace(a, b, 4), two((0.5, 3.0), (0.5, 3.0))),
    Op("correlate", lambda a, b, mode: jnp.correlate(a, b, mode=mode), of("5,3", mode=["full", "same", "valid"])),
    Op("histogram weights", lambda w: jnp.histogram(np.arange(4.0), 3, weights=w)[0], of("4")),
    Op("bincount weights", lambda i, w: jnp.bincount(i, w, length=3), of("4,4", "labels:3")),
    *[Op(n, getattr(jnp, n), of("3,2")) for n in ("polyadd", "polysub", "polymul")],
    Op("polydiv", jnp.polydiv, of("4,2", "real", (0.5, 3.0))),
    Op("polyder", jnp.polyder, of("4")),
    Op("polyint", lambda p: jnp.polyint(p, 2), of("4")),
    Op("polyfit", lambda y: jnp.polyfit(jnp.array([-1.0, 0.0, 1.0, 2.5]), y, 2), of("4")),
    Op("poly", jnp.poly, of("3")),
    Op("vander", lambda x: jnp.vander(x, 4), of("n")),
    *[Op(n, getattr(jnp, n), of(spec)) for n, spec in (("matvec", "knm,m"), ("vecmat", "n,nm"), ("vecdot", "nm,nm"))],
    *[Op(f"fft.{n}", lambda x, n=n: parts(getattr(jnp.fft, n)(x**2)), of("n4"))
      for n in ("fft", "ifft", "fft2", "ifft2", "ifftn", "rfft2", "rfftn", "ihfft", "fftshift", "ifftshift")],
    *[Op(f"fft.{n} norm", lambda x, norm, n=n: parts(getattr(jnp.fft, n)(x, norm=norm)), of("n5", norm=["ortho", "forward"]))
      for n in ("fft", "rfft", "rfftn")],
    *[Op(f"fft.{n}", lambda x, n=n: getattr(jnp.fft, n)(jnp.fft.rfft2(x) ** 2), of("n4")) for n in ("irfft2", "irfftn", "hfft")],
    Op("fft.irfft odd", lambda x: jnp.fft.irfft(x + 1j * x**2, 5), of("n3")),
]  # fmt: skip


def parts(z: Any) -> Any:
    return jnp.real(z) - 2.0 * jnp.imag(z)


SPECIAL = [
    *named("special.", special, {"dawsn": "real", "erfcx": "real", "loggamma": "positive", "gammasgn": "nonzero", "factorial": "positive",
                                 "fresnel": "real", "sici": "real"}, one),
    *named("special.", special, {"boxcox": ("positive", "real"), "boxcox1p": ("positive", "real"), "owens_t": ("real", "real")},
           lambda d: two(*d)),
    Op("special.poch", lambda x, m: special.poch(x, m), two("positive", "positive"), battery=FIRST_ORDER),
    Op("special.expn", lambda x, n: special.expn(n, x), one("positive", n=[1, 2, 3])),
    Op("special.hyp1f1", lambda x: special.hyp1f1(1.5, 2.5, x), inner(-2.0, 2.0)),
    Op("special.hyp2f1", lambda x: special.hyp2f1(1.5, 0.5, 2.5, x), inner(-0.8, 0.8), battery=FIRST_ORDER),
    Op("special.gammaln negative", special.gammaln, inner(-2.0, -1.0)),
    Op("special.digamma negative", special.digamma, inner(-2.0, -1.0)),
    Op("special.logsumexp sign", lambda x: special.logsumexp(x, axis=0, b=jnp.array([1.0, -3.0])[:, None], return_sign=True)[0], of("2m")),
]  # fmt: skip

LINALG = [
    *[Op(f"linalg.{n}", getattr(jnp.linalg, n), st.tuples(symmetric(3))) for n in ("eigvalsh", "svdvals")],
    Op("linalg.matrix_norm", lambda a, ord: jnp.linalg.matrix_norm(a, ord=ord), st.tuples(spread(3, 2), st.sampled_from(
        [{"ord": o} for o in ("fro", "nuc", 1, 2)]))),
    Op("linalg.vector_norm", lambda a, ord: jnp.linalg.vector_norm(a, axis=0, ord=ord), of("nm", ord=[1, 2, 3, INF])),
    Op("linalg.tensorinv", lambda a: jnp.linalg.tensorinv(a.reshape(2, 2, 4), 2), st.tuples(regular(4))),
    Op("linalg.tensorsolve", lambda a, b: jnp.linalg.tensorsolve(a.reshape(2, 2, 4), b), st.tuples(regular(4), spread(2, 2))),
    Op("linalg.pinv of 3x2", jnp.linalg.pinv, st.tuples(spread(3, 2))),
    Op("linalg.qr of 3x2", jnp.linalg.qr, st.tuples(spread(3, 2))),
    Op("linalg.lstsq of 2x4", lambda a, b: jnp.linalg.lstsq(a, b)[0], st.tuples(spread(2, 4), spread(2))),
    Op("linalg.svd U S V of 3x2", lambda a: _svd(a), st.tuples(spread(3, 2))),
    Op("linalg.solve broadcast", jnp.linalg.solve, st.tuples(regular(3), spread(2, 3, 2))),
    Op("scipy.linalg.block_diag", jsp.linalg.block_diag, of("nm,nn")),
    Op("scipy.linalg.cholesky", lambda a, lower: jsp.linalg.cholesky(a, lower=lower), st.tuples(symmetric(3), st.sampled_from(
        [{"lower": w} for w in (False, True)]))),
    Op("scipy.linalg.cho_solve", lambda a, b: jsp.linalg.cho_solve(jsp.linalg.cho_factor(a), b), st.tuples(symmetric(3), spread(3, 2))),
    Op("scipy.linalg.lu_solve", lambda a, b: jsp.linalg.lu_solve(jsp.linalg.lu_factor(a), b), st.tuples(regular(3), spread(3, 2))),
    Op("scipy.linalg.solve pos", lambda a, b: jsp.linalg.solve(a @ a.T, b, assume_a="pos"), st.tuples(regular(3), spread(3, 2))),
    Op("scipy.linalg.solve_triangular unit", lambda a, b, trans: jsp.linalg.solve_triangular(a, b, trans, lower=True, unit_diagonal=True),
       st.tuples(regular(3), spread(3, 2), st.sampled_from([{"trans": t} for t in (0, 1)]))),
    Op("scipy.linalg.expm_frechet", jsp.linalg.expm_frechet, st.tuples(spread(2, 2), spread(2, 2))),
    Op("scipy.linalg.polar", lambda a: jsp.linalg.polar(a, method="svd")[0], st.tuples(regular(2))),
    *[Op(f"scipy.linalg.{n}", getattr(jsp.linalg, n), of("3")) for n in ("circulant", "toeplitz", "hankel", "fiedler")],
    Op("scipy.linalg.companion", jsp.linalg.companion, of("3", (0.5, 3.0))),
    Op("scipy.linalg.convolution_matrix", lambda x: jsp.linalg.convolution_matrix(x, 3), of("3")),
    Op("scipy.linalg.leslie", jsp.linalg.leslie, of("3,2")),
    Op("lax.linalg.triangular_solve", lambda a, b, **o: lax.linalg.triangular_solve(a, b, **o), st.tuples(regular(3), spread(3, 3),
       st.sampled_from([{"left_side": s, "lower": w, "transpose_a": t, "unit_diagonal": u}
                        for s in (False, True) for w in (False, True) for t in (False, True) for u in (False, True)]))),
    Op("lax.linalg.tridiagonal_solve", lambda below, d, u, b: lax.linalg.tridiagonal_solve(below, d, u, b), st.tuples(
        spread(3), spread(3).map(lambda v: v + 5.0), spread(3), spread(3, 2))),
]  # fmt: skip


def _svd(a: Any) -> Any:
    u, s, v = jnp.linalg.svd(a, full_matrices=False)
    return (u * jnp.sin(s)) @ v


DNUMS = lax.ScatterDimensionNumbers((1,), (0,), (0,))
LAX = [
    *named("lax.", lax, {"bessel_i0e": "real", "bessel_i1e": "real", "erf_inv": (-1.0, 1.0), "lgamma": "positive", "cbrt": "nonzero",
                         "exp2": "real", "tan": "real", "round": "steps"}, one),
    *named("lax.", lax, {"atan2": ("real", "nonzero"), "div": ("real", "nonzero"), "pow": ("positive", "real"), "rem": ((-3.0, 3.0), (0.4, 3.0)),
                         "mul": ("real", "real"), "sub": ("real", "real"), "max": ("real", "real")}, lambda d: _same(*d)),
    Op("lax.clamp", lambda x, a, b: lax.clamp(a, x, b), of("3,,", "real", (-2.0, 0.0), (0.5, 2.0))),
    Op("lax.clamp arrays", lambda x, a, b: lax.clamp(a, x, b), of("3,3,3", "real", (-2.0, 0.5), (0.5, 2.0))),
    Op("lax.select_n", lambda i, a, b, c: lax.select_n(i, a, b, c), of("3,3,3,3", "labels:3")),
    Op("lax.select", lax.select, of("3,3,3", "mask")),
    Op("lax.reduce_precision", lambda x: lax.reduce_precision(x, 11, 52) * x, one()),
    Op("lax.rev", lambda x: lax.rev(x, (0, 1)), of("nm")),
    Op("lax.slice", lambda x: lax.slice(x, (0, 1), (3, 3), (2, 1)), of("33")),
    Op("lax.collapse", lambda x: lax.collapse(x, 1), of("nmk")),
    Op("lax.broadcast_in_dim", lambda x: lax.broadcast_in_dim(x, (2, 3, 2), (0, 2)), of("21")),
    *[Op(f"lax.{n}", lambda x, n=n: getattr(lax, n)(x, axes=(0,)), of("3m")) for n in ("reduce_sum", "reduce_prod", "reduce_max", "reduce_min")],
    Op("lax.reduce add", lambda x: lax.reduce(x, 0.0, lax.add, (0,)), of("3m")),
    Op("lax.reduce mul", lambda x: lax.reduce(x, 1.0, lax.mul, (0,)), of("3m")),
    Op("lax.reduce any", lambda x: lax.reduce(x, 0.0, lambda a, b: a + b + a * b, (0,)), of("3m")),
    Op("lax.reduce_window add", lambda x: lax.reduce_window(x, 0.0, lax.add, (2,), (2,), [(1, 1)]), of("4")),
    Op("lax.reduce_window min", lambda x: lax.reduce_window(x, jnp.inf, lax.min, (3,), (2,), "SAME"), of("4")),
    *[Op(f"lax.{n} reverse", lambda x, n=n: getattr(lax, n)(x, axis=0, reverse=True), of("3m")) for n in ("cumsum", "cumprod")],
    Op("lax.sort_key_val", lambda k, v: lax.sort_key_val(k, v), of("3,3")),
    Op("lax.dot_general", lambda a, b: lax.dot_general(a, b, (((2,), (1,)), ((0,), (0,)))), of("knm,kma")),
    Op("lax.batch_matmul", lax.batch_matmul, of("knm,kma")),
    Op("lax.ragged_dot", lambda a, b: lax.ragged_dot(a, b, jnp.array([1, 2])), of("32,223")),
    *[Op(f"lax.dynamic_{n}", f, of(spec, "real", "labels:5")) for n, f, spec in (
        ("index_in_dim", lambda x, i: lax.dynamic_index_in_dim(x, i, 0), "3m,"),
        ("slice_in_dim", lambda x, i: lax.dynamic_slice_in_dim(x, i, 2, 0), "3m,"),
        ("update_slice_in_dim", lambda x, i, v: lax.dynamic_update_slice_in_dim(x, v, i, 0), "3m,,2m"),
        ("update_index_in_dim", lambda x, i, v: lax.dynamic_update_index_in_dim(x, v, i, 0), "3m,,m"))],
    Op("lax.index_take", lambda x, i: lax.index_take(x, (i,), (0,)), of("3m,4", "real", "labels:3")),
    *[Op(f"lax.{n}", lambda x, i, v, n=n: getattr(lax, n)(x, i[:, None], v, DNUMS), of("3m,4,4m", "real", "labels:3"))
      for n in ("scatter_add", "scatter_sub", "scatter_min", "scatter_max")],
    Op("lax.scatter_mul", lambda x, v: lax.scatter_mul(x, jnp.array([[2], [0]]), v, DNUMS, unique_indices=True), of("3m,2m")),
    Op("lax.scatter out of bounds", lambda x, v: x.at[jnp.array([5, 1])].set(v, mode="drop"), of("3m,2m")),
    Op("lax.igamma", lambda x, a: lax.igamma(a, x), _same("positive", "positive"), battery=FIRST_ORDER),
    Op("lax.fori_loop", lambda x, y: lax.fori_loop(0, 3, lambda i, c: c * x + y, y), of("n,n")),
    Op("lax.cond", lambda x, y: lax.cond(x.sum() > 0, lambda a, b: a * b, lambda a, b: a + b, x, y), of("n,n")),
    Op("lax.switch", lambda i, x: lax.switch(i, [jnp.sin, jnp.cos, jnp.square], x), of(",n", "labels:4")),
    Op("lax.map", lambda x: lax.map(lambda v: jnp.cumprod(v), x), of("n3")),
    Op("lax.while of known length", lambda x: lax.scan(lambda c, _: (jnp.sin(c), c), x, None, 3)[1], of("n")),
    Op("lax.custom_root", lambda a: lax.custom_root(lambda x: x**3 - a, jnp.ones_like(a), lambda f, x: _newton(f, x),
                                                    lambda g, y: y / g(jnp.ones_like(y))), of("3", (0.5, 3.0))),
    Op("lax.custom_linear_solve", lambda a, b: lax.custom_linear_solve(lambda v: a @ v, b, lambda _, c: jnp.linalg.solve(a, c),
                                                                       lambda _, c: jnp.linalg.solve(a.T, c)), st.tuples(regular(3), spread(3))),
    Op("lax.conv_transpose", lambda x, w: lax.conv_transpose(x, w, (2,), "SAME", dimension_numbers=("NWC", "WIO", "NWC")), of("142,323")),
    Op("lax.conv groups", lambda x, w: lax.conv_general_dilated(x, w, (2, 1), "SAME", feature_group_count=2), of("2432,4222")),
    Op("lax.conv batch groups", lambda x, w: lax.conv_general_dilated(x, w, (1,), "VALID", batch_group_count=2), of("224,222")),
    Op("lax.conv_general_dilated_patches", lambda x: lax.conv_general_dilated_patches(x, (2,), (1,), [(1, 0)]), of("124")),
    Op("lax.conv_general_dilated_local", lambda x, w: lax.conv_general_dilated_local(x, w, (1,), "VALID", (2,)), of("124,243")),
    Op("custom_jvp relu", jax.nn.relu, one()),
]  # fmt: skip


def _newton(f: Callable[..., Any], x: Any) -> Any:
    for _ in range(30):
        y, dy = jax.jvp(f, (x,), (jnp.ones_like(x),))
        x = x - y / dy
    return x


SIGNAL = [
    *[Op(f"scipy.signal.{n}", lambda a, b, mode, n=n: getattr(signal, n)(a, b, mode=mode), of("44,22", mode=["full", "same", "valid"]))
      for n in ("convolve", "convolve2d", "correlate", "correlate2d", "fftconvolve")],
    Op("scipy.signal.detrend", lambda x, type: signal.detrend(x, 0, type), of("4m", type=["linear", "constant"])),
    Op("scipy.signal.stft", lambda x: parts(signal.stft(x, nperseg=4)[2]), of("8")),
    Op("scipy.signal.istft", lambda x: signal.istft(signal.stft(x, nperseg=4)[2] ** 2, nperseg=4)[1], of("8")),
    Op("scipy.signal.welch", lambda x: signal.welch(x, nperseg=4)[1], of("8")),
    Op("scipy.signal.csd", lambda x, y: parts(signal.csd(x, y, nperseg=4)[1]), of("8,8")),
    Op("scipy.ndimage.map_coordinates", lambda x, c, mode: jsp.ndimage.map_coordinates(x, [c], 1, mode=mode), of(
        "4,3", "real", (0.1, 2.9), mode=["constant", "nearest", "wrap", "mirror", "reflect"])),
    Op("scipy.interpolate.RegularGridInterpolator", lambda v, x: jsp.interpolate.RegularGridInterpolator(
        (jnp.arange(4.0),), v)(x[:, None]), of("4,3", "real", (0.1, 2.9))),
    Op("scipy.integrate.trapezoid", jsp.integrate.trapezoid, of("n3,n3")),
    Op("image.resize", lambda x, method: jax.image.resize(x, (5, 2), method), of("33", method=["linear", "cubic", "nearest", "lanczos3"])),
    Op("image.scale_and_translate", lambda x, s, t: jax.image.scale_and_translate(x, (4, 3), (0, 1), s, t, "cubic"), of(
        "33,2,2", "real", (0.6, 1.4), (-0.4, 0.4))),
]  # fmt: skip

LOC_SCALE = {
    "cauchy": ("pdf", "logcdf", "logsf", "sf"), "gumbel_l": ("logpdf", "cdf", "logcdf", "logsf"), "gumbel_r": ("cdf", "logcdf", "logsf"),
    "laplace": ("pdf",), "logistic": ("pdf", "sf"), "norm": ("sf",),
}  # fmt: skip
SHAPE = {
    "chi2": ("cdf", "logcdf", "logsf", "pdf", "sf"), "gamma": ("cdf", "logcdf", "logsf", "pdf", "sf"),
}  # fmt: skip
STATS = [
    *[Op(f"stats.{d}.{n}", getattr(getattr(stats, d), n), two("real", "real", "positive")) for d, ns in LOC_SCALE.items() for n in ns],
    *[Op(f"stats.{d}.{n}", lambda x, a, d=d, n=n: getattr(getattr(stats, d), n)(x, a), two("positive", "positive"), battery=FIRST_ORDER)
      for d, ns in SHAPE.items() for n in ns],
    *[Op(f"stats.{d}.ppf", getattr(stats, d).ppf, two("unit", "real", "positive")) for d in ("cauchy", "gumbel_l", "gumbel_r", "logistic", "norm", "uniform")],
    *[Op(f"stats.{d}.isf", getattr(stats, d).isf, two("unit", "real", "positive")) for d in ("cauchy", "logistic", "norm")],
    *[Op(f"stats.expon.{n}", getattr(stats.expon, n), two("positive", (-1.0, 0.0), "positive")) for n in ("pdf", "cdf", "logcdf", "logsf", "sf")],
    Op("stats.expon.ppf", stats.expon.ppf, two("unit", "real", "positive")),
    *[Op(f"stats.pareto.{n}", getattr(stats.pareto, n), two((1.1, 9.0), "positive")) for n in ("logpdf", "pdf", "cdf", "logcdf", "logsf", "sf")],
    Op("stats.pareto.ppf", stats.pareto.ppf, two("unit", "positive")),
    *[Op(f"stats.beta.{n}", lambda x, n=n: getattr(stats.beta, n)(x, 1.5, 2.5), one("unit"), battery=FIRST_ORDER)
      for n in ("cdf", "logcdf", "logsf", "sf", "pdf")],
    *[Op(f"stats.truncnorm.{n}", lambda x, a, b, n=n: getattr(stats.truncnorm, n)(x, a, b), two((-1.0, 2.0), (-3.0, -1.0), (2.0, 4.0)))
      for n in ("pdf", "cdf", "logcdf", "logsf", "sf")],
    *[Op(f"stats.gennorm.{n}", lambda x, p, n=n: getattr(stats.gennorm, n)(x, p), two("nonzero", (1.0, 4.0)), battery=FIRST_ORDER)
      for n in ("logpdf", "pdf", "cdf")],
    *[Op(f"stats.wrapcauchy.{n}", getattr(stats.wrapcauchy, n), two((0.1, 6.0), (0.1, 0.9))) for n in ("logpdf", "pdf")],
    *[Op(f"stats.{d}.pdf", getattr(stats, d).pdf, two("real", "positive")) for d in ("t", "vonmises")],
    *[Op(f"stats.bernoulli.{n}", getattr(stats.bernoulli, n), of("3,3", "labels:2", "unit")) for n in ("logpmf", "pmf")],
    *[Op(f"stats.geom.{n}", lambda k, p, n=n: getattr(stats.geom, n)(k + 1, p), of("3,3", "labels:4", "unit")) for n in ("logpmf", "pmf")],
    *[Op(f"stats.binom.{n}", lambda k, p, n=n: getattr(stats.binom, n)(k, 4, p), of("3,3", "labels:5", "unit")) for n in ("logpmf", "pmf")],
    *[Op(f"stats.nbinom.{n}", lambda k, r, p, n=n: getattr(stats.nbinom, n)(k, r, p), of("3,3,3", "labels:5", "positive", "unit")) for n in ("logpmf", "pmf")],
    *[Op(f"stats.betabinom.{n}", lambda k, a, b, n=n: getattr(stats.betabinom, n)(k, 4, a, b), of("3,3,3", "labels:5", "positive", "positive")) for n in ("logpmf", "pmf")],
    Op("stats.multinomial.logpmf", lambda x, p: stats.multinomial.logpmf(x, x.sum(), p), of("3,3", "labels:4", "probability")),
    *[Op(f"stats.poisson.{n}", lambda k, m, n=n: getattr(stats.poisson, n)(k, m), of("3,3", "labels:5", "positive"), battery=FIRST_ORDER) for n in ("pmf", "cdf")],
    Op("stats.dirichlet.logpdf", lambda x, a: stats.dirichlet.logpdf(x / x.sum(), a), of("3,3", "positive", "positive")),
    Op("stats.multivariate_normal.pdf", stats.multivariate_normal.pdf, st.tuples(spread(3), spread(3), symmetric(3))),
    Op("stats.sem", lambda x: stats.sem(x, axis=0), of("3m")),
    Op("stats.gaussian_kde", lambda d, x: stats.gaussian_kde(d)(x), st.tuples(spread(4), spread(3))),
    Op("stats.gaussian_kde.logpdf", lambda d, x: stats.gaussian_kde(d).logpdf(x), st.tuples(spread(4), spread(3))),
]  # fmt: skip

MORE = [*NUMPY, *SPECIAL, *LINALG, *LAX, *SIGNAL, *STATS]
