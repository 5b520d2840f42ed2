"""`numerical_vjp`: the gradient by differences, with an error bar and a status for each element."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..autograd.graph import TensorBase
from .adapters import PAIR, Adapter, adapter_for, callable_of
from .numerical import slopes
from .specs import first_call
from .subject import Array, Subject, flat

__all__ = ["NumericalGradient", "numerical_vjp"]

STEP = {"central": 1e-6, "complex": 1e-20}
UNSURE = 1e-3  # relative: a complex step so far from plain differences is not trusted


@dataclass(frozen=True)
class NumericalGradient:
    """What differences say of the gradient of one input; every array has the input's shape.

    `status` is "smooth", "kink" (then every number from `low` to `high` is a right gradient, and `value` is the
    middle), "skipped" (a jump, a vertical tangent, or no value: `value` is NaN) or "inconclusive" (the bar is too
    large to say).
    """

    value: Array
    bar: Array
    status: Array
    low: Array
    high: Array


def numerical_vjp(
    func: Any,
    inputs: Any,
    g: Any = None,
    method: str = "adaptive",
    *,
    eps: float | None = None,
    adapter: Adapter | str | None = None,
) -> tuple[NumericalGradient | None, ...]:
    r"""The gradient of `sum(g * func(*inputs))` by each input, from values of `func` alone.

    Args:
        func: a function of tensors, or of NumPy arrays where `inputs` are arrays; of a pair (forward, backward) the
            forward.
        inputs: a tensor or array, or a sequence of them and of plain values.
        g: the upstream gradient, in the output's shape; one for each output in a sequence. 1 for a single scalar
            output.
        method: "adaptive" extrapolates differences of falling steps until the error bar is small (C. J. F. Ridders,
            Advances in Engineering Software 4, 1982); "central" is $(f(x + h) - f(x - h)) / 2h$ with the one step
            `eps` (1e-6); "complex" is $\operatorname{Im} f(x + ih) / h$ with the step `eps` (1e-20), exact to
            rounding, for functions of NumPy arrays that carry complex numbers (no abs, no float()): W. Squire and G.
            Trapp, SIAM Review 40 (1998).
        eps: the step of "central" and "complex".
        adapter: an `Adapter` or the name of one, for tensors of another framework; `inputs` are arrays then.

    Returns:
        For each input a `NumericalGradient`, or None where it is not floating.

    Raises:
        ValueError: an unknown method, an `eps` that is not positive or not used, `g` of another shape or missing,
            inputs that are not floating or not finite.
        TypeError: `func` returns something that has no gradient, or for "complex" takes no complex numbers.

    >>> import numpy as np
    >>> from microdl.testing import numerical_vjp
    >>> (found,) = numerical_vjp(np.abs, np.array([-2.0, 0.0]), g=np.array([1.0, 1.0]))
    >>> found.value.round(6).tolist(), found.status.tolist(), found.low[1].round(6), found.high[1].round(6)
    ([-1.0, 0.0], ['smooth', 'kink'], np.float64(-1.0), np.float64(1.0))
    >>> (found,) = numerical_vjp(lambda x: np.exp(x).sum(), np.array([0.5, 1.0]), method="complex")
    >>> np.allclose(found.value, np.exp([0.5, 1.0]), rtol=1e-15)
    True
    """
    step = _step(method, eps)
    values = (inputs,) if isinstance(inputs, (TensorBase, np.ndarray, np.generic)) else tuple(inputs)
    subject = _subject(callable_of(func), values, adapter)
    if method == "complex" and subject.adapter is not PAIR:
        raise TypeError(
            f"method 'complex' is for functions of NumPy arrays, but the adapter is {subject.adapter.name!r}: give "
            "arrays and a NumPy function, or use method='adaptive'."
        )
    with np.errstate(all="ignore"):
        first_call(subject)
        weights = _weights(subject, g)
        _defined(subject, weights)
        if method == "adaptive":
            return _adaptive(subject, weights)
        by = _central if method == "central" else _complex
        return tuple(by(subject, weights, i, step) if i in subject.wanted else None for i in range(len(values)))


def _step(method: str, eps: float | None) -> float:
    if method not in ("adaptive", "central", "complex"):
        raise ValueError(f"method must be 'adaptive', 'central' or 'complex', but got {method!r}")
    if method == "adaptive" and eps is not None:
        raise ValueError(
            f"method 'adaptive' chooses its own steps, but got eps={eps}: use method='central' for one step."
        )
    if eps is not None and not 0 < eps < np.inf:
        raise ValueError(f"eps must be a positive number, but got {eps}")
    return STEP.get(method, 0.0) if eps is None else float(eps)


def _no_backward(*gs: Any) -> Any:
    raise NotImplementedError  # only the forward is called


def _subject(func: Any, values: Sequence[Any], adapter: Adapter | str | None) -> Subject:
    args = [
        np.array(x._a) if isinstance(x, TensorBase) else np.array(x) if isinstance(x, np.ndarray) else x for x in values
    ]
    if adapter is None and not isinstance(func, tuple) and not any(isinstance(x, TensorBase) for x in values):
        func = (func, _no_backward)
    subject = Subject(func, adapter_for(func, adapter), args)
    if not subject.wanted:
        raise ValueError(
            "no input is a floating tensor or array, so that there is no gradient: give float64 inputs, for example "
            f"np.array([1.0, 2.0]); got {', '.join(type(x).__name__ for x in values)}."
        )
    for i in subject.wanted:
        if not np.isfinite(args[i]).all():
            raise ValueError(f"input {i} has values that are not finite: {args[i]}. Differences need finite inputs.")
    return subject


def _weights(subject: Subject, g: Any) -> list[Array]:
    outputs = subject.outputs
    if g is None:
        if len(outputs) != 1 or outputs[0].size != 1:
            shapes = ", ".join(str(y.shape) for y in outputs)
            raise ValueError(
                f"g is needed where the output is not one number: give an upstream gradient of shape {shapes}."
            )
        return [np.ones(outputs[0].shape)]
    given = list(g) if isinstance(g, (tuple, list)) and len(outputs) > 1 else [g]
    arrays = [np.asarray(u._a if isinstance(u, TensorBase) else u, np.float64) for u in given]
    if [u.shape for u in arrays] != [y.shape for y in outputs]:
        raise ValueError(
            f"g must have the shapes of the outputs, {[y.shape for y in outputs]}, but got {[u.shape for u in arrays]}"
        )
    return arrays


def _defined(subject: Subject, g: list[Array]) -> None:
    for i, (y, u) in enumerate(zip(subject.outputs, g, strict=True)):
        lost = np.argwhere(~np.isfinite(y) & (u != 0))
        if y.dtype.kind == "f" and len(lost):
            place = f"output {i}" + (f"[{', '.join(map(str, lost[0]))}]" if y.ndim else "")
            raise ValueError(
                f"{place} is {y[tuple(lost[0])]}, so that it has no derivative: choose inputs inside the domain, or an "
                "upstream gradient g that is 0 there."
            )


def _adaptive(subject: Subject, g: list[Array]) -> tuple[NumericalGradient | None, ...]:
    """Twice: the first values say how large the numbers are whose rounding the bars of the second must hold."""
    rough = [np.full(subject.args[i].shape, np.nan) for i in subject.wanted]
    for i, values in zip(subject.wanted, rough, strict=True):
        for index, found in slopes(subject, g, i):
            values[index] = found.value
    gradients: list[NumericalGradient | None] = [None] * len(subject.args)
    for i in subject.wanted:
        kept = _empty(subject.args[i].shape)
        for index, found in slopes(subject, g, i, [np.nan_to_num(r) for r in rough]):
            kept.value[index], kept.bar[index], kept.status[index] = found.value, found.loose, found.status
            kept.low[index], kept.high[index] = found.low, found.high
        gradients[i] = kept
    return tuple(gradients)


def _empty(shape: tuple[int, ...]) -> NumericalGradient:
    numbers = [np.full(shape, np.nan) for _ in range(4)]
    return NumericalGradient(numbers[0], numbers[1], np.full(shape, "inconclusive"), numbers[2], numbers[3])


def _each(
    subject: Subject,
    i: int,
    measure: Callable[[Callable[[complex], Array], float], tuple[float, float, str]],
    dtype: Any,
) -> NumericalGradient:
    """`measure(at, x)` for each element x of argument i, where `at(t)` gives the outputs with t in its place."""
    kept, args = _empty(subject.args[i].shape), list(subject.args)
    args[i] = subject.args[i].astype(dtype)
    for index in np.ndindex(kept.value.shape):
        x = subject.args[i][index]

        def at(t: complex, index: tuple[int, ...] = index, x: Any = x) -> Array:
            args[i][index] = t
            outputs = subject.forward(args)
            args[i][index] = x
            return flat(outputs) if dtype != np.complex128 else np.concatenate([np.ravel(y) for y in outputs])

        value, bar, status = measure(at, float(x))
        kept.value[index] = kept.low[index] = kept.high[index] = value
        kept.bar[index], kept.status[index] = bar, status
    return kept


def _central(subject: Subject, g: list[Array], i: int, h: float) -> NumericalGradient:
    """The bar is the distance to the difference of twice the step, and the rounding of the values."""
    weights = flat(g)
    epsilon = float(np.finfo(subject.args[i].dtype).eps)

    def measure(at: Callable[[complex], Array], x: float) -> tuple[float, float, str]:
        near, wide = ((at(x + k * h).copy() - at(x - k * h)) / (2 * k * h) for k in (1, 2))
        value = float((weights * near).sum())
        size = float(np.abs(weights * flat(subject.outputs)).sum()) + abs(x * value)
        bar = abs(value - float((weights * wide).sum())) + epsilon * size / h
        return value, bar, "smooth" if np.isfinite(value) else "skipped"

    return _each(subject, i, measure, subject.args[i].dtype)


def _complex(subject: Subject, g: list[Array], i: int, h: float) -> NumericalGradient:
    weights, plain = flat(g), _central(subject, g, i, STEP["central"])
    others = iter(np.ravel(plain.value))

    def measure(at: Callable[[complex], Array], x: float) -> tuple[float, float, str]:
        try:
            there = at(complex(x, h))
        except TypeError as error:
            raise TypeError(f"the function takes no complex numbers ({error}): {REAL}") from error
        if there.dtype.kind != "c":
            raise TypeError(f"the function gives {there.dtype} for complex numbers: {REAL}")
        value = float((weights * there.imag).sum()) / h
        rough = next(others)
        agree = abs(value - rough) <= UNSURE * max(abs(value), abs(rough), 1e-3)
        return (
            value,
            16 * 2.0**-53 * float(np.abs(weights * there.imag).sum()) / h,
            "smooth" if agree else "inconclusive",
        )

    return _each(subject, i, measure, np.complex128)


REAL = "abs, float(), comparisons and arrays of real dtype lose the imaginary part. Use method='adaptive'."
