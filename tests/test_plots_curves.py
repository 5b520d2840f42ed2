"""Curves of several runs, in whatever form the runs are, and the two panels in axes of one's own."""

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="pictures need the extra microdl[plots]; .ci/run installs it")

from matplotlib.figure import Figure

import microdl as torch
from microdl.plots import plot_curves, plot_losses
from microdl.train import History


def lines(ax):
    return {line.get_label(): line.get_xydata() for line in ax.lines}


def test_a_line_for_each_run_with_a_style_of_its_own():
    ax = plot_curves({"lr 0.1": [3.0, 2.0], 0.01: np.array([3.0, 2.5]), "tensor": torch.tensor([3.0, 1.0])})
    drawn = lines(ax)
    np.testing.assert_array_equal(drawn["lr 0.1"], [[1, 3], [2, 2]])
    np.testing.assert_array_equal(drawn["0.01"], [[1, 3], [2, 2.5]])
    np.testing.assert_array_equal(drawn["tensor"], [[1, 3], [2, 1]])
    for look in ("get_color", "get_marker"):
        assert len({str(getattr(line, look)()) for line in ax.lines}) == 3
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "loss")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["lr 0.1", "0.01", "tensor"]


def test_losses_and_accuracies_stand_side_by_side():
    runs = {"SGD": {"loss": [2.0, 1.0], "valid_loss": [2.5, 1.5], "accuracy": [0.5, 0.75], "val_accuracy": [0.4, 0.5]}}
    loss, accuracy = plot_curves(runs, title="t").figure.axes
    np.testing.assert_array_equal(lines(loss)["SGD, valid"], [[1, 2.5], [2, 1.5]])
    np.testing.assert_array_equal(lines(accuracy)["SGD, train"], [[1, 50], [2, 75]])
    assert (loss.get_ylabel(), accuracy.get_ylabel()) == ("loss", "accuracy [%]")
    train, valid = loss.lines
    assert train.get_color() == valid.get_color(), "one run"
    assert (train.get_linestyle(), valid.get_linestyle()) == ("-", "--")


def test_the_history_of_a_run_counts_in_epochs():
    history = History(
        steps=[4.0, 3.0, 2.0, 1.0], valid_loss=[2.5, 1.5], train_accuracy=[0.5, 1.0], valid_accuracy=[0.5, 0.5]
    )
    loss = plot_curves({"run": history}).figure.axes[0]
    np.testing.assert_array_equal(lines(loss)["run, train"], [[0.5, 4], [1, 3], [1.5, 2], [2, 1]])
    np.testing.assert_array_equal(lines(loss)["run, valid"], [[1, 2.5], [2, 1.5]])


def test_estimators_show_their_loss_curve():
    estimator = SimpleNamespace(loss_curve_=[2.0, 1.0, 0.5], predict=len)
    network = SimpleNamespace(best_estimator_=SimpleNamespace(loss_curve_=[2.0, 1.0], validation_scores_=[0.5, 0.75]))
    ax = plot_curves({"linear": estimator, "net": network})
    assert len(ax.figure.axes) == 2
    np.testing.assert_array_equal(
        lines(ax)["linear, train" if "linear, train" in lines(ax) else "linear"][:, 1], [2, 1, 0.5]
    )
    np.testing.assert_array_equal(lines(plot_losses(estimator))["train"], [[1, 2], [2, 1], [3, 0.5]])


def test_in_axes_of_ones_own_two_panels_stand_within_them():
    whole = Figure().add_subplot()
    assert plot_curves({"a": {"loss": [1.0, 0.5], "accuracy": [0.5, 0.6]}}, whole) is whole
    assert [panel.get_ylabel() for panel in whole.child_axes] == ["loss", "accuracy [%]"]
    one = Figure().add_subplot()
    assert plot_losses([1.0, 0.5], ax=one, train_accuracy=[0.5, 0.6]) is one
    assert [len(panel.lines) for panel in one.child_axes] == [1, 1]
    only = Figure().add_subplot()
    assert plot_curves({"a": {"accuracy": [0.5, 0.6]}}, only).get_ylabel() == "accuracy [%]"


def test_a_logarithmic_scale_leaves_a_gap_at_0():
    ax = plot_curves({"a": [1.0, 0.0, 0.1]}, log=True)
    assert ax.get_yscale() == "log"
    np.testing.assert_array_equal(lines(ax)["a"], [[1, 1], [2, np.nan], [3, 0.1]])
    assert plot_curves({"a": [0.0, 0.0]}, log=True).get_yscale() == "linear"


def test_a_run_that_diverged_is_an_error_or_is_marked():
    runs = {"lr 1": [2.0, 1.0, 0.5], "lr 9": [2.0, 50.0, np.inf, np.nan]}
    with pytest.raises(ValueError, match=r"run 'lr 9'\[2\] is inf.*lower the learning rate, or pass diverged='mark'"):
        plot_curves(runs)
    ax = plot_curves(runs, diverged="mark")
    np.testing.assert_array_equal(lines(ax)["lr 9 (diverged at 3)"], [[1, 2], [2, 50]])
    cross = next(line for line in ax.lines if line.get_marker() == "x")
    np.testing.assert_array_equal(cross.get_xydata(), [[2, 50]])
    assert len(ax.get_legend().get_texts()) == 2


@pytest.mark.parametrize(
    ("runs", "options", "error", "text"),
    [
        ({}, {}, ValueError, r"runs is empty: pass at least one"),
        ([1.0], {}, TypeError, r"runs must be a mapping from names to losses or histories, got list"),
        ({"a": []}, {}, ValueError, r"run 'a' must be 1-D with at least one value, got shape \(0,\)"),
        ({"a": [[1.0]]}, {}, ValueError, r"run 'a' must be 1-D.*got shape \(1, 1\)"),
        ({"a": "text"}, {}, TypeError, r"run 'a' must be real numbers"),
        ({"a": {"lost": [1.0]}}, {}, ValueError, r"run 'a' has the unknown curve 'lost'; known are loss, "),
        ({"a": {}}, {}, ValueError, r"run 'a' has no curve"),
        ({"a": object()}, {}, ValueError, r"run 'a' has no curve.*got object"),
        ({"a": {"accuracy": [50.0]}}, {}, ValueError, r"accuracy of run 'a' must be fractions within 0 to 1, got 50"),
        ({"a": [np.nan, 1.0]}, {"diverged": "mark"}, ValueError, r"no finite value to begin with: it is nan"),
        ({"a": [1.0]}, {"diverged": "no"}, ValueError, r"diverged must be 'raise' or 'mark', got 'no'"),
    ],
)
def test_curves_refuse(runs, options, error, text):
    with pytest.raises(error, match=text):
        plot_curves(runs, **options)
