"""JAX's ops in float32, as it computes by default."""

from __future__ import annotations

from typing import Any

import jax

from microdl.testing import frameworks

from .jax_table import OPS

__all__ = ["EXAMPLES", "OPS", "VERSION", "adapter"]

VERSION, EXAMPLES = jax.__version__, 10


def adapter() -> Any:
    return frameworks.jax(x64=False)
