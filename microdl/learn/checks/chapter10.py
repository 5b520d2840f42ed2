"""Chapter 10, property tests: the hunter draws what it should, acquits the right and catches the wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..checking import check, expect


def _drawn(strategy: Any, n: int = 150) -> list[Any]:
    from hypothesis import Phase, given, settings

    found: list[Any] = []

    @settings(max_examples=n, derandomize=True, database=None, deadline=None, phases=[Phase.generate])
    @given(strategy)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return found


def _caught(m: Any, function: Any, inputs: Any, examples: int = 200) -> Any:
    """What the reader's hunt brings: None, or the inputs and what is wrong there."""
    try:
        caught = m.properties.hunt(function, inputs, examples)
    except AssertionError:
        expect(False, "holds() raised AssertionError, for it found something, and hunt let it pass: catch it there")
    pair = isinstance(caught, tuple) and len(caught) == 2 and isinstance(caught[0], tuple)
    expect(
        caught is None or pair, f"hunt returned {caught!r}: it should be found[-1], the inputs and what is wrong there"
    )
    return caught


def _op(m: Any, forward: Callable[..., Any], backward: Callable[..., Any]) -> Any:
    return m.tensor.op(lambda x: forward(x), x=lambda g, x: backward(g, x))


@check(10, "arrays", "all small shapes, and zeros among the numbers")
def _(m: Any) -> None:
    found = _drawn(m.properties.arrays())
    expect(all(isinstance(x, np.ndarray) and x.dtype == np.float64 for x in found), "arrays() must draw float64 arrays")
    shapes = {x.shape for x in found}
    for wanted, words in (((), "numbers of shape ()"), ((2,), "vectors"), ((1, 3), "matrices")):
        expect(any(len(s) == len(wanted) for s in shapes), f"in 150 draws there were no {words}: draw the shape, too")
    expect(any(0 in s for s in shapes), "no empty array was drawn: a length may be 0")
    expect(any((x == 0).any() for x in found if x.size), "no array had a zero, where most faults are: use NUMBERS")
    mixed = any(len(set(x.ravel().tolist())) > 1 for x in found)
    expect(mixed, "all entries of an array are the same number: draw a list of as many as it has entries")
    fixed = {x.shape for x in _drawn(m.properties.arrays((2, 3)), 20)}
    expect(fixed == {(2, 3)}, f"arrays((2, 3)) drew the shapes {fixed}")


@check(10, "pairs", "they broadcast, and often differ in shape")
def _(m: Any) -> None:
    found = _drawn(m.properties.pairs(), 400)
    for pair in found:
        expect(isinstance(pair, tuple) and len(pair) == 2, f"pairs() drew {pair!r}: it should be a tuple of two arrays")
        try:
            np.broadcast_shapes(*(x.shape for x in pair))
        except ValueError:
            expect(False, f"arrays of shape {pair[0].shape} and {pair[1].shape} do not broadcast")
    shapes = [tuple(x.shape for x in pair) for pair in found]
    expect(any(len(a) != len(b) for a, b in shapes), "both always have as many axes: leave some out in front")
    stretched = any(len(a) == len(b) and a != b for a, b in shapes)
    expect(stretched, "no axis of length 1 ever met a longer one: draw 1 or n for each axis")


@check(10, "slopes", "both sides of a kink")
def _(m: Any) -> None:
    x = np.array([-1.0, 0.0, 2.0])
    moved = []

    def watching(now: Any) -> float:
        moved.append(int((now != x).sum()))
        return 0.0

    m.properties.slopes(watching, x.copy())
    expect(max(moved) <= 1, f"f was asked with {max(moved)} entries moved at once: put each entry back before the next")
    left, right = m.properties.slopes(lambda x: float(np.abs(x).sum()), x)
    expect(
        np.allclose(left, [-1, -1, 1], atol=1e-4),
        f"the slopes of |x| at -1, 0, 2 from the left are {left}, not -1 -1 1",
    )
    expect(
        np.allclose(right, [-1, 1, 1], atol=1e-4),
        f"the slopes of |x| at -1, 0, 2 from the right are {right}, not -1 1 1",
    )
    left, right = m.properties.slopes(lambda x: float(x[0] * x[1]), np.array([2.0, 3.0]))
    expect(
        np.allclose([left, right], [[3, 2], [3, 2]], atol=1e-4),
        f"the slopes of x0 x1 at 2, 3 are 3, 2 on both sides, not {left} and {right}",
    )
    left, right = m.properties.slopes(lambda x: float((x * x).sum()), np.array([1, 3]))
    expect(
        np.allclose([left, right], [[2, 6], [2, 6]], atol=1e-4),
        f"the slopes of x^2 at the integers 1, 3 are {left} and {right}, not 2, 6: integers cannot be moved by h, "
        "so take a copy as floats",
    )
    expect(np.array_equal(x, [-1, 0, 2]), "slopes changed the array it was given: work on a copy")


@check(10, "mismatch", "right gradients, also at kinks")
def _(m: Any) -> None:
    right: dict[str, Callable[[Any], Any]] = {
        "exp": lambda x: x.exp(), "x*x": lambda x: x * x, "abs": lambda x: x.abs(), "-abs": lambda x: -x.abs(),
        "relu": lambda x: x.relu(),
    }  # fmt: skip
    for name, function in right.items():
        said = m.properties.mismatch(function, (np.array([[0.0, -1.5, 0.5]]),))
        kink = (
            " At a kink any number between the two slopes is right, whichever of them is larger, with room for rounding"
            if "x" not in name
            else ""
        )
        expect(said == "", f"the gradient of {name} is right, and mismatch says: {said}.{kink}")
    said = m.properties.mismatch(lambda x: x * x * x, (np.array([3.0, -4.0]),))
    expect(said == "", f"the gradient of x*x*x is right at 3, and mismatch says: {said}. Rounding needs some room")


@check(10, "mismatch", "wrong factors, NaN, and a wrong second input")
def _(m: Any) -> None:
    x = np.array([0.0, 1.0])
    half = _op(m, lambda x: x**2, lambda g, x: g * x)
    said = m.properties.mismatch(half, (x,))
    expect(said, "the gradient of x^2 without its 2 is not seen at 1")
    expect(isinstance(said, str), f"mismatch returned {said!r}: it should be a string that says what is wrong")
    near = _op(m, lambda x: x**2, lambda g, x: 2.02 * g * x)
    expect(m.properties.mismatch(near, (x,)), "a gradient that is 1 % too large is not seen: the room is too wide")
    with np.errstate(all="ignore"):
        bad = _op(m, np.abs, lambda g, x: g * x / np.abs(x))
        expect(
            m.properties.mismatch(bad, (x,)), "a NaN in the gradient, at 0, is not seen: comparisons with NaN are false"
        )
    second = m.tensor.op(lambda a, b: a * b, a=lambda g, b: g * b, b=lambda g, b: g * b)
    expect(m.properties.mismatch(second, (x, x + 1)), "the gradient of the second input is wrong, and is not looked at")


@check(10, "hunt", "nothing at right ops, the smallest example at wrong ones")
def _(m: Any) -> None:
    p = m.properties
    expect(_caught(m, lambda a, b: a * b, p.pairs(), 100) is None, "a * b is right, and the hunter brings something")
    wrong = _op(m, lambda x: x**2, lambda g, x: np.where(x < 1, 2, 3) * g * x)
    caught = _caught(m, wrong, p.arrays())
    expect(caught is not None, "a square whose slope is wrong from 1 on was not caught")
    drawn, why = caught
    expect(isinstance(why, str) and why, "hunt must say what is wrong, too")
    expect(
        drawn[0].size == 1,
        f"the example has {drawn[0].size} entries, one would do: the smallest one comes last, found[-1]",
    )
    absolute = _op(m, np.abs, lambda g, x: g * x / np.abs(x))
    caught = _caught(m, absolute, p.arrays())
    expect(
        caught is not None and caught[0][0].ravel().tolist() == [0.0],
        "abs by dividing is NaN at 0: that is the example",
    )
