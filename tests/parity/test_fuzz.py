"""Random programs on both libraries: `python -m tests.parity.fuzz` runs more of them, and says what it met."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

torch = pytest.importorskip("torch", reason="live parity runs where torch 2.13 is installed; .ci/run installs it")

from .fuzz.programs import Program, programs  # noqa: E402 - they need torch
from .fuzz.runner import Session  # noqa: E402


@settings(max_examples=1500, suppress_health_check=list(HealthCheck))
@given(programs())
def test_random_programs_agree_at_every_statement(program: Program) -> None:
    Session().run(program)
