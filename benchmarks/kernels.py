"""What each kernel gains over NumPy. Run in the repository's root: python -m benchmarks.kernels

Prints the median time of a call, in microseconds. NumPy and the kernel take turns, so that a busy machine slows both.
"""

from collections.abc import Callable, Iterator
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from microdl import kernels

ROUNDS, SECONDS_A_ROUND = 21, 0.003
Case = tuple[str, str, Callable[[], Any], Callable[[], Any]]
rng = np.random.default_rng(0)


def normal(*shape: int) -> Any:
    return rng.standard_normal(shape, dtype=np.float32)


def numpy_softmax(x: Any) -> Any:
    e = np.exp(x - x.max(1, keepdims=True))
    e /= e.sum(1, keepdims=True)
    return e


def numpy_log_softmax(x: Any) -> Any:
    z = x - x.max(1, keepdims=True)
    z -= np.log(np.exp(z).sum(1, keepdims=True))
    return z


def numpy_cross_entropy(x: Any, y: Any, weight: Any, smoothing: float) -> Any:
    logp, rows = numpy_log_softmax(x), np.arange(len(x))
    losses = (smoothing - 1) * weight[y] * logp[rows, y]
    if smoothing:
        losses -= smoothing / x.shape[1] * (logp @ weight)
    return losses, weight[y], np.exp(logp)


def numpy_cross_entropy_backward(row_g: Any, p: Any, y: Any) -> Any:
    dx = p.copy()
    dx[np.arange(len(y)), y] -= 1
    dx *= row_g
    return dx


def numpy_violation(x: Any, y: Any) -> Any:
    rows = np.arange(len(x))
    violation = np.maximum(x - x[rows, y][:, None] + 1, 0)
    violation[rows, y] = 0
    return violation


def numpy_multi_margin_backward(row_g: Any, x: Any, y: Any) -> Any:
    dx = np.where(numpy_violation(x, y) > 0, row_g[:, None] / x.shape[1], np.float32(0))
    dx[np.arange(len(x)), y] = -dx.sum(1)
    return dx


def numpy_linear(x: Any, w: Any, b: Any) -> Any:
    out = x @ w.T
    out += b
    return out


def numpy_sgd(p: Any, g: Any, buf: Any) -> None:
    buf *= 0.9
    buf += g + 1e-4 * p
    p -= 1e-3 * buf


def numpy_adam(p: Any, g: Any, m: Any, v: Any) -> None:
    m += 0.1 * (g - m)
    v *= 0.999
    v += 0.001 * g * g
    p -= 1e-2 * m / (np.sqrt(v) / 0.03 + 1e-8)


def softmax_cases(n: int, c: int) -> Iterator[Case]:
    k, none, size = kernels.softmax, np.empty(0, np.float32), f"{n}x{c}"
    x, g, y, ones, row_g = normal(n, c), normal(n, c), rng.integers(0, c, n), np.ones(c, np.float32), abs(normal(n))
    p, logp = numpy_softmax(x), numpy_log_softmax(x)
    yield "softmax", size, lambda: numpy_softmax(x), lambda: k.softmax(x)
    yield (
        *("softmax_backward", size),
        lambda: p * (g - (g * p).sum(1, keepdims=True)),
        lambda: k.softmax_backward(g, p),
    )
    yield "log_softmax", size, lambda: numpy_log_softmax(x), lambda: k.log_softmax(x)
    yield (
        *("log_softmax_backward", size),
        lambda: g - np.exp(logp) * g.sum(1, keepdims=True),
        lambda: k.log_softmax_backward(g, logp),
    )
    yield (
        *("cross_entropy_mean", size),
        lambda: numpy_cross_entropy(x, y, ones, 0.0)[0].mean(),
        lambda: k.cross_entropy_mean(x, y),
    )
    yield (
        *("cross_entropy_mean_backward", size),
        lambda: numpy_cross_entropy_backward(1 / n, p, y),
        lambda: k.cross_entropy_mean_backward(p, y, 1.0),
    )
    yield (
        *("cross_entropy, smoothed", size),
        lambda: numpy_cross_entropy(x, y, ones, 0.1),
        lambda: k.cross_entropy(x, y, ones, -100, 0.1),
    )
    yield (
        *("cross_entropy_backward", size),
        lambda: numpy_cross_entropy_backward(row_g[:, None], p, y),
        lambda: k.cross_entropy_backward(row_g, p, y, none, -100, 0.0),
    )


def hinge_cases(n: int, c: int) -> Iterator[Case]:
    k, none, size = kernels.hinge, np.empty(0, np.float32), f"{n}x{c}"
    x, y, row_g = normal(n, c), rng.integers(0, c, n), normal(n)
    yield (
        *("multi_margin", size),
        lambda: numpy_violation(x, y).sum(1) / c,
        lambda: k.multi_margin(x, y, 1, 1.0, none),
    )
    yield (
        *("multi_margin_backward", size),
        lambda: numpy_multi_margin_backward(row_g, x, y),
        lambda: k.multi_margin_backward(x, row_g, y, 1, 1.0, none),
    )


def linear_cases(n: int, inputs: int, m: int) -> Iterator[Case]:
    k, size = kernels.linear, f"{n}x{inputs}->{m}"
    x, w, b, g = normal(n, inputs), normal(m, inputs), normal(m), normal(n, m)
    yield "linear", size, lambda: numpy_linear(x, w, b), lambda: k.linear(x, w, b)
    yield "grad_input", size, lambda: g @ w, lambda: k.grad_input(g, w)
    yield "grad_weight", size, lambda: g.T @ x, lambda: k.grad_weight(g, x)
    yield "grad_bias", size, lambda: g.sum(0), lambda: k.grad_bias(g)
    yield "grad_weight_bias", size, lambda: (g.T @ x, g.sum(0)), lambda: k.grad_weight_bias(g, x)


def activation_cases(n: int, c: int) -> Iterator[Case]:
    k, size = kernels.activation, f"{n}x{c}"
    x, g = normal(n, c), normal(n, c)
    out = k.relu(x)
    yield "relu", size, lambda: np.maximum(x, 0), lambda: k.relu(x)
    yield "relu_backward", size, lambda: np.where(out <= 0, 0, g), lambda: k.relu_backward(g, out)


def optim_cases(size: int) -> Iterator[Case]:
    p, g, buf = normal(size), normal(size), normal(size)
    options = (1e-3, 0.9, 0.0, 1e-4, False, False)
    yield "sgd_step", str(size), lambda: numpy_sgd(p, g, buf), lambda: kernels.optim.sgd_step(p, g, buf, options, False)
    square, none = abs(normal(size)), np.empty(0, np.float32)
    adam = (1.0, 0.0, False, 0.9, 0.999, 1e-2, 0.03, 1e-8, False)
    yield (
        *("adam_step", str(size)),
        lambda: numpy_adam(p, g, buf, square),
        lambda: kernels.optim.adam_step(p, g, buf, square, none, adam),
    )


def all_cases() -> Iterator[Case]:
    for n, c in [(32, 2), (64, 10), (256, 10), (256, 1000)]:
        yield from softmax_cases(n, c)
    for n, c in [(64, 10), (256, 10), (256, 100)]:
        yield from hinge_cases(n, c)
    for n, inputs, m in [(32, 2, 16), (32, 16, 2), (64, 64, 10), (128, 784, 256), (256, 3072, 10), (256, 3072, 100)]:
        yield from linear_cases(n, inputs, m)
    for n, c in [(32, 16), (256, 100), (256, 3072)]:
        yield from activation_cases(n, c)
    for size in (32, 30_720, 307_200):
        yield from optim_cases(size)


def seconds(call: Callable[[], Any], repeats: int) -> float:
    start = perf_counter()
    for _ in range(repeats):
        call()
    return (perf_counter() - start) / repeats


def compare(first: Callable[[], Any], second: Callable[[], Any]) -> tuple[float, float]:
    calls = (first, second)
    repeats = [max(1, int(SECONDS_A_ROUND / min(seconds(call, 1) for _ in range(3)))) for call in calls]
    rounds = [[seconds(call, count) for call, count in zip(calls, repeats, strict=True)] for _ in range(ROUNDS)]
    return median(r[0] for r in rounds), median(r[1] for r in rounds)


def main() -> None:
    print(f"| {'kernel':27} | {'size':14} | NumPy us | kernel us | ratio |")
    print(f"|{'-' * 29}|{'-' * 16}|---------:|----------:|------:|")
    for name, size, numpy_call, kernel_call in all_cases():
        a, b = compare(numpy_call, kernel_call)
        print(f"| {name:27} | {size:14} | {a * 1e6:8.1f} | {b * 1e6:9.1f} | {a / b:5.1f} |", flush=True)


if __name__ == "__main__":
    main()
