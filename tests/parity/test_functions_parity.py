"""Special functions, distances, statistics, rearrangements and systems against PyTorch, with both gradients.

Gradients that PyTorch itself cannot take (its error is in the case's `first` or `second`) are checked in
tests/test_ops.py against differences.
"""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
import pytest

import microdl

torch = pytest.importorskip("torch", reason="live parity runs where torch 2.13 is installed; .ci/run installs it")

INF, NAN = float("inf"), float("nan")
_rng = np.random.default_rng(11)


def _normal(*shape: int) -> np.ndarray:
    return _rng.standard_normal(shape)


U = np.array([0.3, 0.7, 0.05, 0.9])
X = _normal(3, 4)
CUBE = _normal(2, 3, 4)
ROWS, OTHERS = _normal(4, 3), _normal(5, 3)
OTHERS[0], OTHERS[1, 0] = ROWS[1], ROWS[0, 0]
SQUARE = _normal(3, 3) + 3 * np.eye(3)
POSITIVE = SQUARE @ SQUARE.T
RIGHT = _normal(3, 2)
MISSING = _normal(3, 5)
MISSING[0, 1] = NAN
INTS = np.array([[3, 1, 2], [0, 1, 5]])
INDEX = np.array([[0, 2, 0, 1], [1, 1, 2, 0]])
SOURCE = _normal(2, 4)
SOURCE[0, 0] = 0.0
ODD = np.array([NAN, INF, -INF, 0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 1e30])
PLACES = np.array([0.0, 1.0, 3.0, 4.0, 8.0])
COUNTS = np.array([1, 2, 0, 1, 3])


class Case(NamedTuple):
    """`call(T, *inputs)` gives a tensor or a tuple of them; floats among the inputs require grad where `first`."""

    id: str
    call: Any
    inputs: tuple[Any, ...]
    first: bool = True
    second: bool = True


def case(name: str, call: Any, *inputs: Any, first: bool = True, second: bool = True) -> Case:
    return Case(name, call, inputs, first, second)


def named(T: Any, name: str) -> Any:
    for part in name.split("."):
        T = getattr(T, part)
    return T


def of(name: str, *inputs: Any, first: bool = True, second: bool = True, suffix: str = "", **kwargs: Any) -> Case:
    """The function of that name on the inputs alone."""
    shown = "-".join(str(v) for v in kwargs.values())
    return Case(f"{name}-{suffix}{shown}", lambda T, *x: named(T, name)(*x, **kwargs), inputs, first, second)


ERRORS = ("erf", "erfc", "erfinv", "special.erfcx", "special.ndtr", "special.log_ndtr", "special.ndtri")
UNARY = (*ERRORS, "digamma", "lgamma", "special.entr", "logit", "sinc", "asinh", "atanh", "deg2rad", "rad2deg")
WITHOUT = ("signbit", "isneginf", "isposinf", "isreal", "angle")

ELEMENTWISE = [
    *[of(n, U) for n in UNARY],
    *[of(n, ODD, first=False, suffix="odd") for n in (*UNARY, *WITHOUT, "acosh", "frexp")],
    *[of(n, np.arange(3), suffix="int") for n in (*UNARY, *WITHOUT, "acosh")],
    of("acosh", U + 1),
    of("angle", X),
    of("frexp", X),
    case("logit-eps", lambda T, x: T.logit(x, 0.1), U),
    *[case(f"polygamma-{n}", lambda T, x, n=n: T.polygamma(n, x), U + 2.0) for n in (0, 2, 3)],
    *[case(f"mvlgamma-{p}", lambda T, x, p=p: T.mvlgamma(x, p), U + 2.0) for p in (1, 3)],
    *[of(n, U, U[::-1].copy()) for n in ("xlogy", "special.xlog1py", "fmax", "fmin", "logaddexp2", "float_power")],
    *[of(n, np.array([0.0, 0.0, NAN, 0.0]), np.array([0.0, NAN, 1.0, INF]), first=False, suffix="odd")
      for n in ("xlogy", "special.xlog1py", "fmax", "fmin", "copysign")],
    *[of(n, INTS, INTS + 1, suffix="int") for n in ("xlogy", "fmax", "copysign", "ldexp", "float_power", "gcd", "lcm")],
    case("xlogy-number", lambda T, x: T.xlogy(x, 2), U),
    case("xlogy-number-first", lambda T, x: T.xlogy(2, x), U),
    of("copysign", X, _normal(4), second=False),
    of("ldexp", X, _normal(4)),
    of("nextafter", X, _normal(4), first=False),
    of("special.zeta", U + 1.5, U, first=False),
]  # fmt: skip

MODES = ("use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist")
DISTANCES = [
    *[case(f"cdist-{p}", lambda T, x, y, p=p: T.cdist(x, y, p), ROWS, OTHERS, second=False)
      for p in (0, 0.5, 1, 1.5, 2, 3, INF)],
    *[case(f"pdist-{p}", lambda T, x, p=p: T.pdist(x, p), ROWS, second=False) for p in (0, 1, 2, 3, INF)],
    *[case(f"cdist-{m}", lambda T, x, y, m=m: T.cdist(x, y, compute_mode=m), ROWS, _normal(6, 3), second=False)
      for m in MODES],
    case("cdist-second", lambda T, x, y: T.cdist(x, y, compute_mode=MODES[0]), ROWS, _normal(6, 3)),
    of("cdist", _normal(30, 3), OTHERS, suffix="many"),
    of("cdist", _normal(2, 1, 4, 3), _normal(3, 5, 3), suffix="batch", second=False),
    of("cdist", _normal(0, 3), OTHERS, suffix="empty", second=False),
    of("cdist", _normal(4, 0), _normal(5, 0), suffix="no-columns", second=False),
]  # fmt: skip

STATISTICS = [
    *[case(f"cov-{i}", lambda T, x, k=k: T.cov(x, **k), a) for i, (a, k) in enumerate([
        (MISSING[1:], {}), (X[0], {}), (X, {"correction": 0}), (X[:, :1], {}), (np.array(2.0), {}), (INTS, {}),
    ])],
    case("cov-fweights", lambda T, x, w: T.cov(x, fweights=w), _normal(3, 5), COUNTS),
    case("cov-aweights", lambda T, x, w: T.cov(x, aweights=w), _normal(3, 5), np.abs(_normal(5))),
    case("cov-both", lambda T, x, f, a: T.cov(x, fweights=f, aweights=a), _normal(3, 5), COUNTS, np.abs(_normal(5))),
    *[of("corrcoef", a, suffix=str(i)) for i, a in enumerate([X, X[0], INTS])],
    *[case(f"nanmedian-{d}", lambda T, x, d=d: T.nanmedian(x, d, True), MISSING) for d in (0, 1)],
    of("nanmedian", MISSING),
    *[case(f"nanquantile-{d}-{i}", lambda T, x, d=d, i=i: T.nanquantile(x, 0.4, d, interpolation=i), MISSING)
      for d in (None, 0, 1) for i in ("linear", "lower", "nearest")],
    *[c for n in ("trapezoid", "cumulative_trapezoid") for c in (
        of(n, X), of(n, X, dx=2, dim=0), of(n, X, _normal(4), suffix="x"), of(n, X, _normal(3, 4), suffix="xs"),
        of(n, INTS, suffix="int"),
    )],
    *[c for e in (1, 2) for c in (
        of("gradient", _normal(5), edge_order=e), of("gradient", CUBE[0].repeat(2, 0), edge_order=e, spacing=2.0),
        of("gradient", X, edge_order=e, dim=1), of("gradient", INTS.T.copy(), edge_order=e, dim=0),
        case(f"gradient-places-{e}", lambda T, x, p, e=e: T.gradient(x, spacing=(p.detach(),), edge_order=e),
             _normal(5), PLACES, second=False),
    )],
    of("histogram", X, first=False, bins=5),
    of("histogram", X, first=False, bins=4, range=(-1.0, 1.0)),
    case("histogram-edges", lambda T, x, e: T.histogram(x, e, density=True), X, np.sort(U), first=False),
    *[case(f"unique_consecutive-{d}", lambda T, x, d=d: T.unique_consecutive(x, True, True, dim=d),
           np.array([[1, 1, 2], [1, 1, 2], [2, 2, 1]])) for d in (None, 0, 1)],
    of("renorm", CUBE, p=2, dim=0, maxnorm=1.0),
]  # fmt: skip

REARRANGED = [
    *[of(n, a, suffix=str(a.ndim)) for n in ("atleast_1d", "atleast_2d", "atleast_3d", "ravel")
      for a in (np.array(2.0), X[0], X, CUBE)],
    *[of("movedim", CUBE, source=s, destination=d) for s, d in [(0, 2), ((0, 1), (-1, 0)), (-1, 0)]],
    *[of(n, X) for n in ("fliplr", "flipud", "adjoint", "diagflat")],
    *[of("rot90", CUBE, k=k, dims=d) for k in (-1, 0, 1, 2, 3) for d in [(0, 1), (2, 0)]],
    *[case(f"{n}-{a.ndim}", lambda T, x, y, n=n: named(T, n)([x, y]), a, a + 1)
      for n in ("column_stack", "row_stack", "dstack") for a in (X[0], X, CUBE)],
    of("block_diag", X, X[0], np.array(2.0)),
    *[case(f"tensor_split-{s}", lambda T, x, s=s: T.tensor_split(x, s, 1), X) for s in (1, 3, (1, 3), (3, 1), (9,))],
    *[case(n, lambda T, x, n=n: named(T, n)(x, 2), _normal(4, 4, 4)) for n in ("hsplit", "vsplit", "dsplit")],
    case("unfold", lambda T, x: x.unfold(1, 3, 1), X),
    case("unfold-step", lambda T, x: x.unfold(2, 2, 2), CUBE),
    of("as_strided", X, size=(3, 2), stride=(1, 1), storage_offset=1),
    *[case(n, lambda T, x, s, n=n, a=a: named(T, n)(x, s, *a), X, s) for n, s, a in [
        ("select_scatter", X[:, 0] + 1, (1, 2)), ("slice_scatter", X[:, :2] + 1, (1, 0, 4, 2)),
        ("diagonal_scatter", X[:, 0] + 1, ()),
    ]],
    case("sum_to_size", lambda T, x: x.sum_to_size(3, 1), CUBE),
    *[case(f"vander-{n}-{i}", lambda T, x, n=n, i=i: T.vander(x, n, i), U, first=False)
      for n in (None, 0, 3) for i in (False, True)],
    *[case(f"{n}-{a}", lambda T, n=n, a=a: named(T, n)(*a))
      for n in ("tril_indices", "triu_indices") for a in [(3, 4), (3, 3, 1), (3, 4, -1)]],
    case("unravel_index", lambda T, i: T.unravel_index(i, (2, 3)), np.array([5, 3, 0])),
    *[case(f"{w}-{n}-{p}", lambda T, w=w, n=n, p=p: named(T, f"{w}_window")(n, p, dtype=T.float64))
      for w in ("hann", "hamming", "blackman", "bartlett", "kaiser") for n in (0, 1, 2, 5) for p in (False, True)],
]  # fmt: skip

BY_INDEX = [
    *[case(f"scatter_reduce-{r}-{s}-{a.dtype}", lambda T, x, i, y, r=r, s=s: T.scatter_reduce(
        x, 0, i, y, r, include_self=s), a, INDEX, b)
      for r in ("sum", "mean", "prod", "amax", "amin") for s in (True, False)
      for a, b in [(X, SOURCE), ((5 * X).astype(int), (5 * SOURCE).astype(int))]],
    *[case(f"index_reduce-{r}-{s}", lambda T, x, y, r=r, s=s: T.index_reduce(
        x, 0, T.tensor([2, 0, 2]), y, r, include_self=s), X, _normal(3, 4))
      for r in ("mean", "prod", "amax", "amin") for s in (True, False)],
    *[case(f"put-{a}", lambda T, x, i, y, a=a: T.put(x, i, y, a), X, np.array(i), _normal(3))
      for i, a in [([0, 5, -1], False), ([0, 5, 5], True)]],
    case("masked_scatter", lambda T, x, m, y: T.masked_scatter(x, m, y), X, X > 0, _normal(12)),
]  # fmt: skip

TALL, FLAT = _normal(5, 3), _normal(3, 5)
# The dependent column is the last: PyTorch's gelsy may take columns in the order given, and counts to the first gap
DEPENDENT = np.column_stack([TALL[:, :2], TALL[:, 0] + TALL[:, 1]])
SYSTEMS = [
    *[case(f"solve_triangular-{u}-{v}-{left}", lambda T, a, b, u=u, v=v, left=left: T.linalg.solve_triangular(
        a, b, upper=u, left=left, unitriangular=v), SQUARE, RIGHT if left else RIGHT.T.copy())
      for u in (True, False) for v in (True, False) for left in (True, False)],
    of("triangular_solve", RIGHT, SQUARE),
    case("cholesky_solve", lambda T, a, b: T.cholesky_solve(b, T.linalg.cholesky((a + a.mT) / 2)), POSITIVE, RIGHT),
    case("cholesky_inverse", lambda T, a: T.cholesky_inverse(T.linalg.cholesky((a + a.mT) / 2)), POSITIVE),
    *[case(f"lstsq-{a.shape}-{d}", lambda T, a, b, d=d: tuple(T.linalg.lstsq(a, b, driver=d)), a,
           _normal(a.shape[0], 2), first=False)
      for a in (TALL, FLAT, SQUARE) for d in (None, "gels", "gelsy", "gelsd", "gelss")],
    *[case(f"lstsq-{i}", lambda T, a, b: tuple(T.linalg.lstsq(a, b))[:3], a, b, first=False) for i, (a, b) in enumerate(
        [(TALL, _normal(5)), (_normal(2, 5, 3), _normal(2, 5, 1)), (DEPENDENT, _normal(5, 2))])],
    *[case(f"lstsq-gradient-{a.shape}", lambda T, a, b: T.linalg.lstsq(a, b)[0], a, _normal(a.shape[0], 2))
      for a in (TALL, FLAT)],
    of("linalg.cholesky_ex", POSITIVE, first=False),
    case("cholesky_ex-info", lambda T, a: T.linalg.cholesky_ex(a)[1], np.stack([POSITIVE, -POSITIVE]), first=False),
    of("linalg.inv_ex", SQUARE, first=False),
    *[case(f"cond-{p}", lambda T, a, p=p: T.linalg.cond(a, p), SQUARE) for p in (None, 2, -2)],
    *[case(f"cond-{p}", lambda T, a, p=p: T.linalg.cond(a, p), SQUARE, first=False) for p in (1, "fro", "nuc", INF)],
    case("cond-singular", lambda T, a: T.linalg.cond(a, 1), np.zeros((2, 2)), first=False),
    of("linalg.matrix_exp", SQUARE),
    of("linalg.matrix_exp", np.stack([SQUARE, POSITIVE]) / 5, suffix="batch"),
    case("tensorinv", lambda T, a: T.linalg.tensorinv(a, 1), _normal(6, 2, 3)),
    of("linalg.tensorsolve", _normal(2, 3, 6), _normal(2, 3)),
    of("linalg.cross", _normal(4, 3), _normal(1, 3)),
    of("cross", RIGHT, RIGHT + 1),
    of("linalg.vecdot", ROWS, _normal(3)),
    of("linalg.vander", X, N=3, first=False),
    of("addr", X, _normal(3), _normal(4), beta=2, alpha=3),
    of("addbmm", _normal(3, 2), CUBE, _normal(2, 4, 2), beta=0, alpha=3),
    of("nuclear_norm", X),
    of("frobenius_norm", X, dim=(0, 1)),
]  # fmt: skip

CASES = [*ELEMENTWISE, *DISTANCES, *STATISTICS, *REARRANGED, *BY_INDEX, *SYSTEMS]


def _run(T: Any, case: Case, dtype: Any) -> tuple[list[Any], list[Any], list[Any]]:
    arrays = [a.astype(dtype) if a.dtype.kind == "f" else a for a in case.inputs]
    tensors = [T.from_numpy(a.copy()) for a in arrays]
    leaves = [t.requires_grad_() for t in tensors if case.first and t.dtype.is_floating_point]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # both warn of what PyTorch has deprecated
        outs = case.call(T, *tensors)
    outs = list(outs) if isinstance(outs, (tuple, list)) else [outs]
    values = [t.numpy(force=True) for t in outs]
    recorded = [t for t in outs if t.requires_grad]
    if not recorded:
        return values, [], []
    first = T.autograd.grad(_weighted(T, recorded), leaves, create_graph=case.second, allow_unused=True)
    grads = [None if g is None else g.numpy(force=True) for g in first]
    again = [g for g in first if g is not None and g.requires_grad]
    if not case.second or not again:
        return values, grads, []
    second = T.autograd.grad(_weighted(T, again), leaves, allow_unused=True)
    return values, grads, [np.zeros(()) if g is None else g.numpy(force=True) for g in second]


def _weighted(T: Any, tensors: list[Any]) -> list[Any]:
    weights = [np.cos(np.arange(t.numel())).reshape(tuple(t.shape)) + 0.5 for t in tensors]
    return [(t * T.from_numpy(np.asarray(w)).to(t.dtype)).sum() for t, w in zip(tensors, weights, strict=True)]


def _same(ours: Any, theirs: Any, loose: float) -> None:
    """Nothing, for a gradient, stands for zeros."""
    if ours is None or theirs is None:
        assert not np.any(theirs if ours is None else ours) or ours is theirs
        return
    assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
    loose = loose if ours.dtype == np.float64 else max(loose, 1e-5)
    np.testing.assert_allclose(ours, theirs, rtol=loose, atol=loose)


@pytest.mark.parametrize("case", [pytest.param(c, id=c.id) for c in CASES])
def test_float64(case: Case) -> None:
    ours, theirs = _run(microdl, case, np.float64), _run(torch, case, np.float64)
    assert len(ours[0]) == len(theirs[0])
    for mine, yours in zip(ours[0] + ours[1], theirs[0] + theirs[1], strict=True):
        _same(mine, yours, 1e-8)  # PyTorch's own digamma and trigamma are no better
    for mine, yours in zip(*(_padded(r[2], len(ours[1])) for r in (ours, theirs)), strict=True):
        np.testing.assert_allclose(mine, np.broadcast_to(yours, np.shape(mine)) if np.ndim(mine) else yours, 1e-6, 1e-6)


def _padded(grads: list[Any], n: int) -> list[Any]:
    return grads or [np.zeros(())] * n


@pytest.mark.parametrize("case", [pytest.param(c, id=c.id) for c in CASES])
def test_float32_values_and_dtypes(case: Case) -> None:
    ours, theirs = (_run(T, case._replace(second=False), np.float32) for T in (microdl, torch))
    for mine, yours in zip(ours[0] + ours[1], theirs[0] + theirs[1], strict=True):
        _same(mine, yours, 1e-3)
