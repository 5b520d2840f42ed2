"""Chapter 2, scores and losses: the lectures' numbers, and properties that any scores must have."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..checking import Wrong, check, expect

_SCORES = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
_LABELS = np.array([0, 1, 2])


def _batch(seed: int) -> tuple[Any, Any]:
    random = np.random.RandomState(seed)
    n, classes = random.randint(1, 6), random.randint(2, 7)
    return random.randn(n, classes) * 3, random.randint(0, classes, n)


def _shape(name: str, found: Any, wanted: tuple[int, ...], why: str = "one row an image") -> None:
    expect(np.shape(found) == wanted, f"{name} has the shape {np.shape(found)}, it should be {wanted}: {why}")


@check(2, "scores_of", "the four-pixel image: -96.8, 437.9, 60.75")
def _(m: Any) -> None:
    W = np.array([[0.2, -0.5, 0.1, 2.0], [1.5, 1.3, 2.1, 0.0], [0, 0.25, 0.2, -0.3]])
    x, b = np.array([[56, 231, 24, 2.0]]), np.array([1.1, 3.2, -1.2])
    try:
        found = m.scores.scores_of(x, W, b)
    except ValueError as error:
        raise Wrong(
            f"x is {x.shape}, W {W.shape}, and the scores are to be (1, 3): which product is that? {error}"
        ) from error
    _shape("scores_of(x, W, b) for one image and three classes", found, (1, 3))
    forgotten = " The biases b are not in it." if np.allclose(found, x @ W.T) else ""
    expect(np.allclose(found, [[-96.8, 437.9, 60.75]]), f"the scores are {found}, not [-96.8 437.9 60.75].{forgotten}")


@check(2, "scores_of", "a batch gives what its images give one by one")
def _(m: Any) -> None:
    random = np.random.RandomState(0)
    x, W, b = random.randn(4, 5), random.randn(3, 5), random.randn(3)
    found = m.scores.scores_of(x, W, b)
    _shape("scores_of for 4 images and 3 classes", found, (4, 3))
    expect(np.allclose(found, [W @ one + b for one in x]), "a batch of images gives other scores than they do alone")


@check(2, "hinge_loss", "the lectures' numbers: 2.9, 0, 12.9")
def _(m: Any) -> None:
    found = m.scores.hinge_loss(_SCORES.copy(), _LABELS)
    _shape("hinge_loss of three images", found, (3,), "one loss an image, a sum over its row")
    why = f"the losses are {np.round(found, 2)}, not [2.9 0 12.9]."
    if np.allclose(found, [3.9, 1, 13.9]):
        why += " Each is 1 too large: the class j = y counts too, with max(0, 0 + 1)."
    elif np.allclose(found, [1.9, 0, 10.9]):
        why += " The margin is missing: s_j - s_y + 1."
    elif np.allclose(found, [5.9, 8.5, 0]):
        why += " The sign is the wrong way round: s_j - s_y + 1, the other class minus the true one."
    expect(np.allclose(found, [2.9, 0, 12.9]), why)


@check(2, "hinge_loss", "it equals the sum written as a loop")
def _(m: Any) -> None:
    for seed in range(20):
        scores, labels = _batch(seed)
        right = [
            sum(max(0, s - row[y] + 1) for j, s in enumerate(row) if j != y)
            for row, y in zip(scores, labels, strict=True)
        ]
        found = m.scores.hinge_loss(scores, labels)
        expect(
            np.allclose(found, right),
            f"for scores {scores.round(2).tolist()} and labels {labels.tolist()} it is {found}, not {right}. Each image has "
            "its own true class: scores[np.arange(n), labels].",
        )


@check(2, "hinge_loss", "the variants: own class, mean, squares")
def _(m: Any) -> None:
    loss = m.scores.hinge_loss
    scores, labels = _SCORES.copy(), _LABELS
    plain, classes = loss(scores, labels), scores.shape[1]
    own = loss(scores, labels, include_own_class=True)
    expect(np.allclose(own, plain + 1), f"with the own class each loss grows by 1: {plain} became {own}")
    mean = loss(scores, labels, mean=True)
    others = " It was divided by the number of the others." if np.allclose(mean, plain / (classes - 1)) else ""
    expect(
        np.allclose(mean, plain / classes),
        f"the mean over {classes} classes is the sum divided by {classes}: {plain} became {mean}.{others}",
    )
    squared = loss(scores, labels, squared=True)
    right = [2.9**2, 0, 6.3**2 + 6.6**2]
    expect(
        np.allclose(squared, right),
        f"squared, the losses are {np.round(squared, 2)}, not {np.round(right, 2)}: square each violation before the sum",
    )


@check(2, "hinge_loss", "it leaves the scores as they were")
def _(m: Any) -> None:
    before = _SCORES.copy()
    m.scores.hinge_loss(before, _LABELS)
    expect(np.array_equal(before, _SCORES), "hinge_loss changed the scores it was given: work on an array of your own")


@check(2, "softmax", "rows of probabilities")
def _(m: Any) -> None:
    for seed in range(10):
        scores, _ = _batch(seed)
        p = m.scores.softmax(scores)
        _shape("softmax(scores)", p, scores.shape)
        expect(np.allclose(p.sum(1), 1), f"the rows add up to {p.sum(1)}, not to 1: divide each row by its own sum")
        right = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
        expect(np.allclose(p, right), f"softmax of {scores[0]} is {p[0]}, not {right[0]}")


@check(2, "softmax", "scores of any size")
def _(m: Any) -> None:
    with np.errstate(all="ignore"):
        p = m.scores.softmax(np.array([[1000.0, 0, 0], [-1000.0, -1000, -1001]]))
    expect(
        np.isfinite(p).all(),
        f"scores of 1000, 0, 0 and -1000, -1000, -1001 give {p.tolist()}: subtract each row's own largest score before the "
        "exponential",
    )
    expect(np.allclose(p[0], [1, 0, 0]), f"softmax of 1000, 0, 0 is {p[0]}, not 1, 0, 0")
    expect(abs(p[1, 0] - 0.4223) < 1e-3, f"softmax of -1000, -1000, -1001 is {p[1]}, not 0.42, 0.42, 0.16")


@check(2, "softmax_loss", "the cat image: -ln 0.13 = 2.04")
def _(m: Any) -> None:
    found = m.scores.softmax_loss(_SCORES.copy(), _LABELS)
    why = "one loss an image; one score a row is z[np.arange(n), labels]"
    _shape("softmax_loss of three images", found, (3,), why)
    causes = {
        0.8861: " That is the logarithm to base 10: np.log is the natural one.",
        -2.0404: " The sign is the wrong way round: a probability is at most 1, so -ln p is not negative.",
        -3.0596: " Take the largest score out of both terms, also out of s_y.",
    }
    more = "".join(text for value, text in causes.items() if abs(found[0] - value) < 1e-3)
    expect(abs(found[0] - 2.0404) < 1e-3, f"the loss of the cat image is {found[0]:.4f}, not 2.0404.{more}")


@check(2, "softmax_loss", "ln C at the start, never negative, and finite")
def _(m: Any) -> None:
    loss = m.scores.softmax_loss
    for classes in (2, 3, 10):
        found = loss(np.zeros((4, classes)), np.zeros(4, int))
        expect(np.allclose(found, np.log(classes)), f"all scores 0, {classes} classes: {found[0]}, not ln {classes}")
    with np.errstate(all="ignore"):
        far = loss(np.array([[0.0, 1000, 0], [1000.0, 0, 0]]), np.array([0, 0]))
    expect(
        np.isfinite(far[1]),
        f"scores 1000, 0, 0 with the label 0 have the loss {far[1]}, not 0: e^1000 overflows, take each row's largest score "
        "out first",
    )
    expect(
        np.allclose(far, [1000, 0]),
        f"scores 0, 1000, 0 with the label 0 have the loss {far[0]}, not 1000; and 1000, 0, 0 have {far[1]}, not 0: do not "
        "take the logarithm of a probability that has become 0",
    )


@check(2, "random_search", "the best of its guesses")
def _(m: Any) -> None:
    random = np.random.RandomState(1)
    x, labels = random.randn(30, 4), random.randint(0, 3, 30)
    W, b, losses = m.scores.random_search(x, labels, 3, 25, seed=5, scale=0.5)
    for name, array, shape in (("W", W, (3, 4)), ("b", b, (3,)), ("losses", losses, (25,))):
        _shape(f"for 3 classes, 4 pixels and 25 draws {name}", array, shape, "W without the last column, which is b")
    expect(len(set(losses)) == 25, "the draws repeat: make the random stream once, outside the loop")
    first = np.random.RandomState(5).randn(3, 5) * 0.5
    right = m.scores.softmax_loss(x @ first[:, :-1].T + first[:, -1], labels).mean()
    expect(np.isclose(losses[0], right), "the first draw is not randn(classes, pixels + 1) * scale, biases last")
    own = m.scores.softmax_loss(m.scores.scores_of(x, W, b), labels).mean()
    expect(
        np.isclose(own, min(losses)),
        f"the weights that came back have the loss {own:.4f}, but the best of the draws had {min(losses):.4f}: keep a guess "
        "only where it is better",
    )
    again = m.scores.random_search(x, labels, 3, 25, seed=5, scale=0.5)
    expect(np.array_equal(again[0], W), "the same seed gave other weights: draw from np.random.RandomState(seed)")


@check(2, "random_search", "by the loss that it is given")
def _(m: Any) -> None:
    random = np.random.RandomState(1)
    x, labels = random.randn(30, 4), random.randint(0, 3, 30)
    W, b, losses = m.scores.random_search(x, labels, 3, 25, seed=5, scale=0.5, loss=m.scores.hinge_loss)
    own = m.scores.hinge_loss(m.scores.scores_of(x, W, b), labels).mean()
    expect(
        np.isclose(own, min(losses)),
        f"with loss=hinge_loss the best guess has the hinge loss {own:.4f}, but the lowest of the losses is "
        f"{min(losses):.4f}: call loss(scores, labels), the argument",
    )
