"""Chapter 8, optimisers: every rule against the formula, written here in plain numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..checking import check, expect

_GRADIENTS = [np.array([0.5, -2.0]), np.array([0.1, 1.0]), np.array([-0.3, 1.5]), np.array([0.0, -1.0])]
_START = np.array([1.0, -1.0])


def _run(m: Any, make: Callable[[list[Any]], Any], gradients: list[Any] = _GRADIENTS) -> list[Any]:
    """The parameter after each step with these gradients."""
    p = m.tensor.Tensor(_START.copy(), requires_grad=True)
    optimizer, seen = make([p]), []
    for g in gradients:
        p.grad = m.tensor.Tensor(g.copy())
        optimizer.step()
        seen.append(p.data.copy())
    return seen


def _by_hand(rule: Callable[[float, dict[str, float]], float]) -> list[Any]:
    columns = []
    for i, start in enumerate(_START):
        w, state, seen = float(start), {}, []  # type: ignore[var-annotated]
        for g in _GRADIENTS:
            w -= rule(float(g[i]), state)
            seen.append(w)
        columns.append(seen)
    return [np.array(pair) for pair in zip(*columns, strict=True)]


def _same(found: list[Any], right: list[Any], name: str, why: dict[int, str], otherwise: str) -> None:
    for step, (a, b) in enumerate(zip(found, right, strict=True), start=1):
        if not np.allclose(a, b, rtol=1e-6, atol=1e-12):
            expect(False, f"{name}: after step {step} the parameter is {a}, not {b}. {why.get(step, otherwise)}")


# --- the base ----------------------------------------------------------------------------------------------------


@check(8, "Optimizer.step", "downhill, in place, and only where there is a gradient")
def _(m: Any) -> None:
    p, q = (m.tensor.Tensor(np.array([1.0, 2.0]), requires_grad=True) for _ in range(2))
    array = p.data
    p.grad = m.tensor.Tensor(np.array([1.0, -1.0]))
    m.optim.SGD([p, q], lr=0.1, weight_decay=0.5).step()
    expect(array is p.data, "the parameter has another array now: change the data in place (p.data -= ...)")
    expect(
        not np.allclose(p.data, [1.15, 2.0]), f"the parameter became {p.data}: it went uphill, the step is subtracted"
    )
    expect(
        np.allclose(p.data, [0.85, 2.0]),
        f"lr 0.1, decay 0.5: from 1, 2 by a gradient of 1, -1 to {p.data}, not [0.85 2.0]. The decay adds 0.5 * w to the "
        "gradient, and change takes 0.1 of the sum",
    )
    expect(np.allclose(q.data, [1, 2]), f"a parameter without a gradient changed from 1, 2 to {q.data}: leave it alone")
    expect(np.allclose(p.grad.data, [1, -1]), f"the gradient became {p.grad.data}: make a new array for g + decay * w")


def _alone_and_together(m: Any, make: Callable[[list[Any]], Any]) -> tuple[list[float], list[float]]:
    """Where two parameters are after two steps, of one optimizer and of one each."""

    def stepped(*gradients: float) -> list[float]:
        params = [m.tensor.Tensor(np.array([0.0]), requires_grad=True) for _ in gradients]
        optimizer = make(params)
        for factor in (1.0, 3.0):
            for p, g in zip(params, gradients, strict=True):
                p.grad = m.tensor.Tensor(np.array([g * factor]))
            optimizer.step()
        return [float(p.data[0]) for p in params]

    return stepped(1.0, -2.0), stepped(1.0) + stepped(-2.0)


@check(8, "Optimizer.step", "two parameters do not share what is remembered")
def _(m: Any) -> None:
    together, alone = _alone_and_together(m, lambda params: m.optim.SGD(params, lr=1.0, momentum=0.5))
    expect(
        np.allclose(together, alone),
        f"two parameters are at {together} after two steps with momentum, each alone would be at {alone}: they share a state",
    )


# --- the rules ---------------------------------------------------------------------------------------------------


@check(8, "SGD.change", "plain")
def _(m: Any) -> None:
    right = _by_hand(lambda g, s: 0.1 * g)
    _same(_run(m, lambda p: m.optim.SGD(p, lr=0.1)), right, "SGD", {}, "It is lr * g.")


@check(8, "SGD.change", "with momentum")
def _(m: Any) -> None:
    def rule(g: float, s: dict[str, float]) -> float:
        s["v"] = 0.9 * s.get("v", 0.0) + g
        return 0.1 * s["v"]

    found = _run(m, lambda p: m.optim.SGD(p, lr=0.1, momentum=0.9))
    first = "The buffer begins as g itself, not as a tenth of it, and the step is lr * v: nothing is added to v."
    second = "v = momentum * v + g: the old v times 0.9, plus all of g. Is the sign of the momentum right?"
    _same(found, _by_hand(rule), "SGD with momentum", {1: first, 2: second}, "Is v kept from step to step?")


@check(8, "SGD.change", "the rate may change between steps")
def _(m: Any) -> None:
    p = m.tensor.Tensor(np.array([0.0]), requires_grad=True)
    optimizer = m.optim.SGD([p], lr=1.0, momentum=0.5)
    for optimizer.lr in (1.0, 0.1):
        p.grad = m.tensor.Tensor(np.array([1.0]))
        optimizer.step()
    expect(
        np.allclose(p.data, [-1.15]),
        f"momentum 0.5, a gradient of 1 twice, lr 1, then 0.1: from 0 to {p.data[0]:g}, not -1.15. Keep v without the "
        "rate: the step is lr * v, with the rate as it is now",
    )


@check(8, "Adagrad.change", "the sum of squares grows")
def _(m: Any) -> None:
    def rule(g: float, s: dict[str, float]) -> float:
        s["sum"] = s.get("sum", 0.0) + g * g
        return 0.5 * g / (math.sqrt(s["sum"]) + 1e-10)

    with np.errstate(all="ignore"):
        found = _run(m, lambda p: m.optim.Adagrad(p, lr=0.5))
    first = "The first step is lr * g / |g|, so lr whatever the gradient's size: is the root taken, and of each number's own g^2?"
    _same(found, _by_hand(rule), "Adagrad", {1: first}, "All squares so far are added up.")


@check(8, "Adagrad.change", "a gradient of 0 at the first step is no NaN")
def _(m: Any) -> None:
    with np.errstate(all="ignore"):
        found = _run(m, lambda p: m.optim.Adagrad(p, lr=0.5), [np.array([0.0, 1.0])])[0]
    expect(np.isfinite(found).all(), f"after a gradient of 0 the parameter is {found}: 0/0. Add eps to the root")


_OUTSIDE = "eps stands outside the root: sqrt(...) + eps"


@check(8, "Adagrad.change", "eps outside the root")
def _(m: Any) -> None:
    found = _run(m, lambda p: m.optim.Adagrad(p, lr=0.5, eps=1.0), [np.array([3.0, -4.0])])[0]
    expect(np.allclose(found, [0.625, -0.6]), f"with eps = 1 a gradient of 3, -4 led to {found}. {_OUTSIDE}")


@check(8, "RMSprop.change", "the mean of squares forgets")
def _(m: Any) -> None:
    def rule(g: float, s: dict[str, float]) -> float:
        s["mean"] = 0.9 * s.get("mean", 0.0) + 0.1 * g * g
        return 0.01 * g / (math.sqrt(s["mean"]) + 1e-8)

    with np.errstate(all="ignore"):
        found = _run(m, lambda p: m.optim.RMSprop(p, lr=0.01, alpha=0.9))
    first = "The mean begins at 0, so after one step it is (1 - alpha) g^2."
    _same(found, _by_hand(rule), "RMSprop", {1: first}, "mean = alpha * mean + (1 - alpha) * g^2.")


@check(8, "RMSprop.change", "eps outside the root")
def _(m: Any) -> None:
    found = _run(m, lambda p: m.optim.RMSprop(p, lr=0.5, alpha=0.75, eps=0.5), [np.array([3.0, -4.0])])[0]
    expect(np.allclose(found, [0.25, -0.2]), f"with eps = 0.5 a gradient of 3, -4 led to {found}. {_OUTSIDE}")


@check(8, "Adam.change", "both means, corrected for their start at 0")
def _(m: Any) -> None:
    def rule(g: float, s: dict[str, float]) -> float:
        t = s["t"] = s.get("t", 0) + 1
        s["m"] = 0.8 * s.get("m", 0.0) + 0.2 * g
        s["s"] = 0.99 * s.get("s", 0.0) + 0.01 * g * g
        return 0.1 * (s["m"] / float(1 - 0.8**t)) / (math.sqrt(s["s"] / (1 - 0.99**t)) + 1e-8)

    with np.errstate(all="ignore"):
        found = _run(m, lambda p: m.optim.Adam(p, lr=0.1, betas=(0.8, 0.99)))
    first = "The first step is lr, whatever the gradient's size: with both means corrected it is lr * g / |g|."
    later = (
        "The corrections are 1 - beta^t, with t counted per step, the first beta for m; store the means without them."
    )
    _same(found, _by_hand(rule), "Adam", {1: first}, later)


@check(8, "Adam.change", "eps outside the root, and added to the corrected one")
def _(m: Any) -> None:
    found = _run(m, lambda p: m.optim.Adam(p, lr=0.5, eps=1.0), [np.array([3.0, -4.0])])[0]
    right = f"{_OUTSIDE}, where the mean of squares is already divided by 1 - beta^t"
    expect(np.allclose(found, [0.625, -0.6]), f"with eps = 1 a gradient of 3, -4 led to {found}. {right}")


@check(8, "Adam.change", "each parameter counts its own steps")
def _(m: Any) -> None:
    together, alone = _alone_and_together(m, lambda params: m.optim.Adam(params, lr=1.0))
    expect(
        np.allclose(together, alone),
        f"two parameters are at {together} after two steps, each alone would be at {alone}: t belongs in the parameter's "
        "state, an attribute of the optimizer is counted up by both",
    )


@check(8, "elastic_net", "the lectures' weights: 1, 0, 0, 0 and a quarter each")
def _(m: Any) -> None:
    for w, right in (([1.0, 0, 0, 0], 3.0), ([0.25] * 4, 1.5), ([-1.0, 2.0, 0, 0], 13.0)):
        found = m.optim.elastic_net(m.tensor.Tensor(w), beta=2.0)
        expect(found.shape == (), f"it has the shape {found.shape}, and should be one number: the sum over all weights")
        expect(
            abs(found.item() - right) < 1e-6,
            f"sum(2 w^2 + |w|) of {w} is {found.item()}, not {right}: beta belongs to the squares, and to them alone",
        )
