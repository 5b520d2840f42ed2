"""Changes in place, and the views that see them.

A change writes into the array, moves the storage's version, and, when it is recorded, gives the tensor a
new history. When the tensor is a view, the history goes to the tensor it views: there the change is one
step, "the base with this part replaced", and every other view of it is derived from the base anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import dtypes
from .graph import RETAIN, AccumulateGrad, TensorBase, named, no_gradient, wrap
from .mode import mode
from .record import attach, op, operand, promoted
from .table import Name, Op

Calls = tuple[tuple[Callable[..., Any], tuple[Any, ...]], ...]


class ViewOf(NamedTuple):
    """The tensor that a view looks at, and the calls that lead from it to the view."""

    root: Any
    calls: Calls
    recorded: bool


def replay(calls: Calls, t: Any) -> Any:
    """The view of `t`, a tensor, to which the calls lead."""
    for call, args in calls:
        t = call(t, *args)
    return t


def replay_array(calls: Calls, a: Any) -> Any:
    for call, args in calls:
        a = call.op.forward(a, *args)  # type: ignore[attr-defined]
    return a


def view(
    name: str, forward: Callable[..., Any], formula: Callable[..., Any], grad_name: Name | None = None
) -> Callable[..., Any]:
    """Declares an operation on one tensor whose result shares its memory wherever NumPy's does."""
    copying = op(name, forward, grad_name=grad_name, input=formula)
    declared: Op = copying.op  # type: ignore[attr-defined]
    plan = declared.plan(("input",), ("input",))

    def viewing(input: Any, *args: Any) -> Any:
        a = input._a
        t = wrap(forward(a, *args))
        base = t._a.base
        while base is not None and base is not a and base is not a.base:
            base = getattr(base, "base", None)  # of windows: NumPy puts a holder in between
        if base is not None:
            link(t, input, viewing, args)
        if input._node is not None and mode.enabled:
            plan.record(input, *args, t)
        return t

    viewing.__name__ = viewing.__qualname__ = name
    viewing.op = declared  # type: ignore[attr-defined]
    return viewing


def link(t: TensorBase, input: TensorBase, call: Callable[..., Any], args: tuple[Any, ...]) -> None:
    """Makes `t`, whose array is a view of that of `input`, known as `call(input, *args)`."""
    version = t._version_counter = input._version_counter
    above = input._view_of
    if above is None:
        t._view_of = ViewOf(input, ((call, args),), mode.enabled)
    else:
        t._view_of = ViewOf(above.root, (*above.calls, (call, args)), above.recorded and mode.enabled)
    version.add_view(t)


def check_writable(t: Any, name: str, memory: bool = True) -> None:
    """RuntimeError where a recorded change in place would lose a gradient."""
    if not isinstance(t, TensorBase):
        raise TypeError(f"{name}(): expected a Tensor to change in place, not {type(t).__name__}")
    if memory and not (t._a.flags.writeable or _made_writable(t._a)):
        raise RuntimeError(
            f"{name}: unsupported operation: more than one element of the written-to tensor refers to a single "
            "memory location, or its memory is read-only. Please clone() the tensor before performing the "
            "operation."
        )
    if not mode.enabled:
        return
    if type(t._node) is AccumulateGrad:
        raise RuntimeError(
            f"a leaf Variable that requires grad is being used in an in-place operation ({name}). Do it under "
            "torch.no_grad(), or on a clone()."
        )
    if t._view_of is not None and t._view_of.root._node is not None:
        _check_view(t._view_of, name)
    elif t._view_of is not None and t._node is not None:
        raise _view_of_leaf(name)


def _made_writable(a: np.ndarray[Any, Any]) -> bool:
    """Whether the elements of a view lie apart, though it was taken of one that repeats them: it is writable then."""
    if a.base is None or (a.size and not apart(a.shape, [abs(s) // a.itemsize for s in a.strides])):
        return False
    try:
        a.flags.writeable = True
    except ValueError:  # the memory itself is read-only
        return False
    return True


def apart(size: tuple[int, ...], stride: Sequence[int]) -> bool:
    """Whether no two places share an element: each stride is longer than all that the shorter ones reach."""
    reach = 0
    for step, n in sorted((s, n) for s, n in zip(stride, size, strict=True) if n > 1):
        if step <= reach:
            return False
        reach += step * (n - 1)
    return True


def _check_view(path: ViewOf, name: str) -> None:
    if not path.recorded:
        raise RuntimeError(
            f"A view was created in no_grad mode and is being modified inplace with grad mode enabled ({name}). Make "
            "the view and the change both inside, or both outside, the no_grad block."
        )
    if type(path.root._node) is AccumulateGrad:
        raise _view_of_leaf(name)


def _view_of_leaf(name: str) -> RuntimeError:
    return RuntimeError(
        f"a view of a leaf Variable that requires grad is being used in an in-place operation ({name}). Do "
        "it under torch.no_grad(), or on a clone()."
    )


def write(t: Any, call: Callable[..., Any], args: tuple[Any, ...], name: str) -> Any:
    """`t` becomes `call(t, *args)`, in place; nothing is written if that fails."""
    check_writable(t, name)
    recorded = takes_history(t, args)
    if recorded and t._view_of is not None:
        _check_view(t._view_of, name)  # again: it may be about to get its first history, from its arguments
    try:
        result = call(wrap(t._a.copy(), t._node) if recorded else t, *args)
    except NotImplementedError:
        _check_result(t, _would_be(t, *args), name)
        raise
    _check_result(t, result._a, name)
    np.copyto(t._a, result._a, casting="unsafe")
    t._version_counter.bump(name)
    if recorded:
        give_history(t, result if result._node is not None else overwrite(wrap(t._a, t._node), result))
    return t


def _would_be(t: Any, *args: Any) -> Any:
    """An array like the result of an operation that has no kernel: that it would not fit is said first."""
    if len(args) != 1 or not isinstance(args[0], (TensorBase, float)):  # an int may be a dimension
        return t._a
    x, y = promoted(t, operand("", 2, args[0]))
    return np.broadcast_to(x, np.broadcast_shapes(x.shape, np.shape(y)))


def takes_history(t: Any, args: tuple[Any, ...]) -> bool:
    """Whether a change of `t` from `args` is recorded: integers never have a history."""
    return mode.enabled and t._a.dtype.kind == "f" and (t._node is not None or any(_has_grad(x) for x in args))


def _has_grad(x: Any) -> bool:
    return isinstance(x, TensorBase) and x._node is not None


def _check_result(t: TensorBase, result: np.ndarray[Any, Any], name: str) -> None:
    if result.shape != t._a.shape:
        raise RuntimeError(
            f"output with shape {list(t._a.shape)} doesn't match the broadcast shape {list(result.shape)} "
            f"({name} cannot enlarge the tensor it changes)"
        )
    to, was = t._a.dtype.kind, result.dtype.kind
    if (was == "f" and to != "f") or (was != "b" and to == "b"):
        raise RuntimeError(
            f"result type {dtypes.from_numpy_dtype(result.dtype).legacy} can't be cast to the desired output "
            f"type {dtypes.from_numpy_dtype(t._a.dtype).legacy} ({name}). Convert the tensor first, for "
            "example with .float()."
        )


# What was there has no influence on what it is replaced by.
overwrite = op(
    "overwrite",
    lambda input, value: np.broadcast_to(value, input.shape).astype(input.dtype, copy=False),
    grad_name="torch::autograd::CopyBackwards",
    input=no_gradient,
    value=lambda g: g,
)


def kinked(slope: Any, x: Any) -> Any:
    """A gradient that depends on `x` at kinks alone: among tensors it has a history, along which zeros go to `x`."""
    return overwrite(x, slope) if isinstance(x, TensorBase) else slope


def give_history(t: Any, changed: TensorBase) -> None:
    """Makes `changed`, which holds the same values, the history of `t`; views follow their base."""
    if t._view_of is None:
        if changed._a.dtype != t._a.dtype:
            changed = named(changed.to(t.dtype), changed._node.name())
        set_node(t, changed._node)
        root = t
    else:
        root = t._view_of.root
        before = wrap(root._a, root._node)
        after = wrap(root._a)
        attach(replace_part.op, (before, changed, t._view_of.calls), [True, True, False], after)  # type: ignore[attr-defined]
        set_node(root, after._node)
    renew_views(root)


def renew_views(root: Any, owner_too: bool = True) -> None:
    """Derives every view of `root` anew. One that took the place of its base (`owner`) has the others for its views."""
    source = wrap(root._a, root._node)
    owner = root.owner() if hasattr(root, "owner") else None
    if owner is not None and owner._view_of is not None:
        calls = owner._view_of.calls
        if owner_too:
            set_node(owner, view_again(source, calls)._node)
        if owner._a.size == root._a.size:
            source = _view_again_backward(wrap(owner._a, owner._node), root._a.shape, calls)
    for sibling in root._version_counter.live_views():
        path = sibling._view_of
        if sibling is root or sibling is owner or path is None or path.root is not root or not path.recorded:
            continue
        if not sibling._a.size or np.may_share_memory(sibling._a, root._a):  # else the root was given other `data`
            set_node(sibling, view_again(source, path.calls)._node)


def set_node(t: Any, node: Any) -> None:
    """Gives `t` a new history; what retains its gradient goes along, for it belongs to the tensor."""
    hooks = getattr(t._node, "hooks", None)
    if hooks and node is not None and RETAIN in hooks:
        node.hooks = {**(node.hooks or {}), RETAIN: hooks.pop(RETAIN)}
    t._node = node


def _replace_part(base: Any, part: Any, calls: Calls) -> Any:
    out = np.array(base)
    view = replay_array(calls, out)
    view.flags.writeable = True  # its elements lie apart, though it may lead over a view that repeats them
    view[...] = part
    return out


def _part(base: Any, calls: Calls) -> Any:
    return replay(calls, base) if isinstance(base, TensorBase) else replay_array(calls, base)


# It keeps the calls and not the view's `ViewOf`, whose root would lead back to this step.
replace_part: Callable[..., Any] = op(
    "copy_slices",
    _replace_part,
    polymorphic=True,
    grad_name="torch::autograd::CopySlices",
    base=lambda g, part_shape, calls: replace_part(g, np.zeros(part_shape, _dtype_of(g)), calls),
    part=lambda g, calls: _part(g, calls),
)


def _spread_back(input: Any, shape: tuple[int, ...], path: Calls) -> Any:
    """What a view's elements get, added up in the base: one element of the base may stand in several places."""
    out = np.zeros(shape, input.dtype)
    view = replay_array(path, out)
    if view.flags.writeable:
        view[...] = input
    else:
        np.add.at(out.reshape(-1), replay_array(path, np.arange(out.size).reshape(shape)), input)
    return out


# A view derived anew from its base after a change in place.
view_again: Callable[..., Any] = op(
    "view_again",
    lambda input, path: replay_array(path, input),
    grad_name="AsStridedBackward0",
    input=lambda g, input_shape, path: _view_again_backward(g, input_shape, path),
)
_view_again_backward: Callable[..., Any] = op(
    "view_again_backward", _spread_back, polymorphic=True, input=lambda g, path: _part(g, path)
)


def _dtype_of(g: Any) -> Any:
    return g._a.dtype if isinstance(g, TensorBase) else g.dtype


def _write_by(ufunc: np.ufunc, t: Any, args: tuple[Any, ...], name: str) -> bool:
    """Writes without an array in between, where nothing is promoted, broadcast or recorded: whether it did."""
    other = args[0] if len(args) == 1 else None
    if not isinstance(t, TensorBase) or t._a.dtype.kind != "f" or takes_history(t, args):
        return False
    if isinstance(other, TensorBase):
        other = other._a
        if other.dtype != t._a.dtype or other.shape != t._a.shape:
            return False
    elif type(other) is not float and type(other) is not int:
        return False
    check_writable(t, name)
    ufunc(t._a, other, out=t._a)
    t._version_counter.bump(name)
    return True


def inplace(call: Callable[..., Any], name: str, ufunc: np.ufunc | None = None) -> Callable[..., Any]:
    """The in-place form of an operation: `x.add_(y)` for `add(x, y)`, which on floats of one dtype is `ufunc`."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        if kwargs:
            return write(self, lambda t, *rest: call(t, *rest, **kwargs), args, name)
        if ufunc is not None and _write_by(ufunc, self, args, name):
            return self
        return write(self, call, args, name)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"`{name.rstrip('_')}` in place: the tensor itself changes and is returned."
    return method
