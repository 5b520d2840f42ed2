"""`torch.testing`: what counts as close, and what the error says where it is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import microdl as torch
from microdl.testing import assert_allclose, assert_close, make_tensor

t = torch.tensor
NAN, INF = float("nan"), float("inf")

CLOSE: list[tuple[Any, Any, dict[str, Any]]] = [
    (t([1.0, 2.0]), t([1.0, 2.0 + 1e-6]), {}),
    (t([1]), t([1.0]), {"check_dtype": False}),
    (t([NAN, INF]), t([NAN, INF]), {"equal_nan": True}),
    ([1.0, {"a": t([2.0])}], (1.0, {"a": t([2.0])}), {}),
    (np.array([1.0]), np.array([1.0 + 1e-9]), {}),
    (None, None, {}),
    (True, True, {}),
    (1, 2, {"rtol": 0.0, "atol": 3.0}),
    (t([1.0]), torch.nn.Parameter(t([1.0])), {}),
    (torch.zeros(0), torch.zeros(0), {}),
    ({1: 1.0, "b": 2.0}, {"b": 2.0, 1: 1.0}, {}),
]

# (actual, expected, options, PyTorch's error)
APART: list[tuple[Any, Any, dict[str, Any], str]] = [
    (
        t([0.0, 1.0]),
        t([0.0, 0.0]),
        {},
        "Tensor-likes are not close!\n\nMismatched elements: 1 / 2 (50.0%)\n"
        "Greatest absolute difference: 1.0 at index (1,) (up to 1e-05 allowed)\n"
        "Greatest relative difference: inf at index (1,) (up to 1.3e-06 allowed)",
    ),
    (
        t([[1, 2], [3, 4]]),
        t([[1, 5], [3, 4]]),
        {},
        "Tensor-likes are not equal!\n\nMismatched elements: 1 / 4 (25.0%)\n"
        "Greatest absolute difference: 3 at index (0, 1)\n"
        "Greatest relative difference: 0.6000000238418579 at index (0, 1)",
    ),
    (
        t([1.0, NAN]),
        t([1.0, NAN]),
        {},
        "Tensor-likes are not close!\n\nMismatched elements: 1 / 2 (50.0%)\n"
        "Greatest absolute difference: nan at index (1,) (up to 1e-05 allowed)\n"
        "Greatest relative difference: nan at index (1,) (up to 1.3e-06 allowed)",
    ),
    (
        {"x": [t(1.0)]},
        {"x": [t(2.0)]},
        {"rtol": 0, "atol": 0},
        "Scalars are not equal!\n\nExpected 2.0 but got 1.0.\nAbsolute difference: 1.0\nRelative difference: 0.5\n\n"
        "The failure occurred for item ['x'][0]",
    ),
    (1.0, 0.0, {}, "Scalars are not close!\n\nExpected 0.0 but got 1.0.\nAbsolute difference: 1.0 (up to 1e-07 allowed)"
        "\nRelative difference: inf (up to 1e-07 allowed)"),
    (1, 1.0, {}, "The (d)types do not match: <class 'int'> != <class 'float'>."),
    (t([1]), t([1.0]), {}, "The values for attribute 'dtype' do not match: torch.int64 != torch.float32."),
    (t([1]), t([1, 2]), {}, "The values for attribute 'shape' do not match: torch.Size([1]) != torch.Size([2])."),
    (torch.zeros(2, 3), torch.zeros(3, 2).t(), {"check_stride": True},
        "The values for attribute 'stride()' do not match: (3, 1) != (1, 2)."),
    ([1], [1, 2], {}, "The length of the sequences mismatch: 1 != 2"),
    ({"a": 1}, {"b": 1}, {}, "The keys of the mappings do not match:\nMissing keys in the actual mapping: ['b']\n"
        "Additional keys in the actual mapping: ['a']"),
    (True, False, {}, "Booleans mismatch: True is not False"),
    (None, 1, {}, "None mismatch: None is not 1"),
    (t(1.0), t(2.0), {"msg": "mine"}, "mine"),
    (True, False, {"msg": lambda text: f"{text}!"}, "Booleans mismatch: True is not False!"),
]  # fmt: skip


@pytest.mark.parametrize(("actual", "expected", "options"), CLOSE)
def test_close(actual: Any, expected: Any, options: dict[str, Any]) -> None:
    assert_close(actual, expected, **options)


@pytest.mark.parametrize(("actual", "expected", "options", "text"), APART)
def test_not_close(actual: Any, expected: Any, options: dict[str, Any], text: str) -> None:
    with pytest.raises(AssertionError) as error:
        assert_close(actual, expected, **options)
    assert str(error.value) == text


@pytest.mark.parametrize("pair", [(t([1.0]), 1.0), (t([1.0]), [1.0]), ("a", "a"), (np.ones(1), t([1.0]))])
def test_what_cannot_be_compared(pair: tuple[Any, Any]) -> None:
    with pytest.raises(TypeError, match="No comparison pair was able to handle inputs of type"):
        assert_close(*pair)


def test_a_subclass_may_be_refused() -> None:
    with pytest.raises(TypeError, match="No comparison pair"):
        assert_close(t([1.0]), torch.nn.Parameter(t([1.0])), allow_subclasses=False)


def test_tolerances_go_together() -> None:
    with pytest.raises(ValueError, match="but got no atol"):
        assert_close(1.0, 1.0, rtol=1.0)
    with pytest.raises(RuntimeError, match=">= 0"):
        assert_close(1.0, 1.0, rtol=-1.0, atol=0.0)


def test_the_older_name() -> None:
    with pytest.warns(FutureWarning, match="deprecated"):
        assert_allclose([1.0, NAN], t([1.0, NAN]))
    with pytest.warns(FutureWarning), pytest.raises(AssertionError, match="not close"):
        assert_allclose(t([1.0]), t([1.1]))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.int64, torch.uint8, torch.bool])
def test_make_tensor(dtype: torch.dtype) -> None:
    x = make_tensor((4, 6), dtype=dtype, device="cpu")
    assert x.shape == (4, 6)
    assert x.dtype == dtype
    assert x.is_contiguous()
    assert not make_tensor(4, 6, dtype=dtype, device="cpu", noncontiguous=True).is_contiguous()
    assert (make_tensor(50, dtype=dtype, device="cpu", exclude_zero=True) != 0).all()


def test_make_tensor_between_bounds() -> None:
    x = make_tensor(100, dtype=torch.float32, device="cpu", low=2, high=3, requires_grad=True)
    assert x.requires_grad
    assert ((x >= 2) & (x < 3)).all()
    with pytest.raises(ValueError, match="low must be less than high"):
        make_tensor(2, dtype=torch.int64, device="cpu", low=3, high=3)
    with pytest.raises(ValueError, match="cannot be NaN"):
        make_tensor(2, dtype=torch.float32, device="cpu", low=NAN)
