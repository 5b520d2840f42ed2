"""The strategies draw what they promise, shrink to informative values, and find what they are made to find."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from microdl.testing import strategies as mine

MANY = settings(max_examples=300, database=None, deadline=None, suppress_health_check=list(HealthCheck))


def draws(strategy: Any, n: int = 150) -> list[Any]:
    """The first draws, the same in every run."""
    seen: list[Any] = []

    @settings(MANY, max_examples=n, derandomize=True, phases=[Phase.generate])
    @given(strategy)
    def look(value: Any) -> None:
        seen.append(value)

    look()
    return seen


def simplest(strategy: Any, condition: Callable[[Any], bool] = lambda value: True) -> Any:
    return find(strategy, condition, settings=settings(MANY, max_examples=2000, derandomize=True))


def test_shapes() -> None:
    seen = set(draws(mine.shapes()))
    assert {len(s) for s in seen} == {0, 1, 2, 3}
    assert any(0 in s for s in seen)
    assert any(max(s, default=0) >= 33 for s in seen)  # blocks and unrolled loops behave otherwise there
    assert simplest(mine.shapes(2, 2)) == (1, 1)
    assert all(len(s) == 2 and all(1 <= n <= 3 for n in s) for s in draws(mine.shapes(2, 2, 1, 3), 100))


def test_broadcastable() -> None:
    seen = draws(mine.broadcastable(3), 80)
    for arrays in seen:
        np.broadcast_shapes(*(x.shape for x in arrays))
    shapes = [tuple(x.shape for x in arrays) for arrays in seen]
    assert any(len({*s}) > 1 for s in shapes)
    assert any(len({len(x) for x in s}) > 1 for s in shapes)
    a, b = simplest(mine.broadcastable(2), lambda p: p[0].shape != p[1].shape)
    assert a.size + b.size <= 3


@pytest.mark.parametrize(
    ("domain", "inside"),
    [
        ("positive", lambda x: x > 0),
        ("nonzero", lambda x: x != 0),
        ("unit", lambda x: (x > 0) & (x < 1)),
        ((2.0, 3.0), lambda x: (x > 2) & (x < 3)),
        ((-np.inf, -5.0), lambda x: x < -5),
        ((1e6, np.inf), lambda x: x > 1e6),
        ((-0.5, 2.5), lambda x: (x > -0.5) & (x < 2.5)),
        ((-1e-3, 1e-3), lambda x: np.abs(x) < 1e-3),
    ],
)
def test_domains(domain: Any, inside: Callable[[Any], Any]) -> None:
    for x in draws(mine.tensors(domain, (5,)), 100):
        assert inside(x).all(), x


def test_values_are_special_at_times() -> None:
    values = np.concatenate([x.ravel() for x in draws(mine.tensors("real"))])
    assert (values == 0).any()
    for distance in mine.NEAR:
        assert np.isclose(np.abs(values), distance, rtol=1e-3).any()
    assert np.abs(values).max() >= 1e5
    assert np.abs(values[values != 0]).min() <= 1e-12
    plain = np.concatenate([x.ravel() for x in draws(mine.tensors("real", specials=False))])
    assert np.abs(plain).max() <= 4


def test_ties() -> None:
    tied = [x for x in draws(mine.tensors("real", (6,))) if len(np.unique(x)) < 6]
    assert len(tied) >= 15
    apart = draws(mine.tensors("real", (4,), ties=False, specials=False), 100)
    assert np.mean([len(np.unique(x)) == 4 for x in apart]) > 0.9


def test_dtypes_and_layouts() -> None:
    assert {x.dtype for x in draws(mine.tensors(dtype=np.float32), 20)} == {np.dtype(np.float32)}
    seen = draws(mine.tensors("real", (3, 4), layout=True), 100)
    assert any(x.flags.f_contiguous for x in seen)
    assert any(min(x.strides) < 0 for x in seen)
    assert any(not x.flags.c_contiguous and not x.flags.f_contiguous and min(x.strides) > 0 for x in seen)


def test_values_shrink_to_informative_ones() -> None:
    assert simplest(mine.tensors("real", (2,))).tolist() == [1.0, 1.0]
    assert simplest(mine.tensors("real", (1,)), lambda x: x[0] < 0).tolist() == [-1.0]
    found = simplest(mine.tensors("real"), lambda x: x.size and (x > 1.2).any())
    assert found.size == 1
    assert simplest(mine.tensors("real"), lambda x: bool((x == 0).any())).size == 1


def test_wrong_domains() -> None:
    with pytest.raises(ValueError, match="domain must be one of"):
        mine.tensors("reel")


def test_labels_axes_and_indices() -> None:
    seen = draws(mine.labels(3), 100)
    assert all(x.dtype == np.int64 and ((x >= 0) & (x < 3)).all() for x in seen)
    assert {int(v) for x in seen for v in x.ravel()} == {0, 1, 2}
    assert {*draws(mine.axes(2), 50)} == {0, 1, -1, -2}
    assert {*draws(mine.axes(2, negative=False), 50)} == {0, 1}
    assert simplest(mine.axes(3)) == 0
    seen = draws(mine.indices(3, (4,)), 100)
    assert all(((x >= -3) & (x < 3)).all() for x in seen)
    assert any((x < 0).any() for x in seen)
    assert any(len(np.unique(x)) < x.size for x in seen)
    for x in draws(mine.indices(3, (3,), duplicates=False), 100):
        assert len(np.unique(x % 3)) == x.size
    assert all((x >= 0).all() for x in draws(mine.indices(3, negative=False), 50))


def test_upstream_is_signed_and_not_one() -> None:
    seen = np.concatenate([g.ravel() for g in draws(mine.upstream((4,)), 100)])
    assert (seen < 0).any()
    assert not (seen == 1).any()
    assert not (seen == 0).any()


def test_matmul_pairs_multiply() -> None:
    seen = draws(mine.matmul_pair())
    for a, b in seen:
        np.matmul(a, b)
    assert {(a.ndim == 1, b.ndim == 1) for a, b in seen} == {(x, y) for x in (True, False) for y in (True, False)}
    assert any(a.ndim > 2 and a.shape[:-2] != b.shape[:-2] for a, b in seen if b.ndim > 2)


def test_logits() -> None:
    assert all(x.ndim == 2 and x.size for x in draws(mine.logits(), 50))
    assert draws(mine.logits((2, 5)), 5)[0].shape == (2, 5)


def test_signature() -> None:
    for x, w, b in draws(mine.signature("nm,mk,k"), 40):
        assert (x.shape[1], w.shape[1]) == (w.shape[0], b.shape[0])
    for a, b in draws(mine.signature("*,*"), 50):
        assert a.shape == b.shape
    for a, b in draws(mine.signature("...nm,...m"), 50):
        assert a.shape[-1] == b.shape[-1]
        np.broadcast_shapes(a.shape[:-2], b.shape[:-1])
    assert all(x.shape == (2,) for (x,) in draws(mine.signature("2"), 10))


def test_signature_domains_and_options() -> None:
    spec = mine.signature("nm,n,nm,nm,k", "real", "labels:m", "mask", "probability", "indices:n", dim=[0, 1])
    for x, t, mask, p, index, options in draws(spec, 40):
        n, m = x.shape
        assert t.dtype == np.int64
        assert t.shape == (n,)
        assert ((t >= 0) & (t < max(m, 1))).all()
        assert mask.dtype == np.bool_
        assert np.allclose(p.sum(-1), 1) or not p.size
        assert ((index >= -max(n, 1)) & (index < max(n, 1))).all()
        assert options["dim"] in (0, 1)


@given(st.data())
@settings(max_examples=30)
def test_they_compose_with_hypothesis(data: Any) -> None:
    x = data.draw(mine.tensors("positive", mine.shapes(1, 2, 1, 3)).map(np.log))
    assert np.isfinite(x).all()
