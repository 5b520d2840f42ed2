"""Parametrizations: a parameter that is computed, when it is asked for, from another by modules.

A module that has one is of a class of its own, `ParametrizedLinear` for `Linear`, in which the parameter's name is a
property. What is learnt is `module.parametrizations.<name>.original`.

Source: https://pytorch.org/docs/stable/nn.html#utilities (torch.nn.utils.parametrize);
https://pytorch.org/tutorials/intermediate/parametrizations.html
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

from ...autograd.graph import TensorBase
from ...autograd.mode import no_grad
from ..containers import ModuleDict, ModuleList
from ..module import Module
from ..parameter import Parameter

__all__ = [
    "ParametrizationList", "cached", "is_parametrized", "register_parametrization", "remove_parametrizations",
    "type_before_parametrizations",
]  # fmt: skip

M = TypeVar("M", bound=Module)

_kept: dict[tuple[int, str], Any] = {}  # what was computed inside `cached`
_depth = [0]


@contextmanager
def cached() -> Iterator[None]:
    """Inside, each parametrized tensor is computed once: for a module that is used several times.

    Source: https://pytorch.org/docs/stable/generated/torch.nn.utils.parametrize.cached.html
    """
    _depth[0] += 1
    try:
        yield
    finally:
        _depth[0] -= 1
        if not _depth[0]:
            _kept.clear()


def _register(module: Module, name: str, tensor: Any) -> None:
    if isinstance(tensor, Parameter):
        module.register_parameter(name, tensor)
    else:
        module.register_buffer(name, tensor)


class ParametrizationList(ModuleList):
    """The modules that make a tensor, one behind the other, and what they make it from: `original`.

    Where the first module's `right_inverse` gives several tensors, these are `original0`, `original1`, ...

    Source: https://pytorch.org/docs/stable/generated/torch.nn.utils.parametrize.ParametrizationList.html
    """

    def __init__(self, modules: Sequence[Any], original: Any, unsafe: bool = False) -> None:
        if not modules:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        new = self._inverted(original)
        self.is_tensor = isinstance(new, TensorBase)
        if not self.is_tensor and not isinstance(new, Sequence):
            raise ValueError(
                "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). "
                f"Got {type(new).__name__}"
            )
        self.ntensors = 1 if self.is_tensor else len(new)
        shape, dtype = original.shape, original.dtype
        if self.is_tensor:
            _require_dtype(new, original)
            original.data = new.data
            _register(self, "original", original)
        for i, each in enumerate(() if self.is_tensor else new):
            if not isinstance(each, TensorBase):
                raise ValueError(
                    "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). "
                    f"Got element {i} of the sequence with type {type(each).__name__}."
                )
            part = Parameter(each.detach(), original.requires_grad) if isinstance(original, Parameter) else each
            _register(self, f"original{i}", part)
        if not unsafe:
            with no_grad():
                _require_alike(self(), dtype, shape)

    def _inverted(self, value: Any) -> Any:
        """What the modules make `value` from, where they say so."""
        with no_grad():
            for module in reversed(list(self)):
                if hasattr(module, "right_inverse"):
                    try:
                        value = module.right_inverse(value)
                    except NotImplementedError:
                        continue
        return value

    def _originals(self) -> list[Any]:
        names = ["original"] if self.is_tensor else [f"original{i}" for i in range(self.ntensors)]
        return [getattr(self, name) for name in names]

    def right_inverse(self, value: Any) -> None:
        """Sets the originals so that the modules make `value` of them: what `module.weight = value` does.

        RuntimeError for a module without `right_inverse`, ValueError where it gives what does not fit.
        """
        for module in self:
            if not hasattr(module, "right_inverse"):
                raise RuntimeError(f"parametrization {type(module).__name__} does not implement right_inverse.")
        with no_grad():
            for module in reversed(list(self)):
                value = module.right_inverse(value)
        new, old = [value] if self.is_tensor else list(value), self._originals()
        if len(new) != len(old):
            raise ValueError(
                "'right_inverse' must return a sequence of tensors of length "
                f"{len(old)}. Got a sequence of length {len(new)}."
            )
        for each, original in zip(new, old, strict=True):
            _require_dtype(each, original)
        for each, original in zip(new, old, strict=True):
            original.data = each.data

    def forward(self) -> Any:
        out = self[0](*self._originals())
        for module in islice(self, 1, None):
            out = module(out)
        return out


def _require_dtype(new: Any, original: Any) -> None:
    if new.dtype != original.dtype:
        raise ValueError(
            "When `right_inverse` outputs one tensor, it may not change the dtype.\n"
            f"original.dtype: {original.dtype}\nright_inverse(original).dtype: {new.dtype}"
        )


def _require_alike(made: Any, dtype: Any, shape: Any) -> None:
    if not isinstance(made, TensorBase):
        raise ValueError(f"A parametrization must return a tensor. Got {type(made).__name__}.")
    for what, before, after in (("dtype", dtype, made.dtype), ("shape", shape, made.shape)):
        if before != after:
            raise ValueError(
                f"Registering a parametrization may not change the {what} of the tensor, unless `unsafe` flag is "
                f"enabled.\nunparametrized {what}: {before}\nparametrized {what}: {after}"
            )


# --- the class of a parametrized module ---


def _property(name: str) -> property:
    def get(module: Any) -> Any:
        if not _depth[0]:
            return module.parametrizations[name]()
        key = id(module), name
        if key not in _kept:
            _kept[key] = module.parametrizations[name]()
        return _kept[key]

    return property(get, lambda module, value: module.parametrizations[name].right_inverse(value))


def _no_state(module: Any) -> Any:
    raise RuntimeError(
        "Serialization of parametrized modules is only supported through state_dict(): save that, and load it into a "
        "module with the same parametrizations."
    )


def _deepcopy(module: Any, memo: dict[int, Any]) -> Any:
    cls: Any = type(module)
    new = cls.__new__(cls)
    memo[id(module)] = new
    new.__class__ = _class_of(cls.__bases__[0], list(module.parametrizations))
    new.__setstate__(copy.deepcopy(Module.__getstate__(module), memo))
    return new


def _class_of(cls: type, names: list[str]) -> type:
    """A class of its own for one module, so that a property concerns no other."""
    methods = {"__getstate__": _no_state, "__deepcopy__": _deepcopy}
    return type(f"Parametrized{cls.__name__}", (cls,), methods | {name: _property(name) for name in names})


# --- the functions ---


def register_parametrization(module: M, tensor_name: str, parametrization: Any, *, unsafe: bool = False) -> M:
    """Makes a parameter or buffer the result of the module `parametrization`, or of one more; returns the module.

    With a method `right_inverse(value)` of the parametrization, `module.weight = value` sets what it is made from, and
    so does the registration; without it, the value there is becomes the original. ValueError where there is no such
    tensor, and, unless `unsafe`, where its shape or dtype would change; then nothing was changed.

    >>> import microdl as torch
    >>> from microdl.nn.utils import parametrize
    >>> class Symmetric(torch.nn.Module):
    ...     def forward(self, x):
    ...         return x.triu() + x.triu(1).mT
    >>> layer = parametrize.register_parametrization(torch.nn.Linear(3, 3), "weight", Symmetric())
    >>> torch.equal(layer.weight, layer.weight.mT), list(layer.state_dict())
    (True, ['bias', 'parametrizations.weight.original'])

    Source: https://pytorch.org/docs/stable/generated/torch.nn.utils.parametrize.register_parametrization.html
    """
    own: Any = module
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        value = getattr(module, tensor_name)
        if not unsafe:
            _require_alike(parametrization(value), value.dtype, value.shape)
        own.parametrizations[tensor_name].append(parametrization)
        own.parametrizations[tensor_name].unsafe |= unsafe
        return module
    if tensor_name not in module._parameters and tensor_name not in module._buffers:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name "
            f"'{tensor_name}'"
        )
    made = ParametrizationList([parametrization], getattr(module, tensor_name), unsafe)
    delattr(module, tensor_name)
    if not is_parametrized(module):
        module.__class__ = _class_of(type(module), [])
        own.parametrizations = ModuleDict()
    setattr(type(module), tensor_name, _property(tensor_name))
    own.parametrizations[tensor_name] = made
    return module


def is_parametrized(module: Any, tensor_name: str | None = None) -> bool:
    """Whether a tensor of the module, or the one of this name, is parametrized."""
    own = getattr(module, "parametrizations", None)
    if not isinstance(own, ModuleDict):
        return False
    return len(own) > 0 if tensor_name is None else tensor_name in own


def remove_parametrizations(module: M, tensor_name: str, leave_parametrized: bool = True) -> M:
    """Makes the tensor an ordinary one again, of its present value or with False of the original's; returns the module.

    ValueError where it is not parametrized, and for False where there are several originals.
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    own: Any = module
    made = own.parametrizations[tensor_name]
    if not made.is_tensor and not leave_parametrized:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of a "
            "sequence of tensors."
        )
    value = getattr(module, tensor_name)
    if made.is_tensor:
        tensor = made.original
        if leave_parametrized:
            tensor.data = value.detach()
    else:
        tensor = Parameter(value.detach()) if value.requires_grad else value
    delattr(type(module), tensor_name)
    del own.parametrizations[tensor_name]
    _register(module, tensor_name, tensor)
    if not is_parametrized(module):
        del own.parametrizations
        module.__class__ = type(module).__bases__[0]
    return module


def type_before_parametrizations(module: Any) -> type:
    """The class of the module without its parametrizations: `Linear` for a parametrized one."""
    return type(module).__bases__[0] if is_parametrized(module) else type(module)
