"""Activations that shrink towards zero, the gated linear unit, and the randomised rectifier."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.inplace import kinked
from ..autograd.kinds import no_kernel, of_kinds
from ..autograd.record import op
from .activation import sigmoid_array, sigmoid_of
from .arithmetic import tanh
from .changes import apply
from .shape import require, wrap_dim

__all__ = ["glu", "hardshrink", "rrelu_of", "softshrink", "tanhshrink"]

_hardshrink = op(
    "hardshrink",
    of_kinds("f", "hardshrink_cpu", lambda input, lambd: np.where((input >= -lambd) & (input <= lambd), 0, input)),
    input=lambda g, input, lambd: kinked(np.where((input >= -lambd) & (input <= lambd), 0, g), input),
)
_softshrink = op(
    "softshrink",
    lambda input, lambd: input - np.minimum(np.maximum(input, -lambd), lambd),
    input=lambda g, input, lambd: kinked(np.where((input >= -lambd) & (input <= lambd), 0, g), input),
)


def hardshrink(input: Any, lambd: float = 0.5) -> Any:
    """`input` where it is outside [-lambd, lambd], else 0.

    >>> import microdl as torch
    >>> torch.nn.functional.hardshrink(torch.tensor([-1., 0.3, 2.]))
    tensor([-1.,  0.,  2.])

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.hardshrink.html
    """
    return _hardshrink(require("hardshrink", input), float(lambd))


def softshrink(input: Any, lambd: float = 0.5) -> Any:
    """sign(input) * max(abs(input) - lambd, 0): the step of the L1 penalty. RuntimeError for a negative `lambd`.

    >>> import microdl as torch
    >>> torch.nn.functional.softshrink(torch.tensor([-1., 0.3, 2.]))
    tensor([-0.5000,  0.0000,  1.5000])

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.softshrink.html
    """
    a = require("softshrink", input)._a
    if a.dtype.kind != "f":
        raise no_kernel("softshrink_check", a.dtype)
    if not lambd >= 0:
        raise RuntimeError(f"softshrink: lambda must not be negative, but found {lambd:g}")
    return _softshrink(input, float(lambd))


def tanhshrink(input: Any) -> Any:
    """`input - tanh(input)`."""
    return input - tanh(require("tanhshrink", input))


def _halves(x: Any, axis: int) -> tuple[Any, Any]:
    n = x.shape[axis] // 2
    before = (slice(None),) * axis
    first, second = (*before, slice(n)), (*before, slice(n, None))
    return x[first], x[second]


def _glu_forward(input: Any, axis: int) -> Any:
    values, gate = _halves(input, axis)
    return values * sigmoid_array(gate)


def _glu_vjp(g: Any, input: Any, axis: int) -> Any:
    values, gate = _halves(input, axis)
    s = sigmoid_of(gate)
    return np.concatenate([g * s, g * (values * (s * (1 - s)))], axis)


_glu = op("glu", of_kinds("f", "glu_cpu", _glu_forward), input=_glu_vjp)


def glu(input: Any, dim: int = -1) -> Any:
    """a * sigmoid(b), where a and b are the two halves of `input` along `dim`.

    Raises RuntimeError for a 0-d tensor and an odd size.

    >>> import microdl as torch
    >>> torch.nn.functional.glu(torch.tensor([2., 4., 0., 0.]))
    tensor([1., 2.])

    Source: Dauphin et al., "Language Modeling with Gated Convolutional Networks", 2017.
    """
    shape = require("glu", input)._a.shape
    if not shape:
        raise RuntimeError("glu does not support scalars because halving size must be even: the input is 0-d")
    axis = wrap_dim(dim, len(shape))
    if shape[axis] % 2:
        raise RuntimeError(f"Halving dimension must be even, but dimension {axis} is size {shape[axis]}")
    return _glu(input, axis)


_rrelu = op(
    "rrelu_with_noise",
    lambda input, slopes: np.where(input <= 0, input * slopes, input),
    input=lambda g, slopes: g * slopes,
)


def rrelu_of(input: Any, slopes: Any, inplace: bool) -> Any:
    """`input`, multiplied by its slope where it is not positive; `slopes` is an array, 1 where `input` is positive."""
    return apply(_rrelu, input, (slopes,), inplace)
