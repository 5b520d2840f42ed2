"""What `check_op` may be told of inputs, made into one strategy; and what an op must be so that it can be checked."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autograd.graph import TensorBase
from .adapters import Unusable, named
from .finding import Finding
from .subject import Subject, is_real

__all__ = ["called", "chosen", "first_call", "from_spec", "strategy_of"]


def strategy_of(op: Any, inputs: Any) -> Any:
    """A strategy of tuples of arguments: from a strategy, a spec like "nm,mk", a sequence, or the op's signature."""
    from hypothesis import strategies as st

    from . import strategies

    if inputs is None:
        return strategies.broadcastable(_required(op))
    if isinstance(inputs, str):
        return from_spec(inputs)
    if isinstance(inputs, st.SearchStrategy):
        return inputs
    if not isinstance(inputs, (tuple, list)):
        inputs = [inputs]
    if not inputs:
        raise ValueError("inputs is empty: give one strategy, array or value for each argument of the op.")
    return st.tuples(*(x if isinstance(x, st.SearchStrategy) else _value(st, x) for x in inputs))


PART = re.compile(r"(\.\.\.)?[A-Za-z0-9]*|\*")
DOMAIN = re.compile(r"real|positive|nonzero|unit|probability|mask|(labels|indices):[A-Za-z0-9]+")

INTERVAL = re.compile(r"({0}):({0})".format(r"[-+]?(?:\d+\.?\d*(?:e[-+]?\d+)?|inf)"))


def from_spec(spec: str, domains: Sequence[str] = ()) -> Any:
    """`strategies.signature(spec, *domains)`, with words that are wrong refused at once."""
    parts = spec.replace(" ", "").split(",")
    for part in parts:
        if not PART.fullmatch(part):
            raise ValueError(
                f"{spec!r} is no spec of inputs, because of {part!r}: write one letter a dimension and a comma between "
                "inputs, as in 'nm,mk'; '*' is any shape, '...nm' any leading dimensions, a digit that size."
            )
    for domain in domains:
        if not (DOMAIN.fullmatch(domain) or INTERVAL.fullmatch(domain)):
            raise ValueError(
                f"{domain!r} is no domain: it must be real, positive, nonzero, unit, labels:m, indices:n, mask, "
                "probability (m and n are letters of the spec, or numbers) or an interval such as 0:2.5."
            )
    if len(domains) > len(parts):
        raise ValueError(f"{len(domains)} domains are given for {len(parts)} inputs: give one for each.")
    from . import strategies

    return strategies.signature(spec, *(_interval(d) if INTERVAL.fullmatch(d) else d for d in domains))


def _interval(domain: str) -> tuple[float, float]:
    low, high = map(float, domain.split(":"))
    if not low < high:
        raise ValueError(f"{domain!r} is no interval: the first number must be less than the second.")
    return low, high


def _value(st: Any, x: Any) -> Any:
    """A fixed value; an array is new at each draw, so that an op that changes its input is seen to."""
    if isinstance(x, TensorBase):
        x = x._a
    return st.builds(lambda: x.copy("K")) if isinstance(x, np.ndarray) else st.just(x)


def _required(op: Any) -> int:
    """How many arguments the op's signature asks for."""
    f = named(op)
    context = isinstance(f, type) and hasattr(f, "forward")  # an autograd.Function, whose forward may take a ctx first
    f = f.forward if context else f
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    required = [p for p in parameters if p.default is p.empty and p.kind in positional]
    if context and required and required[0].name in ("ctx", "context", "self"):
        required = required[1:]
    if not required:
        raise ValueError(
            f"{getattr(f, '__qualname__', f)} does not say how many inputs it takes: give `inputs`, for example "
            "'nm,nm' for two matrices of one shape, or '*' for one array of any shape."
        )
    return len(required)


def chosen(battery: str | Sequence[str], known: Sequence[str]) -> list[str]:
    """The names of the battery, or a ValueError that names the nearest ones."""
    names = [battery] if isinstance(battery, str) else list(battery)
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise ValueError(f"battery must be of {', '.join(known)}, but got {name!r}.{hint}")
    if not names:
        raise ValueError(f"battery is empty: leave it out for all checks, or name some of {', '.join(known)}.")
    return names


def first_call(subject: Subject) -> None:
    """Call the op once: what goes in and comes out must be floating arrays, and the inputs must be left alone.

    Raises Unusable for inputs or results that have no gradient, a Finding for inputs that changed, and whatever the op
    itself raises.
    """
    _judge_inputs(subject)
    called(subject)
    _judge_outputs(subject)


def called(subject: Subject) -> None:
    """Call the op, and raise a Finding if that changed an input; all inputs are put back before."""
    kept = [x.copy("K") if isinstance(x, np.ndarray) else x for x in subject.args]
    _ = subject.outputs
    changed: Finding | None = None
    for i, (x, before) in enumerate(zip(subject.args, kept, strict=True)):
        if isinstance(x, np.ndarray) and not np.array_equal(x, before, equal_nan=x.dtype.kind == "f"):
            after = x.copy("K")
            x[...] = before
            place = np.argwhere((after != before) & ~((after != after) & (before != before)))[0]
            index = tuple(int(k) for k in place)
            changed = changed or Finding("mutates", f"the forward changed input {i}", after, before, i, index)
    if changed is not None:
        changed.check = "forward"
        raise changed


def _judge_inputs(subject: Subject) -> None:
    if not any(is_real(x) for x in subject.args):
        kinds = ", ".join(str(x.dtype) if isinstance(x, np.ndarray) else type(x).__name__ for x in subject.args)
        raise Unusable(
            f"no input is a floating array (got {kinds}), so that there is nothing to differentiate: give inputs "
            "of float64."
        )


def _judge_outputs(subject: Subject) -> None:
    outputs = subject.outputs
    if not outputs:  # refused, not unusable: so `unbind` does with an empty dimension
        raise ValueError("the forward returned no output")
    for i, y in enumerate(outputs):
        if y.dtype.kind not in "fiub":
            got = "None" if y.dtype.kind == "O" and y.ndim == 0 and y.item() is None else f"dtype {y.dtype}"
            raise Unusable(
                f"output {i} of the forward is no array of real numbers ({got}): is a return missing? Return an "
                "array, a tensor, or a tuple of them."
            )
    if not any(y.dtype.kind == "f" for y in outputs):
        kinds = ", ".join(str(y.dtype) for y in outputs)
        raise Unusable(
            f"no output is floating (got {kinds or 'none'}), so that there is nothing to differentiate. Indices, "
            "counts and comparisons have no gradient: return the values beside them, or do not test this op."
        )
