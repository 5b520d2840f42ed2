"""Functions that run before and after a module's forward, and when gradients pass through it.

Source: https://pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.register_forward_hook
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from .._warning import warn
from ..autograd.function import Function
from ..autograd.graph import RemovableHandle, TensorBase
from ..autograd.mode import mode

__all__ = ["Hooks", "Kind"]

Hook = Callable[..., Any]
Kind = str  # the name of one of the dictionaries of `Hooks`


class _WithKwargs:
    """Marks a hook that is also given the keyword arguments."""

    def __init__(self, hook: Hook) -> None:
        self.hook = hook


class _Older:
    """Marks a hook of `register_backward_hook`, which nothing is said about where no input requires grad."""

    def __init__(self, hook: Hook) -> None:
        self.hook = hook

    def __call__(self, *args: Any) -> Any:
        return self.hook(*args)


class Hooks:
    """The hooks of one module, and a call of the module that runs them."""

    def __init__(self) -> None:
        self.forward_pre: OrderedDict[int, Any] = OrderedDict()
        self.forward: OrderedDict[int, Any] = OrderedDict()
        self.backward_pre: OrderedDict[int, Any] = OrderedDict()
        self.backward: OrderedDict[int, Any] = OrderedDict()
        self.save_pre: OrderedDict[int, Any] = OrderedDict()
        self.save: OrderedDict[int, Any] = OrderedDict()
        self.load_pre: OrderedDict[int, Any] = OrderedDict()
        self.load: OrderedDict[int, Any] = OrderedDict()

    def add(self, kind: Kind, hook: Hook, prepend: bool = False, with_kwargs: bool = False) -> RemovableHandle:
        """Adds a hook behind the others of its kind, or before them."""
        hooks: OrderedDict[int, Any] = getattr(self, kind)
        if kind == "backward" and any(isinstance(h, _Older) is not isinstance(hook, _Older) for h in hooks.values()):
            raise RuntimeError(
                "Cannot use both regular backward hooks and full backward hooks on a single Module. Please use only "
                "one of them."
            )
        handle = RemovableHandle(hooks)
        hooks[handle.id] = _WithKwargs(hook) if with_kwargs else hook
        if prepend:
            hooks.move_to_end(handle.id, last=False)
        return handle

    def add_older_backward(self, hook: Hook) -> RemovableHandle:
        """Adds a hook of `register_backward_hook`."""
        return self.add("backward", _Older(hook))

    def call(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """`module.forward(*args, **kwargs)` with the hooks around it."""
        args, kwargs = self._before(module, args, kwargs)
        boundary = _Boundary(module, self) if self.backward_pre or self.backward else None
        if boundary is not None:
            args = boundary.enter(args)
        result = module.forward(*args, **kwargs)
        for hook in list(self.forward.values()):
            if isinstance(hook, _WithKwargs):
                changed = hook.hook(module, args, kwargs, result)
            else:
                changed = hook(module, args, result)
            result = result if changed is None else changed
        return result if boundary is None else boundary.leave(result)

    def _before(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
        for hook in list(self.forward_pre.values()):
            if isinstance(hook, _WithKwargs):
                changed = hook.hook(module, args, kwargs)
                if changed is None:
                    continue
                if not isinstance(changed, tuple) or len(changed) != 2:
                    raise RuntimeError(
                        f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {changed}."
                    )
                args, kwargs = changed
            else:
                changed = hook(module, args)
                if changed is not None:
                    args = _as_tuple(changed)
        return args, kwargs


class BackwardHookFunction(Function):
    """The identity on some tensors, whose gradients pass through `report` on their way back."""

    @staticmethod
    def forward(ctx: Any, report: Callable[[tuple[Any, ...]], tuple[Any, ...]], *tensors: Any) -> Any:
        ctx.report = report
        return tensors

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        return None, *ctx.report(grads)


class _Boundary:
    """The two identities that a call with backward hooks puts before and behind the module."""

    def __init__(self, module: Any, hooks: Hooks) -> None:
        self.module = module
        self.before, self.after = list(hooks.backward_pre.values()), list(hooks.backward.values())
        self.n_inputs = 0
        self.inputs: list[int] = []
        self.outputs: list[int] = []
        self.grad_output: tuple[Any, ...] = ()

    def enter(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        self.n_inputs, self.inputs = len(args), _recorded(args)
        return _through(self._grad_input, args, self.inputs) if self.inputs else args

    def leave(self, result: Any) -> Any:
        outputs = _as_tuple(result)
        self.n_outputs, self.outputs = len(outputs), _recorded(outputs)
        if not self.outputs:
            return result
        outputs = _through(self._grad_output, outputs, self.outputs)
        return outputs if isinstance(result, tuple) else outputs[0]

    def _grad_output(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        full = _spread(grads, self.outputs, self.n_outputs)
        for hook in self.before:
            full = self._replaced("grad_output", full, hook(self.module, full))
        self.grad_output = full
        if not self.inputs:
            self._report_without_inputs(full)
        return tuple(full[i] for i in self.outputs)

    def _grad_input(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        full = _spread(grads, self.inputs, self.n_inputs)
        for hook in self.after:
            full = self._replaced("grad_input", full, hook(self.module, full, self.grad_output))
        return tuple(full[i] for i in self.inputs)

    def _report_without_inputs(self, grad_output: tuple[Any, ...]) -> None:
        if not self.after:
            return
        if not isinstance(self.after[0], _Older):
            warn(
                "Full backward hook is firing when gradients are computed with respect to module outputs since no "
                "inputs require gradients.",
            )
        for hook in self.after:
            result = hook(self.module, (None,) * self.n_inputs, grad_output)
            if result is not None and any(g is not None for g in _as_tuple(result)):
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should always return None or None for "
                    "all gradients."
                )

    def _replaced(self, what: str, full: tuple[Any, ...], result: Any) -> tuple[Any, ...]:
        if result is None:
            return full
        new = _as_tuple(result)
        if len(new) != len(full):
            raise RuntimeError(
                f"Backward hook returned an invalid number of {what}, got {len(new)}, but expected {len(full)}"
            )
        return new


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _recorded(values: tuple[Any, ...]) -> list[int]:
    """The positions of the tensors through which gradients will flow."""
    if not mode.enabled:
        return []
    return [i for i, x in enumerate(values) if isinstance(x, TensorBase) and x._node is not None]


def _through(report: Callable[..., Any], values: tuple[Any, ...], positions: list[int]) -> tuple[Any, ...]:
    new = dict(zip(positions, BackwardHookFunction.apply(report, *(values[i] for i in positions)), strict=True))
    return tuple(new.get(i, x) for i, x in enumerate(values))


def _spread(grads: tuple[Any, ...], positions: list[int], n: int) -> tuple[Any, ...]:
    at = dict(zip(positions, grads, strict=True))
    return tuple(at.get(i) for i in range(n))


# --- PyTorch's layout of a pickled module: a dictionary for each kind of hook, and flags beside it ---

_TORCH_NAMES = {
    "_forward_hooks": "forward",
    "_forward_pre_hooks": "forward_pre",
    "_backward_hooks": "backward",
    "_backward_pre_hooks": "backward_pre",
}
_STATE = "_microdl_state_hooks"  # PyTorch calls these with other arguments, so they go under a name of their own
_UNUSED = (
    "_forward_hooks_always_called", "_state_dict_hooks", "_state_dict_pre_hooks", "_load_state_dict_pre_hooks",
    "_load_state_dict_post_hooks",
)  # fmt: skip


def torch_hooks(hooks: Hooks | None) -> dict[str, Any]:
    """The attributes in which PyTorch's modules keep the hooks."""
    kinds = [] if hooks is None else [not isinstance(hook, _Older) for hook in hooks.backward.values()]
    found: dict[str, Any] = {"_is_full_backward_hook": kinds[0] if kinds else None}
    found.update((name, OrderedDict()) for name in _UNUSED)
    for name, kind in _TORCH_NAMES.items():
        own: OrderedDict[int, Any] = OrderedDict() if hooks is None else getattr(hooks, kind)
        found[name] = OrderedDict(
            (i, hook.hook if isinstance(hook, (_WithKwargs, _Older)) else hook) for i, hook in own.items()
        )
        if kind.startswith("forward"):
            found[name + "_with_kwargs"] = OrderedDict((i, True) for i, h in own.items() if isinstance(h, _WithKwargs))
    state = {} if hooks is None else {kind: d for kind, d in vars(hooks).items() if kind[:4] in ("save", "load") and d}
    return found | ({_STATE: state} if state else {})


def from_torch_hooks(attributes: dict[str, Any]) -> dict[str, Any]:
    """A module's attributes with the hooks of PyTorch's layout gathered in `_hooks`."""
    if "_hooks" in attributes:
        return attributes
    rest = dict(attributes)
    flags = {name: rest.pop(name + "_with_kwargs", None) or {} for name in _TORCH_NAMES}
    hooks = Hooks()
    for name, kind in _TORCH_NAMES.items():
        for i, hook in (rest.pop(name, None) or {}).items():
            if kind == "backward" and attributes.get("_is_full_backward_hook") is False:
                hook = _Older(hook)
            getattr(hooks, kind)[i] = _WithKwargs(hook) if i in flags[name] else hook
    for kind, own in (rest.pop(_STATE, None) or {}).items():
        getattr(hooks, kind).update(own)
    for name in (*_UNUSED, "_is_full_backward_hook"):
        rest.pop(name, None)
    any_hook = any(vars(hooks).values())
    return {"training": True, "_non_persistent_buffers_set": set(), **rest, "_hooks": hooks if any_hook else None}
