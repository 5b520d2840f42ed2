"""Chapter 1, nearest neighbours: distances, votes and folds."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..checking import check, expect

_A = np.array([[56, 32, 10, 18, 90, 23, 128, 133, 24, 26, 178, 200, 2, 0, 255, 220]], np.uint8)
_B = np.array([[10, 20, 24, 17, 8, 10, 89, 100, 12, 16, 178, 170, 4, 32, 233, 112]], np.uint8)


def _points(seed: int) -> tuple[Any, Any]:
    random = np.random.RandomState(seed)
    return random.randn(random.randint(1, 6), 4), random.randn(random.randint(1, 6), 4)


def _table(found: Any, right: Any, name: str, why: str) -> None:
    expect(
        np.shape(found) == right.shape,
        f"{name} has the shape {np.shape(found)}, it should be {right.shape}: (rows of a, rows of b)",
    )
    expect(np.allclose(found, right), f"{name} is {np.round(found, 3).tolist()}, not {right.round(3).tolist()}. {why}")


@check(1, "l1_distances", "the lectures' images of bytes: 456")
def _(m: Any) -> None:
    found = m.neighbours.l1_distances(_A, _B)
    expect(
        np.allclose(found, 456),
        f"the distance is {np.ravel(found)[0]}, not 456: bytes wrap around, 10 - 24 is 242. Convert to floats first",
    )


@check(1, "l1_distances", "it equals the sum written as a loop")
def _(m: Any) -> None:
    for seed in range(10):
        a, b = _points(seed)
        right = np.array([[sum(abs(p - q)) for q in b] for p in a])
        _table(m.neighbours.l1_distances(a, b), right, "the table", "It is the sum of absolute differences.")


@check(1, "l2_distances", "it equals the root of the sum of squares")
def _(m: Any) -> None:
    for seed in range(10):
        a, b = _points(seed)
        right = np.array([[np.sqrt(((p - q) ** 2).sum()) for q in b] for p in a])
        found = np.asarray(m.neighbours.l2_distances(a, b))
        squares = "These are the squares: take the root." if np.allclose(found, right**2) else "Check each term's sign."
        _table(found, right, "the table", squares)


@check(1, "l2_distances", "bytes, and images that are equal")
def _(m: Any) -> None:
    found = m.neighbours.l2_distances(_A, _B)
    right = np.sqrt(((_A.astype(float) - _B) ** 2).sum())
    expect(
        np.allclose(found, right), f"of the bytes it is {found}, not {right:.3f}: bytes wrap around, convert to floats"
    )
    x = np.random.RandomState(0).randn(50, 30) * 100
    with np.errstate(all="ignore"):
        own = np.diag(m.neighbours.l2_distances(x, x))
    expect(
        not np.isnan(own).any(),
        "the distance of an image to itself is NaN: rounding made its square a little negative. np.maximum(..., 0) first",
    )


@check(1, "vote", "the nearest, not the furthest")
def _(m: Any) -> None:
    distances, labels = np.array([[3.0, 1, 2], [0.5, 9, 9]]), np.array([7, 4, 5])
    found = m.neighbours.vote(distances, labels, 1)
    expect(
        np.array_equal(found, [4, 7]),
        f"the nearest of distances {distances.tolist()} have the labels 4 and 7, not {np.asarray(found).tolist()}: the "
        "smallest distance is the nearest",
    )


@check(1, "vote", "the majority of the k nearest")
def _(m: Any) -> None:
    distances, labels = np.array([[1.0, 2, 3, 4, 5]]), np.array([9, 2, 2, 9, 9])
    for k, right in ((1, 9), (3, 2), (5, 9)):
        found = np.asarray(m.neighbours.vote(distances, labels, k)).tolist()
        expect(
            found == [right], f"the {k} nearest have the labels {labels[:k].tolist()}: the vote is {right}, not {found}"
        )


@check(1, "vote", "a tie goes to the smallest label")
def _(m: Any) -> None:
    found = np.asarray(m.neighbours.vote(np.array([[1.0, 2, 3, 4]]), np.array([8, 3, 8, 3]), 4)).tolist()
    expect(found == [3], f"8, 3, 8, 3 is a tie: the docstring says the smallest, 3; it is {found}")


@check(1, "folds", "every example is held out once, and never in its own training part")
def _(m: Any) -> None:
    for n, parts in ((10, 5), (11, 3), (7, 7)):
        pairs = m.neighbours.folds(n, parts)
        expect(len(pairs) == parts, f"folds({n}, {parts}) gives {len(pairs)} pairs")
        held = sorted(int(i) for _, validation in pairs for i in validation)
        expect(held == list(range(n)), f"folds({n}, {parts}) holds out {held}: each example once")
        for train, validation in pairs:
            both = set(map(int, train)) & set(map(int, validation))
            expect(
                not both,
                f"the examples {sorted(both)} are in the training part and held out: they would know themselves",
            )
            expect(len(train) + len(validation) == n, f"a fold of {n} examples uses {len(train) + len(validation)}")
        sizes = [len(validation) for _, validation in pairs]
        expect(max(sizes) - min(sizes) <= 1, f"the parts have the sizes {sizes}: equal to within one")


@check(1, "cross_validate", "the accuracies of each fold")
def _(m: Any) -> None:
    x = np.array([[0.0], [5.0], [0.2], [5.2], [0.4], [5.4], [0.6], [5.6], [0.8], [5.8]])
    y = np.array([0, 1] * 5)
    found = m.neighbours.cross_validate(x, y, [1, 3], parts=5)
    expect(
        np.shape(found) == (5, 2) and np.allclose(found, 1),
        f"two clear groups are told apart in every fold, not {found}",
    )
