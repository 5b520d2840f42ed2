"""Norms of vectors and matrices, and distances."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..autograd.graph import named
from ..autograd.record import op
from ..autograd.summation import Axes
from ..dtypes import from_numpy_dtype, to_numpy_dtype
from .arithmetic import _sub, abs, cast
from .decomposition import svdvals
from .extremum import amax, amin
from .reduction import check_flag, float_dtype_error, reduced_axes, sum, with_axes
from .shape import permute, require, wrap_dim, wrap_dims
from .spelling import AXIS, spelled

_add_up: Any = np.add.reduce


def _norm_forward(input: Any, p: float, dim: Axes, keepdim: bool) -> Any:
    if p == 2:
        if dim is None and not keepdim:
            return np.sqrt(np.vdot(input, input))
        return np.sqrt(_add_up(input * input, dim, keepdims=keepdim))
    size = np.abs(input)
    if p == 1:
        return _add_up(size, dim, keepdims=keepdim)
    if p < 0 and not size.size:
        raise RuntimeError(
            f"linalg.vector_norm cannot compute the {p:g} norm on an empty tensor because the operation does not have "
            "an identity"
        )
    if math.isinf(p):
        extreme: Any = np.maximum if p > 0 else np.minimum
        return extreme.reduce(size, dim, keepdims=keepdim)
    if p == 0:
        return _add_up(size != 0, dim, keepdims=keepdim, dtype=input.dtype)
    return _add_up(size**p, dim, keepdims=keepdim) ** (1 / p)


def _norm_vjp(g: Any, input: Any, out: Any, p: float, dim: Axes, keepdim: bool) -> Any:
    """sign(x) (|x| / norm)^(p-1), 0 where the norm or x is; the largest share evenly for p = inf; none for p = 0."""
    shape = input.shape
    g, out = with_axes(g, shape, dim, keepdim), with_axes(out, shape, dim, keepdim)
    if p == 2:
        zero = out == 0
        return input * np.where(zero, 0, g / np.where(zero, 1, out))
    if p == 0:
        return None
    if p == 1:
        return g * np.sign(input)
    if math.isinf(p):
        chosen = np.abs(input) == out
        count = _add_up(chosen, axis=dim, keepdims=True)
        return np.where(chosen, g * np.sign(input), 0) / np.where(count == 0, 1, count)
    zero = (input == 0) | (out == 0)
    ratio = np.where(zero, 1, np.abs(input)) / np.where(zero, 1, out)
    return np.where(zero, 0, g * np.sign(input) * ratio ** (p - 1))


_vector_norm = op("vector_norm", _norm_forward, grad_name="LinalgVectorNormBackward0", input=_norm_vjp)


def _floating(name: str, input: Any, dtype: Any) -> Any:
    a = require(name, input)._a
    if a.dtype.kind != "f":
        raise float_dtype_error("linalg.vector_norm:", " Expected a floating point or complex tensor as input.", a)
    if dtype is None:
        return input
    wanted = to_numpy_dtype(dtype)
    if wanted.kind != "f":
        raise RuntimeError(
            f"linalg.{name}: dtype should be floating point or complex, but got {from_numpy_dtype(wanted).legacy}"
        )
    if wanted.itemsize < a.itemsize:
        raise RuntimeError(
            f"linalg.{name}: the dtype of the input ({from_numpy_dtype(a.dtype).legacy}) should be convertible without "
            f"narrowing to the specified dtype ({from_numpy_dtype(wanted).legacy})"
        )
    return cast(input, wanted)


@spelled(AXIS, input="x")
def vector_norm(x: Any, ord: float = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """`sum(|x|^ord)^(1/ord)` over all elements or over `dim`.

    `ord` inf is the largest |x|, -inf the smallest, 0 the number of nonzero elements. The gradient of the
    2-norm is x / norm, and 0 where the norm is 0.

    Raises RuntimeError for integers, and for an infinite `ord` without elements.

    >>> import microdl as torch
    >>> torch.linalg.vector_norm(torch.tensor([3., 4.])), torch.linalg.vector_norm(torch.tensor([3., -4.]), 1)
    (tensor(5.), tensor(7.))

    Source: https://pytorch.org/docs/stable/generated/torch.linalg.vector_norm.html
    """
    if isinstance(ord, (str, bool)) or not isinstance(ord, (int, float)):
        raise TypeError(f"linalg_vector_norm(): argument 'ord' (position 2) must be Number, not {type(ord).__name__}")
    x = _floating("vector_norm", x, dtype)
    axes = reduced_axes(dim, x._a.ndim)
    if math.isinf(ord) and not x._a.size and (axes is None or any(x._a.shape[d] == 0 for d in axes)):
        raise RuntimeError(
            f"linalg.vector_norm cannot compute the {ord} norm on an empty tensor because the operation does not have "
            f"an identity: the shape is {list(x._a.shape)}"
        )
    return _vector_norm(x, float(ord), axes, check_flag("vector_norm", keepdim))


@spelled(AXIS, input="A")
def matrix_norm(A: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Any = None) -> Any:
    """Norms of matrices: "fro", "nuc" (sum of singular values), 2 and -2 (largest, smallest singular value),

    1 and -1 (largest, smallest sum of a column), inf and -inf (of a row). RuntimeError for another `ord`.

    >>> import microdl as torch
    >>> torch.linalg.matrix_norm(torch.tensor([[1., 2.], [3., 4.]]), 1)
    tensor(6.)

    Source: https://pytorch.org/docs/stable/generated/torch.linalg.matrix_norm.html
    """
    if isinstance(dim, int) or not isinstance(ord, (str, int, float)):
        raise TypeError(
            "linalg_matrix_norm(): argument 'ord' must be a Number or str and 'dim' a tuple of ints, but they are "
            f"{ord!r} and {dim!r}"
        )
    A = _floating("matrix_norm", A, dtype)
    if A._a.ndim < 2:
        raise RuntimeError("linalg.matrix_norm: The input tensor A must have at least 2 dimensions.")
    if len(dim) != 2:
        raise RuntimeError(f"linalg.matrix_norm: dim must be a 2-tuple. Got {' '.join(map(str, dim))}")
    rows, columns = (wrap_dim(d, A._a.ndim) for d in dim)
    if rows == columns:
        raise RuntimeError(f"linalg.matrix_norm: dims must be different. Got {tuple(dim)}")
    least = not isinstance(ord, str) and ord < 0  # of nothing there is none
    if not ((A._a.shape[rows] and A._a.shape[columns]) or least):
        return sum(A, (rows, columns), keepdim)  # 0 in any norm
    if ord == "fro":
        return vector_norm(A, 2, (rows, columns), keepdim)
    if not isinstance(ord, str) and math.fabs(ord) in (1, math.inf):
        summed = rows if math.fabs(ord) == 1 else columns
        sums = sum(abs(A), summed, True)
        return (amax if float(ord) > 0 else amin)(sums, (rows, columns), keepdim)
    if ord in ("nuc", 2, -2):
        others = [d for d in range(A._a.ndim) if d not in (rows, columns)]
        values = svdvals(permute(A, *others, rows, columns))
        out = sum(values, -1) if ord == "nuc" else (amax if ord == 2 else amin)(values, -1)
        if keepdim:
            for d in sorted((rows, columns)):
                out = out.unsqueeze(d)
            if (rows, columns) != (A._a.ndim - 2, A._a.ndim - 1):
                out = named(out, "PermuteBackward0")
        return out
    raise RuntimeError(f"linalg.matrix_norm: Order {ord} not supported.")


@spelled(AXIS, input="A")
def linalg_norm(A: Any, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """`vector_norm` or `matrix_norm`, whichever `ord` and `dim` ask for; without `ord` the 2-norm of all elements.

    With `ord`, a matrix (or two dimensions) gives a matrix norm, one dimension a vector norm.

    >>> import microdl as torch
    >>> torch.linalg.norm(torch.tensor([[3., 0.], [0., 4.]])), torch.linalg.norm(torch.tensor([[3., 0.], [0., 4.]]), 2)
    (tensor(5.), tensor(4.))

    Source: https://pytorch.org/docs/stable/generated/torch.linalg.norm.html
    """
    ndim = _floating("norm", A, None)._a.ndim
    dims = None if dim is None else wrap_dims(dim, ndim)
    if ord is None:
        return vector_norm(A, 2, dims, keepdim, dtype=dtype)
    if dims is None:
        if ndim not in (1, 2):
            raise RuntimeError(
                f"linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {ndim}D."
            )
        dims = tuple(range(ndim))
    if len(dims) > 2:
        raise RuntimeError(f"linalg.norm: If dim is specified, it must be of length 1 or 2. Got {list(dims)}")
    if len(dims) == 2 or isinstance(ord, str):
        return matrix_norm(A, ord, dims, keepdim, dtype=dtype)
    return vector_norm(A, ord, dims, keepdim, dtype=dtype)


@spelled(axis="dim")
def norm(input: Any, p: Any = "fro", dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The p-norm of all elements, or over `dim`: `sum(|x|^p)^(1/p)`; "fro" and None mean 2.

    The gradient of the 2-norm is x / norm, and 0 where the norm is 0. RuntimeError for integers.

    >>> import microdl as torch
    >>> x = torch.tensor([3., 4.], requires_grad=True)
    >>> torch.norm(x).backward()
    >>> x.grad
    tensor([0.6000, 0.8000])

    Source: https://pytorch.org/docs/stable/generated/torch.norm.html
    """
    if isinstance(p, str) and p != "fro":
        return matrix_norm(input, p, (-2, -1) if dim is None else dim, keepdim, dtype=dtype)
    return vector_norm(input, 2 if p is None or p == "fro" else p, dim, keepdim, dtype=dtype)


def dist(input: Any, other: Any, p: float = 2) -> Any:
    """The p-norm of `input - other`.

    >>> import microdl as torch
    >>> torch.dist(torch.tensor([1., 2.]), torch.tensor([4., 6.]))
    tensor(5.)
    """
    return named(vector_norm(_sub(input, other), p), "DistBackward0")
