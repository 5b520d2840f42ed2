"""One function on inputs that are given: what `gradcheck` runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .._warning import warn
from ..autograd.graph import TensorBase
from .adapters import MICRODL, Adapter, Unusable, adapter_for, name_of
from .battery import backward, forward, linear, numeric, repeat, run, second
from .finding import Finding, GradcheckError
from .report import explain
from .specs import called
from .subject import Array, Counts, Subject, is_real

__all__ = ["check_first", "check_second", "subject_of", "weights_of"]

CHECKS = (forward, backward, linear, numeric, repeat)


def weights_of(subject: Subject, grad_outputs: Any) -> list[Array]:
    if grad_outputs is None:
        return subject.upstream()
    given = (grad_outputs,) if isinstance(grad_outputs, TensorBase) else grad_outputs
    return [np.array(g.numpy(force=True)) for g in given]


def subject_of(func: Any, values: Sequence[Any], adapter: Adapter | str | None, seed: int = 0) -> Subject:
    """The arrays of the tensors, of which those that require grad are checked."""
    chosen = adapter_for(func, adapter)
    wanted = [i for i, x in enumerate(values) if getattr(x, "requires_grad", chosen is not MICRODL and is_real(x))]
    if not wanted:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of them have "
            "requires_grad=True. Call .requires_grad_() on those that are to be checked."
        )
    args = [np.array(chosen.value(x)) if hasattr(x, "requires_grad") else x for x in values]
    for i in wanted:
        if args[i].dtype != np.float64:
            warn(
                f"Input #{i} requires gradient and is not a double precision floating point or complex. This check "
                "will likely fail if all the inputs are not of double precision floating point or complex. Its dtype "
                f"is {args[i].dtype}: convert it with .double()."
            )
        if not np.isfinite(args[i]).all():
            raise ValueError(f"input {i} has values that are not finite: {args[i]}. Differences need finite inputs.")
    return Subject(func, chosen, args, seed=seed, wanted=wanted)


def check_first(subject: Subject, order: int, dtypes: bool, nondet_tol: float, kinks: str) -> None:
    _check(subject, [*CHECKS, second] if order > 1 else CHECKS, dtypes, nondet_tol, kinks)


def check_second(subject: Subject, weights: list[Array]) -> None:
    _check(subject.derivative(weights), CHECKS[:-1], True, 0.0, "hull")


def _check(subject: Subject, checks: Sequence[Any], dtypes: bool, nondet_tol: float, kinks: str) -> None:
    counts = Counts()
    with np.errstate(all="ignore"):
        _usable(subject)
        for check in checks:
            try:
                run(subject, [check], counts)
            except Finding as finding:
                tolerated = finding.check == "repeat" and finding.largest() <= nondet_tol
                if not tolerated and (dtypes or finding.kind != "dtype"):
                    raise explain(name_of(subject.op), subject, finding, str(counts)) from None
    if counts.total and counts.checked + counts.kinks == 0:
        raise GradcheckError(
            f"{name_of(subject.op)}: nothing could be compared ({counts}): at every element the function jumps, has a "
            "vertical tangent or no value. Choose inputs inside its domain, away from its jumps."
        )
    if kinks == "error" and counts.kinks:
        raise GradcheckError(f"{name_of(subject.op)}: {counts.kinks} elements are at a kink, and kinks='error'.")


def _usable(subject: Subject) -> None:
    """The function gives tensors, whose values are numbers."""
    try:
        called(subject)
    except Unusable as error:
        raise ValueError(f"{name_of(subject.op)}: {error}") from None
    except Finding as finding:
        raise explain(name_of(subject.op), subject, finding) from None
    real = [y for y in subject.outputs if y.dtype.kind == "f"]
    for i, y in enumerate(real):
        if np.isnan(y).all() and y.size:
            raise GradcheckError(
                f"{name_of(subject.op)}: output {i} is NaN, so that no derivative can be told; this is about the "
                f"forward, not the gradient. Inputs: {[a for a in subject.args if is_real(a)]}. Choose inputs inside "
                "the domain."
            )
