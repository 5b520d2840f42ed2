"""Chapter 11, two classes: stable at any magnitude, three losses that agree, features that bend the border."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...testing import check_op
from ..checking import check, expect

_X = np.array([-800.0, -40.0, -3.0, -1e-3, 0.0, 0.5, 3.9688, 40.0, 800.0])


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def _softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def _compare(name: str, function: Callable[[Any], Any], right: Callable[[float], float], why: str) -> None:
    """Values at any magnitude, of arrays of the argument's shape and dtype, without overflow on the way."""
    found = np.asarray(function(_X))
    expect(found.shape == _X.shape, f"{name} of {_X.shape[0]} numbers has the shape {found.shape}, not {_X.shape}")
    for x, a, b in zip(_X, found, map(right, _X), strict=True):
        expect(
            np.isfinite(a) and abs(a - b) <= 1e-9 * max(abs(b), 1e-300), f"{name} of {x:g} is {a}, not {b:.6g}. {why}"
        )
    half = function(np.array([1.0, -1.0], np.float32))
    expect(half.dtype == np.float32, f"{name} of float32 is {half.dtype}: the dtype should stay")
    for x in (-800.0, 800.0):
        with np.errstate(over="raise"):
            try:
                function(np.array([x]))
            except FloatingPointError:
                expect(
                    False,
                    f"e^800 overflowed on the way to {name} of {x:g} (np.where computes both of its branches, for all "
                    "numbers). With e^-|x| nothing overflows",
                )


def _loss(m: Any, function: Callable[..., Any], *arrays: Any) -> Any:
    """A loss of arrays, as a Tensor of one number."""
    try:
        found = function(*(m.tensor.Tensor(array) for array in arrays))
    except TypeError as error:
        expect("ufunc" not in str(error), f"{error}: NumPy's functions take arrays; for Tensors there is `softplus`")
        raise
    expect(
        isinstance(found, m.tensor.Tensor),
        f"it returned {type(found).__name__}, which has no gradient: compute with Tensors, by `softplus` and operators",
    )
    expect(found.shape == (), f"the loss has the shape {found.shape}: it should be one number, the mean")
    return found


def _at_any_size(m: Any, function: Callable[..., Any], first: float) -> None:
    """Of a binary loss with this label of the first class, and 1 of the second: in float32, 800 and e^-30."""
    for score, label, right in ((800.0, first, 800.0), (30.0, 1.0, math.exp(-30)), (-30.0, first, math.exp(-30))):
        found = _loss(m, function, np.array([score], np.float32), np.array([label], np.float32)).item()
        why = (
            "the difference of two large numbers has no digits left; softplus of the right sign has the small number"
            if right < 1
            else "a probability was rounded to 0 or 1 before its logarithm was taken; softplus needs none"
        )
        expect(
            abs(found / right - 1) < 1e-3,
            f"for s = {score:g}, y = {label:g} in float32 the loss is {found:g}, not {right:.3g}: {why}",
        )


def _as_mean(found: float, right: float, n: int) -> str:
    return f" That is {n} times as much: n times the mean." if abs(found - n * right) < 1e-9 else ""


def _gradient(m: Any, loss: Any, scores: Any, labels: Any) -> Any:
    """Of a loss by the scores, as an array."""
    s = m.tensor.Tensor(scores, requires_grad=True)
    loss(s, m.tensor.Tensor(labels)).backward()
    expect(s.grad is not None, "the scores get no gradient: was the loss computed from arrays, by `.data`?")
    return s.grad.data


@check(11, "sigmoid_forward", "right at any magnitude")
def _(m: Any) -> None:
    _compare("sigmoid", m.binary.sigmoid_forward, _sigmoid, "The exponent must never be large: e^-|x| on both sides.")


@check(11, "softplus_forward", "right at any magnitude")
def _(m: Any) -> None:
    why = "Take x out where it is large, and use np.log1p where e^x is small: 1 + 1e-18 is 1."
    _compare("softplus", m.binary.softplus_forward, _softplus, why)


@check(11, "sigmoid_rule", "the slope of the sigmoid")
def _(m: Any) -> None:
    p = np.array([0.1, 0.5, 0.8])
    found = np.asarray(m.binary.sigmoid_rule(np.array([1.0, 2.0, 3.0]), p))
    right = np.array([1.0, 2.0, 3.0]) * p * (1 - p)
    twice = 1 / (1 + np.exp(-p))
    again = np.allclose(found, np.array([1.0, 2.0, 3.0]) * twice * (1 - twice))
    why = " `out` is already the sigmoid: do not take it again." if again else ""
    expect(np.allclose(found, right), f"for g = 1, 2, 3 and p = {p} it is {found}, not g p (1 - p) = {right}.{why}")

    def forward(x: Any) -> Any:
        return 1 / (1 + np.exp(-x))

    check_op((forward, lambda g, x: m.binary.sigmoid_rule(g, forward(x))), "n", max_examples=50)


@check(11, "bce_with_logits", "the mean loss, and its gradient sigmoid(s) - y")
def _(m: Any) -> None:
    scores, labels = np.array([2.0, -1.0, 0.5, 3.0]), np.array([1.0, 0.0, 0.0, 1.0])
    found = _loss(m, m.binary.bce_with_logits, scores, labels).item()
    terms = np.array([_softplus(-a) if b else _softplus(a) for a, b in zip(scores, labels, strict=True)])
    right, turned = terms.mean(), np.mean([_softplus(a if b else -a) for a, b in zip(scores, labels, strict=True)])
    why = _as_mean(found, right, 4)
    why = " The labels are the wrong way round." if abs(found - turned) < 1e-9 else why
    why = " The second term, for label 0, is missing." if abs(found - (labels * terms).mean()) < 1e-9 else why
    expect(abs(found - right) < 1e-9, f"the loss is {found:.6f}, not {right:.6f}, the mean.{why}")
    slope = (1 / (1 + np.exp(-scores)) - labels) / 4
    g = _gradient(m, m.binary.bce_with_logits, scores, labels)
    expect(np.allclose(g, slope), f"the gradient is {g}, not (sigmoid(s) - y) / n = {slope}")


@check(11, "bce_with_logits", "right for scores of any size")
def _(m: Any) -> None:
    _at_any_size(m, m.binary.bce_with_logits, 0.0)


@check(11, "logistic_loss", "the same as binary cross-entropy and softmax")
def _(m: Any) -> None:
    scores, signs, labels = np.array([3.9688, -0.7]), np.array([-1.0, 1.0]), np.array([0.0, 1.0])
    found = _loss(m, m.binary.logistic_loss, scores, signs).item()
    right = (_softplus(3.9688) + _softplus(0.7)) / 2
    upside = abs(found - (_softplus(-3.9688) + _softplus(-0.7)) / 2) < 1e-9
    why = " The sign in the exponent is the wrong way round." if upside else _as_mean(found, right, 2)
    expect(abs(found - right) < 1e-9, f"the loss is {found:.6f}, not {right:.6f}.{why}")
    other = _loss(m, m.binary.bce_with_logits, scores, labels).item()
    expect(abs(found - other) < 1e-9, f"it is {found:.6f}, and the binary cross-entropy of the same {other:.6f}")


@check(11, "logistic_loss", "right for scores of any size")
def _(m: Any) -> None:
    _at_any_size(m, m.binary.logistic_loss, -1.0)


@check(11, "one_vs_rest_loss", "T binary losses, summed; the mean over the images; the gradient")
def _(m: Any) -> None:
    scores, labels = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0]]), np.array([0, 1])
    own = np.eye(3)[labels]
    found = _loss(m, m.binary.one_vs_rest_loss, scores, labels).item()
    terms = np.vectorize(_softplus)(np.where(own == 1, -scores, scores))
    right = terms.sum() / 2
    every = np.vectorize(_softplus)(np.where(own.sum(0) > 0, -scores, scores)).sum() / 2
    minus = np.log1p(np.exp(scores)).sum() / 2 - (scores * (2 * own - 1)).sum() / 2
    softmax = np.mean([math.log(np.exp(s).sum()) - s[y] for s, y in zip(scores, labels, strict=True)])
    why = _as_mean(found, right, 2)
    why = " It should be T times as much: the sum over the classes." if abs(found - right / 3) < 1e-9 else why
    why = " The other classes have the label 0, not -1." if abs(found - minus) < 1e-9 else why
    why = " Only one entry of each row is 1: targets[rows, y]." if abs(found - every) < 1e-9 else why
    why = (
        " This is the softmax's loss: here each class has a sigmoid of its own." if abs(found - softmax) < 1e-9 else why
    )
    expect(
        abs(found - right) < 1e-9,
        f"the loss of {scores.tolist()} with labels {labels.tolist()} is {found:.6f}, not {right:.6f}.{why}",
    )
    half = _loss(m, m.binary.one_vs_rest_loss, scores.astype(np.float32), labels)
    expect(
        half.dtype == np.float32, f"of float32 scores the loss is {half.dtype}: the targets are floats of scores.dtype"
    )
    slope = (1 / (1 + np.exp(-scores)) - own) / 2
    g = _gradient(m, m.binary.one_vs_rest_loss, scores, labels)
    expect(np.allclose(g, slope), f"the gradient is {g.tolist()}, not {slope.tolist()}")


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
    points = np.array([[1.0, 2.0], [-1.0, 1.0], [-1.0, -3.0], [2.0, -1.0], [0.0, -2.0]])
    x, y = points.T
    found = np.asarray(m.binary.polar(points))
    expect(found.shape == (5, 2), f"five points become an array of shape {found.shape}, it should be (5, 2): r, theta")
    r, angle = np.hypot(x, y), np.arctan2(y, x)
    squared = " The square root is missing." if np.allclose(found[:, 0], r**2) else ""
    expect(np.allclose(found[:, 0], r), f"the distances of {points.tolist()} are {found[:, 0]}, not {r}.{squared}")
    quotient = np.arctan(np.divide(y, x, out=np.full(5, -np.inf), where=x != 0))
    likely = {
        " arctan2 takes y first.": np.arctan2(x, y),
        " Opposite points have the same quotient y / x: arctan2 takes both.": quotient,
        " The angle is from -pi to pi.": angle % (2 * np.pi),
        " The angle is in radians, not degrees.": np.rad2deg(angle),
    }
    why = next((text for text, wrong in likely.items() if np.allclose(found[:, 1], wrong)), "")
    expect(
        np.allclose(found[:, 1], angle),
        f"the angles of {points.tolist()} are {found[:, 1].round(3).tolist()}, not {angle.round(3).tolist()}.{why}",
    )
