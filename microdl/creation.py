"""Making tensors: from data, and filled."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import dtypes
from .autograd.graph import TensorBase, wrap
from .autograd.kinds import no_kernel
from .device import require_cpu
from .ops import spacing
from .ops.arithmetic import memory_order
from .ops.data import array_of_data, check_numpy
from .ops.making import finish
from .ops.shape import integer, number, require, sizes
from .ops.spelling import spelled, with_out
from .tensor import Tensor


def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """A new leaf tensor that copies `data`: a number, nested sequences, a NumPy array or a tensor.

    Without `dtype`, Python floats give the default dtype (float32), integers int64, booleans bool, and NumPy
    data keeps its own. Raises ValueError for ragged sequences, TypeError for what holds no numbers, RuntimeError for
    a number that the dtype cannot hold.

    >>> import microdl as torch
    >>> torch.tensor([[1, 2], [3, 4]]), torch.tensor(0.5, requires_grad=True)
    (tensor([[1, 2],
            [3, 4]]), tensor(0.5000, requires_grad=True))

    Source: https://pytorch.org/docs/stable/generated/torch.tensor.html
    """
    array = array_of_data(data, None if dtype is None else dtypes.to_numpy_dtype(dtype))
    return finish(array, requires_grad, device)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Any:
    """A tensor of `data`, sharing memory and history where its dtype already fits."""
    if device is not None:
        require_cpu(device)
    if isinstance(data, TensorBase):
        return data if dtype is None else data.to(dtype)
    if isinstance(data, np.ndarray) and (dtype is None or dtypes.to_numpy_dtype(dtype) == data.dtype):
        return from_numpy(data)
    return tensor(data, dtype=dtype)


def asarray(
    obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None, requires_grad: bool | None = None
) -> Any:
    """A tensor of `obj`: its memory where it fits, unless `copy`; detached where `requires_grad` is False.

    ValueError for `copy=False` where the data have to be converted.

    >>> import microdl as torch
    >>> torch.asarray([1, 2], dtype=torch.float32, requires_grad=True)
    tensor([1., 2.], requires_grad=True)

    Source: https://pytorch.org/docs/stable/generated/torch.asarray.html
    """
    held = obj._a if isinstance(obj, TensorBase) else obj if isinstance(obj, np.ndarray) else None
    if copy is False and held is None:
        raise ValueError(f"can't alias arbitrary data into a tensor: {type(obj).__name__}. Leave copy=False out.")
    if copy is False and dtype is not None and dtypes.to_numpy_dtype(dtype) != held.dtype:  # type: ignore[union-attr]
        raise ValueError(f"can't alias tensor with dtype '{held.dtype}' into dtype '{dtype}'. Leave copy=False out.")  # type: ignore[union-attr]
    t = as_tensor(obj, dtype, device)
    if copy and (t is obj or np.may_share_memory(t._a, held)):
        t = t.clone()
    if requires_grad:
        return t.requires_grad_() if t.is_leaf else t
    return t.detach() if requires_grad is False and t.requires_grad else t


def from_numpy(ndarray: np.ndarray[Any, Any]) -> Any:
    """A tensor that shares the array's memory and dtype. TypeError for what is no array, or a dtype PyTorch lacks.

    >>> import microdl as torch, numpy as np
    >>> a = np.zeros(2)
    >>> torch.from_numpy(a)[0] = 1
    >>> a
    array([1., 0.])
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    check_numpy(ndarray)
    return wrap(ndarray.view(np.ndarray))


def checked_sizes(shape: tuple[Any, ...]) -> tuple[int, ...]:
    """Sizes in any of PyTorch's spellings; RuntimeError for a negative one."""
    out = sizes(shape)
    if any(n < 0 for n in out):
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(out)}: {list(out)}")
    return out


def _filled(shape: tuple[Any, ...], value: Any, dtype: Any, requires_grad: bool, device: Any) -> Any:
    d = dtypes.or_default(dtype)
    dtypes.check_fits(value, d)
    array = np.full(checked_sizes(shape), np.asarray(value).astype(d))
    return finish(array, requires_grad, device)


@with_out
def zeros(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False, **layout: Any) -> Any:
    """Zeros of a shape, `zeros(2, 3)` or `zeros((2, 3))`; float32 unless `dtype` says otherwise.

    Raises RuntimeError for a negative size.

    >>> import microdl as torch
    >>> torch.zeros(2, dtype=torch.int64)
    tensor([0, 0])
    """
    return _filled(_size(size, layout), 0, dtype, requires_grad, device)


@with_out
def ones(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False, **layout: Any) -> Any:
    """Ones of a shape; float32 unless `dtype` says otherwise.

    >>> import microdl as torch
    >>> torch.ones(2, 2)
    tensor([[1., 1.],
            [1., 1.]])
    """
    return _filled(_size(size, layout), 1, dtype, requires_grad, device)


@with_out
def empty(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False, **layout: Any) -> Any:
    """A tensor of a shape, to be written before it is read. (Here it holds zeros, never stray memory.)"""
    return _filled(_size(size, layout), 0, dtype, requires_grad, device)


_IGNORED = {"layout", "pin_memory", "memory_format"}


def _size(size: tuple[Any, ...], options: dict[str, Any]) -> tuple[Any, ...]:
    """The sizes, given by position or as `size=`; options about memory layout are accepted and mean nothing here."""
    unknown = set(options) - _IGNORED - {"size"}
    if unknown:
        raise TypeError(f"got an unexpected keyword argument '{min(unknown)}'")
    if not size and "size" not in options:
        raise TypeError('missing 1 required positional arguments: "size". For a 0-d tensor write ().')
    return (options["size"],) if "size" in options else size


@with_out
def full(size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """One value everywhere; its Python type gives the dtype unless `dtype` does.

    >>> import microdl as torch
    >>> torch.full((2,), 7), torch.full((2,), 0.5)
    (tensor([7, 7]), tensor([0.5000, 0.5000]))
    """
    value = number("full", 2, fill_value, "fill_value")
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"full(): argument 'size' (position 1) must be tuple of ints, not {type(size).__name__}")
    return _filled(
        (tuple(size),), value, dtype or dtypes.from_numpy_dtype(dtypes.of_number(value)), requires_grad, device
    )


def _like(name: str, input: Any, value: Any, dtype: Any, requires_grad: bool, device: Any) -> Any:
    d = require(name, input)._a.dtype if dtype is None else dtypes.to_numpy_dtype(dtype)
    value = number(name, 2, value, "fill_value")
    dtypes.check_fits(value, d)
    return finish(np.full_like(input._a, np.asarray(value).astype(d), d, memory_order(input._a)), requires_grad, device)


def zeros_like(
    input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, memory_format: Any = None
) -> Any:
    """Zeros of the shape and dtype of `input`."""
    return _like("zeros_like", input, 0, dtype, requires_grad, device)


def ones_like(
    input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, memory_format: Any = None
) -> Any:
    """Ones of the shape and dtype of `input`."""
    return _like("ones_like", input, 1, dtype, requires_grad, device)


def empty_like(
    input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, memory_format: Any = None
) -> Any:
    """A tensor of the shape and dtype of `input`, to be written before it is read (it holds zeros)."""
    return _like("empty_like", input, 0, dtype, requires_grad, device)


def full_like(
    input: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Any:
    """One value everywhere, in the shape and dtype of `input`."""
    return _like("full_like", input, fill_value, dtype, requires_grad, device)


@with_out
def arange(
    start: Any = None,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Numbers from `start` up to but without `end`: `ceil((end - start) / step)` of them.

    int64 where all three are integers, else the default dtype. Raises RuntimeError where the step is 0 or
    leads away from the end.

    >>> import microdl as torch
    >>> torch.arange(3), torch.arange(0, 1, 0.25)
    (tensor([0, 1, 2]), tensor([0.0000, 0.2500, 0.5000, 0.7500]))

    Source: https://pytorch.org/docs/stable/generated/torch.arange.html
    """
    if end is None:
        start, end = 0, start
    start = 0 if start is None else start
    start, end, step = (number("arange", 1, x, n) for n, x in (("start", start), ("end", end), ("step", step)))
    if dtype is not None and dtypes.to_numpy_dtype(dtype).kind in "iu":
        start, end, step = int(start), int(end), int(step)
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if (end - start) * step < 0:
        raise RuntimeError(
            f"upper bound and lower bound inconsistent with step sign: start {start}, end {end}, step {step}"
        )
    n = math.ceil((end - start) / step)
    inferred = np.result_type(*(dtypes.of_number(x) for x in (start, end, step)))
    d = inferred if dtype is None else dtypes.to_numpy_dtype(dtype)
    d = dtypes.get_default_dtype().numpy if d.kind == "f" and dtype is None else d
    if d.kind == "b":
        raise no_kernel("arange_cpu", d)
    if all(isinstance(x, int) for x in (start, step)):
        array = (start + step * np.arange(n, dtype=np.int64)).astype(d)
    else:
        array = spacing.counted(start, step, n, d if d.kind == "f" else np.dtype(np.float64)).astype(d)
    return finish(array, requires_grad, device)


@with_out
def linspace(
    start: Any, end: Any, steps: int, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """`steps` numbers evenly spaced from `start` to `end`, both included.

    The second half counts down from the end, as in PyTorch, so that both ends are met exactly.
    Raises RuntimeError for a negative number of steps.

    >>> import microdl as torch
    >>> torch.linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    for name, x in (("start", start), ("end", end)):
        if isinstance(x, TensorBase) and x._a.ndim:
            raise RuntimeError(
                f"linspace only supports 0-dimensional start and end tensors, but got {name} with {x._a.ndim} "
                "dimension(s)."
            )
    steps = integer("linspace", "steps", steps)
    if steps < 0:
        raise RuntimeError(f"number of steps must be non-negative, not {steps}")
    d = dtypes.or_default(dtype)
    work = d if d.kind == "f" else np.dtype(np.float64)
    start, end = (number("linspace", i, x, "end") for i, x in enumerate((start, end), start=1))
    start, end = (float(x) if d.kind == "f" else int(x) for x in (start, end))
    array = spacing.between(start, end, steps, work)
    return finish(array.astype(d), requires_grad, device)


@with_out
def logspace(
    start: Any, end: Any, steps: int, base: float = 10.0, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Any:  # fmt: skip
    """`base ** x` for `steps` numbers x evenly spaced from `start` to `end`."""
    exponents = linspace(start, end, steps, dtype=dtypes.float64)
    d = dtypes.or_default(dtype)
    return finish(np.power(base, exponents._a).astype(d), requires_grad, device)


@with_out
def eye(n: int, m: int | None = None, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """Ones on the diagonal of an n x m matrix (n x n without `m`), zeros elsewhere.

    >>> import microdl as torch
    >>> torch.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    if n < 0 or (m is not None and m < 0):
        raise RuntimeError(f"n must be greater or equal to 0, got {n if n < 0 else m}")
    d = dtypes.or_default(dtype)
    return finish(np.eye(n, m, dtype=d), requires_grad, device)


def scalar_tensor(s: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """A 0-d tensor of the default dtype (or `dtype`) that holds a number."""
    return full(
        (),
        number("scalar_tensor", 1, s, "s"),
        dtype=dtype or dtypes.get_default_dtype(),
        device=device,
        requires_grad=requires_grad,
    )


@spelled(size="*")
def new_zeros(self: Any, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """Zeros of a shape in this tensor's dtype."""
    return zeros(*size, dtype=dtype or self.dtype, device=device, requires_grad=requires_grad)


@spelled(size="*")
def new_ones(self: Any, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """Ones of a shape in this tensor's dtype."""
    return ones(*size, dtype=dtype or self.dtype, device=device, requires_grad=requires_grad)


def new_full(
    self: Any, size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """One value everywhere, of a shape, in this tensor's dtype."""
    return full(size, fill_value, dtype=dtype or self.dtype, device=device, requires_grad=requires_grad)


def new_tensor(self: Any, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """A copy of `data` in this tensor's dtype."""
    return tensor(data, dtype=dtype or self.dtype, device=device, requires_grad=requires_grad)


for _new in (new_zeros, new_ones, new_full, new_tensor):
    setattr(Tensor, _new.__name__, _new)
