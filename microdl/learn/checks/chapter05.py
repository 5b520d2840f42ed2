"""Chapter 5, a scalar engine: numbers, graphs, and gradients against differences."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

from ..checking import check, expect

_POINTS = (0.7, -1.3, 2.5)


def _slope(f: Callable[[float], float], x: float) -> float:
    h = 1e-5 * max(1.0, abs(x))
    return (f(x + h) - f(x - h)) / (2 * h)


def _grad(m: Any, f: Callable[[Any], Any], x: float) -> tuple[float, float]:
    v = m.scalar.Value(x)
    out = f(v)
    expect(
        isinstance(out, m.scalar.Value),
        f"the result is a {type(out).__name__}, not a Value: it cannot be differentiated",
    )
    try:
        out.backward()
    except KeyError:
        raise AssertionError(
            "a number's turn came before anything had arrived at it (KeyError): begin at the result, go through "
            "reversed(_order(self)), and add to what has arrived at each parent"
        ) from None
    return out.value, v.grad


def _listed(m: Any, root: Any) -> Any:
    """What the reader's _order gives; where backward is not written yet, that is what to say."""
    m.scalar.Value(1.0).backward()
    expect(hasattr(m.scalar, "_order"), "there is no function _order(root) in the file: write it below the class")
    return m.scalar._order(root)


def _close(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-5, abs_tol=1e-7)


@check(5, "Value.__add__", "a + b has the right value, also with plain numbers")
def _(m: Any) -> None:
    v = m.scalar.Value(1.5)
    for found in ((v + 2).value, (2 + v).value, (v + m.scalar.Value(2)).value):
        expect(found == 3.5, f"1.5 + 2 is {found}, not 3.5")
    expect((v + 2).value == 3.5 and v.value == 1.5, f"v + 2 has changed v to {v.value}: a sum is a new Value")


@check(5, "Value.__add__", "both parents get the gradient")
def _(m: Any) -> None:
    a, b = m.scalar.Value(1.5), m.scalar.Value(-2.0)
    out = a + b
    expect(set(out.parents) == {a, b}, f"a + b has the parents {out.parents}: it must remember both operands")
    found = [rule(7.0) for rule in out.rules]
    expect(
        found == [7.0, 7.0],
        f"the rules of 1.5 + -2 turn a gradient of 7 into {found}, it should be [7, 7]: d(a + b)/da is 1, whatever a and b",
    )


@check(5, "Value.__mul__", "each parent gets the gradient times the other's value")
def _(m: Any) -> None:
    a, b = m.scalar.Value(1.5), m.scalar.Value(-2.0)
    out = a * b
    expect(out.value == -3.0, f"1.5 * -2 is {out.value}")
    got = dict(zip(out.parents, (rule(10.0) for rule in out.rules), strict=True))
    expect(
        got.get(a) == -20.0 and got.get(b) == 15.0,
        f"for a * b with a = 1.5, b = -2 and a gradient of 10, a gets {got.get(a)} and b gets {got.get(b)}; it should be "
        "the numbers -20 and 15: d(ab)/da is b, the *other* operand's value",
    )
    for found in ((a * 2).value, (2 * a).value):
        expect(found == 3.0, f"1.5 * 2 is {found}, not 3")


@check(5, "Value.exp", "its derivative is its own value")
def _(m: Any) -> None:
    for x in _POINTS:
        out = m.scalar.Value(x).exp()
        expect(_close(out.value, math.exp(x)), f"exp of {x} is {out.value}, not {math.exp(x)}")
        expect(
            len(out.parents) == len(out.rules) == 1,
            f"exp has {len(out.parents)} parents and {len(out.rules)} rules, it should be one each: (self,) and (lambda g: ...,)",
        )
        (got,) = (rule(3.0) for rule in out.rules)
        expect(
            _close(got, 3 * math.exp(x)), f"the rule of exp at {x} turns 3 into {got}, not 3 e^x = {3 * math.exp(x)}"
        )


@check(5, "Value.backward", "_order: each number once, parents before what was computed from them")
def _(m: Any) -> None:
    x = m.scalar.Value(1.5)
    a = x * 2
    b = a * a
    z = b * a  # a is used by b and by the last step
    names = {x: "x", a: "a", b: "b", z: "z"}
    found = _listed(m, z)
    expect(isinstance(found, list), f"_order returned a {type(found).__name__}, not a list")
    words = [names.get(node, "2") for node in found]
    about = f"for a = 2x, b = a*a, z = b*a the list is {words}"
    expect(set(words) == {"x", "2", "a", "b", "z"}, f"{about}: it must have z and all that z was computed from")
    expect(len(words) == 5, f"{about}: a number that is used twice is listed twice. Keep a set of those already seen")
    for before, after in (("x", "a"), ("2", "a"), ("a", "b"), ("b", "z")):
        expect(
            words.index(before) < words.index(after),
            f"{about}: {before} must stand before {after}, which was computed from it. List a number when all of its "
            "parents are listed, not when it is discovered; and parents first, backward will reverse the list",
        )


@check(5, "Value.backward", "_order: 15 doublings are 16 numbers, not 2^15 paths")
def _(m: Any) -> None:
    z = m.scalar.Value(1.0)
    for _ in range(15):
        z = z + z
    found = len(_listed(m, z))
    expect(
        found == 16,
        f"15 additions z = z + z give a list of {found:,}, it should be 16: each number once, not once for each path",
    )


@check(5, "Value.backward", "_order: a chain of 20,000 steps")
def _(m: Any) -> None:
    z = m.scalar.Value(1.0)
    for _ in range(20_000):
        z = z + 0.5
    limit = sys.getrecursionlimit()
    try:
        found = _listed(m, z)
    except RecursionError:
        raise AssertionError(
            f"a chain of 20,000 additions ends in RecursionError (Python's limit is {limit} calls): walk with a stack of "
            "your own instead of recursion"
        ) from None
    expect(len(found) == 40_001, f"a chain of 20,000 additions of 0.5 has 40,001 numbers, the list has {len(found):,}")


@check(5, "Value.backward", "a chain: f(g(h(x)))")
def _(m: Any) -> None:
    for x in _POINTS:
        out, got = _grad(m, lambda v: ((v * 2 + 1) * 0.5).exp(), x)
        right = _slope(lambda t: math.exp((t * 2 + 1) * 0.5), x)
        if got == 0:
            why = ": nothing arrived at x. Begin at the result, and go through _order backwards"
        elif _close(got, right * out):
            why = ": the walk begins with dz/dz = 1, not with the value of z"
        else:
            why = ": hand to each parent rule(g), g being what arrived at the number"
        expect(_close(got, right), f"d/dx exp(x + 1/2) at {x} is {got}, differences say {right:.6g}{why}")


@check(5, "Value.backward", "a number that is used twice gets the sum of both gradients")
def _(m: Any) -> None:
    for x in _POINTS:
        _, got = _grad(m, lambda v: v * v + v, x)
        expect(
            _close(got, 2 * x + 1),
            f"d(x*x + x)/dx at {x} is {got}, it should be {2 * x + 1:g}. "
            + (
                "One use was lost: add them up (+=), and hand on when all have come, in reverse topological order."
                if got in (1.0, x)
                else "Every use of x counts once."
            ),
        )


@check(5, "Value.backward", "a node hands its gradient on once, when it is complete")
def _(m: Any) -> None:
    def f(v: Any) -> Any:
        a = v * 2
        b = a * a  # a is used by b and by the last step: it must wait for both
        return b * a

    _, got = _grad(m, f, 1.5)
    right = _slope(lambda t: (2 * t) ** 3, 1.5)
    expect(
        _close(got, right),
        f"for a = 2x, b = a*a, z = b*a at x = 1.5 the gradient is {got:g}, it should be {right:g}. A node handed on its "
        "gradient before all of its uses had arrived: walk in reverse topological order, not in the order of discovery.",
    )


@check(5, "Value.backward", "the time is linear: 40 doublings are 40 steps, not 2^40 paths")
def _(m: Any) -> None:
    calls = 0

    def counted(rule: Any) -> Any:
        def call(g: float) -> float:
            nonlocal calls
            calls += 1
            if calls > 1000:
                raise AssertionError(
                    "40 additions z = z + z called more than 1,000 rules: every path is walked on its own, and their "
                    "number doubles at each step. Visit each node once."
                )
            return float(rule(g))

        return call

    for depth in (12, 40):  # the first is slow where the second would never end
        x = z = m.scalar.Value(1.0)
        for _ in range(depth):
            z = z + z
            z.rules = tuple(counted(rule) for rule in z.rules)
        z.backward()
        expect(x.grad == 2.0**depth, f"{depth} doublings have the derivative 2^{depth} = {2**depth}, not {x.grad}")


@check(5, "Value.backward", "a chain of 20,000 steps")
def _(m: Any) -> None:
    x = z = m.scalar.Value(1.0)
    for _ in range(20_000):
        z = z + 0.5
    try:
        z.backward()
    except RecursionError:
        raise AssertionError("a chain of 20,000 additions ends in RecursionError: walk in a loop over _order") from None
    expect(x.grad == 1.0, f"a chain of additions has the derivative 1, not {x.grad}")


@check(5, "Value.backward", "gradients of a second backward are added to the first")
def _(m: Any) -> None:
    x = m.scalar.Value(3.0)
    (x * x).backward()
    (x * x).backward()
    expect(
        x.grad == 12.0,
        f"after two losses x*x at 3 x.grad is {x.grad}, it should be 6 + 6 = 12: backward adds to grad (PyTorch does, "
        "which is why loops begin with zero_grad)",
    )
    x = m.scalar.Value(3.0)
    y = x * 2
    z = y * y
    z.backward()
    z.backward()
    expect(
        x.grad == 48.0,
        f"after z.backward() twice, for y = 2x and z = y*y at 3, x.grad is {x.grad}, it should be 24 + 24 = 48: the second "
        "walk hands on what arrives in it, not y.grad, which still holds the first one's. Keep what arrives in a dict",
    )


@check(5, "Value.backward", "the softmax loss has the gradient p - 1 at the label")
def _(m: Any) -> None:
    scores = [m.scalar.Value(s) for s in (3.2, 5.1, -1.7)]
    exps = [s.exp() for s in scores]
    loss = -(exps[0] / (exps[0] + exps[1] + exps[2])).log()
    loss.backward()
    e = [math.exp(s) for s in (3.2, 5.1, -1.7)]
    right = [e[0] / sum(e) - 1, e[1] / sum(e), e[2] / sum(e)]
    got = [s.grad for s in scores]
    expect(all(map(_close, got, right)), f"the gradient of -log softmax is {got}, it should be {right}")
