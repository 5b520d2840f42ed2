"""Decision regions: what colours the plane, hyperplanes where they belong, normals of right direction and length."""

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="pictures need the extra microdl[plots]; .ci/run installs it")

import microdl as torch
from microdl.plots import plot_decision_regions
from microdl.plots._decide import decide
from microdl.plots._hyperplanes import affine, ties, zeros

POINTS = np.array([[0.0, 0.0], [4.0, 1.0], [1.0, 4.0], [4.0, 4.0]])
WEIGHTS = np.array([[2.0, 1.0], [-1.0, 2.0], [-1.0, -2.0]])
OFFSETS = np.array([-6.0, -2.0, 5.0])


def scores(points):
    return np.asarray(points) @ WEIGHTS.T + OFFSETS


def regions(ax):
    """The place of the class at each point, and the points."""
    image = ax.images[0]
    places = np.asarray(image.get_array())
    left, right, bottom, top = image.get_extent()
    x, y = np.linspace(*ax.get_xlim(), places.shape[1]), np.linspace(*ax.get_ylim(), places.shape[0])
    np.testing.assert_allclose([left, right], [1.5 * x[0] - 0.5 * x[1], 1.5 * x[-1] - 0.5 * x[-2]])
    np.testing.assert_allclose([bottom, top], [1.5 * y[0] - 0.5 * y[1], 1.5 * y[-1] - 0.5 * y[-2]])
    return places, np.column_stack([np.tile(x, len(y)), np.repeat(y, len(x))])


def hyperplanes(ax):
    return {line.get_label(): line.get_xydata() for line in ax.lines}


def arrows(ax):
    """(foot, tip) of each normal vector."""
    heads = [text for text in ax.texts if text.get_text() == ""]
    return [(np.array(head.xyann), np.array(head.xy)) for head in heads]


# ---------------------------------------------------------------- regions


def test_the_image_holds_the_class_of_every_point():
    ax = plot_decision_regions(scores, POINTS, [2, 0, 1, 1], resolution=41)
    places, grid = regions(ax)
    np.testing.assert_array_equal(places.ravel(), scores(grid).argmax(axis=1))


def test_a_module_is_asked_in_eval_mode_and_left_as_it_was():
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Dropout(0.9))
    model[1].eval()
    with torch.no_grad():
        model[0].weight.copy_(torch.tensor(WEIGHTS.tolist()))
        model[0].bias.copy_(torch.tensor(OFFSETS.tolist()))
    places, grid = regions(plot_decision_regions(model, POINTS, torch.tensor([2, 0, 1, 1]), resolution=30))
    assert (places.ravel() == scores(grid).argmax(axis=1)).mean() > 0.995
    assert (model.training, model[0].training, model[1].training) == (True, True, False)
    assert all(parameter.grad is None for parameter in model.parameters())


def test_double_precision_modules_and_those_without_parameters():
    assert plot_decision_regions(torch.nn.Linear(2, 2).double(), POINTS, [0, 1, 1, 0]).images
    places, grid = regions(plot_decision_regions(torch.nn.Identity(), POINTS, [0, 0, 1, 1], resolution=20))
    assert (places.ravel() == (grid[:, 1] > grid[:, 0])).mean() > 0.9


@pytest.mark.parametrize("labels", [[0, 0, 1, 1], [-1, -1, 1, 1], ["no", "no", "yes", "yes"]])
def test_one_score_decides_between_two_classes_by_its_sign(labels):
    ax = plot_decision_regions(lambda x: x[:, 1] - x[:, 0], POINTS, labels, resolution=20)
    places, grid = regions(ax)
    np.testing.assert_array_equal(places.ravel(), grid[:, 1] - grid[:, 0] > 0)
    shown = [text.get_text() for text in ax.get_legend().get_texts()]
    assert shown == [str(label) for label in sorted(set(labels))]


@pytest.mark.parametrize("labels", [[3, 7], ["a", "b"], [False, True]])
def test_a_function_may_return_labels(labels):
    labels = np.array(labels)
    ax = plot_decision_regions(lambda x: labels[(x[:, 0] > 2).astype(int)], POINTS, labels[[0, 1, 0, 1]])
    places, grid = regions(ax)
    np.testing.assert_array_equal(places.ravel(), grid[:, 0] > 2)
    assert not ax.lines, "labels have no hyperplanes"


def test_an_estimator_without_scores():
    neighbours = SimpleNamespace(predict=lambda x: np.where(x[:, 0] > 2, "b", "a"), classes_=np.array(["a", "b"]))
    places, grid = regions(plot_decision_regions(neighbours, POINTS, ["a", "b", "a", "b"]))
    np.testing.assert_array_equal(places.ravel(), grid[:, 0] > 2)


def test_predict_has_the_last_word_over_scores():
    """Of a classifier with a threshold of its own."""
    by_threshold = SimpleNamespace(
        predict=lambda x: (x[:, 0] > 3).astype(int), decision_function=lambda x: x[:, 0] - 2, classes_=[0, 1]
    )
    ax = plot_decision_regions(by_threshold, POINTS, [0, 1, 0, 1])
    places, grid = regions(ax)
    np.testing.assert_array_equal(places.ravel(), grid[:, 0] > 3)
    assert not ax.lines


def test_a_data_frame_gives_its_names_to_the_estimator_and_to_the_axes():
    class Frame:
        def __init__(self, values, columns):
            self.values, self.columns = np.asarray(values), columns

        def __array__(self, dtype=None, copy=None):
            return np.asarray(self.values, dtype=dtype)

    def predict(x):
        assert x.columns == ["width [cm]", "height [cm]"]
        return (x.values[:, 0] > 2).astype(int)

    ax = plot_decision_regions(
        SimpleNamespace(predict=predict), Frame(POINTS, ["width [cm]", "height [cm]"]), [0, 1, 0, 1]
    )
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("width [cm]", "height [cm]")


def test_points_have_the_marker_of_their_class():
    ax = plot_decision_regions(scores, POINTS, [2, 0, 1, 1], class_names=["cat", "car", "frog"])
    found = {part.get_label(): np.asarray(part.get_offsets()) for part in ax.collections if len(part.get_offsets())}
    np.testing.assert_array_equal(found["car"], POINTS[2:])
    np.testing.assert_array_equal(found["frog"], POINTS[:1])
    shapes = {
        tuple(map(tuple, part.get_paths()[0].vertices.round(3)))
        for part in ax.collections
        if part.get_label() in ("cat", "car", "frog")
    }
    assert len(shapes) == 3, "no two classes have one marker"


def test_points_without_labels_and_a_picture_of_ones_own_bounds():
    ax = plot_decision_regions(scores, POINTS, bounds=(-1, 9, -2, 8))
    assert (ax.get_xlim(), ax.get_ylim()) == ((-1, 9), (-2, 8))
    assert ax.get_legend() is None
    assert sum(len(part.get_offsets()) == 4 for part in ax.collections) == 1


# ---------------------------------------------------------------- hyperplanes


def test_the_linear_function_is_found():
    grid = np.random.default_rng(0).uniform(-3, 900, (500, 2))
    weights, offsets = affine(scores(grid), grid)
    np.testing.assert_allclose(weights, WEIGHTS, rtol=1e-9)
    np.testing.assert_allclose(offsets, OFFSETS, rtol=1e-7)
    assert affine(scores(grid) ** 2, grid) is None
    assert affine(np.ones((500, 3)), grid) is None


def test_zeros_are_where_a_score_is_0():
    for k, plane in enumerate(zeros(WEIGHTS, OFFSETS, (-1, 5, -1, 5))):
        assert plane.classes == (k,)
        np.testing.assert_allclose(scores([plane.start, plane.end])[:, k], 0, atol=1e-12)
        for end in (plane.start, plane.end):
            assert np.isclose(end, [[-1], [5]], atol=1e-9).any(), "drawn up to the edge"


def test_ties_bound_the_regions():
    planes = ties(WEIGHTS, OFFSETS, (-1, 5, -1, 5))
    assert len(planes) == 3
    for plane in planes:
        i, j = plane.classes
        for share in (0.01, 0.5, 0.99):
            there = scores(plane.start + share * (plane.end - plane.start))
            assert there[i] == pytest.approx(there[j])
            assert there[i] == pytest.approx(there.max())
        np.testing.assert_array_equal(plane.normal, WEIGHTS[i] - WEIGHTS[j])


def test_lines_outside_the_picture_or_without_direction_are_none():
    assert zeros(np.array([[1.0, 0.0]]), np.array([-100.0]), (0, 1, 0, 1)) == []
    assert zeros(np.zeros((1, 2)), np.array([0.0]), (0, 1, 0, 1)) == []
    assert len(zeros(np.array([[1.0, 0.0]]), np.array([-0.5]), (0, 1, 0, 1))) == 1


def test_normals_start_on_their_hyperplane_and_point_to_the_positive_side_in_proportion():
    ax = plot_decision_regions(scores, POINTS, [2, 0, 1, 1], class_names=["cat", "car", "frog"])
    assert list(hyperplanes(ax)) == ["_cat", "_car", "_frog"]
    assert ax.get_aspect() == 1, "right angles look right"
    vectors = arrows(ax)
    assert len(vectors) == 3
    for k, (foot, tip) in enumerate(vectors):
        assert scores(foot)[k] == pytest.approx(0, abs=1e-6)
        ratio = (tip - foot) / WEIGHTS[k]
        assert ratio[0] == pytest.approx(ratio[1], rel=1e-4)
        assert ratio[0] > 0
    lengths = [np.linalg.norm(tip - foot) for foot, tip in vectors]
    np.testing.assert_allclose(
        lengths / lengths[0], np.linalg.norm(WEIGHTS, axis=1) / np.linalg.norm(WEIGHTS[0]), rtol=1e-4
    )
    assert [text.get_text() for text in ax.texts if text.get_text()] == ["cat", "car", "frog"]


def test_one_score_has_one_hyperplane_with_the_second_class_beyond_it():
    ax = plot_decision_regions(lambda x: x @ np.array([1.0, 2.0]) - 5, POINTS, ["no", "no", "no", "yes"])
    assert list(hyperplanes(ax)) == ["_yes"]
    ((foot, tip),) = arrows(ax)
    np.testing.assert_allclose((tip - foot)[1] / (tip - foot)[0], 2, rtol=1e-6)
    assert tip[0] > foot[0]


def test_ties_are_drawn_where_they_are_asked_for():
    ax = plot_decision_regions(scores, POINTS, hyperplanes="ties", class_names=["cat", "car", "frog"])
    assert list(hyperplanes(ax)) == ["_cat = car", "_cat = frog", "_car = frog"]
    assert not plot_decision_regions(scores, POINTS, hyperplanes="none").lines


def test_scores_that_are_not_linear_have_none():
    assert not plot_decision_regions(lambda x: (x**2).sum(1) - 4, POINTS).lines
    with pytest.raises(ValueError, match="hyperplanes='zero' needs scores that are linear"):
        plot_decision_regions(lambda x: (x**2).sum(1) - 4, POINTS, hyperplanes="zero")


def test_where_a_unit_is_not_equally_long_on_both_axes_normals_are_left_out():
    ax = plot_decision_regions(lambda x: x[:, 0] - 1000 * x[:, 1], POINTS * [1000, 1], [0, 1, 0, 0])
    assert ax.get_aspect() == "auto"
    assert len(ax.lines) == 1
    assert not arrows(ax)


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("X", "y", "options", "error", "text"),
    [
        (np.zeros((3, 3)), None, {}, ValueError, r"X must be points in the plane, shape \(n, 2\), got shape \(3, 3\)"),
        (np.zeros((0, 2)), None, {}, ValueError, r"got shape \(0, 2\)"),
        ([1, 2], None, {}, ValueError, r"got shape \(2,\): choose two features"),
        ([[0, np.nan]], None, {}, ValueError, r"X must be finite.*X\[0, 1\] is nan"),
        ([["a", "b"]], None, {}, TypeError, r"X must be real numbers"),
        (POINTS, [0, 1], {}, ValueError, r"y must have one label a point, shape \(4,\), got shape \(2,\)"),
        (POINTS, [0, 1, np.nan, 1], {}, ValueError, r"y must be finite"),
        (POINTS, [0, 1, 2, 3], {}, ValueError, r"y holds 3, which the classifier does not know: it has \[0, 1, 2\]"),
        (POINTS, None, {"hyperplanes": "all"}, ValueError, r"must be one of 'auto', 'zero'.*got 'all'"),
        (POINTS, None, {"bounds": (1, 0, 0, 1)}, ValueError, r"bounds must be \(left, right.*got \(1, 0, 0, 1\)"),
        (POINTS, None, {"resolution": 1}, ValueError, r"resolution must be an integer from 2 to 5000, got 1"),
        (POINTS, None, {"class_names": ["a"]}, ValueError, r"3 classes, but class_names has 1"),
        (POINTS, None, {"feature_names": ["a"]}, ValueError, r"feature_names must be two, got \['a'\]"),
    ],
)
def test_regions_refuse(X, y, options, error, text):
    with pytest.raises(error, match=text):
        plot_decision_regions(scores, X, y, **options)


@pytest.mark.parametrize(
    ("classifier", "error", "text"),
    [
        (3, TypeError, r"classifier must be a fitted estimator, an nn.Module or a function.*got int"),
        (torch.nn.Linear, TypeError, r"a fitted classifier is needed, got the class Linear"),
        (torch.nn.Linear(4, 2), ValueError, r"in the plane, but this Linear takes 4 features"),
        (SimpleNamespace(predict=len, n_features_in_=64), ValueError, r"SimpleNamespace takes 64 features"),
        (lambda x: x[:, :, None], ValueError, r"the function must return scores.*got shape \(90000, 2, 1\)"),
        (lambda x: x[:, 0] * np.nan, ValueError, r"the function returns NaN for 90000 of 90000 points"),
        (SimpleNamespace(predict=lambda x: x), ValueError, r"predict must return one label a point"),
        (SimpleNamespace(predict=lambda x: x[:, 0]), ValueError, r"predicts numbers, not classes"),
    ],
)
def test_classifiers_that_cannot_be_drawn_are_refused(classifier, error, text):
    with pytest.raises(error, match=text):
        plot_decision_regions(classifier, POINTS, [0, 0, 1, 1])


def test_margins_are_above_0_in_the_region_of_a_class_only():
    grid = np.random.default_rng(1).uniform(-1, 5, (200, 2))
    for classifier in (scores, lambda x: scores(x).argmax(axis=1), lambda x: x[:, 0] - 1):
        decision = decide(classifier, grid, [])
        inside = decision.margins() > 0
        np.testing.assert_array_equal(inside.argmax(axis=1), decision.places)
        assert (inside.sum(axis=1) == 1).all()
