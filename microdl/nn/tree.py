"""What a module owns: the parameters, buffers and modules that it finds among its attributes, and walks over them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ..autograd.graph import TensorBase
from ..ops.queries import typename
from .parameter import Buffer, Parameter
from .registry import Registry

__all__ = ["ModuleTree"]

_NOTHING: Any = object()
_set = object.__setattr__
_REGISTRIES = ("_parameters", "_buffers", "_modules")


class ModuleTree:
    """The half of `Module` that registers and finds; modules are its inner nodes, tensors its leaves."""

    _parameters: Registry
    _buffers: Registry
    _modules: Registry
    _non_persistent_buffers_set: set[str]

    def __init__(self) -> None:
        for registry in _REGISTRIES:
            _set(self, registry, Registry(self))
        _set(self, "_non_persistent_buffers_set", set())

    # --- attributes ---

    if TYPE_CHECKING:  # at run time everything registered is an ordinary attribute: see registry.py

        def __getattr__(self, name: str) -> Any: ...

    def __setattr__(self, name: str, value: Any) -> None:
        try:
            parameters, buffers, modules = self._parameters, self._buffers, self._modules
        except AttributeError:
            if isinstance(value, (Parameter, ModuleTree)):
                raise _too_early("parameters" if isinstance(value, Parameter) else "module") from None
            _set(self, name, value)
            return
        if isinstance(value, Parameter):
            self._drop(name, keep=parameters)
            self.register_parameter(name, value)
        elif name in parameters:
            parameters[name] = _checked(value, type(None), "parameter", name, "torch.nn.Parameter or None")
        elif isinstance(value, ModuleTree):
            self._drop(name, keep=modules)
            modules[name] = value
        elif isinstance(value, Buffer):
            self._drop(name, keep=buffers)
            self.register_buffer(name, value.detach(), value.persistent)
        elif name in modules:
            modules[name] = _checked(value, type(None), "child module", name, "torch.nn.Module or None")
        elif name in buffers:
            expected = "torch.nn.Buffer, torch.Tensor or None"
            buffers[name] = _checked(value, (TensorBase, type(None)), "buffer", name, expected)
        else:
            _set(self, name, value)

    def _drop(self, name: str, keep: Registry) -> None:
        """Forgets what the attribute was before, unless it is of the kind that it is going to be."""
        if name in keep:
            return
        for registry in _REGISTRIES:
            if name in getattr(self, registry):
                delattr(self, name)
                return
        with suppress(AttributeError):
            object.__delattr__(self, name)

    def __delattr__(self, name: str) -> None:
        for registry in (getattr(self, r) for r in _REGISTRIES):
            if name in registry:
                del registry[name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        names = {*dir(type(self)), *self.__dict__}
        return sorted(name for name in names if not name[0].isdigit())

    def __getstate__(self) -> dict[str, Any]:
        attributes = self.__dict__.copy()
        for registry in _REGISTRIES:
            entries = attributes[registry] = dict(attributes[registry])
            for name in entries:
                attributes.pop(name, None)
        return attributes

    def __setstate__(self, attributes: dict[str, Any]) -> None:
        for name, value in attributes.items():
            if name not in _REGISTRIES:
                _set(self, name, value)
        for registry in _REGISTRIES:
            _set(self, registry, Registry(self, attributes[registry].items()))

    # --- registration ---

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Adds a parameter, or the name of one that is left out (None).

        Raises TypeError for another kind of value, KeyError for a name that is taken, empty or has a dot.
        """
        self._check_name("parameter", name, "_parameters")
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{typename(param)}' object to parameter '{name}' (torch.nn.Parameter or None required)"
            )
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        """Adds a tensor that is state but no parameter; one that is not `persistent` stays out of `state_dict`.

        Raises as `register_parameter` does.
        """
        self._check_name("buffer", name, "_buffers")
        if tensor is not None and not isinstance(tensor, TensorBase):
            raise TypeError(
                f"cannot assign '{typename(tensor)}' object to buffer '{name}' (torch Tensor or None required)"
            )
        self._buffers[name] = tensor
        (self._non_persistent_buffers_set.discard if persistent else self._non_persistent_buffers_set.add)(name)

    def register_module(self, name: str, module: Any) -> None:
        """Adds a child module. Raises as `register_parameter` does."""
        require_module(module)
        self._check_name("module", name, "_modules")
        self._modules[name] = module

    add_module = register_module

    def get_extra_state(self) -> Any:
        """What `state_dict` keeps of the module beside its tensors, where a subclass defines it; anything picklable."""
        raise RuntimeError(f"{type(self).__name__} keeps nothing beside its tensors: define get_extra_state for that")

    def set_extra_state(self, state: Any) -> None:
        """What `load_state_dict` does with what `get_extra_state` gave."""
        raise RuntimeError(f"{type(self).__name__} keeps nothing beside its tensors: define set_extra_state for that")

    def _check_name(self, kind: str, name: str, registry: str) -> None:
        own = getattr(self, registry, None)
        if own is None:
            raise _too_early(kind)
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {typename(name)}")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain ".", got: {name}')
        if not name:
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if name not in own and hasattr(self, name):
            raise KeyError(f"attribute '{name}' already exists")

    # --- walks ---

    def children(self) -> Iterator[Any]:
        """The modules directly in this one, each once."""
        return (module for _, module in self.named_children())

    def named_children(self) -> Iterator[tuple[str, Any]]:
        """The modules directly in this one, with their names, each once."""
        seen: set[Any] = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def modules(self) -> Iterator[Any]:
        """This module and all within it, each once."""
        return (module for _, module in self.named_modules())

    def named_modules(
        self, memo: set[Any] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        """This module (under the name `prefix`) and all within it, with their dotted names, parents first."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters of this module, and unless `recurse=False` of those within it, each once."""
        return (p for _, p in self.named_parameters(recurse=recurse))

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """The parameters with their dotted names; one that is shared comes once, under its first name."""
        return self._named_tensors("_parameters", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Any]:
        """The buffers of this module, and unless `recurse=False` of those within it, each once."""
        return (b for _, b in self.named_buffers(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        """The buffers with their dotted names; one that is shared comes once, under its first name."""
        return self._named_tensors("_buffers", prefix, recurse, remove_duplicate)

    def _named_tensors(
        self, registry: str, prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        owners = self.named_modules(None, prefix, remove_duplicate) if recurse else iter([(prefix, self)])
        for path, module in owners:
            for name, t in getattr(module, registry).items():
                if t is not None and id(t) not in seen:
                    if remove_duplicate:
                        seen.add(id(t))
                    yield f"{path}.{name}" if path else name, t

    def get_submodule(self, target: str) -> Any:
        """The module of a dotted name, itself for "". AttributeError where there is none."""
        module: Any = self
        for name in target.split(".") if target else ():
            found = getattr(module, name, _NOTHING)
            if found is _NOTHING:
                raise AttributeError(f"{type(module).__name__} has no attribute `{name}`")
            if not isinstance(found, ModuleTree):
                raise AttributeError(f"`{name}` is not an nn.Module")
            module = found
        return module

    def set_submodule(self, target: str, module: Any, strict: bool = False) -> None:
        """Puts a module at a dotted path; with `strict` only where one is.

        Raises ValueError for an empty path or what is no module, AttributeError where the path leads nowhere.
        """
        if not target:
            raise ValueError("Cannot set the submodule without a target name!")
        if not isinstance(module, ModuleTree):
            raise ValueError(f"`module` is not an nn.Module, found {type(module)}")
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        if strict and not hasattr(parent, name):
            raise AttributeError(f"{type(parent).__name__} has no attribute `{name}`")
        if not isinstance(getattr(parent, name, module), ModuleTree):
            raise AttributeError(f"`{name}` is not an nn.Module")
        setattr(parent, name, module)

    def get_parameter(self, target: str) -> Parameter:
        """The parameter of a dotted name. AttributeError where there is none."""
        found: Parameter = self._get_tensor(target, "_parameters", "an nn.Parameter")
        return found

    def get_buffer(self, target: str) -> Any:
        """The buffer of a dotted name. AttributeError where there is none."""
        return self._get_tensor(target, "_buffers", "a buffer")

    def _get_tensor(self, target: str, registry: str, kind: str) -> Any:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(f"{type(module).__name__} has no attribute `{name}`")
        found = getattr(module, registry).get(name)
        if found is None:
            raise AttributeError(f"`{name}` is not {kind}")
        return found


def _too_early(what: str) -> AttributeError:
    return AttributeError(f"cannot assign {what} before Module.__init__() call: begin __init__ with super().__init__()")


def _checked(value: Any, allowed: Any, kind: str, name: str, expected: str) -> Any:
    if not isinstance(value, allowed):
        raise TypeError(f"cannot assign '{typename(value)}' as {kind} '{name}' ({expected} expected)")
    return value


def require_module(value: Any) -> Any:
    """The value, where it is a module or None; else TypeError."""
    if not isinstance(value, ModuleTree) and value is not None:
        raise TypeError(f"{typename(value)} is not a Module subclass")
    return value
