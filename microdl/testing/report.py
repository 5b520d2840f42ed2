"""What a finding says to its reader: where, by how much, on what inputs, why perhaps, and how to see it again."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from typing import Any

import numpy as np

from .adapters import named
from .causes import likely_cause
from .evidence import MOST, Evidence
from .finding import Finding, GradcheckError
from .other_ops import SAVED
from .subject import Array, Subject, real_places

__all__ = ["explain"]

PASTED = 5000  # elements of an array that still go into the snippet
ADAPTERS = ("torch", "jax", "autograd", "mygrad", "tinygrad")


def explain(name: str, subject: Subject, finding: Finding, closing: str = "") -> GradcheckError:
    """The error for the reader; its attributes are the finding's."""
    evidence = Evidence(subject, finding)
    sections = [[f"{name}: {finding.claim}"], _inputs(subject, finding, evidence), [*_numbers(subject, finding)]]
    cause = likely_cause(evidence)
    first = evidence.points[1].subject if cause == SAVED else None
    again = [*([closing] if closing else []), *_snippet(name, subject, finding, first)]
    sections += [[*_both(evidence)], [*_cause(cause)], again]
    text = "\n\n".join("\n".join(f"  {line}" if k else line for line in s) for k, s in enumerate(sections) if s)
    error = GradcheckError(text)
    error.finding, error.size = finding, sum(a.size for a in subject.args if isinstance(a, np.ndarray))
    return error


def _alone(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else tuple(values)


def _shown(x: Any, most: int = PASTED) -> str:
    """A value as it can be pasted; an array of more than `most` elements shortened, which cannot."""
    if isinstance(x, tuple):
        return f"({', '.join(_shown(v, most) for v in x)}{',' if len(x) == 1 else ''})"
    if not isinstance(x, np.ndarray):
        return repr(x)
    if x.size > most:
        text = np.array2string(x, threshold=6, separator=", ")
        return f"array of shape {x.shape}, {x.dtype}: {' '.join(text.split())}"
    text = np.array2string(x, separator=", ", floatmode="unique", threshold=PASTED + 1, max_line_width=10**9)
    plain = " ".join(text.split()).replace("nan", "np.nan").replace("inf", "np.inf").replace("[ ", "[")
    dtype = (
        ""
        if x.dtype in (np.float64, np.int64, np.bool_) and x.size
        else f", dtype=np.{x.dtype.name.replace('bool', 'bool_')}"
    )
    shape = f".reshape{x.shape}" if x.size == 0 and x.ndim != 1 else ""
    return f"np.array({plain if x.size else '[]'}{dtype}){shape}"


def _inputs(subject: Subject, finding: Finding, evidence: Evidence) -> list[str]:
    lines = [f"input {i} = {_shown(x, MOST)}" for i, x in enumerate(subject.args)]
    lines += [f"{name} = {_shown(value, MOST)}" for name, value in subject.options.items()]
    if finding.upstream is not None or evidence.here is not None:
        lines += [f"upstream gradient = {_shown(_alone(evidence.g), MOST)}"]
    return lines


def _numbers(subject: Subject, finding: Finding) -> Iterator[str]:
    """The worst element: what backward gives there, and what it should."""
    if finding.index is None or finding.argument is None:
        return
    n = len(subject.args)  # a second derivative is also one by the upstream gradients, which come after the inputs
    where = f"input {finding.argument}" if finding.argument < n else f"upstream gradient {finding.argument - n}"
    where += f"[{', '.join(map(str, finding.index))}]" if finding.index else ""
    given, expected = _element(finding.analytic, finding), _element(finding.numeric, finding)
    if finding.kind == "mutates":
        yield f"at {where}: it was {expected:.9g}, and is {given:.9g} after the call"
        return
    if isinstance(expected, tuple):
        low, high = expected
        yield f"at {where}: backward gives {given:.9g}; the slopes of the two sides are {low:.9g} and {high:.9g}"
        return
    if finding.kind == "missing":
        yield f"at {where}: backward gives nothing, it should be {expected:.9g}"
        return
    bar = f" +- {finding.bar:.1g}" if finding.bar else ""
    off = f"  (off by {finding.ratio:.2g} error bars)" if 0 < finding.ratio < np.inf else ""
    yield f"at {where}: backward gives {given:.9g}, it should be {expected:.9g}{bar}{off}"


def _element(value: Any, finding: Finding) -> Any:
    whole = isinstance(value, np.ndarray) and finding.index is not None and value.ndim == len(finding.index)
    return value[finding.index] if whole else value


def _both(evidence: Evidence) -> Iterator[str]:
    """The whole gradient twice, for a small input whose values were found wrong."""
    here, finding = evidence.here, evidence.finding
    if (
        here is None
        or (here.analytic.size < 2 and here.analytic.shape == here.numeric.shape)
        or finding.kind == "linear"
    ):
        return
    rows: list[tuple[str, Array]] = [("differences", here.numeric)]
    if finding.kind != "missing":
        rows.insert(0, ("backward", here.analytic))
    with np.printoptions(precision=6, suppress=False, threshold=MOST, linewidth=100):
        for label, a in rows:
            first, *rest = str(a).split("\n")
            yield f"{label:<12} {first}"
            yield from (f"{'':<12} {line}" for line in rest)


def _cause(cause: str | None) -> Iterator[str]:
    if cause:
        yield from textwrap.wrap(f"likely cause: {cause}", 100, subsequent_indent="  ", break_on_hyphens=False)


def _snippet(name: str, subject: Subject, finding: Finding, first: Subject | None) -> Iterator[str]:
    """A program that shows the finding again, where the op can be imported; else with a gap for the op.

    What may be due to state does not show in a first call, which is then made on other inputs.
    """
    yield "to see it again:"
    yield "  import numpy as np"
    yield "  from microdl.testing import check_op"
    for line in _imports(name, subject.op):
        yield f"  {line}"
    words = ["reference=..." if finding.check == "reference" else f"battery={finding.check!r}"]
    if subject.adapter.name not in ("microdl", "NumPy pair"):
        words.append(f"adapter={subject.adapter.name!r}" if subject.adapter.name in ADAPTERS else "adapter=...")
    if subject.wanted != real_places(subject.args):
        words.insert(0, f"wrt={subject.wanted}")
    for one in (subject,) if first is None else (first, subject):
        yield f"  check_op(op, {_arguments(one)}, {', '.join(words)})"


def _arguments(subject: Subject) -> str:
    values = [_shown(x) for x in subject.args]
    if subject.options:
        values.append(f"{{{', '.join(f'{k!r}: {_shown(v)}' for k, v in subject.options.items())}}}")
    return f"({', '.join(values)}{',' if len(values) == 1 else ''})"


def _imports(name: str, op: Any) -> Iterator[str]:
    parts = list(op) if isinstance(op, tuple) else [op]
    found = [_importable(named(f)) for f in parts]
    if None in found or any(named(f) is not f and not isinstance(named(f), type) for f in parts):
        what = "the pair (forward, backward)" if isinstance(op, tuple) else name
        yield f"op = ...  # {what}"
        return
    names: dict[str, dict[str, None]] = {}  # by module, in order
    for module, path in (f for f in found if f is not None):
        names.setdefault(module, {})[path.split(".")[0]] = None
    yield from (f"from {module} import {', '.join(of)}" for module, of in names.items())
    paths = ", ".join(f[1] for f in found if f is not None)
    yield f"op = ({paths})" if isinstance(op, tuple) else f"op = {paths}"


def _importable(f: Any) -> tuple[str, str] | None:
    """Where a program finds this function or class by import."""
    module, path = getattr(f, "__module__", None), getattr(f, "__qualname__", "")
    if module is None or module == "__main__" or module not in sys.modules or not path:
        return None
    found: Any = sys.modules[module]
    for part in path.split("."):
        found = getattr(found, part, None)
    return (module, path) if found is f else None
