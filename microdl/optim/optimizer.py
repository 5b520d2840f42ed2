"""What all optimisers share: parameter groups, state, its saving and loading, and hooks."""

from __future__ import annotations

import copy
import itertools
import types
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import numpy as np

from .._warning import warn
from ..autograd.graph import RemovableHandle, TensorBase, grad_of, wrap
from ..autograd.mode import enable_grad
from ..ops.queries import typename

Group: TypeAlias = dict[str, Any]
StateDict: TypeAlias = dict[str, Any]
HookDict: TypeAlias = OrderedDict[int, Callable[..., Any]]


_STATE_HOOKS = ("before saving", "after saving", "before loading", "after loading")


class _Required:
    def __repr__(self) -> str:
        return "<required parameter>"


required: Any = _Required()
"""The default of an option that every parameter group must give."""


class Optimizer:
    """The base class of optimisers: it keeps what they change and what they remember about it.

    Args:
        params: tensors, (name, tensor) pairs, or dicts with "params" and options of their own; in any iterable, whose
            order must not vary. Each parameter is a leaf.
        defaults: the options of the groups that do not give them.

    A subclass defines `step`. It keeps what it remembers about a parameter in `state[parameter]`, a dict, and names in
    `buffers` the entries of the parameter's shape.

    Raises:
        TypeError: `params` is one tensor, or has something else than tensors.
        ValueError: it is empty; a parameter is no leaf, is in two groups, or only some have names.

    >>> import microdl as torch
    >>> class SignDescent(torch.optim.Optimizer):
    ...     @torch.no_grad()
    ...     def step(self, closure=None):
    ...         for group in self.param_groups:
    ...             for p in group["params"]:
    ...                 if p.grad is not None:
    ...                     p -= group["lr"] * p.grad.sign()
    >>> w = torch.tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = SignDescent([w], {"lr": 0.5})
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([ 0.5000, -1.5000], requires_grad=True)

    Source: https://pytorch.org/docs/stable/optim.html#torch.optim.Optimizer
    """

    buffers: tuple[str, ...] = ()
    state: defaultdict[Any, dict[str, Any]]
    param_groups: list[Group]

    def __init__(self, params: Iterable[Any], defaults: Group) -> None:
        self._check_options(defaults)
        if isinstance(params, TensorBase):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                f"{typename(params)}. Put it in a list: [x]."
            )
        groups = list(params)
        if not groups:
            raise ValueError(
                "optimizer got an empty parameter list. A generator such as model.parameters() can be used up only "
                "once."
            )
        self.defaults = defaults
        self.state = defaultdict(dict)
        self.param_groups = []
        self._start()
        for group in groups if isinstance(groups[0], dict) else [{"params": groups}]:
            self.add_param_group(group)

    def _start(self) -> None:
        self._pre_hooks: HookDict = OrderedDict()
        self._post_hooks: HookDict = OrderedDict()
        self._state_hooks: dict[str, HookDict] = {when: OrderedDict() for when in _STATE_HOOKS}
        self._opt_called = False  # a scheduler that steps first warns

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Changes the parameters once. A `closure` computes loss and gradients before that; its loss is returned."""
        raise NotImplementedError(f"{type(self).__name__} defines no step()")

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forgets the gradients of all parameters: sets them to None, or to zeros where `set_to_none` is false."""
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none:
                    p._grad = None
                elif p._grad is not None:
                    _fill_with_zeros(grad_of(p))

    # --- groups ---

    def add_param_group(self, param_group: Group) -> None:
        """Adds parameters with options of their own, as when frozen layers begin to be trained.

        `param_group` has "params" (as for the class) and options; the others are filled in. Errors as for the class.

        >>> import microdl as torch
        >>> first, second = torch.zeros(2, requires_grad=True), torch.zeros(3, requires_grad=True)
        >>> optimizer = torch.optim.SGD([first], lr=0.1)
        >>> optimizer.add_param_group({"params": second, "lr": 0.01})
        >>> [group["lr"] for group in optimizer.param_groups]
        [0.1, 0.01]
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        group = {**self.defaults, **_named(param_group["params"])}
        group.update((key, value) for key, value in param_group.items() if key != "params")
        self._check_parameters(group["params"])
        self._check_names(group)
        for name, value in group.items():
            if value is required:
                raise ValueError(f"parameter group didn't specify a value of required optimization parameter {name}")
        self._check_options(group)
        param_group.update(group)
        self.param_groups.append(param_group)

    def _check_parameters(self, params: list[Any]) -> None:
        for p in params:
            if not isinstance(p, TensorBase):
                raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {typename(p)}")
            if not (p.is_leaf or p.retains_grad or self.defaults.get("differentiable")):
                raise ValueError(
                    f"can't optimize a non-leaf Tensor: the one of shape {list(p._a.shape)} was computed by "
                    f"{p._node!r}. Give the tensor it was computed from, or x.detach().requires_grad_()."
                )
        own = {id(p) for p in params}
        if len(own) < len(params):
            warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this will cause an error; "
                "see github.com/pytorch/pytorch/issues/40967 for more information",
            )
        for i, group in enumerate(self.param_groups):
            if not own.isdisjoint(map(id, group["params"])):
                raise ValueError(f"some parameters appear in more than one parameter group: here and in group {i}")

    def _check_names(self, group: Group) -> None:
        named = "param_names" in group
        if any(named != ("param_names" in other) for other in self.param_groups):
            raise ValueError(
                "all optimizer param groups should be with/without names. cannot add param group "
                f"{'with' if named else 'without'} names to the optimizer"
            )

    def _check_options(self, group: Group) -> None:
        """ValueError where a group's option has no sense; a subclass says which."""

    # --- saving and loading ---

    def state_dict(self) -> StateDict:
        """What is needed to go on later: "state", and "param_groups" with the parameters numbered in their order.

        The tensors in it are the optimiser's own, as in PyTorch: `copy.deepcopy` it to keep it as it is now.

        >>> import microdl as torch
        >>> optimizer = torch.optim.SGD([torch.zeros(2, requires_grad=True)], lr=0.1)
        >>> state = optimizer.state_dict()
        >>> state["state"], state["param_groups"][0]["params"], state["param_groups"][0]["lr"]
        ({}, [0], 0.1)
        """
        self._call_state_hooks("before saving")
        numbered: dict[int, int] = {}
        for i, p in enumerate(itertools.chain.from_iterable(group["params"] for group in self.param_groups)):
            numbered.setdefault(id(p), i)
        groups = [
            {key: value for key, value in group.items() if key != "params"}
            | {"params": [numbered[id(p)] for p in group["params"]]}
            for group in self.param_groups
        ]
        state = {numbered[id(k)] if isinstance(k, TensorBase) else k: entry for k, entry in self.state.items()}
        saved: StateDict = self._call_state_hooks("after saving", {"state": state, "param_groups": groups})
        return saved

    def load_state_dict(self, state_dict: StateDict) -> None:
        """Takes over, as copies, what `state_dict` returned for the same groups of parameters.

        Floating tensors are cast to the dtype of their parameter, but not a count of steps.

        Raises ValueError, and leaves the optimiser as it is, where groups, their sizes or the shapes differ.
        """
        state_dict = self._call_state_hooks("before loading", state_dict.copy())
        saved = state_dict["param_groups"]
        _check_sizes(self.param_groups, saved)
        by_number: dict[Any, Any] = {}
        groups = []
        for group, given in zip(self.param_groups, saved, strict=True):
            by_number.update(zip(given["params"], group["params"], strict=True))
            names = {"param_names": group["param_names"]} if "param_names" in group else {}
            new = copy.deepcopy({**self.defaults, **names, **given}) | {"params": group["params"]}
            self._check_options(new)
            groups.append(new)
        state: defaultdict[Any, Any] = defaultdict(dict)
        for number, entry in state_dict["state"].items():
            p = by_number.get(number)
            if p is None:
                state[number] = entry
                continue
            self._check_buffers(number, p, entry)
            state[p] = _copied(entry, p)
        self.__setstate__({"state": state, "param_groups": groups})
        self._call_state_hooks("after loading")

    def _check_buffers(self, number: Any, p: Any, entry: Any) -> None:
        for name in self.buffers:
            value = entry.get(name)
            if value is not None and value.shape != p.shape:
                raise ValueError(
                    f"loaded state dict has a {name} of shape {list(value.shape)} for parameter {number}, whose shape "
                    f"is {list(p.shape)}. It was saved for another model."
                )

    def __getstate__(self) -> StateDict:
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: StateDict) -> None:
        if not hasattr(self, "_pre_hooks"):  # unpickled or copied
            self._start()
        self.__dict__.update(state)

    # --- hooks ---

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Calls `hook(optimizer, args, kwargs)` before each step; it may return other (args, kwargs) for the step."""
        self.watch_step()
        return _register(self._pre_hooks, hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Calls `hook(optimizer, args, kwargs)` after each step."""
        self.watch_step()
        return _register(self._post_hooks, hook)

    def register_state_dict_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Calls `hook(optimizer)` before `state_dict`; before the other hooks, to `prepend`."""
        return _register(self._state_hooks["before saving"], hook, prepend)

    def register_state_dict_post_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Calls `hook(optimizer, state_dict)` after `state_dict`; it may change that, or return another one."""
        return _register(self._state_hooks["after saving"], hook, prepend)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Calls `hook(optimizer, state_dict)` before loading; it may change the (shallow) copy, or return another."""
        return _register(self._state_hooks["before loading"], hook, prepend)

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Calls `hook(optimizer)` after loading."""
        return _register(self._state_hooks["after loading"], hook, prepend)

    def _call_state_hooks(self, when: str, state_dict: Any = None) -> Any:
        for hook in tuple(self._state_hooks[when].values()):
            changed = hook(self) if state_dict is None else hook(self, state_dict)
            state_dict = changed if state_dict is not None and changed is not None else state_dict
        return state_dict

    def watch_step(self) -> None:
        """Makes `step` of this object run the hooks and leave a trace for schedulers; until then it costs nothing."""
        if not self.step_is_watched():
            self._plain_step = self.step
            self.step = types.MethodType(_step_with_hooks, self)  # type: ignore[method-assign]

    def step_is_watched(self) -> bool:
        return getattr(self.step, "__func__", None) is _step_with_hooks

    def __repr__(self) -> str:
        text = f"{type(self).__name__} ("
        for i, group in enumerate(self.param_groups):
            options = (f"    {key}: {group[key]}\n" for key in sorted(group) if key != "params")
            text += f"\nParameter Group {i}\n{''.join(options)}"
        return text + ")"


def _step_with_hooks(self: Optimizer, *args: Any, **kwargs: Any) -> Any:
    self._opt_called = True
    for hook in tuple(self._pre_hooks.values()):
        changed = hook(self, args, kwargs)
        if changed is not None:
            args, kwargs = _checked_arguments(changed)
    result = self._plain_step(*args, **kwargs)
    for hook in tuple(self._post_hooks.values()):
        hook(self, args, kwargs)
    return result


def _checked_arguments(changed: Any) -> tuple[Any, Any]:
    if isinstance(changed, tuple) and len(changed) == 2:
        return changed
    raise RuntimeError(f"a step pre-hook must return None or a tuple of (new_args, new_kwargs), but got {changed}.")


def _register(hooks: HookDict, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


def evaluate(closure: Callable[[], Any]) -> Any:
    """The loss of a step's closure, which may compute gradients even where recording is off."""
    with enable_grad():
        return closure()


def _fill_with_zeros(grad: Any) -> None:
    if grad._node is not None:  # of a backward with create_graph
        grad._node, grad._view_of = None, None
    grad._a.fill(0)
    grad._version_counter.bump("zero_grad")


def _named(params: Any) -> Group:
    """Parameters as a list, apart from their names where they have any."""
    if isinstance(params, set):
        raise TypeError(
            "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in sets "
            "will change between runs. Please use a list instead."
        )
    items: list[Any] = [params] if isinstance(params, TensorBase) else list(params)
    names = [item[0] for item in items if isinstance(item, tuple)]
    if not names:
        return {"params": items}
    if len(names) < len(items):
        raise ValueError(
            "all optimizer params should be with/without names. Some param names are missing: "
            f"{len(names)} of {len(items)} have one"
        )
    return {"params": [item[1] for item in items], "param_names": names}


def _check_sizes(groups: list[Group], saved: list[Group]) -> None:
    if len(groups) != len(saved):
        raise ValueError(
            "loaded state dict has a different number of parameter groups: "
            f"{len(saved)}, and the optimizer has {len(groups)}"
        )
    for i, (group, new) in enumerate(zip(groups, saved, strict=True)):
        if len(group["params"]) != len(new["params"]):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of optimizer's group: "
                f"group {i} has {len(new['params'])} parameters, and the optimizer's has {len(group['params'])}"
            )


def _copied(value: Any, p: Any, key: Any = None) -> Any:
    """A deep copy of state, in which tensors have the dtype of parameter `p`, except a count of steps."""
    if isinstance(value, TensorBase):
        dtype = value._a.dtype if key == "step" or p._a.dtype.kind != "f" else p._a.dtype
        return wrap(np.array(value._a, dtype, order="K"))
    if isinstance(value, dict):
        return {k: _copied(v, p, k) for k, v in value.items()}
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return type(value)(_copied(v, p) for v in value)
    return copy.deepcopy(value)
