"""The graph that recorded operations build: tensors' storage of it, and the kinds of node.

A tensor that requires grad holds one `node`. A leaf's node is an `AccumulateGrad`, which keeps only a weak
reference to its tensor; any other is the operation that made it. Edges point from an operation to the nodes
of its inputs, never to tensors, so that an intermediate result lives only as long as somebody names it.

One clock stamps nodes as they are made and storages as they are changed. It gives both the order of the
backward walk (newest first is a topological order) and the check that a saved array is still what it was.
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

tick = itertools.count(1).__next__
RETAIN = -1  # among a node's hooks, the one that keeps the tensor's gradient: it runs last and follows the tensor


class _LastChange:
    """When any storage was changed last: a step made since then need not ask for those it saved."""

    __slots__ = ("stamp",)

    def __init__(self) -> None:
        self.stamp = 0


last_change = _LastChange()


class Version:
    """What all views of one storage share: how often it was changed, when last and by what."""

    count = 0
    stamp = 0
    by = ""
    views: list[weakref.ref[TensorBase]] | None = None
    most_views = 32  # beyond these, the dead ones are dropped

    def bump(self, by: str) -> None:
        self.count += 1
        self.stamp = last_change.stamp = tick()
        self.by = by

    def add_view(self, view: TensorBase) -> None:
        if self.views is None:
            self.views = []
        elif len(self.views) > self.most_views:
            self.views = [ref for ref in self.views if ref() is not None]
            self.most_views = 32 + 2 * len(self.views)
        self.views.append(weakref.ref(view))

    def live_views(self) -> list[TensorBase]:
        return [view for ref in self.views or () if (view := ref()) is not None]


def bump(versions: list[Version], by: str) -> None:
    """What `Version.bump` does, for several storages at once."""
    stamp = last_change.stamp = tick()
    for version in versions:
        version.count += 1
        version.stamp = stamp
        version.by = by


class TensorBase:
    """An array with its place in the graph; `tensor.Tensor` gives it its methods."""

    __slots__ = ("__dict__", "__weakref__", "_a", "_grad", "_node", "_version_counter", "_view_of")

    _a: np.ndarray[Any, Any]
    _node: Any
    _version_counter: Version
    _grad: Any  # a tensor, None, or a bare array until it is asked for: see `grad_of`
    _view_of: Any

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...  # the methods, which the layers above add


_tensor_class: type[TensorBase] = TensorBase
_new = object.__new__
_ndarray = np.ndarray


def set_tensor_class(cls: type[TensorBase]) -> None:
    """Says which class operations return: `tensor` does, being the layer above."""
    global _tensor_class
    _tensor_class = cls


def is_plain(value: object) -> bool:
    """Whether a value is a tensor and nothing more, such as a parameter."""
    return type(value) is _tensor_class


def wrap(array: Any, node: Any = None, version: Version | None = None) -> Any:
    """A tensor that takes ownership of `array` (a NumPy scalar becomes a 0-d array)."""
    t = _new(_tensor_class)
    t._a = array if type(array) is _ndarray else np.asarray(array)
    t._node = node
    t._version_counter = version or Version()
    t._grad = None
    t._view_of = None
    return t


def grad_of(t: Any) -> Any:
    """The gradient of a tensor. A walk leaves it as a bare array, all that optimisers want; here it gets a tensor."""
    g = t._grad
    if type(g) is _ndarray:
        g = t._grad = wrap(g)
    return g


def no_gradient(g: Any) -> Any:
    """Zeros that depend on nothing, not even on `g`."""
    return wrap(np.zeros_like(g._a)) if isinstance(g, TensorBase) else np.zeros_like(g)


class RemovableHandle:
    """What registering a hook returns; `remove()` takes the hook back."""

    def __init__(self, hooks: dict[int, Any]) -> None:
        self._hooks = hooks
        self.id = tick()

    def remove(self) -> None:
        self._hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()


class Node:
    """One step of the backward walk.

    `leads_to` has the nodes of the inputs that require grad. A single one stands there without a tuple around it: of a
    long graph every object is visited by the garbage collector, and a chain has half as many so.
    """

    __slots__ = ("__weakref__", "dtype", "hooks", "leads_to", "seq", "shape")

    leads_to: Node | tuple[Node, ...]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    seq: int
    hooks: dict[int, Callable[[Any], Any]] | None

    def name(self) -> str:
        """PyTorch's name of the step, such as `AddBackward0`."""
        return type(self).__name__

    @property
    def edges(self) -> tuple[Node, ...]:
        """The nodes of the inputs that require grad."""
        edges = self.leads_to
        return edges if type(edges) is tuple else (edges,)  # type: ignore[return-value]

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """The nodes of the inputs, each with the number of the output it stands for."""
        return tuple((shown(e), e.index if isinstance(e, Output) else 0) for e in self.edges)

    def backward(self, g: Any, create_graph: bool, retain_graph: bool) -> tuple[Any, ...]:
        """The gradients for the edges, for the kinds of step that the walk does not know by itself."""
        raise NotImplementedError(f"{self.name()} has no backward")

    def add_hook(self, hook: Callable[[Any], Any]) -> RemovableHandle:
        if self.hooks is None:
            self.hooks = {}
        handle = RemovableHandle(self.hooks)
        self.hooks[handle.id] = hook
        return handle

    def __repr__(self) -> str:
        return f"<{short_name(self)} object at {id(self):#x}>"


class AccumulateGrad(Node):
    """A leaf: the walk ends here, and the gradient goes to the tensor's `grad`."""

    __slots__ = ("_tensor", "post_hooks")

    def __init__(self, tensor: TensorBase) -> None:
        self.leads_to = ()
        self.shape, self.dtype = tensor._a.shape, tensor._a.dtype
        self.seq = tick()
        self.hooks = None
        self._tensor = weakref.ref(tensor)
        self.post_hooks: dict[int, Callable[[Any], Any]] = {}

    def name(self) -> str:
        return "torch::autograd::AccumulateGrad"

    @property
    def variable(self) -> Any:
        """The leaf tensor, or None when it is gone."""
        return self._tensor()


class OpNode(Node):
    """A step made by the derivative table: a plan (see `table.py`) and what it saved."""

    __slots__ = ("guards", "label", "plan", "saved")

    plan: Any
    saved: tuple[Any, ...] | None
    guards: tuple[Version, ...]
    label: str  # only where `named` gave one

    def name(self) -> str:
        if hasattr(self, "label"):
            return self.label
        name = self.plan.name
        return str(name(self) if callable(name) else name)

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """The nodes of the inputs; (None, 0) for a tensor that requires no grad, as in PyTorch."""
        plan, own = self.plan, super().next_functions
        listed = [name for name in plan.declared.listed if name in plan.tensors]
        at = dict(zip(plan.wanted, own, strict=False))
        if len(own) != len(plan.wanted) or not set(plan.wanted) <= set(listed):
            return own
        return tuple(at.get(name, (None, 0)) for name in listed)

    def backward(self, g: Any, create_graph: bool, retain_graph: bool) -> tuple[Any, ...]:
        """The gradients of the declared step; what it saved is freed unless it is retained."""
        saved = self.saved
        if saved is None:
            raise RuntimeError(FREED)
        if last_change.stamp > self.seq:
            for version in self.guards:
                if version.stamp > self.seq:
                    raise RuntimeError(modified_message(self, version))
        plan = self.plan
        grads: tuple[Any, ...] = plan.vjp(g, plan.as_tensors(self) if create_graph else saved)
        if self.guards and not retain_graph:
            self.saved = None
        return grads


class Output(Node):
    """One of the outputs of a step that has several: it hands its gradient to the step's slot."""

    __slots__ = ("index", "of", "parent")

    def __init__(self, parent: Node, index: int, of: int, array: np.ndarray[Any, Any]) -> None:
        self.leads_to = parent
        self.shape, self.dtype = array.shape, array.dtype
        self.seq = tick()
        self.hooks = None
        self.parent, self.index, self.of = parent, index, of

    def name(self) -> str:
        return self.parent.name()


def named(t: Any, name: str) -> Any:
    """`t`, just made, whose last step takes PyTorch's name for what is one step there and several here."""
    if isinstance(t._node, OpNode):
        t._node.label = name
    return t


def short_name(node: Node) -> str:
    """The name as it prints: `CopySlices` for `torch::autograd::CopySlices`."""
    return node.name().rpartition("::")[2]


_shown: dict[tuple[type[Node], str], type[Node]] = {}


def shown(node: Node) -> Node:
    """The node as `grad_fn` gives it: of a class that bears PyTorch's name, and one for all outputs of a step."""
    if isinstance(node, Output):
        node = node.parent
    kind, name = type(node), short_name(node)
    if kind.__name__ != name:  # made when it is asked for: recording a step stays as cheap as it is
        if (kind, name) not in _shown:
            _shown[kind, name] = type(name, (kind,), {"__slots__": ()})
        node.__class__ = _shown[kind, name]
    return node


FREED = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have "
    "already been freed). Saved intermediate values of the graph are freed when you call .backward() or "
    "autograd.grad(). Specify retain_graph=True if you need to backward through the graph a second time or if "
    "you need to access saved tensors after calling backward."
)


def modified_message(node: Node, version: Version) -> str:
    return (
        "one of the variables needed for gradient computation has been modified by an inplace operation: "
        f"{node.name()} saved a tensor that {version.by} changed afterwards (it is at version {version.count}). "
        f"Apply {version.by} to a clone(), or use the form that makes a new tensor."
    )
