"""`torch.testing.assert_close` beside PyTorch's: the same verdict, the same error."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="live parity runs where torch 2.13 is installed; .ci/run installs it")

import microdl  # noqa: E402

NAN = float("nan")

CASES = [
    lambda a, t: a(t([1.0, 2.0, 3.0]), t([1.0, 2.0, 4.0])),
    lambda a, t: a(t([1.0]).double(), t([1.0 + 1e-6]).double()),
    lambda a, t: a(t([1.0]).half(), t([1.01]).half()),
    lambda a, t: a(t([1.0]).half(), t([1.001]), check_dtype=False),
    lambda a, t: a(t([1, 2]), t([1, 5])),
    lambda a, t: a(t([True, False]), t([True, True])),
    lambda a, t: a(t([5, 200], dtype=t(0).byte().dtype), t([6, 100], dtype=t(0).byte().dtype)),
    lambda a, t: a(t([1.0, NAN]), t([1.0, 2.0])),
    lambda a, t: a(t([float("inf")]), t([1.0])),
    lambda a, t: a(t([1.0], requires_grad=True), t([1.1])),
    lambda a, t: a(t([1.0]), t([2.0]), rtol=0, atol=0),
    lambda a, t: a(t([1.0]), t([2.0]), rtol=1),
    lambda a, t: a(t([1.0]), t([2.0]), msg=lambda m: "X\n" + m),
    lambda a, t: a(t(3), t(4)),
    lambda a, t: a(1.0, NAN),
    lambda a, t: a(1, 2),
    lambda a, t: a(np.float32(1), np.float32(2)),
    lambda a, t: a(np.array([1.0]), np.array([2.0])),
    lambda a, t: a({1: 1.0, 2: 2.0}, {2: 2.0, 1: 1.5}),
    lambda a, t: a({"x": {"y": t([1.0])}}, {"x": {"y": t([2.0])}}),
    lambda a, t: a([1, [2, 3]], [1, [2, 3, 4]]),
    lambda a, t: a("a", "a"),
    lambda a, t: a(t([1.0]).shape, t([1.0, 2.0]).shape),
]


def outcome(module: Any, case: Any) -> tuple[str, str]:
    try:
        case(module.testing.assert_close, module.tensor)
    except Exception as error:
        return type(error).__name__, str(error)
    return "", ""


@pytest.mark.parametrize("case", CASES)
def test_assert_close(case: Any) -> None:
    assert outcome(microdl, case) == outcome(torch, case)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int64", "uint8", "bool"])
@pytest.mark.parametrize("options", [{}, {"low": 1, "high": 4}, {"noncontiguous": True}, {"exclude_zero": True}])
def test_make_tensor(dtype: str, options: dict[str, Any]) -> None:
    if dtype == "bool" and "low" in options:
        options = {"low": 0, "high": 1}
    made = []
    for module in (microdl, torch):
        module.manual_seed(3)
        made.append(module.testing.make_tensor((3, 4), dtype=getattr(module, dtype), device="cpu", **options))
    assert made[0].tolist() == made[1].tolist()
    assert made[0].stride() == made[1].stride()
