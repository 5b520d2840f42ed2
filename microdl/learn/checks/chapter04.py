"""Chapter 4, gradients by hand: against differences, and descent that descends."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..checking import check, expect


def _slope(f: Callable[[Any], float], x: Any, h: float = 1e-6) -> Any:
    out, x = np.zeros_like(x), x.copy()
    for place in np.ndindex(x.shape):
        before = x[place]
        x[place] = before + h
        up = f(x)
        x[place] = before - h
        out[place] = (up - f(x)) / (2 * h)
        x[place] = before
    return out


def _softmax(s: Any, y: Any) -> float:
    z = s - s.max(1, keepdims=True)
    return float((np.log(np.exp(z).sum(1)) - z[np.arange(len(s)), y]).mean())


def _hinge(s: Any, y: Any) -> float:
    v = np.maximum(0, s - s[np.arange(len(s)), y][:, None] + 1)
    return float((v.sum(1) - 1).mean())


def _judge(found: Any, right: Any, name: str, n: int, more: str) -> None:
    expect(np.shape(found) == right.shape, f"{name} has the shape {np.shape(found)}, it should be {right.shape}")
    if np.allclose(found, right, rtol=1e-4, atol=1e-6):
        return
    found = np.asarray(found)
    place = tuple(int(k) for k in np.unravel_index(np.abs(found - right).argmax(), right.shape))
    at = ", ".join(map(str, place))
    why = f"{name} at [{at}] is {found[place]:.4f}, differences say {right[place]:.4f}. "
    if n > 1 and np.allclose(found, right * n, rtol=1e-4, atol=1e-6):
        why += f"It is {n} times too large, and the batch has {n} images: the loss is their mean, so divide by n."
    elif np.allclose(found, -right, rtol=1e-4, atol=1e-6):
        why += "The sign is the wrong way round."
    elif right.ndim == 2 and np.allclose(found * right.shape[1], right, rtol=1e-4, atol=1e-6):
        why += f"It is {right.shape[1]} times too small: divide by the number of images, not of entries."
    else:
        why += more
    expect(False, why)


def _cases() -> Any:
    for seed in range(6):
        random = np.random.RandomState(seed)
        n, classes = (1, 3) if seed == 0 else (random.randint(2, 5), random.randint(2, 6))
        yield n, random.randn(n, classes) * 2, random.randint(0, classes, n)


@check(4, "softmax_gradient", "it is the slope of the mean softmax loss")
def _(m: Any) -> None:
    for n, s, y in _cases():
        found = m.descent.softmax_gradient(s.copy(), y)
        more = "Is it p - 1 at the label of each row, g[np.arange(n), labels], and p elsewhere?"
        _judge(found, _slope(partial(_softmax, y=y), s), "the gradient", n, more)


@check(4, "softmax_gradient", "finite for scores of any size")
def _(m: Any) -> None:
    with np.errstate(all="ignore"):
        found = m.descent.softmax_gradient(np.array([[1000.0, 0, -1000]]), np.array([1]))
    expect(np.allclose(found, [[1, -1, 0]]), f"for scores 1000, 0, -1000 and the label 1 it is {found}, not [[1 -1 0]]")


@check(4, "hinge_gradient", "it is the slope of the mean hinge loss")
def _(m: Any) -> None:
    for n, s, y in _cases():
        found = np.asarray(m.descent.hinge_gradient(s.copy(), y))
        right = _slope(partial(_hinge, y=y), s)
        more = (
            "It is 1 for each other class with s_j - s_y + 1 > 0, and at the label minus the number of classes that violate "
            "the margin."
        )
        if found.shape == right.shape and np.allclose(found.sum(1) - right.sum(1), -1 / n):
            more = "The label's own class counts as a violation: s_y - s_y + 1 = 1 is above 0, but j = y is left out."
        _judge(found, right, "the gradient", n, more)


@check(4, "linear_gradients", "by the weights and by the biases")
def _(m: Any) -> None:
    random = np.random.RandomState(0)
    g, x = random.randn(4, 3), random.randn(4, 5)
    dW, db = m.descent.linear_gradients(g, x)
    right = _slope(lambda W: float((g * (x @ W.T)).sum()), np.zeros((3, 5)))
    again = np.shape(dW) == right.shape and np.allclose(np.asarray(dW) * 4, right, rtol=1e-4)
    more = (
        "g holds the 1/n already: do not divide again."
        if again
        else "It is the sum over the images of g times x: g.T @ x."
    )
    _judge(dW, right, "dW", 1, more)
    expect(
        np.shape(db) == (3,),
        f"db has the shape {np.shape(db)}, and b (3,): each image adds its g, so sum over the batch",
    )
    expect(np.allclose(db, g.sum(0)), f"db is {db}, it should be the sum of g over the batch, {g.sum(0)}")


def _objective(x: Any, y: Any, value_of: Callable[[Any, Any], float], decay: float, W: Any, b: Any) -> float:
    return value_of(x @ W.T + b, y) + decay * float((W**2).sum())


@check(4, "objective", "loss and gradients belong together, with the penalty")
def _(m: Any) -> None:
    random = np.random.RandomState(2)
    x, y, W, b = random.randn(6, 4), random.randint(0, 3, 6), random.randn(3, 4), random.randn(3)
    for loss, value_of in (("softmax", _softmax), ("hinge", _hinge)):
        for decay in (0.0, 0.3):
            f = partial(_objective, x, y, value_of, decay)
            value, dW, db = m.descent.objective(W, b, x, y, loss, decay)
            mean, penalty = f(W, b) - decay * (W**2).sum(), (W**2).sum()
            causes = {
                mean * 6 + decay * penalty: "The loss of a batch is the mean of its images' losses.",
                mean: "The penalty is not in it.",
                mean + decay * penalty / 2: "The penalty is decay * sum(W^2), not half of it.",
                mean + decay * (penalty + (b**2).sum()): "The biases are not penalised.",
            }
            why = next((text for v, text in causes.items() if np.isclose(value, v)), "Mean loss plus decay * sum(W^2)?")
            expect(
                np.isclose(value, f(W, b)),
                f"{loss}, decay {decay}: the value is {value:.5f}, not {f(W, b):.5f}. {why}",
            )
            right = _slope(partial(f, b=b), W)
            half = np.allclose(dW, right - decay * W, rtol=1e-4, atol=1e-6) and decay
            more = (
                "The penalty's gradient is 2 * decay * W: the 2 is missing."
                if half
                else "Is the penalty's gradient in it?"
            )
            _judge(dW, right, f"{loss}, decay {decay}: dW", 1, more)
            _judge(db, _slope(partial(f, W), b), f"{loss}: db", 1, "The biases are not penalised.")


@check(4, "train", "a step is the learning rate times the gradient, of W and of b")
def _(m: Any) -> None:
    random = np.random.RandomState(3)
    x, y, start = random.randn(6, 4), random.randint(0, 3, 6), np.random.RandomState(0).randn(3, 4) * 0.001
    for loss, value_of in (("softmax", _softmax), ("hinge", _hinge)):
        f = partial(_objective, x, y, value_of, 20.0)
        W, b, history = m.descent.train(x, y, 3, lr=0.1, epochs=1, batch_size=6, loss=loss, decay=20.0)
        step, down = W - start, _slope(partial(f, b=np.zeros(3)), start) * -0.1
        why = (
            f"{loss}, one batch of all images: W[0, 0] moved by {step[0, 0]:.5f}, it should move by {down[0, 0]:.5f}. "
        )
        penalty = -0.1 * 2 * 20.0 * start
        if np.allclose(step, -down, rtol=1e-4, atol=1e-6):
            why += "Step against the gradient, not along it."
        elif np.allclose(step, down - penalty, rtol=1e-4, atol=1e-6):
            why += "The penalty is missing: hand decay on to objective."
        elif np.allclose(step * 6, down, rtol=1e-4, atol=1e-6):
            why += "The gradient is that of the mean already: do not divide by the batch again."
        else:
            why += "Is it lr * dW, of the loss that was asked for, each image with its own label?"
        expect(np.allclose(step, down, rtol=1e-4, atol=1e-6), why)
        right = _slope(partial(f, start), np.zeros(3)) * -0.1
        expect(
            np.allclose(b, right, rtol=1e-4, atol=1e-6), f"{loss}: the biases are {b}, not {right}: they take steps too"
        )
        expect(len(history) == 1, f"one step was taken, and the history has {len(history)}: append each value")
        expect(
            np.isclose(history[0], f(start, np.zeros(3))),
            f"{loss}: the history begins with {history[0]:.4f}, the objective before the first step is "
            f"{f(start, np.zeros(3)):.4f}",
        )


@check(4, "train", "it goes downhill, and learns")
def _(m: Any) -> None:
    random = np.random.RandomState(0)
    y = random.randint(0, 3, 120)
    x = random.randn(120, 5) + 3 * np.eye(3, 5)[y]
    for loss in ("softmax", "hinge"):
        W, b, history = m.descent.train(x, y, 3, lr=0.05, epochs=10, batch_size=30, loss=loss)
        expect(
            len(history) == 40, f"10 epochs of 120 images in batches of 30 are 40 steps, the history has {len(history)}"
        )
        expect(
            history[-4:].mean() < 0.5 * history[:2].mean(),
            f"{loss}: the loss went from {history[0]:.2f} to {history[-1]:.2f}: does each step use its own batch, images and "
            "labels?",
        )
        right = np.mean((x @ W.T + b).argmax(1) == y)
        expect(
            right > 0.9, f"{loss}: {right:.0%} of the training points are right, of three blobs that lines can separate"
        )


@check(4, "train", "every image once an epoch, in another order each time")
def _(m: Any) -> None:
    seen: list[Any] = []
    original = m.descent.objective

    def watched(W: Any, b: Any, x: Any, labels: Any, *rest: Any, **more: Any) -> Any:
        seen.append(x[:, 0].tolist())
        return original(W, b, x, labels, *rest, **more)

    x = np.arange(10.0)[:, None]
    m.descent.objective = watched
    try:
        m.descent.train(x, np.arange(10) % 2, 2, lr=0.0, epochs=2, batch_size=4)
    finally:
        m.descent.objective = original
    expect(
        [len(s) for s in seen] == [4, 4, 2] * 2, f"batches of {[len(s) for s in seen]} images, not 4, 4, 2 and again"
    )
    epochs: list[Any] = [[one for batch in half for one in batch] for half in (seen[:3], seen[3:])]
    for order in epochs:
        expect(sorted(order) == list(range(10)), f"an epoch saw the images {order}: each should come once")
    expect(epochs[0] != epochs[1], "both epochs have the same order: draw a new permutation for each")
