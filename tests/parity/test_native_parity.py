"""`torch.*` forms of losses and layers beside PyTorch's: defaults, orders, reductions by number."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="live parity runs where torch 2.13 is installed; .ci/run installs it")

import microdl  # noqa: E402

CASES = [
    lambda T, x, y, s, *r: T.binary_cross_entropy_with_logits(x, y, None, None, *r),
    lambda T, x, y, s, *r: T.cosine_embedding_loss(x, y, s, 0.1, *r),
    lambda T, x, y, s, *r: T.hinge_embedding_loss(x, s.expand(2, 2), 0.5, *r),
    lambda T, x, y, s, *r: T.kl_div(x, y, *r),
    lambda T, x, y, s, *r: T.kl_div(x, y, *r, log_target=True),
    lambda T, x, y, s, *r: T.margin_ranking_loss(x[0], y[0], s, 0.5, *r),
    lambda T, x, y, s, *r: T.poisson_nll_loss(x, y, True, False, 1e-8, *r),
    lambda T, x, y, s, *r: T.triplet_margin_loss(x, y, -y, 1.0, 2, 1e-6, False, *r),
    lambda T, x, y, s, *r: T.embedding(x, T.tensor([1, 0])),
    lambda T, x, y, s, *r: T.batch_norm(x, y[0], None, s * 0, s * s, True, 0.1, 1e-5, False),
    lambda T, x, y, s, *r: T.group_norm(x, 1),
    lambda T, x, y, s, *r: T.constant_pad_nd(x, (1, 0), 2.0),
    lambda T, x, y, s, *r: T.feature_dropout(x, 0.5, True),
    lambda T, x, y, s, *r: T.dropout(x, 0.5),
]


@pytest.mark.parametrize("reduction", [(), (0,), (1,), (2,), (3,), (-1,), ("mean",)])
@pytest.mark.parametrize("case", CASES)
def test_native(case: Any, reduction: tuple[Any, ...]) -> None:
    found = []
    for T in (microdl, torch):
        T.manual_seed(0)
        x = T.tensor([[0.2, -1.3], [0.7, 2.1]], requires_grad=True)
        y = T.tensor([[0.5, 0.25], [0.125, 1.0]])
        try:
            out = case(T, x, y, T.tensor([1.0, -1.0]), *reduction)
            (g,) = T.autograd.grad(out.sum(), x)
            found.append((out.tolist(), g.tolist()))
        except Exception as error:
            found.append(type(error).__name__)
    ours, theirs = found
    if isinstance(theirs, str):
        assert ours == theirs
        return
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(torch.tensor(a), torch.tensor(b))
