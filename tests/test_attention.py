"""`nn.functional.scaled_dot_product_attention`: recorded from PyTorch 2.13."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import microdl as torch

attention = torch.nn.functional.scaled_dot_product_attention
A = torch.arange(12.0).reshape(1, 1, 4, 3) / 10


def first_column(x: Any) -> Any:
    return x.reshape(-1, 3)[:, 0].numpy()


def test_a_causal_mask() -> None:
    np.testing.assert_allclose(first_column(attention(A, A, A, is_causal=True)), [0, 0.1655, 0.3712, 0.6313], atol=1e-4)
    few = A[0, :, :2]
    out = attention(A[0], few, few, is_causal=True)
    np.testing.assert_allclose(first_column(out), [0, 0.1655, 0.1770, 0.1881], atol=1e-4)


def test_a_mask_of_floats_and_a_scale() -> None:
    out = attention(A, A.flip(2), A, attn_mask=torch.tensor([[0.0, 1, 2, 3]]), scale=0.5)
    np.testing.assert_allclose(first_column(out), [0.7392, 0.7108, 0.6779, 0.6404], atol=1e-4)


def test_a_query_that_sees_no_key_gives_zeros_and_no_nan_gradient() -> None:
    q = A.clone().requires_grad_()
    out = attention(q, q, q, attn_mask=torch.ones(4, 4, dtype=torch.bool).tril(-1))
    assert out[0, 0, 0].tolist() == [0, 0, 0]
    out.sum().backward()
    assert bool(torch.isfinite(q.grad).all())


def test_dropout_is_that_of_the_weights() -> None:
    torch.manual_seed(1)
    out = attention(A, A, A, dropout_p=0.5)
    torch.manual_seed(1)
    weights = torch.nn.functional.dropout(torch.softmax(A @ A.mT / 3**0.5, -1), 0.5)
    assert torch.allclose(out, weights @ A)


def test_a_mask_and_a_causal_one_together() -> None:
    mask = torch.ones(4, 4, dtype=torch.bool)
    mask[2, 1] = mask[1, 3] = False
    out = attention(A, A, A, attn_mask=mask, is_causal=True)
    np.testing.assert_allclose(first_column(out), [0, 0.1655, 0.4045, 0.6313], atol=1e-4)
    out = attention(A, A, A, attn_mask=mask.float(), is_causal=True)
    np.testing.assert_allclose(first_column(out), [0, 0.1655, 0.3892, 0.6313], atol=1e-4)


def test_a_mask_of_integers_is_refused() -> None:
    with pytest.raises(RuntimeError, match="dtype to be bool or float"):
        attention(A, A, A, attn_mask=torch.ones(4, 4, dtype=torch.int64))
