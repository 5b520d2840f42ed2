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
    why = f"{name} is {np.round(found, 4).tolist()}, differences say {right.round(4).tolist()}. "
    if n > 1 and np.allclose(found, right * n, rtol=1e-4, atol=1e-6):
        why += f"It is {n} times too large, and the batch has {n} images: the loss is their mean, so divide by n."
    elif np.allclose(found, -right, rtol=1e-4, atol=1e-6):
        why += "The sign is the wrong way round."
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
        _judge(found, _slope(partial(_softmax, y=y), s), "the gradient", n, "Is it p - 1 at the label, p elsewhere?")


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
        more = "Is the label's entry minus the number of classes that violate the margin?"
        if found.shape == right.shape and np.allclose(found.sum(1) - right.sum(1), -1 / n):
            more = "The label's own class counts as a violation: s_y - s_y + 1 = 1 is above 0, but j = y is left out."
        _judge(found, right, "the gradient", n, more)


@check(4, "linear_gradients", "by the weights and by the biases")
def _(m: Any) -> None:
    random = np.random.RandomState(0)
    g, x = random.randn(4, 3), random.randn(4, 5)
    dW, db = m.descent.linear_gradients(g, x)
    right = _slope(lambda W: float((g * (x @ W.T)).sum()), np.zeros((3, 5)))
    _judge(dW, right, "dW", 1, "It is the sum over the images of g times x: g.T @ x.")
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
            expect(np.isclose(value, f(W, b)), f"{loss}, decay {decay}: the value is {value:.5f}, not {f(W, b):.5f}")
            right = _slope(partial(f, b=b), W)
            half = np.allclose(dW, right - decay * W, rtol=1e-4, atol=1e-6) and decay
            more = (
                "The penalty's gradient is 2 * decay * W: the 2 is missing."
                if half
                else "Is the penalty's gradient in it?"
            )
            _judge(dW, right, f"{loss}, decay {decay}: dW", 1, more)
            _judge(db, _slope(partial(f, W), b), f"{loss}: db", 1, "The biases are not penalised.")


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
            f"{loss}: the loss went from {history[0]:.2f} to {history[-1]:.2f}: is the step against the gradient?",
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
