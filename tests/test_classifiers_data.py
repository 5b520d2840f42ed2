"""The classifiers' data, weights and random streams: every dtype and container, on any number of threads."""

from __future__ import annotations

import pickle
import subprocess
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import microdl as torch
from microdl.classifiers import (
    RandomSearchClassifier,
    SoftmaxClassifier,
    TwoLayerClassifier,
    losses,
)

from .classifier_cases import COMPILED_ONLY, KINDS, X, Y, blobs

pytestmark = COMPILED_ONLY


@pytest.mark.parametrize("kind", KINDS)
def test_one_seed_one_result_and_the_global_stream_is_left_alone(kind: Any) -> None:
    torch.manual_seed(7)
    state = torch.get_rng_state()
    options: Any = {} if kind is RandomSearchClassifier else {"batch_size": 16, "max_iter": 5, "early_stopping": True}
    first = kind(random_state=3, **options).fit(X, Y)
    torch.manual_seed(8)
    second = kind(random_state=3, **options).fit(X, Y)
    other = kind(random_state=4, **options).fit(X, Y)
    torch.manual_seed(7)
    assert torch.equal(torch.get_rng_state(), state)
    assert np.array_equal(first.decision_function(X), second.decision_function(X))
    assert not np.array_equal(first.decision_function(X), other.decision_function(X))


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    kind=st.sampled_from(KINDS[:-1]),
    dtype=st.sampled_from([np.uint8, np.float32, np.float64, np.int64]),
    classes=st.integers(2, 5),
    size=st.sampled_from([None, 1, 7, 64]),
    early=st.booleans(),
)
def test_one_seed_one_result_whatever_the_data(
    seed: int, kind: Any, dtype: Any, classes: int, size: int | None, early: bool
) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 50, (60, 3)).astype(dtype), np.arange(60) % classes
    options: Any = {"random_state": seed, "batch_size": size, "max_iter": 2, "early_stopping": early}
    first, second = (kind(**options).fit(x, y) for _ in range(2))
    assert np.array_equal(first.decision_function(x), second.decision_function(x))
    assert first.loss_curve_ == second.loss_curve_
    assert set(first.predict(x)) <= set(y)


def test_streams_of_numpy_and_of_microdl() -> None:
    def weights(state: Any) -> Any:
        return SoftmaxClassifier(batch_size=16, max_iter=2, random_state=state).fit(X, Y).coef_

    assert np.array_equal(weights(np.random.RandomState(1)), weights(np.random.RandomState(1)))
    assert np.array_equal(weights(np.random.default_rng(1)), weights(np.random.default_rng(1)))
    assert np.array_equal(weights(torch.Generator().manual_seed(1)), weights(1))
    stream = np.random.RandomState(1)
    assert not np.array_equal(weights(stream), weights(stream))
    assert not np.array_equal(weights(None), weights(None))
    with pytest.raises(ValueError, match="'dice' cannot be used as random_state"):
        weights("dice")


def test_the_number_of_threads_changes_nothing() -> None:
    x, y = blobs(2000, 10, 300)
    found = []
    before = torch.get_num_threads()
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            model = SoftmaxClassifier(max_iter=3, random_state=0).fit(x.astype(np.float32), y)
            found.append((model.coef_, model.loss_curve_, model.learning_rate_))
    finally:
        torch.set_num_threads(before)
    assert np.array_equal(found[0][0], found[1][0])
    assert found[0][1:] == found[1][1:]


def test_many_at_once_and_without_gradients() -> None:
    """As scikit-learn's threads fit them, and inside a caller's no_grad and inference_mode."""
    expected = [SoftmaxClassifier(batch_size=16, max_iter=5, random_state=seed).fit(X, Y).coef_ for seed in range(6)]

    def weights(seed: int) -> Any:
        return SoftmaxClassifier(batch_size=16, max_iter=5, random_state=seed).fit(X, Y).coef_

    with ThreadPoolExecutor(3) as pool:
        assert all(np.array_equal(a, b) for a, b in zip(pool.map(weights, range(6)), expected, strict=True))
    for mode in (torch.no_grad(), torch.inference_mode()):
        with mode:
            assert np.array_equal(weights(0), expected[0])
            assert TwoLayerClassifier(random_state=0).fit(X, Y).score(X, Y) > 0.95


def test_bytes_are_learned_as_their_floats() -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (600, 50), np.uint8)
    y = np.arange(600) % 3
    x[y == 1, :20] //= 2
    a, b = (SoftmaxClassifier(max_iter=20, random_state=0).fit(values, y) for values in (x, x.astype(np.float32)))
    assert a.coef_.dtype == np.float32
    assert np.array_equal(a.coef_, b.coef_)
    assert np.array_equal(a.decision_function(x), b.decision_function(x.astype(np.float32)))
    assert SoftmaxClassifier(max_iter=1).fit(x.astype(np.int64), y).coef_.dtype == np.float64


@pytest.mark.parametrize("kind", KINDS)
def test_tensors_lists_and_copies_on_disk(kind: Any, tmp_path: Any) -> None:
    model = kind(random_state=0)
    expected = model.fit(X, Y).decision_function(X)
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.decision_function(X), expected)
    assert np.array_equal(model.fit(torch.tensor(X), torch.tensor(Y)).decision_function(torch.tensor(X)), expected)
    assert np.array_equal(model.fit(X.tolist(), Y.tolist()).decision_function(X.tolist()), expected)
    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert np.array_equal(model.fit(mapped, Y).decision_function(mapped), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_a_weight_of_three_is_three_examples(kind: Any) -> None:
    weights = np.arange(120) % 4
    options: Any = {} if kind is RandomSearchClassifier else {"batch_size": None, "max_iter": 30}
    weighted = kind(random_state=0, **options).fit(X, Y, weights)
    repeated = kind(random_state=0, **options).fit(X.repeat(weights, 0), Y.repeat(weights))
    assert np.allclose(weighted.decision_function(X), repeated.decision_function(X), rtol=1e-8)
    assert weighted.score(X, Y, weights) == pytest.approx(repeated.score(X.repeat(weights, 0), Y.repeat(weights)))


def test_class_weights_are_weights_of_their_examples() -> None:
    options: Any = {"batch_size": None, "max_iter": 30}
    by_class = SoftmaxClassifier(class_weight={0: 3.0, 2: 0.5}, **options).fit(X, Y)
    by_example = SoftmaxClassifier(**options).fit(X, Y, np.array([3.0, 1.0, 0.5])[Y])
    assert np.allclose(by_class.coef_, by_example.coef_)
    few = np.flatnonzero((Y != 1) | (np.arange(120) < 20))
    balanced = SoftmaxClassifier(class_weight="balanced", **options).fit(X[few], Y[few])
    counts = np.bincount(Y[few])
    by_count = SoftmaxClassifier(**options).fit(X[few], Y[few], (1 / counts)[Y[few]])
    assert np.allclose(balanced.coef_, by_count.coef_)


def test_random_search_is_the_lectures_loop() -> None:
    """The draws of torch.randn(classes, features + 1) * scale, one by one, and the best of them."""
    model = RandomSearchClassifier(50, 0.01, loss="hinge", random_state=3).fit(X.astype(np.float32), Y)
    torch.manual_seed(3)
    inputs = torch.cat([torch.tensor(X, dtype=torch.float32), torch.ones(120, 1)], 1)
    draws = [torch.randn(3, 5) * 0.01 for _ in range(50)]
    found = [losses.hinge_loss(inputs @ w.T, torch.tensor(Y)).item() for w in draws]
    assert model.loss_curve_ == pytest.approx(found, rel=1e-5)
    assert model.best_draw_ == int(np.argmin(found))
    assert np.array_equal(model.coef_, draws[model.best_draw_][:, :-1].numpy())
    assert np.array_equal(model.intercept_, draws[model.best_draw_][:, -1].numpy())
    assert model.best_loss_ == min(model.loss_curve_)


def test_without_scikit_learn() -> None:
    code = """
import sys
sys.modules["sklearn"] = sys.modules["scipy"] = sys.modules["tqdm"] = None  # importing them is an ImportError
import numpy as np
from microdl import classifiers as c
x, y = np.array([[-2.0], [-1.0], [1.0], [2.0]]), ["a", "a", "b", "b"]
for kind in (c.LinearClassifier, c.SoftmaxClassifier, c.SVMClassifier, c.TwoLayerClassifier, c.RandomSearchClassifier):
    print(kind(random_state=0, verbose=True).fit(x, y).score(x, y))
try:
    c.SoftmaxClassifier().predict(x)
except ValueError as error:
    print(type(error).__name__)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["1.0"] * 5 + ["NotFittedError"]
    assert "SoftmaxClassifier: epoch 1/100, loss 0.6931" in run.stderr


def test_bytes_stay_bytes_until_a_batch_needs_floats() -> None:
    """6 MB of bytes, which would be 24 MB of floats."""
    x, y = np.random.default_rng(0).integers(0, 256, (2000, 3072), np.uint8), np.arange(2000) % 10
    model = SoftmaxClassifier(batch_size=64, max_iter=1, random_state=0).fit(x[:100], y[:100])
    tracemalloc.start()
    try:
        model.fit(x, y)
        model.predict(x[:1000])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 15e6
    assert model.coef_.size + model.intercept_.size == 3072 * 10 + 10
