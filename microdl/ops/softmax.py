"""Softmax and its logarithm along a dimension. Their backward is an operation with a rule of its own."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import kernels
from .._warning import warn
from ..autograd.kinds import no_kernel
from ..autograd.record import op
from .arithmetic import cast
from .shape import require, wrap_dim
from .spelling import spelled

_SMALL = 64  # elements below which NumPy serves: no reason to load Numba for one example's scores
_ndarray = np.ndarray


def ready(a: Any) -> Any:
    """The array itself where a kernel takes it as it is: in C order and writable; else a copy."""
    return a if a.flags.carray else np.array(a, order="C")


def _compiled(name: str, dim: int, *arrays: Any) -> Any:
    """What a kernel makes of the rows of float32 or float64 arrays, or None where NumPy is to do it."""
    last = arrays[-1]
    if last.size < _SMALL or dim != last.ndim - 1 or last.dtype.char not in "fd":
        return None
    kernel = getattr(kernels.softmax, name)
    if last.ndim == 2:
        return kernel(*map(ready, arrays))  # and no view of it: a gradient that owns its memory is kept as it is
    return kernel(*(ready(a).reshape(-1, last.shape[-1]) for a in arrays)).reshape(last.shape)


def _shifted(x: Any, dim: int) -> Any:
    """`x` minus its maxima, half precision as single. A row of -inf alone, or with inf, becomes NaN, as in PyTorch."""
    if x.dtype == np.float16:
        x = x.astype(np.float32)
    return x - np.maximum.reduce(x, axis=dim, keepdims=True)


def _softmax_forward(input: Any, dim: int) -> Any:
    _check_floating("softmax_lastdim_kernel_impl", input)
    if not input.ndim:
        return np.exp(input - input)
    if not input.size:
        return np.ones_like(input)
    out = _compiled("softmax", dim, input)
    if out is None:
        e = np.exp(_shifted(input, dim))
        out = (e / np.add.reduce(e, axis=dim, keepdims=True)).astype(input.dtype, "C", copy=False)
    return out


def _log_softmax_forward(input: Any, dim: int) -> Any:
    _check_floating("log_softmax_lastdim_kernel_impl", input)
    if not input.ndim or not input.size:
        return input - input
    out = _compiled("log_softmax", dim, input)
    if out is None:
        z = _shifted(input, dim)
        out = (z - np.log(np.add.reduce(np.exp(z), axis=dim, keepdims=True))).astype(input.dtype, "C", copy=False)
    return out


def _check_floating(kernel: str, x: Any) -> None:
    if x.dtype.kind != "f":
        raise no_kernel(kernel, x.dtype)


def _total(x: Any, dim: int) -> Any:
    """The sum along `dim`, kept with size 1, of an array or a tensor (a 0-d one is its own sum)."""
    return np.add.reduce(x, axis=dim, keepdims=True) if x.ndim else x


def _softmax_backward_forward(g: Any, out: Any, dim: int) -> Any:
    dx = _compiled("softmax_backward", dim, g, out)
    return out * (g - _total(g * out, dim)) if dx is None else dx


def _log_softmax_backward_forward(g: Any, out: Any, dim: int) -> Any:
    dx = _compiled("log_softmax_backward", dim, g, out)
    return g - np.exp(out) * _total(g, dim) if dx is None else dx


# In the formulas of a backward `g` is the gradient it was given, and `h` that of its result.

softmax_backward: Callable[..., Any] = op(
    "softmax_backward",
    lambda grad, y, dim: _softmax_backward_forward(grad, y, dim),
    polymorphic=True,
    grad_name="SoftmaxBackwardDataBackward0",
    grad=lambda g, y, dim: softmax_backward(g, y, dim),
    y=lambda g, grad, y, dim: g * (grad - _total(grad * y, dim)) - grad * _total(g * y, dim),
)
log_softmax_backward: Callable[..., Any] = op(
    "log_softmax_backward",
    lambda grad, logp, dim: _log_softmax_backward_forward(grad, logp, dim),
    polymorphic=True,
    grad_name="LogSoftmaxBackwardDataBackward0",
    grad=lambda g, logp, dim: g - _total(g * np.exp(logp), dim),
    logp=lambda g, grad, logp, dim: -g * (np.exp(logp) * _total(grad, dim)),
)
_softmax = op("softmax", _softmax_forward, input=lambda g, out, dim: softmax_backward(g, out, dim))
_log_softmax = op("log_softmax", _log_softmax_forward, input=lambda g, out, dim: log_softmax_backward(g, out, dim))


@spelled(axis="dim")
def softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    """exp(input_i) / sum_k exp(input_k) along `dim`: positive numbers that sum to 1. Stable at any magnitude.

    `dtype` casts the input first. Without `dim`, PyTorch's old choice is taken, with a warning. Raises IndexError for a
    dimension out of range, NotImplementedError for integers.

    >>> import microdl as torch
    >>> torch.softmax(torch.tensor([1., 0., 4.]), dim=0)
    tensor([0.0466, 0.0171, 0.9362])

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.softmax.html
    """
    return _along("softmax", _softmax, input, dim, _stacklevel, dtype)


@spelled(axis="dim")
def log_softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    """The logarithm of `softmax`, input_i - log sum_k exp(input_k), without its underflow. Arguments as there.

    >>> import microdl as torch
    >>> torch.log_softmax(torch.tensor([0., 1000.]), dim=0)
    tensor([-1000.,     0.])

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.log_softmax.html
    """
    return _along("log_softmax", _log_softmax, input, dim, _stacklevel, dtype)


def along(call: Callable[..., Any]) -> Callable[..., Any]:
    """`softmax` or `log_softmax` as PyTorch has them outside of `nn.functional`: the dimension is not guessed."""

    inner = call.__wrapped__  # type: ignore[attr-defined]

    @spelled(axis="dim")
    @functools.wraps(inner)
    def required(input: Any, dim: int, dtype: Any = None) -> Any:
        return inner(input, dim, dtype=dtype)

    return required


def softmin(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    """`softmax(-input)`.

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.softmin.html
    """
    return _along("softmin", _softmax, -require("softmin", input), dim, _stacklevel, dtype)


def _along(name: str, call: Callable[..., Any], input: Any, dim: Any, stacklevel: Any, dtype: Any) -> Any:
    ndim = require(name, input)._a.ndim
    if not isinstance(stacklevel, int):  # `torch.softmax` and `Tensor.softmax` have dtype as the third argument
        dtype = stacklevel
    if dim is None:
        warn(
            f"Implicit dimension choice for {name} has been deprecated. "
            "Change the call to include dim=X as an argument.",
        )
        dim = 0 if ndim in (0, 1, 3) else 1
    if dtype is not None:
        input = cast(input, dtype)
    return call(input, wrap_dim(dim, ndim))
