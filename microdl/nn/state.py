"""`state_dict` and `load_state_dict`: a module's tensors by name, and back, all or nothing."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from ..autograd.graph import TensorBase
from ..autograd.mode import no_grad
from ..dtypes import Size
from .parameter import Parameter, is_lazy
from .tree import ModuleTree

__all__ = ["load", "persistent", "save"]

_EXTRA = "_extra_state"  # PyTorch's key for what a module keeps beside its tensors


class _IncompatibleKeys(NamedTuple):
    """What `load_state_dict` did not find, and what it did not use."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys!r}, unexpected_keys={self.unexpected_keys!r})"


def persistent(module: Any) -> Iterator[tuple[str, Any]]:
    """The module's own tensors that belong to its state: parameters, then buffers."""
    for name, p in module._parameters.items():
        if p is not None:
            yield name, p
    for name, buffer in module._buffers.items():
        if buffer is not None and name not in module._non_persistent_buffers_set:
            yield name, buffer


def save(module: Any, destination: Any, prefix: str, keep_vars: bool) -> Any:
    """Adds the module's tensors, and its children's, to `destination`; beside them the versions of their layouts."""
    if destination is None:
        destination = OrderedDict()
        destination._metadata = OrderedDict()
    for hook in _hooks(module, "save_pre"):
        hook(module, prefix, keep_vars)
    metadata = {"version": module._version}
    if hasattr(destination, "_metadata"):
        destination._metadata[prefix[:-1]] = metadata
    for name, t in persistent(module):
        destination[prefix + name] = t if keep_vars or is_lazy(t) else t.detach()
    if _has_extra_state(module):
        destination[prefix + _EXTRA] = module.get_extra_state()
    for name, child in module._modules.items():
        if child is not None:
            child.state_dict(destination=destination, prefix=prefix + name + ".", keep_vars=keep_vars)
    for hook in _hooks(module, "save"):
        hook(module, destination, prefix, metadata)
    return destination


def _hooks(module: Any, kind: str) -> list[Any]:
    return [] if module._hooks is None else list(getattr(module._hooks, kind).values())


def _has_extra_state(module: Any) -> bool:
    return type(module).get_extra_state is not ModuleTree.get_extra_state


def load(module: Any, state_dict: Any, strict: bool, assign: bool) -> _IncompatibleKeys:
    """Writes `state_dict` into the module. RuntimeError, with nothing written, where something does not fit."""
    if not isinstance(state_dict, Mapping):
        raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
    plan = _Plan(getattr(state_dict, "_metadata", {}), strict, assign)
    plan.visit(module, OrderedDict(state_dict), "")  # a copy: hooks may change it
    incompatible = _IncompatibleKeys(plan.missing, plan.unexpected)
    decides = strict and bool(plan.missing or plan.unexpected)
    if decides:
        _after_load(module, incompatible)
    problems = plan.problems
    if strict:
        problems = [*_listed("Missing", plan.missing), *_listed("Unexpected", plan.unexpected), *problems]
    if problems:
        raise RuntimeError(
            "\n\t".join([f"Error(s) in loading state_dict for {type(module).__name__}:", *problems])
            + "\n\tNothing was loaded. Make the model as it was when it was saved; strict=False leaves out what is "
            "missing or unexpected, never what has another size."
        )
    with no_grad():
        for owner, name, value in plan.writes:
            (_assign if assign else _copy)(owner, name, value)
    for owner, value in plan.extras:
        owner.set_extra_state(value)
    if not decides:
        _after_load(module, incompatible)
    return incompatible


def _after_load(module: Any, incompatible: _IncompatibleKeys) -> None:
    """The hooks that run after a load: below first. Where keys do not match, they decide whether that is an error."""
    for child in module.children():
        _after_load(child, incompatible)
    for hook in _hooks(module, "load"):
        if hook(module, incompatible) is not None:
            raise AssertionError(
                "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to return new values: "
                "change the two lists of incompatible_keys in place."
            )


def _listed(kind: str, keys: list[str]) -> list[str]:
    quoted = ", ".join(f'"{key}"' for key in keys)
    return [f"{kind} key(s) in state_dict: {quoted}. "] if keys else []


class _Plan:
    """What loading will write, and what speaks against it."""

    def __init__(self, metadata: Any, strict: bool, assign: bool) -> None:
        self.metadata, self.strict, self.assign = metadata, strict, assign
        self.missing: list[str] = []
        self.unexpected: list[str] = []
        self.problems: list[str] = []
        self.writes: list[tuple[Any, str, Any]] = []
        self.extras: list[tuple[Any, Any]] = []

    def visit(self, module: Any, state: dict[str, Any], prefix: str) -> None:
        """Plans for a module and its children; `state` holds the entries under `prefix`."""
        metadata = self.metadata.get(prefix[:-1], {})
        for hook in _hooks(module, "load_pre"):
            hook(module, state, prefix, metadata, self.strict, self.missing, self.unexpected, self.problems)
        own = dict(persistent(module))
        optional = module._optional_keys(metadata.get("version"))
        for name, t in own.items():
            key = prefix + name
            if key in state:
                self._check(module, name, t, key, state[key])
            elif name not in optional:
                self.missing.append(key)
        if _has_extra_state(module):
            own[_EXTRA] = None
            if prefix + _EXTRA in state:
                self.extras.append((module, state[prefix + _EXTRA]))
            else:
                self.missing.append(prefix + _EXTRA)
        for key in state:
            head, dot, _ = key[len(prefix) :].partition(".")
            if head not in module._modules if dot else head not in own:
                self.unexpected.append(key)
        for name, child in module._modules.items():
            if child is not None:
                below = prefix + name + "."
                self.visit(child, {k: v for k, v in state.items() if k.startswith(below)}, below)

    def _check(self, module: Any, name: str, t: Any, key: str, value: Any) -> None:
        if not isinstance(value, TensorBase):
            self.problems.append(
                f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like object from '
                f"checkpoint but received {type(value)}"
            )
        elif not is_lazy(t) and not is_lazy(value) and t._a.shape != value._a.shape:
            self.problems.append(
                f"size mismatch for {key}: copying a param with shape {Size(value._a.shape)} from checkpoint, the "
                f"shape in current model is {t.shape}."
            )
        elif is_lazy(value) and not is_lazy(t):
            self.problems.append(f"{key}: the checkpoint holds a parameter that was not initialized")
        elif not self.assign and not is_lazy(t) and not t._a.flags.writeable:
            self.problems.append(f"{key}: the memory of the model's tensor is read-only; pass assign=True")
        elif not is_lazy(value):
            self.writes.append((module, name, value))


def _copy(module: Any, name: str, value: Any) -> None:
    target = getattr(module, name)
    if is_lazy(target):
        target.materialize(value._a.shape)
    np.copyto(target._a, value._a, casting="unsafe")
    target._version_counter.bump("copy_")


def _assign(module: Any, name: str, value: Any) -> None:
    own = module._parameters.get(name)
    if own is None:
        module._buffers[name] = value
    elif isinstance(value, Parameter):
        module._parameters[name] = value.requires_grad_(own.requires_grad)
    else:
        module._parameters[name] = Parameter(value, own.requires_grad)
