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
        given = scores.copy()
        losses, slope = _filled(m, given, labels)
        right, p = _twin(scores, labels)
        expect(np.array_equal(given, scores), "the scores were changed: they are read, and slope is written")
        missing = np.flatnonzero((losses == 77.0) | (slope == 77.0).any(1))
        expect(not missing.size, f"of {n} rows, row {missing[:1]} is not filled: losses[i] and slope[i, j] for every j")
        expect(
            np.allclose(losses, right),
            f"the losses of {scores.round(2).tolist()}, labels {labels.tolist()}, are {losses}, not {right}",
        )
        own = " The label's own -1 is missing." if np.allclose(slope.sum(1), 1) else ""
        own = " They are divided by n: the mean comes later." if np.allclose(slope, p / n) and n > 1 else own
        expect(np.allclose(slope, p), f"the slopes are {slope.round(4).tolist()}, not {p.round(4).tolist()}.{own}")


@check(13, "softmax_loss_and_slope", "finite for scores of any size, NaN for NaN")
def _(m: Any) -> None:
    scores = np.array([[1000.0, 0, 0], [-1000.0, -1000, -1001], [0, 1000, 0], [0, -1000, 0]])
    losses, slope = _filled(m, scores, np.zeros(4, int))
    why = "subtract the row's largest score in both exponents and logarithms"
    expect(
        np.isfinite(losses).all() and np.isfinite(slope).all(), f"for scores around 1000 the losses are {losses}: {why}"
    )
    expect(
        np.allclose(losses, [0, 0.8620, 1000, 0.6931], atol=1e-3),
        f"they are {losses}, not 0, 0.862, 1000, 0.693: {why}",
    )
    for place in range(3):
        bad = np.zeros((1, 3))
        bad[0, place] = np.nan
        losses, _ = _filled(m, bad, np.zeros(1, int))
        expect(np.isnan(losses[0]), f"a NaN at place {place} gives the loss {losses[0]}: it must come out again")


@check(13, "momentum_step", "equal to chapter 8's optimiser")
def _(m: Any) -> None:
    random = np.random.RandomState(0)
    p, v = random.randn(9), np.full(9, 55.0)
    a, buffer = p.copy(), np.zeros(9)
    for step in range(3):
        g = random.randn(9)
        m.kernels.momentum_step(p, g, v, 0.1, 0.9, 0.01, step == 0)
        d, kept = g + 0.01 * a, 0.9 * buffer
        why = "On the first step the buffer is the decayed gradient, whatever was in it." if step == 0 else "Is v kept?"
        if np.allclose(v, kept + 0.1 * d):
            why = "It is momentum * v + d, not a mean of both."
        elif np.allclose(v, kept + g):
            why = "The decay belongs to the gradient: d = g + decay * p."
        buffer = kept + d
        a = a - 0.1 * buffer
        expect(np.allclose(v, buffer), f"after step {step + 1} the buffer is {v[:2]}, not {buffer[:2]}. {why}")
        expect(np.allclose(p, a), f"after step {step + 1} the parameter is {p[:2]}, not {a[:2]}: p -= lr * v, after v")


@check(13, "byte_distances", "exact, without wrapping around")
def _(m: Any) -> None:
    random = np.random.RandomState(1)
    a, b = (random.randint(0, 256, (n, 40)).astype(np.uint8) for n in (3, 5))
    out = np.full((3, 5), -1, np.int32)
    m.kernels.byte_distances(a, b, out)
    differences = np.abs(a[:, None].astype(int) - b)
    right = differences.sum(-1)
    why = "make int32 of both bytes first, or the difference wraps around"
    why = "these are the squares' sums" if np.array_equal(out, (differences**2).sum(-1)) else why
    why = "`out` is to be filled, not returned" if (out == -1).all() else why
    expect(np.array_equal(out, right), f"the distances are {out.tolist()}, not {right.tolist()}: {why}")


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


@check(13, "fast_exp", "e^x to the last digits, NaN for NaN, 0 far below")
def _(m: Any) -> None:
    x = np.concatenate([np.linspace(-5, 5, 401), np.linspace(-708, 709, 401)])
    found = np.array([m.kernels.fast_exp(one) for one in x])
    right = np.exp(x)
    off = np.abs(found / right - 1)
    worst = int(np.argmax(np.where(np.isfinite(off), off, np.inf)))
    near = float(off[:401].max())
    why = ""
    at_0 = abs(m.kernels.fast_exp(0.0))
    if not 1e-3 < at_0 < 1e3:
        why = " The exponent's bits of 2^k are k + 1023, from bit 52 on."
    elif near < 1e-14:
        why = " Near 0 it is right: k ln 2 has too few digits for a large k. Subtract k ln 2 in two parts."
    elif near < 1e-11:
        why = " Is k the nearest whole number? Then |r| is at most ln 2 / 2, and the Taylor sum is short enough."
    elif off[np.abs(x) < 0.3].max() < 1e-14:
        why = " Near 0, where k is 0, it is right: k is x / ln 2, rounded, and r is x - k ln 2."
    else:
        why = " The Taylor sum has 14 terms, from 1/13! to 1: y = y * r + the next, with i from 1 to 13."
    expect(off[worst] < 2e-15, f"of {x[worst]:.6g} it is {found[worst]:.17g}, not {right[worst]:.17g}.{why}")
    low = m.kernels.fast_exp(-1000.0)
    expect(low == 0.0, f"of -1000 it is {low}: below -708 it should be 0, for k + 1023 has left the exponent's place")
    lost = m.kernels.fast_exp(np.nan)
    expect(np.isnan(lost), f"of NaN it is {lost}: every comparison with NaN is false, so let `x < -708` choose the 0")


@check(13, "fast_exp", "without a call, so that many can be computed at once")
def _(m: Any) -> None:
    m.kernels.fast_exp(1.0)
    texts: Any = getattr(
        m.kernels.fast_exp, "inspect_llvm", dict
    )()  # with NUMBA_DISABLE_JIT=1 there is nothing to look at
    calls = [
        name for text in texts.values() for name in ("@llvm.exp.f64", "@exp(", "@llvm.exp2", "@exp2(") if name in text
    ]
    expect(not calls, f"it calls the library's exponential ({calls[:1]}), one number at a time: use arithmetic alone")
