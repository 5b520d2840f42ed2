"""SURFACE.md: for every public name of PyTorch's whether microdl has it, and whether it is the same."""

from __future__ import annotations

import inspect
import textwrap
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch

import microdl

from .calls import check, difference_of, outcome, unlike
from .documented import reason
from .names import CLASSES, MODULES, WHOLLY_ABSENT, find, public
from .signatures import differences, overloads

FILE = Path(__file__).parents[1] / "SURFACE.md"
CALLED = {"torch", "torch.Tensor", "torch.nn.functional", "torch.nn.init", "torch.linalg", "torch.special", "torch.fft"}
INSTANCES = {"torch.finfo": "float32", "torch.iinfo": "int64"}
FEW = 3  # findings shown for one name


@dataclass
class Entry:
    """One name: what stands behind it, and where it differs, each difference with its reason or None."""

    name: str
    present: bool
    checks: int = 0
    found: dict[str, str | None] = field(default_factory=dict)
    example: str = ""

    @property
    def status(self) -> str:
        return ("different" if self.found else "equal") if self.present else "absent"


def ours(space: str) -> Any:
    """What microdl has for one of PyTorch's modules or classes; None if nothing."""
    owner: Any = microdl
    for part in space.split(".")[1:]:
        owner = getattr(owner, part, None)
    return owner


def entries(space: str) -> list[Entry]:
    """Every public name of one module or class."""
    theirs, mine = find(space), ours(space)
    if space in INSTANCES:  # what these tell, they tell of an instance; and here they need not be classes
        argument = INSTANCES[space]
        theirs, mine = theirs(getattr(torch, argument)), mine(getattr(microdl, argument))
    if space == "torch.dtype":
        theirs, mine = torch.float32, microdl.float32
    return [entry(space, name, theirs, mine) for name in public(space)]


def entry(space: str, name: str, theirs: Any, mine: Any) -> Entry:
    if mine is None or not hasattr(mine, name):
        return Entry(name, False)
    path, result = f"{space}.{name}", Entry(name, True)
    there, here = getattr(theirs, name), getattr(mine, name)
    findings, counted = _compared(path, space, there, here, result)
    result.found = {text: reason(path, text) for text in findings}
    result.checks += counted
    return result


def _compared(path: str, space: str, there: Any, here: Any, into: Entry) -> tuple[list[str], int]:
    """What differs, and how many comparisons were made."""
    if inspect.ismodule(there):
        return [], 1
    if not callable(there):
        return _values(path, space, there, here)
    if not callable(here):
        return [f"not callable, but {type(here).__name__}"], 1
    forms = overloads(space, path.rpartition(".")[2], there)
    if not forms:
        return [], 0
    found, counted = differences(forms, here, space == "torch.Tensor"), 1
    if space in CALLED and not inspect.isclass(there):
        report = check(path, forms, there, here, space == "torch.Tensor")
        unnamed = [f for f in report.findings if reason(path, f) is None]
        if unnamed:
            into.example = report.findings[unnamed[0]]
        found += list(report.findings)
        counted += report.results + report.errors
    return found, counted


def _values(path: str, space: str, there: Any, here: Any) -> tuple[list[str], int]:
    """Constants, and properties of tensors by their values."""
    if space == "torch.Tensor":
        name, found = path.rpartition(".")[2], []
        for data in ([[1.0, 2.0], [3.0, 4.0]], [1, 2], 5.0, [[True]], [[[0.5]]]):
            a, b = (outcome(f, lambda t: getattr(t, name), [np.array(data)], {}) for f in (torch, microdl))
            found.append(difference_of(a, b, True))
        return [f for f in dict.fromkeys(found) if f], len(found) - len([f for f in found if f])
    if isinstance(there, (bool, int, float, str)) or type(there).__name__ == "dtype":
        difference = unlike(there, here)
        return ([difference] if difference else []), 1
    return [], 0


# --- the file ---


def text() -> str:
    """The whole table."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = {space: entries(space) for space in [*MODULES, *CLASSES]}
        absent = {space: len(public(space)) for space in WHOLLY_ABSENT if import_module(space)}
    return "\n".join([_head(found, absent), *(_section(space, found[space]) for space in found)])


def _head(found: dict[str, list[Entry]], absent: dict[str, int]) -> str:
    rows = [f"| {s} | " + " | ".join(map(str, _counts(e))) + " |" for s, e in found.items()]
    total = [sum(n) for n in zip(*(_counts(e) for e in found.values()), strict=True)]
    return "\n".join(
        [
            "# PyTorch's names in microdl",
            "",
            "Written by `python -m tests.parity.surface`, which compares with the installed PyTorch 2.13; not edited.",
            "*Equal*: the signature takes all that PyTorch's does with the same defaults, and every call made of it,",
            "from generated arguments, gave PyTorch's values, dtypes and shapes or its type of error; the number of",
            "these comparisons is in brackets (1: the signature alone; 0: there, not compared here). *Different*: with",
            "what differs and why; *open* where that is not decided but to be fixed. `tests/parity` compares more.",
            "PyTorch's spellings `x`, `x1`, `x2` of `input` and `other` are not taken; `axis` and `keepdims` are.",
            "",
            "| namespace | equal | different | absent |",
            "| --- | ---: | ---: | ---: |",
            *rows,
            f"| **all** | {total[0]} | {total[1]} | {total[2]} |",
            "",
            "Wholly absent, with the number of their names: "
            + ", ".join(f"{space} {n}" for space, n in absent.items())
            + ".",
            "",
        ]
    )


def _counts(found: Iterable[Entry]) -> tuple[int, int, int]:
    status = [e.status for e in found]
    return status.count("equal"), status.count("different"), status.count("absent")


def _section(space: str, found: list[Entry]) -> str:
    equal, different, absent = ([e for e in found if e.status == s] for s in ("equal", "different", "absent"))
    lines = [f"## {space}", ""]
    if equal:
        lines += [_paragraph("Equal", [f"{e.name} ({e.checks})" for e in equal]), ""]
    if different:
        lines += ["| different | equal comparisons | what and why |", "| --- | ---: | --- |"]
        lines += [f"| {e.name} | {e.checks} | {_why(e)} |" for e in different] + [""]
    if absent:
        lines += [_paragraph("Absent", [e.name for e in absent]), ""]
    return "\n".join(lines)


def _paragraph(head: str, words: list[str]) -> str:
    return textwrap.fill(f"**{head}** ({len(words)}): " + ", ".join(words), 118, break_on_hyphens=False)


def _why(e: Entry) -> str:
    texts = dict.fromkeys(f"{what}: {why}" if why else f"open: {what}" for what, why in e.found.items())
    shown = sorted(texts, key=lambda t: t.startswith("open"))
    more = f" and {len(shown) - FEW} more" if len(shown) > FEW else ""
    example = f" (`{_short(e.example)}`)" if e.example else ""
    return "; ".join(shown[:FEW]).replace("|", "\\|") + more + example


def _short(example: str) -> str:
    call = example.replace("|", "\\|").replace("`", "'").replace("\n", " ")
    return call if len(call) <= 160 else call[:157] + "..."
