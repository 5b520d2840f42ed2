"""Samples of losses, each with its options."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import microdl as torch
from microdl.ops import binary_loss, class_loss, loss, margin_loss
from microdl.testing.strategies import shapes

from .kinds import POSITIVE, REAL, UNIT, Array, Case, Domain, arrays

REDUCTIONS = st.sampled_from(["mean", "sum", "none"])
SHAPES = shapes(1, 2, 1)
REDUCE: dict[str, Callable[[Array], Any]] = {"mean": np.mean, "sum": np.sum, "none": lambda x: x}


@st.composite
def pairs(
    draw: st.DrawFn, call: Callable[..., Any], each: Callable[..., Any], first: Domain = REAL, second: Domain = REAL
) -> Case:
    """A loss of two tensors of one shape, both of them differentiable."""
    x = draw(arrays(first, SHAPES))
    y = draw(arrays(second, x.shape))
    how = draw(REDUCTIONS)
    return Case(lambda a, b: call(a, b, reduction=how), (x, y), lambda a, b: REDUCE[how](each(a, b)))


def smooth(d: Array, beta: float) -> Any:
    size = np.abs(d)
    return np.where(size < beta, 0.5 * d * d / beta, size - 0.5 * beta)


def cross_entropy_of(p: Array, y: Array) -> Any:
    return -(y * np.log(p) + (1 - y) * np.log1p(-p))


def softplus(x: Array) -> Any:
    return np.logaddexp(x, 0)


@st.composite
def weighted_logits(draw: st.DrawFn) -> Case:
    x = draw(arrays(REAL, SHAPES))
    y = draw(arrays(UNIT, x.shape))
    weight, positive = (draw(arrays(POSITIVE, x.shape[-1:])) for _ in range(2))
    how = draw(REDUCTIONS)

    def call(a: Any, b: Any) -> Any:
        return binary_loss.binary_cross_entropy_with_logits(
            a, b, *(torch.from_numpy(w).to(a.dtype) for w in (weight,)), reduction=how,
            pos_weight=torch.from_numpy(positive).to(a.dtype),
        )  # fmt: skip

    def reference(a: Array, b: Array) -> Any:
        return REDUCE[how](weight * (positive * b * softplus(-a) + (1 - b) * softplus(a)))

    return Case(call, (x, y), reference)


def log_softmax(x: Array) -> Any:
    return x - np.logaddexp.reduce(x, 1, keepdims=True)


@st.composite
def labelled(draw: st.DrawFn) -> tuple[Array, Array]:
    """Scores of several classes, and a label for each row."""
    x = draw(arrays(REAL, st.tuples(st.integers(1, 3), st.integers(2, 4))))
    return x, draw(hnp.arrays(np.int64, x.shape[:1], elements=st.integers(0, x.shape[1] - 1)))


@st.composite
def class_losses(draw: st.DrawFn, call: Callable[..., Any], log_p: Callable[[Array], Array], smoothing: bool) -> Case:
    """Weights, a label that is ignored, label smoothing, every reduction."""
    x, y = draw(labelled())
    n, c = x.shape
    weight = draw(arrays(POSITIVE, (c,)) | st.none())
    share = draw(st.sampled_from([0.0, 0.25])) if smoothing else 0.0
    how = draw(REDUCTIONS)
    ignored = draw(st.booleans()) and n > 1
    labels = np.where(np.arange(n) == 0, -7, y) if ignored else y
    kept = np.arange(n) != 0 if ignored else np.ones(n, bool)

    def on_tensors(t: Any) -> Any:
        w = None if weight is None else torch.from_numpy(weight).to(t.dtype)
        more = {"label_smoothing": share} if smoothing else {}
        return call(t, torch.from_numpy(labels), w, ignore_index=-7, reduction=how, **more)

    def reference(a: Array) -> Any:
        w = np.ones(c) if weight is None else weight
        target = (1 - share) * np.eye(c)[y] + share / c
        each = -(target * w * log_p(a)).sum(1) * kept
        return each.sum() / (w[y] * kept).sum() if how == "mean" else REDUCE[how](each)

    return Case(on_tensors, (x,), reference)


def plain_cross_entropy() -> st.SearchStrategy[Case]:
    def case(xy: tuple[Array, Array]) -> Case:
        x, y = xy
        return Case(
            lambda t: class_loss.cross_entropy(t, torch.from_numpy(y)),
            (x,),
            lambda a: np.asarray(-np.mean(log_softmax(a)[np.arange(len(y)), y])),
        )

    return labelled().map(case)


@st.composite
def margins(draw: st.DrawFn) -> Case:
    x, y = draw(labelled())
    n, c = x.shape
    p, how = draw(st.sampled_from([1, 2])), draw(REDUCTIONS)
    weight = draw(arrays(POSITIVE, (c,)) | st.none())
    margin = draw(st.sampled_from([1.0, 0.75]))

    def call(t: Any) -> Any:
        w = None if weight is None else torch.from_numpy(weight).to(t.dtype)
        return margin_loss.multi_margin_loss(t, torch.from_numpy(y), p, margin, w, reduction=how)

    def reference(a: Array) -> Any:
        rows = np.arange(n)
        over = np.maximum(margin - a[rows, y][:, None] + a, 0) ** p
        over[rows, y] = 0
        return REDUCE[how](over.sum(1) * (1 if weight is None else weight[y]) / c)

    return Case(call, (x,), reference)


@st.composite
def soft_margins(draw: st.DrawFn) -> Case:
    x = draw(arrays(REAL, SHAPES))
    y = draw(hnp.arrays(np.float64, x.shape, elements=st.sampled_from([1.0, -1.0])))
    how = draw(REDUCTIONS)
    return Case(
        lambda t: margin_loss.soft_margin_loss(t, torch.from_numpy(y).to(t.dtype), reduction=how),
        (x,),
        lambda a: REDUCE[how](softplus(-y * a)),
    )


LOSSES: dict[str, st.SearchStrategy[Case]] = {
    "mse_loss": pairs(loss.mse_loss, lambda x, y: (x - y) ** 2),
    "smooth_l1_loss": pairs(loss.smooth_l1_loss, lambda x, y: smooth(x - y, 1.0)),
    "huber_loss": pairs(loss.huber_loss, lambda x, y: smooth(x - y, 1.0)),
    "binary_cross_entropy": pairs(binary_loss.binary_cross_entropy, cross_entropy_of, UNIT, UNIT),
    "binary_cross_entropy_with_logits": pairs(
        binary_loss.binary_cross_entropy_with_logits, lambda x, y: y * softplus(-x) + (1 - y) * softplus(x), REAL, UNIT
    )
    | weighted_logits(),
    "cross_entropy_mean": plain_cross_entropy(),
    "cross_entropy": class_losses(class_loss.cross_entropy, log_softmax, smoothing=True),
    "nll_loss": class_losses(class_loss.nll_loss, lambda x: x, smoothing=False),
    "multi_margin_loss": margins(),
    "soft_margin_loss": soft_margins(),
}
