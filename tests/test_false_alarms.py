"""Right gradients that a gradient tester might call wrong: each was an alarm once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import microdl as torch
from microdl.testing.adapters import MICRODL
from microdl.testing.battery import BATTERY, run
from microdl.testing.strategies import shapes
from microdl.testing.subject import Counts, Subject

F = torch.nn.functional


def passes(op: Any, *args: Any) -> None:
    """Every check of the battery, with a number of upstream gradients."""
    for seed in range(5):
        with np.errstate(all="ignore"):
            run(Subject(op, MICRODL, list(args), seed=seed), list(BATTERY.values()), Counts())


@pytest.mark.parametrize("n", [1, 3, 9, 33])
@pytest.mark.parametrize("op", [torch.median, lambda x: x.mode()[0], lambda x: torch.sort(x)[0]])
def test_one_of_many_equal_elements_has_the_gradient(op: Any, n: int) -> None:
    """Moved alone, no element changes the median of equal ones; moved together they do."""
    passes(op, np.ones(n))


def test_three_arguments_that_are_equal() -> None:
    passes(lambda x, y, z: torch.minimum(torch.maximum(x, y), z), np.ones(3), np.ones(3), np.ones(3))


def test_what_cancels_between_the_outputs() -> None:
    """The backward of softmax, whose gradient is exactly 0 where its upstream gradient is constant."""
    x = np.ones((2, 33))
    x[1, 32] = 2.0
    passes(lambda x: torch.softmax(x, 0), x)


@pytest.mark.parametrize("p", [1e-9, 1e-7, 1 - 1e-9])
def test_a_bend_close_to_the_end_of_the_domain(p: float) -> None:
    x = np.full(300, 0.5)
    x[7] = p
    passes(F.binary_cross_entropy, x, x.copy())


def test_an_op_may_refuse_inputs_that_a_check_has_changed() -> None:
    """Rows repeated are a singular matrix, and what is next to 1 in float32 is no probability."""
    passes(torch.linalg.inv, np.array([[2.125, 0.125], [0.125, 4.125]]))
    passes(F.binary_cross_entropy, np.array([1 - 1e-9]), np.array([0.5]))


def test_a_gradient_that_cancels_where_two_inputs_are_the_same() -> None:
    x = np.array([[0.885, 2.556, -2.718], [-1.125, 2.0, -0.25]])
    passes(lambda a, b: F.cosine_similarity(a, b), x, x.copy())


def test_long_shapes_keep_to_the_least_side() -> None:
    from hypothesis import given

    @given(shapes(1, 2, 2))
    def sides(shape: tuple[int, ...]) -> None:
        assert min(shape) >= 2

    sides()
