"""The training steps of `steps` with a batch of 8, where what Python costs shows most."""

from __future__ import annotations

from dataclasses import replace

from .steps import BASES, row

__all__ = ["ROWS"]

ROWS = [row(name, replace(net, batch=8)) for name, (net, _) in BASES.items()]
