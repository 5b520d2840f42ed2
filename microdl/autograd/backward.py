"""`backward` and `grad`: what a walk's gradients are for."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._warning import warn
from .engine import walk
from .graph import Node, TensorBase, grad_of, wrap
from .mode import set_grad_enabled

_ndarray = np.ndarray
_ONES = {np.dtype(d): np.ones((), d) for d in ("float16", "float32", "float64")}
for _one in _ONES.values():
    _one.flags.writeable = False


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Adds to the `grad` of each leaf the gradient of `tensors`, weighted by `grad_tensors`.

    For y = f(x) and v of y's shape it computes v . dy/dx; `grad_tensors` may be left out where a tensor has
    one element. What the graph saved is freed unless `retain_graph` (which `create_graph` implies).
    With `inputs`, only these get a gradient. If the walk fails, no `grad` has changed.

    Raises RuntimeError: a tensor does not require grad; more than one element without a gradient; shapes
    that differ; the graph was freed; a saved tensor was changed in place.

    >>> import microdl as torch
    >>> x = torch.tensor([1., 2.], requires_grad=True)
    >>> torch.autograd.backward((x * x).sum())
    >>> x.grad
    tensor([2., 4.])

    Source: https://pytorch.org/docs/stable/generated/torch.autograd.backward.html
    """
    retain = create_graph if retain_graph is None else retain_graph
    if grad_tensors is None and isinstance(tensors, TensorBase) and tensors._node is not None:
        roots, grads = [tensors._node], [_seed(tensors, None, create_graph)]
    else:
        roots, grads = _roots(_listed(tensors), _listed(grad_tensors), create_graph)
    if inputs is not None:
        _backward_to(_listed(inputs), roots, grads, retain, create_graph)
        return
    for leaf, g in walk(roots, grads, retain, create_graph).items():
        accumulate(leaf, g)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> Any:
    """The gradients of `outputs` for `inputs`, returned instead of added to `grad`.

    A tuple of them, or for a dict of inputs a dict. With `is_grads_batched` the first dimension of each of
    `grad_outputs` counts gradients, and so does that of each result: one walk is made for each. `only_inputs` has no
    effect, as in PyTorch.

    Raises RuntimeError where an input was not used, unless `allow_unused` (then None stands for it) or
    `materialize_grads` (then zeros do). ValueError: `allow_unused=False` together with `materialize_grads`.

    >>> import microdl as torch
    >>> x = torch.tensor(3., requires_grad=True)
    >>> slope, = torch.autograd.grad(x ** 3, x, create_graph=True)
    >>> torch.autograd.grad(slope, x)
    (tensor(18.),)

    Source: https://pytorch.org/docs/stable/generated/torch.autograd.grad.html
    """
    if not only_inputs:
        warn("only_inputs is deprecated and has no effect", FutureWarning)
    if materialize_grads and allow_unused is False:
        raise ValueError("Expected allow_unused to be True or not passed when materialize_grads=True")
    named = inputs if isinstance(inputs, dict) else None
    targets = _listed(inputs if named is None else named.values())
    if not targets:
        raise RuntimeError("`inputs` argument to `grad()` cannot be empty.")
    retain = create_graph if retain_graph is None else retain_graph
    search = _batched if is_grads_batched else _search
    found = search(_listed(outputs), targets, _listed(grad_outputs), retain, create_graph)
    results = tuple(_result(t, g, bool(allow_unused), materialize_grads) for t, g in zip(targets, found, strict=True))
    return results if named is None else dict(zip(named, results, strict=True))


def _search(outputs: list[Any], targets: list[Any], grads: list[Any], retain: bool, create_graph: bool) -> list[Any]:
    """What one walk finds for each target, the same tensor for a target named twice; None for what was not used."""
    nodes = [_input_node(t) for t in targets]
    found = walk(*_roots(outputs, grads, create_graph), retain, create_graph, set(nodes))
    made = {node: g if isinstance(g, TensorBase) else wrap(np.array(g)) for node, g in found.items() if node in nodes}
    return [made.get(node) for node in nodes]


def _batched(outputs: list[Any], targets: list[Any], grads: list[Any], retain: bool, create_graph: bool) -> list[Any]:
    """The same with a walk for each gradient along the first dimension, stacked."""
    given = [i for i, g in enumerate(grads) if isinstance(g, TensorBase)]
    for i in given:
        if tuple(grads[i].shape[1:]) != tuple(outputs[i].shape) or not grads[i].shape:
            raise RuntimeError(
                f"If `is_grads_batched=True`, we interpret the first dimension of each grad_output as the batch "
                f"dimension. The sizes of the remaining dimensions are expected to match the shape of corresponding "
                f"output, but a mismatch was detected: grad_output[{i}] has a shape of {grads[i].shape} and "
                f"output[{i}] has a shape of {outputs[i].shape}."
            )
    count = min((len(grads[i]) for i in given), default=0)
    if not count:
        return _search(outputs, targets, grads, retain, create_graph)
    rows = []
    for k in range(count):
        row = [g[k] if i in given else g for i, g in enumerate(grads)]
        rows.append(_search(outputs, targets, row, retain or k < count - 1, create_graph))
    stack: Any = np.stack
    return [None if column[0] is None else stack(column) for column in zip(*rows, strict=True)]


def _result(target: TensorBase, g: Any, allow_unused: bool, materialize: bool) -> Any:
    if g is not None:
        return g
    if materialize:
        return wrap(np.zeros_like(target._a))
    if not allow_unused:
        raise RuntimeError(
            "One of the differentiated Tensors appears to not have been used in the graph. "
            "Set allow_unused=True if this is the desired behavior."
        )
    return None


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return [value] if isinstance(value, TensorBase) else list(value)


def _input_node(t: Any) -> Node:
    if not isinstance(t, TensorBase):
        raise TypeError(f"expected a Tensor to differentiate for, not {type(t).__name__}")
    if t._node is None:
        raise RuntimeError(
            "One of the differentiated Tensors does not require grad. Call requires_grad_() on it first."
        )
    node: Node = t._node
    return node


def _roots(tensors: list[Any], grads: list[Any], create_graph: bool) -> tuple[list[Node], list[Any]]:
    """The nodes at which a walk begins, and the gradients that enter there."""
    grads = grads or [None] * len(tensors)
    for g in grads:
        if g is not None and not isinstance(g, TensorBase):
            raise TypeError(f"gradients can be either Tensors or None, but got {type(g).__name__}")
    if len(grads) != len(tensors):
        raise RuntimeError(f"got {len(tensors)} tensors and {len(grads)} gradients")
    for i, t in enumerate(tensors):
        if t._node is None:
            raise RuntimeError(
                f"element {i} of tensors does not require grad and does not have a grad_fn. Nothing in it "
                "was computed, with recording on, from a tensor that requires grad."
            )
    seeds = [_seed(t, g, create_graph) for t, g in zip(tensors, grads, strict=True)]
    return [t._node for t in tensors], seeds


def _seed(t: TensorBase, g: Any, create_graph: bool) -> Any:
    a = t._a
    if g is None:
        if a.size != 1:
            raise RuntimeError(
                f"grad can be implicitly created only for scalar outputs, but this one has shape "
                f"{list(a.shape)}. Reduce it, for example with .sum(), or pass a gradient of its shape."
            )
        seed: Any = np.ones_like(a) if a.ndim else _ONES[a.dtype]
        return wrap(seed) if create_graph else seed
    if not isinstance(g, TensorBase):
        raise TypeError(f"gradients can be either Tensors or None, but got {type(g).__name__}")
    if g._a.shape != a.shape:
        raise RuntimeError(
            f"Mismatch in shape: grad_output[0] has a shape of torch.Size({list(g._a.shape)}) and output[0] has a "
            f"shape of torch.Size({list(a.shape)})."
        )
    return g if create_graph else g._a.astype(a.dtype, copy=False)


def _backward_to(inputs: list[Any], roots: list[Node], grads: list[Any], retain: bool, create: bool) -> None:
    if not inputs:
        raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    nodes = {_input_node(t): t for t in inputs}
    for t in nodes.values():
        if not t.is_leaf:
            t.retain_grad()  # as PyTorch does: its hook adds this gradient, and later ones, too
    found = walk(roots, grads, retain, create, set(nodes))
    for node, t in nodes.items():
        if t.is_leaf and node in found:
            accumulate(node, found[node])


def accumulate(leaf: Any, g: Any) -> None:
    """Adds `g` to the `grad` of a leaf's tensor, in place once there is a gradient, as PyTorch does."""
    t = leaf._tensor()
    if t is None or t._node is None:  # it is gone, or requires no grad any more
        return
    if t._grad is None:
        t._grad = g if type(g) is _ndarray or isinstance(g, TensorBase) else np.asarray(g)
    else:
        _add_to_grad(t, g)
    if leaf.post_hooks:
        _run_post_hooks(t, leaf.post_hooks, isinstance(g, TensorBase))


def _add_to_grad(t: Any, g: Any) -> None:
    before = grad_of(t)
    if isinstance(g, TensorBase):
        t._grad = before + g
    elif not before._a.flags.writeable:
        raise RuntimeError(
            "unsupported operation: the gradient to add to shows one memory location in several places, or is "
            "read-only. Please clone() the tensor before assigning it to .grad."
        )
    elif before._a.shape != g.shape:  # the leaf was given another shape in place
        raise RuntimeError(
            f"The size of the gradient {list(g.shape)} must match that of the one to add it to, "
            f"{list(before._a.shape)}: the leaf changed its shape since. Set its grad to None."
        )
    else:
        np.add(before._a, g, out=before._a)
        before._version_counter.bump("backward")


def _run_post_hooks(t: Any, hooks: dict[int, Any], differentiable: bool) -> None:
    for hook in list(hooks.values()):
        with set_grad_enabled(differentiable):  # only a gradient that is differentiable itself is recorded
            result = hook(t)
        if result is not None:
            raise TypeError(f"a post-accumulate hook must return None, but hook returned '{type(result).__name__}'")
