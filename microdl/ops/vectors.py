"""Products and norms of vectors put together from the basic operations: cross products, powers, bounded norms."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._warning import warn
from ..autograd.graph import named, wrap
from ..autograd.kinds import no_kernel
from .arithmetic import add, mul
from .join import roll, stack
from .norm import matrix_norm, vector_norm
from .products import bmm, outer
from .reduction import float_dtype_error, sum
from .shape import expand, require, wrap_dim
from .slices import expand_pair
from .spelling import one_step, or_factors_between

_add = add


def linalg_cross(input: Any, other: Any, *, dim: int = -1) -> Any:
    """The cross product along a dimension of size 3; the others broadcast.

    >>> import microdl as torch
    >>> torch.linalg.cross(torch.tensor([1., 0., 0.]), torch.tensor([0., 1., 0.]))
    tensor([0., 0., 1.])

    Source: https://pytorch.org/docs/stable/generated/torch.linalg.cross.html
    """
    a, b = require("linalg.cross", input)._a, require("linalg.cross", other)._a
    if a.ndim != b.ndim:
        raise RuntimeError("linalg.cross: inputs must have the same number of dimensions.")
    if a.dtype != b.dtype:
        raise RuntimeError(
            f"expected scalar type {input.dtype.legacy} but found {other.dtype.legacy}. Convert one of them with .to()."
        )
    if a.dtype.kind == "b":
        raise no_kernel("cross", a.dtype)
    d = wrap_dim(dim, a.ndim)
    if not a.ndim or a.shape[d] != 3 or b.shape[d] != 3:
        sizes = f"{a.shape[d] if a.ndim else 1} and {b.shape[d] if b.ndim else 1}"
        raise RuntimeError(f"linalg.cross: inputs dimension {dim} must have length 3. Got {sizes}")
    shape = expand_pair(a, b)
    x, y = expand(input, shape), expand(other, shape)
    return named(mul(roll(x, -1, d), roll(y, -2, d)) - mul(roll(x, -2, d), roll(y, -1, d)), "LinalgCrossBackward0")


@one_step("LinalgCrossBackward0")
def cross(input: Any, other: Any, dim: int | None = None) -> Any:
    """`linalg.cross`; without `dim`, along the first dimension of size 3 (deprecated, as PyTorch warns)."""
    if dim is None:
        warn(
            "Using torch.cross without specifying the dim arg is deprecated.\nPlease either pass the dim explicitly or "
            "simply use torch.linalg.cross.",
        )
        shape = require("cross", input)._a.shape
        if 3 not in shape:
            raise RuntimeError(f"no dimension of size 3 in input: its shape is {list(shape)}")
        dim = shape.index(3)
    return linalg_cross(input, other, dim=dim)


def vecdot(x: Any, y: Any, *, dim: int = -1) -> Any:
    """The dot products of vectors along a dimension; the others broadcast.

    >>> import microdl as torch
    >>> torch.linalg.vecdot(torch.tensor([[1., 2.], [3., 4.]]), torch.tensor([1., 1.]))
    tensor([3., 7.])
    """
    a, b = require("linalg.vecdot", x)._a, require("linalg.vecdot", y)._a
    if a.dtype.kind != "f":
        raise float_dtype_error("linalg.vecdot:", " Expected a floating point or complex tensor as input.", a)
    if a.dtype != b.dtype:
        raise RuntimeError(
            f"linalg.vecdot: Expected x and y to have the same dtype, but found x of type {x.dtype.legacy} and y of "
            f"type {y.dtype.legacy} instead"
        )
    return sum(mul(x, y), dim)


def _powers(x: Any, n: int) -> list[Any]:
    first = wrap(np.ones_like(x._a))
    out = [first]
    for _ in range(n - 1):
        out.append(x if out[-1] is first else mul(out[-1], x))
    return out[:n]


def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    """The matrix of the powers of a vector's elements, `x_i^(N-1), ..., x_i, 1`, or in increasing order.

    >>> import microdl as torch
    >>> torch.vander(torch.tensor([2, 3]), 3)
    tensor([[4, 2, 1],
            [9, 3, 1]])

    Source: https://pytorch.org/docs/stable/generated/torch.vander.html
    """
    if require("vander", x)._a.ndim != 1:
        raise RuntimeError(f"x must be a one-dimensional tensor, but it has {x._a.ndim} dimensions")
    n = len(x._a) if N is None else N
    if n < 0:
        raise RuntimeError(f"N must be non-negative, but it is {n}")
    out = _vander(x, n)
    return out if increasing else out.flip(1)


def _vander(x: Any, n: int) -> Any:
    x = x if x._a.dtype.kind == "f" else x.long()
    return stack(_powers(x, n), -1) if n else wrap(np.empty((*x._a.shape, 0), x._a.dtype))


def linalg_vander(x: Any, *, N: int | None = None) -> Any:
    """The powers 0 to N - 1 of every element, along a new last dimension."""
    n = require("linalg.vander", x)._a.shape[-1] if N is None else N
    if n <= 1:
        raise RuntimeError(f"N must be greater than 1, but it is {n}.")
    return _vander(x, n)


@or_factors_between(3, "beta", "alpha")
@one_step("AddrBackward0")
def addr(input: Any, vec1: Any, vec2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
    """`beta * input + alpha * outer(vec1, vec2)`.

    >>> import microdl as torch
    >>> torch.addr(torch.zeros(2, 2), torch.tensor([1., 2.]), torch.tensor([3., 4.]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    product = outer(vec1, vec2)
    return _scaled_sum(expand(input, product._a.shape), product, beta, alpha)


@or_factors_between(3, "beta", "alpha")
@one_step("AddbmmBackward0")
def addbmm(input: Any, batch1: Any, batch2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
    """`beta * input + alpha * sum_i batch1_i @ batch2_i`."""
    return _scaled_sum(input, sum(bmm(batch1, batch2), 0), beta, alpha)


def _scaled_sum(input: Any, product: Any, beta: float, alpha: float) -> Any:
    """Where `beta` is 0 the input is not read: what is not finite in it does not count."""
    product = product if alpha == 1 else mul(product, alpha)
    if beta == 0:
        return product
    return _add(input if beta == 1 else mul(input, beta), product)


@one_step("RenormBackward0")
def renorm(input: Any, p: float, dim: int, maxnorm: float) -> Any:
    """Each slice along `dim` scaled down to the p-norm `maxnorm` where its own is greater.

    >>> import microdl as torch
    >>> torch.renorm(torch.tensor([[3., 4.], [0.3, 0.4]]), 2, 0, 1.)
    tensor([[0.6000, 0.8000],
            [0.3000, 0.4000]])

    Source: https://pytorch.org/docs/stable/generated/torch.renorm.html
    """
    a = require("renorm", input)._a
    if a.ndim < 2:
        raise RuntimeError(f"renorm: input needs at least 2 dimensions, got {a.ndim} dimensions")
    if p <= 0:
        raise RuntimeError(f"renorm: non-positive norm not supported, but p is {p}")
    if maxnorm < 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm}")
    d = wrap_dim(dim, a.ndim)
    norms = vector_norm(input, p, [i for i in range(a.ndim) if i != d], True)
    large = norms > maxnorm
    scale = (maxnorm / (norms + 1e-7)).masked_fill(~large, 1)  # PyTorch's own safety margin
    return named(mul(input, scale), "RenormBackward0")


def frobenius_norm(input: Any, dim: Any, keepdim: bool = False) -> Any:
    """The 2-norm over `dim`."""
    return vector_norm(input, 2, None if dim == () else dim, keepdim)


def nuclear_norm(input: Any, dim: Any = (-2, -1), keepdim: bool = False) -> Any:
    """The sum of the singular values of matrices; `dim` may be left out before `keepdim`."""
    if isinstance(dim, bool):
        dim, keepdim = (-2, -1), dim
    return matrix_norm(input, "nuc", dim, keepdim)


def sum_to_size(input: Any, *size: Any) -> Any:
    """Summed over the dimensions along which it was broadcast from `size`. RuntimeError where it was not.

    >>> import microdl as torch
    >>> torch.ones(2, 3).sum_to_size(1, 3)
    tensor([[2., 2., 2.]])
    """
    shape = tuple(size[0]) if len(size) == 1 and not isinstance(size[0], int) else size
    have = require("sum_to_size", input)._a.shape
    lead = len(have) - len(shape)
    if lead < 0 or any(n not in (1, m) for n, m in zip(shape, have[max(lead, 0) :], strict=True)):
        raise RuntimeError(f"size {{{list(shape)}}} is not expandable to size {{{list(have)}}}.")
    dims = [i for i, n in enumerate(have) if i < lead or (shape[i - lead] == 1 and n != 1)]
    return sum(input, dims, True).reshape(*shape) if dims else input
