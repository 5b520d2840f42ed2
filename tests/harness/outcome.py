"""What a case does on one library, as plain data: entries (what surrounds a value, and the value), or an error."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from .cases import NAMES, Array, Built, Case, invoke, resolve, tensors_in


@dataclass
class Entry:
    where: str
    facts: dict[str, str]
    array: Array | None = None
    digest: Array | None = None  # of a recorded entry: what is known of the array


@dataclass
class Outcome:
    """Entries up to the stage that failed, if one did: the call, "backward" or "second"."""

    entries: list[Entry]
    stage: str = ""
    error: str = ""
    message: str = ""
    needed: list[str] | None = None  # of a recorded outcome: what the text of its error must hold


def run(lib: Any, case: Case) -> Outcome:
    outcome = Outcome([])
    stage = "call"
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            lib.manual_seed(0)
            built = Built(lib, case)
            result, leaves = _call(lib, case, built, outcome)
            roots = _differentiable(result, lib)
            if roots and leaves:
                stage = "backward"
                _gradients(lib, case, roots, leaves, outcome)
                stage = "second"
                if case.second:
                    _second(lib, case, roots, leaves, outcome)
        except Exception as e:  # an outcome like any other
            outcome.stage, outcome.error, outcome.message = stage, type(e).__name__, str(e)
    return outcome


def _call(lib: Any, case: Case, built: Built, outcome: Outcome) -> tuple[Any, list[Any]]:
    args = [built.value(a) for a in case.args]
    kwargs = {k: built.value(v) for k, v in case.kwargs}
    leaves = built.leaves
    if case.is_module:
        m = resolve(lib, case.call)(*args, **kwargs)
        if not hasattr(m, "parameters"):
            return m, []
        m.train(case.train)
        outcome.entries.append(Entry("module", {"repr": repr(m), "keys": str(list(m.state_dict()))}))
        for k, v in m.state_dict().items():
            _describe(f"state {k}", v, [], outcome.entries, lib)
        result = m(*[built.value(a) for a in case.inputs])
        leaves = built.leaves + [p for p in m.parameters() if p.requires_grad]
        for k, v in m.named_buffers():
            _describe(f"buffer {k} after", v, [], outcome.entries, lib)
    else:
        result = invoke(lib, case.call, args, kwargs)
        if result is None and built.seen:
            result = built.seen[0]
    _describe("out", result, built.seen, outcome.entries, lib)
    if case.in_place:
        for i, x in enumerate(built.seen):
            outcome.entries.append(Entry(f"input {i} after", {}, _array(x)))
    return result, leaves


def _describe(where: str, value: Any, inputs: list[Any], entries: list[Entry], lib: Any) -> None:
    if isinstance(value, lib.Tensor):
        facts = {
            "dtype": str(value.dtype), "shape": str(tuple(value.shape)), "stride": _stride(value),
            "requires_grad": str(value.requires_grad), "is_leaf": str(value.is_leaf),
            "grad_fn": value.grad_fn.name() if value.grad_fn is not None else "",
            "type": type(value).__name__, "shares": _shares(value, inputs),
        }  # fmt: skip
        if value.numel() <= 8:
            facts["repr"] = repr(value)
        entries.append(Entry(where, facts, _array(value)))
    elif isinstance(value, (tuple, list)) and not isinstance(value, lib.Size):
        kind = type(value).__name__
        entries.append(Entry(where, {"kind": kind, "length": str(len(value))}))
        for i, v in enumerate(value):
            _describe(f"{where}[{i}]", v, inputs, entries, lib)
    elif isinstance(value, float):
        entries.append(Entry(where, {"kind": "float"}, np.asarray(value)))
    elif isinstance(value, np.ndarray):
        entries.append(Entry(where, {"kind": "ndarray", "dtype": str(value.dtype), "shape": str(value.shape)}, value))
    else:
        entries.append(Entry(where, {"kind": type(value).__name__, "repr": repr(value)}))


def _array(x: Any) -> Array:
    return np.array(x.numpy(force=True))


def _stride(x: Any) -> str:
    """Only where it can be seen: sizes above 1 of tensors that have elements."""
    if x.numel() == 0:
        return ""
    return str([s for s, n in zip(x.stride(), x.shape, strict=True) if n > 1])


def _shares(x: Any, inputs: list[Any]) -> str:
    if x.numel() == 0:
        return ""
    same = [i for i, t in enumerate(inputs) if t.numel() and t.data_ptr() == x.data_ptr()]
    itself = [i for i, t in enumerate(inputs) if t is x]
    return f"is input {itself}" if itself else f"memory of {same}" if same else ""


def _differentiable(result: Any, lib: Any) -> list[Any]:
    if isinstance(result, lib.Tensor):
        return [result] if result.requires_grad else []
    if isinstance(result, (tuple, list)):
        return [t for r in result for t in _differentiable(r, lib)]
    return []


def weights(lib: Any, t: Any) -> Any:
    w = np.cos(np.arange(t.numel()) * 1.7) + 0.5
    return lib.from_numpy(np.round(w * 64) / 64).reshape(tuple(t.shape)).to(t.dtype)


def _gradients(lib: Any, case: Case, roots: list[Any], leaves: list[Any], outcome: Outcome) -> None:
    found = lib.autograd.grad(
        roots, leaves, [weights(lib, t) for t in roots], retain_graph=True, allow_unused=True
    )  # fmt: skip
    for i, g in enumerate(found):
        _gradient(f"grad {i}", g, outcome)


def _gradient(where: str, g: Any, outcome: Outcome) -> None:
    if g is None:
        outcome.entries.append(Entry(where, {"kind": "None"}))
    else:
        outcome.entries.append(Entry(where, {"dtype": str(g.dtype), "shape": str(tuple(g.shape))}, _array(g)))


def _second(lib: Any, case: Case, roots: list[Any], leaves: list[Any], outcome: Outcome) -> None:
    found = lib.autograd.grad(
        roots, leaves, [weights(lib, t) for t in roots], create_graph=True, allow_unused=True
    )  # fmt: skip
    again = [g for g in found if g is not None and g.requires_grad]
    if not again:
        return
    twice = lib.autograd.grad(again, leaves, [weights(lib, g) for g in again], allow_unused=True)
    for i, g in enumerate(twice):
        if g is not None and _array(g).any():  # None and zeros are the same second gradient
            _gradient(f"second {i}", g, outcome)


# --- comparing ------------------------------------------------------------------------------------------


@dataclass
class Difference:
    kind: str
    where: str
    ours: str
    theirs: str

    def __str__(self) -> str:
        return f"{self.kind} of {self.where}: {self.ours}, torch has {self.theirs}"


_NUMBER = re.compile(r"-?\b(?:\d+\.?\d*(?:e[+-]?\d+)?|inf|nan)\b|-?\d+\.(?=[,\])\s])")
SPACING = {"float16": 2.0**-10, "float32": 2.0**-23, "float64": 2.0**-52}


def compare(case: Case, ours: Outcome, theirs: Outcome) -> list[Difference]:
    """All differences between what microdl does and what PyTorch does, or is recorded to do."""
    if (ours.stage, ours.error) != (theirs.stage, theirs.error):
        return [_error_difference(ours, theirs)]
    if ours.stage == "call":
        words = needed_words(case, theirs)
        missing = [w for w in words if w not in ours.message]
        theirs_said = f"{theirs.message!r}, with {missing}"
        return [Difference("message", "error", repr(ours.message), theirs_said)] if missing else []
    return compare_entries(case, ours.entries, theirs.entries)


def _error_difference(ours: Outcome, theirs: Outcome) -> Difference:
    kind = "refuses" if not theirs.error else "accepts" if not ours.error else "error"
    if "second" in (ours.stage, theirs.stage) or "backward" in (ours.stage, theirs.stage):
        kind = f"{kind} at {ours.stage or theirs.stage}"
    say = [f"{o.stage} {o.error}: {o.message}"[:200] if o.error else "no error" for o in (ours, theirs)]
    return Difference(kind, "error", *say)


def compare_entries(case: Case, ours: list[Entry], theirs: list[Entry]) -> list[Difference]:
    mine, yours = {e.where: e for e in ours}, {e.where: e for e in theirs}
    found = []
    for where in [*yours, *(w for w in mine if w not in yours)]:
        a, b = mine.get(where), yours.get(where)
        if where.startswith("second"):
            a, b = a or _zeros(b), b or _zeros(a)
        if a is None or b is None:
            found.append(Difference("structure", where, "present" if a else "absent", "present" if b else "absent"))
        else:
            found += _compare_entry(case, a, b)
    return found


def _zeros(like: Entry | None) -> Entry | None:
    """The entry of a second gradient that the other side has, and this one left out because it is 0."""
    if like is None:
        return None
    shape = ast.literal_eval(like.facts["shape"])
    return Entry(like.where, like.facts, np.zeros(shape, like.facts["dtype"].removeprefix("torch.")))


def _compare_entry(case: Case, a: Entry, b: Entry) -> list[Difference]:
    kind = a.where.split()[0] if a.where.startswith(("grad", "second")) else "value"
    problem = _values(case, kind, a, b) if case.values else ""
    same = b.digest is None and (a.array is None or b.array is None or a.array.tobytes() == b.array.tobytes())
    found = []
    for fact in sorted({*a.facts, *b.facts}):
        x, y = a.facts.get(fact, "absent"), b.facts.get(fact, "absent")
        if fact == "repr" and not case.values and a.array is not None:
            continue
        if fact == "repr" and not same:
            x, y = skeleton(x), skeleton(y)
        if x != y and not (fact == "stride" and not case.strides):
            found.append(Difference(fact, a.where, x, y))
    if problem and not {"dtype", "shape"} & {d.kind for d in found}:
        found.append(Difference(kind, a.where, problem, _short(b.array if b.digest is None else b.digest)))
    if {"dtype", "shape", "grad_fn", "requires_grad"} & {d.kind for d in found}:
        found = [d for d in found if d.kind != "repr"]
    return found


def skeleton(text: str) -> str:
    """A repr without its numbers and its spaces."""
    return re.sub(r"\s+", "", _NUMBER.sub("#", text))


def _short(a: Array | None) -> str:
    return f"{a!s}"[:300].replace("\n", " ")


def _values(case: Case, kind: str, ours: Entry, theirs: Entry) -> str:
    a, b = ours.array, theirs.array
    if a is None:
        return ""
    if theirs.digest is not None:
        return "" if near_digest(case, kind, a, theirs.digest) else _short(digest(a))
    if b is None or a.shape != b.shape or a.dtype != b.dtype or not a.size:
        return ""
    if a.dtype.kind != "f":
        return "" if np.array_equal(a, b) else _short(a)
    wide, expected = a.astype(np.float64), b.astype(np.float64)
    same = (wide == expected) | (np.isnan(wide) & np.isnan(expected))
    if case.ulps == 0 and kind == "value":
        same &= np.isnan(wide) | (np.signbit(wide) == np.signbit(expected))
    with np.errstate(all="ignore"):
        bad = ~(same | (np.abs(wide - expected) <= tolerance(case, kind, a.dtype.name, expected)))
    return _short(a) if bad.any() else ""


def digest(a: Array) -> Array:
    """Up to four numbers that a difference in any element changes: the elements; or the first and the last, and
    weighted sums of the finite ones and of marks for those that are not."""
    flat = (a.real if a.dtype.kind == "c" else a).astype(np.float64).reshape(-1)
    if flat.size <= 4:
        return flat
    finite = np.where(np.isfinite(flat), flat, 1.0)
    w = np.cos(np.arange(flat.size)) + 1.5
    odd = np.isnan(flat) * 1.0 + np.isposinf(flat) * 2.0 + np.isneginf(flat) * 3.0
    with np.errstate(all="ignore"):
        return np.array([flat[0], flat[-1], (w * finite).sum(), (w * odd).sum()])


def near_digest(case: Case, kind: str, a: Array, theirs: Array) -> bool:
    """Records are rounded to 2**-24, and made by sums in another order."""
    ours = digest(a)
    if ours.shape != theirs.shape:
        return True  # a shape that differs is a difference of its own
    spacing = max(SPACING.get(a.dtype.name, 0.0), _coarsest(case), 2.0**-23)
    factor = {"value": 1, "grad": 4, "second": 16}[kind] * max(case.ulps, 4.0)
    sizes = np.abs(np.where(np.isfinite(a), a.real, 0).astype(np.float64))
    with np.errstate(all="ignore"):
        scale = np.abs(theirs) + sizes.max(initial=0) * (2.5 * a.size if a.size > 4 else 1) + (kind == "second")
        near = (np.abs(ours - theirs) <= spacing * factor * scale) | (ours == theirs)
    return bool(np.all(near | (np.isnan(ours) & np.isnan(theirs))))


def _coarsest(case: Case) -> float:
    """Where dtypes are mixed, gradients are computed in the promoted one and rounded in another order."""
    dtypes = {NAMES[t.dtype] for t in tensors_in([case.args, case.inputs, [v for _, v in case.kwargs]])}
    return max((SPACING.get(d, 0.0) for d in dtypes), default=0.0)


def tolerance(case: Case, kind: str, dtype: str, expected: Array) -> Array:
    """Values: `ulps` of each, or of the largest where elements are mixed. Gradients: 4 times that, of the largest;
    second gradients: 16 times."""
    finite = np.where(np.isfinite(expected), np.abs(expected), 0)
    largest = finite.max(initial=0)
    tiny = float(np.finfo(dtype).tiny)
    if kind == "value":
        return case.ulps * SPACING[dtype] * (np.full_like(finite, largest) if case.mixes else finite) + (
            case.ulps and tiny
        )
    many = (4 if kind == "grad" else 16) * max(case.ulps, 4.0)
    spacing = max(SPACING[dtype], _coarsest(case))
    return np.full_like(finite, many * spacing * max(largest, 1.0 if kind == "second" else 0.0) + tiny)


# --- the text of errors ---------------------------------------------------------------------------------


def needed_words(case: Case, theirs: Outcome) -> list[str]:
    """The numbers given in the call that PyTorch's text repeats: the offending values."""
    if theirs.needed is not None:
        return theirs.needed
    given = _scalars([case.args, [v for _, v in case.kwargs]])
    said = re.sub(r"\[[\d, ]*\]", "", theirs.message.split("\n")[0])  # sizes are not what was given
    numbers = set(re.findall(r"-?\d+(?:\.\d+)?", said))
    return sorted(str(g) for g in given if str(g) in numbers and str(g) not in ("0", "1", "2"))


def _scalars(value: Any) -> set[Any]:
    if isinstance(value, (tuple, list)):
        return {s for v in value for s in _scalars(v)}
    return {value} if isinstance(value, (int, float)) and not isinstance(value, bool) else set()
