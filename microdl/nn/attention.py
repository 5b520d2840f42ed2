"""Attention as a function: softmax(query key^T / sqrt(d)) value."""

from __future__ import annotations

import math
from typing import Any

from ..creation import ones
from ..dtypes import bool_
from ..ops.choice import where
from ..ops.products import matmul
from ..ops.softmax import softmax
from .noise import dropout


def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
) -> Any:
    """For each query the mean of the values, weighted by softmax(query key^T scale): shapes (..., L, E), (..., S, E)
    and (..., S, V) give (..., L, V).

    A boolean `attn_mask`, of a shape that broadcasts to (..., L, S), is true where a query may look; one of floats is
    added to the scores. `is_causal` lets query i see the keys up to i, of those that the mask leaves. `scale` is
    1 / sqrt(E) where it is not given. A query that sees no key gives zeros. `dropout_p` is applied to the weights,
    always: pass 0 in evaluation.

    Raises RuntimeError for a mask of integers, and for sizes or dtypes that do not fit.

    >>> import microdl as torch
    >>> x = torch.tensor([[1., 0.], [0., 2.]])
    >>> torch.nn.functional.scaled_dot_product_attention(x, x, x, is_causal=True)
    tensor([[1.0000, 0.0000],
            [0.0558, 1.8884]])

    Source: A. Vaswani et al., "Attention Is All You Need", 2017, equation (1);
    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html
    """
    scores = matmul(query, key.transpose(-2, -1)) * (1 / math.sqrt(query.shape[-1]) if scale is None else scale)
    causal = ones(*scores.shape[-2:], dtype=bool_).tril() if is_causal else None
    if attn_mask is not None and attn_mask.dtype != bool_:
        if not attn_mask.is_floating_point():
            raise RuntimeError(f"Expected attn_mask dtype to be bool or float, but got {attn_mask.dtype}")
        scores, attn_mask = scores + attn_mask, None
    seen = causal if attn_mask is None else attn_mask if causal is None else attn_mask & causal
    weights = softmax(scores, -1) if seen is None else _masked(scores, seen)
    return matmul(dropout(weights, dropout_p) if dropout_p else weights, value)


def _masked(scores: Any, seen: Any) -> Any:
    """The softmax over what is seen; zeros for a query that sees nothing, where it would be NaN."""
    some = seen.any(-1, keepdim=True)
    return where(some, softmax(where(seen | ~some, scores, -math.inf), -1), 0.0)
