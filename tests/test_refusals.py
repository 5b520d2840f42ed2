"""What is refused, in PyTorch's types of error, where NumPy or Python would go on or say something else.

Thousands of such calls are in tests/harness; here are those with a rule of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import microdl as torch
from microdl.nn import functional as F

X = torch.tensor([[1.0, -2.0, 3.0], [0.5, 0.25, -4.0]])
MASK = X > 0
WHOLE = torch.tensor([[1, 2], [3, 4]])

REFUSED: list[tuple[type[Exception], str, Callable[[], Any]]] = [
    # no kernel for the dtype
    (NotImplementedError, "\"abs_cpu\" not implemented for 'Bool'", lambda: abs(MASK)),
    (NotImplementedError, "\"frac_cpu\" not implemented for 'Long'", lambda: WHOLE.frac()),
    (NotImplementedError, "\"round_cpu\" not implemented for 'Long'", lambda: torch.round(WHOLE, decimals=1)),
    (NotImplementedError, "\"cumsum_out_cpu\" not implemented for 'Bool'", lambda: X.cumsum(0, dtype=torch.bool)),
    (NotImplementedError, "\"geqrf_cpu\" not implemented for 'Half'", lambda: torch.linalg.qr(X.half())),
    (NotImplementedError, "\"bitwise_and_cpu\" not implemented for 'Float'", lambda: X & X),
    # what does not fit is said before
    (RuntimeError, r"size of tensor a \(3\) must match the size of tensor b \(2\)", lambda: X & X[:, :2]),
    (RuntimeError, "result type Float can't be cast to the desired output type Bool", lambda: MASK.bitwise_or_(1.5)),
    (RuntimeError, "doesn't match the broadcast shape", lambda: X[:, :1].clone().bitwise_and_(X)),
    # tensors, numbers and integers
    (TypeError, r"maximum\(\): argument 'other' \(position 2\) must be Tensor, not int", lambda: torch.maximum(X, 0)),
    (TypeError, r"logical_and\(\): argument 'input' .* must be Tensor", lambda: torch.logical_and(1, MASK)),
    (TypeError, r"full\(\): argument 'fill_value' \(position 2\) must be Number", lambda: torch.full((2,), "a")),
    (TypeError, "must be Number, not Tensor", lambda: torch.full((2,), torch.ones(2))),
    (OverflowError, "int too big to convert", lambda: torch.full((2,), 2**70)),
    (TypeError, "complex tensors are not implemented", lambda: torch.full((2,), 1 + 2j)),
    (TypeError, "argument 'steps' must be int, not float", lambda: torch.linspace(0, 1, 2.5)),
    (TypeError, "one of them is missing", lambda: torch.where(MASK, 1)),
    (TypeError, "one of them is missing", lambda: torch.where(MASK, other=1)),
    # sizes and dimensions
    (TypeError, "missing 1 required", lambda: X.permute()),
    (TypeError, "missing 1 required", lambda: X.view()),
    (TypeError, "takes 2 positional arguments but 3 were given", lambda: torch.reshape(X, 3, 2)),
    (TypeError, "must be tuple of ints, not int", lambda: torch.flip(X, 0)),
    (TypeError, "dim", lambda: X.softmax()),
    (TypeError, "dim", lambda: torch.log_softmax(X)),
    # matrices
    (torch.linalg.LinAlgError, "non-finite", lambda: torch.linalg.svdvals(X * float("nan"))),
    (torch.linalg.LinAlgError, "not positive-definite", lambda: torch.linalg.cholesky(torch.tensor([[float("nan")]]))),
    (RuntimeError, "size of tensor a", lambda: torch.linalg.pinv(X, atol=torch.ones(2, 3), rtol=torch.ones(2, 2))),
    (RuntimeError, "Got: Long", lambda: torch.linalg.norm(WHOLE, 1, 2)),
    (RuntimeError, "'L' or 'U', but got a", lambda: torch.linalg.eigh(X[:, :2], "a")),
    (IndexError, "non-zero size", lambda: torch.linalg.norm(torch.zeros(0, 3), -torch.inf)),
    # gradients, probabilities, dtypes
    (RuntimeError, "Autograd not support dtype", lambda: torch.ones(2, requires_grad=True).prod(dtype=torch.int64)),
    (RuntimeError, "between 0 and 1, but got 1.5", lambda: torch.dropout(X, 1.5, True)),
    (ValueError, "between 0 and 1, but got 1.5", lambda: F.dropout(X, 1.5)),
    (RuntimeError, "requires dtype Double", lambda: X.clone().float_power_(2)),
    (RuntimeError, "mixed dtype", lambda: F.group_norm(torch.ones(2, 4).double(), 2, torch.ones(4))),
]


@pytest.mark.parametrize(("kind", "text", "call"), REFUSED, ids=[f"{i} {r[1]}" for i, r in enumerate(REFUSED)])
def test_refused(kind: type[Exception], text: str, call: Callable[[], Any]) -> None:
    with pytest.raises(kind, match=text) as caught:
        call()
    assert caught.type is kind


def test_numpys_functions_of_a_tensor_and_a_number_stay() -> None:
    """`torch.maximum` takes tensors; `np.maximum`, in which formulas are written, numbers as well."""
    x = torch.tensor([-1.0, 2.0], requires_grad=True)
    np.maximum(x, 0.5).sum().backward()
    assert x.grad.tolist() == [0.0, 1.0]
    assert np.hypot(torch.tensor([3.0]), 4.0).tolist() == [5.0]


@pytest.mark.parametrize(
    ("input", "weight"),
    [("float64", "float32"), ("float32", "float64"), ("float16", "float32"), ("float32", "float32")],
)
def test_rms_norm_has_the_dtype_of_its_input(input: str, weight: str) -> None:
    x = torch.tensor([[3.0, 4.0]], dtype=getattr(torch, input))
    out = F.rms_norm(x, (2,), torch.tensor([1.0, 2.0], dtype=getattr(torch, weight)), eps=0.0)
    assert out.dtype == x.dtype
    np.testing.assert_allclose(out.numpy(), [[3 / 12.5**0.5, 8 / 12.5**0.5]], rtol=1e-3)


def test_a_limit_that_is_nan_takes_all_singular_values_for_zero() -> None:
    assert torch.linalg.pinv(X, rcond=float("nan")).tolist() == [[0.0, 0.0]] * 3


def test_powers_of_integer_matrices() -> None:
    assert torch.linalg.matrix_power(WHOLE, 2).tolist() == [[7, 10], [15, 22]]
