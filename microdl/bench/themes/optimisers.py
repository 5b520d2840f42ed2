"""One step of an optimiser on 1,000,000 parameters, in one tensor and in a hundred."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..workload import Row, Task
from ._by_hand import flat_update
from ._net import MOMENTUM, WEIGHT_DECAY, Net

__all__ = ["ROWS", "optimiser_row"]

PARAMETERS = 1_000_000
# Arrays that a step reads and writes once: the parameters and each of the state both, the gradient only read.
PASSES = {"SGD": 5, "Adam": 7}


def arrays(parameters: int, tensors: int) -> list[tuple[Any, Any]]:
    """Parameters and their gradients."""
    rng = np.random.default_rng(0)
    sizes = [parameters // tensors] * tensors
    return [(rng.random(n, np.float32), rng.random(n, np.float32) - np.float32(0.5)) for n in sizes]


def torch_like(name: str, parameters: int, tensors: int, way: dict[str, bool], torch: Any) -> Task:
    given = []
    for p, g in arrays(parameters, tensors):
        given.append(torch.nn.Parameter(torch.from_numpy(p)))
        given[-1].grad = torch.from_numpy(g)
    settings = {"momentum": MOMENTUM} if name == "SGD" else {}
    optimizer = getattr(torch.optim, name)(given, lr=_lr(name), weight_decay=WEIGHT_DECAY, **settings, **way)
    return Task(optimizer.step, partial(_after_three, optimizer.step, lambda: given[-1].detach().numpy()))


def by_hand(name: str, parameters: int, tensors: int, _: Any) -> Task:
    pairs = arrays(parameters, tensors)
    updates = [flat_update(Net(1, (1, 1), optimizer=name), np, p) for p, _ in pairs]

    def step() -> None:
        for update, (_, g) in zip(updates, pairs, strict=True):
            update(g)

    return Task(step, partial(_after_three, step, lambda: pairs[-1][0]))


def _lr(name: str) -> float:
    return Net(1, (1, 1), optimizer=name).lr


def _after_three(step: Callable[[], object], parameter: Callable[[], Any]) -> dict[str, Any]:
    for _ in range(3):
        step()
    return {"parameter": parameter()}


def optimiser_row(name: str, parameters: int, tensors: int = 1, **settings: Any) -> Row:
    ways: dict[str, dict[str, bool]] = {
        "microdl": {},
        "torch": {},
        "torch-foreach": {"foreach": True},
        "torch-fused": {"fused": True},
    }
    like = {label: partial(torch_like, name, parameters, tensors, way) for label, way in ways.items()}
    text = f"{name}, {parameters:,} parameters" + (f" in {tensors} tensors" if tensors > 1 else "")
    builders = like | {"numpy": partial(by_hand, name, parameters, tensors)}
    return Row(text, builders, bytes=4.0 * PASSES[name] * parameters, **settings)


_AIMS = {"torch-foreach": 1.3, "torch-fused": 1.3}
ROWS = [
    optimiser_row(name, PARAMETERS, tensors, aims=_AIMS, share=0.8) for tensors in (1, 100) for name in ("SGD", "Adam")
]
