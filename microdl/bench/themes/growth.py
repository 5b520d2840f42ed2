"""How time grows with the batch, the width, the depth and the number of parameters: linearly where it should."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from ..workload import Row
from ._net import Net
from .optimisers import optimiser_row
from .steps import torch_step

__all__ = ["ROWS"]

_BATCH, _WIDTH, _DEPTH = Net(64, (784, 128, 10)), Net(128, (784, 64, 10)), Net(128, (128, 128, 10))
NETS = [
    *(("batch", n, replace(_BATCH, batch=n)) for n in (64, 256, 1024, 4096)),
    *(("width", n, replace(_WIDTH, widths=(784, n, 10))) for n in (64, 256, 1024, 4096)),
    *(("depth", n, replace(_DEPTH, widths=(*[128] * (n + 1), 10))) for n in (4, 16, 64)),
]


def _step(axis: str, size: int, net: Net) -> Row:
    widths = "-".join(map(str, net.widths)) if len(net.widths) < 5 else f"{size} layers of 128-10"
    builders = {name: partial(torch_step, net) for name in ("microdl", "torch")}
    text = f"{axis} {size:,}: {net.batch}x{widths}"
    return Row(text, builders, flops=net.flops, bytes=net.bytes, tolerance=1e-3, axis=(axis, size))


ROWS = [_step(*net) for net in NETS]
ROWS += [optimiser_row("Adam", n, axis=("parameters", n)) for n in (10_000, 100_000, 1_000_000, 10_000_000)]
