"""Reading and writing by index.

PyTorch resolves integers and slices first, as a view, and index tensors on what is left; NumPy counts an
integer among the index arrays. So an index is taken apart into these two steps, for reading and writing.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .._warning import warn
from ..autograd.graph import TensorBase, named, wrap
from ..autograd.inplace import check_writable, overwrite, takes_history, view, write
from ..autograd.record import op
from ..dtypes import check_fits
from .shape import expand, require, wrap_dim
from .spelling import spelled

Basic = tuple[Any, ...]
_ALL = slice(None)


# --- the declared steps ------------------------------------------------------------------------------------

_select_slices = view(
    "slice",
    lambda input, basic: input[basic],
    lambda g, input_shape, basic: _spread(g, input_shape, basic),
    lambda node: _last_step(*node.saved),
)


def _last_step(index: Basic, shape: tuple[int, ...]) -> str:
    """The step that PyTorch, which takes the items of an index one after the other, takes last."""
    items = [item for item in index if item is not ...]
    dim, last = 0, "AliasBackward0"
    if len(items) == 1 and isinstance(items[0], slice):
        return "SliceBackward0"
    for item in items:
        if item is None:
            last = "UnsqueezeBackward0"
        elif not isinstance(item, slice):
            last = "SelectBackward0"
        elif item.indices(shape[dim]) != (0, shape[dim], 1):
            last = "SliceBackward0"
        dim += item is not None
    return last


def _spread_forward(input: Any, shape: tuple[int, ...], basic: Basic) -> Any:
    out = np.zeros(shape, input.dtype)
    out[basic] = input
    return out


_spread: Callable[..., Any] = op(
    "slice_backward", _spread_forward, polymorphic=True, input=lambda g, basic: _basic(g, basic)
)


def _basic(g: Any, index: Basic) -> Any:
    return _select_slices(g, index) if isinstance(g, TensorBase) else g[index]


def _taken(input: Any, index: tuple[Any, ...]) -> Any:
    """In C order also where NumPy puts the indexed dimensions first in memory."""
    out = input[index]
    return np.asarray(out, order="C") if type(index[0]) is slice else out


_take = op(
    "index",
    _taken,
    polymorphic=True,
    input=lambda g, input_shape, index: _accumulate(g, input_shape, index),
)


def _accumulate_forward(input: Any, shape: tuple[int, ...], index: tuple[Any, ...]) -> Any:
    """Zeros with `input` added at `index`, repeated places included."""
    out = np.zeros(shape, input.dtype)
    if all(isinstance(i, slice) or i.dtype.kind == "b" for i in index):
        out[index] = input
    else:
        np.add.at(out, index, input)
    return out


_accumulate: Callable[..., Any] = op(
    "index_backward", _accumulate_forward, polymorphic=True, input=lambda g, index: _take(g, index)
)


def _put_forward(input: Any, value: Any, index: tuple[Any, ...]) -> Any:
    out = np.array(input)
    out[index] = value
    return out


_put: Callable[..., Any] = op(
    "index_put",
    _put_forward,
    polymorphic=True,
    input=lambda g, index: _put(g, 0, index),
    value=lambda g, index: _take(g, index),
)


# --- taking an index apart ---------------------------------------------------------------------------------


def _index_array(item: Any) -> Any:
    """An index tensor, list or array as an integer or boolean array; None for what is no such thing."""
    if isinstance(item, TensorBase):
        a = item._a
    elif isinstance(item, (list, tuple, range, np.ndarray)):
        a = np.asarray([i._a if isinstance(i, TensorBase) else i for i in item] if isinstance(item, list) else item)
        a = a.astype(np.int64) if a.size == 0 else a
    elif isinstance(item, (bool, np.bool_)):
        a = np.asarray(item)
    else:
        return None
    if a.dtype.kind not in "biu" or (a.ndim and a.dtype in (np.int8, np.int16)):
        raise IndexError(
            f"tensors used as indices must be long, int, byte or bool tensors, not {a.dtype}. Convert it, for "
            "example with .long()."
        )
    if a.dtype == np.uint8:
        warn("indexing with dtype torch.uint8 is now deprecated, please use a dtype torch.bool instead.")
        return a.astype(np.bool_)
    return a


def parse(index: Any, shape: tuple[int, ...]) -> tuple[Basic, tuple[Any, ...]]:
    """The two steps of an index on a tensor of `shape`: integers, slices and None; then index arrays."""
    items = [_item(i) for i in _as_tuple(index)]
    items = _without_ellipsis(items, len(shape))
    basic: list[Any] = []
    arrays: list[Any] = []
    dim = 0
    for item in items:
        if isinstance(item, np.ndarray):
            used = item.ndim if item.dtype.kind == "b" else 1
            _check_array(item, shape, dim, used)
            basic.extend([None] if used == 0 else [_ALL] * used)
            arrays.append(item if used else np.asarray([0] if item else [], np.int64))
            dim += used
        elif item is None:
            basic.append(None)
            arrays.append(_ALL)
        elif isinstance(item, slice):
            basic.append(_checked_slice(item))
            arrays.append(_ALL)
            dim += 1
        else:
            basic.append(_checked_int(item, shape, dim))
            dim += 1
    plain = all(isinstance(b, slice) and b == _ALL for b in basic)
    if not _has_arrays(arrays):
        return (*basic, ...), ()  # the ellipsis makes NumPy give a 0-d view where it would give a scalar
    return () if plain else tuple(basic), tuple(arrays)


def _as_tuple(index: Any) -> tuple[Any, ...]:
    """The items of an index. A short list of more than numbers means a tuple, as in PyTorch and NumPy of old."""
    if isinstance(index, tuple):
        return index
    if isinstance(index, list) and len(index) < 32 and any(_is_whole_index(i) for i in index):
        warn(
            "Using a non-tuple sequence for multidimensional indexing is deprecated: x[[i, j]] means x[i, j] where i "
            "or j is a tensor, list or slice. Write x[tuple(seq)] for that, x[torch.tensor(seq)] for the other.",
        )
        return tuple(index)
    return (index,)


def _is_whole_index(item: Any) -> bool:
    return item is None or item is Ellipsis or isinstance(item, (TensorBase, np.ndarray, list, tuple, range, slice))


def _has_arrays(items: Sequence[Any]) -> bool:
    return any(isinstance(i, np.ndarray) for i in items)


def _item(item: Any) -> Any:
    if item is None or item is Ellipsis or isinstance(item, slice):
        return item
    if type(item) is int:
        return item
    a = _index_array(item)
    if a is None:
        if isinstance(item, (str, bytes)):
            raise TypeError(f"new(): invalid data type '{type(item).__name__}': {item!r} is no index")
        try:
            return item.__index__()
        except AttributeError:
            raise IndexError(  # PyTorch's type
                "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices "
                f"(got {type(item).__name__})"
            ) from None
    return int(a) if a.ndim == 0 and a.dtype.kind != "b" else a


def _without_ellipsis(items: list[Any], ndim: int) -> list[Any]:
    used = sum(
        (i.ndim if i.dtype.kind == "b" else 1) if isinstance(i, np.ndarray) else i is not None and i is not Ellipsis
        for i in items
    )
    if used > ndim:
        raise IndexError(f"too many indices for tensor of dimension {ndim}: got {used}")
    where = [n for n, i in enumerate(items) if i is Ellipsis]
    if where:  # a second one stands for nothing
        n = where[0]
        return [*items[:n], *[_ALL] * (ndim - used), *(i for i in items[n + 1 :] if i is not Ellipsis)]
    return items


def _checked_slice(item: slice) -> slice:
    step = item.step
    if step is not None and step <= 0:
        raise ValueError(f"step must be greater than zero, got {step}. Use flip() to reverse.")
    try:
        return slice(*(None if b is None else operator.index(b) for b in (item.start, item.stop, step)))
    except TypeError:
        raise TypeError(f"slice indices must be integers or None or have an __index__ method, not {item}") from None


def _checked_int(item: int, shape: tuple[int, ...], dim: int) -> int:
    n = shape[dim]
    if not -n <= item < n:
        raise IndexError(f"index {item} is out of bounds for dimension {dim} with size {n}")
    return item


def _check_array(item: np.ndarray[Any, Any], shape: tuple[int, ...], dim: int, used: int) -> None:
    if item.dtype.kind == "b":
        if used and item.shape != shape[dim : dim + used]:
            raise IndexError(
                f"The shape of the mask {list(item.shape)} at index {dim} does not match the shape of the indexed "
                f"tensor {list(shape)} at index {dim}"
            )
        return
    n = shape[dim]
    if item.size and (item.max() >= n or item.min() < -n):
        worst = item.max() if item.max() >= n else item.min()
        raise IndexError(f"index {worst} is out of bounds for dimension {dim} with size {n}")


# --- reading and writing -----------------------------------------------------------------------------------


def getitem(input: Any, index: Any) -> Any:
    """`input[index]`: a view for integers and slices, a copy where index tensors or masks take part.

    Repeated indices each hand back their gradient, which accumulates. Raises IndexError out of range.
    """
    if type(index) is int:  # the loop over rows
        return _select_slices(input, (_checked_int(index, _non_scalar(input), 0), ...))
    basic, arrays = parse(index, input._a.shape)
    if basic or not arrays:
        input = _select_slices(input, basic)
    if not arrays:
        return input
    try:
        return _take(input, arrays)
    except IndexError:
        shapes = ", ".join(str(list(a.shape)) for a in arrays if isinstance(a, np.ndarray))
        raise IndexError(
            f"shape mismatch: indexing tensors could not be broadcast together with shapes {shapes}"
        ) from None


def _non_scalar(input: Any) -> tuple[int, ...]:
    shape: tuple[int, ...] = input._a.shape
    if not shape:
        raise IndexError(
            "invalid index of a 0-dim tensor. Use `tensor.item()` in Python to convert a 0-dim tensor to a number"
        )
    return shape


def setitem(input: Any, index: Any, value: Any) -> None:
    """`input[index] = value`, broadcast and cast to the tensor's dtype; recorded like any change in place."""
    basic, arrays = parse(None if index is True else index, input._a.shape)  # True: the whole, of any dtype
    if basic and not input._a.flags.writeable:  # some elements stand in several places: not these, perhaps
        input, basic = _select_slices(input, basic), ()
    check_writable(input, "index_put_")
    if isinstance(index, TensorBase) and index._a.dtype == np.uint8 and not getattr(value, "shape", ()):
        raise RuntimeError("masked_fill_ only supports boolean masks, but got mask with dtype uint8: use mask.bool()")
    if arrays and isinstance(value, TensorBase):
        check_same_dtype(input, value, arrays)
        if value._a.dtype != input._a.dtype:
            check_fits(value._a.item(), input._a.dtype)
    recorded = takes_history(input, (value,))
    source = value._a if isinstance(value, TensorBase) else _number(input, value)
    target = input._a[basic] if basic else input._a
    wanted = target[arrays].shape if arrays else target.shape
    source = _stripped(source, len(wanted))
    try:
        np.broadcast_to(source, wanted)
    except ValueError:
        if not arrays:
            expand(wrap(source), wanted)
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(source.shape)} cannot be broadcast to indexing result of "
            f"shape {list(wanted)}"
        ) from None
    if index is False:  # nothing is written
        return
    if recorded:
        held = value.reshape(source.shape) if isinstance(value, TensorBase) else wrap(source.astype(input._a.dtype))
        _write_recorded(input, basic, arrays, held)
        if not (source.ndim or arrays or _selects(basic, input._a.shape) or input._view_of or not input._a.ndim):
            named(input, "FillBackward3")
        return
    if arrays:
        target[arrays] = source
    else:
        input._a[basic] = source
    input._version_counter.bump("index_put_")


def _number(input: Any, value: Any) -> np.ndarray[Any, Any]:
    """A Python number as an array, if the tensor can hold it."""
    if isinstance(value, np.generic):
        value = value.item()
    if not isinstance(value, (bool, int, float)):
        kind = f"{'numpy.' if isinstance(value, np.ndarray) else ''}{type(value).__name__}"
        raise TypeError(
            f"can't assign a {kind} to a torch.{input.dtype.legacy}Tensor. Assign a number or a tensor, as with "
            "torch.as_tensor(value)."
        )
    check_fits(value, input._a.dtype)
    return np.asarray(value).astype(input._a.dtype)


def _write_recorded(input: Any, basic: Basic, arrays: tuple[Any, ...], value: Any) -> None:
    """A change of the view that the slices select, as in PyTorch: the tensor itself where they select all of it."""
    part = _select_slices(input, basic) if _selects(basic, input._a.shape) else input
    if arrays:
        write(part, _put, (value, arrays), "index_put_")
    else:
        write(part, overwrite, (value,), "index_put_")


def _selects(basic: Basic, shape: tuple[int, ...]) -> bool:
    """Whether slices give another shape, or less than the whole."""
    items = [item for item in basic if item is not ...]
    return any(not isinstance(i, slice) or i.indices(n) != (0, n, 1) for i, n in zip(items, shape, strict=False)) or (
        len(items) > len(shape)
    )


def check_same_dtype(input: Any, value: Any, arrays: tuple[Any, ...]) -> None:
    """Index arrays take a tensor of their tensor's dtype only; a mask also takes one element of any."""
    masked = value._a.size == 1 and all(isinstance(i, slice) or i.dtype.kind == "b" for i in arrays)
    if value._a.dtype != input._a.dtype and not masked:
        raise RuntimeError(
            "Index put requires the source and destination dtypes match, got "
            f"{input.dtype.legacy} for the destination and {value.dtype.legacy} for the source: use .to(x.dtype)."
        )


def _stripped(source: np.ndarray[Any, Any], ndim: int) -> np.ndarray[Any, Any]:
    while source.ndim > ndim and source.shape[0] == 1:
        source = source[0]
    return source


@spelled(axis="dim")
def select(input: Any, dim: int, index: int) -> Any:
    """The slice at `index` along `dim`, without that dimension: a view."""
    d = wrap_dim(dim, require("select", input)._a.ndim)
    i = _checked_int(int(index), _non_scalar(input), d)
    return _select_slices(input, (_ALL,) * d + (i, ...))
