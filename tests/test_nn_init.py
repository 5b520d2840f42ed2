"""`nn.init` and `nn.utils`. Numbers are PyTorch 2.13's, recorded."""

from __future__ import annotations

import math

import numpy as np
import pytest

import microdl as torch
from microdl import nn
from microdl.nn import Parameter, init


@pytest.mark.parametrize(
    ("fill", "expected"),
    [
        (init.xavier_uniform_, [[-1.0861043, -0.86415428, -0.46919563], [-1.0363901, -0.062189821, -0.96373695]]),
        (
            lambda t: init.xavier_normal_(t, 2.0),
            [[1.0160728, 0.2211487, 0.11254938], [-0.7762987, 0.058416694, -1.7307261]],
        ),
        (
            lambda t: init.kaiming_uniform_(t, nonlinearity="relu"),
            [[-1.4021544, -1.1156183, -0.60572892], [-1.3379737, -0.080286711, -1.244179]],
        ),
        (
            lambda t: init.kaiming_normal_(t, mode="fan_out"),
            [[0.80327606, 0.17483339, 0.088978097], [-0.61371803, 0.04618245, -1.3682592]],
        ),
        (
            lambda t: init.trunc_normal_(t, std=2.0),
            [[1.6065521, 0.34966677, 0.17795619], [-1.2274361, 0.0923649, 1.631355]],
        ),
        (
            lambda t: init.trunc_normal_(t, 0, 1, 2, 3),
            [[2.0042634, 2.1055694, 2.0541768], [2.0269549, 2.1212554, 2.0601163]],
        ),
        (init.orthogonal_, [[0.97145021, 0.21143654, 0.10760657], [0.075649671, 0.15382348, -0.98519814]]),
        (
            lambda t: init.sparse_(t, 0.5),
            [[0.0080327606, 0.0017483339, 0.0], [0.0, 0.0, -0.013682592]],
        ),
    ],
)
def test_initial_values_are_pytorchs(fill, expected):
    torch.manual_seed(3)
    tensor = Parameter(torch.empty(2, 3))
    assert fill(tensor) is tensor
    np.testing.assert_allclose(tensor.detach().numpy(), expected, rtol=1e-6, atol=1e-7)
    assert tensor.is_leaf


def test_a_generator_of_its_own_leaves_the_default_stream():
    before = torch.get_rng_state().tolist()
    values = [init.uniform_(torch.empty(3), generator=torch.Generator().manual_seed(5)).tolist() for _ in range(2)]
    assert values[0] == values[1]
    assert torch.get_rng_state().tolist() == before


def test_constants():
    p = Parameter(torch.empty(2, 3))
    assert init.constant_(p, 0.5).tolist() == [[0.5] * 3] * 2
    assert init.ones_(p).tolist() == [[1] * 3] * 2
    assert init.zeros_(p).tolist() == [[0] * 3] * 2
    assert init.eye_(p).tolist() == [[1, 0, 0], [0, 1, 0]]
    assert init.constant_(torch.zeros(2, dtype=torch.int64), 2.7).tolist() == [2, 2]
    assert p._version == 4
    q = init.orthogonal_(torch.empty(5, 2, 2), gain=2).reshape(5, 4).numpy()
    np.testing.assert_allclose(q.T @ q, 4 * np.eye(4), atol=1e-5)


@pytest.mark.parametrize(
    ("name", "gain"),
    [("linear", 1), ("sigmoid", 1), ("tanh", 5 / 3), ("relu", math.sqrt(2)), ("selu", 0.75)],
)
def test_gains(name, gain):
    assert init.calculate_gain(name) == gain
    assert init.calculate_gain("leaky_relu") == math.sqrt(2 / (1 + 0.01**2))
    assert init._calculate_fan_in_and_fan_out(torch.empty(2, 3, 4)) == (12, 8)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda t: init.kaiming_uniform_(torch.empty(3)), ValueError, "Fan in and fan out can not be computed"),
        (lambda t: init.xavier_normal_(torch.empty(3)), ValueError, r"fewer than 2 dimensions.*\[3\]"),
        (lambda t: init.kaiming_uniform_(t, mode="x"), ValueError, "Mode x not supported"),
        (lambda t: init.kaiming_normal_(t, nonlinearity="x"), ValueError, "Unsupported nonlinearity x"),
        (lambda t: init.kaiming_normal_(t, a="x"), ValueError, "negative_slope x not a valid number"),
        (lambda t: init.eye_(torch.empty(3)), ValueError, "Only tensors with 2 dimensions"),
        (lambda t: init.orthogonal_(torch.empty(3)), ValueError, "2 or more dimensions"),
        (lambda t: init.sparse_(torch.empty(3), 0.1), ValueError, "Only tensors with 2 dimensions"),
        (lambda t: init.uniform_(t, 1, 0), RuntimeError, "from=1.*to=0"),
        (lambda t: init.trunc_normal_(t, 0, 1, 2, -2), RuntimeError, "from=2.*to=-2"),
        (lambda t: init.normal_(t, 0, -1), RuntimeError, "std >= 0.0, but found std -1"),
        (lambda t: init.uniform_(torch.empty(2, dtype=torch.int64)), NotImplementedError, "not implemented for 'Long'"),
        (lambda t: init.uniform_(t, generator=3), TypeError, "generator"),
        (lambda t: init.constant_([1], 2), AttributeError, "'list' object has no attribute 'fill_'"),
    ],
)
def test_initialisers_refuse_and_write_nothing(call, error, text):
    t = torch.full((2, 3), 7.0)
    with pytest.raises(error, match=text):
        call(t)
    assert t.tolist() == [[7] * 3] * 2


def test_initialisers_warn():
    with pytest.warns(UserWarning, match="Initializing zero-element tensors is a no-op"):
        init.kaiming_uniform_(torch.empty(0, 3))
    with pytest.warns(UserWarning, match=r"more than 2 std from \[a, b\]"):
        init.trunc_normal_(torch.empty(3), 9.0, 1.0)


# --- tools -------------------------------------------------------------------------------------------------


def with_gradients(*values):
    out = []
    for v in values:
        p = Parameter(torch.zeros(2))
        p.grad = None if v is None else torch.tensor([float(v), 0.0])
        out.append(p)
    return out


@pytest.mark.parametrize(("order", "total"), [(2, 5.0), (1, 7.0), (math.inf, 4.0), (-math.inf, 0.0), (0, 2.0)])
def test_clip_grad_norm(order, total):
    ps = with_gradients(3, None, -4)
    result = nn.utils.clip_grad_norm_(iter(ps), 1.0, order)
    assert result.item() == total
    scale = min(1, 1 / (total + 1e-6))
    np.testing.assert_allclose([ps[0].grad.tolist()[0], ps[2].grad.tolist()[0]], [3 * scale, -4 * scale], rtol=1e-6)


def test_clip_grad_norm_leaves_small_gradients_and_stops_at_non_finite_ones():
    ps = with_gradients(0.3)
    assert nn.utils.clip_grad_norm_(ps[0], 1.0).item() == pytest.approx(0.3)
    assert ps[0].grad.tolist() == [np.float32(0.3), 0]
    assert nn.utils.clip_grad_norm_([], 1.0).item() == 0
    for bad in (math.nan, math.inf):
        ps = with_gradients(1, bad)
        with pytest.raises(RuntimeError, match=r"total norm of order 2.0 .* is non-finite.*error_if_nonfinite=False"):
            nn.utils.clip_grad_norm_(ps, 0.1, error_if_nonfinite=True)
        assert ps[0].grad.tolist() == [1, 0]
    ps = with_gradients(1, math.nan)
    assert math.isnan(nn.utils.clip_grad_norm_(ps, 0.1).item())
    assert math.isnan(ps[0].grad.tolist()[0])
    with pytest.raises(ValueError, match="max_norm must be >= 0, but got -1"):
        nn.utils.clip_grad_norm_(with_gradients(1), -1.0)


def test_clip_grad_value():
    ps = with_gradients(3, -4, None)
    nn.utils.clip_grad_value_(iter(ps), 1.5)
    assert [p.grad.tolist()[0] for p in ps[:2]] == [1.5, -1.5]
    with pytest.raises(ValueError, match="clip_value must be >= 0, but got -1"):
        nn.utils.clip_grad_value_(ps, -1.0)


def test_parameters_to_vector_and_back():
    net = nn.Linear(2, 1)
    vector = nn.utils.parameters_to_vector(net.parameters())
    assert vector.tolist() == [*net.weight.tolist()[0], *net.bias.tolist()]
    vector.sum().backward()
    assert net.weight.grad.tolist() == [[1, 1]]
    new = torch.arange(3.0)
    nn.utils.vector_to_parameters(new, net.parameters())
    assert (net.weight.tolist(), net.bias.tolist()) == ([[0, 1]], [2])
    assert np.shares_memory(net.weight._a, new._a)
    assert net.weight.requires_grad
    for bad in (torch.ones(2), torch.ones(4)):
        with pytest.raises(RuntimeError, match=r"\[3\].*input of size"):
            nn.utils.vector_to_parameters(bad, net.parameters())
    with pytest.raises(TypeError, match=r"expected torch\.Tensor, but got: list"):
        nn.utils.vector_to_parameters([1, 2, 3], net.parameters())
    with pytest.raises(ValueError, match="non-empty list of Tensors"):
        nn.utils.parameters_to_vector([])
    assert net.weight.tolist() == [[0, 1]]
