"""Chapter 11, two classes: stable at any magnitude, three losses that agree, features that bend the border."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...testing import check_op
from ..checking import check, expect

_X = np.array([-800.0, -40.0, -3.0, -1e-3, 0.0, 0.5, 3.9688, 40.0, 800.0])


def _softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def _compare(name: str, function: Callable[[Any], Any], right: Callable[[float], float], why: str) -> None:
    found = np.asarray(function(_X))
    for x, a, b in zip(_X, found, map(right, _X), strict=True):
        expect(
            np.isfinite(a) and abs(a - b) <= 1e-9 * max(abs(b), 1e-300), f"{name} of {x:g} is {a}, not {b:.6g}. {why}"
        )


@check(11, "sigmoid_forward", "right at any magnitude")
def _(m: Any) -> None:
    def right(x: float) -> float:
        return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))

    _compare("sigmoid", m.binary.sigmoid_forward, right, "The exponent must never be large: e^-|x| on both sides.")
    half = m.binary.sigmoid_forward(np.array([1.0, -1.0], np.float32))
    expect(half.dtype == np.float32, f"of float32 it is {half.dtype}: the dtype should stay")
    import warnings

    with warnings.catch_warnings(), np.errstate(over="raise"):
        try:
            m.binary.sigmoid_forward(np.array([-800.0]))
        except FloatingPointError:
            expect(False, "e^800 was computed on the way to sigmoid(-800), and overflowed: use e^-|x|")


@check(11, "softplus_forward", "right at any magnitude")
def _(m: Any) -> None:
    why = "Take x out where it is large, and use np.log1p where e^x is small: 1 + 1e-18 is 1."
    _compare("softplus", m.binary.softplus_forward, _softplus, why)


@check(11, "sigmoid_rule", "the slope of the sigmoid")
def _(m: Any) -> None:
    def forward(x: Any) -> Any:
        return 1 / (1 + np.exp(-x))

    m.binary.sigmoid_rule(1.0, 0.5)
    check_op((forward, lambda g, x: m.binary.sigmoid_rule(g, forward(x))), "n", max_examples=50)


@check(11, "bce_with_logits", "the mean loss, and its gradient sigmoid(s) - y")
def _(m: Any) -> None:
    scores, labels = np.array([2.0, -1.0, 0.5, 3.0]), np.array([1.0, 0.0, 0.0, 1.0])
    s = m.tensor.Tensor(scores, requires_grad=True)
    loss = m.binary.bce_with_logits(s, m.tensor.Tensor(labels))
    right = np.mean([_softplus(a) - b * a for a, b in zip(scores, labels, strict=True)])
    turned = np.mean([_softplus(-a) + b * a for a, b in zip(scores, labels, strict=True)])
    why = " The labels are the wrong way round." if abs(loss.item() - turned) < 1e-9 else ""
    expect(abs(loss.item() - right) < 1e-9, f"the loss is {loss.item():.6f}, not {right:.6f}, the mean.{why}")
    loss.backward()
    slope = (1 / (1 + np.exp(-scores)) - labels) / 4
    expect(np.allclose(s.grad.data, slope), f"the gradient is {s.grad.data}, not (sigmoid(s) - y) / n = {slope}")
    far = m.binary.bce_with_logits(m.tensor.Tensor(np.array([800.0, -800.0])), m.tensor.Tensor(np.array([0.0, 1.0])))
    expect(far.item() == 800.0, f"scores of 800 and -800 for the wrong classes have the loss {far.item()}, not 800")


@check(11, "logistic_loss", "the same as binary cross-entropy and softmax")
def _(m: Any) -> None:
    scores = m.tensor.Tensor(np.array([3.9688, -0.7]))
    signs, labels = np.array([-1.0, 1.0]), np.array([0.0, 1.0])
    found = m.binary.logistic_loss(scores, m.tensor.Tensor(signs)).item()
    right = (_softplus(3.9688) + _softplus(0.7)) / 2
    upside = (
        " The sign in the exponent is the wrong way round."
        if abs(found - (_softplus(-3.9688) + _softplus(-0.7)) / 2) < 1e-9
        else ""
    )
    expect(abs(found - right) < 1e-9, f"the loss is {found:.6f}, not {right:.6f}.{upside}")
    other = m.binary.bce_with_logits(scores, m.tensor.Tensor(labels)).item()
    expect(abs(found - other) < 1e-9, f"it is {found:.6f}, and the binary cross-entropy of the same {other:.6f}")


@check(11, "lift", "the lectures' five columns, in order")
def _(m: Any) -> None:
    found = m.binary.lift(np.array([[2.0, 3.0], [-1.0, 0.5]]))
    right: Any = [[2, 3, 4, 9, 6], [-1, 0.5, 1, 0.25, -0.5]]
    expect(np.shape(found) == (2, 5), f"two points become an array of shape {np.shape(found)}, it should be (2, 5)")
    expect(
        np.allclose(found, right),
        f"(2, 3) and (-1, 0.5) become {np.asarray(found).tolist()}, not {right}: x1, x2, x1^2, x2^2, x1 x2",
    )


@check(11, "polar", "distance and angle, in all four quadrants")
def _(m: Any) -> None:
    found = m.binary.polar(np.array([[1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0], [0.0, -2.0]]))
    right = np.array([[2**0.5, np.pi / 4], [2**0.5, 3 * np.pi / 4], [2**0.5, -3 * np.pi / 4], [2, -np.pi / 2]])
    swapped = " arctan2 takes y first." if np.allclose(np.asarray(found)[:, 0], right[:, 0]) else ""
    expect(
        np.allclose(found, right),
        f"the points become {np.round(found, 3).tolist()}, not {right.round(3).tolist()}.{swapped}",
    )
