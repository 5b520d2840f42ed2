"""Python and NumPy data as arrays of PyTorch's dtypes: what `tensor` and the old constructors are given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from .. import dtypes
from .._warning import warn
from ..autograd.graph import TensorBase

Array = np.ndarray[Any, Any]
_NUMBERS = {float, int, bool}


def array_of_data(data: Any, dtype: np.dtype[Any] | None = None) -> Array:
    """A new array of `data`: a number, nested sequences of numbers and 0-d tensors, a NumPy array or a tensor.

    Without a dtype in PyTorch's: Python floats give the default one, integers int64, NumPy data and tensors theirs.
    Raises TypeError or ValueError for what holds no numbers or is ragged, RuntimeError where a number does not fit.
    """
    if isinstance(data, TensorBase):
        warn(
            "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
            "sourceTensor.detach().clone().requires_grad_(True), rather than torch.tensor(sourceTensor).",
        )
        data = data._a
    if isinstance(data, (np.ndarray, np.generic)):
        return _of_numpy(data, dtype)
    if not isinstance(data, (list, tuple, range)):
        if not _is_sequence(type(data)):
            return _of_number(data, dtype)
        data = _as_lists(data)
    kinds = _kinds(data)
    if not kinds <= _NUMBERS:
        if any(map(_is_sequence, kinds)):
            data = _as_lists(data)
        if type(None) in kinds and dtype is not None:
            raise TypeError("must be real number, not NoneType")
        common = _common_dtype(data) if dtype is None or str in kinds else dtype
        return _nested_array(_plain(data)).astype(common)
    a = _nested_array(data)
    if a.dtype.kind in "Ou":
        raise _too_large()
    if dtype is None:
        dtype = dtypes.get_default_dtype().numpy if a.dtype.kind == "f" else a.dtype
    elif a.size and dtype.kind in "iu":
        for extreme in (a.min(), a.max()):
            dtypes.check_fits(extreme.item(), dtype, dtype.name)
    return a.astype(dtype, copy=False)


def _is_sequence(kind: type) -> bool:
    """Is it a sequence of a class of its own: a deque, an `array`, a column of pandas?"""
    known = (list, tuple, range, dict, str, bytes, np.ndarray, np.generic, TensorBase)
    return hasattr(kind, "__getitem__") and hasattr(kind, "__len__") and not issubclass(kind, known)


def _as_lists(data: Any) -> Any:
    """Nested sequences of any class as lists, element by element from 0, as PyTorch reads them."""
    if isinstance(data, (list, tuple)):
        return [_as_lists(x) for x in data]
    if not _is_sequence(type(data)):
        return data
    try:
        return [_as_lists(data[i]) for i in range(len(data))]
    except (IndexError, KeyError):
        kind = type(data).__name__
        raise ValueError(
            f"could not determine the shape of object type '{kind}': it has no elements 0 to {len(data) - 1}. "
            "Write torch.tensor(data.to_numpy())."
        ) from None


def _of_numpy(data: Any, dtype: np.dtype[Any] | None) -> Array:
    check_numpy(np.asarray(data))
    return np.array(data, dtype, order="C")


def check_numpy(a: Array) -> None:
    """TypeError for a dtype that PyTorch lacks, ValueError for foreign byte order and negative strides."""
    if not a.dtype.isnative:
        raise ValueError(
            "given numpy array has byte order different from the native byte order. Conversion between byte orders is "
            "currently not supported. Use array.astype(array.dtype.newbyteorder('='))."
        )
    dtypes.from_numpy_dtype(a.dtype)
    if any(s < 0 for s in a.strides):
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative strides are not "
            "currently supported. (You can probably work around this by making a copy of your array with array.copy().)"
        )


def _of_number(data: Any, dtype: np.dtype[Any] | None) -> Array:
    if not isinstance(data, (bool, int, float)):
        raise _not_numbers(data)
    if isinstance(data, int) and not -(2**63) <= data < 2**63:
        raise _too_large()
    if dtype is not None:
        dtypes.check_fits(data, dtype, dtype.name)
    return np.asarray(data).astype(dtypes.of_number(data) if dtype is None else dtype)


def _too_large() -> ValueError:
    return ValueError("Overflow when unpacking long long: a Python integer does not fit 64 bits.")


def _not_numbers(value: Any) -> Exception:
    kind = type(value).__name__
    if isinstance(value, str):
        return TypeError(f"new(): invalid data type 'str': a tensor holds numbers, not {value[:60]!r}")
    if isinstance(value, complex):
        return TypeError(f"complex tensors are not implemented in microdl: {value}")
    return RuntimeError(f"Could not infer dtype of {kind}: a tensor holds numbers, not {str(value)[:60]}")


def _kinds(data: Iterable[Any]) -> set[type]:
    """The types of the elements of nested sequences."""
    kinds = set(map(type, data))
    if kinds & {list, tuple}:
        nested = [x for x in data if isinstance(x, (list, tuple))]
        kinds = (kinds - {list, tuple}).union(*map(_kinds, nested))
    return kinds


def _leaves(data: Iterable[Any]) -> Iterator[Any]:
    for x in data:
        if isinstance(x, (list, tuple, range)):
            yield from _leaves(x)
        else:
            yield x


def _common_dtype(data: Any) -> np.dtype[Any]:
    """PyTorch's promotion of all the elements, each of equal standing."""
    if isinstance(text := next(_leaves(data)), str):
        raise ValueError(f"too many dimensions 'str': a tensor holds numbers, not {text[:60]!r}")
    found: dict[np.dtype[Any], None] = {}
    for x in _leaves(data):
        if isinstance(x, TensorBase):
            found[x._a.dtype] = None
        elif isinstance(x, (np.ndarray, np.generic)):
            found[dtypes.from_numpy_dtype(x.dtype).numpy] = None
        else:
            found[_of_number(x, None).dtype] = None
    common, *rest = found
    for d in rest:
        common = dtypes.promote(common, d)
    return common


def _plain(data: Any) -> Any:
    """Nested sequences with every tensor, which counts as a number, as one."""
    if isinstance(data, TensorBase):
        if data._a.size != 1:
            text = (
                f"only one element tensors can be converted to Python scalars, not one of shape {list(data._a.shape)}"
            )
            raise (ValueError if data._a.dtype.kind == "f" else TypeError)(
                text if data._a.dtype.kind == "f" else _NOT_AN_INDEX
            )
        return data._a.item()
    return [_plain(x) for x in data] if isinstance(data, (list, tuple)) else data


_NOT_AN_INDEX = (
    "only integer tensors of a single element can be converted to an index: write torch.stack(tensors) to join tensors"
)


def _nested_array(data: Any) -> Array:
    try:
        return np.array(data)
    except ValueError:
        raise _ragged(data, 0) or ValueError("expected sequences of equal length") from None


def _ragged(data: Any, dim: int) -> Exception | None:
    """What is wrong with sequences that form no array, at the first place where it shows."""
    is_nested = [isinstance(x, (list, tuple, np.ndarray)) for x in data]
    if not any(is_nested):
        return None
    if not is_nested[0]:
        found = type(data[is_nested.index(True)]).__name__
        return TypeError(f"'{found}' object cannot be interpreted as an integer: the sequences differ in depth")
    if not all(is_nested):
        return TypeError("not a sequence: the sequences differ in depth")
    for x in data:
        if len(x) != len(data[0]):
            return ValueError(f"expected sequence of length {len(data[0])} at dim {dim + 1} (got {len(x)})")
    return next((error for x in data if (error := _ragged(x, dim + 1))), None)


def legacy_array(data: tuple[Any, ...], dtype: np.dtype[Any] | None = None) -> Array:
    """What the old constructors make of their arguments: nothing, sizes, one nested sequence, array or tensor."""
    wanted = dtypes.get_default_dtype().numpy if dtype is None else dtype
    if not data:
        return np.empty(0, wanted)
    first = data[0]
    if (len(data) == 1 and isinstance(first, dtypes.Size)) or all(isinstance(n, (int, np.integer)) for n in data):
        return np.zeros(first if isinstance(first, tuple) else data, wanted)
    if len(data) > 1:
        raise TypeError(f"new() received an invalid combination of arguments: either sizes or one sequence, not {data}")
    if isinstance(first, TensorBase):
        if dtype is not None and first._a.dtype != dtype:
            raise TypeError(f"expected a tensor of {dtype} (got {first.dtype}). Convert it with .to().")
        held: Array = first._a
        return held
    if isinstance(first, np.ndarray):
        return array_of_data(first).astype(wanted, copy=False)
    if isinstance(first, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type(first).__name__}': a tensor holds numbers, not {first!r}")
    if not (isinstance(first, (list, tuple, range)) or _is_sequence(type(first))):
        raise TypeError(f"new(): data must be a sequence (got {type(first).__name__}). Write torch.tensor({first!r}).")
    return array_of_data(first, wanted)
