"""Initial values of parameters, written in place and without history; the numbers are PyTorch's for the same seed.

A `generator` draws from another stream than the default one.
Source: https://pytorch.org/docs/stable/nn.init.html
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import random
from .._warning import warn
from ..autograd.graph import TensorBase, wrap
from ..autograd.inplace import write
from ..autograd.mode import no_grad
from ..ops.shape import number

__all__ = [
    "calculate_gain", "constant", "constant_", "eye", "eye_", "kaiming_normal", "kaiming_normal_", "kaiming_uniform",
    "kaiming_uniform_", "normal", "normal_", "ones_", "orthogonal", "orthogonal_", "sparse", "sparse_", "trunc_normal_",
    "uniform", "uniform_", "xavier_normal", "xavier_normal_", "xavier_uniform", "xavier_uniform_", "zeros_",
]  # fmt: skip

_GAINS = {
    **dict.fromkeys(("linear", "conv1d", "conv2d", "conv3d", "sigmoid"), 1),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), 1),
    "tanh": 5.0 / 3.0,
    "relu": math.sqrt(2.0),
    "selu": 3.0 / 4.0,
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By how much weights must be larger so that the signal keeps its variance through `nonlinearity`.

    1 for "linear" and "sigmoid", 5/3 for "tanh", sqrt(2) for "relu", sqrt(2 / (1 + slope^2)) for "leaky_relu" whose
    slope is `param` (0.01), 3/4 for "selu". Raises ValueError for another name, or a slope that is no number.

    >>> from microdl import nn
    >>> nn.init.calculate_gain("leaky_relu", 1.0)
    1.0

    Source: https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.calculate_gain
    """
    if nonlinearity in _GAINS:
        return _GAINS[nonlinearity]
    if nonlinearity != "leaky_relu":
        names = ", ".join([*_GAINS, "leaky_relu"])
        raise ValueError(f"Unsupported nonlinearity {nonlinearity}: use one of {names}")
    slope = 0.01 if param is None else param
    if isinstance(slope, bool) or not isinstance(slope, (int, float)):
        raise ValueError(f"negative_slope {param} not a valid number")
    return math.sqrt(2.0 / (1 + slope**2))


def _require(name: str, tensor: Any) -> Any:
    """The tensor itself; AttributeError (PyTorch's type for it) for anything else."""
    if not isinstance(tensor, TensorBase):
        raise AttributeError(
            f"'{type(tensor).__name__}' object has no attribute '{name}': nn.init.{name} writes into a tensor, such as "
            "layer.weight"
        )
    return tensor


def uniform_(tensor: Any, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Any:
    """Numbers uniform on [a, b). RuntimeError where a > b.

    >>> import microdl as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.nn.init.uniform_(torch.empty(2), -1, 1)
    tensor([-0.0075,  0.5364])
    """
    with no_grad():
        return random.uniform_(_require("uniform_", tensor), a, b, generator=generator)


def normal_(tensor: Any, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Any:
    """Numbers of the normal distribution. RuntimeError for a negative `std`."""
    with no_grad():
        return random.normal_(_require("normal_", tensor), mean, std, generator=generator)


def _fill(tensor: Any, value: Any, name: str) -> Any:
    """Writes numbers, or an array of them, into a tensor of any dtype."""
    array = np.asarray(value).astype(_require(name, tensor)._a.dtype)
    with no_grad():
        return write(tensor, lambda t: wrap(np.broadcast_to(array, t._a.shape)), (), name)


def constant_(tensor: Any, val: float) -> Any:
    """`val` everywhere.

    >>> import microdl as torch
    >>> torch.nn.init.constant_(torch.empty(2), 0.5)
    tensor([0.5000, 0.5000])
    """
    return _fill(tensor, number("fill_", 1, val, "value"), "fill_")


def ones_(tensor: Any) -> Any:
    """1 everywhere."""
    return constant_(tensor, 1.0)


def zeros_(tensor: Any) -> Any:
    """0 everywhere."""
    return constant_(tensor, 0.0)


def eye_(tensor: Any) -> Any:
    """The identity: 1 on the diagonal, 0 elsewhere. ValueError unless the tensor is a matrix."""
    if _require("eye_", tensor)._a.ndim != 2:
        raise ValueError(f"Only tensors with 2 dimensions are supported, not {tensor._a.ndim}")
    return _fill(tensor, np.eye(*tensor._a.shape), "eye_")


def _calculate_fan_in_and_fan_out(tensor: Any) -> tuple[int, int]:
    """How many inputs an output has, and how many outputs an input: for a weight (out, in, *), in and out times *."""
    shape = tensor._a.shape
    if len(shape) < 2:
        raise ValueError(
            f"Fan in and fan out can not be computed for tensor with fewer than 2 dimensions, here {list(shape)}"
        )
    field = math.prod(shape[2:])
    return shape[1] * field, shape[0] * field


def _fan(tensor: Any, mode: str) -> int:
    modes = ["fan_in", "fan_out"]
    if str(mode).lower() not in modes:
        raise ValueError(f"Mode {mode} not supported, please use one of {modes}")
    return _calculate_fan_in_and_fan_out(tensor)[modes.index(mode.lower())]


def xavier_uniform_(tensor: Any, gain: float = 1.0, generator: Any = None) -> Any:
    """U(-a, a) with a = gain * sqrt(6 / (fan_in + fan_out)). ValueError for fewer than 2 dimensions.

    Source: Glorot, Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010.
    """
    bound = math.sqrt(3.0) * _xavier_std(_require("uniform_", tensor), gain)
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Any, gain: float = 1.0, generator: Any = None) -> Any:
    """N(0, std^2) with std = gain * sqrt(2 / (fan_in + fan_out)). Errors and source as for `xavier_uniform_`."""
    return normal_(tensor, 0.0, _xavier_std(_require("normal_", tensor), gain), generator)


def _xavier_std(tensor: Any, gain: float) -> float:
    total = sum(_calculate_fan_in_and_fan_out(tensor))
    return gain * math.sqrt(2.0 / total) if total else 0.0


def kaiming_uniform_(
    tensor: Any, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Any:
    """U(-bound, bound) with bound = gain * sqrt(3 / fan); `a` is the slope of the leaky ReLU that follows.

    `mode` "fan_in" keeps the variance of the signal, "fan_out" that of the gradient. Raises ValueError for fewer than
    2 dimensions, another mode or an unknown nonlinearity. A tensor without elements is left alone, with a warning.

    Source: He et al., "Delving deep into rectifiers", 2015.
    """
    if _is_empty(_require("uniform_", tensor)):
        return tensor
    bound = math.sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Any, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Any:
    """N(0, std^2) with std = gain / sqrt(fan). Arguments, errors and source as for `kaiming_uniform_`."""
    if _is_empty(_require("normal_", tensor)):
        return tensor
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def _is_empty(tensor: Any) -> bool:
    if 0 not in tensor._a.shape:
        return False
    warn("Initializing zero-element tensors is a no-op")
    return True


def _kaiming_std(tensor: Any, a: float, mode: str, nonlinearity: str) -> float:
    fan = _fan(tensor, mode)
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def trunc_normal_(
    tensor: Any, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, generator: Any = None
) -> Any:
    """Numbers of the normal distribution, those outside [a, b] drawn anew.

    Where less than 30 % of the numbers would fall inside, uniform ones on [a, b) are drawn, and kept with a probability
    that is proportional to the density. Warns where the mean is more than 2 std outside. RuntimeError where a > b.
    """
    if a > b:
        raise RuntimeError(f"uniform_ expects to return a [from, to) range, but found from={a} > to={b}")
    if mean < a - 2 * std or mean > b + 2 * std:
        warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of values may be "
            f"incorrect: mean {mean}, std {std}, a {a}, b {b}.",
        )
    inside = _normal_cdf((b - mean) / std) - _normal_cdf((a - mean) / std)
    with no_grad():
        if inside > 0.3:
            return _redrawn(_require("normal_", tensor), mean, std, a, b, generator)
        return _rejected(_require("uniform_", tensor), mean, std, a, b, generator)


def _normal_cdf(x: float) -> float:
    return (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0


def _drawn_like(tensor: Any, draw: Callable[..., Any], *args: Any) -> Any:
    """A new array that is drawn as the tensor's own memory would be."""
    fresh = wrap(np.empty_like(tensor._a))
    return draw(fresh, *args[:-1], generator=args[-1])._a


def _redrawn(tensor: Any, mean: float, std: float, a: float, b: float, generator: Any) -> Any:
    if tensor._a.dtype.kind == "u" and a < 0:
        raise RuntimeError(f"value cannot be converted to type {tensor.dtype} without overflow: a is {a}")
    low, high = tensor._a.dtype.type(a), tensor._a.dtype.type(b)
    values = _drawn_like(tensor, random.normal_, mean, std, generator)
    while (outside := (values < low) | (values > high)).any():
        values = np.where(outside, _drawn_like(tensor, random.normal_, mean, std, generator), values)
    return _fill(tensor, values, "normal_")


def _rejected(tensor: Any, mean: float, std: float, a: float, b: float, generator: Any) -> Any:
    peak = -0.5 * ((max(a, min(mean, b)) - mean) / std) ** 2
    values, waiting = np.zeros_like(tensor._a), np.ones(tensor._a.shape, np.bool_)
    while waiting.any():
        candidates = _drawn_like(tensor, random.uniform_, a, b, generator)
        values = np.where(waiting, candidates, values)
        log_density = ((candidates - mean) / std) ** 2 * -0.5 - peak
        with np.errstate(divide="ignore"):
            waiting &= np.log(_drawn_like(tensor, random.uniform_, 0.0, 1.0, generator)) > log_density
    return _fill(tensor, values, "uniform_")


def orthogonal_(tensor: Any, gain: float = 1, generator: Any = None) -> Any:
    """An orthogonal matrix times `gain`: orthonormal rows or columns, whichever are fewer; (out, *) counts as a matrix.

    It is the Q of a matrix of normal numbers, with signs that make it unique and uniformly distributed, and agrees with
    PyTorch's to rounding. ValueError for fewer than 2 dimensions.

    Source: Saxe, McClelland, Ganguli, "Exact solutions to the nonlinear dynamics of learning", 2013.
    """
    shape = _require("orthogonal_", tensor)._a.shape
    if len(shape) < 2:
        raise ValueError(f"Only tensors with 2 or more dimensions are supported, not {len(shape)}")
    if not tensor._a.size:
        return tensor
    rows, columns = shape[0], tensor._a.size // shape[0]
    normal = random.normal_(wrap(np.empty((rows, columns), tensor._a.dtype)), generator=generator)._a
    q, r = np.linalg.qr(normal.T if rows < columns else normal)
    q = q * np.sign(np.diagonal(r))
    return _fill(tensor, (q.T if rows < columns else q).reshape(shape) * gain, "orthogonal_")


def sparse_(tensor: Any, sparsity: float, std: float = 0.01, generator: Any = None) -> Any:
    """N(0, std^2), with the share `sparsity` of each column set to 0. ValueError unless the tensor is a matrix.

    Source: Martens, "Deep learning via Hessian-free optimization", 2010.
    """
    if _require("normal_", tensor)._a.ndim != 2:
        raise ValueError(f"Only tensors with 2 dimensions are supported, not {tensor._a.ndim}")
    rows, columns = tensor._a.shape
    zeros = math.ceil(sparsity * rows)
    values = _drawn_like(tensor, random.normal_, 0.0, std, generator)
    for column in range(columns):
        values[random.randperm(rows)._a[:zeros], column] = 0
    return _fill(tensor, values, "normal_")


def _older(function: Callable[..., Any]) -> Callable[..., Any]:
    """PyTorch's first name for a function of this module, without the underscore: it warns, and does the same."""
    new = function.__name__
    old = new[:-1]

    def call(*args: Any, **kwargs: Any) -> Any:
        warn(f"`nn.init.{old}` is now deprecated in favor of `nn.init.{new}`.", FutureWarning)
        return function(*args, **kwargs)

    call.__name__ = call.__qualname__ = old
    call.__doc__ = f"`{new}` by its older name; FutureWarning."
    return call


uniform, normal, constant, eye = _older(uniform_), _older(normal_), _older(constant_), _older(eye_)
xavier_uniform, xavier_normal = _older(xavier_uniform_), _older(xavier_normal_)
kaiming_uniform, kaiming_normal = _older(kaiming_uniform_), _older(kaiming_normal_)
orthogonal, sparse = _older(orthogonal_), _older(sparse_)
