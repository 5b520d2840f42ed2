"""The tensor itself: making one, its array and its views, indexing, conversions, copies. Values are PyTorch 2.13's."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import numpy as np
import pytest

import microdl as torch
from microdl import creation

# --- making tensors -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "dtype", "shape"),
    [
        (1.5, "float32", ()),
        (3, "int64", ()),
        (True, "bool", ()),
        ([1, 2.5], "float32", (2,)),
        ([True, 2], "int64", (2,)),
        ([[1, 2], [3, 4]], "int64", (2, 2)),
        ([], "float32", (0,)),
        ([[], []], "float32", (2, 0)),
        ((1.0, 2.0), "float32", (2,)),
        (range(3), "int64", (3,)),
        (np.float64(1.5), "float64", ()),
        (np.zeros(2, np.float64), "float64", (2,)),
        (np.zeros(2, np.int32), "int32", (2,)),
        ([np.float64(1.0), 2.0], "float64", (2,)),
        ([np.zeros(2, np.uint8), np.ones(2, np.uint8)], "uint8", (2, 2)),
    ],
    ids=repr,
)
def test_tensor_infers_dtype_and_shape(data: Any, dtype: str, shape: tuple[int, ...]) -> None:
    t = torch.tensor(data)
    assert (t.dtype.name, t.shape) == (dtype, shape)


def test_tensor_of_tensors() -> None:
    x = torch.tensor(2.5)
    assert torch.tensor([x, x * 2]).tolist() == [2.5, 5.0]
    assert torch.tensor([x, x]).dtype is torch.float32


def test_tensor_copies() -> None:
    a = np.zeros(2)
    t = torch.tensor(a)
    t[0] = 1.0
    assert a.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("data", "error", "text"),
    [
        ([[1], [1, 2]], ValueError, r"expected sequence of length 1 at dim 1 \(got 2\)"),
        ("text", TypeError, "str"),
        (None, (TypeError, RuntimeError), "NoneType"),
        ([1j], TypeError, "complex"),
        (["a", "b"], (TypeError, ValueError), "str"),
    ],
    ids=repr,
)
def test_what_is_no_tensor(data: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        torch.tensor(data)


def test_from_numpy_shares_and_refuses_what_cannot_be_shared() -> None:
    a = np.zeros((2, 2))
    t = torch.from_numpy(a)
    a[0, 0] = 5.0
    assert t[0, 0].item() == 5.0
    assert t.dtype is torch.float64
    with pytest.raises(TypeError, match=r"expected np.ndarray \(got list\)"):
        torch.from_numpy([1.0])
    with pytest.raises(ValueError, match=r"stride in the given numpy array is negative.*array.copy\(\)"):
        torch.from_numpy(a[::-1])


def test_as_tensor_shares_where_it_can() -> None:
    a = np.zeros(2)
    x = torch.zeros(2, requires_grad=True)
    assert creation.as_tensor(x) is x
    assert creation.as_tensor(a).data_ptr() == a.ctypes.data
    assert creation.as_tensor(a, dtype=torch.float32).dtype is torch.float32


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: creation.zeros(2, 3), [[0.0] * 3] * 2),
        (lambda: creation.zeros((2,)), [0.0, 0.0]),
        (lambda: creation.zeros(()), 0.0),
        (lambda: creation.ones(2, dtype=torch.int64), [1, 1]),
        (lambda: creation.full((2,), 7), [7, 7]),
        (lambda: creation.full((2,), 0.5), [0.5, 0.5]),
        (lambda: creation.full((2,), True), [True, True]),
        (lambda: creation.arange(3), [0, 1, 2]),
        (lambda: creation.arange(1, 2, 0.25), [1.0, 1.25, 1.5, 1.75]),
        (lambda: creation.arange(5, 0, -2), [5, 3, 1]),
        (lambda: creation.arange(3.0), [0.0, 1.0, 2.0]),
        (lambda: creation.arange(0), []),
        (lambda: creation.linspace(0, 1, 5), [0.0, 0.25, 0.5, 0.75, 1.0]),
        (lambda: creation.linspace(3, -3, 3), [3.0, 0.0, -3.0]),
        (lambda: creation.linspace(2, 9, 1), [2.0]),
        (lambda: creation.linspace(0, 1, 0), []),
        (lambda: creation.linspace(0, 10, 3, dtype=torch.int64), [0, 5, 10]),
        (lambda: creation.logspace(0, 2, 3), [1.0, 10.0, 100.0]),
        (lambda: creation.eye(2), [[1.0, 0.0], [0.0, 1.0]]),
        (lambda: creation.eye(2, 3, dtype=torch.int64), [[1, 0, 0], [0, 1, 0]]),
        (lambda: creation.zeros_like(torch.tensor([1, 2])), [0, 0]),
        (lambda: creation.full_like(torch.tensor([1, 2]), 3.9), [3, 3]),
        (lambda: torch.zeros(2, dtype=torch.float64).new_ones(1), [1.0]),
    ],
)
def test_filled_tensors(call: Any, expected: Any) -> None:
    assert call().tolist() == expected


@pytest.mark.parametrize(
    ("call", "dtype"),
    [
        (lambda: creation.full((), 7), "int64"),
        (lambda: creation.full((), True), "bool"),
        (lambda: creation.full((), 0.5), "float32"),
        (lambda: creation.arange(3), "int64"),
        (lambda: creation.arange(3.0), "float32"),
        (lambda: creation.arange(0, 3, 0.5), "float32"),
        (lambda: creation.ones_like(torch.tensor([1])), "int64"),
        (lambda: torch.zeros(2, dtype=torch.float64).new_zeros(1), "float64"),
        (lambda: torch.zeros(2, dtype=torch.float64).new_tensor([1, 2]), "float64"),
    ],
)
def test_dtypes_of_filled_tensors(call: Any, dtype: str) -> None:
    assert call().dtype.name == dtype


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: creation.zeros(2, -1), RuntimeError, "negative dimension -1"),
        (lambda: creation.zeros(2.5), TypeError, "2.5"),
        (lambda: creation.arange(0, 3, 0), RuntimeError, "step must be nonzero"),
        (lambda: creation.arange(3, 0), RuntimeError, "bound and lower bound inconsistent with step sign"),
        (lambda: creation.linspace(0, 1, -1), RuntimeError, "number of steps must be non-negative"),
        (lambda: creation.eye(-1), RuntimeError, "n must be greater or equal to 0, got -1"),
        (lambda: creation.zeros_like([1]), TypeError, "must be Tensor, not list"),
        (lambda: creation.zeros(1, device="cuda"), (RuntimeError, AssertionError), "(?i)cuda"),
        (lambda: creation.ones(2, dtype=torch.int64, requires_grad=True), RuntimeError, "floating point"),
    ],
)
def test_bad_requests(call: Any, error: Any, text: str) -> None:
    with pytest.raises(error, match=text):
        call()


# --- the array ------------------------------------------------------------------------------------------


def test_what_a_tensor_says_of_itself() -> None:
    t = torch.zeros(2, 3, dtype=torch.float64)
    assert (t.shape, t.size(), t.size(-1), t.ndim, t.dim()) == ((2, 3), (2, 3), 3, 2, 2)
    assert (t.numel(), t.nelement(), t.itemsize, t.element_size(), t.nbytes) == (6, 6, 8, 8, 48)
    assert (t.stride(), t.stride(0), t.t().stride()) == ((3, 1), 3, (1, 3))
    assert (t.is_contiguous(), t.t().is_contiguous()) == (True, False)
    assert t.is_floating_point()
    assert not torch.tensor(1).is_floating_point()
    assert str(t.device) == "cpu"
    assert not t.is_cuda
    with pytest.raises(IndexError, match=r"Dimension out of range .*\[-2, 1\], but got 2"):
        t.size(2)


def test_contiguous_copies_only_where_it_must() -> None:
    t = torch.tensor([[1, 2], [3, 4]])
    assert t.contiguous() is t
    c = t.t().contiguous()
    assert c.is_contiguous()
    assert c.tolist() == [[1, 3], [2, 4]]
    assert c.data_ptr() != t.data_ptr()


@pytest.mark.parametrize(
    "view",
    [
        lambda t: t[1],
        lambda t: t[:, 1:],
        lambda t: t[..., 0],
        lambda t: t[None],
        lambda t: t[0, 0],
        lambda t: t.t(),
        lambda t: t.T,
        lambda t: t.reshape(3, 2),
        lambda t: t.view(-1),
        lambda t: t.permute(1, 0),
        lambda t: t.transpose(0, 1),
        lambda t: t.unsqueeze(0),
        lambda t: t.squeeze(),
        lambda t: t.flatten(),
        lambda t: t.expand(4, 2, 3),
        lambda t: t.detach(),
        lambda t: t.data,
        lambda t: t.narrow(1, 0, 2),
        lambda t: t.select(0, 1),
        lambda t: t.split(1)[1],
        lambda t: t.chunk(2)[0],
        lambda t: t.unbind()[1],
        lambda t: next(iter(t)),
    ],
)
@pytest.mark.parametrize("requires_grad", [False, True])
def test_views_share_memory(view: Any, requires_grad: bool) -> None:
    t = torch.zeros(2, 3, requires_grad=requires_grad)
    with torch.no_grad():
        t.add_(1.0)
        v = view(t)
        t.mul_(5.0)
    assert set(np.ravel(v.tolist())) == {5.0}


@pytest.mark.parametrize(
    "copying",
    [lambda t: t[[0, 1]], lambda t: t[t == 0], lambda t: t.clone(), lambda t: t.flip(0), lambda t: t.repeat(1, 1)],
)
def test_copies_do_not(copying: Any) -> None:
    t = torch.zeros(2, 3)
    c = copying(t)
    t.add_(1.0)
    assert set(np.ravel(c.tolist())) == {0.0}


# --- Python's protocols ---------------------------------------------------------------------------------


def test_length_iteration_and_membership() -> None:
    t = torch.tensor([[1, 2], [3, 4]])
    assert len(t) == 2
    assert [row.tolist() for row in t] == [[1, 2], [3, 4]]
    assert [x.item() for x in torch.tensor([1.5, 2.5], requires_grad=True)] == [1.5, 2.5]
    a, b = torch.tensor([5, 6])
    assert (a.item(), b.item()) == (5, 6)
    assert 3 in t
    assert 7 not in t
    with pytest.raises(TypeError, match=r"len\(\) of a 0-d tensor"):
        len(torch.tensor(1))
    with pytest.raises(TypeError, match="iteration over a 0-d tensor"):
        iter(torch.tensor(1))


def test_iteration_carries_gradients() -> None:
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    sum(row[0] * 10 + row[1] for row in x).backward()
    assert x.grad.tolist() == [[10.0, 1.0], [10.0, 1.0]]


def test_numbers() -> None:
    t = torch.tensor([2.75], requires_grad=True)
    assert (t.item(), float(t), int(t), bool(t)) == (2.75, 2.75, 2, True)
    assert [10, 20, 30][torch.tensor(1)] == 20
    assert f"{t.sum():.1f}" == "2.8"
    assert "%.2f" % t == "2.75"  # noqa: UP031 - the old format goes through __float__
    assert type(torch.tensor(3).item()) is int
    assert type(torch.tensor(True).item()) is bool


def test_what_is_no_single_number() -> None:
    t = torch.zeros(2, 3)
    with pytest.raises(RuntimeError, match=r"a Tensor with 6 elements cannot be converted to Scalar.*\[2, 3\]"):
        t.item()
    with pytest.raises(RuntimeError, match="Boolean value of Tensor with more than one value is ambiguous"):
        bool(t)
    with pytest.raises(RuntimeError, match="Boolean value of Tensor with no values is ambiguous"):
        bool(torch.zeros(0))
    with pytest.raises(TypeError, match="only integer tensors of a single element can be converted to an index"):
        [1, 2][torch.tensor(0.0)]


def test_tensors_are_hashed_by_identity_and_compared_by_value() -> None:
    a, b = torch.tensor([1, 2]), torch.tensor([1, 3])
    assert (a == b).tolist() == [True, False]
    assert len({a, b, a}) == 2


def test_operators_in_both_orders() -> None:
    t = torch.tensor([1.0, 2.0])
    assert (10**t).tolist() == [10.0, 100.0]
    assert (1 - t).tolist() == [0.0, -1.0]
    assert (1 / t).tolist() == [1.0, 0.5]
    assert (7 // t).tolist() == [7.0, 3.0]
    assert (7 % t).tolist() == [0.0, 1.0]
    assert (-7 % torch.tensor(3)).item() == 2
    assert (100 * torch.tensor(3) / 4).item() == 75.0
    assert (-t).tolist() == [-1.0, -2.0]
    assert abs(-t).tolist() == [1.0, 2.0]
    assert (~torch.tensor([True, False])).tolist() == [False, True]
    assert (np.float32(2) * t).tolist() == [2.0, 4.0]
    assert isinstance(np.float64(2) * t, torch.Tensor)
    assert sum([t, t]).tolist() == [2.0, 4.0]


# --- to NumPy, other dtypes, copies ---------------------------------------------------------------------


def test_numpy_shares_memory_unless_it_requires_grad() -> None:
    t = torch.zeros(2)
    t.numpy()[0] = 3.0
    assert t.tolist() == [3.0, 0.0]
    x = torch.zeros(2, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"Can't call numpy\(\) on Tensor that requires grad.*detach\(\).numpy\(\)"):
        x.numpy()
    with pytest.raises(RuntimeError, match="requires grad"):
        np.asarray(x)
    assert x.numpy(force=True).tolist() == [0.0, 0.0]


def test_numpy_functions_take_tensors() -> None:
    t = torch.tensor([1.0, 2.0])
    assert np.asarray(t).dtype == np.float32
    assert np.array(t, dtype=np.int64).tolist() == [1, 2]
    assert np.allclose(t, [1.0, 2.0])
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = np.exp(x)
    assert y.requires_grad
    assert np.mean(t) == 1.5


def test_to() -> None:
    t = torch.tensor([1.5, -1.5])
    assert t.to(torch.float32) is t
    assert t.to("cpu") is t
    assert t.to(torch.int64).tolist() == [1, -1]
    assert t.to(torch.zeros(1, dtype=torch.float64)).dtype is torch.float64
    assert t.to(torch.float32, copy=True) is not t
    with pytest.raises((RuntimeError, AssertionError), match="(?i)cuda"):
        t.to("cuda")


def test_casts_carry_gradients_back() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (x.to(torch.float64) * 3).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]
    assert x.grad.dtype is torch.float32


def test_type_names() -> None:
    assert torch.tensor(1.0).type() == "torch.FloatTensor"
    assert torch.tensor(1).type() == "torch.LongTensor"
    assert torch.tensor([1.7]).type(torch.int64).tolist() == [1]
    assert torch.tensor([1.7]).type("torch.LongTensor").tolist() == [1]
    assert torch.tensor([1]).type_as(torch.tensor(1.0)).dtype is torch.float32


def test_deepcopy_of_leaves_only() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (x * x).sum().backward()
    pair = copy.deepcopy([x, x])
    assert pair[0] is pair[1]
    assert pair[0] is not x
    assert pair[0].requires_grad
    assert pair[0].grad.tolist() == [2.0, 4.0]
    pair[0].grad.mul_(0.0)
    assert x.grad.tolist() == [2.0, 4.0]
    with pytest.raises(RuntimeError, match=r"support the deepcopy protocol.*detach\(\)"):
        copy.deepcopy(x * 2)


@pytest.mark.parametrize("t", [torch.tensor(1.5), torch.tensor([[1, 2], [3, 4]]).t(), torch.zeros(0, 3)], ids=str)
def test_pickle(t: Any) -> None:
    back = pickle.loads(pickle.dumps(t))
    assert back.tolist() == t.tolist()
    assert (back.shape, back.dtype, back.requires_grad) == (t.shape, t.dtype, False)


def test_pickle_keeps_requires_grad_and_drops_the_history() -> None:
    x = torch.tensor([1.0], requires_grad=True)
    assert pickle.loads(pickle.dumps(x)).requires_grad
    y = pickle.loads(pickle.dumps(x * 2))
    assert y.is_leaf
    assert y.requires_grad


def test_old_constructors() -> None:
    assert torch.Tensor([1, 2]).tolist() == [1.0, 2.0]
    assert torch.Tensor(2, 3).shape == (2, 3)
    assert torch.Tensor().shape == (0,)
    assert torch.LongTensor([1.0, 2.0]).tolist() == [1, 2]
    with pytest.raises(TypeError, match="either sizes or one sequence"):
        torch.Tensor([1], [2])


def test_common_powers_are_computed_as_in_pytorch() -> None:
    x = torch.tensor([-math.inf, -2.0, 0.0, 1.3])
    assert (x**3).tolist() == (x * x * x).tolist()
    assert (x**-2).tolist() == (1 / (x * x)).tolist()
    assert [math.isnan(v) for v in (x**0.5).tolist()] == [True, True, False, False]  # a root, unlike pow(-inf, 0.5)


def test_layout() -> None:
    assert torch.zeros(2, layout=torch.strided).layout is torch.strided
    assert isinstance(torch.strided, torch.layout)
    with pytest.raises(TypeError, match=r"torch\.strided"):
        torch.layout()


def test_an_integer_repeats_a_sequence() -> None:
    n = torch.tensor(2)
    assert ([0] * n, "ab" * n, (1,) * n) == ([0, 0], "abab", (1, 1))
    with pytest.raises(TypeError):
        _ = [0] * torch.ones(2)
