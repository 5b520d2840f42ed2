"""The backward walk: from the roots, newest step first, each step once, gradients summed where paths meet.

It runs on plain arrays. Under `create_graph` the same steps run on tensors, so that the walk itself is
recorded and can be differentiated again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from typing import Any

import numpy as np

from ..dtypes import from_numpy_dtype
from .graph import (
    FREED,
    RETAIN,
    AccumulateGrad,
    Node,
    OpNode,
    Output,
    TensorBase,
    modified_message,
    wrap,
)
from .mode import mode

_ndarray = np.ndarray


def walk(
    roots: Sequence[tuple[Node, Any]],
    retain_graph: bool = False,
    create_graph: bool = False,
    capture: set[Node] | None = None,
) -> dict[Node, Any]:
    """Gradients at the leaves, or at the nodes of `capture` only (then nothing else is visited).

    `roots` are nodes with the gradients that enter there: arrays, or tensors under `create_graph`. The
    leaves' gradients are returned, not written, so that a walk that fails leaves every `grad` as it was.
    """
    enabled = mode.enabled
    mode.enabled = create_graph
    try:
        return _walk(roots, retain_graph, create_graph, capture)
    finally:
        mode.enabled = enabled


def _walk(
    roots: Sequence[tuple[Node, Any]], retain: bool, create: bool, capture: set[Node] | None
) -> dict[Node, Any]:
    needed = None if capture is None else _leading_to(capture, [node for node, _ in roots])
    pending: dict[Node, Any] = {}  # what has arrived at a node, until its turn comes
    leaves: dict[Node, Any] = {}
    captured: dict[Node, Any] = {}
    summed: set[Node] = set()  # nodes whose pending array was made here, and may be added to
    heap: list[tuple[int, Node]] = []
    fit = _fit_tensor if create else _fit
    # The roots are delivered as if a step before them had them for edges.
    edges: Any = [node for node, _ in roots]
    grads: Any = [g for _, g in roots]
    g: Any = None
    while True:
        for edge, d in zip(edges, grads):  # noqa: B905 - one gradient an edge by construction
            if d is None or needed is not None and edge not in needed:
                continue
            d = fit(d, edge, g)
            if type(edge) is AccumulateGrad:
                leaves[edge] = d if edge not in leaves else leaves[edge] + d
            elif edge not in pending:
                pending[edge] = d
                heappush(heap, (-edge.seq, edge))
            else:
                pending[edge] = _sum(pending[edge], d, edge, summed)
        if not heap:
            break
        node = heappop(heap)[1]
        g = pending.pop(node)
        if node.hooks:
            g = _run_hooks(node, g)
        edges = node.edges
        if capture and node in capture:
            captured[node] = g
            if not any(edge in needed for edge in edges):  # type: ignore[operator]
                edges = grads = ()
                continue
        if type(node) is OpNode:
            grads = _vjp(node, g, retain, create)
        elif type(node) is Output:
            edges = grads = ()
            _fill_slot(node, g, pending, heap)
        else:
            grads = node.backward(g, create, retain)
    for leaf in leaves:
        if leaf.hooks:
            leaves[leaf] = _run_hooks(leaf, leaves[leaf])
    return leaves if capture is None else captured | leaves


def _vjp(node: OpNode, g: Any, retain: bool, create: bool) -> Any:
    """The gradients of a declared step; what it saved is freed unless it is retained."""
    saved, guards = node.saved, node.guards
    if guards:
        if saved is None:
            raise RuntimeError(FREED)
        for version in guards:
            if version.stamp > node.seq:
                raise RuntimeError(modified_message(node, version))
    grads = node.plan.vjp(g, node.plan.as_tensors(node) if create else saved)
    if guards and not retain:
        node.saved = None
    return grads


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
        slots = pending[output.parent] = [None] * output.of
        heappush(heap, (-output.parent.seq, output.parent))
    slots[output.index] = g


def _fit(d: Any, edge: Node, g: Any) -> Any:
    """`d` in the shape and dtype of what it is the gradient of; a leaf's is its own array."""
    if d.shape != edge.shape:
        d = unbroadcast(d, edge.shape)
    if d.dtype != edge.dtype:
        d = d.astype(edge.dtype)
    if type(edge) is AccumulateGrad and (d is g or g is None or type(d) is not _ndarray or d.base is not None):
        return np.array(d)
    return d


def _fit_tensor(d: Any, edge: Node, g: Any) -> Any:
    if not isinstance(d, TensorBase):
        d = wrap(d)
    if d._a.shape != edge.shape:
        d = unbroadcast(d, edge.shape)
    if d._a.dtype != edge.dtype:
        d = d.to(from_numpy_dtype(edge.dtype))  # type: ignore[attr-defined]
    if type(edge) is AccumulateGrad and (d is g or g is None or d._a.base is not None):
        return d.clone()  # type: ignore[attr-defined]
    return d


def unbroadcast(d: Any, shape: tuple[int, ...]) -> Any:
    """Sums an array or tensor over the axes along which something of `shape` was repeated."""
    lead = len(d.shape) - len(shape)
    axes = (*range(lead), *(i + lead for i, n in enumerate(shape) if n == 1 and d.shape[i + lead] != 1))
    return np.add.reduce(d, axis=axes).reshape(shape) if axes else d.reshape(shape)


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
    return result
