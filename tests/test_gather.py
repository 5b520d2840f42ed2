"""Reading and writing by index and mask, and the in-place forms: errors, edge cases, gradients.

Values are those of PyTorch 2.13, recorded.
"""

from __future__ import annotations

from typing import Any

import pytest

import microdl as torch
from microdl.ops import gather, inplace_methods, methods, positions, slices

F = torch.tensor([[1.0, 5.0, 5.0], [2.0, 2.0, 0.0]])
INDEX = torch.tensor([[0, 1], [1, 0]])
N = torch.tensor([[1, 2], [3, 4]])
MASK = F > 1


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (
            lambda: F.gather(1, INDEX.float()),
            RuntimeError,
            "Expected dtype int32/int64 for index, but it is torch.float32",
        ),
        (
            lambda: F.gather(1, torch.tensor([[0, 5]])),
            RuntimeError,
            "index 5 is out of bounds for dimension 1 with size 3",
        ),
        (lambda: F.gather(1, torch.tensor([[0, -1]])), RuntimeError, "index -1 is out of bounds"),
        (lambda: F.gather(1, torch.tensor([0])), RuntimeError, "must have the same number of dimensions"),
        (
            lambda: F.gather(1, INDEX[:1].repeat(3, 1)),
            RuntimeError,
            r"Size does not match at dimension 0 expected index \[3, 2\]",
        ),
        (lambda: F.gather(2, INDEX), IndexError, "Dimension out of range"),
        (lambda: F.gather(1, [0]), TypeError, "argument 'index' .position 3. must be Tensor"),
        (lambda: F.scatter(1, INDEX, N.double()), RuntimeError, "Expected self.dtype to be equal to src.dtype"),
        (lambda: F.scatter(1, INDEX, torch.ones(1, 1)), RuntimeError, r"no larger size than src \[1, 1\]"),
        (lambda: F.scatter(1, INDEX, 2.0, reduce="mean"), RuntimeError, "must be either add or multiply, not 'mean'"),
        (lambda: F.scatter(1, torch.tensor([[7]]), 2.0), RuntimeError, "index 7 is out of bounds"),
        (lambda: F.scatter_add(1, INDEX, 2.0), TypeError, "must be Tensor, not float"),
        (lambda: F.index_select(0, torch.tensor([2])), IndexError, "index out of range in self: index 2"),
        (lambda: F.index_select(0, INDEX), IndexError, "supposed to be a vector"),
        (lambda: F.index_select(0, torch.tensor([1.0])), RuntimeError, "Expected dtype int32 or int64"),
        (
            lambda: F.index_add(0, torch.tensor([1]), F),
            RuntimeError,
            r"Number of indices \(1\) should be equal to .* \(2\)",
        ),
        (lambda: F.index_add(0, torch.tensor([1, 1]), F.double()), RuntimeError, "must have the same scalar type"),
        (lambda: F.index_copy(0, torch.tensor([1, 0]), F[:1]), IndexError, r"Number of indices \(2\)"),
        (
            lambda: F.index_fill(0, torch.tensor([3]), 9.0),
            IndexError,
            "index 3 is out of bounds for dimension 0 with size 2",
        ),
        (
            lambda: F.masked_fill(F, 0),
            RuntimeError,
            "only supports boolean masks, but got mask with dtype torch.float32",
        ),
        (lambda: F.masked_fill(MASK, torch.ones(2)), RuntimeError, "0-dimensional value tensor, but got tensor with 1"),
        (
            lambda: F.masked_fill(MASK[:, :2], 0),
            RuntimeError,
            r"size of tensor a \(2\) must match the size of tensor b \(3\)",
        ),
        (lambda: N.masked_fill(N > 1, float("inf")), RuntimeError, "without overflow"),
        (lambda: F.masked_select(F), RuntimeError, "expected BoolTensor for mask"),
        (lambda: F.take(torch.tensor([6])), IndexError, "tried to access index 6 on a tensor of 6 elements"),
        (lambda: F.take(torch.tensor([1.0])), RuntimeError, "Expected a long tensor for index, but got Float"),
        (lambda: positions.one_hot(torch.tensor([0, 2]), 2), RuntimeError, "smaller than num_classes, but one is 2"),
        (lambda: positions.one_hot(torch.tensor([-1])), RuntimeError, "must be non-negative, but one is -1"),
        (
            lambda: positions.one_hot(torch.tensor([1.0])),
            RuntimeError,
            "only applicable to index tensor of type LongTensor",
        ),
        (lambda: positions.one_hot(torch.tensor([]).long()), RuntimeError, "Can not infer total number of classes"),
        (lambda: positions.meshgrid(F[0], N[0], indexing="ij"), RuntimeError, "to have the same dtype"),
        (lambda: positions.meshgrid(F, indexing="ij"), RuntimeError, "Expected 0D or 1D tensor"),
        (lambda: positions.meshgrid(F[0], indexing="no"), RuntimeError, "but received: no"),
        (lambda: F.lerp(F.double(), 0.5), RuntimeError, "expected dtype float for `end` but got dtype double"),
        (lambda: N.addcdiv(N, N), RuntimeError, "Integer division with addcdiv is no longer supported"),
        (lambda: N.logaddexp(N), NotImplementedError, "not implemented for 'Long'"),
    ],
)
def test_error(call: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        call()


def test_an_error_changes_nothing() -> None:
    x = F.clone()
    for call in (
        lambda: x.scatter_(1, torch.tensor([[0], [7]]), 2.0),
        lambda: x.index_add_(0, torch.tensor([0, 5]), F),
        lambda: x.masked_fill_(torch.ones(2, 2, 3) > 0, 0.0),
        lambda: x.mul_(torch.ones(2, 2, 3)),
    ):
        with pytest.raises(RuntimeError):
            call()
    assert torch.equal(x, F)
    assert x._version == 0


def test_repeated_indices_accumulate() -> None:
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    index = torch.tensor([2, 0, 2, 2])
    for call in (gather.gather, slices.index_select):
        x.grad = None
        call(x, 0, index).sum().backward()
        assert x.grad.tolist() == [1, 0, 3]


def test_scatter_gives_a_larger_source_zeros_where_it_was_not_read() -> None:
    source = torch.ones(3, 2, requires_grad=True)
    torch.zeros(2, 3).scatter(1, torch.tensor([[0], [2]]), source).sum().backward()
    assert source.grad.tolist() == [[1, 0], [1, 0], [0, 0]]


def test_scatter_forms() -> None:
    x = torch.tensor([[1.0, 5.0, 5.0], [2.0, 2.0, 0.0]])
    assert x.scatter(1, INDEX, 9.0).tolist() == [[9, 9, 5], [9, 9, 0]]
    assert x.scatter(1, INDEX, N.float()).tolist() == [[1, 2, 5], [4, 3, 0]]
    assert x.scatter(1, INDEX, N.float(), reduce="add").tolist() == [[2, 7, 5], [6, 5, 0]]
    assert x.scatter(1, INDEX, 2.0, reduce="multiply").tolist() == [[2, 10, 5], [4, 4, 0]]
    assert torch.tensor(3.0).scatter(0, torch.tensor(0), 5.0).tolist() == 5.0


def test_masked_fill_stops_infinite_gradients() -> None:
    x = torch.tensor([0.0, 1.0], requires_grad=True)
    x.log().masked_fill(torch.tensor([True, False]), 0.0).sum().backward()
    assert x.grad.tolist()[1] == 1.0
    y = torch.tensor([1.0, 2.0], requires_grad=True)
    y.masked_fill(torch.tensor([True, False]), 0.0).backward(torch.tensor([float("inf"), 1.0]))
    assert y.grad.tolist() == [0.0, 1.0]


@pytest.mark.parametrize("indexing", ["ij", "xy"])
def test_meshgrid(indexing: str) -> None:
    x, y = positions.meshgrid(torch.tensor([1, 2]), torch.tensor([3, 4, 5]), indexing=indexing)
    rows = [[1, 1, 1], [2, 2, 2]], [[3, 4, 5], [3, 4, 5]]
    columns = [[1, 2]] * 3, [[3, 3], [4, 4], [5, 5]]
    assert (x.tolist(), y.tolist()) == (rows if indexing == "ij" else columns)


# --- in place -------------------------------------------------------------------------------------------------------

SAME = {
    "fill_": (7.0,), "masked_fill_": (MASK, 0.5), "scatter_": (1, INDEX, 3.0),
    "scatter_add_": (1, INDEX, torch.ones(2, 2)),
    "index_add_": (0, torch.tensor([1, 1]), F), "index_copy_": (0, torch.tensor([1, 0]), F),
    "index_fill_": (1, torch.tensor([2]), 4.0), "clamp_": (1, 2), "clip_": (1, 2), "clamp_min_": (1,),
    "clamp_max_": (1,), "lerp_": (F * 2, 0.5), "addcmul_": (F, F), "addcdiv_": (F, F + 1), "cumsum_": (0,),
    "cumprod_": (1,), "fill_diagonal_": (3.0,), "apply_": (lambda v: v + 1,), "map_": (F, lambda a, b: a + b),
    "index_put_": ((torch.tensor([0]),), torch.tensor(1.0)), "copysign_": (-F,), "ldexp_": (torch.tensor(3),),
    "nextafter_": (F,),
    "xlogy_": (F + 1,), "mvlgamma_": (1,), "polygamma_": (1,), "renorm_": (2, 0, 0.1),
    "put_": (torch.tensor([1]), torch.tensor([7.0])), "masked_scatter_": (F > 2, F),
    "scatter_reduce_": (1, torch.tensor([[0], [2]]), F, "amax"),
    "index_reduce_": (1, torch.tensor([2]), F[:, :1], "prod"),
}  # fmt: skip
OTHER_OPERANDS = {"addmm_", "addmv_", "baddbmm_", "addr_", "addbmm_", "gcd_", "lcm_", "float_power_"}
NAMES = sorted(n for n in vars(inplace_methods.InPlace) if n.endswith("_") and not n.startswith("__"))
SHAPES = {"squeeze_", "unsqueeze_", "t_", "transpose_", "swapaxes_", "swapdims_", "as_strided_"}
BINARY = {
    "add_", "sub_", "subtract_", "mul_", "multiply_", "div_", "divide_", "true_divide_", "floor_divide_", "remainder_",
    "fmod_", "pow_", "atan2_", "arctan2_", "hypot_", "heaviside_", "eq_", "ne_", "not_equal_", "lt_", "less_", "le_",
    "less_equal_", "gt_", "greater_", "ge_", "greater_equal_", "logical_and_", "logical_or_", "logical_xor_",
}  # fmt: skip


@pytest.mark.parametrize("name", [n for n in NAMES if n not in SHAPES | OTHER_OPERANDS and not n.startswith("bitwise")])
def test_in_place_is_out_of_place_written_back(name: str) -> None:
    args = SAME.get(name, (F * 0.5 + 1,) if name in BINARY else ())
    x = F.clone() * 0.1
    before, same = x.clone(), x
    assert getattr(x, name)(*args) is same
    assert x._version == 1
    assert x.dtype is torch.float32
    plain = getattr(methods.Methods, name[:-1], None)
    if plain is not None:
        want = plain(before, *args)
        assert torch.allclose(x, want.to(torch.float32), equal_nan=True)
    with pytest.raises(RuntimeError, match="that requires grad"):
        getattr(F.clone().requires_grad_(), name)(*args)


@pytest.mark.parametrize(
    "name", ["exp_", "sqrt_", "log1p_", "mul_", "masked_fill_", "scatter_", "fill_", "zero_", "clamp_"]
)
def test_a_recorded_change_has_the_gradient_of_the_form_that_makes_a_new_tensor(name: str) -> None:
    args = SAME.get(name, (F * 0.5 + 1,) if name in BINARY else ())
    x = F.clone().requires_grad_()
    (getattr(x * 2, name)(*args) * F).sum().backward()
    y = F.clone().requires_grad_()
    if name in ("fill_", "zero_"):
        want = torch.zeros(2, 3)
    else:
        (getattr(y * 2, name[:-1])(*args) * F).sum().backward()
        want = y.grad
    assert torch.allclose(x.grad, want, equal_nan=True)


def test_integers_refuse_fractions_in_place() -> None:
    x = torch.tensor([1, 2])
    for call in (lambda: x.exp_(), lambda: x.add_(1.5), lambda: x.div_(2)):
        with pytest.raises(RuntimeError, match="result type Float can't be cast to the desired output type Long"):
            call()
    assert x.tolist() == [1, 2]


def test_bits_and_shifts() -> None:
    x = torch.tensor([5, 6])
    assert (x & 3).tolist() == [1, 2]
    assert (x | 1).tolist() == [5, 7]
    assert (x ^ 1).tolist() == [4, 7]
    assert (~x).tolist() == [-6, -7]
    assert (x << 1).tolist() == [10, 12]
    assert (x >> 1).tolist() == [2, 3]
    x &= 4
    assert x.tolist() == [4, 4]


def test_equality_with_what_is_no_number_is_pythons() -> None:
    assert (F == None) is False  # noqa: E711 - the point of the test
    assert (F != "x") is True
    assert F in [F]


def test_changing_the_shape_in_place_keeps_views_in_step() -> None:
    x = torch.zeros(3)
    part = x[1:]
    assert x.unsqueeze_(0) is x
    assert x.shape == (1, 3)
    x.add_(torch.ones(3, requires_grad=True))
    assert part.tolist() == [1, 1]
    part.sum().backward()
    assert x.t_().shape == (3, 1)
    assert x.transpose_(0, 1).squeeze_().shape == (3,)
    with pytest.raises(RuntimeError, match="leaf Variable"):
        torch.zeros(3, requires_grad=True).unsqueeze_(0)


def test_unsqueeze_in_place_is_differentiable() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    y.unsqueeze_(1)
    (y * torch.tensor([[1.0], [10.0]])).sum().backward()
    assert x.grad.tolist() == [2, 20]


def test_index_put() -> None:
    x = torch.zeros(3)
    index = (torch.tensor([0, 0, 2]),)
    x.index_put_(index, torch.tensor([1.0, 2.0, 3.0]), accumulate=True)
    assert x.tolist() == [3, 0, 3]
    assert x.index_put(index, torch.tensor(7.0)).tolist() == [7, 0, 7]
    assert x.tolist() == [3, 0, 3]


def test_a_list_of_index_tensors_is_a_tuple() -> None:
    x = torch.arange(6).reshape(2, 3)
    rows, columns = torch.tensor([0, 1]), torch.tensor([2, 0])
    with pytest.warns(UserWarning, match="non-tuple sequence for multidimensional indexing"):
        assert x[[rows, columns]].tolist() == [2, 3]
    with pytest.warns(UserWarning, match="non-tuple sequence for multidimensional indexing"):
        x[[[0, 1], [1, 2]]] = -1
    assert x.tolist() == [[0, -1, 2], [3, 4, -1]]
    assert x[[0, 1]].shape == (2, 3)


def test_dimensions_by_keyword() -> None:
    assert torch.flip(F, dims=[1]).tolist() == [[5.0, 5.0, 1.0], [0.0, 2.0, 2.0]]
    assert torch.flip(F, dims=(0,)).tolist() == F.flip(0).tolist()
    assert torch.stack([F, F], axis=1).shape == (2, 2, 3)


def test_stack_hands_each_part_its_slice() -> None:
    x, y = (torch.tensor(v, requires_grad=True) for v in ([1.0, 2.0], [3.0, 4.0]))
    out = torch.stack([x, y, x], dim=1)
    assert out.grad_fn.name() == "StackBackward0"
    slope = torch.autograd.grad((out**2 * torch.tensor([1.0, 10.0, 100.0])).sum(), [x, y], create_graph=True)
    assert [g.tolist() for g in slope] == [[202.0, 404.0], [60.0, 80.0]]
    (slope[0] * x).sum().backward()
    assert x.grad.tolist() == [404.0, 808.0]
