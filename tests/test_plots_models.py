"""Templates of modules and of estimators, in axes of one's own, and names that fit."""

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="pictures need the extra microdl[plots]; .ci/run installs it")

from matplotlib.figure import Figure

import microdl as torch
from microdl._estimator import Estimator
from microdl.plots import plot_templates, save_figure


class Linear:
    """As scikit-learn's linear classifiers are once fitted."""

    def __init__(self, coef, classes):
        self.coef_, self.classes_ = coef, classes

    def predict(self, X):
        return X


def names(ax):
    return [text.get_text() for text in ax.texts]


def drawn(ax):
    return np.array([image.get_array() for image in ax.images])


def test_the_first_linear_layer_of_a_module():
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4, 3), torch.nn.ReLU(), torch.nn.Linear(3, 2))
    weights = model[1].weight.detach().numpy()
    np.testing.assert_allclose(drawn(plot_templates(model)), weights.reshape(3, 2, 2))
    np.testing.assert_allclose(drawn(plot_templates(model[1])), weights.reshape(3, 2, 2))
    np.testing.assert_allclose(drawn(plot_templates(model[1].weight)), weights.reshape(3, 2, 2))
    assert model[1].weight.requires_grad


def test_an_estimator_names_its_classes():
    ax = plot_templates(Linear(np.eye(4)[:3], np.array(["cat", "car", "frog"])))
    assert names(ax) == ["cat", "car", "frog"]
    np.testing.assert_array_equal(drawn(ax), np.eye(4)[:3].reshape(3, 2, 2))
    assert names(plot_templates(Linear(np.eye(4)[:2], [3, 7]), class_names=["a", "b"])) == ["a", "b"]


def test_one_row_for_two_classes_says_which_is_which():
    assert names(plot_templates(Linear(np.eye(4)[:1], ["no", "yes"]))) == ["yes against no"]
    assert names(plot_templates(Linear(np.ones(4), None))) == ["0"]


def test_networks_of_ours_have_a_row_a_unit():
    class Network(Estimator):
        coefs_ = (np.arange(8.0).reshape(2, 4), np.zeros((3, 2)))
        predict = len

    np.testing.assert_array_equal(drawn(plot_templates(Network()))[1], [[4, 5], [6, 7]])


def test_networks_pipelines_and_searches():
    network = SimpleNamespace(predict=len, coefs_=[np.arange(8.0).reshape(4, 2), np.zeros((2, 3))])
    np.testing.assert_array_equal(drawn(plot_templates(network))[1], [[1, 3], [5, 7]])
    pipeline = SimpleNamespace(
        predict=len, steps=[("scale", None), ("fit", Linear(np.eye(4), range(4)))], named_steps={}
    )
    assert len(plot_templates(SimpleNamespace(best_estimator_=pipeline)).images) == 4


@pytest.mark.parametrize(
    ("model", "error", "text"),
    [
        (Linear, TypeError, r"a fitted model, got the class Linear: make one and fit it"),
        (SimpleNamespace(predict=len), ValueError, r"SimpleNamespace has no coef_.*fit it first"),
        (torch.nn.ReLU(), ValueError, r"the ReLU has no nn.Linear, so no templates"),
    ],
)
def test_models_without_templates_are_refused(model, error, text):
    with pytest.raises(error, match=text):
        plot_templates(model)


@pytest.mark.parametrize(("columns", "error"), [(0, ValueError), (2.0, TypeError), (True, TypeError)])
def test_columns_are_a_number_of_panels(columns, error):
    with pytest.raises(error, match="columns must be"):
        plot_templates(np.eye(4), columns=columns)


def test_columns_set_the_rows():
    lefts = [image.get_extent()[0] for image in plot_templates(np.eye(9), columns=3).images]
    assert len(set(np.round(lefts, 6))) == 3


def test_a_text_is_no_sequence_of_names():
    with pytest.raises(TypeError, match="class_names must be a sequence of names, got the text 'ab'"):
        plot_templates(np.eye(4)[:2], class_names="ab")


@pytest.mark.parametrize("names_", [["x" * 40, "y"], ["automobile"] * 2, [" ", "x"]])
def test_names_do_not_touch(names_):
    """However long: the smallest letters are still to be read, and panels move apart for them."""
    ax = plot_templates(np.eye(4)[:2], class_names=names_)
    ax.figure.draw_without_rendering()
    first, second = (text.get_window_extent() for text in ax.texts)
    assert first.x1 < second.x0
    assert min(text.get_fontsize() for text in ax.texts) >= 6


def test_in_axes_of_ones_own_panels_keep_their_proportions(tmp_path):
    figure = Figure(figsize=(8, 3), layout="constrained")
    left, right = figure.subplots(1, 2)
    plot_templates(np.ones((10, 32)), left, shape=(4, 8))
    plot_templates(np.ones((3, 12)), right)
    save_figure(left, tmp_path / "a.png", dpi=50)
    assert left.get_aspect() == right.get_aspect() == 1
    assert [bar.get_ylabel() for bar in left.child_axes] == ["weight"], "within the axes"
    assert len(figure.axes) == 2
    boxes = [image.get_extent() for image in left.images]
    assert len(boxes) == 10
    for x0, x1, y1, y0 in boxes:
        assert (x1 - x0) / (y1 - y0) == pytest.approx(2)
        assert left.get_xlim()[0] <= x0 < x1 <= left.get_xlim()[1] + 1e-9
        assert left.get_ylim()[1] <= y0 < y1 <= left.get_ylim()[0] + 1e-9
