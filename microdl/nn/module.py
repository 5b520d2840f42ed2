"""`Module`: the base of layers, losses and models. It finds the parameters, buffers and modules it is given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from .. import dtypes
from .._warning import warn
from ..autograd.graph import RemovableHandle, TensorBase
from ..autograd.mode import no_grad
from ..creation import empty
from ..device import require_cpu
from . import state
from .hooks import Hooks, Kind, from_torch_hooks
from .parameter import is_lazy
from .tree import ModuleTree

__all__ = ["Module"]

M = TypeVar("M", bound="Module")

_NOTHING: Any = object()  # None is an argument like any other


class Module(ModuleTree):
    """Base of everything that computes with parameters: layers, losses, whole models.

    A subclass makes its layers in `__init__`, after `super().__init__()`, and says in `forward` what is computed.
    Parameters, buffers and modules assigned as attributes are registered; what is inside plain lists is not.

    >>> import microdl as torch
    >>> from microdl import nn
    >>> class Net(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.fc = nn.Linear(4, 2)
    ...     def forward(self, x):
    ...         return self.fc(x).relu()
    >>> net = Net()
    >>> net
    Net(
      (fc): Linear(in_features=4, out_features=2, bias=True)
    )
    >>> [name for name, _ in net.named_parameters()], net(torch.ones(3, 4)).shape
    (['fc.weight', 'fc.bias'], torch.Size([3, 2]))

    Source: https://pytorch.org/docs/stable/generated/torch.nn.Module.html
    """

    training: bool
    _hooks: Hooks | None
    _version = 1  # of the layout of the state, kept beside it

    def __init__(self) -> None:
        super().__init__()
        self.training = True
        self._hooks = None

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes: to be defined by every subclass, and called as `module(...)`."""
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    # One or two arguments by position are most calls; passing them on by name costs half of what *args does.
    def __call__(self, first: Any = _NOTHING, second: Any = _NOTHING, /, *args: Any, **kwargs: Any) -> Any:
        if second is _NOTHING:
            if first is not _NOTHING and not kwargs and self._hooks is None:
                return self.forward(first)
        elif not args and not kwargs and self._hooks is None:
            return self.forward(first, second)
        if second is not _NOTHING:
            args = (first, second, *args)
        elif first is not _NOTHING:
            args = (first,)
        return self.forward(*args, **kwargs) if self._hooks is None else self._hooks.call(self, args, kwargs)

    # --- switches ---

    def train(self: M, mode: bool = True) -> M:
        """Sets training mode (which dropout and batch normalisation ask for) here and below; returns the module."""
        if not isinstance(mode, bool):
            raise ValueError(f"training mode is expected to be boolean, not {mode!r}")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self: M) -> M:
        """`train(False)`."""
        return self.train(False)

    def requires_grad_(self: M, requires_grad: bool = True) -> M:
        """Whether gradients are recorded for the parameters, here and below; False freezes the module."""
        # An integer parameter raises: it comes first, so that then no flag has changed.
        for p in sorted(self.parameters(), key=lambda p: p.dtype.is_floating_point):
            p.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drops the gradients of all parameters, or fills them with zeros."""
        for p in self.parameters():
            if p.grad is None:
                continue
            if set_to_none:
                p.grad = None
            elif p.grad.is_leaf:
                p.grad.requires_grad_(False).zero_()
            else:
                p.grad.detach_().zero_()

    def apply(self: M, fn: Callable[[Module], Any]) -> M:
        """Calls `fn` with every module below, then with this one; returns the module.

        >>> from microdl import nn
        >>> def start(module):
        ...     if isinstance(module, nn.Linear):
        ...         nn.init.zeros_(module.bias)
        >>> nn.Sequential(nn.Linear(2, 1), nn.ReLU()).apply(start)[0].bias
        Parameter containing:
        tensor([0.], requires_grad=True)
        """
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    # --- dtypes and devices: in place, where a tensor's own methods make a new one ---

    def to(self: M, *args: Any, **kwargs: Any) -> M:
        """Casts the floating parameters, gradients and buffers: `to(dtype)`, `to("cpu")`, `to(tensor)`; in place.

        Raises TypeError for a dtype that is not floating, AssertionError for another device than the CPU.

        >>> from microdl import nn
        >>> import microdl as torch
        >>> nn.Linear(1, 1).to(torch.float64).weight.dtype
        torch.float64
        """
        dtype = _parse_to(args, kwargs)
        return self if dtype is None else self._cast_floating(dtype)

    def _cast_floating(self: M, dtype: dtypes.dtype) -> M:
        return self._apply(lambda t: t.to(dtype) if t.is_floating_point() else t)

    def float(self: M) -> M:
        """Casts floating parameters and buffers to float32, in place."""
        return self._cast_floating(dtypes.float32)

    def double(self: M) -> M:
        """Casts floating parameters and buffers to float64, in place."""
        return self._cast_floating(dtypes.float64)

    def half(self: M) -> M:
        """Casts floating parameters and buffers to float16, in place."""
        return self._cast_floating(dtypes.float16)

    def type(self: M, dst_type: Any) -> M:
        """Casts all parameters and buffers, in place; RuntimeError where one that requires grad cannot be."""
        return self._apply(lambda t: t.type(dst_type))

    def cpu(self: M) -> M:
        """The module itself: microdl runs on the CPU."""
        return self

    def cuda(self: M, device: Any = None) -> M:
        """AssertionError: there is no CUDA in microdl."""
        require_cpu("cuda" if device is None or isinstance(device, int) else device)
        return self

    def to_empty(self: M, *, device: Any, recurse: bool = True) -> M:
        """Gives every parameter and buffer new memory, whose values are to be written."""
        require_cpu(device)
        return self._apply(lambda t: empty(t.shape, dtype=t.dtype))

    def share_memory(self: M) -> M:
        """The module itself; a UserWarning tells that microdl has no memory shared between processes."""
        warn(
            "share_memory: microdl has no memory shared between processes. Another process works on a copy of the "
            "module, and what it learns is not seen here: send back its state_dict().",
        )
        return self

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: microdl's kernels are compiled as they are."""

    def _apply(self: M, fn: Callable[[Any], Any]) -> M:
        """Replaces the memory of every parameter, gradient and buffer by `fn`'s; all is computed before any changes."""
        tensors = [*self.parameters(), *self.buffers()]
        tensors += [p.grad for p in tensors if p.grad is not None]
        with no_grad():
            ready = [t for t in tensors if not is_lazy(t)]
            changed = [fn(t) for t in ready]
        for t, new in zip(ready, changed, strict=True):
            if t.requires_grad and not new.is_floating_point():
                raise RuntimeError(
                    "data set to a tensor that requires gradients must be floating point or complex dtype, not "
                    f"{new.dtype}. Nothing was changed."
                )
        for t, new in zip(ready, changed, strict=True):
            t.data = new
        for t in tensors:
            if is_lazy(t):
                t.convert(fn)
        return self

    # --- state ---

    def state_dict(self, *, destination: Any = None, prefix: str = "", keep_vars: bool = False) -> Any:
        """The parameters and persistent buffers by dotted name, in an OrderedDict.

        They share the module's memory, without history (the tensors themselves with `keep_vars`): copy them, for
        example with `copy.deepcopy`, to keep them as they are now.

        >>> from microdl import nn
        >>> list(nn.Sequential(nn.Linear(1, 1)).state_dict())
        ['0.weight', '0.bias']

        Source: https://pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.state_dict
        """
        return state.save(self, destination, prefix, keep_vars)

    def load_state_dict(self, state_dict: Any, strict: bool = True, assign: bool = False) -> Any:
        """Copies tensors into parameters and buffers by name; with `assign` the module takes the tensors themselves.

        Returns the pair (missing_keys, unexpected_keys). Raises TypeError where `state_dict` is no mapping, and
        RuntimeError that lists everything that does not fit: a size, what is no tensor, and, when `strict`, names
        missing or unexpected. Then nothing was changed.

        >>> from microdl import nn
        >>> nn.Linear(2, 1).load_state_dict(nn.Linear(2, 1).state_dict())
        <All keys matched successfully>
        """
        return state.load(self, state_dict, strict, assign)

    def _optional_keys(self, version: int | None) -> tuple[str, ...]:
        """The names that a state of this version of the layout (None where it is not known) may lack."""
        return ()

    # --- hooks ---

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Calls `hook(module, args)` before `forward`; what it returns, unless None, replaces the arguments.

        With `with_kwargs` it is `hook(module, args, kwargs)`, which returns both or None. The result's `remove()`
        takes the hook back.
        """
        return self._add_hook("forward_pre", hook, prepend, with_kwargs)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Calls `hook(module, args, output)` after `forward`; what it returns, unless None, replaces the output.

        With `with_kwargs` it is `hook(module, args, kwargs, output)`.

        >>> import microdl as torch
        >>> layer = torch.nn.ReLU()
        >>> handle = layer.register_forward_hook(lambda module, args, output: print(output))
        >>> _ = layer(torch.tensor([-1., 1.]))
        tensor([0., 1.])
        >>> handle.remove()
        """
        return self._add_hook("forward", hook, prepend, with_kwargs)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Calls `hook(module, grad_input, grad_output)` when the gradients of the module's inputs are known.

        Both are tuples, with None for what has no gradient; what the hook returns, unless None, replaces grad_input.
        """
        return self._add_hook("backward", hook, prepend)

    def register_backward_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """`register_full_backward_hook`, by its older name. RuntimeError beside one of those.

        `grad_output` is as in PyTorch. `grad_input` has the gradients of the module's inputs, where PyTorch gives
        those of the last step's: for `Linear` the bias, the input and the weight.
        """
        return self._own_hooks().add_older_backward(hook)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Calls `hook(module, grad_output)` before the gradients pass the module; it may return a new grad_output."""
        return self._add_hook("backward_pre", hook, prepend)

    def register_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Calls `hook(module, prefix, keep_vars)` before the module's part of `state_dict` is written."""
        return self._add_hook("save_pre", hook, False)

    def register_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Calls `hook(module, state_dict, prefix, local_metadata)` after it; the hook may change `state_dict`."""
        return self._add_hook("save", hook, False)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Calls a hook before the module's part of a state is compared; it may change the state, as to rename keys.

        It is `hook(module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)`.
        """
        return self._add_hook("load_pre", hook, False)

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Calls `hook(module, incompatible_keys)` after a state was loaded; it may change the two lists in place.

        Where keys are missing or unexpected, and that would be an error, it is called before anything is loaded.
        """
        return self._add_hook("load", hook, False)

    def _add_hook(
        self, kind: Kind, hook: Callable[..., Any], prepend: bool, with_kwargs: bool = False
    ) -> RemovableHandle:
        return self._own_hooks().add(kind, hook, prepend, with_kwargs)

    def _own_hooks(self) -> Hooks:
        if self._hooks is None:
            self._hooks = Hooks()
        return self._hooks

    _forward_pre_hooks = property(lambda self: self._own_hooks().forward_pre, doc="What PyTorch keeps under this name.")
    _forward_hooks = property(lambda self: self._own_hooks().forward, doc="What PyTorch keeps under this name.")
    _backward_hooks = property(lambda self: self._own_hooks().backward, doc="What PyTorch keeps under this name.")

    def __setstate__(self, attributes: dict[str, Any]) -> None:
        super().__setstate__(from_torch_hooks(attributes))

    # --- printing ---

    def extra_repr(self) -> str:
        """What stands between the parentheses when the module is printed."""
        return ""

    def _get_name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = [f"({name}): {indented(repr(module))}" for name, module in self._modules.items()]
        return framed(self._get_name(), extra.split("\n") if extra else [], lines)


def framed(name: str, extra: list[str], children: list[str]) -> str:
    """`Name(...)`, on one line unless there are children or several lines of extras."""
    if not children and len(extra) <= 1:
        return f"{name}({''.join(extra)})"
    return f"{name}(\n  " + "\n  ".join([*extra, *children]) + "\n)"


def indented(text: str) -> str:
    """The lines after the first moved right by two columns."""
    return text.replace("\n", "\n  ")


def _parse_to(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dtypes.dtype | None:
    """The dtype that `to` is asked for; where it is asked for a device, that is checked."""
    unknown = set(kwargs) - {"device", "dtype", "tensor", "non_blocking", "memory_format"}
    if unknown:
        raise TypeError(f"to() received an invalid argument '{min(unknown)}'")
    dtype = None
    for value in (*args, *(kwargs.get(name) for name in ("device", "dtype", "tensor"))):
        if isinstance(value, dtypes.dtype):
            dtype = value
        elif isinstance(value, TensorBase):
            dtype = dtypes.from_numpy_dtype(value._a.dtype)
        elif value is float:
            dtype = dtypes.float64
        elif value is not None and not isinstance(value, bool):
            require_cpu(value)
    if dtype is not None and not dtype.is_floating_point:
        raise TypeError(
            f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={dtype!r}. Use "
            ".float() or .double()."
        )
    return dtype
