"""Products and linear algebra: ranks, errors with both shapes, singular matrices.

Values are those of PyTorch 2.13, recorded, or follow from the definition.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import microdl as torch
from microdl import linalg
from microdl.ops import decomposition, einsum, matrix, products

M = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
W = torch.ones(2, 3)
V = torch.tensor([1.0, 2.0, 3.0])
S = torch.ones(2, 3, 4)
D = M.double()


# --- products ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: W @ W, r"mat1 and mat2 shapes cannot be multiplied \(2x3 and 2x3\)"),
        (lambda: S @ torch.ones(3, 4), r"mat1 and mat2 shapes cannot be multiplied \(6x4 and 3x4\)"),
        (lambda: V @ M, r"mat1 and mat2 shapes cannot be multiplied \(1x3 and 2x2\)"),
        (lambda: W @ torch.ones(2), r"size mismatch, got input \(2\), mat \(2x3\), vec \(2\)"),
        (lambda: S @ V, r"size mismatch, got input \(6\), mat \(6x4\), vec \(3\)"),
        (lambda: V @ torch.ones(4), r"inconsistent tensor size, expected tensor \[3\] and src \[4\]"),
        (lambda: S @ torch.ones(3, 4, 5), r"size of tensor a \(2\) must match the size of tensor b \(3\)"),
        (lambda: S @ S, r"batch2 tensor to be: \[2, 4\] but got: \[2, 3\]"),
        (lambda: torch.tensor(1.0) @ M, "need to be at least 1D, but they are 0D and 2D"),
        (lambda: M @ D, "expected m1 and m2 to have the same dtype, but got: float != double.*Convert"),
        (lambda: M.long() @ M, "expected m1 and m2 to have the same dtype, but got: long int != float"),
        (lambda: V.double() @ V, "expected both vectors to have same dtype, but found Double and Float"),
        (lambda: S @ S.mT.double(), "expected scalar type Float but found Double"),
        (lambda: W @ V.double(), "addmv input tensors must have the same dtype"),
        (lambda: M.mm(V), "mat2 must be a matrix"),
        (lambda: M.mv(M), r"vector . matrix @ vector expected, got 1, 2, 2"),
        (lambda: M.dot(M), "1D tensors expected, but got 2D and 2D tensors"),
        (lambda: M.bmm(M), "batch1 must be a 3D tensor"),
        (lambda: S.bmm(torch.ones(1, 4, 2)), r"batch2 tensor to be: \[2, 4\] but got: \[1, 4\]"),
        (lambda: V.outer(M), "outer: Expected 1-D argument vec2, but got 2-D"),
        (lambda: products.addmm(V, W, W.T), r"expanded size of the tensor \(2\) must match the existing size \(3\)"),
        (lambda: W.inner(M), "the last dimension must match"),
    ],
)
def test_a_product_that_does_not_fit(call: Any, text: str) -> None:
    with pytest.raises(RuntimeError, match=text):
        call()


@pytest.mark.parametrize("other", [1, 2.0, [1.0], None])
def test_at_takes_tensors_only(other: Any) -> None:
    with pytest.raises(TypeError, match="unsupported operand type"):
        M @ other
    with pytest.raises(TypeError, match=r"argument 'other' .position 2. must be Tensor"):
        torch.matmul(M, other)


def test_bool_has_no_product() -> None:
    with pytest.raises(NotImplementedError, match="'Bool'"):
        (M > 1) @ (M > 1)


def test_products_of_every_rank_agree_with_numpy() -> None:
    rng = np.random.default_rng(0)
    shapes = [(3,), (2, 3), (4, 2, 3), (1, 4, 2, 3)], [(3,), (3, 2), (4, 3, 2), (5, 1, 3, 2)]
    for a in shapes[0]:
        for b in shapes[1]:
            x, y = rng.standard_normal(a), rng.standard_normal(b)
            got = torch.tensor(x) @ torch.tensor(y)
            np.testing.assert_allclose(got.numpy(), np.matmul(x, y), rtol=1e-12)


def test_the_gradient_of_a_broadcast_operand_is_summed() -> None:
    x, w = torch.ones(5, 2, 3, requires_grad=True), torch.ones(3, 4, requires_grad=True)
    (x @ w).sum().backward()
    assert x.grad.tolist() == np.full((5, 2, 3), 4.0).tolist()
    assert w.grad.tolist() == np.full((3, 4), 10.0).tolist()


def test_addmm_ignores_what_beta_zero_scales() -> None:
    out = products.addmm(torch.full((2, 2), float("nan")), W, W.T, beta=0)
    assert out.tolist() == [[3, 3], [3, 3]]


# --- einsum -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: einsum.einsum("ij,jk", W, W), r"subscript j has size 2 for operand 1 .* previously seen size 3"),
        (lambda: einsum.einsum("ij->ijk", W), "output subscript k does not appear"),
        (lambda: einsum.einsum("ij->ii", W), "output subscript i appears more than once"),
        (lambda: einsum.einsum("ij,jk->ik", W), "fewer operands were provided"),
        (lambda: einsum.einsum("ij", W, W), "more operands were provided"),
        (lambda: einsum.einsum("i1->i", W), "invalid subscript given at index 1"),
        (
            lambda: einsum.einsum("ijk->i", W),
            r"number of subscripts in the equation \(3\) .* dimensions \(2\) for operand 0",
        ),
        (lambda: einsum.einsum("i,i", V, V.double()), "expected scalar type Float but found Double"),
        (
            lambda: einsum.einsum("ii", W),
            "subscript i has size 3 for operand 0 which does not broadcast with previously seen size 2",
        ),
        (lambda: einsum.tensordot(W, W, 1), "contracted dimensions need to match"),
    ],
)
def test_an_equation_that_does_not_fit(call: Any, text: str) -> None:
    with pytest.raises(RuntimeError, match=text):
        call()


def test_einsum_spellings() -> None:
    want = (W @ W.T).tolist()
    assert einsum.einsum("ij,kj->ik", W, W).tolist() == want
    assert einsum.einsum("ij, kj -> ik", [W, W]).tolist() == want
    assert einsum.einsum(W, [0, 1], W, [2, 1], [0, 2]).tolist() == want
    assert einsum.einsum("ij,kj", W, W).tolist() == want


def test_einsum_of_one_operand_without_a_sum_is_a_view() -> None:
    x = torch.zeros(2, 2)
    einsum.einsum("ij->ji", x)[0, 1] = 1
    assert x.tolist() == [[0, 0], [1, 0]]


# --- linear algebra -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: linalg.inv(torch.ones(2, 2)), "the input matrix is singular"),
        (lambda: linalg.solve(torch.ones(2, 2), torch.ones(2)), "the input matrix is singular"),
        (lambda: linalg.cholesky(-M), "not positive-definite"),
        (lambda: linalg.inv(W), "A must be batches of square matrices, but they are 2 by 3 matrices"),
        (lambda: linalg.det(W), "linalg.det: A must be batches of square matrices"),
        (lambda: linalg.inv(V), "must have at least 2 dimensions"),
        (lambda: linalg.inv(M.long()), "Expected a floating point or complex tensor as input. Got: Long"),
        (lambda: linalg.solve(M, V), r"Incompatible shapes of A and B for the equation AX = B \(2x2 and 3x1\)"),
        (lambda: linalg.solve(M, D), "found A of type Float and B of type Double"),
        (lambda: linalg.norm(M, 3), "Order 3 not supported"),
        (lambda: linalg.svd(W.requires_grad_()), "full_matrices=False"),
        (lambda: linalg.qr(M, "raw"), "unrecognized mode 'raw'"),
        (lambda: V.trace(), "expected a matrix, but got tensor with dim 1"),
        (lambda: S.diag(), "Supports 1D or 2D tensors. Got 3D"),
        (lambda: V.tril(), "must have at least 2 dimensions"),
        (lambda: M.diagonal(0, 1, -1), "diagonal dimensions cannot be identical"),
    ],
)
def test_linear_algebra_refuses(call: Any, text: str) -> None:
    with pytest.raises(RuntimeError, match=text):
        call()


@pytest.mark.parametrize(
    "rows", [[[1.0, 2.0], [2.0, 4.0]], [[0.0, 0.0], [0.0, 0.0]], [[1, 2, 3], [4, 5, 6], [7, 8, 9.0]]]
)
def test_the_determinant_of_a_singular_matrix_has_its_cofactors_as_gradient(rows: Any) -> None:
    x = torch.tensor(rows, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(linalg.det, x)


def test_the_old_names_of_decompositions() -> None:
    assert repr(torch.qr(torch.eye(1))) == "torch.return_types.qr(\nQ=tensor([[1.]]),\nR=tensor([[1.]]))"
    assert torch.qr(torch.ones(3, 2), False)[0].shape == torch.ones(3, 2).qr(some=False).Q.shape == (3, 3)
    assert torch.equal(torch.cholesky(torch.tensor([[4.0, 2.0], [2.0, 3.0]]), True)[0], torch.tensor([2.0, 1.0]))


def test_decompositions_compose_to_the_matrix() -> None:
    a = torch.tensor(np.random.default_rng(1).standard_normal((2, 4, 3)))
    u, s, vh = linalg.svd(a, full_matrices=False)
    q, r = linalg.qr(a)
    values, vectors = linalg.eigh(a.mT @ a)
    lower = linalg.cholesky(a.mT @ a)
    assert torch.allclose(u @ matrix.diag_embed(s) @ vh, a)
    assert torch.allclose(q @ r, a)
    assert torch.allclose(vectors @ matrix.diag_embed(values) @ vectors.mT, a.mT @ a)
    assert torch.allclose(lower @ lower.mT, a.mT @ a)
    assert torch.allclose(a @ linalg.pinv(a) @ a, a)
    assert torch.allclose(decomposition.matrix_power(M.double(), -2) @ D @ D, torch.eye(2).double())


def test_a_diagonal_is_a_view_that_may_be_written_to() -> None:
    x = torch.zeros(2, 3)
    x.diagonal().fill_(1)
    assert x.tolist() == [[1, 0, 0], [0, 1, 0]]
    y = torch.zeros(2, 2, requires_grad=True) * 1
    y.diagonal().add_(torch.ones(2, requires_grad=True))
    assert y.grad_fn.name() == "torch::autograd::CopySlices"
