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
    off = np.abs(np.asarray(found) - right)
    i, j = (int(k) for k in np.unravel_index(off.argmax(), right.shape))
    expect(
        np.allclose(found, right),
        f"{name} has {np.asarray(found)[i, j]:.4g} for row {i} of a and row {j} of b, it should be {right[i, j]:.4g}. {why}",
    )


@check(1, "l1_distances", "the lectures' images of bytes: 456")
def _(m: Any) -> None:
    found = m.neighbours.l1_distances(_A, _B)
    expect(not np.allclose(found, 456 / 16), "the distance is 28.5, the mean of 16 differences: it is their sum, 456")
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
        why = "Check each term: squares of a as a column, squares of b as a row, minus twice the products."
        if found.shape == right.shape and np.allclose(found, right**2):
            why = "These are the squares: take the root."
        elif found.shape == right.shape and np.allclose(found**2, right**2 + a @ b.T):
            why = "The products a @ b.T are subtracted twice, not once: (a - b)^2 = a^2 + b^2 - 2 a b."
        _table(found, right, "the table", why)


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
    distances, labels = np.array([[6.0, 1, 2], [5, 9, 4]]), np.array([7, 4, 5])
    found = np.asarray(m.neighbours.vote(distances, labels, 1)).tolist()
    why = {
        (1, 2): "these are the places of the nearest: look up their labels",
        (1, 1): "that is how many votes the winner has: .argmax() gives the label, .max() the count",
        (4, 7): "sort each row by itself, axis=1",
    }
    cause = "the smallest distance is the nearest"
    cause = next((text for places, text in why.items() if found == list(places)), cause)
    expect(
        found == [4, 5],
        f"the nearest of distances {distances.tolist()}, with the labels {labels.tolist()}, have 4 and 5, not {found}: {cause}",
    )


@check(1, "vote", "the majority of the k nearest")
def _(m: Any) -> None:
    distances, labels = np.array([[1.0, 2, 3, 4, 5]]), np.array([9, 2, 2, 9, 9])
    for k, right in ((1, 9), (3, 2), (5, 9)):
        found = np.asarray(m.neighbours.vote(distances, labels, k)).tolist()
        more = "" if set(found) <= {2, 9} else ". Labels are names: count them, do not compute with them"
        expect(
            found == [right],
            f"the {k} nearest have the labels {labels[:k].tolist()}: the vote is {right}, not {found}{more}",
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
        expect(
            all(np.asarray(part).dtype != bool for pair in pairs for part in pair),
            "these are masks of True and False: return the places, as integers",
        )
        expect(
            all(len(train) >= len(validation) for train, validation in pairs if parts > 2),
            f"folds({n}, {parts}) trains on less than it holds out: a pair is (training places, validation places)",
        )
        held = [int(i) for _, validation in pairs for i in validation]
        lost = sorted(set(range(n)) - set(held))
        expect(not lost, f"folds({n}, {parts}) never holds out {lost}: {n} need not be a multiple of {parts}")
        expect(len(held) == n, f"folds({n}, {parts}) holds out {held}: each example once")
        expect(
            held == list(range(n)),
            f"folds({n}, {parts}) holds out {held}: cut runs of neighbours, in order, so that what belongs together in the "
            "file (the images of one writer) is held out together",
        )
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
