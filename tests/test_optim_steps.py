"""Every optimiser against its paper, against PyTorch's recorded values, and its kernel against both."""

from __future__ import annotations

import copy
import math
import pickle
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import microdl as torch
from microdl import kernels
from microdl.optim.fused import FusedOptimizer

from .optim_cases import IDS, OPTIMIZERS, Case
from .optim_references import after_steps

FUSED = [case for case in OPTIMIZERS if case.name != "SGD"]
FIRST = list({case.name: case for case in reversed(FUSED)}.values())
TOLERANCE = {"float16": 2e-2, "float32": 1e-5, "float64": 1e-13}
every_case = pytest.mark.parametrize("case", OPTIMIZERS, ids=IDS)
every_optimizer = pytest.mark.parametrize("case", FIRST, ids=[case.name for case in FIRST])


def make(case: Case, params: Any, **options: Any) -> Any:
    return getattr(torch.optim, case.name)(params, **{**case.options, **options})


def leaf(values: Any, dtype: Any = None) -> Any:
    return torch.tensor(values, dtype=dtype, requires_grad=True)


def stepped(optimizer: Any, p: Any, grads: Any) -> Any:
    for g in grads:
        p.grad = torch.tensor(np.asarray(g), dtype=p.dtype)
        optimizer.step()
    return p


def gradients(shape: Any, count: int = 30) -> list[Any]:
    rng = np.random.default_rng(7)
    return [rng.standard_normal(shape).astype(np.float16) for _ in range(count)]


# Values.


@every_case
@given(
    st.sampled_from([(), (1,), (17,), (3, 4), (0,), (2, 1, 3)]),
    st.sampled_from(list(TOLERANCE)),
    st.sampled_from(["C", "F", "strided"]),
)
def test_steps_follow_the_paper(case: Case, shape: Any, dtype: str, order: str) -> None:
    start = np.random.default_rng(5).standard_normal(shape).astype(np.float16)
    array = np.asarray(start, dtype, order="F" if order == "F" else "C").copy(order="K")
    if order == "strided":
        array = np.repeat(array[..., None], 3, -1)[..., 1]
    p = torch.from_numpy(array).requires_grad_()
    optimizer = make(case, [p])
    grads = gradients(shape, 4 if dtype == "float16" else 30)
    stepped(optimizer, p, grads)
    assert array.size == 0 or np.shares_memory(p.detach().numpy(), array)
    expected = after_steps(case.name, start, grads, optimizer.param_groups[0])
    np.testing.assert_allclose(array, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", FUSED, ids=[i for i in IDS if not i.startswith("SGD")])
def test_kernels_equal_their_twins_over_100_steps(case: Case, dtype: str) -> None:
    optimizer = make(case, [leaf([0.0])])
    group = optimizer.param_groups[0]
    p = np.linspace(-2, 2, 19).astype(dtype)
    buffers = [np.full(p.size, optimizer._initial(name, group), dtype) for name in optimizer.buffers]
    counts: Any = [np.float32(optimizer._initial(name, group)) for name in optimizer.counts]
    grads = gradients(p.size, 100)
    expected = after_steps(case.name, p, grads, group)
    for g in grads:
        options, counts = optimizer._advance(group, group["lr"], *map(np.float32, counts))
        getattr(kernels.optim, optimizer.kernel)(p, g.astype(dtype), *buffers, options)
    np.testing.assert_allclose(p, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@every_case
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_recorded_steps(case: Case, dtype: Any) -> None:
    p = leaf([1.0, -2.0, 0.5], dtype)
    scale = torch.tensor([1.0, 0.5, -3.0], dtype=dtype)
    optimizer = make(case, [p])
    for t in range(6):
        optimizer.zero_grad()
        ((p * p) * scale + (t - 3) * p).sum().backward()
        optimizer.step()
    # an optimiser without noise runs into 0 / 0 nowhere here, but a difference of squares costs digits
    assert p.tolist() == pytest.approx(case.values, rel=1e-12 if dtype is torch.float64 else 2e-5)
    state = optimizer.state_dict()["state"]
    assert (" ".join(state[0]) if state else "") == case.state
    numbers = {"step", "mu_product", "eta", "mu"}
    for name, value in (state[0] if state else {}).items():
        expected = (torch.float32, ()) if name in numbers else (dtype, (3,))
        assert (value.dtype, tuple(value.shape)) == expected
        assert not value.requires_grad


def test_values_that_are_not_finite_stay_where_they_are() -> None:
    for case in FUSED:
        p = leaf([math.inf, math.nan, 1.0, 1.0, 1.0])
        stepped(make(case, [p]), p, [[1.0, 1.0, math.nan, 0.0, 1.0]] * 2)
        values = p.tolist()
        assert not math.isfinite(values[0]), case
        assert math.isnan(values[1]), case
        assert case.name == "Rprop" or math.isnan(values[2]), case
        assert math.isfinite(values[4]), case


@every_optimizer
def test_a_tensor_as_learning_rate(case: Case) -> None:
    p, q = leaf([1.0, -2.0]), leaf([1.0, -2.0])
    rate = torch.tensor([0.25])
    optimizer = make(case, [p], lr=rate)
    stepped(optimizer, p, [[1.0, -0.5]] * 3)
    stepped(make(case, [q], lr=0.25), q, [[1.0, -0.5]] * 3)
    assert p.tolist() == pytest.approx(q.tolist(), rel=1e-6)
    assert optimizer.param_groups[0]["lr"] is rate


# The state.


@every_case
def test_a_saved_state_goes_on_to_the_bit(case: Case) -> None:
    p, grads = leaf([1.0, -2.0, 0.5]), gradients(3, 6)
    optimizer = make(case, [p])
    stepped(optimizer, p, grads[:3])
    copies = [copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))]
    loaded = make(case, [leaf(p.tolist())])
    loaded.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    stepped(optimizer, p, grads[3:])
    for other in (loaded, *copies):
        q = other.param_groups[0]["params"][0]
        assert stepped(other, q, grads[3:]).tolist() == p.tolist()


@every_optimizer
def test_a_state_from_an_old_pytorch_has_numbers_for_counts(case: Case) -> None:
    p = leaf([1.0, -2.0])
    optimizer = make(case, [p])
    stepped(optimizer, p, [[1.0, 1.0]] * 2)
    saved = copy.deepcopy(optimizer.state_dict())
    for name in optimizer.counts:
        saved["state"][0][name] = saved["state"][0][name].item()
    del saved["param_groups"][0]["maximize"], saved["param_groups"][0]["foreach"]
    q = leaf(p.tolist())
    other = make(case, [q])
    other.load_state_dict(saved)
    assert other.state[q]["step"].dtype is torch.float32
    stepped(other, q, [[1.0, 1.0]])
    stepped(optimizer, p, [[1.0, 1.0]])
    assert q.tolist() == p.tolist()


@every_optimizer
def test_state_and_data_replaced_between_steps(case: Case) -> None:
    p, q = leaf([1.0, -2.0]), leaf([1.0, -2.0])
    first, second = make(case, [p]), make(case, [q])
    stepped(first, p, [[1.0, 0.5]])
    stepped(second, q, [[1.0, 0.5]])
    p.data = p.data.clone()
    for name, value in first.state[p].items():
        first.state[p][name] = value.clone()
    for value in second.state[q].values():
        value.data = value.data.clone()
    assert stepped(first, p, [[1.0, 0.5]]).tolist() == stepped(second, q, [[1.0, 0.5]]).tolist()
    first.state.clear()
    stepped(first, p, [[1.0, 0.5]])
    assert first.state[p]["step"].item() == 1


def test_parameters_keep_counts_of_their_own() -> None:
    p, q = leaf([1.0]), leaf([1.0])
    optimizer = torch.optim.Adam([p, q], lr=0.5)
    stepped(optimizer, p, [[1.0], [1.0]])
    q.grad = torch.ones(1)
    optimizer.step()
    assert [optimizer.state[x]["step"].item() for x in (p, q)] == [3, 1]
    assert q.tolist() == pytest.approx([0.5])


def test_a_parameter_listed_twice_makes_two_steps() -> None:
    p = leaf([1.0])
    with pytest.warns(UserWarning, match="duplicate parameters"):
        optimizer = torch.optim.Adam([p, p], lr=0.5)
    stepped(optimizer, p, [[1.0]])
    assert optimizer.state[p]["step"].item() == 2


def test_adagrad_has_its_state_from_the_beginning() -> None:
    p = leaf([1.0])
    optimizer = torch.optim.Adagrad([p], initial_accumulator_value=0.5)
    assert optimizer.state[p]["sum"].tolist() == [0.5]
    assert optimizer.state[p]["step"].item() == 0


def test_counts_have_the_default_dtype_when_it_is_float64() -> None:
    torch.set_default_dtype(torch.float64)
    p = leaf([1.0])
    optimizer = torch.optim.NAdam([p])
    stepped(optimizer, p, [[1.0]])
    assert {value.dtype for value in optimizer.state[p].values()} == {torch.float64}


def test_an_adam_state_makes_adamw_no_adam() -> None:
    p = leaf([1.0])
    adam, adamw = torch.optim.Adam([p]), torch.optim.AdamW([leaf([1.0])])
    adamw.load_state_dict(adam.state_dict())
    assert adamw.param_groups[0]["decoupled_weight_decay"] is True


# Refusals.


@pytest.mark.parametrize(
    ("name", "options", "error", "text"),
    [
        ("Adam", {"lr": -1.0}, ValueError, "Invalid learning rate: -1.0"),
        ("Adam", {"eps": -1.0}, ValueError, "Invalid epsilon value: -1.0"),
        ("Adam", {"betas": (1.0, 0.9)}, ValueError, "Invalid beta parameter at index 0: 1.0"),
        ("Adam", {"betas": (0.9, -0.1)}, ValueError, "Invalid beta parameter at index 1: -0.1"),
        ("Adam", {"betas": (0, 0.9)}, ValueError, "betas must be either both floats or both Tensors"),
        ("Adam", {"weight_decay": -1}, ValueError, "Invalid weight_decay value: -1"),
        ("Adam", {"lr": torch.ones(2)}, ValueError, "Tensor learning rate must be 1-element"),
        ("Adam", {"lr": torch.tensor(0.1), "foreach": True}, ValueError, "lr as a Tensor is not supported"),
        ("Adam", {"lr": "fast"}, TypeError, r"learning rate must be a number, not str \('fast'\)"),
        ("Adam", {"fused": True, "differentiable": True}, RuntimeError, "`fused` does not support `differentiable`"),
        ("Adam", {"fused": True, "foreach": True}, RuntimeError, "cannot be `True` together"),
        ("Adam", {"differentiable": True}, NotImplementedError, "Adam cannot be differentiated through"),
        ("Adam", {"capturable": True}, AssertionError, "Leave capturable=False"),
        ("AdamW", {"weight_decay": math.nan}, ValueError, "Invalid weight_decay value: nan"),
        ("Adamax", {"betas": (0.9, 1.5)}, ValueError, "Invalid beta parameter at index 1: 1.5"),
        ("NAdam", {"momentum_decay": -1.0}, ValueError, "Invalid momentum_decay value: -1.0"),
        ("RAdam", {"eps": math.inf}, ValueError, "Invalid epsilon value: inf"),
        ("RMSprop", {"alpha": -0.5}, ValueError, "Invalid alpha value: -0.5"),
        ("RMSprop", {"momentum": -0.5}, ValueError, "Invalid momentum value: -0.5"),
        ("Adagrad", {"lr_decay": -1}, ValueError, "Invalid lr_decay value: -1"),
        ("Adagrad", {"initial_accumulator_value": -1}, ValueError, "Invalid initial_accumulator_value value: -1"),
        ("Adadelta", {"rho": 1.5}, ValueError, "Invalid rho value: 1.5"),
        ("ASGD", {"weight_decay": -1}, ValueError, "Invalid weight_decay value: -1"),
        ("ASGD", {"t0": None}, TypeError, "t0 must be a number, not NoneType"),
        ("Rprop", {"etas": (0.5, 0.9)}, ValueError, "Invalid eta values: 0.5, 0.9"),
    ],
)
def test_bad_options(name: str, options: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        getattr(torch.optim, name)([leaf([1.0])], **options)
    assert re.search(text, str(caught.value))
    assert caught.type is error


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        (lambda o, q: o.param_groups[1].update(lr=math.nan), ValueError, "Invalid learning rate: nan. It was set in"),
        (lambda o, q: o.param_groups[1].update(amsgrad=True), KeyError, "'max_exp_avg_sq' is not in the state"),
        (lambda o, q: setattr(q, "data", torch.ones(3)), RuntimeError, r"shape \[3\] has a exp_avg of shape \[1\]"),
    ],
)
def test_a_refused_step_changes_nothing(change: Any, error: type[Exception], text: str) -> None:
    p, q = leaf([1.0]), leaf([1.0])
    optimizer = torch.optim.Adam([{"params": p}, {"params": q}])
    p.grad, q.grad = torch.ones(1), torch.ones(1)
    optimizer.step()
    before = p.tolist()
    change(optimizer, q)
    with pytest.raises(error) as caught:
        optimizer.step()
    assert re.search(text, str(caught.value))
    assert p.tolist() == before


def test_a_fused_optimizer_of_ones_own_gives_its_kernel_s_options() -> None:
    with pytest.raises(NotImplementedError):
        FusedOptimizer([leaf([1.0])], {"lr": 0.1})._advance({}, 0.1, 0.0)
