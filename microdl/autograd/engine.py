"""The backward walk: from the roots, newest step first, each step once, gradients summed where paths meet.

It runs on plain arrays. Under `create_graph` the same steps run on tensors, so that the walk itself is
recorded and can be differentiated again.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heappop, heappush
from typing import Any

import numpy as np

from ..dtypes import from_numpy_dtype
from .anomaly import anomaly, check_nan
from .graph import RETAIN, Node, Output, TensorBase, wrap
from .mode import mode
from .summation import add_up

_ndarray = np.ndarray


def walk(
    roots: list[Node],
    grads: list[Any],
    retain_graph: bool = False,
    create_graph: bool = False,
    capture: set[Node] | None = None,
) -> dict[Node, Any]:
    """Gradients at the leaves, or at the nodes of `capture` only (then nothing else is visited).

    `grads` are the gradients that enter at `roots`: arrays, or tensors under `create_graph`. The leaves'
    gradients are returned, not written, so that a walk that fails leaves every `grad` as it was.
    """
    enabled = mode.enabled
    mode.enabled = create_graph
    try:
        return _walk(roots, grads, retain_graph, create_graph, capture)
    finally:
        mode.enabled = enabled


def _walk(edges: Any, grads: Any, retain: bool, create: bool, capture: set[Node] | None) -> dict[Node, Any]:
    """The loop: `edges` and `grads` are what the last step hands on, at first the roots and what enters there."""
    needed = None if capture is None else _leading_to(capture, edges)
    if len(edges) > 1:
        grads = [d if edge.leads_to else _own(d, d) for edge, d in zip(edges, grads, strict=True)]
    pending: dict[Node, Any] = {}  # what has arrived at a node, until its turn comes
    leaves: dict[Node, Any] = {}
    captured: dict[Node, Any] = {}
    summed: set[Node] = set()  # nodes whose pending array was made here, and may be added to
    heap: list[tuple[int, Node]] = []  # all that is pending, the newest first; empty where only one node is
    checking = anomaly.enabled and anomaly.check_nan
    g: Any = grads[0]  # what came in at the step
    while True:
        for edge, d in zip(edges, grads):  # noqa: B905 - one gradient an edge by construction
            if d is None or (needed is not None and edge not in needed):
                continue
            if create:
                d = _fit_tensor(d, edge)
            elif d.shape != edge.shape or d.dtype != edge.dtype:
                d = _fit(d, edge)
            if not edge.leads_to:  # a leaf
                if edge in leaves:
                    d = leaves[edge] + d
                elif d is g or create or d.base is not None:
                    d = _own(d, g)
                leaves[edge] = d
            elif edge in pending:
                pending[edge] = _sum(pending[edge], d, edge, summed)
            elif pending:
                _queue(edge, pending, heap)
                pending[edge] = d
            else:
                pending[edge] = d
        if heap:
            g = pending.pop(node := heappop(heap)[1])
        elif pending:
            node, g = pending.popitem()
        else:
            break
        if node.hooks:
            g = _run_hooks(node, g)
        edges = node.leads_to
        if type(edges) is not tuple:
            edges = (edges,)
        if capture and node in capture:
            captured[node] = g
            if not any(edge in needed for edge in edges):  # type: ignore[operator]
                edges = grads = ()
                continue
        if type(node) is Output:
            edges = grads = ()
            _fill_slot(node, g, pending, heap)
        else:
            grads = node.backward(g, create, retain)
            if checking:
                check_nan(node, grads)
    for leaf in leaves:
        if leaf.hooks:
            d = _run_hooks(leaf, leaves[leaf])
            leaves[leaf] = _own(d, d)
    return leaves if capture is None else captured | leaves


def _queue(node: Node, pending: dict[Node, Any], heap: list[tuple[int, Node]]) -> None:
    if not heap:
        heap.extend((-other.seq, other) for other in pending)  # the one that was alone until now, if any
    heappush(heap, (-node.seq, node))


def _sum(before: Any, d: Any, node: Node, summed: set[Node]) -> Any:
    if node in summed:
        return np.add(before, d, out=before)
    total = before + d
    if type(total) is _ndarray:
        summed.add(node)
    return total


def _fill_slot(output: Output, g: Any, pending: dict[Node, Any], heap: list[tuple[int, Node]]) -> None:
    slots = pending.get(output.parent)
    if slots is None:
        _queue(output.parent, pending, heap)
        slots = pending[output.parent] = [None] * output.of
    slots[output.index] = g


def _fit(d: Any, edge: Node) -> Any:
    """`d` in the shape and dtype of what it is the gradient of."""
    if d.shape != edge.shape:
        d = unbroadcast(d, edge.shape)
    return d if d.dtype == edge.dtype else d.astype(edge.dtype)


def _fit_tensor(d: Any, edge: Node) -> Any:
    if not isinstance(d, TensorBase):
        d = wrap(d)
    if d._a.shape != edge.shape:
        d = unbroadcast(d, edge.shape)
    return d if d._a.dtype == edge.dtype else d.to(from_numpy_dtype(edge.dtype))


def _own(d: Any, g: Any) -> Any:
    """A leaf's gradient, which belongs to it alone: not what came in (`g`), nor a view of something."""
    if isinstance(d, TensorBase):
        return d.clone() if d is g or d._a.base is not None else d
    return np.array(d, order="C") if d is g or type(d) is not _ndarray or d.base is not None else d


def unbroadcast(d: Any, shape: tuple[int, ...]) -> Any:
    """Sums an array or tensor over the axes along which something of `shape` was repeated."""
    lead = len(d.shape) - len(shape)
    axes = [*range(lead)]
    for i, n in enumerate(shape, lead):
        if lead < 0 or n != d.shape[i]:
            if lead < 0 or n != 1:
                raise _invalid_gradient(d.shape, shape)
            axes.append(i)
    return add_up(d, tuple(axes)).reshape(shape) if axes else d


def _invalid_gradient(got: tuple[int, ...], expected: tuple[int, ...]) -> RuntimeError:
    return RuntimeError(
        f"a step returned an invalid gradient: got {list(got)} but expected shape compatible with {list(expected)}. "
        "Was the tensor given another shape in place after the step had been recorded?"
    )


def _leading_to(targets: set[Node], roots: Iterable[Node]) -> set[Node]:
    """The nodes between `roots` and `targets`: those from which a target can be reached, targets included."""
    oldest = min((node.seq for node in targets), default=0)
    seen: set[Node] = set()
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node not in seen and node.seq >= oldest:
            seen.add(node)
            stack.extend(node.edges)
    needed: set[Node] = set()
    for node in sorted(seen, key=lambda n: n.seq):
        if node in targets or any(edge in needed for edge in node.edges):
            needed.add(node)
    return needed


def _run_hooks(node: Node, g: Any) -> Any:
    """Passes the gradient through the hooks in order; the one that retains it sees the last."""
    as_array = not isinstance(g, TensorBase)
    t = wrap(g) if as_array else g
    hooks = dict(node.hooks or {})
    retain = hooks.pop(RETAIN, None)
    for hook in hooks.values():
        result = hook(t)
        if result is not None:
            t = _checked_hook_result(result, node)
    if retain is not None:
        retain(t)
    return t._a if as_array else t


def _checked_hook_result(result: Any, node: Node) -> Any:
    if not isinstance(result, TensorBase):
        raise TypeError(f"expected Variable, but hook returned '{type(result).__name__}'")
    if result._a.shape != node.shape:
        raise RuntimeError(
            f"hook has changed the size of value: it returned {list(result._a.shape)} for a gradient of "
            f"{list(node.shape)}"
        )
    if result._a.dtype != node.dtype:
        raise RuntimeError(
            f"hook has changed the type of value: it returned {result._a.dtype} for a gradient of {node.dtype}"
        )
    return result
