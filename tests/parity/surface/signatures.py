"""What PyTorch's callables take, from its stubs, its operators' schemas or its Python source, and whether ours do."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch

MISSING = inspect.Parameter.empty
UNKNOWN = object()  # a default that the source does not tell


@dataclass(frozen=True)
class Param:
    """One argument: its name, its type as written, its default, and how it may be given."""

    name: str
    type: str
    default: Any = MISSING
    keyword_only: bool = False
    several: bool = False  # *name

    @property
    def required(self) -> bool:
        return self.default is MISSING and not self.several


Overload = tuple[Param, ...]


def overloads(space: str, name: str, value: Any) -> tuple[Overload, ...]:
    """The forms of call of `space.name`, without `self`; none where PyTorch does not tell."""
    method = space == "torch.Tensor"
    found = _python(value, method)
    if found:
        return found
    found = _stub("Tensor" if method else "torch").get(name, ())
    if found and (method or space == "torch"):
        return found
    if space in ("torch.linalg", "torch.special", "torch.fft"):
        return _schemas().get(f"aten::{space.removeprefix('torch.')}_{name}", ())
    return _stub("nn").get(name, ()) or found


def _python(value: Any, method: bool) -> tuple[Overload, ...]:
    try:
        parameters = list(inspect.signature(value).parameters.values())
    except (TypeError, ValueError):
        return ()
    if method or (parameters and parameters[0].name == "self"):
        parameters = parameters[1:]
    if any(p.kind is p.VAR_POSITIONAL and p.name in ("args", "tensors") for p in parameters):
        return ()
    parameters = [p for p in parameters if p.kind is not p.VAR_KEYWORD]
    return (tuple(_from_python(p) for p in parameters),)


def _from_python(p: inspect.Parameter) -> Param:
    written = p.annotation if isinstance(p.annotation, str) else getattr(p.annotation, "__name__", str(p.annotation))
    if (not isinstance(p.annotation, str) and "[" in str(p.annotation)) or "|" in str(p.annotation):
        written = str(p.annotation)
    written = "" if p.annotation is MISSING else written.replace("torch.", "")
    return Param(p.name, written, p.default, p.kind is p.KEYWORD_ONLY, p.kind is p.VAR_POSITIONAL)


@cache
def _stub(which: str) -> dict[str, tuple[Overload, ...]]:
    file = {"torch": "_VariableFunctions.pyi", "Tensor": "__init__.pyi", "nn": "_nn.pyi"}[which]
    body = ast.parse((Path(torch.__file__).parent / "_C" / file).read_text("utf-8")).body
    if which == "Tensor":
        body = next(n.body for n in body if isinstance(n, ast.ClassDef) and n.name == "TensorBase")
    found: dict[str, tuple[Overload, ...]] = {}
    for node in body:
        if isinstance(node, ast.FunctionDef) and not _is_property(node):
            parameters = tuple(_from_stub(node.args))
            found[node.name] = (*found.get(node.name, ()), parameters[1:] if which == "Tensor" else parameters)
    return found


def _is_property(node: ast.FunctionDef) -> bool:
    return any(getattr(d, "id", getattr(d, "attr", "")) in ("property", "setter") for d in node.decorator_list)


def _from_stub(args: ast.arguments) -> Iterator[Param]:
    positional = [*args.posonlyargs, *args.args]
    first_default = len(positional) - len(args.defaults)
    for i, a in enumerate(positional):
        default = _literal(args.defaults[i - first_default]) if i >= first_default else MISSING
        yield Param(a.arg, _written(a), default)
    if args.vararg:
        yield Param(args.vararg.arg, _written(args.vararg), several=True)
    for a, d in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        yield Param(a.arg, _written(a), MISSING if d is None else _literal(d), keyword_only=True)


def _written(a: ast.arg) -> str:
    return ast.unparse(a.annotation) if a.annotation else ""


def _literal(node: ast.expr) -> Any:
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return UNKNOWN
    return UNKNOWN if value is ... else value


@cache
def _schemas() -> dict[str, tuple[Overload, ...]]:
    found: dict[str, tuple[Overload, ...]] = {}
    for schema in torch._C._jit_get_all_schemas():
        if schema.overload_name.endswith(("out", "grad_input")) and schema.name in found:
            continue
        found[schema.name] = (*found.get(schema.name, ()), tuple(_from_schema(a) for a in schema.arguments))
    return found


def _from_schema(a: Any) -> Param:
    default = a.default_value if a.has_default_value() else MISSING
    return Param("input" if a.name == "self" else a.name, a.type.annotation_str, default, a.kwarg_only)


# --- ours ---

# Arguments about kinds of storage and libraries that a framework of dense tensors on the CPU has no use for.
UNUSED = {
    *["layout", "pin_memory", "memory_format", "names", "out_dtype", "sparse_grad", "cudnn_enabled", "cudnn_enable"],
    *["driver", "is_grads_batched", "implicit"],
}


def differences(forms: tuple[Overload, ...], ours: Callable[..., Any], method: bool) -> list[str]:
    """What a call may give to PyTorch's callable and not to ours, and defaults that differ."""
    try:
        parameters = list(inspect.signature(ours).parameters.values())
    except (TypeError, ValueError):
        return []
    if method or (parameters and parameters[0].name == "self"):
        parameters = parameters[1:]
    forms = tuple(form for form in forms if not any(p.name == "self" for p in form))  # deprecated, or numbers first
    by_keyword = {p.name for form in forms for p in form if p.keyword_only}
    named = {p.name: p for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)}
    named |= {other: named.get(own) for other, own in getattr(ours, "spellings", {}).items()}
    some_kwargs = any(p.kind is p.VAR_KEYWORD for p in parameters)
    some_args = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    found: dict[str, None] = {}
    for form in forms:
        for text in _missing(form, named, some_kwargs, some_args):
            if text.split("`")[1] not in by_keyword or not text.endswith("keyword only"):
                found[text] = None
    if len(forms) == 1:
        for p in forms[0]:
            if named.get(p.name) and not _same_default(p.default, named[p.name].default):
                found[f"default of `{p.name}`: {p.default!r} there, {named[p.name].default!r} here"] = None
    return list(found)


def _missing(form: Overload, named: dict[str, Any], some_kwargs: bool, some_args: bool) -> Iterator[str]:
    for p in form:
        if p.name in UNUSED or p.several or p.name.startswith("_"):
            continue
        if p.name not in named and not some_kwargs:
            yield f"no argument `{p.name}`"
        elif named.get(p.name) and named[p.name].kind is inspect.Parameter.POSITIONAL_ONLY:
            yield f"`{p.name}` by position only"
    wanted = [p for p in form if not (p.keyword_only or p.several)]
    places = [p for p in named.values() if p and p.kind is not p.KEYWORD_ONLY]
    if len(wanted) > len(places) and not some_args and all(p.name in named for p in wanted):
        yield f"`{wanted[len(places)].name}` by keyword only"


def _same_default(theirs: Any, ours: Any) -> bool:
    if theirs is UNKNOWN or theirs is MISSING:
        return True
    if ours is MISSING:
        return False
    if not isinstance(theirs, (bool, int, float, str)):  # None and () say "not given", objects have other classes
        return True
    return (type(theirs) is type(ours) and theirs == ours) or (theirs == ours and not isinstance(ours, bool))
