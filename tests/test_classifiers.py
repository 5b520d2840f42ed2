"""The classifiers trained by gradient descent: what they learn, their shapes and options."""

from __future__ import annotations

import functools
import math
import pickle
from typing import Any

import numpy as np
import pytest

import microdl as torch
from microdl.classifiers import (
    LinearClassifier,
    RandomSearchClassifier,
    SoftmaxClassifier,
    SVMClassifier,
    TwoLayerClassifier,
    _options,
    losses,
)
from microdl.datasets import Digits

from .classifier_cases import COMPILED_ONLY, KINDS, TRAINED, X, Y, blobs

pytestmark = COMPILED_ONLY


@functools.cache
def digits() -> tuple[Any, Any, Any, Any]:
    (x, y), (tx, ty) = ([t.numpy() for t in Digits.tensors(train=train)] for train in (True, False))
    return x, y, tx, ty


@pytest.mark.parametrize("kind", TRAINED)
def test_learns(kind: Any) -> None:
    model = kind(random_state=0).fit(X, Y)
    assert model.score(X, Y) > 0.95
    assert model.loss_curve_[-1] < 0.3 * model.loss_curve_[0]
    assert model.n_iter_ == len(model.loss_curve_)
    assert model.n_features_in_ == 4
    assert model.learning_rate_ > 0


@pytest.mark.parametrize(
    ("model", "least"),
    [
        (SoftmaxClassifier(random_state=0), 0.95),
        (SVMClassifier(random_state=0), 0.95),
        (SVMClassifier(squared=True, random_state=0), 0.95),
        (SVMClassifier("mean", random_state=0), 0.95),
        (SVMClassifier("one_vs_rest", random_state=0), 0.95),
        (LinearClassifier("logistic", random_state=0), 0.95),
        (TwoLayerClassifier(random_state=0), 0.96),
    ],
    ids=lambda value: repr(value),
)
def test_the_digits(model: Any, least: float) -> None:
    x, y, tx, ty = digits()
    assert model.fit(x, y).score(tx, ty) > least


def test_the_first_loss_is_that_of_equal_scores() -> None:
    x, y = blobs(classes=4)
    options: Any = {"batch_size": None, "max_iter": 1, "random_state": 0}
    assert SoftmaxClassifier(**options).fit(x, y).loss_curve_ == pytest.approx([math.log(4)])
    assert SVMClassifier(**options).fit(x, y).loss_curve_ == [3]
    assert SVMClassifier("including_own_class", **options).fit(x, y).loss_curve_ == [4]
    assert SVMClassifier("mean", **options).fit(x, y).loss_curve_ == [0.75]
    assert SVMClassifier("one_vs_rest", **options).fit(x, y).loss_curve_ == [4]


@pytest.mark.parametrize("kind", KINDS)
def test_shapes_and_classes(kind: Any) -> None:
    names = np.array(["ant", "bee", "cow"])
    several, two = kind(random_state=0).fit(X, names[Y]), kind(random_state=0).fit(X[Y < 2], names[Y[Y < 2]])
    assert several.classes_.tolist() == ["ant", "bee", "cow"]
    assert two.classes_.tolist() == ["ant", "bee"]
    assert (several.decision_function(X).shape, two.decision_function(X).shape) == ((120, 3), (120,))
    assert np.array_equal(two.predict(X), names[(two.decision_function(X) > 0).astype(int)])
    assert np.array_equal(several.predict(X), names[several.decision_function(X).argmax(1)])
    if hasattr(several, "coef_"):
        assert (several.coef_.shape, two.coef_.shape) == ((3, 4), (1, 4))
        assert (several.intercept_.shape, two.intercept_.shape) == ((3,), (1,))
        assert np.allclose(several.decision_function(X), X @ several.coef_.T + several.intercept_)
    else:
        assert [w.shape for w in several.coefs_] == [(100, 4), (3, 100)]
        assert [b.shape for b in two.intercepts_] == [(100,), (1,)]


@pytest.mark.parametrize("model", [SoftmaxClassifier(), LinearClassifier("logistic"), TwoLayerClassifier(8)])
def test_probabilities(model: Any) -> None:
    for chosen in (Y >= 0, Y < 2):
        model.set_params(random_state=0).fit(X[chosen], Y[chosen])
        p = model.predict_proba(X)
        assert p.shape == (120, len(model.classes_))
        assert np.allclose(p.sum(1), 1)
        assert np.array_equal(p.argmax(1), model.predict(X))
        assert np.allclose(np.log(p), model.predict_log_proba(X))
    s = model.decision_function(X)
    assert np.allclose(p[:, 1], 1 / (1 + np.exp(-s)))


def test_losses_without_probabilities_have_no_such_method() -> None:
    model = SVMClassifier(random_state=0).fit(X, Y)
    assert not hasattr(model, "predict_proba")
    assert not hasattr(model, "predict_log_proba")
    with pytest.raises(AttributeError, match="'SVMClassifier' has no attribute 'predict_proba': only the losses"):
        model.predict_proba(X)
    assert hasattr(LinearClassifier(), "predict_proba")
    assert not hasattr(LinearClassifier("hinge"), "predict_proba")


@pytest.mark.parametrize(
    ("options", "formula"),
    [
        ({"penalty": "l2"}, lambda w: 0.1 * (w**2).sum()),
        ({"penalty": "l1"}, lambda w: 0.1 * abs(w).sum()),
        ({"penalty": "elasticnet", "beta": 0.3}, lambda w: 0.1 * (0.3 * w**2 + abs(w)).sum()),
        ({"penalty": None}, lambda w: 0.0),
        ({"penalty": "l2", "optimizer": functools.partial(torch.optim.SGD, lr=0.05)}, lambda w: 0.1 * (w**2).sum()),
        ({"penalty": "l2", "optimizer": "rprop"}, lambda w: 0.1 * (w**2).sum()),
    ],
)
@pytest.mark.parametrize("weighted", [False, True])
def test_the_loss_curve_is_the_objective(options: Any, formula: Any, weighted: bool) -> None:
    weights = np.random.default_rng(3).uniform(0.5, 2, len(Y)) if weighted else None
    options = {"alpha": 0.1, "batch_size": None, "random_state": 0, "tol": None, **options}
    before = SoftmaxClassifier(max_iter=7, **options).fit(X, Y, weights)
    after = SoftmaxClassifier(max_iter=8, **options).fit(X, Y, weights)
    scores = torch.tensor(before.decision_function(X))
    each = losses.softmax_loss(scores, torch.tensor(Y), reduction="none").numpy()
    assert after.loss_curve_[:7] == before.loss_curve_
    assert after.loss_curve_[7] == pytest.approx(np.average(each, weights=weights) + formula(before.coef_), rel=1e-10)


def test_one_step_is_the_lectures() -> None:
    """w - lr * gradient, for a softmax classifier from zero: the gradient is X^T (p - onehot) / n."""
    model = SoftmaxClassifier(learning_rate=0.1, momentum=0.0, batch_size=None, max_iter=1, penalty=None).fit(X, Y)
    residual = 1 / 3 - np.eye(3)[Y]
    assert np.allclose(model.coef_, -0.1 * residual.T @ X / len(X))
    assert np.allclose(model.intercept_, -0.1 * residual.mean(0))
    assert model.learning_rate_ == 0.1


def test_it_is_the_loop_of_a_script() -> None:
    """The same numbers as a loop written with microdl's DataLoader order, batch by batch."""
    model = LinearClassifier(
        "hinge", learning_rate=0.01, batch_size=32, max_iter=3, tol=None, random_state=5, alpha=0.01
    )
    model.fit(X, Y)
    generator = torch.Generator().manual_seed(5)
    layer = torch.nn.Linear(4, 3).double()
    torch.nn.init.zeros_(layer.weight), torch.nn.init.zeros_(layer.bias)
    groups = [{"params": [layer.weight], "weight_decay": 0.02}, {"params": [layer.bias]}]
    optimizer = torch.optim.SGD(groups, lr=0.01, momentum=0.9)
    x, y = torch.tensor(X), torch.tensor(Y)
    for _ in range(3):
        for chosen in torch.randperm(120, generator=generator).split(32):
            optimizer.zero_grad()
            losses.hinge_loss(layer(x[chosen]), y[chosen]).backward()
            optimizer.step()
    assert np.allclose(model.coef_, layer.weight.detach().numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("optimizer", sorted(_options.OPTIMIZERS))
@pytest.mark.parametrize("kind", [SoftmaxClassifier, TwoLayerClassifier])
def test_every_optimizer_learns_with_the_automatic_rate(kind: Any, optimizer: str) -> None:
    for scale in (1.0, 50.0):
        model = kind(optimizer=optimizer, max_iter=200, random_state=0).fit(scale * X, Y)
        assert model.score(scale * X, Y) > 0.9


@pytest.mark.parametrize("schedule", ["constant", "step", "linear", "exponential", "cosine", "plateau"])
def test_schedules(schedule: str) -> None:
    assert SoftmaxClassifier(schedule=schedule, batch_size=16, random_state=0).fit(X, Y).score(X, Y) > 0.95


def test_callables_make_optimizer_and_schedule() -> None:
    rates = []

    def schedule(optimizer: Any) -> Any:
        return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: rates.append(epoch) or 0.5**epoch)

    model = SoftmaxClassifier(
        optimizer=functools.partial(torch.optim.SGD, lr=0.1, nesterov=True, momentum=0.5),
        schedule=schedule, max_iter=5, tol=None, random_state=0,
    ).fit(X, Y)  # fmt: skip
    assert model.learning_rate_ == 0.1
    assert rates == [0, 1, 2, 3, 4, 5]
    with pytest.raises(TypeError, match=r"optimizer\(parameters\) returned list"):
        SoftmaxClassifier(optimizer=list).fit(X, Y)


def test_gradient_descent_stops_where_the_gradient_is_near_zero() -> None:
    model = SoftmaxClassifier(alpha=0.1, batch_size=None, max_iter=10_000, tol=1e-6).fit(X, Y)
    assert model.n_iter_ < 2000
    p = model.predict_proba(X)
    gradient = (p - np.eye(3)[Y]).T @ X / len(X) + 0.2 * model.coef_
    assert np.linalg.norm(gradient) < 1e-6
    assert SoftmaxClassifier(batch_size=None, max_iter=30, tol=None).fit(X, Y).n_iter_ == 30


def test_minibatches_stop_where_the_loss_stays() -> None:
    options: Any = {"batch_size": 16, "max_iter": 500, "random_state": 0, "alpha": 0.1, "n_iter_no_change": 3}
    assert 3 < SoftmaxClassifier(tol=1e-3, **options).fit(X, Y).n_iter_ < 200
    assert SoftmaxClassifier(tol=None, **options).fit(X, Y).n_iter_ == 500


def test_early_stopping_takes_the_best_epoch() -> None:
    x, y = blobs(300, seed=1)
    x = x + np.random.default_rng(2).normal(size=x.shape)  # classes that overlap
    model = SoftmaxClassifier(early_stopping=True, batch_size=16, n_iter_no_change=4, random_state=0).fit(x, y)
    scores = model.validation_scores_
    best = int(np.argmax(scores))
    assert len(scores) == model.n_iter_ <= best + 1 + 4 + 3  # a rise of less than tol is none
    shorter = SoftmaxClassifier(
        early_stopping=True, batch_size=16, n_iter_no_change=99, max_iter=best + 1, random_state=0
    ).fit(x, y)
    assert np.array_equal(model.coef_, shorter.coef_)
    assert not hasattr(SoftmaxClassifier(random_state=0).fit(x, y), "validation_scores_")


def test_warm_start_goes_on() -> None:
    options: Any = {"batch_size": None, "momentum": 0.0, "tol": None}
    whole = SoftmaxClassifier(max_iter=20, **options).fit(X, Y)
    halves = SoftmaxClassifier(max_iter=10, warm_start=True, **options).fit(X, Y).fit(X, Y)
    assert np.allclose(halves.coef_, whole.coef_, rtol=1e-12)
    assert (halves.n_iter_, len(halves.loss_curve_)) == (10, 10)
    assert halves.loss_curve_ == pytest.approx(whole.loss_curve_[10:])


@pytest.mark.parametrize("kind", TRAINED)
def test_partial_fit(kind: Any) -> None:
    options: Any = {"batch_size": 30, "random_state": 0}
    model = kind(**options)
    for _ in range(60):
        for part in np.split(np.arange(120), 4):
            model.partial_fit(X[part], Y[part], classes=[0, 1, 2])
    assert model.score(X, Y) > 0.95
    assert model.n_iter_ == len(model.loss_curve_) == 240
    fresh = kind(**options).partial_fit(X[Y == 0], Y[Y == 0], classes=[2, 0, 1])  # a part may lack classes
    assert fresh.classes_.tolist() == [0, 1, 2]
    pickle.loads(pickle.dumps(model)).partial_fit(X, Y)


def test_weights_of_a_part_multiply_its_losses() -> None:
    """Also where all its examples are of one class, which makes no difference to their mean."""
    options: Any = {"learning_rate": 0.01, "momentum": 0.0, "penalty": None, "batch_size": None}
    once = SoftmaxClassifier(**options).partial_fit(X[Y == 0], Y[Y == 0], [0, 1, 2])
    triple = SoftmaxClassifier(class_weight={0: 3.0}, **options).partial_fit(X[Y == 0], Y[Y == 0], [0, 1, 2])
    assert np.allclose(triple.coef_, 3 * once.coef_)


def test_partial_fit_keeps_the_momentum() -> None:
    """Epochs of it are those of fit, whose optimiser lives as long."""
    options: Any = {"batch_size": None, "tol": None, "optimizer": "adam", "learning_rate": 0.01}
    whole, parts = SoftmaxClassifier(max_iter=5, **options).fit(X, Y), SoftmaxClassifier(**options)
    for _ in range(5):
        parts.partial_fit(X, Y, classes=[0, 1, 2])
    assert np.array_equal(parts.coef_, whole.coef_)
    assert parts.loss_curve_ == whole.loss_curve_


def test_a_line_does_not_separate_what_two_layers_do() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (400, 2))
    y = (x[:, 0] * x[:, 1] > 0).astype(int)  # opposite quadrants
    assert SoftmaxClassifier(random_state=0).fit(x, y).score(x, y) < 0.7
    assert TwoLayerClassifier(32, max_iter=300, random_state=0).fit(x, y).score(x, y) > 0.95


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "elu", "gelu", "tanh", "sigmoid", torch.sin])
def test_activations(activation: Any) -> None:
    model = TwoLayerClassifier(20, activation, max_iter=150, random_state=0).fit(X, Y)
    assert model.score(X, Y) > 0.95


@pytest.mark.parametrize("kind", [*TRAINED, RandomSearchClassifier])
def test_progress_is_shown_where_it_is_asked_for(kind: Any, capsys: Any) -> None:
    pytest.importorskip("tqdm", reason="the extra `progress`")
    kind(random_state=0).fit(X, Y)
    assert capsys.readouterr() == ("", "")
    kind(random_state=0, verbose=True).fit(X, Y)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert f"{kind.__name__}: " in printed.err
    assert "100%" in printed.err or "loss 0." in printed.err


def test_parameters() -> None:
    model = LinearClassifier("hinge", alpha=0.5, max_iter=3)
    assert repr(model) == "LinearClassifier(loss='hinge', alpha=0.5, max_iter=3)"
    assert SVMClassifier(squared=True).get_params()["squared"] is True
    assert SVMClassifier().set_params(squared=True).loss == "squared_hinge"
    with pytest.raises(ValueError, match="Invalid parameter 'lr' for estimator"):
        model.set_params(lr=0.1)
