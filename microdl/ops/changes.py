"""Changes of a tensor in place that are not an operation with its result written back: filling, and new strides."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.graph import AccumulateGrad, TensorBase, named, no_gradient, wrap
from ..autograd.inplace import ViewOf, check_writable, renew_views, set_node, write
from ..autograd.mode import mode, set_grad_enabled
from ..autograd.record import not_a_tensor, op
from . import indexing, shape
from .slices import single

_fill = op(
    "fill",
    lambda input, value: np.full_like(input, value),
    grad_name=lambda node: f"FillBackward{2 + ('value' in node.plan.tensors)}",
    input=no_gradient,
    value=lambda g: g,
)


def fill_(self: Any, value: Any) -> Any:
    """Sets every element to `value`, a number or a 0-d tensor.

    >>> import microdl as torch
    >>> torch.zeros(2).fill_(3)
    tensor([3., 3.])
    """
    check_writable(self, "fill_")
    value = single("fill", value, self._a)
    if mode.enabled and (self._node is not None or getattr(value, "_node", None) is not None):
        return write(self, _fill, (value,), "fill_")
    self._a[...] = value._a if isinstance(value, TensorBase) else value
    self._version_counter.bump("fill_")
    return self


def fill(input: Any, value: Any) -> Any:
    """`fill_` on a copy.

    >>> import microdl as torch
    >>> torch.fill(torch.zeros(2), 3)
    tensor([3., 3.])
    """
    return shape.require("fill", input).clone().fill_(value)


def zero_(self: Any) -> Any:
    """Sets every element to 0."""
    shape.require("zero_", self)
    if mode.enabled and self._node is not None:
        return write(self, lambda t: named(_fill(t, 0), "ZeroBackward0"), (), "zero_")
    check_writable(self, "zero_")
    self._a.fill(0)
    self._version_counter.bump("zero_")
    return self


def fill_diagonal_(self: Any, fill_value: float, wrap: bool = False) -> Any:
    """Sets the main diagonal of a matrix to a number; with `wrap`, of a tall one again below it, after one row."""
    if self._a.ndim < 2:
        raise RuntimeError(f"dimensions must larger than 1, but the tensor has {self._a.ndim}")
    if self._a.ndim > 2 and len(set(self._a.shape)) > 1:
        raise RuntimeError(f"all dimensions of input must be of equal length, but its shape is {list(self._a.shape)}")
    value = np.asarray(single("fill_diagonal", fill_value, self._a))
    check_writable(self, "fill_diagonal_", memory=self._a.ndim > 2)
    if self._a.ndim > 2:
        indexing.setitem(self, (np.arange(len(self._a)),) * self._a.ndim, value.item())
        return self
    self.diagonal().fill_(value.item())
    if wrap and self._a.ndim == 2 and len(self) > self._a.shape[1] + 1:
        fill_diagonal_(self[self._a.shape[1] + 1 :], fill_value, True)
    return self


def index_put_(self: Any, indices: Any, values: Any, accumulate: bool = False) -> Any:
    """`self[indices] = values`; with `accumulate`, values are added, repeated places included."""
    if not isinstance(values, TensorBase):
        raise not_a_tensor("index_put_", 2, values, "values")
    for i, index in enumerate(indices):
        if index is None:
            raise TypeError(f"index_put_(): expected Tensor as element {i} in argument 0, but got NoneType")
    check_writable(self, "index_put_")
    part = indexing.getitem(self.detach(), tuple(indices))
    indexing.check_same_dtype(self, values, tuple(i._a for i in indices if isinstance(i, TensorBase)))
    if values._a.ndim > part._a.ndim:
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(values._a.shape)} cannot be broadcast to indexing result of "
            f"shape {list(part._a.shape)}"
        )
    if not accumulate:
        indexing.setitem(self, tuple(indices), values)
        return self
    basic, arrays = indexing.parse(tuple(indices), self._a.shape)
    spread = shape.expand(values, part._a.shape)
    if arrays:
        spread = indexing._accumulate(spread, self._a[basic].shape if basic else self._a.shape, arrays)
    if basic or not arrays:
        spread = indexing._spread(spread, self._a.shape, basic)
    return write(self, lambda t, s: named(t + s, "IndexPutBackward0"), (spread,), "index_put_")


def apply(call: Callable[..., Any], input: Any, args: tuple[Any, ...], inplace: bool) -> Any:
    """`call(input, *args)`, or that in place."""
    shape.require(call.__name__, input)
    if not inplace:
        return call(input, *args)
    name = _IN_PLACE.get(call.__name__)
    step = (lambda t, *rest: named(call(t, *rest), name)) if name else call
    return write(input, step, args, call.__name__ + "_")


_IN_PLACE = {
    n: f"{n.title().replace('_', '')}Backward1" for n in ("celu", "elu", "leaky_relu", "rrelu_with_noise", "threshold")
}


# A comparison written where its operand was: it has a place in the graph, and no influence.
_comparison = op(
    "comparison",
    lambda input, other, truth: truth.astype(input.dtype),
    input=lambda g: np.where(False, g, 0),
    other=lambda g: np.where(False, g, 0),
)


def written(compare: Callable[..., Any]) -> Callable[..., Any]:
    """A comparison whose result has the dtype of its first operand."""

    @functools.wraps(compare)
    def call(self: Any, other: Any) -> Any:
        truth = compare(self, other)._a
        kind = f"{compare.__name__.title()}Backward{int(isinstance(other, TensorBase))}"
        return named(_comparison(self, other, truth), kind) if truth.shape == self._a.shape else wrap(truth)

    return call


def apply_(self: Any, callable: Callable[[Any], Any]) -> Any:
    """Replaces each element by what a Python function makes of it. Slow, and not differentiable."""
    if self._node is not None:
        raise RuntimeError("Can't call apply_() on Variable that requires grad. Use var.detach().apply_() instead.")
    check_writable(self, "apply_")
    if self._a.size:
        self._a[...] = np.vectorize(callable, otypes=[self._a.dtype])(self._a)
    self._version_counter.bump("apply_")
    return self


def map_(self: Any, tensor: Any, callable: Callable[[Any, Any], Any]) -> Any:
    """Replaces each element by `callable(element, element of tensor)`."""
    pairs = np.vectorize(callable, otypes=[self._a.dtype])(self._a, tensor._a)
    return self.copy_(wrap(pairs))


def in_place_name(name: str) -> str:
    """PyTorch's name of a view step made in place, after that of the view: one more, three for the squeezes."""
    stem, number = name[:-1], int(name[-1])
    return f"{stem}{number + (3 if stem == 'SqueezeBackward' else 1)}"


def restrided(call: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The in-place form of an operation that gives a view: the tensor becomes a view of what it was.

    Other views of it then are views of that same hidden base, so that a later change finds them all.
    """

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        check_writable(self, name, memory=False)
        before = wrap(self._a, self._node, self._version_counter)
        before._view_of = self._view_of
        recording = mode.enabled
        mode.enabled = recording or not self.is_leaf  # a history goes with its elements to their new places
        try:
            after = call(before, *args, **kwargs)
        finally:
            mode.enabled = recording
        if after._node is not None and after._node is not before._node:
            named(after, in_place_name(after._node.name()))
        if self._view_of is None and after._view_of is not None:
            for view in self._version_counter.live_views():
                link = view._view_of
                if view is not self and link is not None and link.root is self:
                    view._view_of = ViewOf(before, link.calls, link.recorded)
            after._view_of = ViewOf(before, after._view_of.calls, True)  # no view to those who use it
        if type(self._node) is AccumulateGrad:  # only reached without recording: it stays the leaf that it is
            self._node.shape = after._a.shape
        else:
            set_node(self, after._node)
            if self._view_of is None:
                before.owner = weakref.ref(self)
            self._view_of, after._view_of = after._view_of, None
            self._version_counter.add_view(self)
        self._a = after._a
        self._version_counter.bump(name)
        if before._node is not None and hasattr(before, "owner"):
            with set_grad_enabled(True):
                renew_views(before, owner_too=False)
        return self

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"`{name.rstrip('_')}` in place: the tensor itself changes shape and is returned."
    return method
