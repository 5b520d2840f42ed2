"""`assert_close`: whether values are equal up to tolerances, and in the error by how much they are not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import dtypes
from .._warning import warn
from ..autograd.graph import TensorBase, wrap

Array = np.ndarray[Any, Any]
Message = str | Callable[[str], str] | None

# (rtol, atol) of a dtype; integers and booleans are compared exactly
_TOLERANCES = {
    np.dtype(np.float16): (1e-3, 1e-5),
    np.dtype(np.float32): (1.3e-6, 1e-5),
    np.dtype(np.float64): (1e-7, 1e-7),
}


class _Pair(NamedTuple):
    """Two values that are no containers, and where they stand."""

    actual: Any
    expected: Any
    item: tuple[Any, ...]


class _Options(NamedTuple):
    rtol: float | None
    atol: float | None
    equal_nan: bool
    check_dtype: bool
    check_stride: bool
    allow_subclasses: bool


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: Message = None,
) -> None:
    """AssertionError unless `|actual - expected| <= atol + rtol * |expected|` everywhere.

    Tensors, NumPy arrays, numbers, booleans and None are compared with their like; sequences and mappings item by item.
    Tensors must agree in shape and, with `check_dtype`, in dtype (numbers: in type). Without `rtol` and `atol` they are
    those of the dtype: (1e-3, 1e-5) for float16, (1.3e-6, 1e-5) for float32, (1e-7, 1e-7) for float64, 0 for integers;
    of two dtypes, the larger. NaN equals NaN only with `equal_nan`. `msg` replaces the text of the error, or makes
    another of it. Devices and layouts are always the same here.

    ValueError where only one of `rtol` and `atol` is given, TypeError for values that cannot be compared.

    >>> import microdl as torch
    >>> torch.testing.assert_close(torch.ones(3), torch.ones(3) + 1e-6)
    >>> torch.testing.assert_close(torch.tensor([1., 2.]), torch.tensor([1., 4.]))
    Traceback (most recent call last):
    AssertionError: Tensor-likes are not close!
    <BLANKLINE>
    Mismatched elements: 1 / 2 (50.0%)
    Greatest absolute difference: 2.0 at index (1,) (up to 1e-05 allowed)
    Greatest relative difference: 0.5 at index (1,) (up to 1.3e-06 allowed)

    Source: https://pytorch.org/docs/stable/testing.html#torch.testing.assert_close
    """
    if (rtol is None) != (atol is None):
        missing = "rtol" if rtol is None else "atol"
        raise ValueError(f"Both 'rtol' and 'atol' must be either specified or omitted, but got no {missing}.")
    options = _Options(rtol, atol, equal_nan, check_dtype, check_stride, allow_subclasses)
    try:
        for pair in list(_pairs(_Pair(actual, expected, ()), allow_subclasses)):
            _compare(pair, options)
    except AssertionError as error:
        text = str(error)
        raise AssertionError(text if msg is None else msg(text) if callable(msg) else msg) from None


def assert_allclose(
    actual: Any,
    expected: Any,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = True,
    msg: str = "",
) -> None:
    """`assert_close` by its older name, for whatever `torch.tensor` takes, of any dtypes; FutureWarning."""
    warn(
        "`torch.testing.assert_allclose()` is deprecated since 1.12 and will be removed in a future release. "
        "Please use `torch.testing.assert_close()` instead.",
        FutureWarning,
    )
    actual, expected = (x if isinstance(x, TensorBase) else wrap(np.asarray(x)) for x in (actual, expected))
    if rtol is None and atol is None:
        rtol, atol = _tolerances(actual._a, expected._a)
    assert_close(
        actual, expected, rtol=rtol, atol=atol, equal_nan=equal_nan, check_dtype=False, msg=msg or None
    )  # fmt: skip


# --- which values are compared ---


def _fail(text: str, item: tuple[Any, ...]) -> AssertionError:
    where = f"\n\nThe failure occurred for item {''.join(f'[{key!r}]' for key in item)}" if item else ""
    return AssertionError(text + where)


def _pairs(pair: _Pair, allow_subclasses: bool) -> Iterator[_Pair]:
    """The values in two containers, each with its like; AssertionError where the containers differ."""
    actual, expected, item = pair
    if all(isinstance(x, Sequence) and not isinstance(x, str) for x in (actual, expected)):
        if len(actual) != len(expected):
            raise _fail(f"The length of the sequences mismatch: {len(actual)} != {len(expected)}", item)
        keys: Any = range(len(actual))
    elif isinstance(actual, Mapping) and isinstance(expected, Mapping):
        keys = _keys(pair)
    elif _comparable(actual, expected, allow_subclasses):
        yield pair
        return
    else:
        raise TypeError(
            f"No comparison pair was able to handle inputs of type {type(actual)} and {type(expected)}."
            + (f"\n\nThe failure occurred for item {''.join(f'[{key!r}]' for key in item)}" if item else "")
        )
    for key in keys:
        yield from _pairs(_Pair(actual[key], expected[key], (*item, key)), allow_subclasses)


def _keys(pair: _Pair) -> list[Any]:
    missing, additional = (
        [key for key in here if key not in there]
        for here, there in ((pair.expected, pair.actual), (pair.actual, pair.expected))
    )
    if missing or additional:
        raise _fail(
            "The keys of the mappings do not match:\n"
            f"Missing keys in the actual mapping: {_sorted(missing)}\n"
            f"Additional keys in the actual mapping: {_sorted(additional)}",
            pair.item,
        )
    return _sorted(list(pair.actual))


def _sorted(keys: list[Any]) -> list[Any]:
    try:
        return sorted(keys)
    except TypeError:  # keys of several types
        return keys


def _comparable(actual: Any, expected: Any, allow_subclasses: bool) -> bool:
    if actual is None or expected is None:
        return True
    if isinstance(actual, TensorBase) and isinstance(expected, TensorBase):
        return type(actual) is type(expected) or (
            allow_subclasses and (isinstance(actual, type(expected)) or isinstance(expected, type(actual)))
        )
    kinds: list[Any] = [(bool, np.bool_), (int, float, np.number), np.ndarray]
    return any(isinstance(actual, kind) and isinstance(expected, kind) for kind in kinds)


# --- how they are compared ---


def _compare(pair: _Pair, options: _Options) -> None:
    actual, expected, item = pair
    if actual is None or expected is None:
        if actual is not expected:
            raise _fail(f"None mismatch: {actual} is not {expected}", item)
    elif isinstance(actual, (bool, np.bool_)) and isinstance(expected, (bool, np.bool_)):
        if bool(actual) is not bool(expected):
            raise _fail(f"Booleans mismatch: {actual} is not {expected}", item)
    elif isinstance(actual, (int, float, np.number)):
        if options.check_dtype and type(actual) is not type(expected):
            raise _fail(f"The (d)types do not match: {type(actual)} != {type(expected)}.", item)
        _compare_values(np.asarray(_python(actual)), np.asarray(_python(expected)), item, options)
    else:
        _compare_arrays(pair, options)


def _python(number: Any) -> Any:
    return number.item() if isinstance(number, np.generic) else number


def _compare_arrays(pair: _Pair, options: _Options) -> None:
    a, b = (x._a if isinstance(x, TensorBase) else x for x in pair[:2])
    checks: list[tuple[str, Callable[[Array], Any], bool]] = [
        ("shape", lambda x: dtypes.Size(x.shape), True),
        ("dtype", lambda x: dtypes.from_numpy_dtype(x.dtype), options.check_dtype),
        ("stride()", lambda x: wrap(x).stride(), options.check_stride),
    ]
    for name, attribute, wanted in checks:
        if wanted and (here := attribute(a)) != (there := attribute(b)):
            raise _fail(f"The values for attribute '{name}' do not match: {here} != {there}.", pair.item)
    _compare_values(a, b, pair.item, options)


def _tolerances(a: Array, b: Array) -> tuple[float, float]:
    rtol, atol = zip(*(_TOLERANCES.get(x.dtype, (0.0, 0.0)) for x in (a, b)), strict=True)
    return max(rtol), max(atol)


def _compare_values(a: Array, b: Array, item: tuple[Any, ...], options: _Options) -> None:
    rtol, atol = _tolerances(a, b) if options.rtol is None or options.atol is None else (options.rtol, options.atol)
    if min(rtol, atol) < 0:
        raise RuntimeError(f"rtol and atol must be >= 0, but they are {rtol} and {atol}")
    kind = dtypes.promote_types(dtypes.from_numpy_dtype(a.dtype), dtypes.from_numpy_dtype(b.dtype)).numpy
    a, b = (x.astype(np.int64 if np.dtype(kind).kind in "biu" else kind) for x in (a, b))
    close = _close(a, b, rtol, atol, options.equal_nan)
    if not close.all():
        describe = _numbers if not a.ndim else _arrays
        raise _fail(describe(a, b, close, rtol, atol), item)


def _close(a: Array, b: Array, rtol: float, atol: float, equal_nan: bool) -> Array:
    with np.errstate(all="ignore"):
        near = np.abs(a - b) <= atol + np.abs(rtol * b)
    close: Array = (a == b) | (near & np.isfinite(a) & np.isfinite(b))
    return close | (np.isnan(a) & np.isnan(b)) if equal_nan else close


def _head(kind: str, rtol: float, atol: float) -> tuple[str, str, str]:
    if rtol == atol == 0:
        return f"{kind} are not equal!", "", ""
    return f"{kind} are not close!", f" (up to {atol} allowed)", f" (up to {rtol} allowed)"


def _numbers(a: Array, b: Array, close: Array, rtol: float, atol: float) -> str:
    title, absolute_limit, relative_limit = _head("Scalars", rtol, atol)
    x, y = a.item(), b.item()
    difference = abs(x - y)
    relative = difference / abs(y) if y else float("inf")
    return (
        f"{title}\n\nExpected {y} but got {x}.\nAbsolute difference: {difference}{absolute_limit}\n"
        f"Relative difference: {relative}{relative_limit}"
    )


def _arrays(a: Array, b: Array, close: Array, rtol: float, atol: float) -> str:
    title, absolute_limit, relative_limit = _head("Tensor-likes", rtol, atol)
    with np.errstate(all="ignore"):
        difference = np.where(close, 0, np.abs(a - b)).astype(a.dtype)
        size = np.abs(b) if b.dtype.kind == "f" else np.abs(b).astype(np.float32)
        relative = np.where(close, 0, (difference / size).astype(size.dtype))
    wrong = int((~close).sum())
    return (
        f"{title}\n\nMismatched elements: {wrong} / {a.size} ({wrong / a.size:.1%})\n"
        f"Greatest absolute difference: {_greatest(difference)}{absolute_limit}\n"
        f"Greatest relative difference: {_greatest(relative)}{relative_limit}"
    )


def _greatest(x: Array) -> str:
    flat = int(np.argmax(x))  # of NaNs, the first
    index = tuple(int(i) for i in np.unravel_index(flat, x.shape))
    return f"{x.ravel()[flat].item()} at index {index}"
