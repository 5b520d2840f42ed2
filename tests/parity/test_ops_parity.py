"""Reductions, products, linear algebra, indexing against PyTorch: values, dtypes, shapes, first, second gradients."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
import pytest

import microdl
import microdl.linalg

torch = pytest.importorskip("torch", reason="live parity runs where torch 2.13 is installed; .ci/run installs it")

INF, NAN = float("inf"), float("nan")
_rng = np.random.default_rng(7)


def _normal(*shape: int) -> np.ndarray:
    return _rng.standard_normal(shape)


X = _normal(3, 4)
CUBE = _normal(2, 3, 4)
TIES = np.array([[1.0, 5.0, 5.0], [2.0, 2.0, 0.0]])
ZEROS = np.array([[2.0, 0.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0], [0.0, 5.0, 0.0, 2.0]])
MISSING = np.array([[1.0, NAN, 3.0], [4.0, 2.0, 6.0]])
SCALAR = np.array(1.5)
EMPTY = np.zeros((2, 0))
LOWEST = np.array([[-INF, -INF], [-INF, 1.0]])
SQUARE = _normal(3, 3) + 3 * np.eye(3)
SYMMETRIC = SQUARE + SQUARE.T
POSITIVE = SQUARE @ SQUARE.T
STACK = _normal(2, 3, 3) + 3 * np.eye(3)
INTS = np.array([[3, 1, 2], [0, 1, 5]])
BYTES = INTS.astype(np.uint8)
BOOLS = INTS > 1
INDEX = np.array([[0, 2, 0, 1], [1, 1, 2, 0]])
MASK = X > 0
LEVELS = np.array([0.1, 0.5, 1.0])


class Case(NamedTuple):
    """`call(T, *inputs)` gives a tensor or a tuple of them; floats among the inputs require grad."""

    id: str
    call: Any
    inputs: tuple[Any, ...]
    first: bool = True
    second: bool = True


def case(name: str, call: Any, *inputs: Any, first: bool = True, second: bool = True) -> Case:
    return Case(name, call, inputs, first, second)


DIMS = (0, 1, -1, -2)
REDUCED = [None, 0, 1, -1, (0, 1), (-1, 0), ()]

CASES = [
    # sum, mean and their relatives
    *[case(f"sum-{d}-{k}", lambda T, x, d=d, k=k: T.sum(x, d, k), X) for d in REDUCED for k in (False, True)],
    *[case(f"mean-{d}-{k}", lambda T, x, d=d, k=k: T.mean(x, d, k), X) for d in REDUCED for k in (False, True)],
    *[
        case(f"{n}-cube", lambda T, x, n=n: getattr(T, n)(x, (0, 2)), CUBE)
        for n in ("sum", "mean", "var", "std", "amax")
    ],
    *[case(f"{n}-axis", lambda T, x, n=n: getattr(T, n)(x, axis=1, keepdims=True), X) for n in ("sum", "mean", "prod")],
    *[
        case(f"{n}-scalar", lambda T, x, n=n: getattr(T, n)(x, 0), SCALAR)
        for n in ("sum", "mean", "prod", "amax", "logsumexp")
    ],
    *[case(f"{n}-empty", lambda T, x, n=n: getattr(T, n)(x, 1), EMPTY) for n in ("sum", "mean", "prod", "logsumexp")],
    *[case(f"{n}-empty-all", lambda T, x, n=n: getattr(T, n)(x), EMPTY) for n in ("sum", "mean", "prod", "median")],
    *[case(f"sum-{a.dtype}", lambda T, x: T.sum(x, 1), a) for a in (INTS, BYTES, BOOLS)],
    *[case(f"prod-{a.dtype}", lambda T, x: T.prod(x), a) for a in (INTS, BYTES, BOOLS)],
    case("sum-dtype", lambda T, x: T.sum(x, 0, dtype=T.float64), X),
    case("sum-int-as-float", lambda T, x: T.sum(x, dtype=T.float32), INTS),
    case("mean-dtype", lambda T, x: x.mean(dtype=T.float32), INTS),
    case("nansum", lambda T, x: T.nansum(x, 1), MISSING),
    case("nanmean", lambda T, x: T.nanmean(x, 1), MISSING),
    case("logsumexp", lambda T, x: T.logsumexp(x, 1), X),
    case("logsumexp-dims", lambda T, x: T.logsumexp(x, (0, -1), keepdim=True), X),
    case("logsumexp-large", lambda T, x: T.logsumexp(x * 1000, 0), X, second=False),
    case("logsumexp-lowest", lambda T, x: T.logsumexp(x, 1), LOWEST, second=False),
    case("logsumexp-int", lambda T, x: T.logsumexp(x, 0), INTS),
    # variance
    *[case(f"var-{d}", lambda T, x, d=d: T.var(x, d), X) for d in (None, 0, -1, (0, 1))],
    *[case(f"std-{d}", lambda T, x, d=d: T.std(x, d), X) for d in (None, 0, -1, (0, 1))],
    case("var-biased", lambda T, x: T.var(x, False), X),
    case("var-biased-dim", lambda T, x: T.var(x, 1, False, True), X),
    case("var-correction", lambda T, x: T.var(x, correction=1.5), X),
    case("std-correction", lambda T, x: x.std(dim=0, correction=0, keepdim=True), X),
    case("std-flat", lambda T, x: T.std(x * 0 + 2, 1), X, second=False),
    case("std-one", lambda T, x: T.std(x, 1), np.ones((2, 1)), second=False),
    case("var-no-freedom", lambda T, x: T.var(x, 1, correction=4), X, first=False),
    case("var_mean", lambda T, x: T.var_mean(x, 1), X),
    case("std_mean", lambda T, x: T.std_mean(x, unbiased=False), X),
    # extrema
    *[case(f"{n}-all", lambda T, x, n=n: getattr(T, n)(x), TIES) for n in ("max", "min", "amax", "amin", "median")],
    *[case(f"{n}-nan", lambda T, x, n=n: getattr(T, n)(x), MISSING) for n in ("max", "min", "amax", "amin", "median")],
    *[
        case(f"{n}-nan-dim", lambda T, x, n=n: getattr(T, n)(x, 1), MISSING)
        for n in ("max", "min", "amax", "amin", "median")
    ],
    *[
        case(f"{n}-{d}", lambda T, x, n=n, d=d: getattr(T, n)(x, d), TIES)
        for n in ("max", "min", "amax", "amin")
        for d in DIMS
    ],
    *[
        case(f"{n}-keepdim", lambda T, x, n=n: getattr(T, n)(x, 1, True), CUBE)
        for n in ("max", "min", "amax", "argmax")
    ],
    *[
        case(f"{n}-0d", lambda T, x, n=n: getattr(T, n)(x, -1), SCALAR)
        for n in ("max", "min", "argmax", "median", "sort")
    ],
    case("max-pair", lambda T, x, y: T.max(x, y), TIES, TIES[:, ::-1].copy()),
    case("min-pair", lambda T, x, y: x.min(y), TIES, TIES[0]),
    case("max-bool", lambda T, x: T.max(x, 1), BOOLS),
    case("max-empty-kept", lambda T, x: T.max(x, 0), EMPTY),
    case("argmax-flat", lambda T, x: T.argmax(x), TIES),
    case("argmin-keepdim", lambda T, x: T.argmin(x, keepdim=True), TIES),
    case("argmin-int", lambda T, x: T.argmin(x, -1), INTS),
    case("aminmax", lambda T, x: T.aminmax(x, dim=1), TIES),
    case("aminmax-all", lambda T, x: T.aminmax(x), TIES),
    # along a dimension
    *[case(f"prod-{d}", lambda T, x, d=d: T.prod(x, d), X) for d in DIMS],
    *[case(f"prod-zeros-{d}", lambda T, x, d=d: T.prod(x, d), ZEROS) for d in DIMS],
    case("prod-one-zero", lambda T, x: T.prod(x), ZEROS[0]),
    case("prod-two-zeros", lambda T, x: T.prod(x), ZEROS[2]),
    *[case(f"cumsum-{d}", lambda T, x, d=d: T.cumsum(x, d), CUBE) for d in DIMS],
    *[case(f"cumprod-{d}", lambda T, x, d=d: T.cumprod(x, d), CUBE) for d in DIMS],
    *[case(f"cumprod-zeros-{d}", lambda T, x, d=d: T.cumprod(x, d), ZEROS) for d in DIMS],
    *[case(f"{n}-0d", lambda T, x, n=n: getattr(T, n)(x, 0), SCALAR) for n in ("cumsum", "cumprod", "cummax")],
    *[
        case(f"{n}-{a.dtype}", lambda T, x, n=n: getattr(T, n)(x, 1), a)
        for n in ("cumsum", "cumprod")
        for a in (INTS, BOOLS)
    ],
    case("cumsum-dtype", lambda T, x: T.cumsum(x, 0, dtype=T.float32), INTS),
    case("logcumsumexp", lambda T, x: T.logcumsumexp(x, 1), X),
    *[case(f"{n}-{d}", lambda T, x, n=n, d=d: getattr(T, n)(x, d), TIES) for n in ("cummax", "cummin") for d in (0, 1)],
    case("cummax-nan", lambda T, x: T.cummax(x, 1), MISSING),
    case("diff", lambda T, x: T.diff(x, 2, 0), X),
    case("diff-bool", lambda T, x: T.diff(x), BOOLS),
    # norms
    *[
        case(f"norm-{p}-{d}", lambda T, x, p=p, d=d: T.norm(x, p, d), X)
        for p in (2, 1, 3, 0.5, 1.5, -1, INF, -INF, "fro", None)
        for d in (None, 0, (0, 1))
        if not (p is None and d)
    ],
    *[case(f"norm-at-0-{p}", lambda T, x, p=p: T.norm(x, p), np.zeros(3), second=False) for p in (2, 1, 3, 1.5, INF)],
    *[case(f"norm-zeros-{p}", lambda T, x, p=p: T.norm(x, p, 1), ZEROS, second=False) for p in (2, 1, 3, INF, -INF)],
    case("norm-0", lambda T, x: T.norm(x, 0, 1), ZEROS, first=False),
    case("norm-nan", lambda T, x: T.norm(x, dim=1), MISSING),
    case("norm-keepdim", lambda T, x: x.norm(2, -1, True), X),
    case("norm-dtype", lambda T, x: T.norm(x, dtype=T.float64), X.astype(np.float32)),
    case("norm-empty", lambda T, x: T.norm(x), EMPTY),
    *[
        case(f"linalg.norm-{p}", lambda T, x, p=p: T.linalg.norm(x, p), X)
        for p in (None, "fro", "nuc", 1, -1, 2, -2, INF, -INF)
    ],
    case("linalg.norm-dim", lambda T, x: T.linalg.norm(x, 3, 0), X),
    case("linalg.matrix_norm", lambda T, x: T.linalg.matrix_norm(x, "nuc", (0, 1), True), CUBE),
    case("linalg.vector_norm", lambda T, x: T.linalg.vector_norm(x, 1, (0, 2), True), CUBE),
    case("dist", lambda T, x, y: T.dist(x, y, 3), X, X[::-1].copy()),
    # logic, counting, order
    *[
        case(f"{n}-{a.dtype}", lambda T, x, n=n: getattr(T, n)(x, 1), a)
        for n in ("all", "any")
        for a in (INTS, BYTES, BOOLS)
    ],
    *[case(f"{n}-all", lambda T, x, n=n: getattr(T, n)(x), BOOLS) for n in ("all", "any", "count_nonzero")],
    case("count_nonzero", lambda T, x: T.count_nonzero(x, (0, 1)), INTS),
    *[case(f"sort-{d}", lambda T, x, d=d: T.sort(x, d), X) for d in DIMS],
    *[
        case(f"sort-down-{i}", lambda T, x: T.sort(x, descending=True, stable=True), a)
        for i, a in enumerate((TIES, MISSING, INTS))
    ],
    case("argsort", lambda T, x: T.argsort(x, dim=0, stable=True), TIES),
    case("topk", lambda T, x: T.topk(x, 2), X),
    case("topk-small", lambda T, x: T.topk(x, 2, 0, largest=False), X),
    case("topk-long", lambda T, x: T.topk(x, 5), _normal(2, 400)),
    case("topk-long-small", lambda T, x: T.topk(x, 5, 0, False), _normal(400, 2)),
    case("kthvalue", lambda T, x: T.kthvalue(x, 2, 1, True), X),
    case("median", lambda T, x: T.median(x, 1), X),
    case("median-keepdim", lambda T, x: T.median(x, 0, keepdim=True), CUBE),
    case("mode", lambda T, x: T.mode(x, 1), INTS),
    *[
        case(f"quantile-{d}-{k}", lambda T, x, d=d, k=k: T.quantile(x, T.from_numpy(LEVELS), d, k), CUBE)
        for d in (None, 0, 1, -1)
        for k in (False, True)
    ],
    *[
        case(f"quantile-{i}", lambda T, x, i=i: T.quantile(x, 0.4, 1, interpolation=i), X)
        for i in ("linear", "lower", "higher", "midpoint", "nearest")
    ],
    case("quantile-nan", lambda T, x: T.quantile(x, 0.5, 1), MISSING, first=False),
    case("unique", lambda T, x: T.unique(x, return_inverse=True, return_counts=True), INTS),
    case("unique-dim", lambda T, x: T.unique(x, dim=1, return_inverse=True), INTS),
    case("bincount", lambda T, x: T.bincount(x.flatten(), minlength=9), INTS),
    case("bincount-weights", lambda T, x, w: T.bincount(x, w), INTS[0], np.array([1, 2, 3])),
    case("histc", lambda T, x: T.histc(x, 5), X, first=False),
    case("histc-range", lambda T, x: T.histc(x, 4, -1, 1), X, first=False),
    case("searchsorted", lambda T, x, y: T.searchsorted(x, y, right=True), np.sort(X, -1), X, first=False),
    case("bucketize", lambda T, x: T.bucketize(x, T.tensor([1, 3])), INTS),
    # products
    *[
        case(f"matmul-{a}-{b}", lambda T, x, y: T.matmul(x, y), _normal(*a), _normal(*b))
        for a, b in (
            [(3,), (3,)],
            [(2, 3), (3,)],
            [(3,), (3, 2)],
            [(2, 3), (3, 4)],
            [(5, 2, 3), (3, 4)],
            [(5, 2, 3), (3,)],
            [(3,), (5, 3, 4)],
            [(2, 3), (5, 3, 4)],
            [(5, 2, 3), (5, 3, 4)],
            [(5, 1, 2, 3), (6, 3, 4)],
            [(1, 2, 3), (5, 3, 4)],
            [(2, 0), (0, 3)],
            [(0, 3), (3, 2)],
            [(4, 0, 3), (3, 2)],
            [(1, 3), (3, 1)],
        )
    ],
    case("matmul-int", lambda T, x, y: x @ y.T, INTS, INTS),
    case("matmul-transposed", lambda T, x, y: x.T @ y.T, X, _normal(2, 3)),
    case("matmul-itself", lambda T, x: x @ x, SQUARE),
    case("mm", lambda T, x, y: T.mm(x, y), X, _normal(4, 2)),
    case("mv", lambda T, x, y: T.mv(x, y), X, _normal(4)),
    case("dot", lambda T, x, y: T.dot(x, y), _normal(4), _normal(4)),
    case("bmm", lambda T, x, y: T.bmm(x, y), CUBE, _normal(2, 4, 3)),
    case("outer", lambda T, x, y: T.outer(x, y), _normal(2), _normal(3)),
    case("inner", lambda T, x, y: T.inner(x, y), CUBE, X),
    case("addmm", lambda T, b, x, y: T.addmm(b, x, y), _normal(2), X, _normal(4, 2)),
    case("addmm-scaled", lambda T, b, x, y: T.addmm(b, x, y, beta=0.5, alpha=2), _normal(3, 2), X, _normal(4, 2)),
    case("addmv", lambda T, b, x, y: T.addmv(b, x, y, alpha=3), _normal(3), X, _normal(4)),
    case("baddbmm", lambda T, b, x, y: T.baddbmm(b, x, y, beta=2), _normal(3, 3), CUBE, _normal(2, 4, 3)),
    *[
        case(f"einsum-{e}", lambda T, *xs, e=e: T.einsum(e, *xs), *[_normal(*s) for s in shapes])
        for e, *shapes in (
            ["ij,jk->ik", (2, 3), (3, 4)],
            ["ij->ji", (2, 3)],
            ["ij->", (2, 3)],
            ["ij->j", (2, 3)],
            ["ii", (3, 3)],
            ["ii->i", (3, 3)],
            ["i,j->ij", (2,), (3,)],
            ["bij,bjk->bik", (2, 3, 4), (2, 4, 5)],
            ["ij,j", (2, 3), (3,)],
            ["bij,bjk->bik", (2, 1, 3), (1, 3, 2)],
            ["i,i->", (3,), (1,)],
            ["ij,ij->i", (2, 3), (2, 3)],
            ["...ij,...jk->...ik", (2, 3, 4), (4, 5)],
            ["ij,jk,kl->il", (2, 3), (3, 4), (4, 2)],
            ["iij->j", (3, 3, 2)],
            ["ij,kl->", (2, 3), (2, 2)],
            ["i...->...", (2, 3)],
            ["ij,jk->k", (2, 3), (3, 4)],
            ["iji->ij", (2, 3, 2)],
            ["bhqd,bhkd->bhqk", (2, 3, 4, 5), (2, 3, 6, 5)],
            ["ij,ij,ij->j", (2, 3), (2, 3), (2, 1)],
        )
    ],
    case("einsum-large", lambda T, x, y: T.einsum("ij,kj->ki", x, y), _normal(40, 30), _normal(20, 30)),
    case("tensordot", lambda T, x, y: T.tensordot(x, y, dims=([1, 2], [0, 1])), CUBE, _normal(3, 4, 2)),
    case("kron", lambda T, x, y: T.kron(x, y), X, _normal(2, 2)),
    # linear algebra
    *[case(f"inv-{a.ndim}", lambda T, x: T.linalg.inv(x), a) for a in (SQUARE, STACK)],
    *[case(f"det-{a.ndim}", lambda T, x: T.det(x), a) for a in (SQUARE, STACK)],
    *[case(f"logabsdet-{a.ndim}", lambda T, x: T.linalg.slogdet(x)[1], a) for a in (SQUARE, STACK)],
    *[case(f"solve-{b.shape}", lambda T, x, y: T.linalg.solve(x, y), SQUARE, b) for b in (_normal(3), _normal(3, 2))],
    case("solve-stack", lambda T, x, y: T.linalg.solve(x, y), STACK, _normal(2, 3, 2)),
    case("cholesky", lambda T, x: T.linalg.cholesky(x @ x.mT), SQUARE),
    case("eigvalsh", lambda T, x: T.linalg.eigvalsh(x + x.mT), SQUARE),
    case("eigh", lambda T, x: T.linalg.eigh(x + x.mT)[1] ** 2, SQUARE),
    case("svdvals", lambda T, x: T.linalg.svdvals(x), X),
    case("svd", lambda T, x: [f**2 for f in T.linalg.svd(x, full_matrices=False)], X),
    case("svd-tall", lambda T, x: [f**2 for f in T.linalg.svd(x.mT, full_matrices=False)], X),
    case("qr", lambda T, x: [f**2 for f in T.linalg.qr(x)], _normal(4, 3)),
    case("pinv", lambda T, x: T.linalg.pinv(x), X),
    case("matrix_power", lambda T, x: T.linalg.matrix_power(x, 5), SQUARE),
    case("matrix_rank", lambda T, x: T.linalg.matrix_rank(x), np.ones((3, 3)), first=False),
    case("trace", lambda T, x: T.trace(x), X),
    case("trace-int", lambda T, x: T.trace(x), INTS),
    *[case(f"diagonal-{o}", lambda T, x, o=o: T.diagonal(x, o, 0, 2), CUBE) for o in (0, 1, -1, 3, -2)],
    case("diag-vector", lambda T, x: T.diag(x, -1), _normal(3)),
    case("diag-matrix", lambda T, x: T.diag(x, 1), X),
    case("diag_embed", lambda T, x: T.diag_embed(x, 1, 0, -1), X),
    *[case(f"{n}-{k}", lambda T, x, n=n, k=k: getattr(T, n)(x, k), CUBE) for n in ("tril", "triu") for k in (0, 1, -1)],
    case("tril-int", lambda T, x: T.tril(x), INTS),
    # by index
    case("gather-0", lambda T, x, i: T.gather(x, 0, i), X, INDEX),
    case("gather-1", lambda T, x, i: T.gather(x, 1, i), X, np.array([[3, 3], [0, 1]])),
    case("gather-int32", lambda T, x, i: T.gather(x, -1, i), X, np.array([[3, 3]], np.int32)),
    case("gather-0d", lambda T, x, i: T.gather(x, 0, i), SCALAR, np.array(0)),
    case("gather-3d", lambda T, x, i: T.gather(x, 1, i), CUBE, np.array([[[0, 2, 2], [1, 1, 0]]])),
    case("scatter-value", lambda T, x, i: T.scatter(x, 0, i, 9.0), X, INDEX),
    case("scatter-src", lambda T, x, i, s: T.scatter(x, 1, i, s), X, np.array([[3, 0], [2, 1]]), _normal(2, 2)),
    case("scatter-add", lambda T, x, i: T.scatter(x, 0, i, 2.0, reduce="add"), X, INDEX, first=False),
    case("scatter-multiply", lambda T, x, i: T.scatter(x, 0, i, 2.0, reduce="multiply"), X, INDEX, first=False),
    case("scatter_add", lambda T, x, i, s: T.scatter_add(x, 0, i, s), X, INDEX, _normal(2, 4)),
    case("scatter_-onehot", lambda T, i: T.zeros(4, 3).scatter_(1, i.unsqueeze(1), 1), np.array([0, 2, 1, 1])),
    case("index_select", lambda T, x, i: T.index_select(x, 1, i), CUBE, np.array([2, 0, 2])),
    case("index_select-0d", lambda T, x, i: T.index_select(x, 0, i), SCALAR, np.array([0])),
    case("index_add", lambda T, x, i, s: T.index_add(x, 1, i, s, alpha=2), X, np.array([1, 1]), _normal(3, 2)),
    case("index_copy", lambda T, x, i, s: T.index_copy(x, 0, i, s), X, np.array([2, 0]), _normal(2, 4)),
    case("index_fill", lambda T, x, i: T.index_fill(x, 0, i, 7.0), X, np.array([2, 2])),
    case("index_fill-tensor", lambda T, x, i, v: T.index_fill(x, 1, i, v), X, np.array([2, 0]), SCALAR),
    case("masked_fill", lambda T, x, m: T.masked_fill(x, m, -INF).exp(), X, MASK),
    case("masked_fill-wide", lambda T, x, m: T.masked_fill(x, m, 0.0), X[0], MASK),
    case("masked_fill-tensor", lambda T, x, m, v: T.masked_fill(x, m, v), X, MASK, SCALAR),
    case("masked_fill-int", lambda T, x: T.masked_fill(x, x > 1, 1.5), INTS),
    case("masked_select", lambda T, x, m: T.masked_select(x, m), X, MASK),
    case("masked_select-wide", lambda T, x, m: T.masked_select(x, m), X, MASK[0]),
    case("take", lambda T, x, i: T.take(x, i), X, np.array([[0, -1], [0, 5]])),
    case("take_along_dim", lambda T, x, i: T.take_along_dim(x, i, 1), X, np.array([[0, 2]])),
    case("nonzero", lambda T, x: T.nonzero(x), INTS),
    case("nonzero-tuple", lambda T, x: T.nonzero(x, as_tuple=True), BOOLS),
    case("one_hot", lambda T, x: T.nn.functional.one_hot(x), INTS),
    *[case(f"meshgrid-{i}", lambda T, x, y, i=i: T.meshgrid(x, y, indexing=i), X[0], X[1, :3]) for i in ("ij", "xy")],
    case("isin", lambda T, x: T.isin(x, T.tensor([1, 5])), INTS),
    # elementwise
    case("lerp", lambda T, x, y: T.lerp(x, y, 0.3), X, X[0]),
    case("lerp-tensor", lambda T, x, y, w: T.lerp(x, y, w), X, X[0], _normal(3, 1)),
    case("addcmul", lambda T, x, y, z: T.addcmul(x, y, z, value=0.5), X, X[0], _normal(3, 1)),
    case("addcdiv", lambda T, x, y, z: T.addcdiv(x, y, z, value=0.5), X, X[0], _normal(3, 1)),
    case("logaddexp", lambda T, x, y: T.logaddexp(x, y), X, X[0]),
    case("hypot", lambda T, x, y: T.hypot(x, y), X, X[0]),
    case("heaviside", lambda T, x, y: T.heaviside(x, y), X, X[0], first=False),
    case("nan_to_num", lambda T, x: T.nan_to_num(x, posinf=3.0), LOWEST),
    case("isclose", lambda T, x: T.isclose(x, x.flip(0), 1.0, equal_nan=True), MISSING),
]


def _run(T: Any, case: Case, dtype: Any) -> tuple[list[Any], list[Any], list[Any]]:
    """Results as arrays, first gradients and second gradients."""
    inputs = []
    for a in case.inputs:
        a = a.astype(dtype) if a.dtype.kind == "f" and case.id != "norm-dtype" else a
        t = T.from_numpy(a.copy())
        inputs.append(t.requires_grad_() if a.dtype.kind == "f" and case.first else t)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        result = case.call(T, *inputs)
    outputs = list(result) if isinstance(result, (tuple, list)) else [result]
    leaves = [t for t in inputs if t.requires_grad]
    roots = [t for t in outputs if t.requires_grad]
    arrays = [t.detach().numpy() for t in outputs]
    if not roots:
        return arrays, [], []
    first = T.autograd.grad(
        [(t * _weights(T, t)).sum() for t in roots], leaves, create_graph=case.second, allow_unused=True
    )
    grads = [None if g is None else g.detach().numpy(force=True) for g in first]
    again = [g for g in first if g is not None and g.requires_grad]
    if not case.second or not again:
        return arrays, grads, []
    second = T.autograd.grad([(g * _weights(T, g)).sum() for g in again], leaves, allow_unused=True)
    return arrays, grads, [np.zeros(()) if g is None else g.numpy(force=True) for g in second]


def _weights(T: Any, t: Any) -> Any:
    return T.from_numpy(
        np.asarray(np.cos(np.arange(t.numel())).reshape(tuple(t.shape)) + 0.5, t.detach().numpy().dtype)
    )


def _same(ours: Any, theirs: Any, dtype: Any) -> None:
    assert (ours is None) == (theirs is None)
    if ours is not None:
        assert ours.dtype == theirs.dtype
        assert ours.shape == theirs.shape
        loose = 1e-9 if ours.dtype == np.float64 and dtype == np.float64 else 2e-4
        np.testing.assert_allclose(ours, theirs, rtol=loose, atol=loose)


@pytest.mark.parametrize("case", [pytest.param(c, id=c.id) for c in CASES])
def test_float64(case: Case) -> None:
    ours, theirs = _run(microdl, case, np.float64), _run(torch, case, np.float64)
    assert len(ours[0]) == len(theirs[0])
    for mine, yours in zip(ours[0] + ours[1], theirs[0] + theirs[1], strict=True):
        _same(mine, yours, np.float64)
    for mine, yours in zip(*(_padded(r[2], len(ours[1])) for r in (ours, theirs)), strict=True):
        np.testing.assert_allclose(mine, np.broadcast_to(yours, np.shape(mine)) if np.ndim(mine) else yours, 1e-7, 1e-7)


def _padded(grads: list[Any], n: int) -> list[Any]:
    """No second gradient at all means zeros."""
    return grads or [np.zeros(())] * n


@pytest.mark.parametrize("case", [pytest.param(c, id=c.id) for c in CASES if "quantile" not in c.id])
def test_float32_values_and_dtypes(case: Case) -> None:
    ours, theirs = (_run(T, case._replace(second=False), np.float32) for T in (microdl, torch))
    for mine, yours in zip(ours[0] + ours[1], theirs[0] + theirs[1], strict=True):
        _same(mine, yours, np.float32)


@pytest.mark.parametrize(
    "call",
    [
        lambda T, x: T.max(x, 1),
        lambda T, x: T.min(x, 0, True),
        lambda T, x: T.aminmax(x),
        lambda T, x: T.median(x, 1),
        lambda T, x: T.sort(x, descending=True),
        lambda T, x: T.topk(x, 2),
        lambda T, x: T.cummax(x, 0),
        lambda T, x: T.kthvalue(x, 1),
        lambda T, x: T.mode(x),
    ],
)
def test_named_pairs_print_alike(call: Any) -> None:
    a = TIES.astype(np.float32)
    assert repr(call(microdl, microdl.from_numpy(a))) == repr(call(torch, torch.from_numpy(a)))
