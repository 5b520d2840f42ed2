"""What every test runs under: Hypothesis profiles, and global state given back as it was found."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

from microdl import dtypes, printing, random
from microdl.autograd.mode import mode

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]  # tensors are bigger than what these checks expect

settings.register_profile(
    "ci", derandomize=True, deadline=None, max_examples=50, print_blob=True, suppress_health_check=_SLOW
)
settings.register_profile("thorough", deadline=None, max_examples=2000, print_blob=True, suppress_health_check=_SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
if settings().derandomize:
    # Hypothesis also draws numbers that it reads in the project's imported modules. What a test draws would depend on
    # the tests before it, and on how they are shared among processes.
    providers.is_local_module_file = lambda path: False  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def restored_state() -> Iterator[None]:
    """Default dtype, print options, grad mode, the default generator and NumPy's error handling."""
    dtype, options = dtypes.get_default_dtype(), printing.get_printoptions()
    recording = mode.enabled, mode.inference
    stream = random.get_rng_state()
    with np.errstate():
        yield
    dtypes.set_default_dtype(dtype)
    printing.set_printoptions(**options)
    mode.enabled, mode.inference = recording
    random.set_rng_state(stream)


@pytest.fixture
def mydl_put_back() -> Iterator[None]:
    """Puts back what `learn.use` changes: the path, and the modules that are called mydl."""
    path = list(sys.path)
    yield
    sys.path[:] = path
    for name in [name for name in sys.modules if name.split(".")[0] == "mydl"]:
        del sys.modules[name]
