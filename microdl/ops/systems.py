"""Linear systems beyond `solve`: triangular ones, from a Cholesky factor, by least squares; and what scripts compute
beside: condition numbers, the matrix exponential, inverses that report failure instead of raising.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .._warning import warn
from ..autograd.graph import TensorBase, named, wrap
from ..autograd.kinds import no_kernel
from ..autograd.record import not_a_tensor
from . import return_types
from .decomposition import cholesky, pinv, qr, svdvals
from .linalg import LinAlgError, _floating, _solve, _square, inv, solve
from .matrix import tril, triu
from .norm import matrix_norm
from .shape import require, reshape
from .spelling import one_step

Array = np.ndarray[Any, Any]


def _right_side(name: str, B: Any, A: Any) -> Any:
    if not isinstance(B, TensorBase):
        raise not_a_tensor(name, 2, B, "B")
    if B._a.dtype != A._a.dtype:
        raise RuntimeError(
            f"{name}: Expected A and B to have the same dtype, but found {A.dtype} and {B.dtype}. Convert one of them."
        )
    if B._a.ndim < 2:
        raise RuntimeError(f"{name}: The input tensor B must have at least 2 dimensions, but it has {B._a.ndim}.")
    return B


# --- triangular ------------------------------------------------------------------------------------------------


@one_step("LinalgSolveTriangularBackward0")
def solve_triangular(A: Any, B: Any, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Any:
    """X with A X = B (or X A = B where `left` is False), A triangular: only that triangle of it is read.

    `unitriangular` takes the diagonal to be 1. RuntimeError for sizes and dtypes that do not agree, and for a 0 on the
    diagonal.

    >>> import microdl as torch
    >>> A, B = torch.tensor([[2., 1.], [0., 4.]]), torch.tensor([[4.], [8.]])
    >>> torch.linalg.solve_triangular(A, B, upper=True)
    tensor([[1.],
            [2.]])

    Source: https://pytorch.org/docs/stable/generated/torch.linalg.solve_triangular.html
    """
    A = _square("solve_triangular", A)
    B = _right_side("linalg.solve_triangular", B, A)
    n = A._a.shape[-1]
    if B._a.shape[-2 if left else -1] != n:
        sizes = [f"{x._a.shape[-2]}x{x._a.shape[-1]}" for x in (A, B)]
        raise RuntimeError(
            "linalg.solve_triangular: Incompatible shapes of A and B for the equation "
            f"{'AX = B' if left else 'XA = B'} ({sizes[0]} and {sizes[1]})"
        )
    triangle = triu if upper else tril
    if unitriangular:
        one = wrap(np.eye(n, dtype=A._a.dtype))
        matrix = triangle(A, 1 if upper else -1) + one
    else:
        matrix = triangle(A)
    out = _solve(matrix, B) if left else _solve(matrix.mT, B.mT).mT
    return named(out, "LinalgSolveTriangularBackward0")


@one_step("TriangularSolveBackward0")
def triangular_solve(b: Any, A: Any, upper: bool = True, transpose: bool = False, unitriangular: bool = False) -> Any:
    """The pair (solution, cloned_coefficient) of A X = b, A triangular; deprecated for `linalg.solve_triangular`."""
    warn(
        "torch.triangular_solve is deprecated in favor of torch.linalg.solve_triangular, whose arguments are reversed: "
        "X = torch.linalg.solve_triangular(A, B, upper=True).",
    )
    matrix, side = (A.mT, not upper) if transpose else (A, upper)
    out = solve_triangular(matrix, b, upper=side, unitriangular=unitriangular)
    return return_types.triangular_solve((out, A.clone()))


@one_step("CholeskySolveBackward0")
def cholesky_solve(B: Any, L: Any, upper: bool = False) -> Any:
    """X with A X = B, from the Cholesky factor of A: `A = L L^T`, or `L^T L` where it is `upper`.

    Only that triangle of L is read, and only it gets a gradient (PyTorch gives the other one the same formula's).

    >>> import microdl as torch
    >>> torch.cholesky_solve(torch.tensor([[4.], [9.]]), torch.tensor([[2., 0.], [0., 3.]]))
    tensor([[1.],
            [1.]])

    Source: https://pytorch.org/docs/stable/generated/torch.cholesky_solve.html
    """
    if require("cholesky_solve", B)._a.ndim < 2:
        raise RuntimeError(f"b should have at least 2 dimensions, but has {B._a.ndim} dimensions instead")
    if B._a.dtype.kind != "f":
        raise no_kernel("cholesky_solve_cpu", B._a.dtype)
    L = _square("cholesky_solve", L)
    lower = triu(L).mT if upper else tril(L)
    return named(_solve(lower.mT, _solve(lower, B)), "CholeskySolveBackward0")


@one_step("CholeskyInverseBackward0")
def cholesky_inverse(L: Any, upper: bool = False) -> Any:
    """The inverse of A from its Cholesky factor.

    >>> import microdl as torch
    >>> torch.cholesky_inverse(torch.tensor([[2., 0.], [0., 1.]]))
    tensor([[0.2500, 0.0000],
            [0.0000, 1.0000]])
    """
    a = _square("cholesky_inverse", L)._a
    one = np.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype), a.shape).copy()
    return named(cholesky_solve(wrap(one), L, upper), "CholeskyInverseBackward0")


# --- least squares ----------------------------------------------------------------------------------------------

_DRIVERS = ("gels", "gelsy", "gelsd", "gelss")


def lstsq(A: Any, B: Any, rcond: float | None = None, *, driver: str | None = None) -> Any:
    """(solution, residuals, rank, singular_values) of the X with the least |A X - B|, column by column.

    By QR where A has full rank and as many rows as columns or more, else the shortest X by the pseudo-inverse.
    `driver` names LAPACK's routine ("gelsy" by default): as in PyTorch it decides which fields are filled in. Singular
    values less than `rcond` times the largest (default: the dtype's eps times max(m, n)) count as 0.
    Raises RuntimeError for sizes and dtypes that do not agree, and an unknown driver.

    >>> import microdl as torch
    >>> x = torch.tensor([[1., 0.], [1., 1.], [1., 2.]])
    >>> torch.linalg.lstsq(x, torch.tensor([[1.], [3.], [5.]])).solution
    tensor([[1.0000],
            [2.0000]])

    Source: https://pytorch.org/docs/stable/generated/torch.linalg.lstsq.html
    """
    a = _floating("lstsq", A)._a
    driver = driver or "gelsy"
    if driver not in _DRIVERS:
        raise RuntimeError(
            f"torch.linalg.lstsq: parameter `driver` should be one of (gels, gelsy, gelsd, gelss), not {driver!r}"
        )
    if not isinstance(B, TensorBase):
        raise not_a_tensor("linalg_lstsq", 2, B, "B")
    if B._a.dtype != a.dtype:
        raise RuntimeError(
            "torch.linalg.lstsq: Expected input and other to have the same dtype, but got input's dtype "
            f"{A.dtype.legacy} and other's dtype {B.dtype.legacy}"
        )
    vector = B._a.ndim == a.ndim - 1
    columns = B.unsqueeze(-1) if vector else B
    if columns._a.shape[-2] != a.shape[-2]:
        name = "other.size(-1)" if vector else "other.size(-2)"
        raise RuntimeError(
            f"torch.linalg.lstsq: input.size(-2) should match {name}: {a.shape[-2]} and {columns._a.shape[-2]}"
        )
    m, n = a.shape[-2:]
    limit = np.finfo(a.dtype).eps * max(m, n) if rcond is None else rcond
    values = np.linalg.svd(a, compute_uv=False)
    rank = np.asarray((values > limit * values.max(-1, keepdims=True, initial=0)).sum(-1, dtype=np.int64))
    full = bool((rank == n).all())
    if m >= n and (full or driver == "gels"):
        q, r = qr(A)
        solution = _solve(r, q.mT @ columns)
    else:
        solution = pinv(A, limit) @ columns
    residuals = wrap(np.empty(0, a.dtype))
    if m > n and full and driver != "gelsy":
        residuals = ((A @ solution - columns) ** 2).sum(-2)
    return return_types.linalg_lstsq(
        (
            solution.squeeze(-1) if vector else solution,
            residuals.squeeze(-1) if vector and residuals._a.size else residuals,
            wrap(np.empty(0, np.int64) if driver == "gels" else rank),
            wrap(values if driver in ("gelsd", "gelss") else np.empty(0, a.dtype)),
        )
    )


# --- that report failure --------------------------------------------------------------------------------------------


def _leading_minors(a: Array) -> int:
    """The order of the first leading minor that is not positive; 0 where all are."""
    for k in range(1, a.shape[-1] + 1):
        try:
            np.linalg.cholesky(a[:k, :k])
        except np.linalg.LinAlgError:
            return k
    return 0


def cholesky_ex(A: Any, *, upper: bool = False, check_errors: bool = False) -> Any:
    """(L, info): `cholesky`, and 0, or the order of the leading minor that is not positive definite.

    Where one matrix fails, its L holds NaN (in PyTorch: what LAPACK left there).

    >>> import microdl as torch
    >>> torch.linalg.cholesky_ex(torch.tensor([[1., 2.], [2., 1.]])).info
    tensor(2, dtype=torch.int32)
    """
    a = _square("cholesky", A)._a
    try:
        info = np.zeros(a.shape[:-2], np.int32)
        return return_types.linalg_cholesky_ex((cholesky(A, upper=upper), wrap(info)))
    except LinAlgError:
        if check_errors:
            raise
    flat = a.reshape(-1, *a.shape[-2:])
    info = np.array([_leading_minors(m) for m in flat], np.int32).reshape(a.shape[:-2])
    bad = wrap(np.asarray(info != 0)[..., None, None])
    one = wrap(np.eye(a.shape[-1], dtype=a.dtype))
    out = cholesky(A.masked_fill(bad, 0) + bad * one, upper=upper).masked_fill(bad, math.nan)
    return return_types.linalg_cholesky_ex((out, wrap(info)))


def inv_ex(A: Any, *, check_errors: bool = False) -> Any:
    """(inverse, info): `inv`, and 0, or a number > 0 where the matrix is singular, whose inverse holds NaN then."""
    a = _square("inv", A)._a
    try:
        return return_types.linalg_inv_ex((inv(A), wrap(np.zeros(a.shape[:-2], np.int32))))
    except LinAlgError:
        if check_errors:
            raise
    info = np.asarray(np.linalg.matrix_rank(a) < a.shape[-1]).astype(np.int32)
    bad = wrap(np.asarray(info != 0)[..., None, None])
    one = wrap(np.eye(a.shape[-1], dtype=a.dtype))
    out = inv(A.masked_fill(bad, 0) + bad * one).masked_fill(bad, math.nan)
    return return_types.linalg_inv_ex((out, wrap(info)))


# --- tensors as matrices ----------------------------------------------------------------------------------------


def tensorinv(A: Any, ind: int = 2) -> Any:
    """The inverse of A seen as a matrix whose rows are its first `ind` dimensions."""
    shape = require("tensorinv", A)._a.shape
    if ind <= 0:
        raise RuntimeError(f"Expected a strictly positive integer for 'ind', but got {ind}")
    rows, columns = math.prod(shape[:ind]), math.prod(shape[ind:])
    if rows != columns:
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but got "
            f"{columns} != {rows}"
        )
    return reshape(inv(reshape(A, rows, columns)), *shape[ind:], *shape[:ind])


def tensorsolve(A: Any, B: Any, dims: Any = None) -> Any:
    """X with `tensordot(A, X, X.ndim) = B`; the dimensions `dims` of A are moved to its end first."""
    if dims is not None:
        rest = [d for d in range(A._a.ndim) if d not in {i % A._a.ndim for i in dims}]
        A = A.permute(*rest, *dims)
    shape = A._a.shape[B._a.ndim :]
    n = math.prod(shape)
    if n != B._a.size:
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == prod(self.shape[:other.ndim]), "
            f"but got {n} != {B._a.size}"
        )
    return reshape(solve(reshape(A, n, n), reshape(B, -1)), *shape)


# --- functions of matrices -------------------------------------------------------------------------------------------


def cond(A: Any, p: Any = None) -> Any:
    """The condition number |A| |A^-1| in the norm `p` (see `matrix_norm`); by default the ratio of singular values.

    inf where A is singular.

    >>> import microdl as torch
    >>> torch.linalg.cond(torch.tensor([[4., 0.], [0., 2.]]))
    tensor(2.)

    Source: https://pytorch.org/docs/stable/generated/torch.linalg.cond.html
    """
    a = _floating("cond", A)._a
    if p is None or p in (2, -2):
        if 0 in a.shape[-2:]:
            return wrap(np.zeros(a.shape[:-2], a.dtype))
        values = svdvals(A)
        high, low = values[..., 0], values[..., -1]
        return low / high if p == -2 else high / low
    if a.shape[-1] != a.shape[-2]:
        raise RuntimeError(f"linalg.cond with p={p}: A must be square, but its shape is {list(a.shape)}")
    inverse, info = inv_ex(A)
    out = matrix_norm(A, p) * matrix_norm(inverse, p)
    return out.masked_fill(wrap(np.asarray(info._a != 0)), math.inf)


@one_step("LinalgMatrixExpBackward0")
def matrix_exp(A: Any) -> Any:
    """The matrix exponential: the sum of A^k / k!, by scaling, Taylor's polynomial of degree 18, and squaring.

    >>> import microdl as torch
    >>> torch.linalg.matrix_exp(torch.zeros(2, 2))
    tensor([[1., 0.],
            [0., 1.]])

    Source: https://pytorch.org/docs/stable/generated/torch.linalg.matrix_exp.html
    """
    a = _square("matrix_exp", A)._a
    norm = float(np.abs(a).sum(-2).max(initial=0))
    squarings = max(0, math.ceil(math.log2(norm))) + 1 if norm > 0.5 and math.isfinite(norm) else 0
    x = A / 2.0**squarings
    one = wrap(np.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype), a.shape).copy())
    out = one
    for k in range(18, 0, -1):
        out = one + (x @ out) / k
    for _ in range(squarings):
        out = out @ out
    return named(out, "LinalgMatrixExpBackward0")


# --- gone from PyTorch ------------------------------------------------------------------------------------------------

_REMOVED = {
    "solve": "X = torch.solve(B, A).solution should be replaced with:\nX = torch.linalg.solve(A, B)",
    "lstsq": "X, _ = torch.lstsq(B, A) should be replaced with:\nX = torch.linalg.lstsq(A, B).solution",
    "symeig": "L, V = torch.symeig(A, eigenvectors=True) should be replaced with:\n"
    "L, V = torch.linalg.eigh(A, UPLO='U' if upper else 'L')",
    "eig": "microdl has no complex numbers; for a symmetric matrix use:\nL, V = torch.linalg.eigh(A)",
    "matrix_rank": "Please use the `torch.linalg.matrix_rank` function instead.",
}


def _removed(name: str) -> Any:
    def call(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(f"This function was deprecated since version 1.9 and is now removed. {_REMOVED[name]}")

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"RuntimeError: gone from PyTorch, too. {_REMOVED[name]}"
    return call


removed_solve, removed_lstsq, removed_symeig, removed_eig, removed_matrix_rank = map(_removed, _REMOVED)
