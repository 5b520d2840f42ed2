"""What `microdl gradcheck module:op` does: find the op, check it, print one line or the report."""

from __future__ import annotations

import difflib
import importlib
import os
import sys
from typing import Any

from .adapters import adapter_for
from .check import check_op
from .finding import GradcheckError
from .specs import from_spec

__all__ = ["BadSpecError", "run"]


class BadSpecError(ValueError):
    """The command's words name nothing that can be checked; the text says what they should be."""


def run(ops: list[str], inputs: str | None, domains: str | None, examples: int, adapter: str | None, seed: int) -> int:
    """Check the ops one by one and return the exit code: 0, or 1 where a gradient is wrong.

    Raises:
        BadSpecError: an op that is not found, or a spec, domain or adapter that does not exist.
    """
    found = [(spec, _op(spec)) for spec in ops]
    strategy = _inputs(inputs, domains)
    code = 0
    for spec, op in found:
        try:
            adapter_for(op, adapter)
            print(_green("ok"), check_op(op, strategy, max_examples=examples, adapter=adapter, seed=seed))
        except (GradcheckError, TypeError) as error:
            told = isinstance(error, GradcheckError)
            print(_red("WRONG") if told else _red("ERROR"), error if told else f"{spec}: {error}")
            code = 1
        except (ValueError, ImportError) as error:
            raise BadSpecError(str(error)) from error
    return code


def _op(spec: str) -> Any:
    """The function, class or pair that "module:name" or "module:forward,backward" names; "file.py:name" works too."""
    module, colon, names = spec.partition(":")
    if not colon or not module or not names:
        raise BadSpecError(f"{spec!r} names no op: write module:function, for example mypackage.ops:softmax")
    module = module.removesuffix(".py").replace(os.sep, ".").strip(".") if module.endswith(".py") else module
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        source = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name and not f"{module}.".startswith(f"{error.name}."):
            needs = f"it needs {error.name!r}, which is not installed"
            raise BadSpecError(f"{module!r} cannot be imported: {needs}") from error
        place = f"name a file of this folder ({os.getcwd()}) without .py, or an installed package"
        raise BadSpecError(f"there is no module {module!r}: {place}") from error
    except Exception as error:
        raise BadSpecError(f"{module!r} cannot be imported: {type(error).__name__}: {error}") from error
    parts = [_attribute(source, module, name) for name in names.split(",")]
    op = parts[0] if len(parts) == 1 else tuple(parts)
    members = op if isinstance(op, tuple) else (op,)
    if len(members) > 2:
        raise BadSpecError(
            f"{spec!r} names {len(members)} functions: a pair is forward,backward; other ops stand apart"
        )
    if not all(map(callable, members)) or (isinstance(op, tuple) and len(op) != 2):
        wanted = "neither a function, nor an autograd.Function, nor a pair (forward, backward)"
        raise BadSpecError(f"{spec!r} is {op!r}: {wanted}")
    return op


def _attribute(source: Any, module: str, name: str) -> Any:
    found = source
    for part in name.split("."):
        if not hasattr(found, part):
            near = difflib.get_close_matches(part, [n for n in dir(found) if not n.startswith("_")], n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise BadSpecError(f"{module!r} has no {name!r}{hint}")
        found = getattr(found, part)
    return found


def _inputs(inputs: str | None, domains: str | None) -> Any:
    if domains is None:
        return inputs
    if inputs is None:
        raise BadSpecError("--domains needs --inputs, for example --inputs nm,m --domains real,labels:m")
    try:
        return from_spec(inputs, [w.strip() for w in domains.split(",")])
    except (ImportError, ValueError) as error:
        raise BadSpecError(str(error)) from error


def _green(text: str) -> str:
    return _colored(text, 32)


def _red(text: str) -> str:
    return _colored(text, 31)


def _colored(text: str, code: int) -> str:
    plain = not sys.stdout.isatty() or "NO_COLOR" in os.environ
    return text if plain else f"\x1b[{code}m{text}\x1b[0m"
