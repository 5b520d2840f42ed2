"""What this machine can do at best: a matrix product, and a copy and a sum by all threads."""

from __future__ import annotations

import concurrent.futures
import os
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..workload import Row, Task

__all__ = ["ROWS"]

SIZE = 1536


def product(dtype: str, module: Any) -> Task:
    rng: Any = np.random.default_rng(0)
    a = rng.random((SIZE, SIZE), dtype)
    x = a if module is np else module.from_numpy(a)
    return Task(lambda: x @ x, lambda: {"corner": (x @ x)[:2, :2]})


def copy(megabytes: int, _: Any) -> Task:
    """A copy of half so many to the other half."""
    return _divided(np.copyto, megabytes)


def add(megabytes: int, _: Any) -> Task:
    """The sum of the halves put into one of them."""
    return _divided(lambda to, source: np.add(to, source, out=to), megabytes)


def _divided(work: Callable[[Any, Any], object], megabytes: int) -> Task:
    """On two arrays of so many megabytes together, each thread with its part."""
    threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
    source = np.ones(megabytes * 125_000, np.float32)
    parts = list(zip(np.array_split(np.zeros_like(source), threads), np.array_split(source, threads), strict=True))
    pool = concurrent.futures.ThreadPoolExecutor(threads)

    def call() -> None:
        list(pool.map(lambda part: work(*part), parts))

    return Task(call, lambda: {"done": np.array([part[0][-1] for part in parts])})


def _product(dtype: str) -> Row:
    builders = {name: partial(product, dtype) for name in ("microdl", "numpy", "torch")}
    return Row(f"product {dtype}", builders, flops=2.0 * SIZE**3, dtype=dtype)


def _passes(megabytes: int) -> list[Row]:
    """A copy moves the bytes of both arrays; a sum those of the one that is written twice."""
    return [
        Row(f"{megabytes} MB: copy", {"numpy": partial(copy, megabytes)}, bytes=megabytes * 1e6),
        Row(f"{megabytes} MB: sum", {"numpy": partial(add, megabytes)}, bytes=megabytes * 1.5e6),
    ]


ROWS = [_product("float32"), _product("float64"), *_passes(20), *_passes(500)]
