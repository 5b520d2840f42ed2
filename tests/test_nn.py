"""`nn`: parameters, and modules: what they own, how they are called, switched, saved, copied and printed."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from collections import OrderedDict

import numpy as np
import pytest

import microdl as torch
from microdl import nn
from microdl.nn import Parameter


def same(x, y, **options):
    np.testing.assert_allclose(x.detach().numpy(), y, rtol=1e-6, atol=1e-7, **options)


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(3, 2)
        self.scale = Parameter(torch.ones(2))
        self.register_buffer("seen", torch.zeros(1))
        self.register_buffer("scratch", torch.zeros(1), persistent=False)
        self.hidden = [nn.Linear(1, 1)]

    def forward(self, x):
        return self.fc(x) * self.scale


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = Block()
        self.last = nn.Linear(2, 1, bias=False)

    def forward(self, x, twice=False):
        return self.last(self.first(x)) * (2 if twice else 1)


def names(pairs):
    return [name for name, _ in pairs]


# --- parameters --------------------------------------------------------------------------------------------


def test_a_parameter_shares_the_memory_of_its_data():
    data = torch.ones(2)
    p = Parameter(data)
    data[0] = 5
    assert p.tolist() == [5, 1]
    assert p._version == data._version == 1
    assert isinstance(p, torch.Tensor)
    assert p.requires_grad
    assert p.is_leaf
    assert repr(p) == "Parameter containing:\ntensor([5., 1.], requires_grad=True)"
    assert repr(Parameter(data, requires_grad=False)) == "Parameter containing:\ntensor([5., 1.])"


def test_what_is_computed_from_a_parameter_is_a_plain_tensor():
    p = Parameter(torch.ones(2))
    assert {type(t) for t in (p * 2, p.detach(), p.clone(), p.data, p[0])} == {torch.Tensor}


def test_copies_of_a_parameter_are_parameters_without_gradient():
    p = Parameter(torch.tensor([1.0, 2.0]))
    p.grad = torch.ones(2)
    frozen = Parameter(torch.ones(1), requires_grad=False)
    for q in (copy.deepcopy(p), pickle.loads(pickle.dumps(p))):
        assert type(q) is Parameter
        assert q.tolist() == [1, 2]
        assert q.requires_grad
        assert q.grad is None
        assert not np.shares_memory(q._a, p._a)
    assert not copy.deepcopy(frozen).requires_grad


def test_a_parameter_refuses_what_is_no_floating_tensor():
    with pytest.raises(AttributeError, match=r"needs a Tensor.*'list'.*torch.tensor"):
        Parameter([1.0])
    with pytest.raises(RuntimeError, match=r"Only Tensors of floating point.*torch.int64.*requires_grad=False"):
        Parameter(torch.tensor([1]))
    assert Parameter(torch.tensor([1]), requires_grad=False).dtype is torch.int64
    assert Parameter().shape == (0,)


# --- registration ------------------------------------------------------------------------------------------


def test_attributes_are_registered_by_their_kind_and_lists_are_not():
    net = Net()
    assert names(net.named_parameters()) == ["first.scale", "first.fc.weight", "first.fc.bias", "last.weight"]
    assert names(net.named_buffers()) == ["first.seen", "first.scratch"]
    assert names(net.named_modules()) == ["", "first", "first.fc", "last"]
    assert names(net.named_children()) == ["first", "last"]
    assert names(net.first.named_parameters(recurse=False)) == ["scale"]
    assert names(net.named_parameters(prefix="net"))[0] == "net.first.scale"
    assert list(net.children()) == [net.first, net.last]
    assert list(net.buffers()) == [net.first.seen, net.first.scratch]


def test_shared_parameters_and_modules_come_once():
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    net[1].weight = net[0].weight
    assert names(net.named_parameters()) == ["0.weight", "0.bias", "1.bias"]
    assert len(list(net.named_parameters(remove_duplicate=False))) == 4
    layer = nn.Linear(1, 1)
    twice = nn.Sequential(layer, layer)
    assert names(twice.named_modules()) == ["", "0"]
    assert names(twice.named_modules(remove_duplicate=False)) == ["", "0", "1"]
    assert names(twice.named_children()) == ["0"]
    assert list(twice.state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    copied = copy.deepcopy(twice)
    assert copied[0] is copied[1]
    assert copied[0] is not layer


def test_every_way_to_change_a_registry_is_seen_as_an_attribute():
    net = Block()
    p, q = Parameter(torch.zeros(1)), Parameter(torch.ones(1))
    net._parameters["scale"] = p
    assert net.scale is p
    net._parameters.update(scale=q, other=p)
    assert (net.scale, net.other) == (q, p)
    net._parameters |= {"third": p}
    assert net.third is p
    assert net._parameters.pop("third") is p
    assert not hasattr(net, "third")
    assert net._parameters.setdefault("other", q) is p
    del net._parameters["other"]
    assert not hasattr(net, "other")
    net._buffers.clear()
    assert not hasattr(net, "seen")
    del net.fc
    assert "fc" not in net._modules
    assert not hasattr(net, "fc")
    # a copy of a registry writes into no module
    copied = copy.deepcopy(net._parameters)
    copied["scale"] = p
    assert net.scale is q


def test_an_attribute_can_change_its_kind():
    net = Block()
    net.fc = None
    assert net._modules["fc"] is None
    assert names(net.named_modules()) == [""]
    net.scale = None
    assert list(net.parameters()) == []
    net.scale = Parameter(torch.zeros(3))
    assert names(net.named_parameters()) == ["scale"]
    net.seen = torch.ones(4)
    assert net._buffers["seen"].shape == (4,)
    net.seen = Parameter(torch.zeros(1))
    assert "seen" not in net._buffers
    net.plain = 3
    net.plain = nn.ReLU()
    assert list(net._modules) == ["fc", "plain"]
    net.fc = Parameter(torch.zeros(1))
    assert list(net._modules) == ["plain"]
    net.tensor = torch.ones(1)
    assert "tensor" not in net._buffers


def test_a_property_of_the_class_comes_before_what_is_registered():
    class Wrapped(nn.Module):
        def __init__(self):
            super().__init__()
            self._modules["inner"] = nn.ReLU()

        @property
        def inner(self):
            return "property"

    net = Wrapped()
    assert net.inner == "property"
    assert repr(net) == "Wrapped(\n  (inner): ReLU()\n)"


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        (
            lambda n: setattr(n, "scale", torch.ones(2)),
            TypeError,
            r"cannot assign 'torch.FloatTensor' as parameter 'scale'",
        ),
        (
            lambda n: setattr(n, "scale", 3),
            TypeError,
            r"'int' as parameter 'scale' \(torch.nn.Parameter or None expected",
        ),
        (lambda n: setattr(n, "scale", nn.ReLU()), TypeError, r"ReLU' as parameter 'scale'"),
        (lambda n: setattr(n, "fc", 3), TypeError, r"cannot assign 'int' as child module 'fc'"),
        (lambda n: setattr(n, "seen", 3), TypeError, r"cannot assign 'int' as buffer 'seen'"),
        (lambda n: n.register_parameter("a", torch.ones(1)), TypeError, r"'torch.FloatTensor' object to parameter 'a'"),
        (lambda n: n.register_parameter(1, None), TypeError, r"parameter name should be a string. Got int"),
        (lambda n: n.register_parameter("a.b", None), KeyError, r"t contain .*got: a.b"),
        (lambda n: n.register_parameter("", None), KeyError, r"t be empty string"),
        (lambda n: n.register_parameter("forward", None), KeyError, r"attribute 'forward' already exists"),
        (lambda n: n.register_buffer("b", 3), TypeError, r"cannot assign 'int' object to buffer 'b'"),
        (lambda n: n.register_buffer("fc", None), KeyError, r"attribute 'fc' already exists"),
        (lambda n: n.add_module("m", 3), TypeError, r"int is not a Module subclass"),
        (lambda n: n.add_module("m.n", nn.ReLU()), KeyError, r"module name can.*t contain .*got: m.n"),
        (lambda n: n.get_parameter("fc.nothing"), AttributeError, r"Linear has no attribute `nothing`"),
        (lambda n: n.get_parameter("fc"), AttributeError, r"`fc` is not an nn.Parameter"),
        (lambda n: n.get_submodule("fc.weight"), AttributeError, r"`weight` is not an nn.Module"),
        (lambda n: n.get_buffer("scale"), AttributeError, r"`scale` is not a buffer"),
        (lambda n: n.nothing, AttributeError, r"'Block' object has no attribute 'nothing'"),
        (lambda n: delattr(n, "nothing"), AttributeError, r"nothing"),
        (lambda n: n.train(1), ValueError, r"training mode is expected to be boolean.*1"),
        (lambda n: n.to(torch.int64), TypeError, r"only accepts floating point.*torch.int64"),
        (lambda n: n.to("cuda"), AssertionError, r"not compiled with CUDA"),
        (lambda n: n.cuda(), AssertionError, r"not compiled with CUDA"),
        (lambda n: n.to("nowhere"), RuntimeError, r"device"),
        (lambda n: n.to(color="red"), TypeError, r"invalid argument 'color'"),
        (lambda n: n.type(torch.int64), RuntimeError, r"must be floating point.*torch.int64"),
    ],
)
def test_errors_leave_the_module_as_it_was(change, error, text):
    net = Block()
    before, attributes = copy.deepcopy(net.state_dict()), dir(net)
    with pytest.raises(error, match=text):
        change(net)
    assert dir(net) == attributes
    after = net.state_dict()
    assert all(before[k].dtype is after[k].dtype and before[k].tolist() == after[k].tolist() for k in before)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (lambda: nn.ReLU(), "cannot assign module before"),
        (lambda: Parameter(torch.ones(1)), "cannot assign parameters before"),
    ],
)
def test_assigning_before_init_is_an_error_that_says_what_to_do(value, text):
    class Early(nn.Module):
        def __init__(self):
            self.part = value()
            super().__init__()

    with pytest.raises(AttributeError, match=text + r".*super\(\).__init__\(\)"):
        Early()


def test_buffers_need_init_too_and_plain_values_do_not():
    class Early(nn.Module):
        def __init__(self):
            self.size = 3
            self.register_buffer("b", torch.ones(1))

    with pytest.raises(AttributeError, match="cannot assign buffer before"):
        Early()


def test_get_by_dotted_name_and_dir():
    net = Net()
    assert net.get_parameter("first.fc.weight") is net.first.fc.weight
    assert net.get_buffer("first.seen") is net.first.seen
    assert net.get_submodule("first.fc") is net.first.fc
    assert net.get_submodule("") is net
    assert {"first", "last", "forward", "training"} <= set(dir(net))
    assert "0" not in dir(nn.Sequential(nn.ReLU()))


def test_a_wrapper_can_pass_on_what_it_does_not_know():
    class Wrapper(nn.Module):
        def __init__(self, module):
            super().__init__()
            self.module = module

        def __getattr__(self, name):  # as PyTorch's documentation of wrappers has it
            try:
                return super().__getattr__(name)
            except AttributeError:
                return getattr(self.module, name)

    net = Wrapper(nn.Linear(2, 1))
    assert net.weight is net.module.weight
    assert names(net.named_parameters()) == ["module.weight", "module.bias"]
    with pytest.raises(AttributeError, match="'Linear' object has no attribute 'nothing'"):
        _ = net.nothing
    assert copy.deepcopy(net).weight.tolist() == net.weight.tolist()


def test_a_module_without_references_is_freed_at_once():
    net = Net()
    ref = weakref.ref(net)
    gc.disable()
    try:
        del net
        assert ref() is None
    finally:
        gc.enable()


# --- calls and hooks ---------------------------------------------------------------------------------------


def test_arguments_of_every_kind_reach_forward():
    class Show(nn.Module):
        def forward(self, *args, **kwargs):
            return args, kwargs

    show = Show()
    assert show() == ((), {})
    assert show(None) == ((None,), {})
    assert show(1, None) == ((1, None), {})
    assert show(1, 2, 3) == ((1, 2, 3), {})
    assert show(1, first=2, second=3) == ((1,), {"first": 2, "second": 3})
    assert show(input=1) == ((), {"input": 1})


def test_calls_that_forward_cannot_take():
    with pytest.raises(TypeError, match=r"missing 1 required positional argument: 'input'"):
        nn.Linear(1, 1)()
    with pytest.raises(NotImplementedError, match=r'Module \[ModuleList\] is missing the required "forward" function'):
        nn.ModuleList()(1)


def test_forward_hooks_run_in_order_and_replace():
    net = nn.Identity()
    log = []
    net.register_forward_pre_hook(lambda m, args: log.append("pre") or args[0] + 1)
    net.register_forward_hook(lambda m, args, out: log.append("post") or out * 10)
    handle = net.register_forward_hook(lambda m, args, out: log.append("first"), prepend=True)
    assert net(1) == 20
    assert log == ["pre", "first", "post"]
    handle.remove()
    assert net(1) == 20
    assert log[3:] == ["pre", "post"]


def test_hooks_with_keyword_arguments():
    net = Net()
    x = torch.ones(1, 3)
    plain, double = net(x), net(x, twice=True)
    same(double, plain.detach().numpy() * 2)
    handle = net.register_forward_pre_hook(lambda m, args, kwargs: (args, {"twice": True}), with_kwargs=True)
    same(net(x), double.tolist())
    handle.remove()
    seen = []
    net.register_forward_hook(lambda m, args, kwargs, out: seen.append(kwargs), with_kwargs=True)
    net(x, twice=True)
    assert seen == [{"twice": True}]
    net.register_forward_pre_hook(lambda m, args, kwargs: 3, with_kwargs=True)
    with pytest.raises(RuntimeError, match=r"must return None or a tuple of \(new_args, new_kwargs\), but got 3"):
        net(x)


def test_backward_hooks_see_and_replace_gradients():
    layer = nn.Linear(2, 1)
    log = []
    layer.register_full_backward_pre_hook(lambda m, grad_output: (grad_output[0] * 2,))
    layer.register_full_backward_hook(lambda m, gi, go: log.append((gi[0].tolist(), go[0].tolist())) or (gi[0] + 1,))
    x = torch.ones(1, 2, requires_grad=True)
    layer(x).sum().backward()
    w = layer.weight.tolist()[0]
    assert log == [([[2 * w[0], 2 * w[1]]], [[2.0]])]
    same(x.grad, [[2 * w[0] + 1, 2 * w[1] + 1]])
    assert layer.weight.grad.tolist() == [[2, 2]]


def test_a_backward_hook_runs_where_no_input_requires_grad():
    layer = nn.Linear(2, 1)
    log = []
    layer.register_full_backward_hook(lambda m, gi, go: log.append((gi, go[0].tolist())))
    with pytest.warns(UserWarning, match="no inputs require gradients"):
        layer(torch.ones(1, 2)).sum().backward()
    assert log == [((None,), [[1.0]])]
    assert layer.bias.grad.tolist() == [1]


def test_a_backward_hook_cannot_change_the_number_of_gradients():
    layer = nn.Identity()
    layer.register_full_backward_hook(lambda m, gi, go: (gi[0], gi[0]))
    x = torch.ones(1, requires_grad=True)
    with pytest.raises(RuntimeError, match="invalid number of grad_input, got 2, but expected 1"):
        layer(x).backward()
    assert x.grad is None


def test_backward_hooks_keep_quiet_without_recording():
    layer = nn.Linear(2, 1)
    layer.register_full_backward_hook(lambda m, gi, go: pytest.fail("no gradient here"))
    with torch.no_grad():
        assert not layer(torch.ones(1, 2)).requires_grad


# --- switches ----------------------------------------------------------------------------------------------


def test_train_and_eval_reach_every_module_and_return_the_module():
    net = Net()
    assert net.eval() is net
    assert not any(m.training for m in net.modules())
    assert net.train() is net
    assert all(m.training for m in net.modules())


def test_train_is_called_on_children_so_that_they_may_refuse():
    class Frozen(nn.Dropout):
        def train(self, mode=True):
            return super().train(False)

    net = nn.Sequential(Frozen()).train()
    assert net.training
    assert not net[0].training


def test_zero_grad():
    net = nn.Linear(2, 1)
    net(torch.ones(1, 2)).sum().backward()
    kept = net.weight.grad
    net.zero_grad(set_to_none=False)
    assert net.weight.grad is kept
    assert kept.tolist() == [[0, 0]]
    net.zero_grad()
    assert net.weight.grad is None


def test_zero_grad_cuts_a_gradient_with_history():
    p = Parameter(torch.tensor([2.0]))
    net = nn.Module()
    net.p = p
    (p**3).sum().backward(create_graph=True)
    assert not p.grad.is_leaf
    net.zero_grad(set_to_none=False)
    assert p.grad.is_leaf
    assert p.grad.tolist() == [0]


def test_requires_grad_is_all_or_nothing():
    net = Net()
    assert net.requires_grad_(False) is net
    assert not any(p.requires_grad for p in net.parameters())
    net.count = Parameter(torch.tensor([1]), requires_grad=False)
    with pytest.raises(RuntimeError, match="floating point"):
        net.requires_grad_()
    assert not any(p.requires_grad for p in net.parameters())


def test_apply_goes_from_the_inside_out():
    seen = []
    net = Net()
    assert net.apply(lambda m: seen.append(type(m).__name__)) is net
    assert seen == ["Linear", "Block", "Linear", "Net"]


def test_casts_are_in_place_and_leave_integers_alone():
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    weight = net[0].weight
    net(torch.ones(2, 2)).sum().backward()
    assert net.double() is net
    assert net[0].weight is weight
    assert {t.dtype for t in (weight, weight.grad, net[1].running_var)} == {torch.float64}
    assert net[1].num_batches_tracked.dtype is torch.int64
    net(torch.ones(2, 2, dtype=torch.float64)).sum().backward()  # accumulates in the new dtype
    assert weight.grad.dtype is torch.float64
    assert net.half()[0].weight.dtype is torch.float16
    assert net.float()[0].weight.dtype is torch.float32
    assert net.to("cpu", torch.float64)[0].weight.dtype is torch.float64
    assert net.to(torch.ones(1))[0].weight.dtype is torch.float32
    assert net.to(device=torch.device("cpu"), dtype=None) is net
    assert net.type(torch.float64)[1].num_batches_tracked.dtype is torch.float64
    assert net.cpu() is net


# --- state -------------------------------------------------------------------------------------------------


def test_state_dict_shares_memory_without_history():
    net = Net()
    state = net.state_dict()
    assert isinstance(state, OrderedDict)
    assert list(state) == ["first.scale", "first.seen", "first.fc.weight", "first.fc.bias", "last.weight"]
    assert not any(t.requires_grad for t in state.values())
    state["first.scale"][0] = 7
    assert net.first.scale.tolist() == [7, 1]
    assert net.state_dict(keep_vars=True)["first.scale"] is net.first.scale
    assert list(net.last.state_dict(prefix="x.")) == ["x.weight"]


def test_state_round_trip():
    a, b = Net(), Net()
    kept = b.first.fc.weight
    result = b.load_state_dict(copy.deepcopy(a.state_dict()))
    assert repr(result) == str(result) == "<All keys matched successfully>"
    assert b.first.fc.weight is kept
    assert all(x.tolist() == y.tolist() for x, y in zip(a.state_dict().values(), b.state_dict().values(), strict=True))
    assert not np.shares_memory(a.last.weight._a, b.last.weight._a)
    missing, unexpected = result
    assert missing == unexpected == []


def test_loading_casts_to_the_dtype_of_the_module():
    layer = nn.Linear(1, 1)
    layer.load_state_dict({"weight": torch.ones(1, 1, dtype=torch.float64), "bias": torch.tensor([3])})
    assert layer.weight.dtype is torch.float32
    assert layer.bias.tolist() == [3]


def test_loading_lists_all_that_does_not_fit_and_changes_nothing():
    net = Net()
    before = copy.deepcopy(net.state_dict())
    state = copy.deepcopy(before)
    del state["first.scale"]
    state["more"] = state["first.scratch"] = torch.ones(1)
    state["first.fc.weight"] += 1
    state["last.weight"] = torch.ones(5)
    state["first.fc.bias"] = 3
    with pytest.raises(RuntimeError) as caught:
        net.load_state_dict(state)
    lines = str(caught.value).split("\n\t")
    assert lines[0] == "Error(s) in loading state_dict for Net:"
    assert lines[1] == 'Missing key(s) in state_dict: "first.scale". '
    assert lines[2] == 'Unexpected key(s) in state_dict: "more", "first.scratch". '
    assert lines[3].startswith('While copying the parameter named "first.fc.bias", expected torch.Tensor')
    assert lines[3].endswith("but received <class 'int'>")
    assert lines[4] == (
        "size mismatch for last.weight: copying a param with shape torch.Size([5]) from checkpoint, the shape in "
        "current model is torch.Size([1, 2])."
    )
    with pytest.raises(RuntimeError, match=r"size mismatch for last\.weight"):
        net.load_state_dict(state, strict=False)
    assert all(before[k].tolist() == t.tolist() for k, t in net.state_dict().items())
    with pytest.raises(TypeError, match=r"Expected state_dict to be dict-like, got <class 'int'>"):
        net.load_state_dict(3)


def test_loading_what_is_there():
    layer = nn.Linear(1, 1)
    result = layer.load_state_dict({"weight": torch.tensor([[5.0]]), "more": torch.ones(1)}, strict=False)
    assert repr(result) == "_IncompatibleKeys(missing_keys=['bias'], unexpected_keys=['more'])"
    assert layer.weight.item() == 5


def test_loading_by_assignment_takes_the_tensors_themselves():
    net = nn.Sequential(nn.Linear(1, 1), nn.BatchNorm1d(1))
    net[0].weight.requires_grad_(False)
    state = OrderedDict((k, t.double().clone()) for k, t in net.state_dict().items())
    net.load_state_dict(state, assign=True)
    assert net[0].weight.dtype is torch.float64
    assert type(net[0].weight) is Parameter
    assert [p.requires_grad for p in net[0].parameters()] == [False, True]
    assert np.shares_memory(net[0].bias._a, state["0.bias"]._a)
    assert net[1].running_mean is state["1.running_mean"]
    assert net[1]._buffers["running_mean"] is net[1].running_mean


def test_old_states_of_batch_norm_lack_the_number_of_batches():
    norm = nn.BatchNorm1d(1)
    state = dict(norm.state_dict())
    del state["num_batches_tracked"]
    assert repr(norm.load_state_dict(state)) == "<All keys matched successfully>"
    new = norm.state_dict()
    del new["num_batches_tracked"]
    with pytest.raises(RuntimeError, match=r'Missing key.*"num_batches_tracked"'):
        norm.load_state_dict(new)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_of_a_module_are_independent_and_whole(copied):
    net = Net().eval()
    net.first.fc.register_forward_hook(print)
    net.first.fc._hooks.forward.clear()
    other = copied(net)
    assert other.first.fc.weight is other.first.fc._parameters["weight"]
    assert type(other.first.fc.weight) is Parameter
    assert not other.training
    assert other.first._non_persistent_buffers_set == {"scratch"}
    x = torch.ones(2, 3)
    assert other(x).tolist() == net(x).tolist()
    other.first.fc.weight.data.zero_()
    assert net.first.fc.weight.any()
    other.first.more = nn.ReLU()
    assert not hasattr(net.first, "more")


def test_a_shallow_copy_has_registries_of_its_own():
    net = Block()
    other = copy.copy(net)
    assert other.scale is net.scale
    other.scale = Parameter(torch.zeros(2))
    assert net.scale.tolist() == [1, 1]


# --- printing ----------------------------------------------------------------------------------------------


def test_nested_modules_print_as_in_pytorch():
    net = nn.Sequential(
        OrderedDict(
            [
                ("body", nn.Sequential(nn.Flatten(), nn.Linear(4, 3), nn.ReLU(inplace=True), nn.Dropout(0.2))),
                ("heads", nn.ModuleList([nn.Linear(3, 2), nn.Linear(3, 2), nn.Tanh()])),
                ("none", nn.Sequential()),
            ]
        )
    )
    assert repr(net) == (
        "Sequential(\n"
        "  (body): Sequential(\n"
        "    (0): Flatten(start_dim=1, end_dim=-1)\n"
        "    (1): Linear(in_features=4, out_features=3, bias=True)\n"
        "    (2): ReLU(inplace=True)\n"
        "    (3): Dropout(p=0.2, inplace=False)\n"
        "  )\n"
        "  (heads): ModuleList(\n"
        "    (0-1): 2 x Linear(in_features=3, out_features=2, bias=True)\n"
        "    (2): Tanh()\n"
        "  )\n"
        "  (none): Sequential()\n"
        ")"
    )


def test_extra_repr_of_several_lines():
    class Wide(nn.Module):
        def extra_repr(self):
            return "a=1\nb=2"

    assert repr(Wide()) == "Wide(\n  a=1\n  b=2\n)"


def test_memory_is_not_shared_between_processes_and_that_is_said():
    net = nn.Linear(1, 1)
    with pytest.warns(UserWarning, match="works on a copy of the module.*send back its state_dict"):
        assert net.share_memory() is net
