"""In which order the elements of a result lie in memory, which shows in `view` and `stride`: as in PyTorch 2.13."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import microdl as torch

TURNED = torch.arange(12.0).reshape(3, 4).t()
REPEATED = torch.tensor([1, 2, 3]).expand(4, 3)
MOVED = torch.arange(24.0).reshape(2, 3, 4).permute(2, 0, 1)

IN_ORDER: list[Callable[[], Any]] = [
    lambda: REPEATED.float(),
    lambda: REPEATED.bool(),
    lambda: REPEATED * 0.5,
    lambda: REPEATED / REPEATED,
    lambda: REPEATED.exp(),
    lambda: TURNED.cumsum(0),
    lambda: TURNED.cumprod(1),
    lambda: TURNED.logcumsumexp(0),
    lambda: TURNED.cummax(0).values,
    lambda: TURNED.cummin(1).indices,
    lambda: TURNED.topk(2, 1).indices,
    lambda: TURNED.median(1).indices,
    lambda: TURNED.kthvalue(2, 1).indices,
    lambda: TURNED.masked_fill(TURNED > 3, 0.0),
    lambda: MOVED.sum(1),
    lambda: MOVED.mean(2, keepdim=True),
    lambda: MOVED.var(1),
    lambda: MOVED.logsumexp(1),
    lambda: MOVED.tril(),
]


@pytest.mark.parametrize("compute", IN_ORDER)
def test_the_result_lies_in_order(compute: Callable[[], Any]) -> None:
    out = compute()
    assert out.is_contiguous()
    assert out.view(-1).tolist() == out.flatten().tolist()


def test_elementwise_results_keep_the_order_of_their_operand() -> None:
    for out in (TURNED + 1, TURNED.exp(), TURNED.to(torch.float64), TURNED.clone()):
        assert out.stride() == (1, 4)


def test_a_quantile_between_infinity_and_a_number() -> None:
    inf = float("inf")
    x = torch.tensor([[-inf, 0.5], [0.5, inf]])
    assert x.quantile(0.5, 1).tolist()[0] == -inf
    assert x.quantile(0.5, 1).isnan().tolist() == [False, True]
