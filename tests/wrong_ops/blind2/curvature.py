"""Right first derivatives, wrong second ones: functions of torch (PyTorch or microdl)."""

from __future__ import annotations

from typing import Any

import numpy as np

from .tools import NP, of, wrong


def _unary(forward: Any, slope: Any) -> Any:
    """`differentiable` of y = forward(t, x), with backward g * slope(t, x, y); both are saved."""

    def make(torch: Any) -> Any:
        class Op(torch.autograd.Function):
            @staticmethod
            def forward(ctx: Any, x: Any) -> Any:
                y = forward(torch, x)
                ctx.save_for_backward(x, y)
                return y

            @staticmethod
            def backward(ctx: Any, g: Any) -> Any:
                x, y = ctx.saved_tensors
                return g * slope(torch, x, y)

        return Op.apply

    return make


def _nested(forward: Any, slope: Any, curve: Any) -> Any:
    """The same, where the slope is a Function of its own with backward g * curve(t, x)."""

    def make(torch: Any) -> Any:
        inner = _unary(slope, lambda t, x, y: curve(t, x))(torch)
        return _unary(forward, lambda t, x, y: inner(x))(torch)

    return make


def _product(torch: Any) -> Any:
    class Op(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            ctx.save_for_backward(x, y)
            return x * y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            x, y = ctx.saved_tensors
            return g * y.detach(), g * x

    return Op.apply


def _square_upstream(torch: Any) -> Any:
    class Op(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return 3 * g * x * x.detach()

    return Op.apply


def _back(slope: Any) -> Any:
    return lambda g, x: g * slope(x)


def _op(name: str, bug: str, f: Any, slope: Any, make: Any, x: float, domain: str = "real") -> Any:
    return wrong(
        name,
        bug,
        f,
        _back(slope),
        "*",
        of(x),
        domains=domain,
        kind="second",
        at=(0, (0,)),
        g=of(1.5),
        differentiable=make,
    )


S = NP.sigmoid

ENTRIES = [
    _op(
        "sin_twice",
        "saved intermediate detached",
        lambda M, x: M.sin(x),
        np.cos,
        _unary(lambda t, x: t.sin(x), lambda t, x, y: t.cos(x).detach()),
        0.7,
    ),
    _op(
        "tanh_twice",
        "saved intermediate detached: one of the two factors",
        lambda M, x: M.tanh(x),
        lambda x: 1 - np.tanh(x) ** 2,
        _unary(lambda t, x: t.tanh(x), lambda t, x, y: 1 - t.tanh(x) * t.tanh(x).detach()),
        0.7,
    ),
    _op(
        "exp_twice",
        "saved intermediate detached: the output",
        lambda M, x: M.exp(x),
        np.exp,
        _unary(lambda t, x: t.exp(x), lambda t, x, y: y.detach()),
        0.7,
    ),
    _op(
        "cube_twice",
        "saved intermediate detached: one of the two factors",
        lambda M, x: x * x * x,
        lambda x: 3 * x * x,
        _square_upstream,
        0.7,
    ),
    _op(
        "sigmoid_twice",
        "sign: of the second derivative",
        lambda M, x: M.sigmoid(x),
        lambda x: S(x) * S(-x),
        _nested(
            lambda t, x: t.sigmoid(x),
            lambda t, x: t.sigmoid(x) * t.sigmoid(-x),
            lambda t, x: t.sigmoid(x) * t.sigmoid(-x) * (2 * t.sigmoid(x) - 1),
        ),
        0.7,
    ),
    _op(
        "log_twice",
        "wrong second derivative: 1 % off",
        lambda M, x: M.log(x),
        lambda x: 1 / x,
        _nested(lambda t, x: t.log(x), lambda t, x: 1 / x, lambda t, x: -1.01 / (x * x)),
        0.7,
        "positive",
    ),
    _op(
        "softplus_twice",
        "wrong second derivative: 0 beyond 2",
        lambda M, x: M.softplus(x),
        S,
        _nested(
            lambda t, x: t.log1p(t.exp(x)),
            lambda t, x: t.sigmoid(x),
            lambda t, x: t.where(x > 2, t.zeros_like(x), t.sigmoid(x) * t.sigmoid(-x)),
        ),
        2.5,
    ),
    _op(
        "sqrt_twice",
        "wrong second derivative: its sign",
        lambda M, x: M.sqrt(x),
        lambda x: 0.5 / np.sqrt(x),
        _nested(lambda t, x: t.sqrt(x), lambda t, x: 0.5 / t.sqrt(x), lambda t, x: 0.25 / (x * t.sqrt(x))),
        0.7,
        "positive",
    ),
    _op(
        "pow4_twice",
        "wrong second derivative: of x**3 taken for 3 x",
        lambda M, x: x**4,
        lambda x: 4 * x**3,
        _nested(lambda t, x: x * x * x * x, lambda t, x: 4 * x * x * x, lambda t, x: 12 * x),
        0.7,
    ),
    _op(
        "cos_twice",
        "saved intermediate detached: for negative numbers only",
        lambda M, x: M.cos(x),
        lambda x: -np.sin(x),
        _unary(lambda t, x: t.cos(x), lambda t, x, y: t.where(x < 0, -t.sin(x).detach(), -t.sin(x))),
        -0.7,
    ),
    wrong(
        "product_twice",
        "saved intermediate detached: the other factor",
        lambda M, x, y: x * y,
        lambda g, x, y: (g * y, g * x),
        "*,*",
        of(0.5),
        of(2.0),
        kind="second",
        at=(0, (0,)),
        g=of(1.5),
        differentiable=_product,
    ),
]
