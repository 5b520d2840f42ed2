"""Chapter 3, the gradient check: it finds slopes, acquits right gradients, and convicts wrong ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..checking import Wrong, check, expect


def _verdict(m: Any, forward: Callable[..., Any], backward: Callable[..., Any], shape: tuple[int, ...]) -> str:
    try:
        returned = m.gradcheck.gradcheck(forward, backward, shape)
        what = f"gradcheck returned a {type(returned).__name__}"
        expect(returned is None or returned is True, f"{what}: it must raise AssertionError for a wrong gradient")
    except Wrong:
        raise
    except AssertionError as error:
        return str(error) or "AssertionError"
    return ""


@check(3, "numerical_gradient", "the gradient of a sum of squares is 2 x, for any shape")
def _(m: Any) -> None:
    for shape in ((), (3,), (2, 3), (2, 1, 2)):
        x = np.array(np.random.RandomState(0).randn(*shape))
        found = m.gradcheck.numerical_gradient(lambda x: (x**2).sum(), x)
        expect(np.shape(found) == shape, f"for x of shape {shape} the gradient has the shape {np.shape(found)}")
        why = ""
        if np.allclose(found, 4 * x, rtol=1e-4):
            why = ": the points lie 2 h apart, so divide by 2 h"
        elif np.allclose(found, -2 * x, rtol=1e-4):
            why = ": the sign is the wrong way round, f at x + h minus f at x - h"
        elif np.allclose(found, 2 * np.sum(x), rtol=1e-4):
            why = ": all entries were moved together; move one, and leave the others"
        expect(np.allclose(found, 2 * x, rtol=1e-4), f"the gradient of sum x^2 at {x} is {found}, not {2 * x}{why}")


@check(3, "numerical_gradient", "central, not forward: the error falls with h squared")
def _(m: Any) -> None:
    errors = [
        abs(m.gradcheck.numerical_gradient(lambda x: np.exp(x).sum(), np.array([1.0]), h=h)[0] - np.e)
        for h in (1e-2, 1e-3)
    ]
    expect(errors[0] != errors[1], "with another h the error is the same: use the argument h")
    expect(
        errors[1] < errors[0] / 50,
        f"with h ten times smaller the error went from {errors[0]:.1e} to {errors[1]:.1e}: that of a central difference "
        "falls a hundredfold, that of a forward difference tenfold. Move up and down, and divide by 2 h",
    )


@check(3, "numerical_gradient", "one entry at a time")
def _(m: Any) -> None:
    x = np.array([1.0, 2.0, 3.0])
    found = m.gradcheck.numerical_gradient(lambda x: x[0] * x[1] * x[2], x)
    expect(
        np.allclose(found, [6, 3, 2], atol=1e-6),
        f"the gradient of x0 x1 x2 at 1, 2, 3 is {found}, not 6, 3, 2: put each entry back before you move the next",
    )


@check(3, "numerical_gradient", "the caller's array stays as it was, and may be of integers")
def _(m: Any) -> None:
    x = np.array([1.0, -2.0])
    m.gradcheck.numerical_gradient(lambda x: x.sum(), x)
    expect(np.array_equal(x, [1, -2]), f"x was 1, -2 and is {x} now: work on a copy")
    found = m.gradcheck.numerical_gradient(lambda x: (x**2).sum(), np.array([3, 4]))
    expect(np.allclose(found, [6, 8]), f"at the integers 3, 4 the gradient is {found}: make floats of them first")


@check(3, "relative_error", "large and small slopes, zeros")
def _(m: Any) -> None:
    error = m.gradcheck.relative_error
    for a, n, right in (
        ([1e6], [1e6 + 1], 1e-6),
        ([0.0], [0.0], 0.0),
        ([1.0, 2.0], [1.0, 2.2], 0.2 / 2.2),
        ([1e-9], [0], 1e-5),
    ):
        found = error(np.array(a), np.array(n, float))
        d, size = np.abs(np.subtract(a, n)), np.maximum(np.abs(a), np.abs(n))
        causes = [
            (np.isnan(found), "0 / 0: the denominator is at least 1e-4"),
            (
                np.isclose(found, d.max(), rtol=1e-6),
                "that is the absolute difference: divide by the larger of |a| and |n|",
            ),
            (
                np.isclose(found, right / len(a)),
                "that is the mean, and a single wrong entry must show: take the largest",
            ),
            (found <= 0, "a difference of the other sign counts too: |a - n|"),
            (found < right * 0.6, "divide by the larger of |a| and |n|, not by their sum"),
            (
                np.isclose(found, (d / np.maximum(np.abs(a), 1e-4)).max()),
                "divide by the larger of |a| and |n|, not by |a|",
            ),
            (True, f"it is {d.tolist()} over {np.maximum(size, 1e-4).tolist()}"),
        ]
        why = next(text for holds, text in causes if holds)
        expect(
            abs(found - right) <= 1e-3 * right, f"the relative error of {a} and {n} is {found}, not {right:.3g}: {why}"
        )


@check(3, "relative_error", "NaN is never right")
def _(m: Any) -> None:
    for bad in (np.nan, np.inf):
        found = m.gradcheck.relative_error(np.array([1.0, bad]), np.array([1.0, 1.0]))
        expect(
            found == np.inf,
            f"with {bad} in the gradient the error is {found}, not infinite: comparisons with NaN are false, so a NaN passes",
        )


@check(3, "gradcheck", "right gradients are acquitted")
def _(m: Any) -> None:
    right = {
        "x*x": (lambda x: x * x, lambda g, x: 2 * g * x),
        "x.sum()": (lambda x: x.sum(), lambda g, x: g * np.ones_like(x)),
        "x.T": (lambda x: x.T, lambda g, x: g.T),
        "exp(x).sum(0)": (lambda x: np.exp(x).sum(0), lambda g, x: g * np.exp(x)),
    }
    for name, (forward, backward) in right.items():
        said = _verdict(m, forward, backward, (2, 3))
        expect(
            not said,
            f"the gradient of {name} is right, and the check convicts it: does backward get the same g as the sum "
            f"g * forward(x), and the same x? It says: {said[:200]}",
        )


@check(3, "gradcheck", "a wrong factor is convicted")
def _(m: Any) -> None:
    said = _verdict(m, lambda x: x * x, lambda g, x: g * x, (2, 3))
    expect(said, "the gradient of x*x without its 2 is acquitted")
    said = _verdict(m, lambda x: x * x, lambda g, x: 2 * g * x + 1e-3, (2, 3))
    expect(said, "a gradient of x*x that is off by 0.001 everywhere is acquitted: the bound is too wide")


@check(3, "gradcheck", "large and small slopes are judged alike")
def _(m: Any) -> None:
    said = _verdict(m, lambda x: x / 1000, lambda g, x: g * 1.001 / 1000, (2, 3))
    expect(
        said, "slopes of 0.001 that are 0.1 % too large are acquitted: judge by the relative error, not the difference"
    )
    said = _verdict(m, lambda x: x * 1e6, lambda g, x: g * 1e6, (2, 3))
    expect(
        not said, f"right slopes of 1e6 are convicted, for their rounding: judge by the relative error. {said[:100]}"
    )


@check(3, "gradcheck", "x of both signs")
def _(m: Any) -> None:
    said = _verdict(m, lambda x: np.maximum(x, 0), lambda g, x: g, (2, 3))
    expect(
        said, "backward of max(x, 0) may not hand on g where x < 0, and was acquitted: draw x by randn, of both signs"
    )


@check(3, "gradcheck", "the upstream gradient matters")
def _(m: Any) -> None:
    said = _verdict(m, lambda x: x * x, lambda g, x: 2 * x, (2, 3))
    expect(said, "a backward that forgets g is acquitted: draw g at random, ones are a special case")

    def softmax(x: Any) -> Any:
        e = np.exp(x - x.max(-1, keepdims=True))
        return e / e.sum(-1, keepdims=True)

    said = _verdict(m, softmax, lambda g, x: np.zeros_like(x), (2, 3))
    expect(
        said,
        "zeros are acquitted as the gradient of a softmax: with g of ones they are right, with a random g they are not",
    )


@check(3, "gradcheck", "the shape matters")
def _(m: Any) -> None:
    said = _verdict(m, lambda x: x.sum(), lambda g, x: g, (2, 3))
    expect(
        said, "a gradient that is one number, for x of shape (2, 3), is acquitted: compare the shapes, it broadcasts"
    )


@check(3, "gradcheck", "every trial is another x")
def _(m: Any) -> None:
    seen: list[Any] = []

    def backward(g: Any, x: Any) -> Any:
        seen.append(np.array(x))
        return g

    m.gradcheck.gradcheck(lambda x: x * 1.0, backward, (3,), trials=5)
    expect(
        len(seen) == 5,
        f"with trials=5 backward was called {len(seen)} times: once a trial, and no `return` inside the loop",
    )
    expect(
        len({x.tobytes() for x in seen}) == 5,
        "all trials have the same x: make the random stream once, outside the loop",
    )
