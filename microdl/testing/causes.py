"""Why a gradient may be wrong: patterns in what backward gives and what differences show, the surest first."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from .evidence import Evidence, alike, close
from .finding import GradcheckError
from .numerical import whole
from .other_ops import of_another_op, of_saved
from .subject import Array, accepted

__all__ = ["likely_cause"]

LARGE, TINY = 20.0, 1e-2
SINGLE = 1e-6  # relative: what comes closer has been rounded to float32


def likely_cause(evidence: Evidence) -> str | None:
    """The surest guess, or None."""
    finding, here = evidence.finding, evidence.here
    if finding.kind == "shape":
        return _of_shape(evidence)
    if finding.kind == "linear":
        return _of_upstream(evidence)
    if finding.check == "forward" and finding.kind == "repeat":
        return HIDDEN
    if finding.kind in KNOWN:
        return KNOWN[finding.kind]
    if finding.kind not in ("value", "missing") or here is None or here.analytic.shape != here.numeric.shape:
        return None
    for look in LOOKS:
        try:
            cause = look(evidence)
        except Exception:  # it tries the op on inputs that the op may refuse: then it guesses nothing
            continue
        if cause:
            return cause
    return None


HIDDEN = (
    "hidden state, as of a random generator (dropout), a counter or a cache: set the seed inside the op, or test "
    "the part without it. This is about the forward; the gradient was not judged"
)
KNOWN = {
    "ties": "each of the tied elements is given the whole gradient: share it among them, or give it to one",
    "mutates": "an operation in place (+=, *=, out=, np.add.at, sort) on an array that belongs to the caller: copy "
    "it first",
    "repeat": "state outside the call: a cache, a buffer that is reused, a saved array that a later call "
    "overwrites, or an accumulator that is not set to zero",
    "reuse": "`=` where `+=` is needed: the second use of a tensor overwrites the gradient of the first",
    "layout": "memory order taken for index order: ravel(order='K'), .data, strides or a view where the array is "
    "not in C order",
    "dtype": "a constant or buffer of another dtype in the backward: make it with the input's dtype",
    "float32": "a constant or buffer of another dtype in the backward, or an overflow that float64 still holds",
    "second": "a saved intermediate that is cut from the graph (detach, .data, NumPy): compute the backward from "
    "tensors",
    "forward": "the forward takes another path when it records: what it returns must not depend on requires_grad",
    "raises": "a shape that the backward does not expect: no dimensions (0-d), a dimension of size 0 or 1, or "
    "broadcasting",
}


def _of_shape(evidence: Evidence) -> str:
    subject, finding = evidence.subject, evidence.finding
    x, found = subject.args[evidence.i], np.shape(finding.analytic)
    others = [j for j in subject.wanted if j != evidence.i and subject.args[j].shape == found]
    if (
        any(y.shape == found for y in subject.outputs)
        and found != x.shape
        and len(found) >= x.ndim
        and _wider(found, x)
    ):
        return "an input that was broadcast: sum its gradient over the dimensions that broadcasting added or stretched"
    if found == x.shape[::-1] and x.ndim > 1:
        return "a forgotten (or needless) transpose: the shape is the input's, reversed"
    if others:
        return (
            f"the gradients of input {evidence.i} and input {others[0]} are exchanged: return them in the inputs' order"
        )
    if int(np.prod(found)) < x.size:
        return (
            "a dimension that the forward reduced (or repeated) is missing: bring it back (keepdims, np.broadcast_to)"
        )
    return (
        "bring the gradient to the input's shape: reshape, sum over what was broadcast, or undo the forward's indexing"
    )


def _wider(found: tuple[int, ...], x: Array) -> bool:
    try:
        return np.broadcast_shapes(found, x.shape) == found
    except ValueError:
        return False


def _of_upstream(evidence: Evidence) -> str | None:
    """What the backward does with the upstream gradient instead of multiplying by it."""
    subject, k = evidence.subject, evidence.subject.wanted.index(evidence.i)

    def at(factor: float) -> Array:
        return np.asarray(subject.gradients([np.asarray(u * factor) for u in evidence.g])[k], np.float64)

    try:
        here, minus, zero = at(1.0), at(-1.0), at(0.0)
        double, small, large, larger = at(2.0), at(2.0**-6), at(2.0**12), at(2.0**13)
    except GradcheckError:
        return None
    if not here.any():
        return None
    if close(here, minus) and close(here, double):
        return "the upstream gradient is ignored: multiply by it"
    if close(here, minus):
        power = "squared" if close(double, 4 * here) else "taken without its sign (an absolute value)"
        return f"the upstream gradient is {power}: a gradient is linear in it"
    if close(double, here) and close(small, here) and close(minus, -here):
        return "only the sign of the upstream gradient is used: multiply by the gradient itself"
    if zero.any() and close(double - here, here - zero):
        return (
            "something is added that does not depend on the upstream gradient (a penalty, or what an earlier call left)"
        )
    if close(large, larger):
        return "the upstream gradient, or the result, is clipped: a gradient is linear in the upstream gradient"
    return "the upstream gradient is squared, clipped or compared with something: a gradient is linear in it"


def _of_nan(evidence: Evidence) -> str | None:
    here = evidence.here
    assert here is not None
    lost = ~np.isfinite(here.analytic)
    if not lost.any():
        return None
    x = here.x[lost]
    if (x == 0).all():
        return (
            "NaN or infinity in the backward where the input is 0: a division by it; take the limit's value there "
            "(divide by np.where(x == 0, 1, x) first: np.where around the quotient comes too late)"
        )
    if (np.abs(x) >= LARGE).all():
        return "an overflow for large inputs, as of np.exp: use the form that stays finite, such as exp(-abs(x))"
    return "NaN or infinity in the backward: a division by zero, a logarithm of zero, or inf - inf"


def _of_precision(evidence: Evidence) -> str | None:
    """Right up to the digits of float32."""
    here = evidence.here
    if here is None or not np.isfinite(here.analytic).all() or not close(here.analytic, here.numeric):
        return None
    size = float(np.abs(here.numeric).max(initial=0.0))
    off = float(np.abs(here.analytic - here.numeric).max(initial=0.0)) / size if size else 0.0
    if off > SINGLE:
        return f"nearly right (off by {off:.1g} of the largest): an epsilon or a constant that the forward has not"
    return (
        f"right to about {-round(np.log10(max(off, 1e-16)))} digits only: a part is computed in float32 (.float(), "
        "dtype=np.float32, a float32 buffer), though the inputs are float64"
    )


def _of_zeros(evidence: Evidence) -> str | None:
    if evidence.finding.kind == "missing":
        return (
            "the backward returns nothing for this input, or the graph is cut (detach, .numpy()) on the way to it; "
            "an input that is a constant on purpose is left out by wrt=[...], the places of the others"
        )
    return None if evidence.told[1].any() else "the backward gives zeros for this input, whatever its value"


def _of_duplicates(evidence: Evidence) -> str | None:
    """Whether it is right with indices that are all different."""
    subject = evidence.subject
    for x in subject.args:
        n = max(subject.args[evidence.i].shape, default=0)
        if not (isinstance(x, np.ndarray) and x.dtype.kind in "iu" and n and len(np.unique(x % n)) < x.size):
            continue
        for apart in (np.arange(x.size, dtype=x.dtype).reshape(x.shape), x.ravel()[:1]):
            other = subject.on([apart if a is x else a for a in subject.args])
            if accepted(other):
                point = evidence.at(other, other.upstream())
                if point is None or close(point.analytic, point.numeric):
                    return "repeated indices: `a[index] += g` adds only one of them, np.add.at(a, index, g) all"
                break
    return None


def _of_ratio(evidence: Evidence) -> str | None:
    _, analytic, numeric = evidence.told
    scale = float(np.abs(numeric).max(initial=0.0))
    told = np.abs(numeric) > 1e-9 * scale
    if told.sum() < 2 or (np.abs(analytic[~told]) > 1e-6 * scale).any():
        return None
    ratios = analytic[told] / numeric[told]
    ratio = float(np.median(ratios))
    if not np.allclose(ratios, ratio, rtol=1e-5) or abs(ratio - 1) < 1e-5:
        return None
    if abs(ratio + 1) < 1e-5:
        return "the sign: everywhere the backward gives minus the derivative"
    arg = evidence.subject.args[evidence.i]
    sizes = {n: f"the size of dimension {k} of the input" for k, n in enumerate(arg.shape)}
    sizes |= {arg.size: "the number of elements"}
    for value, words, reason in (
        (ratio, "too large", "a missing 1/N of a mean?"),
        (1 / ratio if ratio else 0.0, "too small", "divided by N twice, or where there is no mean?"),
    ):
        n = round(value)
        if n > 1 and abs(value - n) < 1e-4 * n:
            of = f", {sizes[n]}: {reason}" if n in sizes else ": another constant than in the forward"
            return f"everywhere {words} by the factor {n}{of}"
    exact = Fraction(ratio).limit_denominator(12)
    shown = str(exact) if abs(ratio - exact) < 1e-6 else f"{ratio:.6g}"
    return f"everywhere {shown} times the derivative: another constant than in the forward"


def _of_other_inputs(evidence: Evidence) -> str | None:
    """Gradients exchanged between two inputs, or one given for both."""
    here, subject, i = evidence.here, evidence.subject, evidence.i
    assert here is not None
    for j in subject.wanted:
        if j == i or subject.args[j].shape != here.x.shape:
            continue
        swapped, copied = True, True
        for p in evidence.points:
            theirs = whole(p.subject, p.g, j)
            given = np.asarray(p.subject.gradients(p.g)[subject.wanted.index(j)], np.float64)
            swapped = swapped and alike(p.analytic, theirs) and alike(given, p.numeric)
            copied = copied and alike(p.analytic, theirs) and alike(given, theirs)
        if swapped:
            return f"the gradients of input {i} and input {j} are exchanged: return them in the inputs' order"
        if copied:
            return f"the gradient of input {j} is given for input {i} too: each input has its own"
    return None


def _of_arrangement(evidence: Evidence) -> str | None:
    def everywhere(change: Callable[[Array], Array]) -> bool:
        return all(alike(p.analytic, change(p.numeric)) for p in evidence.points)

    x = evidence.subject.args[evidence.i]
    if x.size < 2:
        return None
    if x.ndim == 2 and x.shape[0] == x.shape[1] and everywhere(np.transpose):
        if any(y.ndim < x.ndim for y in evidence.subject.outputs):
            return (
                "the upstream gradient came back along the wrong dimension: the dimension that was reduced must be "
                "brought back at its place (keepdims=True, or np.expand_dims) before broadcasting"
            )
        return "a forgotten (or needless) transpose: the backward gives the transpose of the derivative"
    for axis in (None, *range(x.ndim)):
        if everywhere(lambda a, axis=axis: np.flip(a, axis)):  # type: ignore[misc]
            return "the order of the elements is reversed" + ("" if axis is None else f" along dimension {axis}")
        if everywhere(lambda a, axis=axis: np.roll(a, 1, axis)) or everywhere(  # type: ignore[misc]
            lambda a, axis=axis: np.roll(a, -1, axis)  # type: ignore[misc]
        ):
            return "the elements are shifted by one place" + ("" if axis is None else f" along dimension {axis}")
    return None


def _of_cross_terms(evidence: Evidence) -> str | None:
    """Whether one element of the upstream gradient reaches one element only, where the function mixes them."""
    subject, here = evidence.subject, evidence.here
    assert here is not None
    if len(subject.outputs) != 1 or subject.outputs[0].shape != here.x.shape or here.x.size < 2:
        return None
    mixes = diagonal = own = False
    for p in evidence.points[:3]:
        for k in range(min(p.x.size, 4)):
            one = np.zeros(p.x.shape)
            one.flat[k] = 1.0
            try:
                analytic = np.ravel(p.subject.gradients([one])[subject.wanted.index(evidence.i)])
            except GradcheckError:
                return None
            numeric = whole(p.subject, [one], evidence.i).ravel()
            others = np.arange(p.x.size) != k
            if analytic[others].any():
                own = True
            mixes |= bool((np.abs(np.nan_to_num(numeric[others])) > 1e-9).any())
            diagonal |= not np.isclose(analytic[k], numeric[k], rtol=1e-5, atol=1e-9)
    if not mixes or own:
        return None
    right = "; what is there, the diagonal of the Jacobian, is right" if not diagonal else ""
    return (
        "the cross terms are missing: each element gets only its own upstream gradient, though every input element "
        "moves "
        f"several outputs{right}"
    )


def _of_direction(evidence: Evidence) -> str | None:
    """Whether the backward is the forward's differential: the Jacobian where its transpose belongs."""
    subject, i = evidence.subject, evidence.i
    x, y = subject.args[i], subject.outputs[0]
    if len(subject.outputs) != 1 or x.shape != y.shape or not 2 <= x.size <= 16:
        return None
    for p in evidence.points[:3]:
        moved = np.zeros(x.shape)
        for k in range(x.size):
            one = np.zeros(x.shape)
            one.flat[k] = 1.0
            moved.flat[k] = float(np.sum(whole(p.subject, [one], i) * p.g[0]))
        if not alike(p.analytic, moved):
            return None
    return (
        "the backward goes the same way as the forward, where it must go back: a cumulative sum runs from the "
        "other end, a shift or a permutation is undone"
    )


def _of_place(evidence: Evidence) -> str | None:
    """Where it is wrong, and where it is right."""
    x, analytic, numeric = evidence.told
    here = evidence.here
    assert here is not None
    wrong = ~np.isclose(analytic, numeric, rtol=1e-5, atol=1e-9)
    if isinstance(evidence.finding.numeric, tuple):
        return (
            "at a kink (a threshold, an absolute value, a maximum of equal numbers) the gradient must lie between "
            "the slopes of the two sides"
        )
    if not wrong.any() or wrong.all():
        return None
    for words, inside in (
        ("only where the input is 0: a division by it, or a comparison with it", x == 0),
        ("only where the input is negative: a branch of the backward", x < 0),
        ("only where the input is positive: a branch of the backward", x > 0),
        ("only for large inputs: an overflow, or a bound that the forward has not", np.abs(x) >= LARGE),
        ("only near 0: an epsilon that the forward has not, or cancellation", np.abs(x) <= TINY),
    ):
        if inside[wrong].all() and not inside.all():
            return words
    return _of_index(evidence)


def _of_size(evidence: Evidence) -> str | None:
    """How far off, where it is nearly right."""
    _, analytic, numeric = evidence.told
    off = np.abs(analytic - numeric)[numeric != 0] / np.abs(numeric)[numeric != 0]
    if off.size < 2 or not off.max() < 0.02:
        return None
    return (
        f"nearly right (off by at most {100 * off.max():.1g} %): an epsilon, a constant or an approximation that the "
        "forward has not"
    )


def _of_index(evidence: Evidence) -> str | None:
    places = [np.argwhere(~np.isclose(p.analytic, p.numeric, rtol=1e-5, atol=1e-9)) for p in evidence.points]
    at = np.concatenate(places)
    for axis, n in enumerate(evidence.subject.args[evidence.i].shape):
        for name, k in (("first", 0), ("last", n - 1)):
            if n > 1 and len(at) and (at[:, axis] == k).all():
                return f"only at the {name} place along dimension {axis}: a boundary, or a count that is one off"
    return None


LOOKS: tuple[Callable[[Evidence], str | None], ...] = (
    _of_nan, _of_precision, _of_zeros, _of_duplicates, _of_ratio, _of_other_inputs, _of_arrangement, _of_cross_terms,
    _of_direction, of_another_op, of_saved, _of_place, _of_size,
)  # fmt: skip
