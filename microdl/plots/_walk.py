"""What can be known of a tensor's computational graph: what led to what, and the values that are still there.

It reads what recording left (`autograd/graph.py`): steps, the edges between them, and what each step saved for its
gradient. Saved values are the only trace of a step's result and of inputs that require no grad, since the graph itself
keeps no tensor; `backward` frees them, and then only the tensors that somebody still holds have values to show.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from ..autograd.function import FunctionNode
from ..autograd.graph import RETAIN, AccumulateGrad, Node, OpNode, Output
from ..autograd.table import _PLACES, Plan, _chosen, _needs

Array = np.ndarray[Any, Any]
Key = Any  # of a box: the node; (node, i) for its output i; a `Constant`


@dataclass(eq=False)
class Constant:
    """An input that requires no grad: its array where a step saved it, else why there is none."""

    array: Array | None
    note: str = ""
    is_copy: bool = False


@dataclass
class Value:
    array: Array
    is_now: bool = False  # changed in place since it was used


@dataclass
class Found:
    """What a walk found out about boxes, by their keys."""

    inputs: dict[Key, list[tuple[Key, str]]] = field(default_factory=dict)
    outputs: dict[Key, Output] = field(default_factory=dict)
    values: dict[Key, Value] = field(default_factory=dict)
    constants: dict[int, Constant] = field(default_factory=dict)

    def key(self, node: Node) -> Key:
        """The key of a node, noted where it is an output."""
        key = key_of(node)
        if isinstance(node, Output):
            self.outputs.setdefault(key, node)
        return key


def key_of(node: Node) -> Key:
    """One for all objects that stand for the same output of a step."""
    return (node.parent, node.index) if isinstance(node, Output) else node


# --- walking ----------------------------------------------------------------------------------------------


def nearest(roots: Sequence[Key], found: Found, most: int) -> tuple[list[Key], int]:
    """The keys of at most `most` boxes, those nearest to the roots first, and how many there are in all."""
    reached = list(dict.fromkeys(roots))
    seen = set(reached)
    for key in reached:  # which grows: breadth first, without recursion
        for source, _ in found.inputs.setdefault(key, list(_inputs(key, found))):
            if source not in seen:
                seen.add(source)
                reached.append(source)
    return reached[:most], len(reached)


def _inputs(key: Key, found: Found) -> Iterator[tuple[Key, str]]:
    """What leads into a box, with the names of the arguments; values met on the way are noted."""
    if isinstance(key, tuple):
        yield key[0], ""
    elif isinstance(key, OpNode):
        yield from _inputs_of_op(key, found)
    elif isinstance(key, FunctionNode):
        yield from _inputs_of_function(key, found)
    elif isinstance(key, Node):
        yield from ((found.key(edge), "") for edge in key.edges)


def _inputs_of_op(node: OpNode, found: Found) -> Iterator[tuple[Key, str]]:
    plan, edges = node.plan, node.edges
    saved = _saved(node)
    if len(edges) != len(plan.wanted):
        yield from ((found.key(edge), "") for edge in edges)
        return
    leading = dict(zip(plan.wanted, edges, strict=True))
    if "out" in saved and saved["out"].array.shape == node.shape:
        found.values.setdefault(node, saved["out"])
    for name in plan.declared.params:
        if name in leading:
            source = found.key(leading[name])
            if name in saved:
                found.values.setdefault(source, saved[name])
            yield source, name
        elif name in plan.tensors:
            note = "freed by backward" if node.saved is None else "not kept"
            yield _constant(saved.get(name), found, note, name in _PLACES), name


@lru_cache(maxsize=1024)
def kept_names(plan: Plan) -> tuple[str, ...]:
    """The names of what a step of this plan saves, in order."""
    chosen = _chosen(plan.declared, plan.wanted).values()
    return tuple(sorted({name for formula in chosen for name in _needs(formula)}))


def _saved(node: OpNode) -> dict[str, Value]:
    """The arrays of tensors that a step saved, by the names of its arguments."""
    if node.saved is None:
        return {}
    held = {*node.plan.tensors, "out"}
    names = kept_names(node.plan)
    guarded = [name for name in names if name in held]
    changed = dict(zip(guarded, (version.stamp > node.seq for version in node.guards), strict=False))
    return {
        name: Value(value, changed[name] and name not in _PLACES)
        for name, value in zip(names, node.saved, strict=True)
        if name in held and isinstance(value, np.ndarray)
    }


def _constant(value: Value | None, found: Found, note: str, is_copy: bool = False) -> Constant:
    """One for each array, however often it is used."""
    if value is None:
        return Constant(None, note)
    constant = found.constants.setdefault(id(value.array), Constant(value.array, is_copy=is_copy))
    found.values.setdefault(constant, value)
    return constant


def _inputs_of_function(node: FunctionNode, found: Found) -> Iterator[tuple[Key, str]]:
    yield from ((found.key(edge), "") for edge in node.edges)
    several = len(node._outputs) > 1
    for entry, version in zip(filter(None, node._saved or ()), node._guards, strict=False):
        array, output, origin, _ = entry
        value = Value(array, version.stamp > node.seq)
        if output is not None:
            found.values.setdefault((node, output) if several else node, value)
        elif origin is not None:
            found.values.setdefault(found.key(origin), value)
        else:
            yield _constant(value, found, ""), "saved"


# --- tensors ----------------------------------------------------------------------------------------------


def known_tensors(
    kept: Sequence[Key], roots: Sequence[Any], named: Sequence[tuple[str, Any]], found: Found
) -> dict[Key, Any]:
    """The tensors that somebody still holds, by the keys of their boxes."""
    known = {key_of(t._node): t for t in (*(t for _, t in named), *roots) if t._node is not None}
    for key in kept:
        t = key.variable if isinstance(key, AccumulateGrad) else _retaining(found.outputs.get(key, key))
        if t is not None:
            known.setdefault(key, t)
    return known


def _retaining(node: Any) -> Any:
    """The tensor whose gradient the step retains, if any: its hook knows it, by a weak reference named `ref`."""
    hook = (node.hooks or {}).get(RETAIN) if isinstance(node, Node) else None
    ref = None if hook is None else inspect.getclosurevars(hook).nonlocals.get("ref")
    return None if ref is None else ref()


def values_of_tensors(known: Mapping[Key, Any], found: Found) -> None:
    """A tensor that is there has its values, if others than those that were used."""
    used = {source: key for key, inputs in found.inputs.items() for source, _ in inputs if isinstance(key, Node)}
    for key, t in known.items():
        user = used.get(key)
        changed = user is not None and t._version_counter.stamp > user.seq
        found.values[key] = Value(t._a, changed)
