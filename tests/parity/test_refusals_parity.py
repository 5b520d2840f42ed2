"""Calls that schema-made arguments found: the same value, or an error of the same type, as PyTorch gives."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="live parity runs where torch 2.13 is installed; .ci/run installs it")

import microdl  # noqa: E402

INF = float("inf")
LINALG: dict[str, Any] = {
    "inf norm of no rows": lambda T, M, A: T.linalg.norm(T.zeros(0, 3), INF),
    "1-norm of no columns": lambda T, M, A: T.linalg.norm(T.zeros(3, 0), 1),
    "nuclear norm of no rows": lambda T, M, A: T.linalg.norm(T.zeros(0, 3), "nuc"),
    "one dimension of a matrix norm": lambda T, M, A: T.linalg.matrix_norm(M, INF, (0,)),
    "an int for two": lambda T, M, A: T.linalg.matrix_norm(M, "fro", -1),
    "equal dimensions": lambda T, M, A: T.linalg.matrix_norm(M, 1, (0, 0)),
    "no order": lambda T, M, A: T.linalg.matrix_norm(M, None),
    "a matrix norm along one": lambda T, M, A: T.linalg.norm(M, "fro", 1),
    "axis": lambda T, M, A: T.linalg.norm(M, axis=1),
    "a narrower dtype": lambda T, M, A: T.linalg.matrix_norm(M.double(), 1, dtype=T.float32),
    "a narrower dtype of a vector": lambda T, M, A: T.linalg.vector_norm(M.double(), 2, dtype=T.float32),
    "an integer dtype": lambda T, M, A: T.linalg.vector_norm(M, 2, 0, dtype=T.int64),
    "multi_dot of one": lambda T, M, A: T.linalg.multi_dot([A]),
    "multi_dot of three": lambda T, M, A: T.linalg.multi_dot([A, A, M]),
    "the upper triangle": lambda T, M, A: T.linalg.cholesky(T.tensor([[0.74, 0.36], [0.55, 0.8]]), upper=True),
    "the lower triangle": lambda T, M, A: T.linalg.cholesky(T.tensor([[0.74, 0.36], [0.55, 0.8]])),
    "pinv by rtol": lambda T, M, A: T.linalg.pinv(A, rtol=0.5),
    "pinv by rcond": lambda T, M, A: T.linalg.pinv(A, 0.5),
    "pinv by atol": lambda T, M, A: T.linalg.pinv(A, atol=1.0),
    "pinv of symmetric": lambda T, M, A: T.linalg.pinv(A, hermitian=True),
    "pinv of symmetric, not square": lambda T, M, A: T.linalg.pinv(M, hermitian=True),
    "pinv of nothing": lambda T, M, A: T.linalg.pinv(T.zeros(0, 3)),
    "rank by tol": lambda T, M, A: T.linalg.matrix_rank(A, tol=0.9),
    "rank by rtol": lambda T, M, A: T.linalg.matrix_rank(A, rtol=0.9),
    "rank by atol": lambda T, M, A: T.linalg.matrix_rank(A, atol=0.1),
    "rank of symmetric": lambda T, M, A: T.linalg.matrix_rank(A, hermitian=True),
    "rank of nothing": lambda T, M, A: T.linalg.matrix_rank(T.zeros(0, 3)),
    "rank of a batch": lambda T, M, A: T.linalg.matrix_rank(T.stack([A, A * 0])),
}
NN: dict[str, Any] = {
    "axis of a similarity": lambda T, F: F.cosine_similarity(T.ones(2, 3), T.ones(2, 3) * 2, axis=1),
    "axis beyond": lambda T, F: F.cosine_similarity(T.ones(2, 3), T.ones(2, 3), axis=2),
    "keepdims of a distance": lambda T, F: F.pairwise_distance(T.ones(2, 3), T.zeros(2, 3), keepdims=True),
    "a table that is no table": lambda T, F: F.embedding(T.tensor(0), T.tensor([3.0])),
    "bags of a number": lambda T, F: F.embedding_bag(T.tensor(1), T.ones(2, 2)),
    "bags without a table": lambda T, F: F.embedding_bag(T.tensor([[0]]), T.tensor(2.0)),
    "gumbel of integers": lambda T, F: F.gumbel_softmax(T.tensor([1, 2]), dim=0),
    "gumbel of an absent dimension": lambda T, F: F.gumbel_softmax(T.tensor([1.0, 2.0]), dim=1),
    "alpha dropout of integers": lambda T, F: F.alpha_dropout(T.tensor([0, 2]), training=True),
    "alpha dropout of integers in place": lambda T, F: F.alpha_dropout(T.tensor([0, 2]), training=True, inplace=True),
    "feature alpha dropout of a vector": lambda T, F: F.feature_alpha_dropout(T.tensor([0.6, 2.0]), 1.0, True),
    "a weight of another size": lambda T, F: F.group_norm(T.ones(2, 3), 1, T.tensor([1.0])),
    "a padding that is no tuple": lambda T, F: F.pad(T.ones(2, 3), 2),
    "a padding of floats": lambda T, F: F.pad(T.ones(2, 3), (1.5, 2)),
    "a distance that is none": lambda T, F: F.triplet_margin_with_distance_loss(
        T.ones(2, 3), T.ones(2, 3), T.ones(2, 3), distance_function=3
    ),
    "a reduction that is none": lambda T, F: F.triplet_margin_with_distance_loss(
        T.ones(2, 3) > 0, T.ones(2, 3) > 0, T.ones(2, 3) > 0, reduction="nope"
    ),
    "a threshold below uint8": lambda T, F: F.threshold(T.tensor([0, 3, 2]).byte(), -1, 0),
    "a value below uint8": lambda T, F: F.threshold(T.tensor([0, 3, 2]).byte(), 1.5, -1),
    "a value between integers": lambda T, F: F.threshold(T.tensor([0, 3, -2]), -1, 7.9),
    "truncated bytes": lambda T, F: T.nn.init.trunc_normal_(T.tensor([[2, 1]]).byte()),
}


def outcome(T: Any, call: Any) -> Any:
    T.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = call()
        except Exception as error:
            return type(error).__name__.lstrip("_")
    return found


def check(ours: Any, theirs: Any) -> None:
    if isinstance(theirs, str):
        assert ours == theirs
    else:
        assert tuple(ours.shape) == tuple(theirs.shape)
        torch.testing.assert_close(torch.tensor(ours.detach().numpy()), theirs.detach(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", LINALG)
def test_linalg(name: str) -> None:
    check(
        *(
            outcome(T, lambda T=T: LINALG[name](T, T.arange(6.0).reshape(2, 3) - 2, T.tensor([[2.0, 0.5], [0.5, 1.0]])))
            for T in (microdl, torch)
        )
    )


@pytest.mark.parametrize("name", NN)
def test_nn(name: str) -> None:
    check(*(outcome(T, lambda T=T: NN[name](T, T.nn.functional)) for T in (microdl, torch)))


@pytest.mark.parametrize("include_self", [True, False])
@pytest.mark.parametrize("reduce", ["sum", "prod", "mean", "amax", "amin"])
@pytest.mark.parametrize("values", [[1.0, 5.0, 2.0, 7.0], [5.0, 5.0, 1.0, 7.0]])
def test_gradients_of_scatter_reduce_at_ties(values: list[float], reduce: str, include_self: bool) -> None:
    found = []
    for T in (microdl, torch):
        x = T.tensor(values, requires_grad=True)
        src = T.tensor([5.0, 5.0, 1.0, 1.0, 2.0], requires_grad=True)
        index = T.tensor([0, 0, 2, 2, 2])
        out = T.scatter_reduce(x, 0, index, src, reduce, include_self=include_self)
        grads = T.autograd.grad((out * T.tensor([1.0, 2.0, 3.0, 4.0])).sum(), (x, src))
        found.append([t.tolist() for t in (out, *grads)])
    for ours, theirs in zip(*found, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-6)
