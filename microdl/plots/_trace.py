"""The computational graph of tensors as boxes and arrows, ready to be drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..autograd.graph import AccumulateGrad, Node, OpNode, TensorBase, grad_of
from ..nn.module import Module
from ._labels import lines_of_values, name_of_step, of_shape, plain_value
from ._walk import Constant, Found, Key, kept_names, key_of, known_tensors, nearest, values_of_tensors

MORE = "more"


@dataclass(frozen=True)
class Box:
    """One box: what it is (`leaf`, `constant`, `step`, `output`, `result`, `more`), its title, its lines.

    Each line is a pair of what it tells (`shape`, `value`, `grad`, `note`) and its text. `full` is the title in full,
    with PyTorch's name of the step.
    """

    kind: str
    title: str
    lines: tuple[tuple[str, str], ...] = ()
    full: str = ""


@dataclass(frozen=True)
class Arrow:
    """From box `source` to box `target`, by their numbers; `name` is that of the argument."""

    source: int
    target: int
    name: str = ""


@dataclass(frozen=True)
class Picture:
    """Boxes in the order in which they are computed, and the arrows between them."""

    boxes: list[Box]
    arrows: list[Arrow]


@dataclass(frozen=True)
class Options:
    """What is shown of each tensor, and of how many boxes at most."""

    show_values: bool = True
    show_shapes: bool = True
    show_gradients: bool = True
    max_nodes: int = 200


def trace(tensors: Any, names: Any, options: Options) -> Picture:
    """The picture of all that `tensors`, one or several, were computed from; for the arguments see `graph_svg`."""
    _check_options(options)
    roots = _roots(tensors)
    named = _named(names)
    found = Found()
    kept, count = nearest([found.key(t._node) for t in roots], found, options.max_nodes)
    known = known_tensors(kept, roots, named, found)
    values_of_tensors(known, found)
    return _Drawer(kept, count, found, known, named, roots, options).picture()


def _check_options(options: Options) -> None:
    n = options.max_nodes
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)):
        raise TypeError(f"max_nodes must be an integer, got {n!r}")
    if n < 1:
        raise ValueError(f"max_nodes must be at least 1, got {n}")


def _roots(tensors: Any) -> list[Any]:
    roots = list(tensors) if isinstance(tensors, (list, tuple)) else [tensors]
    if not roots:
        raise ValueError("no tensor given: pass one, such as the loss, or a list of several")
    for i, t in enumerate(roots):
        where = f"tensor {i} of the list" if isinstance(tensors, (list, tuple)) else "the tensor"
        if not isinstance(t, TensorBase):
            raise TypeError(f"{where} must be a Tensor, got {type(t).__name__}: pass what was computed, such as a loss")
        if t._node is None:
            raise ValueError(
                f"{where} has no graph: it requires no grad (shape {tuple(t._a.shape)}). Compute it from a tensor made "
                "with requires_grad=True, outside torch.no_grad(), and without detach()."
            )
    return roots


def _named(names: Any) -> list[tuple[str, Any]]:
    """(name, tensor) pairs of a mapping, of a module's parameters and buffers, or of modules within a mapping."""
    if names is None:
        return []
    if isinstance(names, Module):
        return [*names.named_parameters(), *names.named_buffers()]
    if not isinstance(names, Mapping):
        raise TypeError(
            f'names must be a dict such as {{"w": w}}, or a module with its parameters, not {type(names).__name__}'
        )
    pairs: list[tuple[str, Any]] = []
    for name, value in names.items():
        if isinstance(value, Module):
            pairs += [(f"{name}.{part}", t) for part, t in _named(value)]
        elif isinstance(value, TensorBase):
            pairs.append((str(name), value))
        else:
            raise TypeError(f"names[{name!r}] must be a Tensor or a module, not {type(value).__name__}")
    return pairs


# --- boxes ------------------------------------------------------------------------------------------------


@dataclass
class _Drawer:
    kept: list[Key]
    count: int
    found: Found
    known: Mapping[Key, Any]
    named: list[tuple[str, Any]]
    roots: list[Any]
    options: Options

    def picture(self) -> Picture:
        self.names = {key_of(t._node): name for name, t in reversed(self.named) if t._node is not None}
        self.results = {key_of(t._node) for t in self.roots}
        order = self._in_order()
        boxes = [self._box(key) for key in order]
        number = {key: i for i, key in enumerate(order)}
        arrows = [
            Arrow(number[source], number[key], name)
            for key in order
            if key is not MORE
            for source, name in self.found.inputs[key]
            if source in number
        ]
        cut = [Arrow(0, number[key]) for key in self.kept if any(s not in number for s, _ in self.found.inputs[key])]
        return Picture(boxes, cut + arrows)

    def _in_order(self) -> list[Key]:
        """The kept keys, each after those that lead to it; before them `MORE`, where some are left out."""
        kept = set(self.kept)
        waiting = {key: sum(source in kept for source, _ in self.found.inputs[key]) for key in self.kept}
        users: dict[Key, list[Key]] = {}
        for key in self.kept:
            for source, _ in self.found.inputs[key]:
                users.setdefault(source, []).append(key)
        order: list[Key] = [key for key in reversed(self.kept) if not waiting[key]]
        for key in order:  # which grows
            for user in users.get(key, ()):
                waiting[user] -= 1
                if not waiting[user]:
                    order.append(user)
        return [MORE, *order] if self.count > len(kept) else order

    def _box(self, key: Key) -> Box:
        if key is MORE:
            left_out = self.count - len(self.kept)
            return Box("more", f"… {left_out:,} more", (("note", f"max_nodes={self.options.max_nodes}"),), "left out")
        if isinstance(key, Constant):
            return self._box_of_constant(key)
        if isinstance(key, AccumulateGrad):
            gone = () if key.variable is not None else (("note", "no longer held"),)
            title = self.names.get(key, "leaf")
            return Box("leaf", title, (*self._lines(key, key.shape, key.dtype), *gone), f"{title}: leaf, requires grad")
        return self._box_of_step(key)

    def _box_of_constant(self, key: Constant) -> Box:
        name = _name_of_constant(key, self.named)
        lines = self._lines(key, *((key.array.shape, key.array.dtype) if key.array is not None else (None, None)))
        note = () if not key.note else (("note", key.note),)
        return Box("constant", name or "constant", (*lines, *note), f"{name or 'constant'}: requires no grad")

    def _box_of_step(self, key: Key) -> Box:
        node, index = key if isinstance(key, tuple) else (key, None)
        step, full = name_of_step(node)
        what = step if index is None else f"[{index}]"
        name = self.names.get(key)
        kind = "result" if key in self.results else "step" if index is None else "output"
        title = what if name is None else f"{name} = {what}"
        full = f"{title}: {full}" if index is None else f"{title}: output {index} of {full}"
        shape, dtype = self._meta(key)
        arguments = () if index is not None else _plain_arguments(node)
        return Box(kind, title, (*arguments, *self._lines(key, shape, dtype)), full)

    def _meta(self, key: Key) -> tuple[Any, Any]:
        """The shape and dtype of a result; none for a step with several, whose outputs have their own."""
        if key in self.found.values:
            array = self.found.values[key].array
            return array.shape, array.dtype
        if any(output.parent is key for output in self.found.outputs.values()):
            return None, None
        node: Any = self.found.outputs.get(key, key)
        return node.shape, node.dtype

    def _lines(self, key: Key, shape: Any, dtype: Any) -> tuple[tuple[str, str], ...]:
        lines: list[tuple[str, str]] = []
        if self.options.show_shapes and shape is not None:
            lines.append(("shape", of_shape(shape, dtype)))
        value = self.found.values.get(key)
        if self.options.show_values and value is not None:
            lines += lines_of_values("value", value.array, "now" if value.is_now else "value")
        tensor = self.known.get(key)
        grad = None if tensor is None else grad_of(tensor)
        if self.options.show_gradients and grad is not None:
            lines += lines_of_values("grad", grad._a, "grad")
        return tuple(lines)


def _plain_arguments(node: Node) -> tuple[tuple[str, str], ...]:
    """Numbers and the like among the arguments, where the step saved them: `dim=1`."""
    if not isinstance(node, OpNode) or node.plan.tensors == node.plan.declared.params:
        return ()
    plan = node.plan
    saved = dict(zip(kept_names(plan), node.saved, strict=True)) if node.saved is not None else {}
    others = [name for name in plan.declared.params if name not in plan.tensors]
    texts = [f"{name}={plain_value(saved[name])}" for name in others if name in saved and plain_value(saved[name])]
    if others in (["other"], ["input"]) and not texts:  # a number that the gradient does not need
        texts = [f"{others[0]}=(a number)"]
    return (("note", ", ".join(texts)),) if texts else ()


def _name_of_constant(constant: Constant, named: list[tuple[str, Any]]) -> str | None:
    """The name of the tensor it is, or of one whose memory it shares."""
    array = constant.array
    if array is None:
        return None
    for name, t in named:
        if t._a is array:
            return name if t._node is None else f"{name} (detached)"
    for name, t in named:
        if np.may_share_memory(t._a, array):
            return f"{name} (view)"
        if constant.is_copy and t._a.dtype == array.dtype and np.array_equal(t._a, array):
            return name
    return None
