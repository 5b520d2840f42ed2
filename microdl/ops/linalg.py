"""Linear algebra: inverse, determinant and systems, on matrices and stacks of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.graph import TensorBase, named, wrap
from ..autograd.kinds import no_kernel
from ..autograd.record import not_a_tensor, op
from ..dtypes import from_numpy_dtype
from . import return_types
from .reduction import float_dtype_error
from .shape import require
from .spelling import spelled


class LinAlgError(RuntimeError):
    """A matrix that has no inverse, no Cholesky factor, or whose decomposition did not converge."""


LinAlgError.__name__ = "_LinAlgError"  # as PyTorch shows it


def converged(name: str, call: Callable[..., Any], a: Any, option: Any) -> Any:
    """`call(a, option)`, one of NumPy's decompositions; its error as PyTorch's."""
    try:
        return call(a, option)
    except np.linalg.LinAlgError:
        raise LinAlgError(
            f"linalg.{name}: The algorithm failed to converge because the input matrix contained non-finite values."
        ) from None


# LAPACK's functions have no low precision
_KERNELS = {
    "cholesky": "cholesky_cpu",
    "det": "lu_cpu",
    "solve": "lu_cpu",
    "eigh": "linalg_eigh_cpu",
    "svd": "linalg_svd_cpu",
    "qr": "geqrf_cpu",
}


def _floating(name: str, A: Any) -> Any:
    """The tensor; an error unless it holds floating-point matrices."""
    a = require(name, A)._a
    if a.ndim < 2:
        raise RuntimeError(f"linalg.{name}: The input tensor A must have at least 2 dimensions. It has {a.ndim}.")
    if a.dtype.kind != "f" and name != "eigh":
        raise float_dtype_error(f"linalg.{name}:", " Expected a floating point or complex tensor as input.", a)
    if a.dtype not in (np.float32, np.float64) and name in _KERNELS:
        raise no_kernel(_KERNELS[name], a.dtype)
    if a.dtype == np.float16:
        raise RuntimeError(f"linalg.{name}: Low precision dtypes not supported. Got Half. Use .float() first.")
    return A


def _square(name: str, A: Any) -> Any:
    return _floating(name, _as_many_rows_as_columns(name, A))


def _as_many_rows_as_columns(name: str, A: Any) -> Any:
    a = require(name, A)._a
    if a.ndim >= 2 and a.shape[-1] != a.shape[-2]:
        rows, columns = a.shape[-2:]
        raise RuntimeError(
            f"linalg.{name}: A must be batches of square matrices, but they are {rows} by {columns} matrices"
        )
    return A


def _as_tensor(x: Any) -> bool:
    return isinstance(x, TensorBase)


# --- inverse, systems -------------------------------------------------------------------------------------


def _inverse(input: Any) -> Any:
    try:
        return np.linalg.inv(input)
    except np.linalg.LinAlgError:
        raise LinAlgError(
            "linalg.inv: the inversion could not be completed because the input matrix is singular. Use "
            "torch.linalg.pinv for a pseudo-inverse."
        ) from None


_inv = op("inv", _inverse, grad_name="LinalgInvExBackward0", input=lambda g, out: -(out.mT @ g @ out.mT))


@spelled(input="A")
def inv(A: Any) -> Any:
    """The inverse of square matrices. An error (a RuntimeError) where one is singular.

    >>> import microdl as torch
    >>> torch.linalg.inv(torch.tensor([[2., 0.], [0., 4.]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])

    Source: https://pytorch.org/docs/stable/generated/torch.linalg.inv.html
    """
    return _inv(_square("inv", A))


inverse = inv


def _solve_arrays(A: Any, B: Any) -> Any:
    try:
        return np.linalg.solve(A, B)
    except np.linalg.LinAlgError:
        raise LinAlgError("torch.linalg.solve: The solver failed because the input matrix is singular.") from None


_solve: Callable[..., Any] = op(
    "solve",
    _solve_arrays,
    polymorphic=True,
    grad_name="LinalgSolveExBackward0",
    A=lambda g, A, out: -(_solve(A.mT, g) @ out.mT),
    B=lambda g, A: _solve(A.mT, g),
)


def solve(A: Any, B: Any, *, left: bool = True) -> Any:
    """X with A X = B, for a vector, a matrix, or stacks of them; with X A = B where `left` is false.

    Raises RuntimeError for sizes or dtypes that do not agree, and where a matrix is singular.

    >>> import microdl as torch
    >>> torch.linalg.solve(torch.tensor([[2., 0.], [0., 4.]]), torch.tensor([2., 4.]))
    tensor([1., 1.])

    Source: https://pytorch.org/docs/stable/generated/torch.linalg.solve.html
    """
    a, b = _square("solve", A)._a, B._a if isinstance(B, TensorBase) else None
    if b is None:
        raise not_a_tensor("linalg_solve", 2, B, "B")
    if a.dtype != b.dtype:
        first, second = (from_numpy_dtype(x.dtype).legacy for x in (a, b))
        raise RuntimeError(
            f"linalg.solve: Expected A and B to have the same dtype, but found A of type {first} and B of type "
            f"{second} instead"
        )
    if not left:
        if b.ndim < 2:
            raise RuntimeError(f"linalg.solve: left=False needs a matrix B, not one of shape {list(b.shape)}")
        return solve(A.mT, B.mT).mT
    vector = b.ndim == 1 or (a.ndim - 1 == b.ndim and b.shape == a.shape[:-1])
    columns = B.unsqueeze(-1) if vector else B
    if columns._a.shape[-2] != a.shape[-1]:
        shapes = [f"{x.shape[-2]}x{x.shape[-1]}" for x in (a, columns._a)]
        raise RuntimeError(
            f"linalg.solve: Incompatible shapes of A and B for the equation AX = B ({shapes[0]} and {shapes[1]})"
        )
    out = _solve(A, columns)
    return named(out.squeeze(-1), "LinalgSolveExBackward0") if vector else out


# --- determinants -----------------------------------------------------------------------------------------


def _cofactors(a: Any) -> Any:
    """The derivative of the determinant, from the singular values, so that singular matrices have one too."""
    u, s, vh = np.linalg.svd(a)
    n = s.shape[-1]
    others = np.stack([np.prod(np.delete(s, i, axis=-1), axis=-1) for i in range(n)], axis=-1)
    sign = np.linalg.det(u) * np.linalg.det(vh)
    return sign[..., None, None] * ((u * others[..., None, :]) @ vh)


def _det_vjp(g: Any, input: Any, out: Any) -> Any:
    """The cofactors: det(A) inv(A)^T where A is regular, and their limit where it is not."""
    g = g.reshape((*g.shape, 1, 1))
    if (out._a if _as_tensor(out) else out).all():
        inverted = _inv(input) if _as_tensor(input) else _inverse(input)
        return g * out.reshape((*out.shape, 1, 1)) * inverted.mT
    if not input.shape[-1]:
        return np.zeros(input.shape, g.dtype)
    return g * (wrap(_cofactors(input._a)) if _as_tensor(input) else _cofactors(input))


_det = op("det", lambda input: np.linalg.det(input), grad_name="LinalgDetBackward0", input=_det_vjp)


@spelled(input="A")
def det(A: Any) -> Any:
    """The determinants of square matrices. The gradient is the matrix of cofactors, for singular ones too.

    (PyTorch gives zeros for the gradient of a singular matrix.)

    >>> import microdl as torch
    >>> torch.linalg.det(torch.tensor([[1., 2.], [3., 4.]]))
    tensor(-2.)

    Source: https://pytorch.org/docs/stable/generated/torch.linalg.det.html
    """
    return _det(_square("det", A))


_logabsdet = op(
    "logabsdet",
    lambda input: np.linalg.slogdet(input)[1],
    grad_name="LinalgSlogdetBackward0",
    input=lambda g, input: g.reshape((*g.shape, 1, 1)) * (_inv(input) if _as_tensor(input) else _inverse(input)).mT,
)


# The sign has a place in the graph, and no influence.
_det_sign = op(
    "det_sign",
    lambda input: np.linalg.slogdet(input)[0],
    grad_name="LinalgSlogdetBackward0",
    input=lambda g, input: np.where(False, input, 0),
)


def linalg_slogdet(A: Any) -> Any:
    """The pair (sign, logabsdet): the determinant is sign * exp(logabsdet).

    >>> import microdl as torch
    >>> sign, logabsdet = torch.linalg.slogdet(torch.tensor([[1., 2.], [3., 4.]]))
    >>> sign, logabsdet
    (tensor(-1.), tensor(0.6931))
    """
    A = _square("slogdet", A)
    return return_types.linalg_slogdet((_det_sign(A), _logabsdet(A)))


def slogdet(input: Any) -> Any:
    """`linalg.slogdet`."""
    return return_types.slogdet(linalg_slogdet(input))


def logdet(input: Any) -> Any:
    """The logarithm of the determinant: NaN where it is negative, -inf where it is 0."""
    sign, logabs = linalg_slogdet(input)
    return named(logabs.masked_fill(sign < 0, float("nan")), "WhereBackward0")
