"""Arguments under all of their names, `out=`, and factors among the operands, for functions that do without them.

PyTorch's parser takes NumPy's `axis` for `dim`, and functions that are the same have arguments of other names:
`torch.inverse(input)` and `torch.linalg.inv(A)`. A call that uses none of this costs one test more.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from .._warning import warn
from ..autograd.graph import TensorBase, named
from ..autograd.record import store
from ..autograd.table import parameters

Call = TypeVar("Call", bound=Callable[..., Any])

AXIS = {"axis": "dim", "keepdims": "keepdim"}


def spelled(names: dict[str, str] | None = None, /, **more: str) -> Callable[[Call], Call]:
    """Lets a function take an argument by another name too: `spelled(axis="dim")`. TypeError where both are given.

    `"*"` stands for the sizes or dimensions that are otherwise given one by one.

    >>> power = spelled(exponent="n")(lambda x, n: x**n)
    >>> power(3, exponent=2)
    9
    >>> total = spelled(sizes="*")(lambda x, *parts: parts)
    >>> total(0, sizes=(2, 3))
    ((2, 3),)
    """
    return lambda call: _taking(call, {**(names or {}), **more})


def with_out(call: Call) -> Call:
    """Lets a function write what it returns into `out`, a tensor, or a tuple of as many as there are results.

    RuntimeError where a gradient is asked for, or shapes or dtypes do not fit; an `out` without elements takes the
    shape of the result.

    >>> import microdl as torch
    >>> place = torch.zeros(2)
    >>> torch.cat([torch.ones(1), torch.ones(1)], out=place) is place
    True
    >>> place
    tensor([1., 1.])
    """
    names = getattr(call, "spellings", None)
    return _taking(call if names is None else call.__wrapped__, {**(names or {}), "out": "out"})  # type: ignore[attr-defined]


def _taking(call: Call, names: dict[str, str]) -> Call:
    """`call` with other names for its arguments; with "out" among them, of what it returns."""
    first = parameters(call)[0] if "*" in names.values() else ""

    @wraps(call)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if not kwargs:
            return call(*args)
        if names.keys().isdisjoint(kwargs):
            return call(*args, **kwargs)
        out = kwargs.pop("out", None) if "out" in names else None
        args, kwargs = _by_own_names(call.__name__, first, names, args, kwargs)
        result = call(*args, **kwargs)
        return result if out is None else _written(call.__name__, out, result)

    wrapper.spellings = names  # type: ignore[attr-defined]
    return wrapper  # type: ignore[return-value]


def _by_own_names(
    name: str, first: str, names: dict[str, str], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    for other in names.keys() & kwargs.keys():
        own, value = names[other], kwargs.pop(other)
        if own == "*":
            args = (kwargs.pop(first), *args) if first in kwargs else args
            if len(args) > 1:
                raise TypeError(f"{name}() got its sizes twice: {args[1:]} and {other}={value}")
            args = (*args, value)
        elif own in kwargs:
            raise TypeError(f"{name}() got both '{own}' and '{other}', which mean the same")
        else:
            kwargs[own] = value
    return args, kwargs


def _written(name: str, out: Any, result: Any) -> Any:
    if not isinstance(result, tuple):
        return store(name, out, result)
    if not isinstance(out, (tuple, list)) or len(out) != len(result):
        raise TypeError(f"{name}(): argument 'out' must be a tuple of {len(result)} tensors, not {out!r}")
    return type(result)(store(name, place, part) for place, part in zip(out, result, strict=True))


def method_of(call: Call, name: str, doc: str) -> Call:
    """A function made for one method, under its name."""
    call.__name__ = call.__qualname__ = name
    call.__doc__ = doc
    return call


def in_one_tuple(call: Call) -> Call:
    """A method that takes sizes or dimensions one by one, as the function that takes them as one tuple only."""

    @wraps(call)
    def wrapper(input: Any, *sizes: Any, **kwargs: Any) -> Any:
        if len(sizes) > 1:
            raise TypeError(f"{call.__name__}() takes 2 positional arguments but {1 + len(sizes)} were given: {sizes}")
        if sizes and not isinstance(sizes[0], (tuple, list)):
            raise TypeError(f"{call.__name__}(): argument 2 must be tuple of ints, not {type(sizes[0]).__name__}")
        return call(input, *sizes, **kwargs)

    return wrapper  # type: ignore[return-value]


def one_step(name: str) -> Callable[[Call], Call]:
    """A function made of several operations, whose last step takes PyTorch's name for all of it."""

    def decorator(call: Call) -> Call:
        @wraps(call)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            result = call(*args, **kwargs)
            for t in result if isinstance(result, tuple) else (result,):
                named(t, name)
            return result

        return wrapper  # type: ignore[return-value]

    return decorator


def or_factors_between(operands: int, *factors: str) -> Callable[[Call], Call]:
    """A function of so many operands that also takes its factors among them, as PyTorch did before 1.5 and still does.

    `x.add_(-lr, g)` is `x.add_(g, alpha=-lr)`, `addmm(beta, x, alpha, a, b)` is `addmm(x, a, b, beta=beta,
    alpha=alpha)`; a single factor is the first. UserWarning.
    """

    def decorator(call: Call) -> Call:
        @wraps(call)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            extra = len(args) - operands
            if 0 < extra <= len(factors):
                args, kwargs = _factors_last(call.__name__, args, factors[:extra], kwargs)
            return call(*args, **kwargs)

        return wrapper  # type: ignore[return-value]

    return decorator


def _factors_last(
    name: str, args: tuple[Any, ...], factors: tuple[str, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    places = [i for i, value in enumerate(args[:-1]) if not isinstance(value, TensorBase)][: len(factors)]
    if len(places) < len(factors) or not kwargs.keys().isdisjoint(factors):
        return args, kwargs  # the call refuses them
    spelled = ", ".join(f"{factor}={args[i]}" for factor, i in zip(factors, places, strict=True))
    warn(f"This overload of {name} is deprecated: factors come after the operands, by keyword ({spelled}).")
    rest = tuple(value for i, value in enumerate(args) if i not in places)
    return rest, {**kwargs, **{factor: args[i] for factor, i in zip(factors, places, strict=True)}}
