"""Modules against PyTorch's: first weights, printing, state, errors, hooks, layers. Each case runs on both."""

import copy
import math
import warnings
from collections import OrderedDict

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="live parity runs where torch 2.13 is installed; .ci/run installs it")

import microdl  # noqa: E402 - after importorskip

BOTH = (microdl, torch)
SEEDS = (0, 1, 12345)


def array(t):
    return t.detach().numpy()


def equal(x, y):
    """Equal to the bit, in value, shape and dtype."""
    a, b = array(x), array(y)
    assert (a.dtype, a.shape) == (b.dtype, b.shape)
    assert a.tobytes() == b.tobytes()


def close(x, y, rtol=1e-5, atol=1e-6):
    a, b = array(x), array(y)
    assert (a.dtype, a.shape) == (b.dtype, b.shape)
    np.testing.assert_allclose(a, b, rtol=rtol, atol=atol)


def seeded(build, seed=0):
    """What `build` makes of each framework from the same seed."""
    made = []
    for t in BOTH:
        t.manual_seed(seed)
        made.append(build(t))
    return made


# --- first weights -----------------------------------------------------------------------------------------

MODELS = {
    "linear": lambda t: t.nn.Linear(7, 5),
    "one": lambda t: t.nn.Linear(1, 1),
    "wide": lambda t: t.nn.Linear(300, 40, bias=False),
    "double": lambda t: t.nn.Linear(17, 3, dtype=t.float64),
    "mlp": lambda t: t.nn.Sequential(t.nn.Linear(64, 32), t.nn.ReLU(), t.nn.Linear(32, 10)),
    "embedding": lambda t: t.nn.Sequential(t.nn.Embedding(5, 3, padding_idx=-2), t.nn.Linear(3, 2)),
    "normed": lambda t: t.nn.Sequential(t.nn.LayerNorm(4), t.nn.BatchNorm1d(4), t.nn.PReLU(3), t.nn.Linear(4, 2)),
}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", MODELS)
def test_the_same_seed_gives_the_same_weights(name, seed):
    ours, theirs = seeded(MODELS[name], seed)
    a, b = ours.state_dict(), theirs.state_dict()
    assert list(a) == list(b)
    for key in a:
        equal(a[key], b[key])


def test_a_lazy_layer_draws_the_same_weights():
    def build(t):
        layer = t.nn.LazyLinear(3)
        layer(t.zeros(2, 5))
        return layer

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's: lazy modules are under development
        ours, theirs = seeded(build)
    equal(ours.weight, theirs.weight)
    assert repr(ours) == repr(theirs)


FILLS = {
    "uniform_": lambda i, t: i.uniform_(t, -2, 3),
    "normal_": lambda i, t: i.normal_(t, 1, 2),
    "constant_": lambda i, t: i.constant_(t, 0.3),
    "eye_": lambda i, t: i.eye_(t),
    "xavier_uniform_": lambda i, t: i.xavier_uniform_(t, 1.5),
    "xavier_normal_": lambda i, t: i.xavier_normal_(t),
    "kaiming_uniform_": lambda i, t: i.kaiming_uniform_(t, 0.3, "fan_out"),
    "kaiming_normal_": lambda i, t: i.kaiming_normal_(t, nonlinearity="tanh"),
    "trunc_normal_": lambda i, t: i.trunc_normal_(t, 0.5, 1.5),
    "trunc_normal_ far": lambda i, t: i.trunc_normal_(t, 0.0, 1.0, 1.5, 3.0),
    "sparse_": lambda i, t: i.sparse_(t, 0.3),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(3, 2), (20, 31)])
@pytest.mark.parametrize("name", FILLS)
def test_initial_values(name, shape, dtype):
    ours, theirs = seeded(lambda t: FILLS[name](t.nn.init, t.empty(shape, dtype=getattr(t, dtype))), 5)
    equal(ours, theirs)


@pytest.mark.parametrize("shape", [(3, 3), (5, 2), (2, 7), (4, 2, 3)])
def test_orthogonal(shape):
    ours, theirs = seeded(lambda t: t.nn.init.orthogonal_(t.empty(shape), gain=1.5), 5)
    close(ours, theirs)


def test_gains_and_fans():
    for name in ("linear", "conv2d", "conv_transpose3d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"):
        assert microdl.nn.init.calculate_gain(name) == torch.nn.init.calculate_gain(name)
    for shape in ((2, 3), (4, 3, 5, 2)):
        fans = [t.nn.init._calculate_fan_in_and_fan_out(t.empty(shape)) for t in BOTH]
        assert fans[0] == fans[1]


# --- printing ----------------------------------------------------------------------------------------------


def _tree(t):
    nn = t.nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.ReLU(), nn.Dropout(0.1)))
            self.blocks = nn.ModuleList([nn.Sequential(nn.Linear(1, 1), nn.Tanh()) for _ in range(3)] + [nn.GELU()])
            self.by_name = nn.ModuleDict({"a": nn.Softmax(dim=1), "b": nn.Identity()})
            self.none = None
            self.register_module("nothing", None)
            self.weight = nn.Parameter(t.zeros(1))

        def extra_repr(self):
            return "one=1\ntwo=2"

    return Net()


PRINTED = {
    "tree": _tree,
    "empty": lambda t: t.nn.Sequential(),
    "empty list": lambda t: t.nn.ModuleList(),
    "empty dict": lambda t: t.nn.ModuleDict(),
    "module": lambda t: t.nn.Module(),
    "linear": lambda t: t.nn.Linear(3, 2, bias=False),
    "named": lambda t: t.nn.Sequential(OrderedDict(fc=t.nn.Linear(1, 2), act=t.nn.Sigmoid())),
    "flatten": lambda t: t.nn.Flatten(0, 2),
    "unflatten": lambda t: t.nn.Unflatten(1, (2, 3)),
    "dropout": lambda t: t.nn.Dropout(0.25, True),
    "batch norm": lambda t: t.nn.BatchNorm1d(3, momentum=None, bias=False),
    "plain batch norm": lambda t: t.nn.BatchNorm1d(3, 1e-3, affine=False, track_running_stats=False),
    "layer norm": lambda t: t.nn.LayerNorm((2, 3), bias=False),
    "plain layer norm": lambda t: t.nn.LayerNorm(3, elementwise_affine=False),
    "embedding": lambda t: t.nn.Embedding(5, 2, padding_idx=-1),
    "parameters": lambda t: t.nn.ParameterList([t.ones(2, 3), t.ones(()), "text"]),
    "one parameter": lambda t: t.nn.ParameterList([t.ones(2)]),
    "parameter dict": lambda t: t.nn.ParameterDict({"a": t.ones(2, dtype=t.float64), "b": 3}),
    "parameter": lambda t: t.nn.Parameter(t.tensor([1.5, 2.0])),
    "frozen parameter": lambda t: t.nn.Parameter(t.tensor([[1, 2]]), requires_grad=False),
    "state": lambda t: t.nn.Linear(1, 1).load_state_dict({"weight": t.ones(1, 1), "x": 1}, strict=False),
    "all matched": lambda t: (lambda layer: layer.load_state_dict(layer.state_dict()))(t.nn.Linear(1, 1)),
    "multiplied": lambda t: t.nn.Sequential(t.nn.ReLU(), t.nn.Tanh()) * 2 + t.nn.Sequential(t.nn.Linear(1, 1)),
    "sliced": lambda t: t.nn.Sequential(t.nn.ReLU(), t.nn.Tanh(), t.nn.SELU())[1:],
}


@pytest.mark.parametrize("name", PRINTED)
def test_printing(name):
    ours, theirs = seeded(PRINTED[name])
    assert repr(ours) == repr(theirs)


ACTIVATIONS = [
    ("ReLU", {"inplace": True}), ("ReLU", {}), ("ReLU6", {"inplace": True}), ("ReLU6", {}), ("LeakyReLU", {}),
    ("LeakyReLU", {"negative_slope": 0.3, "inplace": True}), ("ELU", {"alpha": 1.5}), ("ELU", {"inplace": True}),
    ("CELU", {"alpha": 0.5}), ("SELU", {}), ("SELU", {"inplace": True}), ("GELU", {}),
    ("GELU", {"approximate": "tanh"}),
    ("SiLU", {}), ("SiLU", {"inplace": True}), ("Mish", {}), ("Mish", {"inplace": True}), ("Hardsigmoid", {}),
    ("Hardsigmoid", {"inplace": True}), ("Hardswish", {}), ("Hardtanh", {}), ("Softsign", {}), ("Tanhshrink", {}),
    ("Hardtanh", {"min_val": -0.5, "max_val": 0.75, "inplace": True}), ("Threshold", {"threshold": 0.1, "value": 20}),
    ("Threshold", {"threshold": 0.1, "value": 20, "inplace": True}), ("Sigmoid", {}), ("Tanh", {}), ("LogSigmoid", {}),
    ("Softplus", {}), ("Softplus", {"beta": 2, "threshold": 1}), ("PReLU", {}), ("PReLU", {"num_parameters": 4}),
    ("Softmax", {"dim": 1}), ("LogSoftmax", {"dim": 0}), ("Softmin", {"dim": -1}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "options"), ACTIVATIONS)
def test_activations(name, options):
    values = np.linspace(-4, 4, 24, dtype=np.float32).reshape(6, 4)
    results = []
    for t in BOTH:
        module = getattr(t.nn, name)(**options)
        x = t.tensor(values, requires_grad=True)
        y = module(x * 1.0)  # a leaf cannot be overwritten
        (y * y).sum().backward()
        results.append((repr(module), y, x.grad))
    assert results[0][0] == results[1][0]
    close(results[0][1], results[1][1])
    close(results[0][2], results[1][2], 1e-4, 1e-5)


# --- state -------------------------------------------------------------------------------------------------


def test_state_from_pytorch_gives_the_same_outputs():
    def build(t):
        return t.nn.Sequential(t.nn.Linear(4, 3), t.nn.BatchNorm1d(3), t.nn.Tanh(), t.nn.Linear(3, 2, bias=False))

    ours, theirs = build(microdl), build(torch)
    x = np.random.default_rng(0).normal(size=(8, 4)).astype(np.float32)
    theirs(torch.tensor(x))  # moves the running statistics
    state = theirs.state_dict()
    assert list(ours.state_dict()) == list(state)
    assert ours.state_dict()._metadata == state._metadata
    ours.load_state_dict(OrderedDict((k, microdl.tensor(v.numpy())) for k, v in state.items()))
    close(ours.eval()(microdl.tensor(x)), theirs.eval()(torch.tensor(x)))
    back = {k: torch.tensor(v.numpy()) for k, v in ours.state_dict().items()}
    assert repr(build(torch).load_state_dict(back)) == "<All keys matched successfully>"


def test_walks_agree():
    nets = seeded(_tree)
    for walk in (
        lambda n: [k for k, _ in n.named_parameters()],
        lambda n: [(k, type(m).__name__) for k, m in n.named_modules()],
        lambda n: [k for k, _ in n.named_modules(prefix="p", remove_duplicate=False)],
        lambda n: [k for k, _ in n.named_children()],
        lambda n: list(n.state_dict(prefix="x.")),
        lambda n: [tuple(p.shape) for p in n.parameters(recurse=False)],
        lambda n: [k for k in dir(n) if k in ("body", "blocks", "weight", "none", "nothing", "0")],
    ):
        ours, theirs = map(walk, nets)
        assert ours == theirs


# --- errors ------------------------------------------------------------------------------------------------


def _early(t, value):
    """A module that assigns before `super().__init__()`."""

    class Early(t.nn.Module):
        def __init__(self):
            self.part = value

    return Early()


ERRORS = [
    (lambda t: _early(t, t.nn.ReLU()), "cannot assign module before Module.__init__() call"),
    (lambda t: _early(t, t.nn.Parameter(t.ones(1))), "cannot assign parameters before Module.__init__() call"),
    (lambda t: t.nn.Module()(1), 'Module [Module] is missing the required "forward" function'),
    (lambda t: t.nn.Module().foo, "'Module' object has no attribute 'foo'"),
    (lambda t: t.nn.Module(1), "takes 1 positional argument but 2 were given"),
    (
        lambda t: t.nn.Module().register_parameter("a", t.ones(1)),
        "cannot assign 'torch.FloatTensor' object to parameter 'a'",
    ),
    (lambda t: t.nn.Module().register_parameter("a.b", None), "parameter name can"),
    (lambda t: t.nn.Module().register_buffer("", None), "can\\'t be empty string"),
    (lambda t: t.nn.Module().register_buffer("forward", None), "attribute 'forward' already exists"),
    (lambda t: t.nn.Module().add_module("a", 3), "int is not a Module subclass"),
    (lambda t: t.nn.Module().add_module(1, t.nn.ReLU()), "module name should be a string. Got int"),
    (lambda t: setattr(t.nn.Linear(1, 1), "weight", 3), "cannot assign 'int' as parameter 'weight'"),
    (lambda t: setattr(t.nn.Sequential(t.nn.ReLU()), "0", 3), "cannot assign 'int' as child module '0'"),
    (lambda t: setattr(t.nn.BatchNorm1d(1), "running_mean", 3), "cannot assign 'int' as buffer 'running_mean'"),
    (lambda t: t.nn.Linear(1, 1).get_parameter("foo.bar"), "Linear has no attribute `foo`"),
    (lambda t: t.nn.Sequential(t.nn.ReLU()).get_parameter("0"), "`0` is not an nn.Parameter"),
    (lambda t: t.nn.Linear(1, 1).get_submodule("weight"), "`weight` is not an nn.Module"),
    (lambda t: t.nn.Linear(1, 1).train(3), "training mode is expected to be boolean"),
    (lambda t: t.nn.Linear(1, 1).load_state_dict(3), "Expected state_dict to be dict-like, got <class 'int'>."),
    (
        lambda t: t.nn.Linear(1, 1).load_state_dict({"weight": t.ones(2, 2), "b": 3, "c": 1}),
        "Error(s) in loading state_dict for Linear:\n\t"
        'Missing key(s) in state_dict: "bias". \n\tUnexpected key(s) in state_dict: "b", "c". \n\t'
        "size mismatch for weight: copying a param with shape torch.Size([2, 2]) from checkpoint, the shape in current "
        "model is torch.Size([1, 1]).",
    ),
    (
        lambda t: t.nn.Sequential(t.nn.Linear(1, 1)).load_state_dict({"0.weight": t.ones(1, 1), "0.x": 1, "bias": 1}),
        'Missing key(s) in state_dict: "0.bias". \n\tUnexpected key(s) in state_dict: "bias", "0.x". ',
    ),
    (lambda t: t.nn.Linear(1, 1).to(t.int64), "only accepts floating point or complex dtypes"),
    (lambda t: t.nn.Linear(1, 1).to("foo"), "device type at start of device string: foo"),
    (lambda t: t.nn.Linear(1, 1).cuda(), "Torch not compiled with CUDA enabled"),
    (lambda t: t.nn.Linear(1, 1).type(t.int64), "requires gradients must be floating point"),
    (lambda t: t.nn.Sequential(3), "int is not a Module subclass"),
    (lambda t: t.nn.Sequential(t.nn.ReLU())[1], "index 1 is out of range"),
    (lambda t: t.nn.Sequential().insert(3, t.nn.ReLU()), "Index out of range: 3"),
    (lambda t: t.nn.Sequential().insert(0, 3), "module should be of type"),
    (lambda t: t.nn.Sequential(t.nn.ReLU()) * 0, "Non-positive multiplication factor 0"),
    (lambda t: t.nn.Sequential() + 3, "add operator supports only objects of Sequential class"),
    (lambda t: t.nn.ModuleList(3), "ModuleList.extend should be called with an iterable, but got int"),
    (lambda t: t.nn.ModuleDict([t.nn.ReLU()]), "should be Iterable"),
    (lambda t: t.nn.Linear(-1, 3), "Trying to create tensor with negative dimension -1"),
    (lambda t: t.nn.Linear(2.0, 3), "float"),
    (
        lambda t: t.nn.Linear(2, 3, dtype=t.int64),
        "Only Tensors of floating point and complex dtype can require gradients",
    ),
    (lambda t: t.nn.Linear(2, 1)(t.ones(3, 3)), "mat1 and mat2 shapes cannot be multiplied (3x3 and 2x1)"),
    (lambda t: t.nn.Linear(2, 1)(3), "must be Tensor, not int"),
    (lambda t: t.nn.Linear(2, 1)(), "missing 1 required positional argument: 'input'"),
    (lambda t: t.nn.Dropout(2), "dropout probability has to be between 0 and 1, but got 2"),
    (lambda t: t.nn.BatchNorm1d(3)(t.ones(1, 3)), "Expected more than 1 value per channel when training"),
    (lambda t: t.nn.BatchNorm1d(3)(t.ones(3)), "expected 2D or 3D input (got 1D input)"),
    (lambda t: t.nn.BatchNorm1d(3)(t.ones(2, 4)), "running_mean should contain 4 elements not 3"),
    (lambda t: t.nn.LayerNorm(3)(t.ones(2, 4)), "Given normalized_shape=[3], expected input with shape [*, 3]"),
    (lambda t: t.nn.Embedding(3, 2)(t.tensor([3])), "index out of range in self"),
    (lambda t: t.nn.Embedding(3, 2, padding_idx=3), "Padding_idx must be within num_embeddings"),
    (lambda t: t.nn.Parameter([1.0]), "'list' object has no attribute 'detach'"),
    (lambda t: t.nn.Parameter(t.tensor(3)), "Only Tensors of floating point and complex dtype can require gradients"),
    (lambda t: t.nn.Unflatten(1, 3), "unflattened_size must be a tuple of ints, but found type int"),
    (lambda t: t.nn.Unflatten(1, (2, 3))(t.ones(2, 5)), "[2, 3]"),
    (lambda t: t.nn.Flatten(0, 5)(t.ones(2, 3)), "Dimension out of range"),
    (lambda t: t.nn.Hardtanh(2, 1), "max_val (1) must be greater than min_val (2)"),
    (lambda t: t.nn.PReLU(2)(t.ones(3, 3)), "Found parameter numbers = 2 and channel size = 3"),
    (lambda t: t.nn.init.kaiming_uniform_(t.empty(3)), "Fan in and fan out can not be computed for tensor with fewer"),
    (lambda t: t.nn.init.kaiming_uniform_(t.empty(3, 3), mode="x"), "Mode x not supported, please use one of"),
    (lambda t: t.nn.init.calculate_gain("foo"), "Unsupported nonlinearity foo"),
    (lambda t: t.nn.init.calculate_gain("leaky_relu", "a"), "negative_slope a not a valid number"),
    (lambda t: t.nn.init.eye_(t.empty(3)), "Only tensors with 2 dimensions are supported"),
    (
        lambda t: t.nn.init.uniform_(t.empty(2), 1, 0),
        "uniform_ expects to return a [from, to) range, but found from=1 > to=0",
    ),
    (lambda t: t.nn.init.uniform_(t.empty(2, dtype=t.int64)), "\"check_uniform_bounds\" not implemented for 'Long'"),
    (lambda t: t.nn.init.constant_([1], 2), "'list' object has no attribute 'fill_'"),
    (lambda t: t.nn.utils.parameters_to_vector([]), "expected a non-empty list of Tensors"),
    (lambda t: t.nn.utils.vector_to_parameters([1], []), "expected torch.Tensor, but got: list"),
    (lambda t: t.nn.LazyLinear(3).weight.shape, "Can't access the shape of an uninitialized parameter or buffer"),
    (lambda t: t.nn.ParameterList()(1), "ParameterList should not be called."),
]


@pytest.mark.parametrize(("call", "phrase"), ERRORS, ids=range(len(ERRORS)))
@pytest.mark.filterwarnings("ignore:Lazy modules are a new feature")
def test_errors_have_pytorchs_type_and_words(call, phrase):
    types = []
    for t in BOTH:
        with pytest.raises(Exception) as caught:  # noqa: PT011 - the type is compared below
            call(t)
        assert phrase in str(caught.value)
        types.append(type(caught.value).__name__)
    assert types[0] == types[1]


# --- layers ------------------------------------------------------------------------------------------------

X = np.random.default_rng(1).normal(size=(6, 4)).astype(np.float32)
X3 = np.random.default_rng(2).normal(size=(5, 4, 3)).astype(np.float32)


@pytest.mark.parametrize(
    ("build", "values"),
    [
        (lambda t: t.nn.BatchNorm1d(4), X),
        (lambda t: t.nn.BatchNorm1d(4), X3),
        (lambda t: t.nn.BatchNorm1d(4, momentum=None, affine=False), X),
        (lambda t: t.nn.BatchNorm1d(4, track_running_stats=False), X),
        (lambda t: t.nn.BatchNorm1d(4, eps=0.1, momentum=0.5, bias=False), X),
        (lambda t: t.nn.LayerNorm(4), X),
        (lambda t: t.nn.LayerNorm((4, 3)), X3),
        (lambda t: t.nn.LayerNorm(3, elementwise_affine=False), X3),
        (lambda t: t.nn.Sequential(t.nn.Linear(4, 3), t.nn.BatchNorm1d(3), t.nn.ReLU(), t.nn.Linear(3, 1)), X),
        (lambda t: t.nn.Sequential(t.nn.Flatten(), t.nn.Unflatten(1, (2, 6)), t.nn.Linear(6, 2)), X3),
    ],
)
def test_layers_train_and_evaluate_alike(build, values):
    results = []
    for module, t in zip(seeded(build), BOTH, strict=True):
        x = t.tensor(values, requires_grad=True)
        outputs = []
        for step in range(3):
            y = module(x * (step + 1.0))
            outputs.append(y)
            (y**3).sum().backward()
        outputs.append(module.eval()(x))
        results.append([*outputs, x.grad, *(p.grad for p in module.parameters()), *module.buffers()])
    for ours, theirs in zip(*results, strict=True):
        close(ours, theirs, 1e-4, 2e-4)


def test_embedding_with_padding_trains_alike():
    results = []
    for module, t in zip(seeded(lambda t: t.nn.Embedding(5, 3, padding_idx=1)), BOTH, strict=True):
        y = module(t.tensor([[0, 1, 1], [4, 4, 0]]))
        (y**2).sum().backward()
        results.append((y, module.weight.grad))
    for ours, theirs in zip(*results, strict=True):
        close(ours, theirs)


def test_hooks_fire_in_the_same_order_with_the_same_values():
    logs = []
    for net, t in zip(seeded(lambda t: t.nn.Sequential(t.nn.Linear(3, 2), t.nn.Tanh())), BOTH, strict=True):
        log = []

        def note(kind, log=log):
            return lambda owner, *values: log.append((kind, type(owner).__name__, *map(_plain, values)))

        for module in net.modules():
            module.register_forward_pre_hook(note("pre"))
            module.register_forward_hook(note("post"))
            module.register_full_backward_pre_hook(note("backward pre"))
            module.register_full_backward_hook(note("backward"))
        x = t.ones(2, 3, requires_grad=True)
        net(x).sum().backward()
        logs.append(log)
    assert [entry[:2] for entry in logs[0]] == [entry[:2] for entry in logs[1]]
    for ours, theirs in zip(*logs, strict=True):
        np.testing.assert_allclose(np.hstack(ours[2:]), np.hstack(theirs[2:]), rtol=1e-5)


def _plain(value):
    values = value if isinstance(value, tuple) else (value,)
    return np.concatenate([array(v).ravel() for v in values])


def test_copies_keep_or_drop_the_same_things():
    for t in BOTH:
        layer = t.nn.Linear(2, 1).eval()
        layer(t.ones(1, 2)).sum().backward()
        other = copy.deepcopy(layer)
        assert other.weight.grad is None
        assert type(other.weight) is t.nn.Parameter
        assert not other.training


@pytest.mark.parametrize("order", [2, 1, 3, math.inf, -math.inf, 0])
@pytest.mark.parametrize("largest", [0.1, 100.0])
def test_clipping(order, largest):
    results = []
    for net, t in zip(seeded(lambda t: t.nn.Linear(5, 3)), BOTH, strict=True):
        net(t.ones(4, 5)).sum().backward()
        norm = t.nn.utils.clip_grad_norm_(net.parameters(), largest, order)
        clipped = [g.clone() for g in (net.weight.grad, net.bias.grad)]
        t.nn.utils.clip_grad_value_(net.parameters(), largest / 20)
        results.append([norm, *clipped, net.weight.grad, t.nn.utils.parameters_to_vector(net.parameters())])
    for ours, theirs in zip(*results, strict=True):
        close(ours, theirs)
