"""Reductions, extrema, running sums and order: errors, edge cases and gradients at ties and zeros.

Values are those of PyTorch 2.13, recorded.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest

import microdl as torch
from microdl.ops import cumulative, extremum, moments, norm, reduction, sorting

INF, NAN = math.inf, math.nan
M = [[1.0, 5.0, 5.0], [2.0, 2.0, 0.0]]


def gradient(call: Any, values: Any) -> Any:
    """The gradient of the sum of what `call` gives (of the first, if it is a pair)."""
    x = torch.tensor(values, requires_grad=True)
    y = call(x)
    (y[0] if isinstance(y, tuple) else y).sum().backward()
    return x.grad.tolist()


# --- gradients where they are not obvious -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "values", "expected"),
    [
        (extremum.max, M, [[0, 0.5, 0.5], [0, 0, 0]]),
        (extremum.amax, M, [[0, 0.5, 0.5], [0, 0, 0]]),
        (lambda x: extremum.amax(x, 1), M, [[0, 0.5, 0.5], [0.5, 0.5, 0]]),
        (lambda x: extremum.max(x, 1), M, [[0, 1, 0], [1, 0, 0]]),
        (lambda x: extremum.min(x, 0), M, [[1, 0, 0], [0, 1, 1]]),
        (lambda x: extremum.max(x, x * 1), [3.0, 4.0], [1, 1]),
        (extremum.max, [[1.0, NAN], [3.0, 3.0]], [[0, 1], [0, 0]]),
        (sorting.median, [1.0, 1.0, 0.0, 1.0], [1 / 3, 1 / 3, 0, 1 / 3]),
        (cumulative.prod, [0.0, 1.0, 2.0, 3.0], [6, 0, 0, 0]),
        (cumulative.prod, [0.0, 1.0, 0.0, 3.0], [0, 0, 0, 0]),
        (lambda x: cumulative.cumprod(x, 0), [2.0, 0.0, 3.0, 0.0, 3.0], [1, 8, 0, 0, 0]),
        (lambda x: cumulative.cummax(x, 0), [2.0, 2.0, 3.0, 0.0, NAN, 3.0], [1, 1, 2, 0, 2, 0]),
        (norm.norm, [0.0, 0.0], [0, 0]),
        (lambda x: norm.norm(x, 1), [0.0, -1.0], [0, -1]),
        (lambda x: norm.norm(x, 3), [0.0, 0.0], [0, 0]),
        (lambda x: norm.norm(x, INF), [2.0, -2.0, 1.0], [0.5, -0.5, 0]),
        (lambda x: norm.norm(x, INF), [0.0, 0.0], [0, 0]),
        (moments.std, [2.0, 2.0], [0, 0]),
        (reduction.nansum, [2.0, NAN], [1, 0]),
        (lambda x: reduction.logsumexp(x, 0), [-INF, 1.0], [0, 1]),
    ],
)
def test_gradient(call: Any, values: Any, expected: Any) -> None:
    np.testing.assert_allclose(gradient(call, values), expected, rtol=1e-6)


def test_an_infinite_gradient_does_not_leak_to_what_was_not_chosen() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    extremum.amax(x).backward(torch.tensor(INF))
    assert x.grad.tolist() == [0.0, INF]


def test_prod_differentiates_twice_at_zero() -> None:
    x = torch.tensor([0.0, 2.0, 3.0], requires_grad=True)
    (g,) = torch.autograd.grad(cumulative.prod(x), x, create_graph=True)
    (h,) = torch.autograd.grad(g[0], x)
    assert g.tolist() == [6, 0, 0]
    assert h.tolist() == [0, 3, 2]


def test_unique_refuses_backward() -> None:
    x = torch.tensor([1.0, 1.0], requires_grad=True)
    with pytest.raises(NotImplementedError, match="derivative for '_unique2' is not implemented"):
        sorting.unique(x).sum().backward()


def test_reductions_do_not_change_their_input_and_leave_no_shared_memory() -> None:
    x = torch.tensor(M)
    for call in (lambda t: t.cumsum(0), lambda t: t.sort(1).values, lambda t: t.amax(0), lambda t: t.var(0)):
        y = call(x)
        y.zero_()
    assert x.tolist() == M


# --- values and dtypes ----------------------------------------------------------------------------------------


def test_pairs_are_named_tuples() -> None:
    pair = torch.tensor(M).max(1)
    values, indices = pair
    assert pair.values is values
    assert pair.indices is indices
    assert isinstance(pair, tuple)
    assert (values.tolist(), indices.tolist()) == ([5, 2], [1, 0])
    assert repr(pair) == "torch.return_types.max(\nvalues=tensor([5., 2.]),\nindices=tensor([1, 0]))"


@pytest.mark.parametrize("name", ["sum", "mean", "prod", "amax", "var", "std", "nansum", "argmax"])
def test_numpy_spellings(name: str) -> None:
    x = torch.tensor(M)
    want = getattr(x, name)(dim=1, keepdim=True)
    assert torch.equal(getattr(x, name)(axis=1, keepdims=True), want)
    with pytest.raises(TypeError, match="unexpected keyword argument 'dims'"):
        getattr(x, name)(dims=1)


@pytest.mark.parametrize(
    ("call", "dtype"),
    [
        (lambda x: x.sum(), torch.int64),
        (lambda x: x.prod(), torch.int64),
        (lambda x: x.cumsum(0), torch.int64),
        (lambda x: x.all(), torch.uint8),
        (lambda x: x.argmax(), torch.int64),
        (lambda x: x.logsumexp(0), torch.float32),
        (lambda x: x.mean(dtype=torch.float64), torch.float64),
        (lambda x: x.amax(), torch.uint8),
    ],
)
def test_dtype_of_uint8(call: Any, dtype: Any) -> None:
    assert call(torch.tensor([3, 1], dtype=torch.uint8)).dtype is dtype


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda e: e.sum(), 0.0),
        (lambda e: e.prod(), 1.0),
        (lambda e: e.mean(), NAN),
        (lambda e: e.median(), NAN),
        (lambda e: e.logsumexp(0), -INF),
        (lambda e: e.norm(), 0.0),
        (lambda e: e.all(), True),
        (lambda e: e.any(), False),
    ],
)
def test_of_nothing(call: Any, expected: Any) -> None:
    np.testing.assert_equal(call(torch.zeros(0)).item(), expected)


def test_logsumexp_neither_overflows_nor_loses_infinities() -> None:
    x = torch.tensor([[1000.0, 1000.0], [-INF, -INF], [INF, 1.0]])
    np.testing.assert_allclose(x.logsumexp(1).numpy(), [1000 + math.log(2), -INF, INF], rtol=1e-6)


def test_quantile_interpolates() -> None:
    x = torch.tensor([3.0, 1.0, 4.0, 2.0])
    got = {i: x.quantile(0.5, interpolation=i).item() for i in ("linear", "lower", "higher", "midpoint", "nearest")}
    assert got == {"linear": 2.5, "lower": 2.0, "higher": 3.0, "midpoint": 2.5, "nearest": 3.0}


def test_topk_of_a_long_row_is_sorted_and_stable() -> None:
    x = torch.tensor(np.tile(np.arange(100.0), 5))
    values, indices = x.topk(7)
    assert values.tolist() == [99.0] * 5 + [98.0] * 2
    assert indices.tolist() == [99, 199, 299, 399, 499, 98, 198]


def test_nan_is_the_greatest_in_every_order() -> None:
    x = torch.tensor([1.0, NAN, 3.0])
    assert x.argmax().item() == 1
    assert x.sort().indices.tolist() == [0, 2, 1]
    assert x.sort(descending=True).indices.tolist() == [1, 2, 0]
    assert x.topk(1).indices.tolist() == [1]
    assert math.isnan(x.median().item())


def test_var_warns_without_degrees_of_freedom() -> None:
    with np.errstate(invalid="ignore"), pytest.warns(UserWarning, match=r"std\(\): degrees of freedom is <= 0"):
        assert math.isnan(torch.tensor([1.0]).std().item())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert torch.tensor([1.0]).std(unbiased=False).item() == 0


# --- errors ---------------------------------------------------------------------------------------------------

E, F, INTS = torch.zeros(2, 0), torch.tensor(M), torch.tensor([[1, 2], [3, 4]])


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: INTS.mean(), RuntimeError, r"mean\(\): could not infer output dtype.* Got: Long"),
        (lambda: F.mean(dtype=torch.int64), RuntimeError, "Optional dtype must be either a floating point"),
        (lambda: INTS.var(), RuntimeError, "std and var only support floating point .* not torch.int64"),
        (lambda: F.var(1, unbiased=True, correction=1), TypeError, "not both"),
        (lambda: F.sum(2), IndexError, r"expected to be in range of \[-2, 1\], but got 2"),
        (lambda: F.sum((0, 0)), RuntimeError, "appears multiple times"),
        (lambda: F.sum(0, 1), TypeError, "'keepdim' .position 2. must be bool, not int"),
        (lambda: torch.sum([1]), TypeError, "must be Tensor, not list"),
        (lambda: F.prod((0, 1)), TypeError, "one dimension"),
        (lambda: E.max(), RuntimeError, "Expected reduction dim to be specified"),
        (lambda: E.max(1), IndexError, r"Expected reduction dim 1 to have non-zero size, but the shape is \[2, 0\]"),
        (lambda: E.amin(1), IndexError, "Expected reduction dim 1 to have non-zero size"),
        (lambda: E.argmax(), IndexError, "Expected reduction dim to be specified"),
        (lambda: (F > 1).argmax(), RuntimeError, "does not support bool input"),
        (lambda: F.max(1.5), TypeError, "invalid combination of arguments.*not float"),
        (lambda: E.aminmax(), RuntimeError, "cannot compute aminmax over an empty dimension"),
        (lambda: E.median(1), IndexError, "Expected reduction dim 1"),
        (lambda: INTS.logcumsumexp(0), NotImplementedError, "not implemented for 'Long'"),
        (lambda: INTS.norm(), RuntimeError, "Expected a floating point or complex tensor as input. Got: Long"),
        (lambda: E.norm(INF), RuntimeError, "cannot compute the inf norm on an empty tensor"),
        (lambda: F.norm("bad"), RuntimeError, "Order bad not supported"),
        (lambda: F.topk(4), RuntimeError, "selected index k out of range: k is 4, dimension 1 has size 3"),
        (lambda: F.kthvalue(0), RuntimeError, "selected number k out of range for dimension 1: k is 0"),
        (lambda: F.quantile(1.5), RuntimeError, r"must be in the range \[0, 1\] but got 1.5"),
        (lambda: INTS.quantile(0.5), RuntimeError, "either float or double"),
        (lambda: F.quantile(0.5, interpolation="cubic"), RuntimeError, "not cubic"),
        (lambda: torch.tensor([-1]).bincount(), RuntimeError, "non-negative"),
        (lambda: F.bincount(), NotImplementedError, "'Float'"),
        (lambda: torch.tensor([NAN]).histc(), RuntimeError, "is not finite"),
        (lambda: torch.tensor(1.0).diff(), RuntimeError, "at least one-dimensional"),
        (lambda: F.allclose(INTS), RuntimeError, "Float did not match Long"),
    ],
)
def test_error(call: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        call()


@pytest.mark.parametrize("call", [torch.sum, torch.mean, torch.std, torch.nansum])
@pytest.mark.parametrize("layout", ["rows", "columns", "middle"])
def test_long_sums_keep_their_digits(call: Any, layout: str) -> None:
    a = np.random.RandomState(0).uniform(1, 2, (1_000_001, 3)).astype(np.float32)
    x, wide = torch.from_numpy(a), torch.from_numpy(a.astype(np.float64))
    if layout == "columns":
        result = call(x.t(), 1, keepdim=True).t()[0]
    else:
        result = call(x, 0) if layout == "rows" else call(x.unsqueeze(0), 1)[0]
    np.testing.assert_allclose(result.numpy(), call(wide, 0).numpy(), rtol=2e-6)


def test_a_narrow_sum_keeps_its_dtype_and_wraps() -> None:
    t = torch.tensor([200, 100], dtype=torch.uint8)
    assert t.sum(dtype=torch.uint8).item() == 44
    assert t.sum(dtype=torch.uint8).dtype is torch.uint8
    assert t.sum().item() == 300


def test_the_gradient_of_a_repeated_row_keeps_its_digits() -> None:
    b = torch.zeros(2, requires_grad=True)
    (b * torch.full((2_000_000, 2), 0.1)).sum().backward()
    assert b.grad.tolist() == pytest.approx([200_000.0, 200_000.0], rel=1e-5)
