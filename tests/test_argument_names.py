"""Arguments under each of the names that PyTorch takes them by, with recorded results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import microdl as torch
from microdl.ops.spelling import spelled

X = torch.tensor([[3.0, 1.0, 2.0], [4.0, 6.0, 5.0]])
S = torch.tensor([[4.0, 2.0], [2.0, 5.0]])
PLACES = torch.tensor([[0, 1, 1]])

CASES: dict[str, tuple[Callable[[], Any], Any]] = {
    "cumsum": (lambda: torch.cumsum(X, axis=0), [[3, 1, 2], [7, 7, 7]]),
    "cumprod": (lambda: X.cumprod(axis=1), [[3, 3, 6], [4, 24, 120]]),
    "cumsum_": (lambda: X.clone().cumsum_(axis=0), [[3, 1, 2], [7, 7, 7]]),
    "softmax": (lambda: torch.softmax(torch.zeros(2, 2), axis=1), [[0.5, 0.5], [0.5, 0.5]]),
    "sort": (lambda: torch.sort(X, axis=1)[0], [[1, 2, 3], [4, 5, 6]]),
    "argsort": (lambda: X.argsort(axis=1), [[1, 2, 0], [0, 2, 1]]),
    "kthvalue": (lambda: X.kthvalue(2, axis=1, keepdims=True)[0], [[2], [5]]),
    "quantile": (lambda: X.quantile(0.5, axis=1, keepdims=True), [[2], [5]]),
    "logsumexp": (lambda: torch.zeros(1, 1).logsumexp(axis=1, keepdims=True), [[0]]),
    "count_nonzero": (lambda: torch.count_nonzero(X - 3, axis=1), [2, 3]),
    "gather": (lambda: X.gather(axis=0, index=PLACES), [[3, 6, 5]]),
    "index_select": (lambda: X.index_select(axis=1, index=torch.tensor([2, 0])), [[2, 3], [5, 4]]),
    "select": (lambda: X.select(axis=1, index=0), [3, 4]),
    "narrow": (lambda: X.narrow(axis=1, start=1, length=1), [[1], [6]]),
    "diff": (lambda: X.diff(axis=0), [[1, 5, 3]]),
    "squeeze": (lambda: torch.ones(1, 2).squeeze(axis=0), [1, 1]),
    "unsqueeze": (lambda: torch.unsqueeze(torch.ones(2), axis=1), [[1], [1]]),
    "chunk": (lambda: X.chunk(2, axis=0)[1], [[4, 6, 5]]),
    "split": (lambda: torch.split(tensor=X, split_size_or_sections=1)[1], [[4, 6, 5]]),
    "unbind": (lambda: X.unbind(axis=0)[1], [4, 6, 5]),
    "repeat_interleave": (lambda: torch.ones(1, 2).repeat_interleave(2, axis=0), [[1, 1], [1, 1]]),
    "permute": (lambda: X.permute(dims=(1, 0)), [[3, 4], [1, 6], [2, 5]]),
    "permute(input=)": (lambda: torch.permute(input=X, dims=(1, 0)), [[3, 4], [1, 6], [2, 5]]),
    "aminmax": (lambda: X.aminmax(axis=1)[1], [3, 6]),
    "swapaxes": (lambda: X.swapaxes(axis0=0, axis1=1), [[3, 4], [1, 6], [2, 5]]),
    "transpose_": (lambda: X.clone().transpose_(dim0=0, dim1=1), [[3, 4], [1, 6], [2, 5]]),
    "unsqueeze_": (lambda: torch.ones(2).unsqueeze_(dim=0), [[1, 1]]),
    "expand": (lambda: torch.ones(1, 1).expand(size=(2, 2)), [[1, 1], [1, 1]]),
    "broadcast_to": (lambda: torch.broadcast_to(torch.ones(1), size=(2,)), [1, 1]),
    "unflatten": (lambda: torch.ones(2).unflatten(dim=0, sizes=(1, 2)), [[1, 1]]),
    "tile": (lambda: torch.tile(torch.ones(1), dims=(2,)), [1, 1]),
    "repeat": (lambda: torch.ones(1).repeat(repeats=(2, 1)), [[1], [1]]),
    "inverse": (lambda: torch.inverse(input=torch.eye(1) * 2), [[0.5]]),
    "matrix_power": (lambda: torch.matrix_power(input=torch.eye(1) * 2, n=3), [[8]]),
    "vdot": (lambda: torch.vdot(input=torch.ones(2), other=torch.ones(2)), 2),
    "heaviside": (lambda: torch.heaviside(torch.zeros(1), values=torch.ones(1)), [1]),
    "isin": (lambda: torch.isin(element=1, test_elements=torch.tensor([1]), assume_unique=True), True),
    "cholesky": (lambda: torch.cholesky(S, True), [[2, 1], [0, 2]]),
    "linalg.norm": (lambda: torch.linalg.norm(input=torch.tensor([[3.0, 4.0]]), axis=1, keepdims=True), [[5]]),
}


@pytest.mark.parametrize("name", CASES)
def test_other_names_of_arguments(name: str) -> None:
    call, expected = CASES[name]
    assert call().tolist() == expected


def test_both_names_at_once_are_an_error() -> None:
    with pytest.raises(TypeError, match=r"cumsum\(\) got both 'dim' and 'axis', which mean the same"):
        torch.cumsum(X, dim=0, axis=0)


def test_a_name_that_no_one_takes_is_an_error_that_names_it() -> None:
    for call in (lambda: torch.cumsum(X, along=0), lambda: X.squeeze(along=0), lambda: torch.exp(X, along=0)):
        with pytest.raises(TypeError, match=r"unexpected keyword argument 'along'"):
            call()


def test_spelled_keeps_name_text_and_signature() -> None:
    def f(dim: int) -> int:
        """Text."""
        return dim

    g = spelled(axis="dim")(f)
    assert (g.__name__, g.__doc__, g(axis=3), g(4)) == ("f", "Text.", 3, 4)


def test_the_older_matrix_functions() -> None:
    tall = torch.tensor([[3.0], [4.0]])
    full = torch.qr(tall, some=False)
    assert (type(full).__name__, full.Q.shape, full.R.shape) == ("qr", (2, 2), (2, 1))
    assert torch.qr(tall).Q.shape == (2, 1)
    small = torch.tensor([[1.0, 0.0], [0.0, 1e-9]])  # kept by pinverse's 1e-15, dropped by pinv's eps * 2
    assert torch.pinverse(small)[1, 1].item() == pytest.approx(1e9)
    assert torch.linalg.pinv(small)[1, 1].item() == 0.0


def test_limits_of_the_rank_and_of_the_pseudo_inverse() -> None:
    d = torch.tensor([[4.0, 0.0], [0.0, -0.1]])
    assert torch.linalg.matrix_rank(d).item() == 2
    assert torch.linalg.matrix_rank(d, tol=0.5, hermitian=True).item() == 1
    assert torch.linalg.matrix_rank(d, rtol=0.05).item() == 1
    assert torch.linalg.matrix_rank(torch.stack([d, d * 10]), atol=torch.tensor([0.5, 0.5])).tolist() == [1, 2]
    assert torch.linalg.pinv(d, atol=0.05, hermitian=True).tolist() == [[0.25, 0.0], [0.0, -10.0]]
    assert torch.linalg.pinv(d, rtol=0.05).tolist() == [[0.25, 0.0], [0.0, 0.0]]
    assert torch.linalg.pinv(d, 0.05, True).tolist() == [[0.25, 0.0], [0.0, 0.0]]


def test_solve_from_the_right() -> None:
    a, b = torch.tensor([[2.0, 1.0], [0.0, 4.0]]), torch.tensor([[2.0, 9.0]])
    assert torch.linalg.solve(a, b, left=False).tolist() == [[1.0, 2.0]]
    with pytest.raises(RuntimeError, match=r"left=False needs a matrix B, not one of shape \[2\]"):
        torch.linalg.solve(a, torch.ones(2), left=False)


def test_svd_without_its_vectors() -> None:
    u, s, v = torch.svd(torch.tensor([[3.0, 0.0, 0.0], [0.0, 2.0, 0.0]]), compute_uv=False)
    assert (u.tolist(), s.tolist(), v.shape) == ([[0.0, 0.0], [0.0, 0.0]], [3.0, 2.0], (3, 3))


def test_out_is_written_and_returned() -> None:
    place = torch.zeros(2, 3)
    version = place._version
    assert torch.cumsum(X, 0, out=place) is place
    assert place.tolist() == [[3, 1, 2], [7, 7, 7]]
    assert place._version > version
    values, indices = torch.zeros(2), torch.zeros(2, dtype=torch.int64)
    found = torch.topk(X[:, 0], 2, out=(values, indices))
    assert type(found).__name__ == "topk"
    assert found.values is values
    assert (values.tolist(), indices.tolist()) == ([4.0, 3.0], [1, 0])
    grown = torch.empty(0)
    torch.stack([X, X], out=grown)
    assert grown.shape == (2, 2, 3)


def test_out_that_does_not_fit() -> None:
    with pytest.raises(RuntimeError, match=r"cat\(\): out has shape \[3\], the result \[4, 3\]"):
        torch.cat([X, X], out=torch.zeros(3))
    with pytest.raises(RuntimeError, match=r"can't be cast to the desired output type int64"):
        torch.cat([X, X], out=torch.zeros(4, 3, dtype=torch.int64))
    with pytest.raises(TypeError, match=r"sort\(\): argument 'out' must be a tuple of 2 tensors"):
        torch.sort(X, out=torch.zeros(2, 3))
    with pytest.raises(RuntimeError, match=r"don't support automatic differentiation"):
        torch.cat([X.clone().requires_grad_()], out=torch.zeros(2, 3))
