"""Losses of scores against class labels: cross-entropy, negative log-likelihood.

The mean cross-entropy of a batch, which is what most training loops call, is one kernel forward and one backward.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import kernels
from ..autograd.graph import TensorBase, named, wrap
from ..autograd.kinds import no_kernel
from ..autograd.mode import mode
from ..autograd.record import TABLE, not_a_tensor, op
from ..autograd.table import Aux, Op
from ..dtypes import from_numpy_dtype
from .arithmetic import cast
from .loss import constant, empty_batch, reduction_of, tensors
from .reduction import sum as total
from .shape import permute, reshape
from .softmax import log_softmax, ready, softmax_backward

__all__ = ["cross_entropy", "nll_loss"]

_FLOAT32, _FLOAT64, _INT64 = np.dtype(np.float32), np.dtype(np.float64), np.dtype(np.int64)
UNWEIGHTED: dict[Any, Any] = {_FLOAT32: np.empty(0, np.float32), _FLOAT64: np.empty(0, np.float64)}
_P = {"p": Aux("input", lambda g, out: softmax_backward(g, out, 1))}


def array_of(x: Any) -> Any:
    return x._a if isinstance(x, TensorBase) else x


def one_hot_array(target: Any, classes: int, dtype: Any) -> Any:
    return (array_of(target)[:, None] == np.arange(classes)).astype(dtype)


def _out_of_bounds(label: Any, classes: int, row: int) -> IndexError:
    return IndexError(
        f"Target {label} is out of bounds. It is the label of row {row}, and {classes} classes have the labels 0 to "
        f"{classes - 1}: check the data, or give the model more outputs."
    )


# --- cross-entropy of a batch, its mean, no options --------------------------------------------------------


def _plain_forward(input: Any, target: Any) -> tuple[Any, Any]:
    loss, p, bad = kernels.softmax.cross_entropy_mean(ready(input), ready(target))
    if bad >= 0:
        raise _out_of_bounds(target[bad], input.shape[1], bad)
    return np.array(loss, input.dtype), p


def _plain_vjp(g: Any, p: Any, target: Any) -> Any:
    if isinstance(g, TensorBase):
        return (p - one_hot_array(target, p._a.shape[1], p._a.dtype)) * (g / p._a.shape[0])
    return kernels.softmax.cross_entropy_mean_backward(p, ready(target), float(g))


_plain = TABLE["cross_entropy_mean"] = Op(
    "cross_entropy_mean",
    _plain_forward,
    ("input", "target"),
    {"input": _plain_vjp},
    aux=_P,
    grad_name="NllLossBackward0",
)
_plain_plan = _plain.plan(("input",), ("input", "target"))


def _plain_mean(input: Any, target: Any) -> Any:
    """The mean loss of an ordinary batch with labels in range; None for anything else."""
    try:
        x, y = input._a, target._a
        dtype, (n, classes) = x.dtype, x.shape  # arrays that Numba made have a dtype equal, not identical
    except (AttributeError, ValueError):
        return None
    if y.dtype != _INT64 or dtype.char not in "fd" or y.shape != (n,) or not n * classes:
        return None
    if not (x.flags.carray and y.flags.carray):
        x, y = ready(x), ready(y)
        target = wrap(y)
    loss, p, bad = kernels.softmax.cross_entropy_mean(x, y)
    if bad >= 0:
        return None
    out = wrap(np.array(loss, dtype))
    if input._node is not None and mode.enabled:
        _plain_plan.record(input, target, out, p)
    return out


# --- cross-entropy with every option -----------------------------------------------------------------------


def _general_forward(
    input: Any, target: Any, weight: Any, ignore_index: int, label_smoothing: float, reduction: str
) -> tuple[Any, Any, Any]:
    x, y, w = ready(input), ready(target), UNWEIGHTED[input.dtype] if weight is None else ready(weight)
    losses, weights, p, bad = kernels.softmax.cross_entropy(x, y, w, ignore_index, label_smoothing)
    if bad >= 0:
        raise _out_of_bounds(y[bad], x.shape[1], bad)
    divisor = weights.sum(dtype=np.float64).item() if reduction == "mean" else 1.0
    return _divided(losses, divisor, reduction), p, divisor


def _divided(losses: Any, divisor: float, reduction: str) -> Any:
    if reduction == "none":
        return losses
    if divisor == 0:
        raise ValueError(
            "the mean over no targets is not a number: every target is ignore_index, or the weights of their classes "
            "sum to 0. Skip such batches, or use reduction='sum'."
        )
    return losses.dtype.type(losses.sum(dtype=np.float64) / divisor)


def _general_vjp(
    g: Any, p: Any, target: Any, weight: Any, ignore_index: int, label_smoothing: float, divisor: float
) -> Any:
    """The kernel, or on tensors the same in operators: p is taken `scale` times, and the weighted labels subtracted."""
    n, c = p.shape
    if not isinstance(g, TensorBase):
        row_g = np.full(n, g / divisor, p.dtype) if g.ndim == 0 else ready(g)
        w = UNWEIGHTED[p.dtype] if weight is None else ready(weight)
        return kernels.softmax.cross_entropy_backward(row_g, p, ready(target), w, ignore_index, label_smoothing)
    y, dtype = array_of(target), p._a.dtype
    w = np.ones(c, dtype) if weight is None else array_of(weight)
    labels = (1 - label_smoothing) * one_hot_array(y, c, dtype) * w + (label_smoothing / c) * w
    labels[y == ignore_index] = 0
    row_g = reshape(g, (-1, 1)) / divisor
    return row_g * (p * labels.sum(1, keepdims=True) - labels)


_general = op(
    "cross_entropy", _general_forward, aux={**_P, "divisor": None}, grad_name="NllLossBackward0", input=_general_vjp
)


def _nll_name(ndim: int, reduction: str) -> str:
    """PyTorch has a step for one score an element, and one for images, to which it reshapes the rest."""
    if ndim in (3, 5) and reduction == "none":
        return "ViewBackward0"
    return "NllLossBackward0" if ndim <= 2 else "NllLoss2DBackward0"


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """The cross-entropy of softmax(input) against labels or probabilities: -log softmax(input)[target] for labels.

    Shapes: scores (C,), (N, C) or (N, C, d1, ...); labels of int64 or uint8 (), (N,) or (N, d1, ...); or probabilities
    of the scores' shape and a floating dtype, whose loss is -sum_c target_c log softmax(input)_c. `weight` (C,) scales
    each class, and the mean over labels is then divided by the weights of the targets; rows whose label is
    `ignore_index` count for nothing; `label_smoothing` mixes that share of the uniform distribution into the target.

    Raises IndexError for a label out of range, RuntimeError for dtypes and sizes that do not fit, and ValueError where
    the batch sizes differ and where a mean is over nothing (PyTorch gives NaN).

    >>> import microdl as torch
    >>> scores = torch.tensor([[3.2, 5.1, -1.7]])
    >>> torch.nn.functional.cross_entropy(scores, torch.tensor([0]))
    tensor(2.0404)

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html
    """
    if (
        weight is None
        and reduction == "mean"
        and not label_smoothing
        and ignore_index < 0
        and size_average is None
        and reduce is None
    ):
        out = _plain_mean(input, target)
        if out is not None:
            return out
    how = reduction_of(reduction, size_average, reduce)
    tensors("cross_entropy_loss", input=input, target=target)
    if not 0.0 <= label_smoothing <= 1.0:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    x = input._a
    if x.dtype.kind != "f":
        raise no_kernel("log_softmax_lastdim_kernel_impl", x.dtype)
    if x.dtype == np.float16:
        wide = cast(weight, _FLOAT32) if weight is not None else None
        wide_target = cast(target, _FLOAT32) if target._a.dtype == x.dtype else target
        wide_args = (wide, None, ignore_index, None, how, label_smoothing)
        loss = cross_entropy(cast(input, _FLOAT32), wide_target, *wide_args)
        step = loss._node.name() if loss._node is not None else ""
        return named(cast(loss, x.dtype), step)
    if x.shape == target._a.shape:
        return _of_probabilities(input, target, weight, ignore_index, how, float(label_smoothing))
    scores, labels, shape = _rows("cross_entropy", input, target, weight, how)
    out = _general(scores, labels, weight, int(ignore_index), float(label_smoothing), how)
    out = reshape(out, shape) if how == "none" else out
    return named(out, "AddBackward0" if label_smoothing else _nll_name(input._a.ndim, how))


def _of_probabilities(
    input: Any, target: Any, weight: Any, ignore_index: int, reduction: str, label_smoothing: float
) -> Any:
    shape = input._a.shape
    if target._a.dtype.kind != "f":
        raise RuntimeError(
            "Expected floating point type for target with class probabilities, got "
            f"{from_numpy_dtype(target._a.dtype).legacy}: the target has the input's shape {list(shape)}. Convert it "
            "with .float(), or give one label for each row."
        )
    if not shape:
        raise IndexError("Dimension specified as 1 but tensor has no dimensions: give scores of shape (C,) or (N, C).")
    if ignore_index >= 0:
        raise RuntimeError("ignore_index is not supported for floating point target: leave it out.")
    dim = min(1, len(shape) - 1)
    classes = shape[dim] if shape else 1
    batch = input._a.size // max(classes, 1)
    if reduction == "mean" and not batch:
        raise empty_batch("cross_entropy", shape)
    if label_smoothing:
        target = target * (1 - label_smoothing) + label_smoothing / classes
    terms = log_softmax(input, dim) * target
    if weight is not None:
        check_weight("cross_entropy", weight, classes, input._a.dtype)
        terms = terms * (reshape(weight, (-1,) + (1,) * (len(shape) - 2)) if len(shape) > 1 else weight)
    if reduction == "none":
        return -total(terms, dim)
    return named(-total(terms) / batch, "DivBackward1") if reduction == "mean" else -total(terms)


def check_weight(name: str, weight: Any, classes: int, dtype: Any) -> None:
    if not isinstance(weight, TensorBase):
        raise not_a_tensor(name, 3, weight, "weight")
    if weight._a.shape != (classes,):
        raise RuntimeError(
            f"weight tensor should be defined either for all {classes} classes or no classes but got weight tensor of "
            f"shape: {list(weight._a.shape)}"
        )
    if weight._a.dtype != dtype:
        wanted, found = (from_numpy_dtype(d).legacy for d in (dtype, weight._a.dtype))
        raise RuntimeError(
            f"expected scalar type {wanted} but found {found}: convert weight with weight.to(input.dtype)."
        )


def _rows(name: str, input: Any, target: Any, weight: Any, reduction: str) -> tuple[Any, Any, tuple[int, ...]]:
    """Scores as (rows, C) and labels as (rows,) of int64, checked; and the shape of the losses."""
    x, y = input._a.shape, target._a.shape
    if not x:
        raise ValueError("Expected 1 or more dimensions (got 0): the input holds one score for each class.")
    if len(x) == 1:
        if target._a.size != 1 or len(y) > 1:
            raise ValueError(f"For 1D input, 1D target must have size 1, but got target size: {list(y)}")
    elif not y or x[0] != y[0]:
        found = y[0] if y else "none: a single label"
        raise ValueError(f"Expected input batch_size ({x[0]}) to match target batch_size ({found}).")
    elif y != (x[0], *x[2:]):
        raise _target_shape_error(x, y)
    _check_labels(target)
    if weight is not None:
        check_weight(name, weight, x[min(1, len(x) - 1)], input._a.dtype)
        constant("nll_loss_forward", "weight", weight)
    if reduction == "mean" and not target._a.size:
        raise empty_batch(name, x)
    if len(x) == 1:
        input = reshape(input, (1, -1))
    elif len(x) > 2:
        input = reshape(permute(input, (0, *range(2, len(x)), 1)), (target._a.size, x[1]))
    return input, reshape(cast(target, _INT64), (target._a.size,)), y if len(x) > 1 else ()


def _check_labels(target: Any) -> None:
    if target._a.dtype.char not in "lqB":
        raise RuntimeError(
            f"expected target dtype to be Long or Byte, but got {from_numpy_dtype(target._a.dtype).legacy}: expected "
            f"scalar type Long but found {from_numpy_dtype(target._a.dtype).legacy}. Convert the labels with "
            "target.long()."
        )


def _target_shape_error(x: tuple[int, ...], y: tuple[int, ...]) -> RuntimeError:
    if len(x) == 2:
        return RuntimeError(
            f"0D or 1D target tensor expected, multi-target not supported: the target has shape {list(y)} for scores "
            f"of shape {list(x)}. Give one label for each row, for example with target.squeeze(1)."
        )
    return RuntimeError(
        f"Expected target size {[x[0], *x[2:]]}, got {list(y)}: one label for each place of scores of shape {list(x)}."
    )


# --- negative log-likelihood -------------------------------------------------------------------------------


def _factors(target: Any, classes: int, dtype: Any, weight: Any, ignore_index: int) -> tuple[Any, Any]:
    """The labels as safe indices, and the weight of each: 0 for the ignored. IndexError for one out of range."""
    y = array_of(target)
    kept = y != ignore_index
    outside = np.flatnonzero(kept & ((y < 0) | (y >= classes)))
    if outside.size:
        raise _out_of_bounds(y[outside[0]], classes, outside[0])
    safe = np.where(kept, y, 0)
    each = np.ones(y.size, dtype) if weight is None or not classes else array_of(weight)[safe]
    return safe, np.where(kept, each, 0)


def _nll_forward(input: Any, target: Any, weight: Any, ignore_index: int, reduction: str) -> tuple[Any, float]:
    safe, each = _factors(target, input.shape[1], input.dtype, weight, ignore_index)
    losses = -input[np.arange(safe.size), safe] * each
    losses[each == 0] = 0
    divisor = each.sum(dtype=np.float64).item() if reduction == "mean" else 1.0
    return _divided(losses, divisor, reduction), divisor


def _nll_vjp(g: Any, input_shape: Any, target: Any, weight: Any, ignore_index: int, divisor: float) -> Any:
    dtype = array_of(g).dtype
    safe, each = _factors(target, input_shape[1], dtype, weight, ignore_index)
    places = one_hot_array(safe, input_shape[1], dtype) * each[:, None]
    return np.where(places != 0, -places * (g.reshape((-1, 1)) / divisor), 0)  # a NaN stays where the label is


_nll = op("nll_loss", _nll_forward, aux={"divisor": None}, input=_nll_vjp)


def nll_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """-input[target] for log-probabilities and labels: with `log_softmax` before it, `cross_entropy`.

    Shapes, `weight`, `ignore_index` and errors as for `cross_entropy`.

    >>> import microdl as torch
    >>> scores = torch.tensor([[3.2, 5.1, -1.7]])
    >>> torch.nn.functional.nll_loss(torch.log_softmax(scores, 1), torch.tensor([0]))
    tensor(2.0404)

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.nll_loss.html
    """
    how = reduction_of(reduction, size_average, reduce)
    tensors("nll_loss_nd", input=input, target=target)
    scores, labels, shape = _rows("nll_loss", input, target, weight, how)
    if scores._a.dtype.kind != "f":
        raise no_kernel("nll_loss_out_frame", scores._a.dtype)
    out = _nll(scores, labels, weight, int(ignore_index), how)
    out = reshape(out, shape) if how == "none" else out
    return named(out, _nll_name(input._a.ndim, how))
