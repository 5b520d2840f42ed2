"""`Function`: an operation with a backward written by hand, as a class with `forward` and `backward`."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .engine import unbroadcast
from .graph import FREED, Node, Output, TensorBase, Version, modified_message, tick, wrap
from .inplace import check_writable, give_history
from .mode import mode, no_grad


class FunctionCtx:
    """What `forward` leaves for `backward`: saved tensors and any attribute."""

    _to_save: tuple[Any, ...] = ()
    _non_differentiable: tuple[Any, ...] = ()
    _dirty: tuple[Any, ...] = ()
    _materialize = True
    _node: weakref.ref[FunctionNode] | None = None
    needs_input_grad: tuple[bool, ...] = ()

    def save_for_backward(self, *tensors: Any) -> None:
        """Keeps tensors (or None) for `backward`, guarded against changes in place."""
        for t in tensors:
            if t is not None and not isinstance(t, TensorBase):
                raise TypeError(
                    f"save_for_backward can only save variables, but argument is of type {type(t).__name__}. "
                    "Keep other values as attributes: ctx.value = value."
                )
        self._to_save = tensors

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What `save_for_backward` kept; RuntimeError when it is freed or was changed in place."""
        node = None if self._node is None else self._node()
        return self._to_save if node is None else node.saved_tensors()

    def mark_non_differentiable(self, *outputs: Any) -> None:
        """Says that these outputs never require grad (indices, for example)."""
        self._non_differentiable = outputs

    def mark_dirty(self, *inputs: Any) -> None:
        """Says that `forward` changed these inputs in place and returns them."""
        self._dirty = inputs

    def set_materialize_grads(self, value: bool) -> None:
        """Whether `backward` gets zeros (the default) or None for outputs that nobody used."""
        self._materialize = value


class Function:
    """Base of operations with a backward of their own; call one with `apply`, never with `forward`.

    `forward(ctx, *args)` gives a tensor or a tuple of them; `backward(ctx, *grads)` gives one gradient, or
    None, for each argument of `forward`. `setup_context(ctx, inputs, output)` may take over what forward
    would save, and then forward has no `ctx`.

    >>> import microdl as torch
    >>> class Cube(torch.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x ** 3
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         x, = ctx.saved_tensors
    ...         return g * 3 * x ** 2
    >>> x = torch.tensor(2., requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad
    tensor(12.)

    Source: https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function
    """

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom autograd.Function to use it "
            "with backward mode AD."
        )

    vjp = backward

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd "
            f"function with static forward method: call {type(self).__name__}.apply(...), without an instance."
        )

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Runs `forward` with recording off, and records this function as one step."""
        ctx = FunctionCtx()
        requires = tuple(isinstance(x, TensorBase) and x._node is not None for x in args)
        recording = mode.enabled and any(requires)
        ctx.needs_input_grad = requires if recording else (False,) * len(args)
        result = cls._run_forward(ctx, args)
        outputs = result if isinstance(result, tuple) else (result,)
        outputs = tuple(_separate(t, args, ctx) for t in outputs)
        if recording:
            _record(cls, ctx, args, requires, outputs)
        return outputs if isinstance(result, tuple) else outputs[0]

    @classmethod
    def _run_forward(cls, ctx: FunctionCtx, args: tuple[Any, ...]) -> Any:
        enabled = mode.enabled
        mode.enabled = False
        try:
            if cls.setup_context is Function.setup_context:
                return cls.forward(ctx, *args)
            result = cls.forward(*args)
            cls.setup_context(ctx, args, result)
            return result
        finally:
            mode.enabled = enabled


def _separate(t: Any, args: tuple[Any, ...], ctx: FunctionCtx) -> Any:
    """An input returned as it is becomes a new tensor on the same storage, so that it can have a new history."""
    if not isinstance(t, TensorBase):
        return t
    is_dirty = any(t is d for d in ctx._dirty)
    return wrap(t._a, None, t._version_counter) if not is_dirty and any(t is x for x in args) else t


def _record(
    cls: type[Function], ctx: FunctionCtx, args: Sequence[Any], requires: Sequence[bool], outputs: Sequence[Any]
) -> None:
    for t in ctx._dirty:
        _check_dirty(cls, t, outputs)
        t._version_counter.bump(cls.__name__)
    node = FunctionNode(cls, ctx, args, requires, outputs)
    several = len(outputs) > 1
    for i, t in enumerate(outputs):
        if isinstance(t, TensorBase) and t._a.dtype.kind == "f" and not any(t is n for n in ctx._non_differentiable):
            own = Output(node, i, len(outputs), t._a) if several else node
            if any(t is d for d in ctx._dirty):
                give_history(t, wrap(t._a, own))
            else:
                t._node = own


def _check_dirty(cls: type[Function], t: Any, outputs: Sequence[Any]) -> None:
    """RuntimeError where a change of `t` in `forward` would lose a gradient."""
    check_writable(t, cls.__name__)
    if not any(t is o for o in outputs):
        raise RuntimeError(
            "Some elements marked as dirty during the forward method were not returned as output. The inputs that are "
            f"modified inplace must all be outputs of the Function: return them from {cls.__name__}.forward."
        )


def _saved(t: Any, outputs: Sequence[Any]) -> tuple[Any, ...]:
    """The array, its output's number, and, unless it is an output, its node and the tensor itself."""
    number = next((i for i, o in enumerate(outputs) if o is t), None)
    return (t._a, number, None, None) if number is not None else (t._a, None, t._node, t)


class FunctionNode(Node):
    """The recorded step of a `Function`."""

    __slots__ = ("_guards", "_inputs", "_outputs", "_saved", "cls", "ctx")

    def __init__(
        self,
        cls: type[Function],
        ctx: FunctionCtx,
        args: Sequence[Any],
        requires: Sequence[bool],
        outputs: Sequence[Any],
    ) -> None:
        self.leads_to = tuple(x._node for x, needed in zip(args, requires, strict=True) if needed)
        self.cls, self.ctx = cls, ctx
        first = outputs[0]._a if isinstance(outputs[0], TensorBase) else np.empty(0, np.float32)
        self.shape, self.dtype = first.shape, first.dtype
        self.seq = tick()
        self.hooks = None
        self._inputs = tuple(requires)
        self._outputs = [(t._a.shape, t._a.dtype) if isinstance(t, TensorBase) else None for t in outputs]
        self._keep(ctx._to_save, outputs)
        ctx._to_save, ctx._node = (), weakref.ref(self)

    def _keep(self, tensors: Sequence[Any], outputs: Sequence[Any]) -> None:
        """Arrays with their place in the graph; an output's is this step itself, which it must not own."""
        self._guards: tuple[Version, ...] = tuple(t._version_counter for t in tensors if t is not None)
        self._saved: Any = [None if t is None else _saved(t, outputs) for t in tensors]

    def name(self) -> str:
        return f"{self.cls.__name__}Backward"

    def __repr__(self) -> str:
        return f"<torch.autograd.function.{self.name()} object at {id(self):#x}>"

    def saved_tensors(self) -> tuple[Any, ...]:
        if self._saved is None:
            raise RuntimeError(FREED)
        for version in self._guards:
            if version.stamp > self.seq:
                raise RuntimeError(modified_message(self, version))
        return tuple(None if s is None else self._rejoin(*s) for s in self._saved)

    def _rejoin(self, array: Any, output: int | None, node: Any, tensor: Any) -> Any:
        if output is None:
            return tensor if tensor._a is array else wrap(array, node)
        several = len(self._outputs) > 1
        return wrap(array, Output(self, output, len(self._outputs), array) if several else self)

    def backward(self, g: Any, create_graph: bool, retain_graph: bool) -> tuple[Any, ...]:
        several = len(self._outputs) > 1
        grads = [self._grad_output(d, i) for i, d in enumerate(g if several else [g])]
        vjp = self.cls.vjp if self.cls.vjp is not Function.vjp else self.cls.backward
        result = vjp(self.ctx, *grads)
        if not retain_graph and self._guards:
            self._saved = None
        result = result if isinstance(result, tuple) else (result,)
        return tuple(d if create_graph or d is None else d._a for d in self._checked(result))

    def _grad_output(self, g: Any, i: int) -> Any:
        if g is not None:
            return g if isinstance(g, TensorBase) else wrap(g)
        meta = self._outputs[i]
        return wrap(np.zeros(*meta)) if self.ctx._materialize and meta else None

    def _checked(self, result: tuple[Any, ...]) -> list[Any]:
        """The gradients of the inputs that require grad, in the shapes that these have."""
        n = len(self._inputs)
        if len(result) > n and all(d is None for d in result[n:]):
            result = result[:n]
        if len(result) != n:
            raise RuntimeError(
                f"function {self.name()} returned an incorrect number of gradients (expected {n}, got "
                f"{len(result)}). Return one for each argument of forward, None where there is none."
            )
        needed = [d for d, needs in zip(result, self._inputs, strict=True) if needs]
        return [self._fitting(i, d, edge) for i, (d, edge) in enumerate(zip(needed, self.edges, strict=True))]

    def _fitting(self, i: int, d: Any, edge: Node) -> Any:
        if d is None:
            return None
        if not isinstance(d, TensorBase):
            raise RuntimeError(
                f"function {self.name()}: expected Variable or None (got {type(d).__name__}) as gradient {i}"
            )
        try:
            np.broadcast_to(np.empty(edge.shape), d._a.shape)
        except ValueError:
            raise RuntimeError(
                f"Function {self.name()} returned an invalid gradient at index {i} - got {list(d._a.shape)} but "
                f"expected shape compatible with {list(edge.shape)}"
            ) from None
        return unbroadcast(d, edge.shape) if d._a.shape != edge.shape else d.clone()


class _Once(Function):
    """The identity, whose gradient is an error."""

    @staticmethod
    def forward(ctx: Any, g: Any) -> Any:
        return g.clone()

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        raise RuntimeError("trying to differentiate twice a function that was marked with @once_differentiable")


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Marks a Function's `backward` that computes with what is not recorded: its gradients have none of their own.

    >>> import microdl as torch
    >>> class Double(torch.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         return 2 * x
    ...     @staticmethod
    ...     @torch.autograd.function.once_differentiable
    ...     def backward(ctx, g):
    ...         return torch.from_numpy(2 * g.numpy())
    >>> x = torch.ones(2, requires_grad=True)
    >>> Double.apply(x).sum().backward()
    >>> x.grad
    tensor([2., 2.])

    Source: https://pytorch.org/docs/stable/generated/torch.autograd.function.once_differentiable.html
    """

    @functools.wraps(backward)
    def wrapper(ctx: Any, *grads: Any) -> Any:
        with no_grad():
            found = backward(ctx, *grads)
        if not mode.enabled or not any(isinstance(g, TensorBase) and g.requires_grad for g in grads):
            return found
        if not isinstance(found, tuple):
            return None if found is None else _Once.apply(found.detach().requires_grad_())
        return tuple(None if g is None else _Once.apply(g.detach().requires_grad_()) for g in found)

    return wrapper
