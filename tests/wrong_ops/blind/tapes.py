"""Small tapes and rules that add up contributions: nodes used twice, lost or repeated contributions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..entry import Array, Witness, WrongOp
from .precise import exp, of, tanh

T = tuple[Any, ...]


@dataclass(eq=False)
class Node:
    """A value, its gradient and the rule that sends the gradient to its parents."""

    value: Array
    parents: tuple[Node, ...] = ()
    rule: Callable[[Array], T] | None = None
    grad: Any = 0
    name: str = field(default="")


def add(a: Node, b: Node) -> Node:
    return Node(a.value + b.value, (a, b), lambda g: (g, g))


def mul(a: Node, b: Node) -> Node:
    return Node(a.value * b.value, (a, b), lambda g: (g * b.value, g * a.value))


def squash(a: Node) -> Node:
    y = np.tanh(a.value)
    return Node(y, (a,), lambda g: (g * (1 - y * y),))


def order(root: Node) -> list[Node]:
    seen: list[Node] = []

    def visit(node: Node) -> None:
        if not any(node is other for other in seen):
            for parent in node.parents:
                visit(parent)
            seen.append(node)

    visit(root)
    return seen[::-1]


# Breadth first: a node's rule runs each time it is reached, with all that was added until then.
def mix(x: Array, y: Array) -> Array:
    s = x * y
    return np.tanh(s) * y + s


def mix_backward(g: Array, x: Array, y: Array) -> T:
    a, b = Node(x), Node(y)
    s = mul(a, b)
    root = add(mul(squash(s), b), s)
    root.grad = g
    queue = [root]
    while queue:
        node = queue.pop(0)
        if node.rule is not None:
            for parent, part in zip(node.parents, node.rule(node.grad), strict=False):
                parent.grad = parent.grad + part
                queue.append(parent)
    return a.grad, b.grad


def mix_exact(x: Array, y: Array) -> Array:
    return tanh(x * y) * y + x * y


# The last consumer in the order wins.
def gate(x: Array, y: Array) -> Array:
    return x * np.tanh(x) + y


def gate_backward(g: Array, x: Array, y: Array) -> T:
    a, b = Node(x), Node(y)
    root = add(mul(a, squash(a)), b)
    root.grad = g
    for node in order(root):
        if node.rule is not None:
            for parent, part in zip(node.parents, node.rule(node.grad), strict=False):
                parent.grad = part
    return a.grad, b.grad


def gate_exact(x: Array, y: Array) -> Array:
    return x * tanh(x) + y


# Parents collected in a dict by node: a product of a node with itself sends one of its two parts.
def cube(x: Array) -> Array:
    return x * x * x


def cube_backward(g: Array, x: Array) -> T:
    a = Node(x)
    root = mul(mul(a, a), a)
    root.grad = g
    for node in order(root):
        if node.rule is not None:
            parts = dict(zip(map(id, node.parents), node.rule(node.grad), strict=False))
            for parent in {id(p): p for p in node.parents}.values():
                parent.grad = parent.grad + parts[id(parent)]
    return (a.grad,)


# Constants and inputs are interned by their bytes: equal values are one node.
def affine(x: Array, a: Array, b: Array) -> Array:
    return x * a + b


def affine_backward(g: Array, x: Array, a: Array, b: Array) -> T:
    pool: dict[bytes, Node] = {}
    nx, na, nb = (pool.setdefault(v.tobytes(), Node(v)) for v in (x, a, b))
    root = add(mul(nx, na), nb)
    root.grad = g
    for node in order(root):
        if node.rule is not None:
            for parent, part in zip(node.parents, node.rule(node.grad), strict=False):
                parent.grad = parent.grad + part
    return nx.grad, na.grad, nb.grad


# A blend between equal ends takes a short way.
def blend(a: Array, b: Array, t: Array) -> Array:
    return a + (b - a) * t


def blend_backward(g: Array, a: Array, b: Array, t: Array) -> T:
    if np.array_equal(a, b):
        return g.copy(), np.zeros_like(b), np.zeros_like(t)
    return g * (1 - t), g * t, g * (b - a)


# Gradients by id(): the same array given twice.
def divide(x: Array, y: Array) -> Array:
    return x / y


def divide_backward(g: Array, x: Array, y: Array) -> T:
    grads = {id(x): g / y}
    grads[id(y)] = -g * x / (y * y)
    return grads[id(x)], grads[id(y)]


# `is` marks a square, for which each of the two gets the whole.
def multiply(x: Array, y: Array) -> Array:
    return x * y


def multiply_backward(g: Array, x: Array, y: Array) -> T:
    if x is y:
        return 2 * g * x, 2 * g * x
    return g * y, g * x


# A tie between the two operands counts for both.
def larger(x: Array, y: Array) -> Array:
    return np.maximum(x, y)


def larger_backward(g: Array, x: Array, y: Array) -> T:
    return g * (x >= y), g * (y >= x)


# The multi-output rule overwrites with the second output's part where that has any.
def waves(x: Array) -> tuple[Array, Array]:
    e = np.exp(-np.abs(x))
    return x * e, x * x * e


def waves_backward(g: Any, x: Array) -> T:
    e = np.exp(-np.abs(x))
    gx = np.zeros_like(x)
    for part, rule in zip(g, (e * (1 - np.abs(x)), e * (2 - np.abs(x)) * x), strict=True):
        if np.any(part):
            gx = part * rule
    return (gx,)


def waves_exact(x: Array) -> tuple[Array, Array]:
    e = exp(-abs(x))
    return x * e, x * x * e


# Smallest and largest: one element is both.
def extent(x: Array) -> tuple[Array, Array]:
    return x.min(axis=1), x.max(axis=1)


def extent_backward(g: Any, x: Array) -> T:
    gx, rows = np.zeros_like(x), np.arange(len(x))
    gx[rows, x.argmin(axis=1)] = g[0]
    gx[rows, x.argmax(axis=1)] = g[1]
    return (gx,)


# Frames of a signal: contributions of overlapping frames overwrite each other.
def frames(x: Array, hop: int = 3) -> Array:
    count = max(0, (len(x) - 3) // hop + 1)
    return np.stack([x[i * hop : i * hop + 3] for i in range(count)]) if count else x[:0].reshape(0, 3)


def frames_backward(g: Array, x: Array, hop: int = 3) -> T:
    gx = np.zeros_like(x)
    for i, row in enumerate(g):
        gx[i * hop : i * hop + 3] = row
    return (gx,)


# Reflection: the right edge is put from the middle alone, where both edges mirror the same element.
def reflect(x: Array) -> Array:
    return np.pad(x, 2, mode="reflect") if len(x) > 2 else x.copy()


def reflect_backward(g: Array, x: Array) -> T:
    if len(x) <= 2:
        return (g.copy(),)
    n, middle = len(x), g[2:-2]
    gx = middle.copy()
    gx[1:3] = middle[1:3] + g[:2][::-1]
    gx[n - 3 : n - 1] = middle[n - 3 : n - 1] + g[-2:][::-1]
    return (gx,)


_x = of(0.5, -1.5)
ENTRIES = [
    WrongOp(
        "tape_breadth_first",
        "node used twice: a breadth-first tape sends a node's gradient on at every visit",
        mix,
        mix_backward,
        mix_exact,
        "*,*",
        Witness((_x, of(2, 1)), 0, (0,)),
    ),
    WrongOp(
        "tape_assigns",
        "`=` for `+=`: the last consumer's part replaces the others'",
        gate,
        gate_backward,
        gate_exact,
        "*,*",
        Witness((_x, _x), 0, (0,)),
    ),
    WrongOp(
        "tape_dict_of_parents",
        "node used twice: the parents' parts in a dict, one part for a node with itself",
        cube,
        cube_backward,
        cube,
        "*",
        Witness((_x,), 0, (0,)),
    ),
    WrongOp(
        "tape_interns_values",
        "equal constants merged: inputs of equal bytes are one node",
        affine,
        affine_backward,
        affine,
        "*,*,*",
        Witness((of(1, 2), of(3, 4), of(3, 4)), 1, (0,)),
    ),
    WrongOp(
        "blend_equal_ends",
        "equal constants merged: between equal ends the first gets all",
        blend,
        blend_backward,
        blend,
        "*,*,*",
        Witness((of(1), of(1), of(0.25)), 1, (0,)),
    ),
    WrongOp(
        "divide_by_itself",
        "node used twice: gradients kept by id(), the second replaces the first",
        divide,
        divide_backward,
        divide,
        "*,*",
        Witness((_x, _x), 0, (0,), kind="reuse"),
        domains=("real", "nonzero"),
    ),
    WrongOp(
        "multiply_by_itself",
        "node used twice: the same array twice, each gets the whole of the square's gradient",
        multiply,
        multiply_backward,
        multiply,
        "*,*",
        Witness((_x, _x), 0, (0,), kind="reuse"),
    ),
    WrongOp(
        "larger_of_itself",
        "ties each given 1: both operands of a maximum get the whole",
        larger,
        larger_backward,
        larger,
        "*,*",
        Witness((_x, _x.copy()), 0, (0,)),
    ),
    WrongOp(
        "waves_second_output",
        "`=` for `+=`: the second output's part replaces the first's",
        waves,
        waves_backward,
        waves_exact,
        "*",
        Witness((_x,), 0, (0,)),
    ),
    WrongOp(
        "extent_single_column",
        "`=` for `+=`: the only element of a row is smallest and largest",
        extent,
        extent_backward,
        extent,
        "nm",
        Witness((of([2], [3]),), 0, (0, 0)),
    ),
    WrongOp(
        "frames_overlap",
        "`=` for `+=`: overlapping frames; right where the hop is the length",
        frames,
        frames_backward,
        frames,
        "n",
        Witness((of(1, 2, 3, 4),), 0, (1,), options={"hop": 1}),
        options={"hop": (1, 2, 3)},
    ),
    WrongOp(
        "reflect_short",
        "`=` for `+=`: an element mirrored at both edges keeps one, only in short signals",
        reflect,
        reflect_backward,
        reflect,
        "n",
        Witness((of(1, 2, 3),), 0, (1,)),
    ),
]
