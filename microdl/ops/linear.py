"""The linear layer's product as one step: x @ w.T + b, its gradients by the same kernels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import kernels
from ..autograd.graph import TensorBase, named, wrap
from ..autograd.kinds import no_kernel
from ..autograd.mode import mode
from ..autograd.record import TABLE, not_a_tensor
from ..autograd.table import Op
from ..dtypes import from_numpy_dtype
from .shape import squeeze, t, unsqueeze

_ndarray = np.ndarray
_FLOAT32, _FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)
_NO_BIAS: dict[Any, Any] = {_FLOAT32: np.empty(0, np.float32), _FLOAT64: np.empty(0, np.float64)}


def _forward(input: Any, weight: Any, bias: Any) -> Any:
    x = _rows(input)
    none = _NO_BIAS.get(x.dtype)
    if none is not None:
        out = kernels.linear.linear(x, weight, none if bias is None else bias)
    else:
        out = x @ weight.T if bias is None else x @ weight.T + bias
    return out.reshape(*input.shape[:-1], weight.shape[0])


def _rows(a: Any) -> Any:
    return a if len(a.shape) == 2 else a.reshape(math.prod(a.shape[:-1]), a.shape[-1])


def _grad_input(g: Any, weight: Any) -> Any:
    if type(g) is not _ndarray:
        return linear(g, t(weight))
    if g.ndim == 2:
        return kernels.linear.grad_input(g, weight)
    return kernels.linear.grad_input(_rows(g), weight).reshape(*g.shape[:-1], weight.shape[1])


def _grad_weight(g: Any, input: Any) -> Any:
    if isinstance(g, TensorBase):
        return linear(t(_rows(g)), t(_rows(input)))
    if g.ndim != 2:
        g, input = _rows(g), _rows(input)
    return kernels.linear.grad_weight(g, input) if g.dtype.char in "fd" else g.T @ input


def _grad_bias(g: Any) -> Any:
    if not isinstance(g, TensorBase) and g.dtype.char in "fd":
        return kernels.linear.grad_bias(g if g.ndim == 2 else _rows(g))
    return np.add.reduce(_rows(g), axis=0)


def _grad_weight_bias(g: Any, input: Any) -> tuple[Any, Any]:
    if type(g) is not _ndarray or g.dtype.char not in "fd":
        return _grad_weight(g, input), _grad_bias(g)
    if g.ndim != 2:
        g, input = _rows(g), _rows(input)
    return kernels.linear.grad_weight_bias(g, input)


def _gradients(g: Any, input: Any, weight: Any) -> tuple[Any, Any, Any]:
    if type(g) is _ndarray and g.ndim == 2 and g.dtype.char in "fd":
        return kernels.linear.gradients(g, input, weight)
    return _grad_input(g, weight), *_grad_weight_bias(g, input)


def _step_name(biased: bool, ndim: int) -> str:
    """What PyTorch does last for a result of so many dimensions."""
    if ndim == 2:
        return "AddmmBackward0" if biased else "MmBackward0"
    return "ViewBackward0" if biased else "SqueezeBackward4" if ndim == 1 else "UnsafeViewBackward0"


_linear = TABLE["linear"] = Op(
    "linear",
    _forward,
    ("input", "weight", "bias"),
    {"input": _grad_input, "weight": _grad_weight, "bias": _grad_bias},
    grad_name=lambda node: _step_name("bias" in node.plan.tensors, len(node.shape)),
    joint={("input", "weight", "bias"): _gradients, ("weight", "bias"): _grad_weight_bias},
)
_linear.listed = ("bias", "input", "weight")  # addmm's order
_PLANS: dict[int, Any] = {}
_NAMES = ("input", "weight", "bias")
_LAYER, _FIRST_LAYER = _linear.plan(_NAMES, _NAMES), _linear.plan(_NAMES[1:], _NAMES)


def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """input @ weight.T + bias, for an input (*, in), a weight (out, in) and a bias (out,): a result (*, out).

    All have one floating dtype. Raises RuntimeError where sizes or dtypes do not agree.

    >>> import microdl as torch
    >>> x, w = torch.tensor([[1., 2.]]), torch.tensor([[1., 0.], [0., 1.], [1., 1.]])
    >>> torch.nn.functional.linear(x, w, torch.tensor([0., 0., 1.]))
    tensor([[1., 2., 4.]])

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.linear.html
    """
    try:
        x, w, b = input._a, weight._a, bias._a
        (_, features), (outputs, expected), dtype = x.shape, w.shape, x.dtype
        plain = (
            features == expected
            and dtype == w.dtype
            and dtype == b.dtype
            and dtype.char in "fd"
            and b.shape == (outputs,)
        )
    except (AttributeError, ValueError):
        plain = False
    if not plain:
        return _general(input, weight, bias)
    out = wrap(kernels.linear.linear(x, w, b))
    if mode.enabled:
        if weight._node is None or bias._node is None:
            _attach(input, weight, bias, out)
        elif input._node is None:
            _FIRST_LAYER.record(input, weight, bias, out)
        else:
            _LAYER.record(input, weight, bias, out)
    return out


def _attach(input: Any, weight: Any, bias: Any, out: Any) -> None:
    b = bias is not None and bias._node is not None
    key = (input._node is not None) + 2 * (weight._node is not None) + 4 * b + 8 * (bias is None)
    if key & 7:
        (_PLANS.get(key) or _plan(key)).record(input, weight, bias, out)


def _plan(key: int) -> Any:
    """By which of the three require grad (1, 2, 4), and whether there is no bias (8)."""
    wanted = tuple(n for n, bit in zip(_NAMES, (1, 2, 4), strict=True) if key & bit)
    plan = _PLANS[key] = _linear.plan(wanted, _NAMES[:2] if key & 8 else _NAMES)
    return plan


def _general(input: Any, weight: Any, bias: Any) -> Any:
    """`linear` of what is not two matrices and a vector of one floating dtype."""
    for position, (name, value) in enumerate((("input", input), ("weight", weight), ("bias", bias)), start=1):
        if not isinstance(value, TensorBase) and (name != "bias" or value is not None):
            raise not_a_tensor("linear", position, value, name)
    x, w, b = input._a, weight._a, None if bias is None else bias._a
    if w.ndim == 1 and b is None and x.ndim:
        out = squeeze(linear(input, unsqueeze(weight, 0)), -1)
        return named(out, "MvBackward0") if x.ndim == 2 else out
    _check(x, w, b)
    out = wrap(_forward(x, w, b))
    if mode.enabled:
        _attach(input, weight, bias, out)
    return out


def _check(x: Any, w: Any, b: Any) -> None:
    """Raises what is wrong, if anything is, with the arguments of `linear`, in PyTorch's words, with the remedy."""
    if not x.ndim or not w.ndim:
        raise RuntimeError(
            f"both arguments to linear need to be at least 1D, but they are {x.ndim}D and {w.ndim}D. Reshape a single "
            "number to (1, 1)."
        )
    if w.ndim != 2:
        raise RuntimeError(f"linear: weight must have shape (out_features, in_features), but it is {list(w.shape)}")
    if x.dtype != w.dtype:
        raise _dtype_error(x, w, b)
    if x.dtype.kind == "b":
        raise no_kernel("addmm_impl_cpu_", x.dtype)
    if x.shape[-1] != w.shape[1]:
        rows = x.size // x.shape[-1] if x.shape[-1] else 0
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({rows}x{x.shape[-1]} and {w.shape[1]}x{w.shape[0]}): the "
            f"input has shape {list(x.shape)}, so its last size is {x.shape[-1]}, but the weight {list(w.shape)} "
            f"expects {w.shape[1]} features. Reshape the input, or make a layer of {x.shape[-1]} in_features."
        )
    if b is not None and b.shape != w.shape[:1]:
        raise RuntimeError(
            f"linear: the bias must have one number for each of the {w.shape[0]} output features, shape "
            f"[{w.shape[0]}], but it is {list(b.shape)}"
        )
    if b is not None and b.dtype != w.dtype:
        raise _dtype_error(x, w, b)


def _dtype_error(x: Any, w: Any, b: Any) -> RuntimeError:
    names = [str(from_numpy_dtype(a.dtype)) for a in (x, w, b) if a is not None]
    legacy = [from_numpy_dtype(a.dtype).legacy for a in (x, w)]
    which = "input and weight" if b is None else "input, weight and bias"
    return RuntimeError(
        f"mat1 and mat2 must have the same dtype, but got {legacy[0]} and {legacy[1]} ({which}: {', '.join(names)}). "
        f"Convert the input with .to({names[1]}), or the layer with .to({names[0]})."
    )
