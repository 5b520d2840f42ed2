"""Arguments by PyTorch's keywords, and by NumPy's name for a dimension."""

from __future__ import annotations

from typing import Any

import pytest

import microdl as torch

X = torch.tensor([[3.0, 1.0, 2.0], [4.0, 0.0, 6.0]])
G = torch.tensor([[0, 1], [1, 0]])
I = torch.tensor([1, 0])  # noqa: E741

AXIS = [
    "cumsum", "cumprod", "logsumexp", "sort", "argsort", "count_nonzero", "unbind", "mode", "cummax", "cummin",
    "logcumsumexp", "diff", "softmax", "log_softmax", "squeeze", "unsqueeze", "sum", "mean", "max", "argmax",
]  # fmt: skip


def same(a: Any, b: Any) -> bool:
    if isinstance(a, tuple):
        return all(same(x, y) for x, y in zip(a, b, strict=True))
    return torch.equal(a, b)


@pytest.mark.parametrize("name", AXIS)
def test_axis_is_dim(name: str) -> None:
    assert same(getattr(X, name)(axis=1), getattr(X, name)(1))
    assert same(getattr(torch, name)(X, axis=1), getattr(torch, name)(X, 1))


KEYWORDS: list[tuple[Any, Any]] = [
    (lambda x: x.view(size=(3, 2)), lambda x: x.view(3, 2)),
    (lambda x: x.reshape(shape=(3, 2)), lambda x: x.reshape(3, 2)),
    (lambda x: x.expand(size=(2, 2, 3)), lambda x: x.expand(2, 2, 3)),
    (lambda x: x.broadcast_to(size=(2, 2, 3)), lambda x: x.expand(2, 2, 3)),
    (lambda x: x.permute(dims=(1, 0)), lambda x: x.permute(1, 0)),
    (lambda x: x.split(split_size=1), lambda x: x.split(1)),
    (lambda x: x.chunk(2, axis=1), lambda x: x.chunk(2, 1)),
    (lambda x: x.repeat(repeats=(2, 1)), lambda x: x.repeat(2, 1)),
    (lambda x: x.tile(dims=(2, 1)), lambda x: x.repeat(2, 1)),
    (lambda x: x.tile(2), lambda x: x.repeat(1, 2)),
    (lambda x: x.unflatten(dim=1, sizes=(3, 1)), lambda x: x.view(2, 3, 1)),
    (lambda x: x.topk(2, axis=0), lambda x: x.topk(2, 0)),
    (lambda x: x.narrow(axis=1, start=0, length=2), lambda x: x[:, :2]),
    (lambda x: x.select(axis=1, index=2), lambda x: x[:, 2]),
    (lambda x: x.gather(axis=1, index=G), lambda x: x.gather(1, G)),
    (lambda x: x.index_select(axis=0, index=I), lambda x: x[I]),
]


@pytest.mark.parametrize(("spelled", "plain"), KEYWORDS)
def test_keywords(spelled: Any, plain: Any) -> None:
    assert same(spelled(X), plain(X))


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: X.cumsum(dim=0, axis=0), "both 'dim' and 'axis'"),
        (lambda: X.view(3, 2, size=(3, 2)), "sizes twice"),
        (lambda: X.reshape(6, shape=(3, 2)), "sizes twice"),
        (lambda: X.unsqueeze(), "missing 1 required positional"),
    ],
)
def test_an_argument_twice_or_never(call: Any, text: str) -> None:
    with pytest.raises(TypeError, match=text):
        call()


V, M, B = torch.tensor([1.0, 2.0]), torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.ones(3, 2, 2)

FACTORS: list[tuple[Any, Any]] = [
    (lambda: torch.add(V, 10, V), lambda: V + 10 * V),
    (lambda: V.clone().add_(-0.5, V), lambda: 0.5 * V),
    (lambda: V.sub(3, V), lambda: -2 * V),
    (lambda: V.add(2, 3), lambda: V + 6),
    (lambda: V.clone().addcmul_(0.5, V, V), lambda: V + 0.5 * V * V),
    (lambda: torch.addcdiv(V, 2, V, V), lambda: V + 2),
    (lambda: torch.addmm(2, M, 3, M, M), lambda: 2 * M + 3 * M @ M),
    (lambda: torch.addmm(2, M, M, M), lambda: 2 * M + M @ M),
    (lambda: M.addmm(2, 3, M, M), lambda: 2 * M + 3 * M @ M),
    (lambda: V.clone().addmv_(2, 3, M, V), lambda: 2 * V + 3 * M @ V),
    (lambda: M.addr(2, V, V), lambda: 2 * M + torch.outer(V, V)),
    (lambda: torch.addbmm(2, M, 3, B, B), lambda: 2 * M + 18),
    (lambda: torch.baddbmm(2, B, 3, B, B), lambda: 8 * B),
]


@pytest.mark.parametrize(("between", "plain"), FACTORS)
def test_factors_among_the_operands(between: Any, plain: Any) -> None:
    with pytest.warns(UserWarning, match=r"overload of \w+ is deprecated"):
        found = between()
    assert same(found, plain())


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: torch.add(V, V, V), "takes 2 positional arguments but 3"),
        (lambda: V.add(2, V, alpha=3), "takes 2 positional arguments but 3"),
        (lambda: torch.addmm(1, M, 2, M, 3, M), "takes 3 positional arguments but 6"),
    ],
)
def test_factors_twice_or_too_many(call: Any, text: str) -> None:
    with pytest.raises(TypeError, match=text):
        call()
