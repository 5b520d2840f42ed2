"""How a tensor prints: the digits, widths, line breaks and suffixes of PyTorch's ``repr``.

Three steps: keep only the elements that will be shown, turn each into a cell of text, nest the cells in
brackets. Arrays in, strings out. Source: the printed output of PyTorch 2.13.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import compress
from numbers import Integral, Real
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["format_scalar", "format_tensor", "get_printoptions", "set_printoptions"]


@dataclass(frozen=True)
class _PrintOptions:
    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: float = 80
    sci_mode: bool | None = None


_PROFILES = {
    "default": _PrintOptions(),
    "short": _PrintOptions(precision=2, edgeitems=2),
    "full": _PrintOptions(threshold=math.inf),
}
_options = _PROFILES["default"]

_FLOATS = ("float16", "float32", "float64")
_OTHERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool")
_RULES = {
    "precision": "an integer >= 0",
    "edgeitems": "an integer >= 0",
    "threshold": "a number",
    "linewidth": "a finite number",
}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: float | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Set how tensors print. ``None`` keeps the current value, but every call sets ``sci_mode``.

    Args:
        precision: digits after the decimal point (4).
        threshold: a tensor of more elements than this is summarised (1000).
        edgeitems: elements shown at either end of each summarised dimension (3).
        linewidth: columns after which a row of elements is wrapped (80).
        profile: ``"default"``, ``"short"`` (precision 2, edgeitems 2) or ``"full"`` (never summarise). Sets
            all four of the above; the other arguments then override it.
        sci_mode: always (``True``) or never (``False``) scientific notation; ``None`` chooses it if, of the
            finite non-zero elements shown, max|x| / min|x| > 1000, max|x| > 1e8 or min|x| < 1e-4.

    Raises:
        ValueError: unknown ``profile``; negative ``edgeitems``; ``precision`` no integer >= 0; a NaN.
        TypeError: ``edgeitems`` is not an integer, ``threshold`` or ``linewidth`` not a number.
        OverflowError: ``linewidth`` is infinite.

    An error leaves all as it was. PyTorch checks nothing until it prints, and ignores an unknown profile.

    >>> import microdl as torch
    >>> torch.set_printoptions(precision=2)
    >>> torch.tensor([1.12345])
    tensor([1.12])
    >>> torch.set_printoptions(profile="default")
    >>> torch.tensor([1.12345])
    tensor([1.1235])

    Source: https://docs.pytorch.org/docs/stable/generated/torch.set_printoptions.html
    """
    global _options
    if profile is not None and profile not in _PROFILES:
        raise ValueError(f"set_printoptions: profile must be one of {', '.join(_PROFILES)}, got {profile!r}")
    options = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    given: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    for name, value in given.items():
        if error := _option_error(name, value):
            raise error(f"set_printoptions: {name} must be {_RULES[name]}, got {value!r}")
    base = _options if profile is None else _PROFILES[profile]
    _options = replace(base, **given, sci_mode=sci_mode)


def _option_error(name: str, value: object) -> type[Exception] | None:
    """None for a good option; for a bad one the exception that PyTorch raises, if it does, when it prints."""
    if name in ("precision", "edgeitems"):
        if type(value) is bool or not isinstance(value, Integral):
            return TypeError if name == "edgeitems" else ValueError
        return ValueError if value < 0 else None
    if not isinstance(value, Real):
        return TypeError
    if math.isnan(value):
        return ValueError
    return OverflowError if name == "linewidth" and math.isinf(value) else None


def get_printoptions() -> dict[str, Any]:
    """Return the print options as keyword arguments for ``set_printoptions``.

    >>> from microdl.printing import get_printoptions
    >>> get_printoptions()
    {'precision': 4, 'threshold': 1000, 'edgeitems': 3, 'linewidth': 80, 'sci_mode': None}
    """
    return asdict(_options)


def format_tensor(
    a: npt.NDArray[Any],
    *,
    suffixes: Sequence[str] = (),
    indent: int = 0,
    prefix: str = "tensor(",
    default_dtype: npt.DTypeLike = np.float32,
) -> str:
    """Return what PyTorch prints for ``torch.tensor(a)``.

    Args:
        a: array of any shape and strides, of a boolean, integer or floating-point dtype.
        suffixes: follow ``size=`` and ``dtype=``, such as ``"requires_grad=True"``; one that does not fit the
            line begins a new one.
        indent: column at which the text will stand; its later lines are moved right by as much.
        prefix: precedes the values; later lines align with its end.
        default_dtype: the floating-point dtype that is not named.

    Raises:
        TypeError: ``a`` has a dtype that no tensor has.

    >>> import numpy as np
    >>> from microdl.printing import format_tensor
    >>> print(format_tensor(np.array([[1.0, -2.5], [np.nan, 0.0]]), suffixes=["requires_grad=True"]))
    tensor([[ 1.0000, -2.5000],
            [    nan,  0.0000]], dtype=torch.float64, requires_grad=True)
    >>> print(format_tensor(np.arange(2000)))
    tensor([   0,    1,    2,  ..., 1997, 1998, 1999])
    >>> print(format_tensor(np.zeros((0, 3), dtype=np.float32)))
    tensor([], size=(0, 3))

    Source: PyTorch's ``Tensor.__repr__``.
    """
    name = a.dtype.name
    if name not in _FLOATS + _OTHERS:
        raise TypeError(f"cannot print dtype {name}; convert to one of {', '.join(_FLOATS + _OTHERS)}")
    # The elements themselves tell int64 and bool; an empty tensor has none.
    implied = (np.dtype(default_dtype).name, *(("int64", "bool") if a.size else ()))
    own = []
    if _options.edgeitems == 0 if a.size else a.ndim != 1:
        own.append(f"size={a.shape}")
    if name not in implied:
        own.append(f"dtype=torch.{name}")
    column = indent + len(prefix)
    text = prefix + (_nested(a, column) if a.size else "[]")
    return _with_suffixes(text, [*own, *suffixes], indent, column) + ")"


def format_scalar(value: npt.NDArray[Any] | np.generic, spec: str) -> str:
    """Return ``format(value.item(), spec)``, which is how PyTorch formats a tensor of no dimensions.

    Raises:
        TypeError: ``value`` has dimensions.
        ValueError: ``spec`` does not suit the Python number.

    >>> import numpy as np
    >>> from microdl.printing import format_scalar
    >>> format_scalar(np.float32(0.1), ".3f"), format_scalar(np.float32(0.1), "")
    ('0.100', '0.10000000149011612')

    Source: PyTorch's ``Tensor.__format__``.
    """
    if value.ndim:
        raise TypeError(f"format {spec!r} needs a 0-d tensor, got shape {value.shape}; format its elements")
    return format(value.item(), spec)


def _nested(a: npt.NDArray[Any], indent: int) -> str:
    """The elements of a non-empty array in nested brackets, the first bracket at column ``indent``."""
    edge = _options.edgeitems
    cut = [a.size > _options.threshold and length > 2 * edge for length in a.shape]
    if any(cut):  # before anything is formatted, so that a large array costs no more than a small one
        ends = [*range(edge), *range(-edge, 0)]
        a = a[np.ix_(*(ends if c else range(length) for c, length in zip(cut, a.shape, strict=True)))]
    cells, width = _cells(a.ravel())
    cell = iter(cells)
    last = a.ndim - 1
    per_line = max(1, math.floor((_options.linewidth - indent - last) / (width + 2)))

    def block(axis: int) -> str:
        if axis > last:
            return next(cell)
        items = [block(axis + 1) for _ in range(a.shape[axis])]
        if cut[axis]:
            items.insert(edge, " ..." if axis == last and edge else "...")
        if axis == last:
            items = [", ".join(items[i : i + per_line]) for i in range(0, len(items), per_line)]
        separator = "," + "\n" * max(1, last - axis) + " " * (indent + axis + 1)
        return "[" + separator.join(items) + "]"

    return block(0)


def _cells(flat: npt.NDArray[Any]) -> tuple[list[str], int]:
    """The text of each element, right-justified to a common width, and that width."""
    values = flat.tolist()
    if flat.dtype.name not in _FLOATS:
        cells = [str(value) for value in values]
        width = max(map(len, cells), default=1)
    else:
        # Zeros and non-finite numbers have no say in the style or the width: one that is wider sticks out.
        measured = np.isfinite(flat) & (flat != 0)
        spec, point = _float_style(flat[measured])
        cells = [format(value, spec) + (point if math.isfinite(value) else "") for value in values]
        width = max(map(len, compress(cells, measured.tolist())), default=1)
    return [cell.rjust(width) for cell in cells], width


def _float_style(numbers: npt.NDArray[Any]) -> tuple[str, str]:
    """The format of every element and what follows a finite one, from the ``numbers`` that are measured."""
    if not numbers.size:
        return ".0f", "."
    magnitudes = np.abs(numbers)
    low, high = float(magnitudes.min()), float(magnitudes.max())
    scientific = _options.sci_mode
    if scientific is None:
        scientific = high / low > 1000 or high > 1e8 or low < 1e-4
    if scientific:
        return f".{_options.precision}e", ""
    if np.array_equal(numbers, np.ceil(numbers)):
        return ".0f", "."
    return f".{_options.precision}f", ""


def _with_suffixes(text: str, suffixes: Sequence[str], start: int, indent: int) -> str:
    """Append each suffix to the last line of ``text`` (which begins at column ``start``) or to a new line."""
    newline = text.rfind("\n")
    used = len(text) - newline - 1 + (start if newline < 0 else 0) + 2  # PyTorch keeps two columns free
    for suffix in suffixes:
        used += 2 + len(suffix)
        if used > _options.linewidth:
            text += ",\n" + " " * indent + suffix
            used = indent + len(suffix)  # but not on a line that holds suffixes only
        else:
            text += ", " + suffix
    return text
