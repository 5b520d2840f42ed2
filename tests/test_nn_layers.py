"""`nn`: layers and activations. Numbers are PyTorch 2.13's, recorded."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import microdl as torch
from microdl import nn
from microdl.nn import Parameter


def same(x, y, **options):
    np.testing.assert_allclose(x.detach().numpy(), y, rtol=1e-6, atol=1e-7, **options)


def test_linear_starts_with_pytorchs_numbers():
    torch.manual_seed(0)
    layer = nn.Linear(3, 2)
    assert layer.weight.tolist() == [
        [-0.004322517663240433, 0.3097158372402191, -0.4751853346824646],
        [-0.4248946011066437, -0.2223689705133438, 0.15482072532176971],
    ]
    assert layer.bias.tolist() == [-0.011439144611358643, 0.45777493715286255]


def test_linear_takes_any_leading_dimensions_and_a_dtype():
    layer = nn.Linear(3, 2, dtype=torch.float64, device="cpu")
    for shape in ((3,), (5, 3), (2, 5, 3), (0, 3)):
        x = torch.ones(shape, dtype=torch.float64)
        out = layer(x)
        assert out.shape == (*shape[:-1], 2)
        assert out.dtype is torch.float64
        same(out, x.numpy() @ layer.weight.detach().numpy().T + layer.bias.detach().numpy())
    assert nn.Linear(3, 2, bias=False).bias is None
    assert list(nn.Linear(3, 2, bias=False).state_dict()) == ["weight"]


@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")
def test_linear_without_features():
    assert nn.Linear(0, 2)(torch.ones(4, 0)).shape == (4, 2)
    assert nn.Linear(3, 0)(torch.ones(4, 3)).shape == (4, 0)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: nn.Linear(-1, 3), RuntimeError, "negative dimension -1.*in_features >= 0"),
        (lambda: nn.Linear(1, -3), RuntimeError, "negative dimension -3.*out_features >= 0"),
        (lambda: nn.Linear(2.0, 3), TypeError, r"in_features must be an int, not float \(2.0\)"),
        (lambda: nn.Linear(2, 3, dtype=torch.int64), RuntimeError, "Only Tensors of floating point"),
        (lambda: nn.Linear(2, 3, device="cuda"), AssertionError, "CUDA"),
        (lambda: nn.Linear(2, 1)(torch.ones(3, 3)), RuntimeError, r"cannot be multiplied \(3x3 and 2x1\)"),
        (lambda: nn.Linear(2, 1)(torch.ones(3, 2).double()), RuntimeError, "the same dtype"),
        (lambda: nn.Linear(2, 1)([1.0, 2.0]), TypeError, "must be Tensor, not list"),
        (lambda: nn.Dropout(2), ValueError, "between 0 and 1, but got 2"),
        (lambda: nn.Unflatten(1, 3), TypeError, "must be a tuple of ints, but found type int"),
        (lambda: nn.Unflatten(1, (1, 2.0)), TypeError, "element of type float at pos 1"),
        (lambda: nn.Unflatten("a", (1, 2)), TypeError, "dim must be an int, not 'a'"),
        (lambda: nn.BatchNorm1d(3)(torch.ones(1, 3)), ValueError, "more than 1 value per channel when training"),
        (lambda: nn.BatchNorm1d(3)(torch.ones(3)), ValueError, r"expected 2D or 3D input \(got 1D input\)"),
        (lambda: nn.BatchNorm1d(3)(torch.ones(2, 4)), RuntimeError, "should contain 4 elements not 3"),
        (lambda: nn.BatchNorm1d(-1), RuntimeError, "negative dimension -1"),
        (lambda: nn.LayerNorm(3)(torch.ones(2, 4)), RuntimeError, r"Given normalized_shape=\[3\]"),
        (lambda: nn.Embedding(3, 2)(torch.tensor([3])), IndexError, "index out of range in self"),
        (
            lambda: nn.Embedding(3, 2)(torch.tensor([1.0])),
            RuntimeError,
            "but got torch.FloatTensor instead",
        ),
        (lambda: nn.Embedding(3, 2, padding_idx=3), AssertionError, "Padding_idx must be within num_embeddings"),
        (lambda: nn.Embedding(3, 2, _weight=torch.ones(2, 2)), AssertionError, "Shape of weight does not match"),
        (lambda: nn.Embedding.from_pretrained(torch.ones(2)), AssertionError, "2-dimensional"),
        (lambda: nn.Hardtanh(2, 1), AssertionError, r"max_val \(1\) must be greater than min_val \(2\)"),
        (lambda: nn.PReLU(2)(torch.ones(3, 3)), RuntimeError, "Mismatch of parameter numbers"),
    ],
)
def test_layers_refuse(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_lazy_linear_becomes_linear_at_its_first_input():
    lazy = nn.LazyLinear(2)
    assert repr(lazy) == "LazyLinear(in_features=0, out_features=2, bias=True)"
    weight = lazy.weight
    assert repr(weight) == "<UninitializedParameter>"
    with pytest.raises(RuntimeError, match="Can't access the shape of an uninitialized parameter"):
        weight.shape  # noqa: B018 - the access is the test
    with pytest.raises(ValueError, match="Attempted to use an uninitialized parameter"):
        weight + 1
    torch.manual_seed(0)
    lazy(torch.ones(4, 3))
    assert repr(lazy) == "Linear(in_features=3, out_features=2, bias=True)"
    assert lazy.weight is weight
    assert type(weight) is Parameter
    torch.manual_seed(0)
    assert weight.tolist() == nn.Linear(3, 2).weight.tolist()
    lazy(torch.ones(4, 3)).sum().backward()
    assert weight.grad.tolist() == [[4, 4, 4]] * 2


def test_lazy_linear_can_be_cast_copied_and_loaded_before():
    lazy = nn.LazyLinear(2, bias=False).double()
    assert copy.deepcopy(lazy)(torch.ones(1, 3, dtype=torch.float64)).dtype is torch.float64
    assert pickle.loads(pickle.dumps(lazy)).weight.dtype is torch.float64
    assert list(lazy.state_dict()) == ["weight"]
    lazy.load_state_dict({"weight": torch.ones(2, 5)})
    assert lazy(torch.ones(1, 5, dtype=torch.float64)).tolist() == [[5, 5]]
    assert lazy.in_features == 5
    full = nn.Linear(3, 2, bias=False)
    with pytest.raises(RuntimeError, match="not initialized"):
        full.load_state_dict(nn.LazyLinear(2, bias=False).state_dict())


X = [[1.0, 2.0], [3.0, 5.0], [4.0, -1.0]]
NORMALISED = [
    [-1.3363018035888672, 0.0],
    [0.2672603726387024, 1.2247438430786133],
    [1.0690414905548096, -1.2247438430786133],
]


def test_batch_norm_trains_on_the_batch_and_keeps_the_unbiased_variance():
    norm = nn.BatchNorm1d(2)
    x = torch.tensor(X, requires_grad=True)
    y = norm(x)
    same(y, NORMALISED)
    same(norm.running_mean, [0.26666668, 0.2])
    same(norm.running_var, [1.13333333, 1.79999995])
    assert norm.num_batches_tracked.item() == 1
    (y**2 * torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])).sum().backward()
    expected = [[0.79587656, 0.66666555], [-2.38773203, -0.33332461], [1.59185529, -0.33334094]]
    np.testing.assert_allclose(x.grad.numpy(), expected, atol=1e-5)
    np.testing.assert_allclose(norm.weight.grad.numpy(), [15.42846870, 29.99995041], rtol=1e-5)
    same(norm.eval()(x), [[0.68884361, 1.34163713], [2.56750822, 3.57769895], [3.50684047, -0.89442474]])
    assert norm.num_batches_tracked.item() == 1


def test_batch_norm_without_momentum_averages_all_batches():
    norm = nn.BatchNorm1d(1, momentum=None)
    for mean in (1.0, 2.0, 6.0):
        norm(torch.tensor([[mean - 1], [mean + 1]]))
    same(norm.running_mean, [3.0])
    same(norm.running_var, [2.0])
    norm.reset_running_stats()
    assert (norm.running_mean.item(), norm.running_var.item(), norm.num_batches_tracked.item()) == (0, 1, 0)


def test_batch_norm_without_running_statistics_uses_the_batch_in_eval_mode_too():
    norm = nn.BatchNorm1d(2, affine=False, track_running_stats=False).eval()
    assert list(norm.state_dict()) == []
    same(norm(torch.tensor(X)), NORMALISED)
    assert nn.BatchNorm1d(2, bias=False).bias is None


def test_batch_norm_over_sequences():
    x = torch.arange(12.0).reshape(2, 3, 2)
    y = nn.BatchNorm1d(3)(x).detach().numpy()
    np.testing.assert_allclose(y.mean(axis=(0, 2)), 0, atol=1e-6)
    np.testing.assert_allclose(y.var(axis=(0, 2)), 1, rtol=1e-5)


def test_a_refused_batch_leaves_the_running_statistics():
    norm = nn.BatchNorm1d(2)
    for bad in (torch.ones(1, 2), torch.ones(4, 3), torch.ones(2)):
        with pytest.raises((ValueError, RuntimeError)):
            norm(bad)
    assert (norm.running_mean.tolist(), norm.num_batches_tracked.item()) == ([0, 0], 0)


def test_layer_norm():
    x = np.array(X, np.float32)
    expected = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5)
    same(nn.LayerNorm(2)(torch.tensor(X)), expected)
    whole = (x - x.mean()) / np.sqrt(x.var() + 1e-5)
    same(nn.LayerNorm((3, 2), elementwise_affine=False)(torch.tensor(X)), whole)
    assert nn.LayerNorm(2, bias=False).bias is None
    assert nn.LayerNorm([3, 2]).weight.shape == (3, 2)


def test_embedding_looks_up_and_collects_gradients():
    table = nn.Embedding(4, 2, padding_idx=-1)
    assert table.padding_idx == 3
    assert table.weight[3].tolist() == [0, 0]
    index = torch.tensor([[0, 1], [1, 3]])
    out = table(index)
    assert out.shape == (2, 2, 2)
    assert out[0, 1].tolist() == table.weight[1].tolist()
    out.sum().backward()
    assert table.weight.grad.tolist() == [[1, 1], [2, 2], [0, 0], [0, 0]]
    given = torch.ones(2, 3)
    fixed = nn.Embedding.from_pretrained(given)
    assert not fixed.weight.requires_grad
    assert np.shares_memory(fixed.weight._a, given._a)


def test_dropout_only_in_training():
    drop = nn.Dropout(0.5)
    x = torch.ones(1000)
    out = drop(x)
    assert set(out.tolist()) == {0.0, 2.0}
    assert drop.eval()(x).tolist() == x.tolist()
    assert nn.Dropout(1.0)(x).sum().item() == 0
    overwritten = torch.ones(1000)
    assert nn.Dropout(0.5, inplace=True)(overwritten) is overwritten
    assert set(overwritten.tolist()) == {0.0, 2.0}


def test_shapes():
    x = torch.zeros(2, 3, 4)
    assert nn.Flatten()(x).shape == (2, 12)
    assert nn.Flatten(0, 1)(x).shape == (6, 4)
    assert nn.Unflatten(2, (2, 2))(x).shape == (2, 3, 2, 2)
    assert nn.Unflatten(1, torch.Size([3, 1]))(x).shape == (2, 3, 1, 4)


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        (nn.ReLU(), [0, 0, 2]),
        (nn.ReLU6(), [0, 0, 2]),
        (nn.LeakyReLU(0.5), [-0.5, 0, 2]),
        (nn.ELU(2.0), [-1.26424112, 0, 2]),
        (nn.CELU(2.0), [-0.78693868, 0, 2]),
        (nn.SELU(), [-1.11133074, 0, 2.10140205]),
        (nn.GELU(), [-0.15865525, 0, 1.95449974]),
        (nn.GELU("tanh"), [-0.15880801, 0, 1.95459769]),
        (nn.SiLU(), [-0.26894142, 0, 1.76159416]),
        (nn.Mish(), [-0.30340146, 0, 1.94395901]),
        (nn.Hardsigmoid(), [1 / 3, 0.5, 5 / 6]),
        (nn.Hardswish(), [-1 / 3, 0, 5 / 3]),
        (nn.Hardtanh(-0.5, 1.5), [-0.5, 0, 1.5]),
        (nn.Threshold(1, 7), [7, 7, 2]),
        (nn.Sigmoid(), [0.26894142, 0.5, 0.88079708]),
        (nn.Tanh(), [-0.76159416, 0, 0.96402758]),
        (nn.LogSigmoid(), [-1.31326169, -0.69314718, -0.12692801]),
        (nn.Softsign(), [-0.5, 0, 2 / 3]),
        (nn.Tanhshrink(), [-0.23840584, 0, 1.03597242]),
        (nn.Softplus(2.0, 3.0), [0.06346401, 0.34657359, 2.0]),
        (nn.PReLU(init=0.5), [-0.5, 0, 2]),
        (nn.Softmax(dim=0), [0.04201007, 0.1141952, 0.84379473]),
        (nn.LogSoftmax(dim=0), [-3.16984602, -2.16984602, -0.16984602]),
        (nn.Softmin(dim=0), [0.70538451, 0.25949646, 0.03511903]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_activations(module, expected):
    same(module(torch.tensor([-1.0, 0.0, 2.0])), np.array(expected, np.float32))


IN_PLACE = [
    nn.ReLU(True), nn.ReLU6(True), nn.LeakyReLU(0.5, True), nn.ELU(inplace=True), nn.CELU(inplace=True), nn.SELU(True),
    nn.SiLU(True), nn.Mish(True), nn.Hardsigmoid(True), nn.Hardswish(True), nn.Hardtanh(inplace=True),
    nn.Threshold(0.5, 7, True),
]  # fmt: skip


@pytest.mark.parametrize("module", IN_PLACE, ids=lambda value: type(value).__name__)
def test_activations_in_place_overwrite_their_input(module):
    x = torch.tensor([-1.0, 0.0, 2.0])
    expected = type(module)(**{k: v for k, v in vars(module).items() if k in ("negative_slope", "threshold", "value")})(
        x
    )
    assert module(x) is x
    assert x.tolist() == expected.tolist()


def test_gradients_flow_through_a_model():
    net = nn.Sequential(nn.Flatten(), nn.Linear(4, 3), nn.Tanh(), nn.LayerNorm(3), nn.Linear(3, 1)).double()
    x = torch.rand(5, 2, 2, dtype=torch.float64)

    def loss():
        return (net(x) ** 2).sum()

    loss().backward()
    for p in net.parameters():
        flat = p.detach().view(-1)
        for i in range(flat.numel()):
            before = flat[i].item()
            values = []
            for step in (1e-6, -1e-6):
                flat[i] = before + step
                values.append(loss().item())
            flat[i] = before
            assert p.grad.view(-1)[i].item() == pytest.approx((values[0] - values[1]) / 2e-6, rel=1e-5, abs=1e-7)
