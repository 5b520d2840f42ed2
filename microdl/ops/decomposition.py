"""Decompositions of matrices and stacks of them, and what is computed from singular values."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.graph import TensorBase, named, wrap
from ..autograd.kinds import no_kernel
from ..autograd.record import op
from . import return_types
from .linalg import LinAlgError, _as_many_rows_as_columns, _as_tensor, _floating, _solve, _square, converged, inv
from .matrix import _tril, on_diagonal
from .shape import broadcast_tensors, integer
from .spelling import spelled


def _gap(values: Any) -> Any:
    """E_ij = 1 / (v_j - v_i) off the diagonal, 0 on it."""
    difference = values.reshape((*values.shape[:-1], 1, values.shape[-1])) - values.reshape((*values.shape, 1))
    same = np.eye(values.shape[-1], dtype=np.bool_)
    return np.where(same, 0, 1 / np.where(same, 1, difference))


def _diagonal(values: Any) -> Any:
    n = values.shape[-1]
    return on_diagonal(values, (*values.shape, n), 0, values.ndim - 1, values.ndim)


def _zero(g: Any, like: Any) -> Any:
    """The gradient, or 0 for an output that was not used."""
    return 0 * like if g is None else g


def _eigh_vjp(g: Any, input: Any, values: Any, vectors: Any) -> Any:
    """V (diag(g_values) + sym(V^T g_vectors) E) V^T."""
    if _as_tensor(input):
        values, vectors = _eigh(input, values, vectors)
    inner = _diagonal(_zero(g[0], values))
    if g[1] is not None:
        inner = inner + (vectors.mT @ g[1]) * _gap(values)
    d = vectors @ inner @ vectors.mT
    return (d + d.mT) / 2


_eigh = op(
    "eigh",
    lambda input, values, vectors: (values, vectors),
    outputs=True,
    grad_name="LinalgEighBackward0",
    input=_eigh_vjp,
)


@spelled(input="A")
def eigh(A: Any, UPLO: Any = "L") -> Any:
    """Eigenvalues (ascending) and eigenvectors of symmetric matrices, of which one triangle is read.

    >>> import microdl as torch
    >>> torch.linalg.eigh(torch.tensor([[2., 0.], [0., 1.]])).eigenvalues
    tensor([1., 2.])

    Source: https://pytorch.org/docs/stable/generated/torch.linalg.eigh.html
    """
    a = _square("eigh", A)._a
    if str(UPLO).upper() not in ("L", "U"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}")
    values, vectors = converged("eigh", np.linalg.eigh, a, UPLO)
    return return_types.linalg_eigh(_eigh(A, values, vectors))


@spelled(input="A")
def eigvalsh(A: Any, UPLO: Any = "L") -> Any:
    """The eigenvalues of `eigh`."""
    return eigh(A, UPLO)[0]


def _svd_vjp(g: Any, input: Any, u: Any, s: Any, vh: Any) -> Any:
    """Townsend's formula; what lies outside the column spaces is added where the factors are thin.

    Source: Townsend, Differentiating the singular value decomposition, 2016.
    """
    if _as_tensor(input):
        u, s, vh = _svd(input, u, s, vh)
    inner = _diagonal(_zero(g[1], s))
    if g[0] is None and g[2] is None:
        return u @ inner @ vh
    squares = _gap(s * s)
    row, column = s.reshape((*s.shape[:-1], 1, s.shape[-1])), s.reshape((*s.shape, 1))
    if g[0] is not None:
        part = (u.mT @ g[0]) * squares
        inner = inner + (part + part.mT) * row
    if g[2] is not None:
        part = (vh @ g[2].mT) * squares
        inner = inner + column * (part + part.mT)
    d = u @ inner @ vh
    m, n, k = input.shape[-2], input.shape[-1], s.shape[-1]
    if g[0] is not None and m > k:
        d = d + (g[0] - u @ (u.mT @ g[0])) / row @ vh
    if g[2] is not None and n > k:
        d = d + u @ ((g[2] - (g[2] @ vh.mT) @ vh) / column)
    return d


_svd = op("svd", lambda input, u, s, vh: (u, s, vh), outputs=True, grad_name="LinalgSvdBackward0", input=_svd_vjp)


def linalg_svd(A: Any, full_matrices: bool = True) -> Any:
    """U, S, Vh with A = U diag(S) Vh, S descending.

    The full U and Vh have no gradient where A is not square: RuntimeError, use `full_matrices=False`.

    >>> import microdl as torch
    >>> torch.linalg.svd(torch.tensor([[3., 0.], [0., 4.]])).S
    tensor([4., 3.])

    Source: https://pytorch.org/docs/stable/generated/torch.linalg.svd.html
    """
    a = _floating("svd", A)._a
    if full_matrices and a.shape[-1] != a.shape[-2] and A._node is not None:
        raise RuntimeError(
            "svd: the gradient of the full U and Vh of a matrix that is not square is not defined. Use "
            "torch.linalg.svd(A, full_matrices=False)."
        )
    return return_types.linalg_svd(_svd(A, *converged("svd", np.linalg.svd, a, full_matrices)))


def svd(input: Any, some: bool = True, compute_uv: bool = True) -> Any:
    """U, S, V with input = U diag(S) V^T; zeros for U and V without `compute_uv`; prefer `linalg.svd`."""
    if not compute_uv:
        *batch, m, n = _floating("svd", input)._a.shape
        zeros = (wrap(np.zeros((*batch, k, k), input._a.dtype)) for k in (m, n))
        return return_types.svd((next(zeros), svdvals(input), next(zeros)))
    u, s, vh = linalg_svd(input, not some)
    return return_types.svd((u, s, vh.mT))


def svdvals(A: Any) -> Any:
    """The singular values, descending."""
    return linalg_svd(A, False)[1]


def _qr_vjp(g: Any, input: Any, q: Any, r: Any) -> Any:
    """(g_Q + Q sym(M)) R^-T with M = R g_R^T - g_Q^T Q, its lower triangle mirrored."""
    if _as_tensor(input):
        q, r = _qr(input, q, r)
    m = 0
    if g[1] is not None:
        m = r @ g[1].mT
    if g[0] is not None:
        m = m - g[0].mT @ q
    mirrored = _tril(m, -1) + _tril(m, 0).mT
    d = q @ mirrored.mT if g[0] is None else g[0] + q @ mirrored.mT
    return _solve(r, d.mT).mT


_qr = op("qr", lambda input, q, r: (q, r), outputs=True, grad_name="LinalgQrBackward0", input=_qr_vjp)


def linalg_qr(A: Any, mode: str = "reduced") -> Any:
    """Q with orthonormal columns and upper triangular R with A = Q R. Gradients for as many rows as columns, or more.

    >>> import microdl as torch
    >>> torch.linalg.qr(torch.tensor([[0., 2.], [1., 1.]])).R.abs()
    tensor([[1., 1.],
            [0., 2.]])

    Source: https://pytorch.org/docs/stable/generated/torch.linalg.qr.html
    """
    a = _floating("qr", A)._a
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or 'complete'"
        )
    if mode == "r" and A._node is not None:
        raise RuntimeError(
            "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Use 'reduced'."
        )
    if A._node is not None and (a.shape[-2] < a.shape[-1] or (mode == "complete" and a.shape[-2] != a.shape[-1])):
        raise RuntimeError("The QR decomposition is differentiable only for mode 'reduced' and rows >= columns.")
    if mode == "r":
        return return_types.linalg_qr((wrap(np.empty(0, a.dtype)), wrap(np.linalg.qr(a, "r"))))
    q, r = np.linalg.qr(a, mode)  # type: ignore[call-overload]
    return return_types.linalg_qr(_qr(A, q, r))


def qr(input: Any, some: bool = True) -> Any:
    """Q and R with input = Q R; prefer `linalg.qr`."""
    return return_types.qr(linalg_qr(input, "reduced" if some else "complete"))


def _cholesky_array(input: Any) -> Any:
    try:
        out = np.linalg.cholesky(input)
    except np.linalg.LinAlgError:
        out = np.array(np.nan)
    if np.isnan(out).any():
        raise LinAlgError(
            "linalg.cholesky: The factorization could not be completed because the input is not positive-definite."
        )
    return out


def _cholesky_vjp(g: Any, out: Any) -> Any:
    """L^-T phi(L^T g) L^-1, symmetrised; phi takes the lower triangle with half the diagonal."""
    m = out.mT @ g
    phi = (_tril(m, 0) + _tril(m, -1)) / 2
    d = _solve(out.mT, _solve(out.mT, phi.mT).mT)
    return (d + d.mT) / 2


_cholesky = op("cholesky", _cholesky_array, grad_name="LinalgCholeskyExBackward0", input=_cholesky_vjp)


@spelled(input="A")
def linalg_cholesky(A: Any, *, upper: bool = False) -> Any:
    """The lower triangular L with A = L L^T (or its transpose), for symmetric positive definite matrices.

    >>> import microdl as torch
    >>> torch.linalg.cholesky(torch.tensor([[4., 0.], [0., 9.]]))
    tensor([[2., 0.],
            [0., 3.]])
    """
    A = _square("cholesky", A)
    out = _cholesky(A.mT if upper else A)  # only one triangle is read
    return named(out.mT, "LinalgCholeskyExBackward0") if upper else out


def cholesky(input: Any, upper: bool = False) -> Any:
    """The lower (or upper) triangular factor; prefer `linalg.cholesky`."""
    if _as_tensor(input) and input._a.dtype.kind != "f":
        raise no_kernel("cholesky_cpu", input._a.dtype)
    return named(linalg_cholesky(input, upper=upper), "CholeskyBackward0")


def _limit(a: Any, values: Any, atol: Any, rtol: Any) -> Any:
    """The number up to which singular values count as zero: max(atol, rtol * the greatest), one for each matrix.

    `rtol` is the dtype's precision times the longer side, unless `atol` is given.
    """
    if isinstance(atol, TensorBase) and isinstance(rtol, TensorBase):
        broadcast_tensors(atol, rtol)  # raises what does not fit
    atol, rtol = (x._a[..., None] if isinstance(x, TensorBase) else x for x in (atol, rtol))
    if rtol is None:
        rtol = np.finfo(a.dtype).eps * max(a.shape[-2:])
        rtol = rtol if atol is None else np.where(np.asarray(atol) > 0, 0, rtol)
    return np.maximum(0 if atol is None else atol, rtol * values.max(-1, keepdims=True, initial=0))


@spelled(input="A")
def pinv(A: Any, rcond: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None) -> Any:
    """The pseudo-inverse, from the singular values greater than max(`atol`, `rtol` times the greatest).

    `rcond` is the older name of `rtol`, which is the dtype's precision times the longer side unless `atol` is given.
    `hermitian` matrices are taken to be symmetric: their eigenvalues are enough.

    >>> import microdl as torch
    >>> torch.linalg.pinv(torch.tensor([[2., 0.], [0., 0.1]]), atol=0.5)
    tensor([[0.5000, 0.0000],
            [0.0000, 0.0000]])

    Source: https://pytorch.org/docs/stable/generated/torch.linalg.pinv.html
    """
    a = (_square if hermitian else _floating)("pinv", A)._a
    if not a.size:
        return wrap(np.zeros((*a.shape[:-2], a.shape[-1], a.shape[-2]), a.dtype))
    rtol = rcond if rtol is None else rtol
    if hermitian:
        values, u = eigh(A)
        sizes, v = abs(values._a), u
    else:
        u, values, vh = linalg_svd(A, False)
        sizes, v = values._a, vh.mT
    small = wrap(~(sizes > _limit(a, sizes, atol, rtol)))  # of a limit that is NaN: all
    inverted = (1 / values.masked_fill(small, 1)).masked_fill(small, 0)
    return named(v @ (inverted.unsqueeze(-1) * u.mT), "LinalgPinvBackward0")


def pinverse(input: Any, rcond: float = 1e-15) -> Any:
    """The pseudo-inverse, from the singular values greater than `rcond` times the greatest; prefer `linalg.pinv`."""
    return pinv(input, rcond)


@spelled(input="A")
def matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None) -> Any:
    """How many singular values are greater than max(`atol`, `rtol` times the greatest); `tol` is both at once.

    >>> import microdl as torch
    >>> torch.linalg.matrix_rank(torch.tensor([[1., 2.], [2., 4.]]))
    tensor(1)

    Source: https://pytorch.org/docs/stable/generated/torch.linalg.matrix_rank.html
    """
    a = (_square if hermitian else _floating)("matrix_rank", A)._a
    if not a.size:
        return wrap(np.zeros(a.shape[:-2], np.int64))
    atol, rtol = (atol, rtol) if tol is None else (tol, 0.0)
    values = abs(eigvalsh(A)._a) if hermitian else svdvals(A)._a
    return wrap(np.count_nonzero(values > _limit(a, values, atol, rtol), -1))


@spelled(input="A")
def matrix_power(A: Any, n: int) -> Any:
    """A multiplied by itself n times; the inverse's powers for negative n."""
    n = integer("linalg_matrix_power", "n", n)
    A = (_square if n < 0 else _as_many_rows_as_columns)("matrix_power", A)
    if inverted := n < 0:
        A, n = inv(A), -n
    if n == 0:
        one = A * 0 + wrap(np.eye(A._a.shape[-1], dtype=A._a.dtype))
        return named(one, "torch::autograd::CopyBackwards")
    if n == 1:
        return A if inverted else A.clone()
    out = None
    while n:
        if n & 1:
            out = A if out is None else out @ A
        n >>= 1
        A = A @ A if n else A
    return out
