"""Backward passes that stop at NaN, and backwards that are not differentiated again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import microdl as torch
from microdl.autograd.function import once_differentiable


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    yield
    torch.autograd.set_detect_anomaly(False)


def nan_in_the_backward_pass() -> tuple[Any, Any]:
    x = torch.tensor([0.0, 1.0], requires_grad=True)
    return x, (x.sqrt() * 0).sum()


def test_a_step_that_makes_nan_is_named_and_no_gradient_written() -> None:
    x, y = nan_in_the_backward_pass()
    with torch.autograd.set_detect_anomaly(True):
        assert torch.is_anomaly_enabled()
        with pytest.raises(RuntimeError, match=r"^Function 'SqrtBackward0' returned nan values in its 0th output\.$"):
            y.backward(retain_graph=True)
    assert x.grad is None
    assert not torch.is_anomaly_enabled()
    y.backward()
    assert x.grad[0].isnan()


def test_under_create_graph_and_in_the_second_output() -> None:
    x, y = nan_in_the_backward_pass()
    torch.autograd.set_detect_anomaly(True)
    with pytest.raises(RuntimeError, match="SqrtBackward0"):
        torch.autograd.grad(y, x, create_graph=True)
    a = torch.tensor([float("nan")], requires_grad=True)
    b = torch.tensor([1.0], requires_grad=True)
    with pytest.raises(RuntimeError, match=r"'MulBackward0' returned nan values in its 1th output"):
        (a * b).sum().backward()
    (b * 2).sum().backward()
    assert b.grad.tolist() == [2.0]


def test_without_the_check_nothing_is_looked_for() -> None:
    _, y = nan_in_the_backward_pass()
    with torch.autograd.set_detect_anomaly(True, check_nan=False):
        assert not torch.is_anomaly_check_nan_enabled()
        y.backward()


def test_detect_anomaly_warns_and_ends_with_its_block() -> None:
    _, y = nan_in_the_backward_pass()
    with pytest.warns(UserWarning, match="will increase the runtime"):
        block = torch.autograd.detect_anomaly()
    with block:
        assert torch.is_anomaly_enabled()
        with pytest.raises(RuntimeError, match="SqrtBackward0"):
            y.backward()
    assert not torch.is_anomaly_enabled()


class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return 2 * x * g


def test_once_differentiable() -> None:
    x = torch.tensor([3.0], requires_grad=True)
    (g,) = torch.autograd.grad((Square.apply(x) * x).sum(), x, create_graph=True)
    assert g.tolist() == [27.0]
    with pytest.raises(RuntimeError, match="differentiate twice a function that was marked with @once_differentiable"):
        g.sum().backward()
    assert torch.autograd.grad(Square.apply(x).sum(), x)[0].tolist() == [6.0]


def test_an_instance_of_a_function_is_not_called() -> None:
    with pytest.raises(RuntimeError, match=r"Legacy autograd function .* call Square.apply\(...\)"):
        Square()(torch.ones(1))


def test_a_gradient_that_is_no_tensor_and_a_hook_that_returns() -> None:
    class Wrong(Square):
        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return 3

    x = torch.tensor([3.0], requires_grad=True)
    with pytest.raises(RuntimeError, match=r"expected Variable or None \(got int\)"):
        Wrong.apply(x).sum().backward()
    x.register_post_accumulate_grad_hook(lambda p: 3)
    with pytest.raises(TypeError, match="hook returned 'int'"):
        (x * 2).sum().backward()
