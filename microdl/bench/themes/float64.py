"""The training steps of `steps` in double precision, with their batch and with one of 8."""

from __future__ import annotations

from dataclasses import replace

from .steps import BASES, row

__all__ = ["ROWS"]

_NETS = {name: replace(net, dtype="float64") for name, (net, _) in BASES.items()}
ROWS = [row(name, net) for name, net in _NETS.items()]
ROWS += [row(name, replace(net, batch=8)) for name, net in _NETS.items()]
