"""`gradcheck` tells a right derivative from a wrong one."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

import microdl as torch
from microdl.autograd import gradcheck, gradgradcheck
from microdl.testing import GradcheckError

x = torch.tensor([0.3, -0.7], dtype=torch.float64, requires_grad=True)
y = torch.tensor([[0.2, 1.5], [2.0, -1.0]], dtype=torch.float64, requires_grad=True)


class Wrong(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x * 2

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * 3


class WrongTwice(torch.autograd.Function):
    """A square whose first derivative is right, and is not recorded as depending on x."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * 2 * ctx.saved_tensors[0].detach()


@pytest.mark.parametrize(
    ("function", "inputs"),
    [
        (torch.sin, x),
        (torch.matmul, (y, x)),
        (lambda a, n: (a**n, a.argmax()), (x, 2)),
        (torch.nn.functional.cross_entropy, (y, torch.tensor([1, 0]))),
        (lambda a: torch.zeros(2, dtype=torch.float64), (x,)),
    ],
)
def test_right_ones(function: Any, inputs: Any) -> None:
    before = x.tolist()
    assert gradcheck(function, inputs, eps=1e-6, atol=1e-4)
    assert x.tolist() == before


def test_second_derivatives() -> None:
    assert gradgradcheck(torch.exp, (x,))
    assert gradgradcheck(torch.matmul, (y, x), torch.ones(2, dtype=torch.float64, requires_grad=True))
    assert gradcheck(WrongTwice.apply, (x,))
    assert not gradgradcheck(WrongTwice.apply, (x,), raise_exception=False)


def test_a_wrong_one() -> None:
    with pytest.raises(GradcheckError, match="backward gives"):
        gradcheck(Wrong.apply, (x,))
    assert not gradcheck(Wrong.apply, (x,), raise_exception=False)


@pytest.mark.parametrize("explicit", [{"eps": 1e-6}, {"atol": 1e-5}, {"rtol": 1e-3}])
def test_pytorchs_rule_where_its_numbers_are_given(explicit: dict[str, float]) -> None:
    with pytest.raises(GradcheckError) as error:
        gradcheck(Wrong.apply, (x,), **explicit)
    assert str(error.value) == (
        "Jacobian mismatch for output 0 with respect to input 0,\n"
        "numerical:tensor([[2.0000, 0.0000],\n        [0.0000, 2.0000]], dtype=torch.float64)\n"
        "analytical:tensor([[3., 0.],\n        [0., 3.]], dtype=torch.float64)\n"
    )
    assert not gradcheck(Wrong.apply, (x,), raise_exception=False, **explicit)
    assert not gradgradcheck(WrongTwice.apply, (x,), raise_exception=False, **explicit)


def test_what_it_needs() -> None:
    with pytest.raises(ValueError, match="at least one input tensor to require gradient"):
        gradcheck(torch.sin, (torch.ones(2, dtype=torch.float64),))
    single = torch.ones(2, requires_grad=True)
    with (
        pytest.warns(UserWarning, match="Input #0 requires gradient and is not a double precision"),
        pytest.raises(GradcheckError),
    ):
        gradcheck(torch.sin, (single,), eps=1e-6)
    with pytest.warns(UserWarning, match="Input #0 requires gradient and is not a double precision"):
        assert gradcheck(torch.sin, (single,))  # the bars know of float32


def test_the_modules_of_pytorch() -> None:
    """`torch.autograd.gradcheck` is a function, and a module in which GradcheckError is."""
    from microdl.compat.table import MODULES

    module = importlib.import_module(MODULES["torch.autograd.gradcheck"])
    assert (module.gradcheck, module.GradcheckError) == (torch.autograd.gradcheck, GradcheckError)
    assert torch.testing.gradcheck is torch.autograd.gradcheck is gradcheck
    assert torch.testing.gradgradcheck is torch.autograd.gradgradcheck
