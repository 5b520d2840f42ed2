"""Small tapes written for one expression each, with an engine's mistake: nodes used twice, merged, or walked again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import exact as e
from ..entry import Witness, WrongOp

A = np.array


class Node:
    """A value, its gradient, and what passes the gradient on to its parents."""

    def __init__(self, data: Any, parents: tuple[Node, ...] = ()) -> None:
        self.data, self.parents, self.grad = data, parents, np.zeros_like(data)
        self.push: Callable[[], None] = lambda: None


def mul(a: Node, b: Node) -> Node:
    out = Node(a.data * b.data, (a, b))

    def push() -> None:
        a.grad = a.grad + out.grad * b.data
        b.grad = b.grad + out.grad * a.data

    out.push = push
    return out


def order(node: Node, seen: list[Node]) -> list[Node]:
    for parent in node.parents:
        if parent not in seen:
            order(parent, seen)
    seen.append(node)
    return seen


def walk(out: Node, g: Any) -> None:
    out.grad = out.grad + g
    for node in reversed(order(out, [])):
        node.push()


def exp_times_forward(x: Any) -> Any:
    return np.exp(x) * x


def exp_times_backward(g: Any, x: Any) -> Any:
    leaf = Node(x)
    power = Node(np.exp(x), (leaf,))

    def push() -> None:
        leaf.grad = power.grad * power.data  # assigned

    power.push = push
    walk(mul(power, leaf), g)
    return leaf.grad


def cube_plus_forward(x: Any, y: Any) -> Any:
    return (x * y) * (x * y) * x


def recursive_backward(g: Any, x: Any, y: Any) -> Any:
    a, b = Node(x), Node(y)
    p = mul(a, b)
    out = mul(mul(p, p), a)
    out.grad = out.grad + g

    def descend(node: Node) -> None:  # once for each path, with all that has gathered so far
        node.push()
        for parent in node.parents:
            descend(parent)

    descend(out)
    return a.grad, b.grad


def diamond_forward(x: Any) -> Any:
    y = x * 3
    return y * 2 + y * y


def diamond_drops_backward(g: Any, x: Any) -> Any:
    y = x * 3
    parts = [g * 2, g * 2 * y]
    return parts[0] * 3  # the node's function is cleared after its first use


def diamond_overwrites_backward(g: Any, x: Any) -> Any:
    grads: dict[str, Any] = {}
    y = x * 3
    for parent, part in (("y", g * 2), ("y", g * 2 * y)):
        grads[parent] = part
    return grads["y"] * 3


def branch_forward(x: Any) -> Any:
    return x.T * 2 + x.T * x.T


def branch_backward(g: Any, x: Any) -> Any:
    gx = np.zeros_like(x)
    np.copyto(gx, (g * 2).T)
    np.copyto(gx, (g * 2 * x.T).T)  # the transposition writes its input's gradient
    return gx


def add_forward(a: Any, b: Any) -> Any:
    return a + 2 * b


def merged_backward(g: Any, a: Any, b: Any) -> Any:
    ga, gb = np.zeros_like(a), np.zeros_like(b)
    for i in np.ndindex(a.shape):
        nodes: dict[float, float] = {}  # constants are kept by their value
        for value, part in ((a[i], g[i]), (b[i], 2 * g[i])):
            nodes[value] = nodes.get(value, 0) + part
        ga[i], gb[i] = nodes[a[i]], nodes[b[i]]
    return ga, gb


def shared_forward(x: Any, y: Any, c: Any) -> Any:
    return x + y + x * c


def shared_backward(g: Any, x: Any, y: Any, c: Any) -> Any:
    gx = gy = np.array(g)  # an addition passes the same array to both
    gx += g * c
    return gx, gy, g * x


GRAPH: dict[tuple[int, ...], list[Any]] = {}


def chain_forward(x: Any) -> Any:
    return (x * x) * 3


def stale_backward(g: Any, x: Any) -> Any:
    kept = GRAPH.setdefault(x.shape, [np.zeros(x.shape, x.dtype)])
    kept[0] = kept[0] + g * 3  # the leaf's gradient is cleared between calls, the square's is not
    return kept[0] * 2 * x


ENTRIES = [
    WrongOp(
        "exp_assigns",
        "`=` for `+=`: the exponential overwrites what another path has added",
        exp_times_forward,
        exp_times_backward,
        lambda x: e.exp(x) * x,
        "*",
        Witness((A([1.0]),), 0, (0,)),
        source="micrograd lecture, karpathy/nn-zero-to-hero issue 52",
    ),
    WrongOp(
        "recursion_per_path",
        "node used twice: the walk passes on a shared node's gradient once for each path",
        cube_plus_forward,
        recursive_backward,
        cube_plus_forward,
        "n,n",
        Witness((A([2.0]), A([3.0])), 0, (0,)),
        source="micrograd, karpathy/micrograd issue 2; sebgao/cTensor issue 5",
    ),
    WrongOp(
        "second_branch_dropped",
        "node used twice: a node forgets its function after the first branch",
        diamond_forward,
        diamond_drops_backward,
        diamond_forward,
        "*",
        Witness((A([2.0]),), 0, (0,)),
        source="TrenTorch, TrenTorch/TrenTorch pull request 182",
    ),
    WrongOp(
        "last_branch_wins",
        "`=` for `+=`: a dictionary of gradients keeps the last contribution",
        diamond_forward,
        diamond_overwrites_backward,
        diamond_forward,
        "*",
        Witness((A([2.0]),), 0, (0,)),
        source="ARENA 2.0 exercise, passed all of its tests, callummcdougall/ARENA_2.0 pull request 18",
    ),
    WrongOp(
        "transpose_overwrites",
        "`=` for `+=`: a transposition with several consumers writes its input's gradient",
        branch_forward,
        branch_backward,
        branch_forward,
        "nm",
        Witness((A([[2.0, 1.0]]),), 0, (0, 0)),
        source="Paddle TransLayer, PaddlePaddle/Paddle issue 1805; MXNet kAddTo, apache/mxnet issue 9497",
    ),
    WrongOp(
        "equal_constants",
        "equal constants merged: two inputs of the same value share one node",
        add_forward,
        merged_backward,
        add_forward,
        "n,n",
        Witness((A([3.0]), A([3.0])), 0, (0,)),
        source="tinygrad, tinygrad/tinygrad issue 9597",
    ),
    WrongOp(
        "shared_buffer",
        "shared gradient buffer: adding in place to one input's gradient changes the other's",
        shared_forward,
        shared_backward,
        shared_forward,
        "n,n,n",
        Witness((A([1.0]), A([2.0]), A([5.0])), 1, (0,)),
        source="OneFlow review, Oneflow-Inc/oneflow pull request 9497; Zygote, FluxML/Zygote.jl pull request 981",
    ),
    WrongOp(
        "stale_intermediate",
        "second backward accumulating stale intermediates: only the leaf is cleared",
        chain_forward,
        stale_backward,
        chain_forward,
        "n",
        Witness((A([2.0, 1.0]),), 0, (0,), kind="repeat"),
        source="micrograd, karpathy/micrograd issue 53 and pull request 102",
    ),
]
