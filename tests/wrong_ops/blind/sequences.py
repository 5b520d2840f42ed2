"""Recurrences, scans, polynomials, tables of optimisers: wrong late, early or for one of the states."""

from __future__ import annotations

from typing import Any

import mpmath as mp
import numpy as np

from ..entry import Array, Witness, WrongOp
from .precise import exp, of, sigmoid, sqrt, tanh

T = tuple[Any, ...]


def logistic(x: Array) -> Array:
    return 0.5 + 0.5 * np.tanh(x / 2)


# Truncated backpropagation: sixteen steps.
def smoothed(x: Array) -> Array:
    y, state = np.zeros_like(x), x[:1].sum(axis=0) * 0
    for t in range(len(x)):
        y[t] = state = 0.875 * state + 0.125 * x[t]
    return y


def smoothed_backward(g: Array, x: Array) -> T:
    gx = np.zeros_like(x)
    for t in range(len(x)):
        for s in range(max(0, t - 15), t + 1):
            gx[s] += 0.125 * 0.875 ** (t - s) * g[t]
    return (gx,)


# A recurrence: the state's gradient skips the first step.
def recurrent(x: Array, h: Array) -> Array:
    for t in range(len(x)):
        h = np.tanh(x[t] + h)
    return h


def recurrent_backward(g: Array, x: Array, h: Array) -> T:
    states, gx = [h], np.zeros_like(x)
    for row in x:
        states.append(np.tanh(row + states[-1]))
    for t in range(len(x) - 1, -1, -1):
        step = g * (1 - states[t + 1] ** 2)
        gx[t] = step
        if t:
            g = step
    return gx, g.copy()


def recurrent_exact(x: Array, h: Array) -> Array:
    for row in x:
        h = tanh(row + h)
    return h


# A gate that also depends on the state.
def update(x: Array, h: Array) -> Array:
    z = logistic(x + h)
    return (1 - z) * h + z * x


def update_backward(g: Array, x: Array, h: Array) -> T:
    z = logistic(x + h)
    return g * (z + (x - h) * z * (1 - z)), g * (1 - z)


def update_exact(x: Array, h: Array) -> Array:
    z = sigmoid(x + h)
    return (1 - z) * h + z * x


# Polynomial: powers from the other end.
def polynomial(c: Array, x: Array) -> Array:
    y = np.zeros_like(x)
    for a in c[::-1]:
        y = y * x + a
    return y


def polynomial_backward(g: Array, c: Array, x: Array) -> T:
    n = len(c)
    gc = np.array([(g * x ** (n - 1 - i)).sum() for i in range(n)], c.dtype)
    return gc, g * sum((i * c[i] * x ** (i - 1) for i in range(1, n)), np.zeros_like(x))


def polynomial_exact(c: Array, x: Array) -> Array:
    y = 0 * x
    for a in c[::-1]:
        y = y * x + a
    return y


# Momentum: the velocity's factor is missing.
def momentum(p: Array, v: Array, d: Array) -> tuple[Array, Array]:
    step = 0.75 * v + d
    return p - 0.25 * step, step


def momentum_backward(g: Any, p: Array, v: Array, d: Array) -> T:
    return g[0].copy(), -0.25 * g[0] + 0.75 * g[1], -0.25 * g[0] + g[1]


# Log-sum-exp along a scan: normalised by the end for the running value.
def running_log_sum(x: Array) -> Array:
    return np.logaddexp.accumulate(x, axis=0)


def running_log_sum_backward(g: Array, x: Array) -> T:
    y = np.logaddexp.accumulate(x, axis=0)
    gx = np.zeros_like(x)
    for t in range(len(x)):
        late = g[t:] * np.exp(x[t] - y[t:])
        gx[t] = late.sum(axis=0) if t < 2 else g[t:].sum(axis=0) * np.exp(x[t] - y[-1])
    return (gx,)


def running_log_sum_exact(x: Array) -> Array:
    y = np.cumsum(exp(x), axis=0)
    return np.frompyfunc(mp.log, 1, 1)(y)


# Statistics of the first row.
def scaled_rows(x: Array) -> Array:
    return x / np.sqrt((x * x).sum(axis=1, keepdims=True) + 1)


def scaled_rows_backward(g: Array, x: Array) -> T:
    r = np.sqrt((x * x).sum(axis=1, keepdims=True) + 1)
    y = x / r
    return ((g - y * (g[:1] * y[:1]).sum(axis=1, keepdims=True)) / r,)


def scaled_rows_exact(x: Array) -> Array:
    return x / sqrt((x * x).sum(axis=1, keepdims=True) + 1)


# One factor nearly right: a decay of 0.999 for 1.
def discounted(r: Array) -> Array:
    y = np.zeros_like(r)
    total = r[:1].sum(axis=0) * 0
    for t in range(len(r) - 1, -1, -1):
        y[t] = total = r[t] + 0.5 * total
    return y


def discounted_backward(g: Array, r: Array) -> T:
    gr, total = np.zeros_like(r), r[:1].sum(axis=0) * 0
    for t in range(len(r)):
        gr[t] = total = g[t] + 0.4995 * total
    return (gr,)


# A fixed number of iterations, unrolled; the last one's derivative only.
def babylonian(x: Array) -> Array:
    y = (x + 1) / 2
    for _ in range(3):
        y = (y + x / y) / 2
    return y


def babylonian_backward(g: Array, x: Array) -> T:
    y = babylonian(x)
    return (g / (2 * y),)


ENTRIES = [
    WrongOp(
        "smoothed_truncated",
        "other: the recurrence is followed back for sixteen steps only",
        smoothed,
        smoothed_backward,
        smoothed,
        "nm",
        Witness((np.ones((17, 1)),), 0, (0, 0)),
    ),
    WrongOp(
        "recurrent_initial_state",
        "other: the first step is skipped for the initial state",
        recurrent,
        recurrent_backward,
        recurrent_exact,
        "tn,n",
        Witness((of([1], [2]), of(0.5)), 1, (0,)),
    ),
    WrongOp(
        "update_gate_of_state",
        "other: the gate's dependence on the state; none where both are equal",
        update,
        update_backward,
        update_exact,
        "*,*",
        Witness((of(1), of(2)), 1, (0,)),
    ),
    WrongOp(
        "polynomial_coefficients",
        "other: powers from the other end; right for |x| = 1",
        polynomial,
        polynomial_backward,
        polynomial_exact,
        "n,k",
        Witness((of(1, 2), of(3)), 0, (0,)),
    ),
    WrongOp(
        "momentum_velocity",
        "other: the velocity's factor is missing in the parameter's path",
        momentum,
        momentum_backward,
        momentum,
        "*,*,*",
        Witness((of(1), of(2), of(3)), 1, (0,), g=(of(1), of(0))),
    ),
    WrongOp(
        "running_log_sum_end",
        "other: from the third step on, normalised by the last value",
        running_log_sum,
        running_log_sum_backward,
        running_log_sum_exact,
        "nm",
        Witness((of([1], [2], [0], [3]),), 0, (2, 0)),
    ),
    WrongOp(
        "scaled_first_row",
        "other: the projection of all rows is that of the first",
        scaled_rows,
        scaled_rows_backward,
        scaled_rows_exact,
        "nm",
        Witness((of([1, 2], [3, 5]),), 0, (1, 0), g=of([1, 0], [0, 2])),
    ),
    WrongOp(
        "discounted_nearly",
        "forward and backward constants differ: 0.4995 for 0.5",
        discounted,
        discounted_backward,
        discounted,
        "n",
        Witness((of(1, 2),), 0, (1,)),
    ),
    WrongOp(
        "babylonian_limit",
        "backward copied from another op: the square root's, which three iterations come near",
        babylonian,
        babylonian_backward,
        babylonian,
        "*",
        Witness((of(9),), 0, (0,)),
        domains=("positive",),
    ),
]
