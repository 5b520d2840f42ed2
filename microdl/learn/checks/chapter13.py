"""Chapter 13, compiled kernels: equal to their twins, also where it hurts."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..checking import check, expect


def _twin(scores: Any, labels: Any) -> tuple[Any, Any]:
    z = scores - scores.max(1, keepdims=True)
    e, rows = np.exp(z), np.arange(len(z))
    p = e / e.sum(1, keepdims=True)
    p[rows, labels] -= 1
    return np.log(e.sum(1)) - z[rows, labels], p


def _filled(m: Any, scores: Any, labels: Any) -> tuple[Any, Any]:
    losses, slope = np.full(len(scores), 77.0), np.full(scores.shape, 77.0)
    m.kernels.softmax_loss_and_slope(scores, labels, losses, slope)
    return losses, slope


@check(13, "softmax_loss_and_slope", "equal to NumPy's, row by row")
def _(m: Any) -> None:
    for seed in range(5):
        random = np.random.RandomState(seed)
        n, c = random.randint(1, 7), random.randint(1, 6)
        scores, labels = random.randn(n, c) * 3, random.randint(0, c, n)
        losses, slope = _filled(m, scores.copy(), labels)
        right, p = _twin(scores, labels)
        expect(
            np.allclose(losses, right),
            f"the losses of {scores.round(2).tolist()}, labels {labels.tolist()}, are {losses}, not {right}",
        )
        own = " The label's own -1 is missing." if np.allclose(slope.sum(1), 1) else ""
        expect(np.allclose(slope, p), f"the slopes are {slope.round(4).tolist()}, not {p.round(4).tolist()}.{own}")


@check(13, "softmax_loss_and_slope", "finite for scores of any size, NaN for NaN")
def _(m: Any) -> None:
    scores = np.array([[1000.0, 0, 0], [-1000.0, -1000, -1001], [0, 1000, 0]])
    losses, slope = _filled(m, scores, np.zeros(3, int))
    why = "subtract the row's largest score in both exponents and logarithms"
    expect(
        np.isfinite(losses).all() and np.isfinite(slope).all(), f"for scores around 1000 the losses are {losses}: {why}"
    )
    expect(np.allclose(losses, [0, 0.8620, 1000], atol=1e-3), f"they are {losses}, not 0, 0.862, 1000: {why}")
    for place in range(3):
        bad = np.zeros((1, 3))
        bad[0, place] = np.nan
        losses, _ = _filled(m, bad, np.zeros(1, int))
        expect(np.isnan(losses[0]), f"a NaN at place {place} gives the loss {losses[0]}: it must come out again")


@check(13, "momentum_step", "equal to chapter 8's optimiser")
def _(m: Any) -> None:
    random = np.random.RandomState(0)
    p, v = random.randn(9), np.full(9, 55.0)
    a, buffer = p.copy(), None
    for step in range(3):
        g = random.randn(9)
        m.kernels.momentum_step(p, g, v, 0.1, 0.9, 0.01, step == 0)
        d = g + 0.01 * a
        buffer = d if buffer is None else 0.9 * buffer + d
        a = a - 0.1 * buffer
        first = (
            "On the first step the buffer is the gradient itself, whatever was in it." if step == 0 else "Is v kept?"
        )
        expect(np.allclose(v, buffer), f"after step {step + 1} the buffer is {v[:2]}, not {buffer[:2]}. {first}")
        expect(np.allclose(p, a), f"after step {step + 1} the parameter is {p[:2]}, not {a[:2]}: p -= lr * v, after v")


@check(13, "byte_distances", "exact, without wrapping around")
def _(m: Any) -> None:
    random = np.random.RandomState(1)
    a, b = (random.randint(0, 256, (n, 40)).astype(np.uint8) for n in (3, 5))
    out = np.full((3, 5), -1, np.int32)
    m.kernels.byte_distances(a, b, out)
    right = np.abs(a[:, None].astype(int) - b).sum(-1)
    expect(
        np.array_equal(out, right),
        f"the distances are {out.tolist()}, not {right.tolist()}: make int32 of both bytes first",
    )


@check(13, "softmax_loss_and_slope", "the fused loss trains as the plain one")
def _(m: Any) -> None:
    random = np.random.RandomState(0)
    scores, labels = random.randn(8, 5).astype(np.float32), random.randint(0, 5, 8)
    grads, values = [], []
    for loss_class in (m.nn.CrossEntropyLoss, m.kernels.FusedCrossEntropy):
        x = m.tensor.Tensor(scores.copy(), requires_grad=True)
        loss = loss_class()(x, labels)
        loss.backward()
        grads.append(x.grad.data)
        values.append(loss.item())
    expect(np.isclose(values[0], values[1], atol=1e-6), f"the plain loss is {values[0]}, the fused one {values[1]}")
    expect(
        np.allclose(grads[0], grads[1], atol=1e-6),
        "the gradient through the fused loss is another than through the plain one",
    )
