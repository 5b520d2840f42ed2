"""NumPy's spelling of an argument, `axis`, which PyTorch takes for `dim` everywhere."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

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
