"""First derivatives right, second ones wrong: ops written with torch.autograd.Function, on PyTorch or microdl."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import exact as e
from ..entry import Witness, WrongOp

A = np.array


def entropy_forward(x: Any, t: Any) -> Any:
    top = x.max(-1, keepdims=True)
    return (np.log(np.exp(x - top).sum(-1)) + top[..., 0]) * t.sum(-1) - (t * x).sum(-1)


def entropy_backward(g: Any, x: Any, t: Any) -> Any:
    p = np.exp(x - x.max(-1, keepdims=True))
    p = p / p.sum(-1, keepdims=True)
    total = t.sum(-1, keepdims=True)
    lse = np.expand_dims(np.log(np.exp(x - x.max(-1, keepdims=True)).sum(-1)) + x.max(-1), -1)
    return g[..., None] * (p * total - t), g[..., None] * (lse - x)


def entropy_exact(x: Any, t: Any) -> Any:
    return e.logsumexp(x) * t.sum(-1) - (t * x).sum(-1)


def entropy_differentiable(torch: Any) -> Callable[..., Any]:
    class Entropy(torch.autograd.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any, t: Any) -> Any:
            lse = torch.logsumexp(x, -1)
            total = t.sum(-1)
            ctx.slope = (torch.exp(x - lse.unsqueeze(-1)) * total.unsqueeze(-1) - t).detach()
            ctx.save_for_backward(x)
            return lse * total - (t * x).sum(-1)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return g.unsqueeze(-1) * ctx.slope, g.unsqueeze(-1) * (torch.logsumexp(x, -1).unsqueeze(-1) - x)

    return Entropy.apply


def sinh_differentiable(torch: Any) -> Callable[..., Any]:
    class Sinh(torch.autograd.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            up, down = torch.exp(x), torch.exp(-x)
            ctx.save_for_backward(up, down)  # neither inputs nor outputs: constants to a second backward
            return (up - down) / 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            up, down = ctx.saved_tensors
            return g * (up + down) / 2

    return Sinh.apply


def sinh_backward(g: Any, x: Any) -> Any:
    return g * np.cosh(x)


def logaddexp_backward(g: Any, a: Any, b: Any) -> Any:
    out = np.logaddexp(a, b)
    return g * np.exp(a - out), g * np.exp(b - out)


def logaddexp_differentiable(torch: Any) -> Callable[..., Any]:
    def weight(d: Any) -> Any:
        return 1 / (1 + torch.exp(-d))  # infinity over infinity once differentiated

    class LogAddExp(torch.autograd.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, a: Any, b: Any) -> Any:
            ctx.save_for_backward(a, b)
            return torch.logaddexp(a, b)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            a, b = ctx.saved_tensors
            return g * weight(a - b), g * weight(b - a)

    return LogAddExp.apply


ENTRIES = [
    WrongOp(
        "entropy_hessian_zero",
        "saved intermediate detached: the fused op's slope is a constant to a second backward",
        entropy_forward,
        entropy_backward,
        entropy_exact,
        "nc,nc",
        Witness((A([[0.5, 0.5]]), A([[1.0, 0.0]])), 0, (0, 0), kind="second"),
        ("real", "probability"),
        source="TensorFlow (2016, 2017), tensorflow/tensorflow issues 7403 and 5876",
        differentiable=entropy_differentiable,
    ),
    WrongOp(
        "sinh_intermediates",
        "saved intermediate detached: exponentials computed in forward and saved",
        np.sinh,
        sinh_backward,
        e.sinh,
        "*",
        Witness((A([1.0]),), 0, (0,), kind="second"),
        source="Documentation of PyTorch's save_for_backward, which warns of it",
        differentiable=sinh_differentiable,
    ),
    WrongOp(
        "logaddexp_second",
        "sigmoid and softplus overflow: NaN in the second derivative only",
        np.logaddexp,
        logaddexp_backward,
        lambda a, b: e.logsumexp(np.stack([a, b]), axis=0),
        "n,n",
        Witness((A([0.0]), A([800.0])), 0, (0,), kind="second"),
        source="PyTorch, pytorch/pytorch pull request 196787 (issue 196704)",
        differentiable=logaddexp_differentiable,
    ),
]
