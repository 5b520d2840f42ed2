"""Activations and softmax: values, gradients, extremes, errors. Recorded values are PyTorch 2.13's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import microdl as torch
from microdl.nn import functional as F

X = [-30.0, -3.0, -1.0, -0.25, 0.0, 0.5, 1.0, 3.0, 6.0, 30.0]
# sigmoid and tanh by Python's math, in float64
REFERENCES = {
    "relu": lambda x: max(x, 0.0),
    "leaky_relu": lambda x: x if x > 0 else 0.01 * x,
    "elu": lambda x: x if x > 0 else math.expm1(x),
    "selu": lambda x: 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * math.expm1(x)),
    "celu": lambda x: x if x > 0 else math.expm1(x),
    "gelu": lambda x: x * 0.5 * math.erfc(-x / math.sqrt(2)),
    "silu": lambda x: x / (1 + math.exp(-x)),
    "softplus": lambda x: x if x > 20 else math.log1p(math.exp(x)),
    "hardtanh": lambda x: min(max(x, -1.0), 1.0),
    "relu6": lambda x: min(max(x, 0.0), 6.0),
    "logsigmoid": lambda x: -math.log1p(math.exp(-x)),
    "hardsigmoid": lambda x: min(max(x + 3, 0.0), 6.0) / 6,
    "hardswish": lambda x: x * min(max(x + 3, 0.0), 6.0) / 6,
    "mish": lambda x: x * math.tanh(math.log1p(math.exp(x))),
    "softsign": lambda x: x / (1 + abs(x)),
    "tanhshrink": lambda x: x - math.tanh(x),
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "tanh": math.tanh,
}
CORNERS = {
    "softsign": {0}, "relu": {0}, "leaky_relu": {0},
    "elu": {0}, "selu": {0}, "celu": {0}, "hardtanh": {-1, 1}, "relu6": {0, 6},
    "hardsigmoid": {-3, 3}, "hardswish": {-3, 3},
}  # fmt: skip


@pytest.mark.parametrize("name", REFERENCES)
@pytest.mark.parametrize(("dtype", "rtol"), [(torch.float32, 3e-6), (torch.float64, 1e-13)])
def test_value(name, dtype, rtol):
    out = getattr(F, name)(torch.tensor(X, dtype=dtype))
    assert out.dtype is dtype
    np.testing.assert_allclose(out.numpy(), [REFERENCES[name](x) for x in X], rtol=rtol, atol=rtol / 10)


@pytest.mark.parametrize("name", REFERENCES)
def test_gradient_is_the_slope(name):
    points = [x for x in X if x not in CORNERS.get(name, set())]
    x = torch.tensor(points, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(getattr(F, name), x)


@pytest.mark.parametrize("name", REFERENCES)
def test_nan_passes_and_the_input_stays(name):
    x = np.array([np.nan, 1.0, -1.0])
    out = getattr(F, name)(torch.from_numpy(x))
    assert np.isnan(out.numpy()).tolist() == [True, False, False]
    np.testing.assert_array_equal(x, [np.nan, 1.0, -1.0])


@pytest.mark.parametrize("name", REFERENCES)
@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (2, 3)])
def test_shapes_with_gradient(name, shape):
    x = torch.ones(shape, requires_grad=True)
    out = getattr(F, name)(x)
    assert out.shape == shape
    out.sum().backward()
    assert x.grad.shape == shape
    assert x.grad.dtype is torch.float32


def test_gradient_at_the_corners_is_pytorchs():
    x = torch.tensor([-3.0, -1.0, 0.0, 1.0, 3.0, 6.0], requires_grad=True)
    expected = {
        "relu": [0, 0, 0, 1, 1, 1],
        "relu6": [0, 0, 0, 1, 1, 0],
        "hardtanh": [0, 0, 1, 0, 0, 0],
        "hardsigmoid": [0, 1 / 6, 1 / 6, 1 / 6, 0, 0],
        "selu": [0.0875, 0.6468, 1.7581, 1.0507, 1.0507, 1.0507],
    }
    for name, slopes in expected.items():
        x.grad = None
        getattr(F, name)(x).sum().backward()
        np.testing.assert_allclose(x.grad.numpy(), slopes, atol=5e-5)


def test_an_infinite_gradient_does_not_become_nan():
    x = torch.tensor([-1.0, 1.0], requires_grad=True)
    F.relu(x).backward(torch.tensor([math.inf, math.inf]))
    assert x.grad.tolist() == [0.0, math.inf]


def test_no_overflow_at_any_magnitude():
    x = torch.tensor([-1e30, -1000.0, 1000.0, 1e30])
    assert F.sigmoid(x).tolist() == [0.0, 0.0, 1.0, 1.0]
    assert F.softplus(x).tolist() == [0.0, 0.0, 1000.0, x[3].item()]
    assert F.logsigmoid(x).tolist() == [x[0].item(), -1000.0, 0.0, 0.0]
    assert F.sigmoid(torch.tensor(-80.0)).item() == pytest.approx(math.exp(-80), rel=1e-5)


def test_options():
    x = torch.tensor([-2.0, 0.1, 3.0])
    assert F.leaky_relu(x, 0.5).tolist() == [-1.0, pytest.approx(0.1), 3.0]
    assert F.threshold(x, 0.5, 20.0).tolist() == [20.0, 20.0, 3.0]
    assert F.softplus(x, beta=2, threshold=5).tolist() == [
        pytest.approx(math.log1p(math.exp(-4)) / 2, rel=1e-6),
        pytest.approx(math.log1p(math.exp(0.2)) / 2, rel=1e-6),
        3.0,
    ]
    assert F.gelu(x, approximate="tanh").tolist() == pytest.approx([-0.0454023, 0.0539827, 2.9963627], rel=1e-5)
    assert F.prelu(x, torch.tensor([0.25])).tolist() == [-0.5, pytest.approx(0.1), 3.0]


def test_numpy_numbers_as_options_keep_the_dtype():
    x = torch.tensor([-2.0, 1.0])
    tenth = np.float64(0.1)
    for out in (F.leaky_relu(x, tenth), F.elu(x, tenth), F.celu(x, tenth), F.softplus(x, tenth), F.hardtanh(x, -tenth)):
        assert out.dtype is torch.float32


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu", "selu", "celu", "silu", "hardtanh", "relu6", "mish",
                                  "hardsigmoid", "hardswish"])  # fmt: skip
def test_in_place_form(name):
    leaf = torch.tensor([-2.0, 0.5], requires_grad=True)
    expected = getattr(F, name)(leaf.detach())
    y = leaf * 1
    assert getattr(F, name)(y, inplace=True) is y
    assert y.tolist() == expected.tolist()
    with pytest.raises(RuntimeError, match="leaf Variable that requires grad"):
        getattr(F, name)(leaf, inplace=True)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda x: F.relu(x > 0), RuntimeError, "Boolean inputs not supported for relu"),
        (lambda x: F.gelu(x, approximate="erf"), RuntimeError, "either none or tanh, but got 'erf'"),
        (lambda x: F.celu(x, 0.0), RuntimeError, "alpha cannot be 0"),
        (lambda x: F.hardtanh(x, 2.0, 1.0), ValueError, "min_val cannot be greater than max_val, but got 2.0 and 1.0"),
        (lambda x: F.prelu(x, torch.zeros(5)), RuntimeError, "parameter numbers = 5 and channel size = 3"),
        (lambda x: F.prelu(x, torch.zeros(1, 3)), RuntimeError, "scalar or 1D tensor, but got: ndim = 2"),
        (lambda x: F.prelu(x, torch.zeros(3).double()), RuntimeError, "Got Float and Double"),
        (lambda x: F.silu(x.long()), NotImplementedError, "\"silu_cpu\" not implemented for 'Long'.*float"),
        (lambda x: F.softmax(x.long(), 1), NotImplementedError, "not implemented for 'Long'"),
        (lambda x: F.softmax(x, 2), IndexError, r"range of \[-2, 1\], but got 2"),
        (lambda x: F.relu([1.0]), TypeError, "must be Tensor, not list"),
        (lambda x: F.elu(1.0), TypeError, "must be Tensor, not float"),
        (lambda x: F.dropout(x, 1.5), ValueError, "between 0 and 1, but got 1.5"),
    ],
)
def test_error(call, error, text):
    with pytest.raises(error, match=text):
        call(torch.zeros(2, 3))


# --- softmax -----------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    hnp.arrays(
        st.sampled_from([np.float32, np.float64]),
        hnp.array_shapes(min_dims=1, max_dims=3, max_side=12),
        elements=st.floats(-50, 50, width=32),
    ),
    st.data(),
)
def test_softmax_against_numpy(x, data):
    dim = data.draw(st.integers(-x.ndim, x.ndim - 1))
    e = np.exp(x.astype(np.float64) - x.max(dim, keepdims=True))
    expected = e / e.sum(dim, keepdims=True)
    tolerance = 2e-6 if x.dtype == np.float32 else 1e-14
    p, logp = F.softmax(torch.from_numpy(x), dim), F.log_softmax(torch.from_numpy(x), dim)
    assert p.numpy().dtype == logp.numpy().dtype == x.dtype
    np.testing.assert_allclose(p.numpy(), expected, rtol=5 * tolerance, atol=1e-30)
    np.testing.assert_allclose(np.exp(logp.numpy().astype(np.float64)), expected, rtol=30 * tolerance, atol=1e-30)


@pytest.mark.parametrize("rows", [1, 60])  # NumPy's way and the kernel's
def test_softmax_of_extremes(rows):
    x = np.tile(np.array([[1e30, 0.0, -1e30], [0.0, -np.inf, 0.0]], np.float32), (rows, 1))
    p, logp = F.softmax(torch.from_numpy(x), 1), F.log_softmax(torch.from_numpy(x), 1)
    assert p[:2].tolist() == [[1.0, 0.0, 0.0], [0.5, 0.0, 0.5]]
    assert logp[0].tolist() == pytest.approx([0.0, -1e30, -2e30])
    assert F.softmax(torch.tensor([-math.inf, -math.inf]), 0).isnan().tolist() == [True, True]


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin"])
@pytest.mark.parametrize("shape", [(4, 5), (30, 5)])
@pytest.mark.parametrize("dim", [0, 1])
def test_softmax_second_derivative(name, shape, dim):
    x = torch.tensor(np.random.default_rng(0).normal(size=shape), requires_grad=True)
    assert torch.autograd.gradgradcheck(lambda t: getattr(F, name)(t, dim), x)


def test_softmax_casts_first_and_warns_without_dim():
    p = F.softmax(torch.tensor([[1, 2]]), 1, dtype=torch.float64)
    assert p.dtype is torch.float64
    assert p.tolist() == [pytest.approx([0.2689414213699951, 0.7310585786300049], rel=1e-15)]
    assert torch.tensor([[1, 2]]).softmax(1, torch.float64).tolist() == p.tolist()
    with pytest.warns(UserWarning, match="Implicit dimension choice for softmax has been deprecated"):
        assert F.softmax(torch.zeros(2, 4)).tolist() == [[0.25] * 4] * 2


# --- dropout -----------------------------------------------------------------------------------------------


def test_dropout():
    torch.manual_seed(0)
    x = torch.ones(1000, requires_grad=True)
    out = F.dropout(x, 0.25)
    assert sorted(set(out.tolist())) == [0.0, pytest.approx(1 / 0.75)]
    assert 0.7 < np.mean(out.detach().numpy() != 0) < 0.8
    out.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), out.detach().numpy())
    torch.manual_seed(0)
    assert F.dropout(x, 0.25).tolist() == out.tolist()


def test_dropout_at_the_ends():
    x = torch.tensor([1.0, -2.0])
    assert F.dropout(x, 0.5, training=False) is x
    assert F.dropout(x, 0.0) is x
    assert F.dropout(x, 1.0).tolist() == [0.0, 0.0]
    assert F.dropout(x, 1.0, inplace=True) is x
    assert x.tolist() == [0.0, 0.0]
