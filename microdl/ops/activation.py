"""Activations: elementwise functions, one declaration each, derivative beside forward.

NaN passes through all of them. Those that make no sense for integers raise NotImplementedError, as in PyTorch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import kernels
from ..autograd.graph import TensorBase
from ..autograd.inplace import kinked
from ..autograd.kinds import of_kinds
from ..autograd.record import op, unary
from ..dtypes import from_numpy_dtype
from .arithmetic import tanh
from .changes import apply
from .gaussian import normal_cdf, normal_pdf
from .shape import require, reshape

__all__ = [
    "celu", "elu", "gelu", "hardsigmoid", "hardswish", "hardtanh", "leaky_relu", "logsigmoid", "mish", "prelu", "relu",
    "relu6", "selu", "sigmoid", "silu", "softplus", "softsign", "tanh", "threshold",
]  # fmt: skip


def on_any(call: Callable[..., Any]) -> Callable[[Any], Any]:
    """A declared operation for use in formulas: on a tensor it is recorded, on an array it only computes."""
    forward = call.op.forward  # type: ignore[attr-defined]
    return lambda x: call(x) if isinstance(x, TensorBase) else forward(x)


# --- sigmoids ----------------------------------------------------------------------------------------------


def sigmoid_array(x: Any) -> Any:
    """1 / (1 + exp(-x)), with exponentials of negative numbers only: nothing overflows, small values keep digits."""
    small = np.exp(-np.abs(x))
    return np.where(x < 0, small, 1) / (small + 1)


def log1p_exp(x: Any) -> Any:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


sigmoid = unary(
    "sigmoid",
    sigmoid_array,
    lambda g, out: g * (out * (1 - out)),
    floating=True,
    doc="""1 / (1 + exp(-input)) for each element; integers give floats. It does not overflow.

    >>> import microdl as torch
    >>> torch.sigmoid(torch.tensor([-1000., 0., 1.]))
    tensor([0.0000, 0.5000, 0.7311])

    Source: https://pytorch.org/docs/stable/generated/torch.sigmoid.html
    """,
)
_softplus_one = unary("softplus_one", log1p_exp, lambda g, input: g * sigmoid_of(input))
sigmoid_of: Callable[[Any], Any] = on_any(sigmoid)
softplus_of: Callable[[Any], Any] = on_any(_softplus_one)
tanh_of: Callable[[Any], Any] = on_any(tanh)

logsigmoid = unary(
    "log_sigmoid",
    of_kinds("f", "log_sigmoid_cpu", lambda input: -log1p_exp(-input)),
    lambda g, input: g * sigmoid_of(-input),
    doc="""log(1 / (1 + exp(-input))) for each element, without overflow or cancellation.

    >>> import microdl as torch
    >>> torch.nn.functional.logsigmoid(torch.tensor([-1000., 0.]))
    tensor([-1.0000e+03, -6.9315e-01])

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.logsigmoid.html
    """,
)
_silu = unary(
    "silu",
    of_kinds("f", "silu_cpu", lambda input: input * sigmoid_array(input)),
    lambda g, input: g * _silu_slope(input, sigmoid_of(input)),
)


def _silu_slope(x: Any, s: Any) -> Any:
    return s * (1 + x * (1 - s))


def silu(input: Any, inplace: bool = False) -> Any:
    """`input * sigmoid(input)`, also known as swish.

    Source: Elfwing, Uchibe, Doya, "Sigmoid-Weighted Linear Units", 2017.
    """
    return apply(_silu, input, (), inplace)


def _mish_slope(x: Any) -> Any:
    t = tanh_of(softplus_of(x))
    return t + x * (sigmoid_of(x) * (1 - t * t))


_mish = unary(
    "mish",
    of_kinds("f", "mish_cpu", lambda input: input * np.tanh(log1p_exp(input))),
    lambda g, input: g * _mish_slope(input),
)


def mish(input: Any, inplace: bool = False) -> Any:
    """`input * tanh(softplus(input))`. Source: D. Misra, "Mish", 2019."""
    return apply(_mish, input, (), inplace)


_softplus = op(
    "softplus",
    of_kinds(
        "f",
        "softplus_cpu",
        lambda input, beta, threshold: np.where(input * beta > threshold, input, log1p_exp(input * beta) / beta),
    ),
    input=lambda g, input, beta, threshold: np.where(input * beta > threshold, g, g * sigmoid_of(input * beta)),
)


def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """log(1 + exp(beta * input)) / beta, and `input` itself where `beta * input > threshold`.

    >>> import microdl as torch
    >>> torch.nn.functional.softplus(torch.tensor([-1., 0., 100.]))
    tensor([  0.3133,   0.6931, 100.0000])

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.softplus.html
    """
    return _softplus(require("softplus", input), float(beta), float(threshold))


# --- rectifiers --------------------------------------------------------------------------------------------


def _relu_forward(x: Any) -> Any:
    if x.dtype.char in "fd" and x.flags.c_contiguous:
        return kernels.activation.relu(x)
    if x.dtype.kind == "b":
        raise RuntimeError("Boolean inputs not supported for relu. Convert them first, for example with .float().")
    return np.maximum(x, 0)


def _relu_vjp(g: Any, out: Any) -> Any:
    if (
        type(g) is np.ndarray
        and g.dtype.char == out.dtype.char in "fd"
        and g.flags.c_contiguous
        and out.flags.c_contiguous
    ):
        return kernels.activation.relu_backward(g, out)
    return kinked(np.where(out <= 0, 0, g), out)


relu = unary(
    "relu",
    _relu_forward,
    _relu_vjp,
    doc="""max(0, input) for each element; the gradient at 0 is 0. RuntimeError for booleans.

    >>> import microdl as torch
    >>> torch.relu(torch.tensor([-1., 0., 2.]))
    tensor([0., 0., 2.])

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.relu.html
    """,
)
_leaky_relu = op(
    "leaky_relu",
    of_kinds("f", "leaky_relu_cpu", lambda input, slope: np.where(input > 0, input, input * slope)),
    input=lambda g, input, slope: kinked(np.where(input > 0, g, g * slope), input),
)


def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Any:
    """`input` where positive, else `negative_slope * input`.

    >>> import microdl as torch
    >>> torch.nn.functional.leaky_relu(torch.tensor([-1., 2.]), 0.1)
    tensor([-0.1000,  2.0000])
    """
    return apply(_leaky_relu, input, (float(negative_slope),), inplace)


_prelu = op(
    "prelu",
    lambda input, weight: np.where(input > 0, input, input * weight),
    grad_name="PreluKernelBackward0",
    input=lambda g, input, weight: kinked(np.where(input > 0, g, g * weight), input),
    weight=lambda g, input: np.where(input > 0, 0, g * input),
)


def prelu(input: Any, weight: Any) -> Any:
    """`input` where positive, else `weight * input`, with one learnable weight or one for each channel (dimension 1).

    Raises RuntimeError where the number of weights is neither 1 nor the number of channels, or the dtypes differ.

    Source: He et al., "Delving Deep into Rectifiers", 2015.
    """
    x, w = require("prelu", input)._a, require("prelu", weight)._a
    if w.ndim > 1:
        raise RuntimeError(f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {w.ndim}")
    if x.dtype != w.dtype:
        names = (from_numpy_dtype(a.dtype).legacy for a in (x, w))
        raise RuntimeError(f"prelu: Type promoting not supported. Got {' and '.join(names)}. Convert one of them.")
    channels = x.shape[1] if x.ndim > 1 else 1
    if w.size not in (1, channels):
        raise RuntimeError(
            f"Mismatch of parameter numbers and input channel size. Found parameter numbers = {w.size} and channel "
            f"size = {channels}. Give one weight, or one for each channel."
        )
    return _prelu(input, reshape(weight, (-1,) + (1,) * (x.ndim - 2) if x.ndim > 1 else (1,) * x.ndim))


def _elu_forward(input: Any, alpha: float, scale: float, input_scale: float) -> Any:
    negative = np.expm1(np.minimum(input, 0) * input_scale) * (alpha * scale)
    return np.where(input > 0, input * scale, negative)


def _elu_vjp(g: Any, input: Any, alpha: float, scale: float, input_scale: float) -> Any:
    negative = np.exp(np.where(input < 0, input, 0) * input_scale) * (alpha * scale * input_scale)
    return np.where(input <= 0, g * negative, g * scale)


_elu = op("elu", of_kinds("f", "elu_cpu", _elu_forward), input=_elu_vjp)
_celu = op("celu", of_kinds("f", "elu_cpu", _elu_forward), input=_elu_vjp)
_SELU = (1.6732632423543772848170429916717, 1.0507009873554804934193349852946, 1.0)


def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """`input` where positive, else `alpha * (exp(input) - 1)`.

    Source: Clevert, Unterthiner, Hochreiter, "Exponential Linear Units", 2015.
    """
    return apply(_elu, input, (float(alpha), 1.0, 1.0), inplace)


def selu(input: Any, inplace: bool = False) -> Any:
    """`elu` with the alpha and the scale that keep the mean at 0 and the variance at 1.

    Source: Klambauer et al., "Self-Normalizing Neural Networks", 2017.
    """
    return apply(_elu, input, _SELU, inplace)


def celu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """max(0, input) + min(0, alpha * (exp(input / alpha) - 1)). RuntimeError for an alpha of 0.

    Source: J. T. Barron, "Continuously Differentiable Exponential Linear Units", 2017.
    """
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    return apply(_celu, input, (float(alpha), 1.0, 1.0 / float(alpha)), inplace)


_GELU = math.sqrt(2 / math.pi)


def _gelu_inner(x: Any) -> Any:
    return tanh_of(_GELU * (x + 0.044715 * (x * (x * x))))


def _gelu_vjp(g: Any, input: Any, approximate: str) -> Any:
    if approximate == "none":
        return g * (normal_cdf(input) + input * normal_pdf(input))
    t = _gelu_inner(input)
    slope = (1 - t * t) * (_GELU * (1 + 3 * 0.044715 * (input * input)))
    return g * (0.5 * (1 + t) + 0.5 * (input * slope))


_gelu = op(
    "gelu",
    of_kinds(
        "f",
        "GeluKernelImpl",
        lambda input, approximate: (
            input * normal_cdf(input) if approximate == "none" else 0.5 * input * (1 + _gelu_inner(input))
        ),
    ),
    input=_gelu_vjp,
)


def gelu(input: Any, *, approximate: str = "none") -> Any:
    """`input` times the normal distribution's probability below it; "tanh" approximates that probability.

    Raises RuntimeError for another `approximate`.

    >>> import microdl as torch
    >>> torch.nn.functional.gelu(torch.tensor([-1., 0., 1.]))
    tensor([-0.1587,  0.0000,  0.8413])

    Source: Hendrycks, Gimpel, "Gaussian Error Linear Units", 2016.
    """
    if approximate not in ("none", "tanh"):
        raise RuntimeError(f"approximate argument must be either none or tanh, but got {approximate!r}.")
    return _gelu(require("gelu", input), approximate)


# --- piecewise linear --------------------------------------------------------------------------------------


def _hardtanh_forward(input: Any, low: float, high: float) -> Any:
    if input.dtype.kind == "b":
        raise RuntimeError("Bool inputs not supported for hardtanh. Convert them first, for example with .float().")
    if input.dtype.kind != "f":
        low, high = int(low), int(high)
        if input.dtype.kind == "u" and low < 0:
            raise RuntimeError(f"cannot do hardtanh on an unsigned type with negative limits: {low}")
    return np.minimum(np.maximum(input, low), high)


_hardtanh = op(
    "hardtanh",
    _hardtanh_forward,
    input=lambda g, input, low, high: kinked(np.where((input <= low) | (input >= high), 0, g), input),
)


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Any:
    """Each element moved into [min_val, max_val]; the gradient is 0 at the bounds. ValueError if they cross."""
    if min_val > max_val:
        raise ValueError(f"min_val cannot be greater than max_val, but got {min_val} and {max_val}")
    return apply(_hardtanh, input, (float(min_val), float(max_val)), inplace)


def relu6(input: Any, inplace: bool = False) -> Any:
    """min(max(0, input), 6). Source: Howard et al., "MobileNets", 2017."""
    return hardtanh(input, 0.0, 6.0, inplace)


_hardsigmoid = unary(
    "hardsigmoid",
    of_kinds("f", "hardsigmoid_cpu", lambda input: np.minimum(np.maximum(input + 3, 0), 6) / 6),
    lambda g, input: kinked(np.where((input > -3) & (input < 3), g / 6, 0), input),
)
_hardswish = unary(
    "hardswish",
    of_kinds("f", "hardswish_cpu", lambda input: input * np.minimum(np.maximum(input + 3, 0), 6) / 6),
    lambda g, input: np.where(input <= -3, 0, np.where(input < 3, g * (input / 3 + 0.5), g)),
)


def hardsigmoid(input: Any, inplace: bool = False) -> Any:
    """min(max(0, input + 3), 6) / 6. Source: Courbariaux, Bengio, David, "BinaryConnect", 2015."""
    return apply(_hardsigmoid, input, (), inplace)


def hardswish(input: Any, inplace: bool = False) -> Any:
    """`input * hardsigmoid(input)`. Source: Howard et al., "Searching for MobileNetV3", 2019."""
    return apply(_hardswish, input, (), inplace)


def _number(value: float, input: Any) -> Any:
    """As PyTorch writes a number into the input's dtype: integers lose the fraction, and wrap where they overflow."""
    return value if input.dtype.kind == "f" else np.asarray(int(value)).astype(input.dtype)


_threshold = op(
    "threshold",
    of_kinds(
        "fiu",
        "threshold_cpu",
        lambda input, threshold, value: np.where(
            input <= _number(threshold, input), np.asarray(_number(value, input)).astype(input.dtype), input
        ),
    ),
    input=lambda g, input, threshold: kinked(np.where(input <= threshold, 0, g), input),
)


def threshold(input: Any, threshold: float, value: float, inplace: bool = False) -> Any:
    """`input` where it is above `threshold`, else `value`.

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.threshold.html
    """
    return apply(_threshold, input, (float(threshold), float(value)), inplace)


def softsign(input: Any) -> Any:
    """`input / (1 + abs(input))`."""
    return input / (1 + abs(require("softsign", input)))
