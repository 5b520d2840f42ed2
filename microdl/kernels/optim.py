"""The optimisers' updates, each in one pass over a parameter's values."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._compile import kernel
from ._math import Scalar, fma
from ._threads import bounds, in_parts, threaded, without_threads

Array = NDArray[np.floating]

THREADS_FROM = 65_536
"""Parameters from which threads pay."""


@threaded(THREADS_FROM)
@kernel()
def sgd_step(
    pool: int,
    p: Array,
    g: Array,
    buf: Array,
    options: tuple[float, float, float, float, bool, bool],
    first: bool,
) -> None:
    """One step of `torch.optim.SGD` on one parameter, in place: p, its gradient g and its momentum buffer, all (size,).

    `options` are lr, momentum, dampening, weight_decay, nesterov and maximize: as one tuple they are read in one go.
    d = g, or -g to maximize; d += weight_decay p; buf = d on the first step, momentum buf + (1 - dampening) d after it;
    d = d + momentum buf with nesterov, else buf; p -= lr d. Without momentum buf is not touched and may have length 0.
    """
    _sgd(pool, p, g, buf, options, first)


SGD_STEP = without_threads(sgd_step, 1, 1, 1, [(0.0, 0.0, 0.0, 0.0, False, False)], [False])


@in_parts
@kernel("contract")
def _sgd(begin: int, end: int, p: Array, g: Array, buf: Array, options: tuple[Any, ...], is_first: bool) -> None:
    first, last = bounds(begin, end, p.size)
    p, g, buf = p[first:last], g[first:last], buf[first:last]  # indices from 0 are none from the end: loops vectorise
    lr, momentum, dampening, weight_decay, nesterov, maximize = options
    cast = p.dtype.type
    sign = cast(-1.0 if maximize else 1.0)
    rate, mu, share, decay = cast(lr), cast(momentum), cast(1.0 - dampening), cast(weight_decay)
    if momentum == 0.0:
        for i in range(p.size):
            d = sign * g[i]
            p[i] -= rate * (d + decay * p[i] if weight_decay != 0.0 else d)
        return
    for i in range(p.size):
        d = sign * g[i]
        if weight_decay != 0.0:
            d = d + decay * p[i]
        m = d if is_first else mu * buf[i] + share * d
        buf[i] = m
        p[i] -= rate * (d + mu * m if nesterov else m)


# The other updates. Each takes a parameter p, its gradient g and what is remembered about it, all (size,), and changes
# all but g; what its options make needless may have length 0. `options`, one tuple, are as at this step: what counts
# the steps is computed outside. The roundings are PyTorch's, one by one, in the dtype of p; only its square root is
# another (within 1 ulp).


@kernel()
def _penalised(g: Scalar, p: Scalar, weight_decay: Scalar, maximize: bool) -> Scalar:
    g = -g if maximize else g
    return fma(weight_decay, p, g) if weight_decay != 0 else g


@kernel()
def _mean(start: Scalar, g: Scalar, weight: Scalar, one: Scalar) -> Scalar:
    """start + weight (g - start), reckoned from the end that is nearer."""
    return fma(weight - one, g - start, g) if weight + weight >= one else fma(weight, g - start, start)


@kernel()
def _square_mean(start: Scalar, g: Scalar, keep: Scalar, share: Scalar) -> Scalar:
    return fma(share * g, g, keep * start)


@kernel()
def _larger(x: Scalar, y: Scalar) -> Scalar:
    """The larger of two numbers, or NaN where one is."""
    return x if x > y or x != x else y


@threaded(THREADS_FROM)
@kernel()
def adam_step(
    pool: int, p: Array, g: Array, mean: Array, square: Array, largest: Array, options: tuple[Any, ...]
) -> None:
    """One step of Adam, AdamW and their AMSGrad variants.

    `options` are the factor that decays p itself, weight_decay as a penalty, maximize, beta1, beta2, the step size
    lr / (1 - beta1^t), sqrt(1 - beta2^t), eps and amsgrad. `mean`, `square` and, with amsgrad, `largest` are p's size.
    """
    _adam(pool, p, g, mean, square, largest, options)


@in_parts
@kernel()
def _adam(
    begin: int, end: int, p: Array, g: Array, mean: Array, square: Array, largest: Array, options: tuple[Any, ...]
) -> None:
    first, last = bounds(begin, end, p.size)
    p, g, mean, square, largest = (
        p[first:last], g[first:last], mean[first:last], square[first:last], largest[first:last],
    )  # fmt: skip
    shrink, weight_decay, maximize, beta1, beta2, step_size, root, eps, amsgrad = options
    cast = p.dtype.type
    scale, decay, one, keep, share = cast(shrink), cast(weight_decay), cast(1.0), cast(beta2), cast(1.0 - beta2)
    weight, rate, divisor, least = cast(1.0 - beta1), cast(-step_size), cast(root), cast(eps)
    if amsgrad:
        for i in range(p.size):
            d = _penalised(g[i], p[i], decay, maximize)
            mean[i] = _mean(mean[i], d, weight, one)
            square[i] = _square_mean(square[i], d, keep, share)
            largest[i] = _larger(largest[i], square[i])
            p[i] = scale * p[i] + rate * mean[i] / (np.sqrt(largest[i]) / divisor + least)
        return
    for i in range(p.size):
        d = _penalised(g[i], p[i], decay, maximize)
        m = _mean(mean[i], d, weight, one)
        v = _square_mean(square[i], d, keep, share)
        mean[i], square[i] = m, v
        p[i] = scale * p[i] + rate * m / (np.sqrt(v) / divisor + least)


@kernel()
def adamax_step(p: Array, g: Array, mean: Array, largest: Array, options: tuple[Any, ...]) -> None:
    """One step of Adamax; `options` are weight_decay, maximize, beta1, beta2, lr / (1 - beta1^t) and eps."""
    weight_decay, maximize, beta1, beta2, step_size, eps = options
    cast = p.dtype.type
    decay, weight, one, keep = cast(weight_decay), cast(1.0 - beta1), cast(1.0), cast(beta2)
    rate, least = cast(-step_size), cast(eps)
    for i in range(p.size):
        d = _penalised(g[i], p[i], decay, maximize)
        m = _mean(mean[i], d, weight, one)
        u = _larger(keep * largest[i], np.abs(d) + least)
        mean[i], largest[i] = m, u
        p[i] += rate * m / u


@kernel()
def nadam_step(p: Array, g: Array, mean: Array, square: Array, options: tuple[Any, ...]) -> None:
    """One step of NAdam.

    `options` are the factor that decays p itself, weight_decay as a penalty, maximize, beta1, beta2, 1 - beta2^t, eps,
    and what the gradient and the mean are multiplied by in the step.
    """
    shrink, weight_decay, maximize, beta1, beta2, correction, eps, of_gradient, of_mean = options
    cast = p.dtype.type
    scale, decay, weight, one, keep = cast(shrink), cast(weight_decay), cast(1.0 - beta1), cast(1.0), cast(beta2)
    share, divisor, least, now, before = (
        cast(1.0 - beta2),
        cast(correction),
        cast(eps),
        cast(of_gradient),
        cast(of_mean),
    )
    for i in range(p.size):
        d = _penalised(g[i], p[i], decay, maximize)
        m = _mean(mean[i], d, weight, one)
        v = _square_mean(square[i], d, keep, share)
        mean[i], square[i] = m, v
        root = np.sqrt(v / divisor) + least
        p[i] = (scale * p[i] + now * d / root) + before * m / root


@kernel()
def radam_step(p: Array, g: Array, mean: Array, square: Array, options: tuple[Any, ...]) -> None:
    """One step of RAdam.

    `options` are the factor that decays p itself, weight_decay as a penalty, maximize, beta1, beta2, lr, eps,
    1 - beta1^t, sqrt(1 - beta2^t), and the rectification, 0 while the variance is not to be relied on.
    """
    shrink, weight_decay, maximize, beta1, beta2, lr, eps, correction, numerator, rectification = options
    cast = p.dtype.type
    scale, decay, weight, one, keep = cast(shrink), cast(weight_decay), cast(1.0 - beta1), cast(1.0), cast(beta2)
    share, rate, least, divisor = cast(1.0 - beta2), cast(lr), cast(eps), cast(correction)
    root, rectified = cast(numerator), cast(rectification)
    for i in range(p.size):
        d = _penalised(g[i], p[i], decay, maximize)
        m = _mean(mean[i], d, weight, one)
        v = _square_mean(square[i], d, keep, share)
        mean[i], square[i] = m, v
        step = m / divisor * rate
        if rectification != 0.0:
            step = step * (one / (np.sqrt(v) + least) * root) * rectified
        p[i] = scale * p[i] - step


@kernel()
def rmsprop_step(p: Array, g: Array, square: Array, buf: Array, mean: Array, options: tuple[Any, ...]) -> None:
    """One step of RMSprop; `options` are weight_decay, maximize, lr, alpha, eps, momentum and centered.

    `buf` is the momentum's, `mean` of a centered one.
    """
    weight_decay, maximize, lr, alpha, eps, momentum, centered = options
    cast = p.dtype.type
    decay, rate, keep, share, least = cast(weight_decay), cast(-lr), cast(alpha), cast(1.0 - alpha), cast(eps)
    mu, one = cast(momentum), cast(1.0)
    for i in range(p.size):
        d = _penalised(g[i], p[i], decay, maximize)
        v = _square_mean(square[i], d, keep, share)
        square[i] = v
        if centered:
            mean[i] = _mean(mean[i], d, share, one)
            v = fma(-mean[i], mean[i], v)
        root = np.sqrt(v) + least
        if momentum > 0.0:
            buf[i] = mu * buf[i] + d / root
            p[i] = fma(rate, buf[i], p[i])
        else:
            p[i] += rate * d / root


@kernel()
def adagrad_step(p: Array, g: Array, total: Array, options: tuple[Any, ...]) -> None:
    """One step of Adagrad; `options` are weight_decay, maximize, the decayed lr and eps."""
    weight_decay, maximize, lr, eps = options
    cast = p.dtype.type
    decay, rate, least = cast(weight_decay), cast(-lr), cast(eps)
    for i in range(p.size):
        d = _penalised(g[i], p[i], decay, maximize)
        s = fma(d, d, total[i])
        total[i] = s
        p[i] += rate * d / (np.sqrt(s) + least)


@kernel()
def adadelta_step(p: Array, g: Array, square: Array, moved: Array, options: tuple[Any, ...]) -> None:
    """One step of Adadelta; `options` are weight_decay, maximize, lr, rho and eps."""
    weight_decay, maximize, lr, rho, eps = options
    cast = p.dtype.type
    decay, rate, keep, share, least = cast(weight_decay), cast(-lr), cast(rho), cast(1.0 - rho), cast(eps)
    for i in range(p.size):
        d = _penalised(g[i], p[i], decay, maximize)
        v = _square_mean(square[i], d, keep, share)
        square[i] = v
        step = np.sqrt(moved[i] + least) / np.sqrt(v + least) * d
        moved[i] = _square_mean(moved[i], step, keep, share)
        p[i] = fma(rate, step, p[i])


@kernel()
def asgd_step(p: Array, g: Array, average: Array, options: tuple[Any, ...]) -> None:
    """One step of ASGD; `options` are weight_decay, maximize, lambd, the rate eta and the average's weight mu."""
    weight_decay, maximize, lambd, eta, mu = options
    cast = p.dtype.type
    decay, shrink, rate, share = cast(weight_decay), cast(1.0 - lambd * eta), cast(-eta), cast(mu)
    for i in range(p.size):
        d = _penalised(g[i], p[i], decay, maximize)
        x = fma(rate, d, shrink * p[i])
        p[i] = x
        average[i] = x if mu == 1.0 else average[i] + (x - average[i]) * share


@kernel()
def rprop_step(p: Array, g: Array, before: Array, size: Array, options: tuple[Any, ...]) -> None:
    """One step of Rprop; `options` are maximize, the two factors etas and the bounds of the step sizes.

    `before` is the gradient of the last step, 0 where the sign had changed; `size` are the step sizes.
    """
    maximize, eta_minus, eta_plus, least, most = options
    cast = p.dtype.type
    zero, one, less, more, lowest, highest = (
        cast(0.0), cast(1.0), cast(eta_minus), cast(eta_plus), cast(least), cast(most),
    )  # fmt: skip
    for i in range(p.size):
        d = -g[i] if maximize else g[i]
        agreement = d * before[i]
        s = size[i] * (more if agreement > zero else (less if agreement < zero else one))
        s = lowest if s < lowest else s
        s = highest if s > highest else s
        d = zero if agreement < zero else d
        size[i], before[i] = s, d
        p[i] -= s if d > zero else (-s if d < zero else zero * s)
