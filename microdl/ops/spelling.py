"""Other spellings of arguments that PyTorch takes: NumPy's `axis` for `dim`, and factors among the operands."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

from ..autograd.graph import TensorBase

Call = TypeVar("Call", bound=Callable[..., Any])


def or_axis(call: Call) -> Call:
    """A function whose `dim` may be spelled `axis`."""

    @functools.wraps(call)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if "axis" in kwargs:
            if "dim" in kwargs:
                raise TypeError(f"{call.__name__}() got both 'dim' and 'axis', which mean the same")
            kwargs["dim"] = kwargs.pop("axis")
        return call(*args, **kwargs)

    return wrapper  # type: ignore[return-value]


def or_factors_between(operands: int, *factors: str) -> Callable[[Call], Call]:
    """A function of so many operands that also takes its factors among them, as PyTorch did before 1.5 and still does.

    `x.add_(-lr, g)` is `x.add_(g, alpha=-lr)`, `addmm(beta, x, alpha, a, b)` is `addmm(x, a, b, beta=beta,
    alpha=alpha)`; a single factor is the first. UserWarning.
    """

    def decorator(call: Call) -> Call:
        @functools.wraps(call)
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
    warnings.warn(
        f"This overload of {name} is deprecated: factors come after the operands, by keyword ({spelled}).", stacklevel=4
    )
    rest = tuple(value for i, value in enumerate(args) if i not in places)
    return rest, {**kwargs, **{factor: args[i] for factor, i in zip(factors, places, strict=True)}}
