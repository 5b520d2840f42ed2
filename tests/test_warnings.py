"""A warning shows the line of the program that called microdl, through however many functions it comes."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest

import microdl as torch

F = torch.nn.functional
ONE, THREE = torch.ones(1), torch.ones(3)
BYTE = torch.ones(1, dtype=torch.uint8)

CALLS: dict[str, Callable[[], Any]] = {
    "a reduction": lambda: torch.var(ONE, axis=0),
    "a method": lambda: ONE.std(),
    "one step of several operations": lambda: torch.cross(THREE, THREE),
    "a function that takes out": lambda: torch.where(BYTE, ONE, 0.0),
    "an index": lambda: ONE[BYTE],
    "factors among the operands, in place": lambda: ONE.clone().add_(2, ONE),
    "a module": lambda: torch.nn.Softmax()(ONE),
    "a loss": lambda: torch.nn.KLDivLoss()(ONE, ONE),
    "a copy": lambda: ONE.new_tensor(ONE),
    "a property": lambda: (ONE.clone().requires_grad_() * 2).grad,
}


@pytest.mark.parametrize("name", CALLS)
def test_the_program_s_line_is_shown(name: str) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", RuntimeWarning)
        CALLS[name]()
    assert [w.filename for w in caught] == [__file__]
