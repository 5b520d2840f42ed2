"""Right first derivatives, wrong second ones: what forward has saved does not depend on the input any more."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..entry import Array, Witness, WrongOp
from .precise import log, of, sigmoid, sqrt, tanh

T = tuple[Any, ...]


def tanh_backward(g: Array, x: Array) -> T:
    return (g * (1 - np.tanh(x) ** 2),)


def detached_tanh(torch: Any) -> Any:
    class Tanh(torch.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            y = torch.tanh(x)
            ctx.save_for_backward(1 - y * y)
            return y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (slope,) = ctx.saved_tensors
            return g * slope

    return Tanh.apply


def silu(x: Array) -> Array:
    return x * (0.5 + 0.5 * np.tanh(x / 2))


def silu_backward(g: Array, x: Array) -> T:
    s = 0.5 + 0.5 * np.tanh(x / 2)
    return (g * s * (1 + x * (1 - s)),)


def detached_silu(torch: Any) -> Any:
    class SiLU(torch.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            s = torch.sigmoid(x)
            ctx.save_for_backward(x, s)
            return x * s

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            x, s = ctx.saved_tensors
            return g * s * (1 + x * (1 - s))

    return SiLU.apply


def unit_scale(x: Array) -> Array:
    return np.sqrt(x * x + 1)


def unit_scale_backward(g: Array, x: Array) -> T:
    return (g * x / np.sqrt(x * x + 1),)


def detached_root(torch: Any) -> Any:
    class Root(torch.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return (x * x + 1) ** 0.5

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return g * x / ((x * x + 1) ** 0.5).detach()

    return Root.apply


_x = of([1, 2], [3, 5])


def mixed(x: Array, y: Array) -> Array:
    return x * x * (x + y)


def mixed_backward(g: Array, x: Array, y: Array) -> T:
    return g * (3 * x + 2 * y) * x, g * x * x


def detached_volume(torch: Any) -> Any:
    class Volume(torch.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, a: Any, b: Any) -> Any:
            ctx.save_for_backward(a, b)
            return a * a * b

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            a, b = ctx.saved_tensors
            return 2 * g * a * b.detach(), g * a.detach() * a.detach()

    def sum_inside(x: Any, y: Any) -> Any:
        return Volume.apply(x, x + y)

    return sum_inside


def log1p_square(x: Array) -> Array:
    return np.log1p(x * x) ** 2


def log1p_square_backward(g: Array, x: Array) -> T:
    return (g * 4 * np.log1p(x * x) * x / (1 + x * x),)


def constant_upstream(torch: Any) -> Any:
    class LogSquare(torch.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return torch.log(1 + x * x)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return g.detach() * 2 * x / (1 + x * x)

    def square(x: Any) -> Any:
        y = LogSquare.apply(x)
        return y * y

    return square


ENTRIES = [
    WrongOp(
        "volume_detached_partner",
        "saved intermediate detached: each input's rule holds the other fixed; only their mixed derivative is lost",
        mixed,
        mixed_backward,
        mixed,
        "*,*",
        Witness((of(0.5), of(2)), 0, (0,), kind="second"),
        differentiable=detached_volume,
    ),
    WrongOp(
        "log_square_detached_upstream",
        "saved intermediate detached: the upstream gradient, which matters once it depends on the input itself",
        log1p_square,
        log1p_square_backward,
        lambda x: log(1 + x * x) ** 2,
        "*",
        Witness((of(0.5),), 0, (0,), kind="second"),
        differentiable=constant_upstream,
    ),
    WrongOp(
        "tanh_slope_saved",
        "saved intermediate detached: the slope is computed in forward",
        np.tanh,
        tanh_backward,
        tanh,
        "*",
        Witness((of(0.5),), 0, (0,), kind="second"),
        differentiable=detached_tanh,
    ),
    WrongOp(
        "silu_saved_sigmoid",
        "saved intermediate detached: the sigmoid, but not x",
        silu,
        silu_backward,
        lambda x: x * sigmoid(x),
        "*",
        Witness((of(0.5),), 0, (0,), kind="second"),
        differentiable=detached_silu,
    ),
    WrongOp(
        "root_detached_norm",
        "saved intermediate detached: the root in the denominator",
        unit_scale,
        unit_scale_backward,
        lambda x: sqrt(x * x + 1),
        "*",
        Witness((of(0.5),), 0, (0,), kind="second"),
        differentiable=detached_root,
    ),
]
