"""Tensors among arrays: DLPack, `__array__`, the functions of NumPy, scikit-learn and matplotlib."""

from __future__ import annotations

import array
import gc
from collections import UserList, deque
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import microdl as torch
from microdl.dtypes import ALL

# --- memory shared: __array__, DLPack ---


@st.composite
def tensors(draw: st.DrawFn) -> Any:
    shape = draw(st.lists(st.integers(0, 3), max_size=3))
    x = torch.arange(int(np.prod(shape, dtype=int))).to(draw(st.sampled_from(ALL))).reshape(shape)
    if x.ndim > 1 and draw(st.booleans()):
        x = x.transpose(0, 1)
    return x[::2] if x.ndim and draw(st.booleans()) else x


@given(x=tensors())
def test_dlpack_and_back_shares_memory(x: Any) -> None:
    array = np.from_dlpack(x)
    for y in (
        torch.from_dlpack(array),
        torch.from_dlpack(x),
        torch.utils.dlpack.from_dlpack(torch.utils.dlpack.to_dlpack(x)),
    ):
        assert (y.dtype, y.shape) == (x.dtype, x.shape)
        assert np.array_equal(y.numpy(), x.numpy())
        if x.numel():
            assert y.data_ptr() == x.data_ptr()
            y.fill_(1)
            assert x.ravel()[0].item() == 1


def test_shared_memory_outlives_its_maker() -> None:
    capsule = torch.utils.dlpack.to_dlpack(torch.ones(1000))
    gc.collect()
    y = torch.utils.dlpack.from_dlpack(capsule)
    del capsule
    gc.collect()
    assert y.add_(1).sum().item() == 2000


def test_the_keywords_of_dlpack() -> None:
    x = torch.ones(2)
    assert x.__dlpack_device__() == (1, 0)
    y = torch.from_dlpack(x, device="cpu", copy=True)
    y.zero_()
    assert x.tolist() == [1, 1]
    assert torch.utils.dlpack.from_dlpack(x.__dlpack__(copy=True, dl_device=(1, 0), max_version=(1, 0))).tolist() == [
        1,
        1,
    ]
    with pytest.raises(BufferError, match="require gradient, use tensor.detach"):
        torch.ones(1, requires_grad=True).__dlpack__()
    with pytest.raises(BufferError, match="require gradient"):
        torch.from_dlpack(torch.ones(1, requires_grad=True))
    with pytest.raises(BufferError, match=r"device \(2, 0\): microdl has only the CPU"):
        x.__dlpack__(dl_device=(2, 0))
    with pytest.raises(AssertionError, match="stream should be None on cpu"):
        x.__dlpack__(stream=1)
    with pytest.raises(BufferError, match="negative"):
        torch.from_dlpack(np.ones(3)[::-1])
    with pytest.raises(TypeError, match="can't convert np.ndarray of type complex64"):
        torch.from_dlpack(np.ones(3, np.complex64))
    with pytest.raises(TypeError, match="needs an object with __dlpack__.*not int"):
        torch.from_dlpack(3)


def test_read_only_memory_stays_so() -> None:
    a = np.ones(3)
    a.flags.writeable = False
    x = torch.from_dlpack(a)
    assert x.tolist() == [1, 1, 1]
    with pytest.raises(RuntimeError, match="read-only"):
        x.add_(1)


def test_to_arrays() -> None:
    x = torch.arange(3.0)
    assert np.shares_memory(np.asarray(x), x.numpy())
    assert not np.shares_memory(np.array(x), x.numpy())
    assert np.asarray(x, dtype=np.int64).tolist() == [0, 1, 2]
    assert np.shares_memory(np.array(x, copy=False), x.numpy())
    with pytest.raises(ValueError, match="copy"):
        np.array(x, dtype=np.int64, copy=False)
    with pytest.raises(RuntimeError, match=r"Can't call numpy\(\) on Tensor that requires grad"):
        np.asarray(torch.ones(1, requires_grad=True))
    assert np.zeros(3)[torch.tensor([0, 2])].shape == (2,)
    assert np.array([torch.tensor(1.0), torch.tensor(2.0)]).tolist() == [1, 2]


# --- NumPy's functions ---

M = [[4.0, 1.0, 0.5], [1.0, 3.0, 0.25], [0.5, 0.25, 2.0]]
V = [1.0, 2.0, 4.0]
FUNCTIONS: dict[str, Any] = {
    "exp": lambda x, v: np.exp(x),
    "fabs": lambda x, v: np.fabs(x),
    "reciprocal": lambda x, v: np.reciprocal(x),
    "positive": lambda x, v: np.positive(x),
    "deg2rad": lambda x, v: np.deg2rad(x),
    "rad2deg": lambda x, v: np.rad2deg(x),
    "maximum": lambda x, v: np.maximum(x, v),
    "power": lambda x, v: np.power(x, 2),
    "hypot": lambda x, v: np.hypot(x, v),
    "sum": lambda x, v: np.sum(x, axis=0),
    "sum all": lambda x, v: np.sum(x),
    "mean": lambda x, v: np.mean(x, 1, keepdims=True),
    "mean dtype": lambda x, v: np.mean(x, dtype=np.float64),
    "prod": lambda x, v: np.prod(x, axis=1),
    "var": lambda x, v: np.var(x, axis=0, ddof=1),
    "std": lambda x, v: np.std(x),
    "max": lambda x, v: np.max(x, axis=1),
    "min": lambda x, v: np.min(x),
    "nansum": lambda x, v: np.nansum(x),
    "nanmean": lambda x, v: np.nanmean(x, axis=0),
    "median": lambda x, v: np.median(x, axis=0),
    "median even": lambda x, v: np.median(x[:2], axis=0),
    "quantile": lambda x, v: np.quantile(x, 0.3),
    "percentile": lambda x, v: np.percentile(x, [25, 75], axis=0),
    "cumsum": lambda x, v: np.cumsum(x),
    "cumsum axis": lambda x, v: np.cumsum(x, axis=1),
    "cumprod": lambda x, v: np.cumprod(x, axis=1),
    "sort": lambda x, v: np.sort(x, axis=0),
    "sort flat": lambda x, v: np.sort(x, None),
    "diff": lambda x, v: np.diff(x),
    "dot": lambda x, v: np.dot(x, v),
    "dot matrices": lambda x, v: np.dot(x, x),
    "dot number": lambda x, v: np.dot(x, 2.0),
    "dot deep": lambda x, v: np.dot(x, np.ones((2, 3, 4))),
    "vdot": lambda x, v: np.vdot(x, x),
    "inner": lambda x, v: np.inner(x, v),
    "outer": lambda x, v: np.outer(v, x),
    "tensordot": lambda x, v: np.tensordot(x, v, 1),
    "kron": lambda x, v: np.kron(x, v),
    "matmul": lambda x, v: np.matmul(x, v),
    "trace": lambda x, v: np.trace(x),
    "diag": lambda x, v: np.diag(x),
    "diag of": lambda x, v: np.diag(x[0], k=1),
    "diagonal": lambda x, v: np.diagonal(x, 1),
    "einsum": lambda x, v: np.einsum("ij,j->i", x, v),
    "norm": lambda x, v: np.linalg.norm(x),
    "norm axis": lambda x, v: np.linalg.norm(x, axis=1, keepdims=True),
    "norm ord": lambda x, v: np.linalg.norm(x, 1, 0),
    "inv": lambda x, v: np.linalg.inv(x),
    "det": lambda x, v: np.linalg.det(x),
    "slogdet": lambda x, v: np.linalg.slogdet(x)[1],
    "solve": lambda x, v: np.linalg.solve(x, v[:, None]),
    "cholesky": lambda x, v: np.linalg.cholesky(x),
    "pinv": lambda x, v: np.linalg.pinv(x),
    "matrix_power": lambda x, v: np.linalg.matrix_power(x, 3),
    "concatenate": lambda x, v: np.concatenate([x, x], axis=1),
    "concatenate flat": lambda x, v: np.concatenate([x, v], axis=None),
    "stack": lambda x, v: np.stack([x, x], axis=-1),
    "vstack": lambda x, v: np.vstack([x, v]),
    "hstack": lambda x, v: np.hstack([x[0], v]),
    "column_stack": lambda x, v: np.column_stack([x, v]),
    "where": lambda x, v: np.where(x > 0.7, x, 0.0),
    "where array": lambda x, v: np.where(np.eye(3) > 0, x, v),
    "clip": lambda x, v: np.clip(x, 0.6, 2.5),
    "clip one": lambda x, v: np.clip(x, None, 2),
    "clip array": lambda x, v: np.clip(x, 0.3, v),
    "round": lambda x, v: np.round(x, 1),
    "nan_to_num": lambda x, v: np.nan_to_num(x),
    "copy": lambda x, v: np.copy(x),
    "reshape": lambda x, v: np.reshape(x, (9,)),
    "reshape by name": lambda x, v: np.reshape(x, shape=(1, 9)),
    "ravel": lambda x, v: np.ravel(x),
    "squeeze": lambda x, v: np.squeeze(x[:1]),
    "expand_dims": lambda x, v: np.expand_dims(x, 0),
    "transpose": lambda x, v: np.transpose(x),
    "swapaxes": lambda x, v: np.swapaxes(x, 0, 1),
    "moveaxis": lambda x, v: np.moveaxis(x[None], 0, -1),
    "broadcast_to": lambda x, v: np.broadcast_to(x, (2, 3, 3)),
    "roll": lambda x, v: np.roll(x, 1),
    "flip": lambda x, v: np.flip(x, 0),
    "fliplr": lambda x, v: np.fliplr(x),
    "flipud": lambda x, v: np.flipud(x),
    "tile": lambda x, v: np.tile(x, (2, 1)),
    "tile one": lambda x, v: np.tile(x, 2),
    "repeat": lambda x, v: np.repeat(x, 2, axis=0),
    "tril": lambda x, v: np.tril(x),
    "triu": lambda x, v: np.triu(x, k=1),
    "atleast_2d": lambda x, v: np.atleast_2d(x[0]),
    "add.reduce": lambda x, v: np.add.reduce(x),
    "multiply.reduce": lambda x, v: np.multiply.reduce(x, axis=1),
    "maximum.reduce": lambda x, v: np.maximum.reduce(x, axis=None),
    "add.accumulate": lambda x, v: np.add.accumulate(x, axis=1),
    "multiply.outer": lambda x, v: np.multiply.outer(v, x),
    "where=": lambda x, v: np.multiply(x, 2.0, where=np.eye(3) > 0, out=None) * np.eye(3),
    "dtype=": lambda x, v: np.add(x, 1, dtype=np.float64),
    "array + x": lambda x, v: v + x,
    "array @ x": lambda x, v: v @ x,
    "x @ array": lambda x, v: x @ v,
    "array ** x": lambda x, v: v**x,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_numpys_functions_give_tensors_with_numpys_values_and_gradients(name: str) -> None:
    a, v = np.array(M), np.array(V)
    call = FUNCTIONS[name]
    x = torch.tensor(a, requires_grad=True)
    y = call(x, v)
    assert isinstance(y, torch.Tensor)
    assert np.allclose(y.detach().numpy(), call(a, v), rtol=1e-12)
    assert y.shape == call(a, v).shape
    if name in ("round",):
        return
    if name != "cholesky":  # which reads one triangle only
        assert torch.autograd.gradcheck(lambda t: call(t, v), x)


COUNTS: dict[str, Any] = {
    "argmax": lambda x: np.argmax(x, axis=0),
    "argmin": lambda x: np.argmin(x),
    "argsort": lambda x: np.argsort(x),
    "all": lambda x: np.all(x),
    "any": lambda x: np.any(x, axis=0),
    "isnan": lambda x: np.isnan(x),
    "greater": lambda x: np.greater(x, 1),
    "zeros_like": lambda x: np.zeros_like(x),
    "ones_like": lambda x: np.ones_like(x, dtype=np.int64),
    "full_like": lambda x: np.full_like(x, 2),
    "empty_like": lambda x: np.empty_like(x) * 0,
    "signbit": lambda x: np.signbit(x),
    "shape": lambda x: np.shape(x),
    "ndim": lambda x: np.ndim(x),
    "size": lambda x: np.size(x),
    "allclose": lambda x: np.allclose(x, x),
    "array_equal": lambda x: np.array_equal(x, x),
    "isclose": lambda x: np.isclose(x, x),
    "count_nonzero": lambda x: np.count_nonzero(x),
}


@pytest.mark.parametrize("name", COUNTS)
def test_functions_without_a_derivative_take_what_requires_grad(name: str) -> None:
    a = np.array(M)
    expected = COUNTS[name](np.zeros_like(a) if name == "empty_like" else a)
    found = COUNTS[name](torch.tensor(a, requires_grad=True))
    assert np.array_equal(np.asarray(found), expected)


UNLISTED: dict[str, Any] = {
    "cov": np.cov,
    "histogram": np.histogram,
    "unique": np.unique,
    "gradient": np.gradient,
    "fft": np.fft.fft,
    "interp": lambda x: np.interp(x, [0, 1], [0, 1]),
    "spacing": np.spacing,
    "sum where": lambda x: np.sum(x, axis=0, where=np.eye(3) > 0),
    "maximum.accumulate": lambda x: np.maximum.accumulate(x),
    "reshape F": lambda x: np.reshape(x, 9, order="F"),
}


@pytest.mark.parametrize("name", UNLISTED)
def test_other_functions_compute_on_arrays_and_lose_no_gradient_unsaid(name: str) -> None:
    call = UNLISTED[name]
    for found, expected in zip(call(torch.tensor(M))[:1], call(np.array(M, np.float32))[:1], strict=True):
        assert np.allclose(np.asarray(found), expected)
    x = torch.tensor(M, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"np\.\w+(\.\w+)? is not differentiable here.*use tensor.detach"):
        call(x)
    with torch.no_grad():
        call(x)


def test_out() -> None:
    x, out = torch.tensor(V), np.zeros(3)
    assert np.add(x, 1, out=out) is out
    assert out.tolist() == [2, 3, 5]
    out += x
    assert out.tolist() == [3, 5, 9]
    assert np.sum(x, axis=0, out=np.zeros(())).item() == 7
    t = torch.zeros(3)
    assert np.multiply(x, 2, out=t, where=np.array([True, False, True])) is t
    assert t.tolist() == [2, 0, 8]
    assert np.add(np.ones(3, np.float32), 1, out=t).tolist() == [2, 2, 2]
    with pytest.raises(RuntimeError, match="don't support automatic differentiation"):
        np.add(torch.ones(3, requires_grad=True), 1, out=out)
    with pytest.raises(TypeError, match="[Cc]annot cast"):
        np.add(x, 0.5, out=np.zeros(3, np.int64))


def test_promotion_is_pytorchs() -> None:
    x, a = torch.ones(2), np.ones(2)
    assert (x + a).dtype is (a + x).dtype is torch.float64
    assert (np.float64(2) * x).dtype is (x * np.float64(2)).dtype is torch.float32
    assert (x @ a).dtype is (a @ x).dtype is torch.float64
    assert np.concatenate([x, np.ones(1, np.int64)]).dtype is torch.float32
    assert np.mean(torch.arange(3)).item() == 1.0


def test_second_derivatives_through_numpy() -> None:
    x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    (g,) = torch.autograd.grad(np.sum(np.exp(np.sin(x))), x, create_graph=True)
    (h,) = torch.autograd.grad(np.sum(g), x)
    expected = np.exp(np.sin([1.0, 2.0])) * (np.cos([1.0, 2.0]) ** 2 - np.sin([1.0, 2.0]))
    assert np.allclose(h.numpy(), expected)


def test_matplotlib_draws_tensors() -> None:
    plt = pytest.importorskip("matplotlib.pyplot", reason="an extra: microdl[plots]")
    figure, axes = plt.subplots(2, 2)
    x = torch.linspace(0, 1, 5)
    (line,) = axes[0, 0].plot(x, x**2)
    assert np.allclose(line.get_ydata(), (x**2).numpy())
    assert axes[0, 1].scatter(x, x, c=x, s=x * 10).get_offsets().shape == (5, 2)
    assert axes[1, 0].imshow(torch.rand(4, 4)).get_array().shape == (4, 4)
    assert axes[1, 1].hist(x, bins=5)[0].sum() == 5
    axes[1, 1].errorbar(x, x, yerr=x)
    axes[1, 1].bar(torch.arange(5), x)
    axes[1, 1].contourf(torch.rand(3, 3))
    axes[1, 1].fill_between(x, x, -x)
    axes[1, 1].axhline(x[2])
    plt.close(figure)


# --- data in other sequences ---


class _Column:
    """As a column of pandas: elements by a label each, and no list."""

    def __init__(self, values: list[Any], labels: list[int] | None = None) -> None:
        self._of = dict(zip(labels or range(len(values)), values, strict=True))

    def __len__(self) -> int:
        return len(self._of)

    def __getitem__(self, label: int) -> Any:
        return self._of[label]


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (deque([1.0, 2.0]), torch.float32),
        (deque([1, 2]), torch.int64),
        (array.array("f", [1, 2]), torch.float32),
        (UserList([1, 2.0]), torch.float32),
        (_Column([np.float64(1), np.float64(2)]), torch.float64),
        (memoryview(b"\x01\x02"), torch.int64),
    ],
)
def test_sequences_of_any_class_are_read_element_by_element(data: Any, dtype: Any) -> None:
    for read in (torch.tensor, torch.as_tensor):
        assert read(data).tolist() == [1, 2]
        assert read(data).dtype == dtype
        assert read([data, data]).tolist() == [[1, 2], [1, 2]]
    assert torch.FloatTensor(data).dtype == torch.float32
    assert torch.LongTensor(data).tolist() == torch.Tensor(data).tolist() == [1, 2]


def test_what_is_no_sequence_of_numbers() -> None:
    with pytest.raises(ValueError, match="could not determine the shape of object type '_Column'"):
        torch.tensor(_Column([1, 2], labels=[3, 4]))
    with pytest.raises(TypeError, match="must be real number, not NoneType"):
        torch.Tensor([None, 1])
    with pytest.raises(ValueError, match="too many dimensions 'str'"):
        torch.FloatTensor(["1"])
    with pytest.raises(TypeError, match="invalid data type 'bytes'"):
        torch.Tensor(b"ab")
    with pytest.raises(RuntimeError, match="Could not infer dtype of dict"):
        torch.tensor({0: 1})
