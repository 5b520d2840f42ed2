"""What each kind of witness claims, tried: functions of (entry, witness, inputs, options, g) that say why, or ""."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np

from .entry import Witness, WrongOp
from .prove import DIGITS, NotProven, along, as_tuple, call, copy_of, inner, is_real, lift, ones_for, same, wrong_at

Options = dict[str, Any]
Inputs = tuple[Any, ...]
STEP = mpmath.mpf(10) ** -30


def value(entry: WrongOp, w: Witness, inputs: Inputs, options: Options, g: Any) -> str:
    """The plain call gives a wrong number."""
    return wrong_at(entry, inputs, options, g, call(entry, inputs, options, g), w.argument, w.index)


def float32(entry: WrongOp, w: Witness, inputs: Inputs, options: Options, g: Any) -> str:
    """Inputs in float32: a wrong number beyond float32's rounding, or another dtype."""
    small = tuple(np.asarray(x, dtype=np.float32) if is_real(x) else x for x in inputs)
    gs = tuple(np.asarray(v, dtype=np.float32) for v in as_tuple(g))
    g32 = gs if isinstance(g, tuple) else gs[0]
    grads = call(entry, small, options, g32)
    grad = grads[w.argument]
    if grad is not None and np.asarray(grad).dtype != np.float32:
        return f"gradient of dtype {np.asarray(grad).dtype} for an input in float32"
    return wrong_at(entry, small, options, g32, grads, w.argument, w.index, relative=1e-4, absolute=1e-6)


def layout(entry: WrongOp, w: Witness, inputs: Inputs, options: Options, g: Any) -> str:
    """The same values in another memory layout, of the input or of the upstream gradient, give another number."""
    if w.layout is None:
        raise NotProven("kind 'layout' needs a layout")
    plain_inputs = tuple(np.ascontiguousarray(x).reshape(np.shape(x)) for x in inputs)
    plain_g = np.ascontiguousarray(g).reshape(np.shape(g))
    plain = call(entry, plain_inputs, options, plain_g)[w.argument]
    tried = {"input": plain_inputs[w.argument], "upstream": plain_g}
    for name, array in tried.items():
        try:
            other = w.layout(array)
        except (ValueError, IndexError):
            continue
        if np.shape(other) != array.shape or not np.array_equal(other, array):
            continue
        moved = tuple(other if name == "input" and k == w.argument else x for k, x in enumerate(plain_inputs))
        got = call(entry, moved, options, other if name == "upstream" else plain_g)[w.argument]
        if not (np.shape(got) == np.shape(plain) and np.allclose(got, plain, rtol=1e-6, atol=1e-12)):
            return f"another gradient for another layout of the {name}"
    return ""


def repeat(entry: WrongOp, w: Witness, inputs: Inputs, options: Options, g: Any) -> str:
    """Calls on `other` in between change the gradient, or an array returned before."""
    other = inputs if w.other is None else w.other
    with np.errstate(all="ignore"):
        other_g = ones_for(entry.forward(*other, **options))
    first = call(entry, inputs, options, g)
    kept = copy_of(first)
    middle = call(entry, other, options, other_g)
    if not same(first, kept):
        return "an array returned before has changed"
    again = call(entry, inputs, options, g)
    if not same(kept, again):
        return "the same call gives another gradient after a call on other inputs"
    with np.errstate(all="ignore"):
        entry.forward(*inputs, **options)
        entry.forward(*other, **options)
        late = as_tuple(entry.backward(g, *inputs, **options))
    if not same(kept, copy_of(late)):
        return "another gradient when another forward came between forward and backward"
    for k, x in enumerate(other):
        if is_real(x) and np.size(x):
            why = wrong_at(entry, other, options, other_g, middle, k, tuple(np.ndindex(np.shape(x)).__next__()))
            if why:
                return f"the call on other inputs gives {why}"
    return ""


def mutates(entry: WrongOp, w: Witness, inputs: Inputs, options: Options, g: Any) -> str:
    """An input or the upstream gradient is changed by the call."""
    mine, my_g = copy_of(inputs), copy_of(g)
    call(entry, mine, options, my_g)
    if not same(my_g, g):
        return "the upstream gradient has been changed"
    return "" if same(mine, tuple(inputs)) else "an input has been changed"


def raises(entry: WrongOp, w: Witness, inputs: Inputs, options: Options, g: Any) -> str:
    """Backward raises."""
    with np.errstate(all="ignore"):
        out = entry.forward(*inputs, **options)
        try:
            entry.backward(g if w.g is not None else ones_for(out), *inputs, **options)
        except Exception as e:
            return f"backward raises {type(e).__name__}: {e}"
    return ""


def reuse(entry: WrongOp, w: Witness, inputs: Inputs, options: Options, g: Any) -> str:
    """Wrong in sum where one array is given twice, right in sum for equal copies of it."""
    twins = [k for k, x in enumerate(inputs) if x is inputs[w.argument]]
    if len(twins) < 2:
        raise NotProven("kind 'reuse' needs the same array for two arguments")
    unit = np.zeros(np.shape(inputs[w.argument]))
    unit[w.index] = 1
    right = along(entry, inputs, options, g, dict.fromkeys(twins, unit))
    if right is None:
        raise NotProven("no derivative there")
    shared = call(entry, inputs, options, g)
    apart = call(entry, tuple(np.array(x) for x in inputs), options, g)
    total = sum(float(np.asarray(shared[k])[w.index]) for k in twins if shared[k] is not None)
    fine = sum(float(np.asarray(apart[k])[w.index]) for k in twins if apart[k] is not None)
    if right.misses(total, 1e-6, 1e-12) and not right.misses(fine, 1e-6, 1e-12):
        return f"{total!r} where the array is shared, {fine!r} for copies of it"
    return ""


def linear(entry: WrongOp, w: Witness, inputs: Inputs, options: Options, g: Any) -> str:
    """backward(2 g) is not twice backward(g), and at most one of the two is right."""
    twice = tuple(2 * v for v in g) if isinstance(g, tuple) else 2 * np.asarray(g)
    one = call(entry, inputs, options, g)
    two = call(entry, inputs, options, twice)
    a, b = (float(np.asarray(v[w.argument])[w.index]) for v in (one, two))
    if abs(b - 2 * a) <= 1e-6 * max(abs(a), abs(b)):
        return ""
    right = [not wrong_at(entry, inputs, options, u, v, w.argument, w.index) for u, v in ((g, one), (twice, two))]
    return "" if all(right) else f"{a!r} for g, {b!r} for 2 g"


def second(entry: WrongOp, w: Witness, inputs: Inputs, options: Options, g: Any) -> str:
    """First derivatives of the differentiable form are right; a second one, of any argument, is wrong."""
    import microdl

    if entry.differentiable is None:
        raise NotProven("kind 'second' needs `differentiable`")
    f = entry.differentiable(microdl)
    real = [k for k, x in enumerate(inputs) if is_real(x)]
    tensors = [
        microdl.tensor(np.asarray(x, dtype=float) if k in real else np.asarray(x), requires_grad=k in real)
        for k, x in enumerate(inputs)
    ]
    leaves = [tensors[k] for k in real]
    with np.errstate(all="ignore"):
        out = f(*tensors, **options)
        weights = microdl.tensor(np.asarray(g, dtype=float))
        firsts = microdl.autograd.grad((out * weights).sum(), leaves, create_graph=True)
    x = np.asarray(inputs[w.argument])
    grads = [None] * len(inputs)
    for k, d in zip(real, firsts, strict=True):
        grads[k] = d.detach().numpy()
    why = wrong_at(entry, inputs, options, g, grads, w.argument, w.index, relative=1e-9)
    if why:
        raise NotProven(f"the first derivative is wrong already: {why}")
    first = firsts[real.index(w.argument)]
    for v in (np.ones(x.shape), np.arange(1.0, x.size + 1).reshape(x.shape) / x.size):
        found: tuple[Any, ...] = (None,) * len(real)  # a first derivative cut off from the graph has a second of zero
        if first.requires_grad:
            total = (first * microdl.tensor(v)).sum()
            with np.errstate(all="ignore"):
                found = microdl.autograd.grad(total, leaves, retain_graph=True, allow_unused=True)
        for k, got in zip(real, found, strict=True):
            shape = np.shape(inputs[k])
            for index in [w.index] if k == w.argument else list(np.ndindex(shape))[:16]:
                number = 0.0 if got is None else float(got.detach().numpy()[index])
                unit = np.zeros(shape)
                unit[index] = 1
                right = float(mixed(entry, inputs, options, g, (k, unit), (w.argument, v)))
                if not abs(number - right) <= 1e-6 * abs(right) + 1e-9:
                    return f"second derivative {number!r} in argument {k} at {index}, right: {right!r}"
    return ""


def mixed(
    entry: WrongOp, inputs: Inputs, options: Options, g: Any, one: tuple[int, Any], other: tuple[int, Any]
) -> Any:
    """The second derivative of sum(g * exact) along two directions, each of an argument."""
    with mpmath.workdps(DIGITS):
        lifted = [lift(x) for x in inputs]

        def f(s: int, t: int) -> Any:
            moved = list(lifted)
            for sign, (k, direction) in ((s, one), (t, other)):
                moved[k] = np.asarray(moved[k] + STEP * sign * lift(direction), dtype=object)
            return inner(g, entry.exact(*moved, **options))

        return (f(1, 1) - f(1, -1) - f(-1, 1) + f(-1, -1)) / (4 * STEP * STEP)


KINDS: dict[str, Callable[[WrongOp, Witness, Inputs, Options, Any], str]] = {
    f.__name__: f for f in (value, float32, layout, repeat, mutates, raises, reuse, linear, second)
}
