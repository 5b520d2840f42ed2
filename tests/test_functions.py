"""What the samples of tests/test_ops.py do not show of functions put together from others: errors, dtypes, views."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import microdl as torch

X = torch.arange(6.0).reshape(2, 3)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: torch.cdist(X[0], X), RuntimeError, "X1 got: 1D"),
        (lambda: torch.cdist(X, X, -1), RuntimeError, "non-negative p values, but p is -1"),
        (lambda: torch.cdist(X, X[:, :2]), RuntimeError, "X1: 3 X2: 2"),
        (lambda: torch.cdist(X.long(), X), RuntimeError, "X1 Got: Long"),
        (lambda: torch.cdist(X, X.double()), RuntimeError, "expected scalar type Float but found Double"),
        (lambda: torch.cdist(X, X, compute_mode="fast"), ValueError, "fast is not a valid value"),
        (lambda: torch.pdist(X[0]), RuntimeError, "pdist only supports 2D tensors, got: 1D"),
        (lambda: torch.cov(torch.zeros(2, 2, 2)), RuntimeError, "input with 3 dimensions"),
        (lambda: torch.cov(X, fweights=torch.ones(3)), RuntimeError, "fweights to have integral dtype"),
        (lambda: torch.cov(X, aweights=-torch.ones(3)), RuntimeError, "aweights cannot be negative"),
        (lambda: torch.gradient(X, edge_order=3), RuntimeError, "but got 3"),
        (lambda: torch.gradient(X, spacing=[1.0]), RuntimeError, "list of length 1 for 2 dimensions"),
        (lambda: torch.trapezoid(X, torch.ones(2)), RuntimeError, "one `x` value for each sample point: 2 and 3"),
        (lambda: torch.histogram(X, 0), RuntimeError, "bins must be > 0, but got 0"),
        (lambda: torch.histogram(X * math.nan, 3), RuntimeError, "is not finite"),
        (lambda: torch.rot90(X, 1, (0, 0)), RuntimeError, "dim0 = 0 and dim1 = 0"),
        (lambda: torch.fliplr(X[0]), RuntimeError, "Input must be >= 2-d"),
        (lambda: torch.movedim(X, (0, 0), (0, 1)), RuntimeError, "repeated dim in `source`"),
        (lambda: torch.tensor_split(X, 0), RuntimeError, "larger than 0, got 0"),
        (lambda: torch.hsplit(X, 2), RuntimeError, "3 is not divisible by the split_size 2"),
        (lambda: torch.block_diag(torch.zeros(1, 1, 1)), RuntimeError, "Input 0 has 3 dimensions"),
        (lambda: torch.broadcast_shapes((2,), (3,)), RuntimeError, "cannot be broadcast"),
        (lambda: X.unfold(1, 4, 1), RuntimeError, "dimension 1 is 3 but size is 4"),
        (lambda: torch.as_strided(X, (3, 3), (2, 1), 2), RuntimeError, "reach element 8"),
        (lambda: torch.as_strided(X.t(), (2,), (1,)), RuntimeError, "not contiguous"),
        (lambda: X.scatter_reduce(0, torch.zeros(1, 3).long(), X, "max"), RuntimeError, "amax or amin, got max"),
        (lambda: torch.put(X, torch.tensor([9]), torch.ones(1)), IndexError, "index 9 on a tensor of 6"),
        (lambda: X.masked_scatter(X > 0, torch.ones(2)), RuntimeError, "2 elements for 5 places"),
        (lambda: torch.linalg.solve_triangular(X, X, upper=True), RuntimeError, "2 by 3 matrices"),
        (lambda: torch.linalg.lstsq(X, X, driver="qr"), RuntimeError, "gelss"),
        (lambda: torch.linalg.lstsq(X, X[:1]), RuntimeError, "input.size"),
        (lambda: torch.linalg.cross(X[:, :2], X[:, :2]), RuntimeError, "must have length 3. Got 2 and 2"),
        (lambda: torch.symeig(X), RuntimeError, "torch.linalg.eigh"),
        (lambda: torch.renorm(X, 2, 0, -1.0), RuntimeError, "got -1.0"),
        (lambda: X.sum_to_size(4), RuntimeError, "not expandable"),
        (lambda: torch.imag(X), RuntimeError, "non-complex"),
        (lambda: torch.set_default_device("cuda"), AssertionError, "CUDA"),
        (lambda: torch.set_default_tensor_type("torch.Foo"), TypeError, "torch.Foo"),
        (lambda: torch.frexp(torch.tensor([1])), RuntimeError, "floating-point"),
        (lambda: torch.gcd(X, X), NotImplementedError, "gcd_cpu"),
        (lambda: torch.hann_window(-1), RuntimeError, "window_length=-1"),
        (lambda: torch.linalg.vander(X, N=1), RuntimeError, "N must be greater than 1"),
    ],
)
def test_errors_carry_the_value(call: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text.replace("(", r"\(").replace("[", r"\[")):
        call()


def test_close_points_keep_their_distance_where_each_difference_is_taken() -> None:
    """PyTorch's numbers for more than 25 rows: from a matrix product, small distances come out rounded."""
    x = torch.linspace(1000.0, 1001.0, 30).reshape(30, 1)
    exact = torch.cdist(x, x, compute_mode="donot_use_mm_for_euclid_dist")
    assert exact.diagonal().abs().max().item() == 0
    assert torch.equal(exact, (x - x.t()).abs())
    assert not torch.allclose(torch.cdist(x, x), exact, atol=1e-4)


def test_gradient_of_a_distance_of_0_is_0() -> None:
    x = torch.zeros(2, 3, requires_grad=True)
    for p in (1, 2, 3.5, math.inf):
        (g,) = torch.autograd.grad(torch.cdist(x, x, p).sum(), x)
        assert g.tolist() == [[0, 0, 0], [0, 0, 0]]


def test_unfold_and_as_strided_are_views() -> None:
    x = torch.zeros(6)
    x.unfold(0, 2, 2)[1] = 5
    assert x.tolist() == [0, 0, 5, 5, 0, 0]
    torch.as_strided(x, (3,), (2,)).fill_(1)
    assert x.tolist() == [1, 0, 1, 5, 1, 0]
    with pytest.raises(RuntimeError, match="single memory location"):
        x.unfold(0, 3, 1).zero_()
    with pytest.raises(RuntimeError, match="single memory location"):
        torch.as_strided(x, (2, 2), (1, 1)).zero_()


def test_integer_reductions_by_index_round_down() -> None:
    x = torch.tensor([0, 7])
    out = x.scatter_reduce(0, torch.tensor([0, 0]), torch.tensor([-1, -2]), "mean")
    assert (out.tolist(), out.dtype) == ([-1, 7], torch.int64)


def test_resize_as() -> None:
    assert torch.tensor([[1, 2], [3, 4]]).resize_as_(torch.zeros(3)).tolist() == [1, 2, 3]


def test_forms_in_place_change_the_tensor() -> None:
    x = torch.tensor([0.25, 0.5])
    y = x
    x.erf_().logit_().sinc_().asinh_().deg2rad_().copysign_(torch.tensor(-1.0)).xlogy_(torch.tensor([2.0, 3.0]))
    assert y is x
    assert (x < 0).all()
    x = torch.zeros(3).put_(torch.tensor([0]), torch.ones(1)).masked_scatter_(torch.tensor([False, True, True]), X[1])
    assert x.tolist() == [1, 3, 4]


def test_cholesky_ex_and_inv_ex_tell_of_failure() -> None:
    a = torch.stack([torch.eye(2), torch.tensor([[1.0, 2.0], [2.0, 1.0]])])
    out = torch.linalg.cholesky_ex(a)
    assert out.info.tolist() == [0, 2]
    assert out.L[0].tolist() == [[1, 0], [0, 1]]
    assert out.L[1].isnan().all()
    with pytest.raises(RuntimeError, match="positive-definite"):
        torch.linalg.cholesky_ex(a, check_errors=True)
    assert torch.linalg.inv_ex(torch.zeros(2, 2)).info.item() > 0
    assert torch.linalg.cond(torch.zeros(2, 2), 1).item() == math.inf


def test_least_squares_of_a_deficient_matrix_is_the_shortest() -> None:
    a = torch.ones(3, 2, dtype=torch.float64)
    out = torch.linalg.lstsq(a, torch.tensor([[2.0], [4.0], [6.0]], dtype=torch.float64))
    np.testing.assert_allclose(out.solution, [[2.0], [2.0]], rtol=1e-12)
    assert out.rank.item() == 1


def test_promotion_queries() -> None:
    assert torch.result_type(torch.ones(2), 1) is torch.float32
    assert torch.result_type(torch.ones(2, dtype=torch.int32), 1.5) is torch.float32
    assert torch.result_type(torch.ones(2, dtype=torch.int32), torch.tensor(1)) is torch.int32
    assert torch.result_type(1, 2.0) is torch.float32
    assert not torch.can_cast(torch.float32, torch.int64)
    assert torch.can_cast(torch.int64, torch.uint8)


def test_default_tensor_type() -> None:
    torch.set_default_tensor_type(torch.DoubleTensor)
    assert torch.ones(1).dtype is torch.float64
    torch.set_default_tensor_type("torch.FloatTensor")
    assert torch.ones(1).dtype is torch.float32
    torch.set_default_device("cpu")
    assert torch.get_default_device() == torch.device("cpu")


def test_the_sign_of_nan_is_0() -> None:
    x = torch.tensor([math.nan, -0.0, -2.0, math.inf])
    assert torch.sign(x).tolist() == [0, 0, -1, 1]
    assert torch.sign(torch.tensor([-3, 0, 9], dtype=torch.int8)).dtype is torch.int8


def test_nothing_splits_into_empty_parts() -> None:
    assert [tuple(t.shape) for t in torch.zeros(0, 3).chunk(2)] == [(0, 3), (0, 3)]
    with pytest.raises(RuntimeError, match="at least a 1-dimensional"):
        torch.tensor(1.0).split(1)


def test_median_of_no_integers_is_the_least_number() -> None:
    assert torch.zeros(0, dtype=torch.int64).median().item() == -(2**63)


def test_methods_in_place_are_functions_too() -> None:
    x = torch.tensor([-1.5, 2.0])
    assert torch.abs_(x) is x
    assert torch.clamp_(x, max=1.75).tolist() == [1.5, 1.75]
    assert torch.zero_(x).tolist() == [0, 0]


def test_histogram_has_100_bins_unless_told() -> None:
    counts, edges = torch.histogram(torch.arange(4.0), density=True)
    assert counts.shape == (100,)
    assert edges.shape == (101,)
