"""Compiling ahead the kernels of a training step, one after another."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from . import WARM_UP, activation, hinge, linear, optim, softmax
from ._compile import reporter

_MODULES = {"activation": activation, "hinge": hinge, "linear": linear, "optim": optim, "softmax": softmax}


def warm_up(dtype: Any) -> Iterator[str]:
    arguments = _arguments(np.dtype(dtype))
    for name in WARM_UP:
        module, _, function = name.partition(".")
        with reporter.silenced():
            getattr(_MODULES[module], function)(*arguments[name])
        yield name


def _arguments(dtype: np.dtype[Any]) -> dict[str, tuple[Any, ...]]:
    x, p, row = np.zeros((1, 2), dtype), np.full((1, 2), 0.5, dtype), np.ones(1, dtype)
    none, target = np.empty(0, dtype), np.zeros(1, np.int64)
    return {
        "linear.linear": (x, x, none),
        "linear.grad_bias": (x,),
        "linear.grad_weight_bias": (x, x),
        "softmax.cross_entropy_mean": (x, target),
        "softmax.cross_entropy_mean_backward": (p, target, 1.0),
        "softmax.log_softmax": (x,),
        "hinge.multi_margin": (x, target, 1, 1.0, none),
        "hinge.multi_margin_backward": (x, row, target, 1, 1.0, none),
        "activation.relu": (x,),
        "activation.relu_backward": (x, x),
        "optim.sgd_step": (row, row.copy(), none, (0.1, 0.0, 0.0, 0.0, False, False), False),
    }
