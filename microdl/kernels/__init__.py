"""Kernels: arrays in, arrays out, compiled by Numba at first use.

A theme is imported when it is first named (`kernels.softmax`), so that importing microdl does not import Numba. From
then on it is a plain attribute. What the themes hold is documented in each of them.
"""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .._later import Later

if TYPE_CHECKING:
    from . import (
        activation,
        colour,
        convert,
        distance,
        filters,
        gather,
        hinge,
        linear,
        optim,
        orientation,
        patches,
        patterns,
        product,
        softmax,
        streams,
    )
else:
    _NAMES = (
        "activation colour convert distance filters gather hinge "
        "linear optim orientation patches patterns product softmax streams"
    )
    _THEMES = tuple(f".{name}" for name in _NAMES.split())
    __getattr__ = Later(__name__, dict.fromkeys(_THEMES, ""))

__all__ = [
    "WARM_UP", "compile_seconds", "get_num_threads", "set_num_threads", "warm_up",
    "activation", "colour", "convert", "distance", "filters", "gather", "hinge", "linear", "optim", "orientation",
    "patches", "patterns", "product", "softmax", "streams",
]  # fmt: skip

_num_threads: int | None = None

WARM_UP = (
    "linear.linear", "linear.grad_bias", "linear.grad_weight_bias",
    "softmax.cross_entropy_mean", "softmax.cross_entropy_mean_backward", "softmax.log_softmax",
    "hinge.multi_margin", "hinge.multi_margin_backward", "activation.relu", "activation.relu_backward",
    "optim.sgd_step",
)  # fmt: skip
"""The kernels that `warm_up` makes ready."""


SMALL_PRODUCT = 2**18
"""Multiplications up to which a matrix product is NumPy's: its BLAS keeps to one thread, and is as fast."""


def compile_seconds() -> float:
    """The time this process has spent on compiling kernels: 0 where all came from disk."""
    from . import _compile

    return _compile.reporter.seconds


def warm_up(dtype: Any = "float32") -> Iterator[str]:
    """Compile the kernels of a training step one by one, yielding the name of each that is ready: `WARM_UP` in turn.

    For a progress bar: nothing is written to stderr meanwhile. What an earlier run left on disk loads in milliseconds.

    >>> next(warm_up("float32"))
    'linear.linear'
    """
    from . import _warm_up

    return _warm_up.warm_up(dtype)


def set_num_threads(num: int) -> None:
    """Bound the threads of the kernels, and those of NumPy's BLAS.

    Raises RuntimeError unless `num` is a positive int. What the kernels compute does not depend on it.

    >>> import microdl as torch
    >>> before = torch.get_num_threads()
    >>> torch.set_num_threads(1)
    >>> torch.get_num_threads()
    1
    >>> torch.set_num_threads(before)

    Source: https://docs.pytorch.org/docs/stable/generated/torch.set_num_threads.html
    """
    global _num_threads
    if type(num) is not int:
        raise RuntimeError(f"set_num_threads expects an int, but got {type(num).__name__}")
    if num <= 0:
        raise RuntimeError(f"set_num_threads expects a positive integer, but got {num}; use 1 for a single thread")
    _num_threads = num
    from threadpoolctl import threadpool_limits

    threadpool_limits(min(num, available_cpus()), user_api="blas")  # it stays until it is set again


def get_num_threads() -> int:
    """The bound on the threads of the kernels.

    By default one for each CPU that this process may use, or fewer if the environment variable OMP_NUM_THREADS, as in
    PyTorch, or NUMBA_NUM_THREADS said so when it was first asked for.
    """
    global _num_threads
    if _num_threads is None:
        _num_threads = default_threads()
    return _num_threads


def default_threads() -> int:
    for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS"):
        value = os.environ.get(name, "").partition(",")[0].strip()
        if value.isdecimal() and int(value):
            return min(int(value), available_cpus())
    return available_cpus()


def available_cpus() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
