"""Products of matrices and vectors, in every rank.

Two matrices, and anything times one matrix or vector, go to one BLAS call: leading dimensions are folded
into rows. What is left, stacks of matrices, goes to NumPy's batched product.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import kernels
from ..autograd.graph import TensorBase, named
from ..autograd.kinds import no_kernel
from ..autograd.record import BY_UFUNC, binary, not_a_tensor, op, store
from ..dtypes import from_numpy_dtype
from .arithmetic import _mul
from .shape import expand, require, reshape, transpose
from .spelling import or_factors_between, spelled

C_NAMES = {
    "float16": "c10::Half", "float32": "float", "float64": "double", "int8": "signed char", "int16": "short int",
    "int32": "int", "int64": "long int", "uint8": "unsigned char", "bool": "bool",
}  # fmt: skip
_ADVICE = "Convert one of them, for example with .to(other.dtype)."


# --- errors -----------------------------------------------------------------------------------------------


def _legacy(a: Any) -> str:
    return from_numpy_dtype(a.dtype).legacy


def _dtype_error(x: Any, y: Any) -> RuntimeError:
    """The text that PyTorch has for each rank."""
    if x.ndim == 1 and y.ndim == 1:
        return RuntimeError(
            f"dot : expected both vectors to have same dtype, but found {_legacy(x)} and {_legacy(y)}. {_ADVICE}"
        )
    if y.ndim == 1:
        kinds = f"{_legacy(y)}, {_legacy(x)}, and {_legacy(y)}"
        return RuntimeError(f"addmv input tensors must have the same dtype, but got {kinds}. {_ADVICE}")
    if x.ndim > 2 and y.ndim > 2:
        return RuntimeError(f"expected scalar type {_legacy(x)} but found {_legacy(y)}. {_ADVICE}")
    names = f"{C_NAMES[x.dtype.name]} != {C_NAMES[y.dtype.name]}"
    return RuntimeError(f"expected m1 and m2 to have the same dtype, but got: {names}. {_ADVICE}")


def _size_error(x: Any, y: Any) -> RuntimeError:
    """Sizes that do not meet, or (batched) leading ones that do not broadcast."""
    if x.ndim == 1 and y.ndim == 1:
        n, m = x.shape[0], y.shape[0]
        return RuntimeError(
            f"inconsistent tensor size, expected tensor [{n}] and src [{m}] to have the same number of elements, but "
            f"got {n} and {m} elements respectively"
        )
    rows = x.size // x.shape[-1] if x.shape[-1] else int(np.prod(x.shape[:-1]))
    if y.ndim == 1:
        n = y.shape[0]
        return RuntimeError(f"size mismatch, got input ({rows}), mat ({rows}x{x.shape[-1]}), vec ({n})")
    if x.ndim > 2 and y.ndim > 2 and x.shape[-1] == y.shape[-2]:
        return _batch_error(x.shape[:-2], y.shape[:-2])
    if y.ndim > 2:
        batch = list(np.broadcast_shapes(x.shape[:-2], y.shape[:-2]))
        want, got = [*batch, x.shape[-1]], [*batch, y.shape[-2]]
        return RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: {want} but got: {got}. The shapes are "
            f"{list(x.shape)} and {list(y.shape)}."
        )
    return RuntimeError(
        f"mat1 and mat2 shapes cannot be multiplied ({rows}x{x.shape[-1]} and {y.shape[0]}x{y.shape[1]})"
    )


def _batch_error(x: tuple[int, ...], y: tuple[int, ...]) -> RuntimeError:
    n = max(len(x), len(y))
    for i in reversed(range(n)):
        a, b = ((1,) * (n - len(s)) + s for s in (x, y))
        if a[i] != b[i] and 1 not in (a[i], b[i]):
            return RuntimeError(
                f"The size of tensor a ({a[i]}) must match the size of tensor b ({b[i]}) at non-singleton "
                f"dimension {i}: the leading dimensions are {list(x)} and {list(y)}"
            )
    return RuntimeError(f"leading dimensions {list(x)} and {list(y)} do not combine")


def _checked(name: str, input: Any, other: Any) -> tuple[Any, Any]:
    """The arrays of two tensors of one numeric dtype."""
    for position, (label, x) in enumerate((("input", input), ("other", other)), start=1):
        if not isinstance(x, TensorBase):
            raise not_a_tensor(name, position, x, label)
    x, y = input._a, other._a
    if x.ndim == 0 or y.ndim == 0:
        raise RuntimeError(
            f"both arguments to matmul need to be at least 1D, but they are {x.ndim}D and {y.ndim}D. Use * to scale."
        )
    if x.dtype != y.dtype:
        raise _dtype_error(x, y)
    if x.dtype.kind == "b":
        raise no_kernel("addmm_impl_cpu_", x.dtype)
    return x, y


# --- the declared products --------------------------------------------------------------------------------


def _dot_arrays(x: Any, y: Any) -> Any:
    """The product of vectors and matrices, or of rows folded from more dimensions."""
    try:
        if x.ndim <= 2:
            return _two(x, y)
        return _two(_rows(x), y).reshape(x.shape[:-1] + y.shape[1:])
    except ValueError:
        raise _size_error(x, y) from None


def _two(x: Any, y: Any) -> Any:
    if (
        x.ndim == y.ndim == 2
        and x.size * y.shape[1] > kernels.SMALL_PRODUCT
        and x.shape[1] == y.shape[0]
        and x.dtype.char in "fd"
    ):
        return kernels.product.product(x, y)
    return x.dot(y)


def _times(x: Any, y: Any) -> Any:
    """Two matrices, both arrays or both tensors."""
    return _mm(x, y) if isinstance(x, TensorBase) else _two(x, y)


def _rows(x: Any) -> Any:
    return x.reshape((math.prod(x.shape[:-1]), x.shape[-1]))


_mm = binary("mm", _dot_arrays, lambda g, other: _times(g, other.T), lambda g, input: _times(input.T, g))
_mv = binary(
    "mv",
    _dot_arrays,
    lambda g, other: g.reshape((-1, 1)) * other,
    lambda g, input: _times(input.T, g.reshape((-1, 1))).reshape((-1,)),
)
_vm = binary(
    "vm",
    _dot_arrays,
    lambda g, other: _times(other, g.reshape((-1, 1))).reshape((-1,)),
    lambda g, input: input.reshape((-1, 1)) * g,
    grad_name="SqueezeBackward4",
)
_dot = binary("dot", _dot_arrays, lambda g, other: g * other, lambda g, input: g * input)
_fold_matrix = binary(
    "fold_matrix",
    _dot_arrays,
    lambda g, other, input_shape: _times(_rows(g), other.T).reshape(input_shape),
    lambda g, input: _times(_rows(input).T, _rows(g)),
    grad_name="UnsafeViewBackward0",
)
_fold_vector = binary(
    "fold_vector",
    _dot_arrays,
    lambda g, other: g.reshape((*g.shape, 1)) * other,
    lambda g, input: _times(_rows(input).T, g.reshape((-1, 1))).reshape((-1,)),
    grad_name="UnsafeViewBackward0",
)


def _stacked(x: Any, y: Any) -> Any:
    try:
        return np.matmul(x, y)
    except ValueError:
        raise _size_error(x, y) from None


_matmul = binary(
    "matmul",
    _stacked,
    lambda g, other: np.matmul(g, other.mT),
    lambda g, input: np.matmul(input.mT, g),
    grad_name="UnsafeViewBackward0",
)
_bmm = binary("bmm", _stacked, lambda g, other: np.matmul(g, other.mT), lambda g, input: np.matmul(input.mT, g))
_BY_RANK = {(1, 1): _dot, (1, 2): _vm, (2, 1): _mv, (2, 2): _mm}


# --- the functions ----------------------------------------------------------------------------------------


def matmul(input: Any, other: Any, *, out: Any = None) -> Any:
    """The matrix product: (..., n, k) by (..., k, m) is (..., n, m), with leading dimensions broadcast.

    A 1-D first operand counts as a row, a 1-D second as a column, and the dimension is dropped again; two
    of them give their dot product. Both need one dtype.

    Raises RuntimeError for sizes that do not meet, dtypes that differ and 0-d operands.

    >>> import microdl as torch
    >>> torch.matmul(torch.tensor([[1., 2.], [3., 4.]]), torch.tensor([1., 1.]))
    tensor([3., 7.])

    Source: https://pytorch.org/docs/stable/generated/torch.matmul.html
    """
    x, y = _checked("matmul", input, other)
    call = _BY_RANK.get((x.ndim, y.ndim))
    if call is not None:
        result = call(input, other)
    elif y.ndim == 2:
        result = _fold_matrix(input, other)
    elif y.ndim == 1:
        result = _fold_vector(input, other)
    elif x.ndim == 1:
        result = named(_matmul(reshape(input, 1, -1), other).squeeze(-2), "UnsafeViewBackward0")
    elif x.ndim == 2:
        result = named(_matmul(input, other), "CloneBackward0")
    else:
        result = _matmul(input, other)
    return result if out is None else store("matmul", out, result)


BY_UFUNC[np.matmul] = matmul


def at(input: Any, other: Any) -> Any:
    """`input @ other`; Python's own TypeError for what is no tensor."""
    return matmul(input, other) if isinstance(other, TensorBase) else NotImplemented


def _of_rank(name: str, input: Any, other: Any, ranks: tuple[int, int], text: str) -> None:
    x, y = require(name, input)._a, other._a if isinstance(other, TensorBase) else None
    if y is None:
        raise not_a_tensor(
            name, 2, other, {"mm": "mat2", "bmm": "mat2", "mv": "vec", "dot": "tensor"}.get(name, "vec2")
        )
    if (x.ndim, y.ndim) != ranks:
        raise RuntimeError(text.format(x=x.ndim, y=y.ndim))


def mm(input: Any, mat2: Any, *, out: Any = None) -> Any:
    """The product of two matrices, (n, k) by (k, m). RuntimeError for other ranks: `matmul` takes them.

    >>> import microdl as torch
    >>> torch.mm(torch.ones(2, 3), torch.ones(3, 1))
    tensor([[3.],
            [3.]])
    """
    first = "self must be a matrix, but it has {x} dimensions and mat2 {y}"
    _of_rank("mm", input, mat2, (2, 2), "mat2 must be a matrix, not {y}-D" if getattr(input, "ndim", 2) == 2 else first)
    return matmul(input, mat2, out=out)


def mv(input: Any, vec: Any, *, out: Any = None) -> Any:
    """The product of a matrix (n, k) and a vector (k)."""
    _of_rank("mv", input, vec, (2, 1), "vector + matrix @ vector expected, got 1, {x}, {y}")
    return matmul(input, vec, out=out)


def dot(input: Any, tensor: Any, *, out: Any = None) -> Any:
    """The dot product of two vectors of one size.

    >>> import microdl as torch
    >>> torch.dot(torch.tensor([1., 2.]), torch.tensor([3., 4.]))
    tensor(11.)
    """
    _of_rank("dot", input, tensor, (1, 1), "1D tensors expected, but got {x}D and {y}D tensors")
    return matmul(input, tensor, out=out)


@spelled(tensor="other")
def vdot(input: Any, other: Any, *, out: Any = None) -> Any:
    """`dot`, under the name that PyTorch has for complex numbers too."""
    return named(dot(input, other, out=out), "VdotBackward0")


def bmm(input: Any, mat2: Any, *, out: Any = None) -> Any:
    """The products of two stacks of matrices, (b, n, k) by (b, k, m), without broadcasting."""
    which = "batch1" if getattr(input, "ndim", 3) != 3 else "batch2"
    _of_rank("bmm", input, mat2, (3, 3), which + " must be a 3D tensor, but the operands have {x} and {y} dimensions")
    x, y = _checked("bmm", input, mat2)
    if x.shape[0] != y.shape[0] or x.shape[2] != y.shape[1]:
        want, got = [x.shape[0], x.shape[2]], list(y.shape[:2])
        raise RuntimeError(f"Expected size for first two dimensions of batch2 tensor to be: {want} but got: {got}.")
    result = _bmm(input, mat2)
    return result if out is None else store("bmm", out, result)


def outer(input: Any, vec2: Any, *, out: Any = None) -> Any:
    """The outer product of two vectors: `out_ij = input_i * vec2_j`.

    >>> import microdl as torch
    >>> torch.outer(torch.tensor([1., 2.]), torch.tensor([1., 10.]))
    tensor([[ 1., 10.],
            [ 2., 20.]])
    """
    for name, x in (("input", input), ("vec2", vec2)):
        if require("outer", x)._a.ndim != 1:
            raise RuntimeError(f"outer: Expected 1-D argument {name.replace('input', 'self')}, but got {x.ndim}-D")
    return _mul(reshape(input, -1, 1), vec2, out=out)


ger = outer


def inner(input: Any, other: Any) -> Any:
    """Dot products over the last dimensions of both; a product for 0-d operands."""
    if require("inner", input)._a.ndim == 0 or require("inner", other)._a.ndim == 0:
        return _mul(input, other)
    if input._a.shape[-1] != other._a.shape[-1]:
        raise RuntimeError(
            "inner() the last dimension must match on both input tensors but got shapes "
            f"{list(input._a.shape)} and {list(other._a.shape)}"
        )
    rows = reshape(other, math.prod(other._a.shape[:-1]), other._a.shape[-1])
    return reshape(matmul(input, transpose(rows, 0, 1)), (*input._a.shape[:-1], *other._a.shape[:-1]))


def _plus(name: str, grad_name: str, product: Any) -> Any:
    """`beta * input + alpha * (x @ y)` for one kind of product."""

    def forward(input: Any, x: Any, y: Any, beta: float, alpha: float) -> Any:
        out = product(x, y)
        if alpha != 1:
            out = out * alpha
        return out if beta == 0 else out + (input if beta == 1 else beta * input)

    return op(
        name,
        forward,
        grad_name=grad_name,
        input=lambda g, beta: g if beta == 1 else beta * g,
        x=lambda g, y, alpha: _scaled(np.matmul(g, y.mT) if y.ndim > 1 else g.reshape((-1, 1)) * y, alpha),
        y=lambda g, x, alpha: _scaled(np.matmul(x.mT, g), alpha),
    )


def _scaled(d: Any, alpha: float) -> Any:
    return d if alpha == 1 else d * alpha


_addmm = _plus("addmm", "AddmmBackward0", _dot_arrays)
_addmv = _plus("addmv", "AddmvBackward0", _dot_arrays)
_baddbmm = _plus("baddbmm", "BaddbmmBackward0", _stacked)


def _check_plus(call: Any, input: Any, x: Any, y: Any, beta: float, alpha: float) -> Any:
    a, b = _checked(call.__name__, x, y)
    if a.ndim == 3 and a.shape[0] != b.shape[0]:
        raise RuntimeError(f"{call.__name__}: the stacks have {a.shape[0]} and {b.shape[0]} matrices")
    shape = (*a.shape[:-1], *b.shape[-1:]) if b.ndim > 1 else a.shape[:-1]
    if a.shape[-1] == b.shape[-2 if b.ndim > 1 else 0]:
        expand(require(call.__name__, input), *shape)  # raises where it does not broadcast
    if input._a.dtype != a.dtype:
        raise RuntimeError(
            f"self and mat2 must have the same dtype, but got {_legacy(input._a)} and {_legacy(a)}. {_ADVICE}"
        )
    return call(input, x, y, beta, alpha)


@or_factors_between(3, "beta", "alpha")
def addmm(input: Any, mat1: Any, mat2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
    """`beta * input + alpha * (mat1 @ mat2)`, `input` broadcast to the product's shape.

    >>> import microdl as torch
    >>> torch.addmm(torch.tensor([10., 20.]), torch.ones(1, 3), torch.ones(3, 2))
    tensor([[13., 23.]])

    Source: https://pytorch.org/docs/stable/generated/torch.addmm.html
    """
    _of_rank("mm", mat1, mat2, (2, 2), "mat1 and mat2 must be matrices, not {x}-D and {y}-D")
    return _check_plus(_addmm, input, mat1, mat2, beta, alpha)


@or_factors_between(3, "beta", "alpha")
def addmv(input: Any, mat: Any, vec: Any, *, beta: float = 1, alpha: float = 1) -> Any:
    """`beta * input + alpha * (mat @ vec)`."""
    _of_rank("mv", mat, vec, (2, 1), "vector + matrix @ vector expected, got 1, {x}, {y}")
    return _check_plus(_addmv, input, mat, vec, beta, alpha)


@or_factors_between(3, "beta", "alpha")
def baddbmm(input: Any, batch1: Any, batch2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
    """`beta * input + alpha * (batch1 @ batch2)` for stacks of matrices."""
    _of_rank("bmm", batch1, batch2, (3, 3), "batch1 and batch2 must be 3D tensors, not {x}-D and {y}-D")
    return _check_plus(_baddbmm, input, batch1, batch2, beta, alpha)
