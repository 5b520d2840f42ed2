"""The optimisers' updates, each in one pass over a parameter's values."""

import numpy as np
from numpy.typing import NDArray

from ._compile import kernel

Array = NDArray[np.floating]


@kernel("contract")
def sgd_step(
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
        m = d if first else mu * buf[i] + share * d
        buf[i] = m
        p[i] -= rate * (d + mu * m if nesterov else m)
