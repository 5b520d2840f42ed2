"""A chain of 100,000 elementwise operations on one element, forward and backward: what an operation costs in Python."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ..workload import Row, Task

__all__ = ["ROWS"]

OPERATIONS = 100_000


def torch_like(operations: int, torch: Any) -> Task:
    x = torch.from_numpy(np.array([1.0], np.float32)).requires_grad_()

    def call() -> Any:
        x.grad = None
        out = x
        for _ in range(operations // 2):
            out = out * 0.9999 + 1e-4
        out.backward()
        return out

    return Task(call, lambda: {"out": call().detach().numpy(), "grad": x.grad.numpy()})


def mygrad(operations: int, mg: Any) -> Task:
    x = mg.tensor(np.array([1.0], np.float32))

    def call() -> Any:
        out = x
        for _ in range(operations // 2):
            out = out * np.float32(0.9999) + np.float32(1e-4)
        out.backward()
        return out

    return Task(call, lambda: {"out": call().data, "grad": x.grad})


_BUILDERS = {"microdl": torch_like, "torch": torch_like, "mygrad": mygrad}
ROWS = [
    Row(
        f"{OPERATIONS:,} operations",
        {name: partial(builder, OPERATIONS) for name, builder in _BUILDERS.items()},
        aims={"torch": 2.5},
        tolerance=1e-3,
    )
]
