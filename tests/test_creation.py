"""Making tensors: what PyTorch's arguments ask for is done or refused, never passed over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import microdl as torch

WITH_OUT: dict[str, tuple[Callable[..., Any], list[Any]]] = {
    "zeros": (lambda **out: torch.zeros(2, **out), [0, 0]),
    "ones": (lambda **out: torch.ones((2,), **out), [1, 1]),
    "empty": (lambda **out: torch.empty(2, **out), [0, 0]),
    "full": (lambda **out: torch.full((2,), 7, **out), [7, 7]),
    "arange": (lambda **out: torch.arange(2, **out), [0, 1]),
    "linspace": (lambda **out: torch.linspace(0, 1, 2, **out), [0, 1]),
    "logspace": (lambda **out: torch.logspace(0, 1, 2, **out), [1, 10]),
    "eye": (lambda **out: torch.eye(2, **out), [[1, 0], [0, 1]]),
}


@pytest.mark.parametrize("name", WITH_OUT)
def test_a_new_tensor_is_written_into_out(name: str) -> None:
    make, values = WITH_OUT[name]
    place = torch.full(torch.tensor(values).shape, -1.0)
    assert make(out=place) is place
    assert place.tolist() == values


@pytest.mark.parametrize("data", [torch.ones(1), torch.ones(1).numpy(), [1.0]])
def test_as_tensor_knows_no_other_device(data: Any) -> None:
    assert torch.as_tensor(data, device="cpu").tolist() == [1]
    with pytest.raises(AssertionError, match="not on 'cuda'"):
        torch.as_tensor(data, device="cuda")


def test_the_old_constructor_takes_no_options_but_the_device() -> None:
    assert torch.Tensor(2, device="cpu").shape == (2,)
    with pytest.raises(RuntimeError, match="legacy constructor expects device type: cpu but device type: cuda"):
        torch.Tensor(2, device="cuda")
    with pytest.raises(TypeError, match="dtype"):
        torch.Tensor([1], dtype=torch.int64)


def test_to_copies_where_the_flag_stands_by_position() -> None:
    x = torch.ones(1)
    assert x.to(torch.float32, False) is x
    assert x.to(torch.float32, False, True) is not x
    assert x.to("cpu", torch.float32, False, True) is not x


LIKE = ["zeros_like", "ones_like", "empty_like"]


@pytest.mark.parametrize("name", LIKE)
def test_a_like_function_names_itself_where_it_is_given_no_tensor(name: str) -> None:
    with pytest.raises(TypeError, match=rf"{name}\(\): argument 'input' \(position 1\) must be Tensor, not list"):
        getattr(torch, name)([1])


MAKERS: dict[str, Callable[[], Any]] = {
    "tensor": lambda: torch.tensor([1], requires_grad=True),
    "randint": lambda: torch.randint(0, 2, (1,), requires_grad=True),
    "tril_indices": lambda: torch.tril_indices(2, 2, requires_grad=True),
    "Parameter": lambda: torch.nn.Parameter(torch.tensor([1])),
}


@pytest.mark.parametrize("name", MAKERS)
def test_whole_numbers_require_no_gradients(name: str) -> None:
    with pytest.raises(RuntimeError, match="Only Tensors of floating point and complex dtype can require gradients"):
        MAKERS[name]()


OF_INTEGERS: dict[str, Callable[[Any], Any]] = {
    "logit": torch.logit,
    "polygamma": lambda x: torch.polygamma(1, x),
    "mvlgamma": lambda x: torch.mvlgamma(x, 1),
    "gradient": lambda x: torch.gradient(x)[0],
    "logsumexp": lambda x: torch.logsumexp(x, 0),
}


@pytest.mark.parametrize("name", OF_INTEGERS)
def test_integers_become_floats_of_the_default_dtype(name: str) -> None:
    whole = torch.tensor([3, 4, 6])
    assert OF_INTEGERS[name](whole).dtype == torch.float32
    torch.set_default_dtype(torch.float64)
    assert OF_INTEGERS[name](whole).dtype == torch.float64
