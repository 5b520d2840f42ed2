"""Dtypes, `Size` and type promotion: PyTorch's names and rules over NumPy's dtypes.

NumPy and PyTorch disagree on mixed kinds (int64 with float32 is float64 in one and float32 in the other), so
promotion is decided here, once, and NumPy is only ever handed operands that already agree.
Source: https://pytorch.org/docs/stable/tensor_attributes.html#type-promotion-doc
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np


class dtype:
    """An element type, as `torch.float32` is one. `numpy` is the NumPy dtype it stands for.

    >>> import microdl as torch
    >>> torch.float32, torch.float32.is_floating_point, torch.int64.itemsize
    (torch.float32, True, 8)
    """

    __slots__ = ("legacy", "name", "numpy")

    def __init__(self, name: str, legacy: str) -> None:
        self.name = name
        self.numpy = np.dtype(name)
        self.legacy = legacy

    @property
    def is_floating_point(self) -> bool:
        return self.numpy.kind == "f"

    @property
    def is_complex(self) -> bool:
        return False

    @property
    def is_signed(self) -> bool:
        return self.numpy.kind in "fi"

    @property
    def itemsize(self) -> int:
        """Bytes an element takes."""
        return self.numpy.itemsize

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> tuple[Any, ...]:
        return _by_name, (self.name,)


float16 = half = dtype("float16", "Half")
float32 = dtype("float32", "Float")
float64 = double = dtype("float64", "Double")
int8 = dtype("int8", "Char")
int16 = short = dtype("int16", "Short")
int32 = dtype("int32", "Int")
int64 = long = dtype("int64", "Long")
uint8 = dtype("uint8", "Byte")
bool_ = dtype("bool", "Bool")

ALL = (float16, float32, float64, int8, int16, int32, int64, uint8, bool_)
_FROM_NUMPY = {d.numpy: d for d in ALL}
RANK = {"b": 0, "u": 1, "i": 1, "f": 2}  # of kinds: the higher one decides


def _by_name(name: str) -> dtype:
    return next(d for d in ALL if d.name == name)


def from_numpy_dtype(np_dtype: np.dtype[Any]) -> dtype:
    """The `dtype` of a NumPy dtype; TypeError for one that PyTorch does not have."""
    found = _FROM_NUMPY.get(np_dtype)
    if found is None:
        supported = ", ".join(d.name for d in ALL)
        raise TypeError(
            f"can't convert np.ndarray of type {np_dtype}. The only supported types are: {supported}. "
            "Convert it first, for example with array.astype('float32')."
        )
    return found


_C_TYPES = {"uint8": "uint8_t", "int8": "int8_t", "int16": "int16_t", "int32": "int", "int64": "int64_t"}
_C_TYPES |= {"float32": "float", "float64": "double", "float16": "at::Half", "bool": "bool"}
_LIMITS = {d.numpy: (np.iinfo(d.numpy).min, np.iinfo(d.numpy).max) for d in ALL if d.numpy.kind in "iu"}
_FLOAT32_END = float(np.finfo(np.float32).max) * (1 + 2.0**-25)


def check_fits(value: Any, d: np.dtype[Any], name: str | None = None) -> None:
    """RuntimeError where a Python number has no place among the values of a NumPy dtype; fractions are cut off.

    Negative whole numbers wrap in bytes, as in PyTorch.
    """
    if d in _LIMITS:
        low, high = _LIMITS[d]
        wraps = d == uint8.numpy and not isinstance(value, float)
        fits = (-high if wraps else low) <= value <= high
    else:
        too_large = isinstance(value, float) and _FLOAT32_END <= abs(value) < math.inf
        fits = d != float32.numpy or not too_large
    if not fits:
        raise RuntimeError(f"value cannot be converted to type {name or _C_TYPES[d.name]} without overflow: {value!r}")


class _Default:
    dtype: dtype = float32


def get_default_dtype() -> dtype:
    """The dtype of tensors made from Python floats: float32 until `set_default_dtype` changes it."""
    return _Default.dtype


def set_default_dtype(d: dtype) -> None:
    """Sets the dtype of tensors made from Python floats; TypeError unless `d` is a floating dtype."""
    if not isinstance(d, dtype) or not d.is_floating_point:
        raise TypeError(f"only floating-point types are supported as the default type, not {d!r}")
    _Default.dtype = d


def to_numpy_dtype(d: Any) -> np.dtype[Any]:
    """The NumPy dtype of a `dtype`; Python's float, int and bool stand for float64, int64 and bool."""
    if isinstance(d, dtype):
        return d.numpy
    if d is float:
        return float64.numpy
    if d is int:
        return int64.numpy
    if d is bool:
        return bool_.numpy
    raise TypeError(f"dtype must be a torch.dtype such as torch.float32, not {d!r}")


def of_number(value: Any) -> np.dtype[Any]:
    """The dtype that PyTorch gives a number of Python's or NumPy's: of a float, the default one."""
    if isinstance(value, (bool, np.bool_)):
        return bool_.numpy
    return int64.numpy if isinstance(value, (int, np.integer)) else _Default.dtype.numpy


def or_default(d: Any) -> np.dtype[Any]:
    """The NumPy dtype of `d`, or of the default dtype for None."""
    return _Default.dtype.numpy if d is None else to_numpy_dtype(d)


def promote(a: np.dtype[Any], b: np.dtype[Any]) -> np.dtype[Any]:
    """PyTorch's common dtype of two tensors of equal standing."""
    if a == b:
        return a
    rank_a, rank_b = RANK[a.kind], RANK[b.kind]
    if rank_a == rank_b:
        return np.promote_types(a, b)
    return a if rank_a > rank_b else b


def converted(a: np.ndarray[Any, Any], wanted: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """`a` in another dtype, itself where it has it; in C order where it repeats elements."""
    return a.astype(wanted, "C" if 0 in a.strides else "K", copy=False)


def promote_scalar(a: np.dtype[Any], value: Any) -> np.dtype[Any]:
    """The common dtype of a tensor and a Python number: only a higher kind of number promotes."""
    if isinstance(value, float):
        return a if a.kind == "f" else _Default.dtype.numpy
    if a.kind == "b" and not isinstance(value, bool):
        return int64.numpy
    return a


def promote_types(type1: dtype, type2: dtype) -> dtype:
    """The dtype of the result of combining tensors of two dtypes.

    >>> import microdl as torch
    >>> torch.promote_types(torch.int64, torch.float32)
    torch.float32
    """
    return from_numpy_dtype(promote(type1.numpy, type2.numpy))


class finfo:
    """Limits of a floating dtype: `bits, eps, max, min, tiny, smallest_normal, resolution`."""

    def __init__(self, type: dtype | None = None) -> None:
        self.dtype = (type or _Default.dtype).name
        if not (type or _Default.dtype).is_floating_point:
            raise TypeError(f"torch.finfo() requires a floating point input type, not {type}. Use torch.iinfo.")
        info = np.finfo(self.dtype)
        self.bits = info.bits
        self.eps, self.max, self.min = float(info.eps), float(info.max), float(info.min)
        self.tiny = self.smallest_normal = float(info.tiny)
        self.resolution = float(info.resolution)

    def __repr__(self) -> str:
        names = ("resolution", "min", "max", "eps", "smallest_normal", "tiny")
        return f"finfo({', '.join(f'{n}={getattr(self, n):g}' for n in names)}, dtype={self.dtype})"


class iinfo:
    """Limits of an integer dtype: `bits, max, min`."""

    def __init__(self, type: dtype) -> None:
        self.dtype = type.name
        if type.is_floating_point or self.dtype == "bool":
            raise TypeError(f"torch.iinfo() requires an integer input type, not {type}. Use torch.finfo.")
        info = np.iinfo(self.dtype)
        self.bits, self.max, self.min = info.bits, int(info.max), int(info.min)

    def __repr__(self) -> str:
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"


def result_dtype(arrays: list[np.ndarray[Any, Any]]) -> np.dtype[Any]:
    """The common dtype of arrays: a 0-d one counts only where its kind (float > int > bool) is the higher."""
    dims = [x.dtype for x in arrays if x.ndim]
    zeros = [x.dtype for x in arrays if not x.ndim]
    common = _fold(dims)
    scalar = _fold(zeros)
    if common is None or scalar is None:
        found = common or scalar
        if found is None:
            raise ValueError("result_dtype needs at least one array")
        return found
    return scalar if RANK[scalar.kind] > RANK[common.kind] else common


def _fold(dtypes: list[np.dtype[Any]]) -> np.dtype[Any] | None:
    if not dtypes:
        return None
    out = dtypes[0]
    for d in dtypes[1:]:
        out = promote(out, d)
    return out


class Size(tuple[int, ...]):
    """A tensor's shape: a tuple that prints as PyTorch's and counts its elements.

    >>> import microdl as torch
    >>> torch.zeros(2, 3).shape, torch.Size([2, 3]).numel()
    (torch.Size([2, 3]), 6)
    """

    __slots__ = ()

    def numel(self) -> int:
        """The number of elements: the product of the sizes."""
        out = 1
        for n in self:
            out *= n
        return out

    def __reduce__(self) -> Any:
        return Size, (tuple(self),)

    def __repr__(self) -> str:
        return f"torch.Size([{', '.join(map(str, self))}])"

    def __getitem__(self, index: Any) -> Any:
        out = tuple.__getitem__(self, index)
        return Size(out) if isinstance(index, slice) else out

    def __add__(self, other: Any) -> Size:
        return Size(tuple.__add__(self, tuple(other)))


def shape_strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The strides of a shape in C order, in elements; as in PyTorch a size of 0 counts as 1."""
    return tuple(math.prod(max(n, 1) for n in shape[i + 1 :]) for i in range(len(shape)))
