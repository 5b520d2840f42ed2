"""`numerical_vjp`: values inside their bars, statuses, three methods, and inputs that it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import microdl as torch
from microdl.testing import numerical_vjp

X = np.array([[0.3, -1.2, 2.0], [0.7, 0.0, -3.0]])
G = np.array([[1.5, -0.5, 2.0], [-1.25, 0.75, -3.0]])


@pytest.mark.parametrize(
    ("f", "gradient"),
    [
        (np.exp, lambda x: np.exp(x)),
        (np.tanh, lambda x: 1 / np.cosh(x) ** 2),
        (lambda x: x**3 - 2 * x, lambda x: 3 * x**2 - 2),
        (lambda x: np.sin(1000 * x), lambda x: 1000 * np.cos(1000 * x)),
        (lambda x: 1e-8 * x * x, lambda x: 2e-8 * x),
    ],
)
@pytest.mark.parametrize("method", ["adaptive", "central", "complex"])
def test_values_lie_inside_their_bars(f: Any, gradient: Any, method: str) -> None:
    (found,) = numerical_vjp(f, X, G, method)
    assert found is not None
    error = np.abs(found.value - G * gradient(X))
    told = found.status == "smooth"
    assert told.sum() >= 5
    assert (error <= found.bar + 4e-16 * np.abs(found.value))[told].all()
    assert {a.shape for a in (found.value, found.bar, found.status, found.low, found.high)} == {X.shape}
    largest = np.abs(found.value).max()
    assert found.bar[told].max() <= {"adaptive": 1e-4, "central": 1e-2, "complex": 1e-14}[method] * largest


def test_kinks_jumps_and_domains() -> None:
    (found,) = numerical_vjp(np.abs, np.array([-2.0, 0.0, 1e-7]), np.ones(3))
    assert found is not None
    assert found.status.tolist()[:2] == ["smooth", "kink"]
    assert found.low[1] == pytest.approx(-1)
    assert found.high[1] == pytest.approx(1)
    assert found.value[1] == pytest.approx(0, abs=1e-9)
    (found,) = numerical_vjp(np.sign, np.array([1.0, 0.0]), np.ones(2))
    assert found is not None
    assert found.status.tolist() == ["smooth", "skipped"]
    assert np.isnan(found.value[1])
    with pytest.raises(ValueError, match=r"output 0\[1\] is nan, so that it has no derivative: choose inputs inside"):
        numerical_vjp(np.log, np.array([1.0, -1.0]), np.ones(2))
    (found,) = numerical_vjp(np.log, np.array([2.0, -1.0]), np.array([1.0, 0.0]))
    assert found is not None
    assert found.value[0] == pytest.approx(0.5)


def test_tensors_several_inputs_and_outputs() -> None:
    a = torch.tensor([[1.0, 2.0]], dtype=torch.float64)
    b = torch.tensor([[3.0], [4.0]], dtype=torch.float64, requires_grad=True)
    of_a, of_b = numerical_vjp(torch.matmul, (a, b))
    assert of_a is not None
    assert of_b is not None
    assert np.allclose(of_a.value, [[3, 4]])
    assert np.allclose(of_b.value, [[1], [2]])
    one, index = numerical_vjp(
        lambda x, i: (x[i], 2 * x), (np.array([1.0, 2.0]), np.array([0, 0])), [G[0, :2], G[1, :2]]
    )
    assert index is None
    assert one is not None
    assert np.allclose(one.value, [G[0, 0] + G[0, 1] + 2 * G[1, 0], 2 * G[1, 1]])
    (scalar,) = numerical_vjp(lambda x: float(x) ** 2, np.array(3.0))
    assert scalar is not None
    assert scalar.value == pytest.approx(6)


def test_another_framework_by_its_adapter_and_a_pair() -> None:
    (found,) = numerical_vjp((np.square, None), X, G)
    assert found is not None
    assert np.allclose(found.value, 2 * X * G)
    (found,) = numerical_vjp(torch.square, X, G, adapter="microdl")
    assert found is not None
    assert np.allclose(found.value, 2 * X * G)


def test_inputs_are_left_alone() -> None:
    x = X.copy()
    for method in ("adaptive", "central", "complex"):
        numerical_vjp(np.square, x, G, method)
        assert (x == X).all()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"method": "forward"}, ValueError, "method must be 'adaptive', 'central' or 'complex', but got 'forward'"),
        ({"eps": 1e-6}, ValueError, "'adaptive' chooses its own steps, but got eps=1e-06"),
        ({"method": "central", "eps": 0.0}, ValueError, "eps must be a positive number, but got 0.0"),
        ({"g": None}, ValueError, r"g is needed where the output is not one number.*\(2, 3\)"),
        ({"g": np.ones(3)}, ValueError, r"g must have the shapes of the outputs, \[\(2, 3\)\], but got \[\(3,\)\]"),
        ({"inputs": np.arange(3)}, ValueError, "no input is a floating tensor or array"),
        ({"inputs": np.array([1.0, np.nan])}, ValueError, "input 0 has values that are not finite"),
        ({"func": lambda x: None}, TypeError, "no array of real numbers"),
        ({"func": lambda x: np.abs(x), "method": "complex"}, TypeError, "gives float64 for complex numbers: abs"),
        ({"func": np.cbrt, "method": "complex"}, TypeError, "takes no complex numbers"),
        ({"func": torch.exp, "inputs": torch.ones(2, dtype=torch.float64), "g": np.ones(2), "method": "complex"},
         TypeError, "for functions of NumPy arrays"),
    ],
)  # fmt: skip
def test_refusals(options: dict[str, Any], error: type[Exception], message: str) -> None:
    words = {"func": np.square, "inputs": X, "g": G, **options}
    with pytest.raises(error, match=message):
        numerical_vjp(**words)


def test_a_complex_step_that_loses_a_part_is_not_trusted() -> None:
    (found,) = numerical_vjp(lambda x: x * np.abs(x), np.array([2.0, 1.0]), np.ones(2), "complex")
    assert found is not None
    assert found.status.tolist() == ["inconclusive", "inconclusive"]
