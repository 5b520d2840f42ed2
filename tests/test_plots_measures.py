"""The cross-validation plot, loss functions, and the confusion matrix."""

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="pictures need the extra microdl[plots]; .ci/run installs it")

import microdl as torch
from microdl.plots import plot_confusion_matrix, plot_cross_validation, plot_loss_functions

KS = [1, 3, 5, 8]
SCORES = np.array([[0.5, 0.6, 0.4, 0.3], [0.4, 0.8, 0.6, 0.2], [0.6, 0.7, 0.5, 0.4]])


def texts(ax):
    return [text.get_text() for text in ax.texts]


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def bars(ax):
    """(means, lower ends, upper ends)"""
    line, _, (segments,) = ax.containers[0]
    ends = np.array(segments.get_segments())
    return line.get_xydata(), ends[:, 0, 1], ends[:, 1, 1]


# ---------------------------------------------------------------- cross-validation


def test_every_outcome_is_a_dot_with_mean_and_standard_deviation():
    ax = plot_cross_validation(KS, SCORES)
    dots = np.asarray(ax.collections[0].get_offsets())
    assert len(dots) == 12
    assert {tuple(dot) for dot in dots} == {(k, score) for row in SCORES for k, score in zip(KS, row, strict=True)}
    means, low, high = bars(ax)
    np.testing.assert_allclose(means, np.column_stack([KS, SCORES.mean(axis=0)]))
    np.testing.assert_allclose(high - low, 2 * SCORES.std(axis=0))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("k", "accuracy")
    assert legend(ax) == ["one fold", "mean ± 1 std. dev. of 3 folds", "best: k = 3, mean 0.7"]


def test_the_best_is_marked():
    def best(ax):
        return legend(ax)[-1], ax.lines[-1].get_xdata()[0]

    assert best(plot_cross_validation(KS, SCORES)) == ("best: k = 3, mean 0.7", 3)
    assert best(plot_cross_validation(KS, SCORES, best="min", xlabel="neighbours")) == (
        "best: neighbours = 8, mean 0.3",
        8,
    )
    assert best(plot_cross_validation([1, 2], [[0.5, 0.5]]))[1] == 1, "of equal ones the first"


def test_other_forms_of_outcomes():
    expected = bars(plot_cross_validation(KS, SCORES))
    by_value = dict(zip(KS, SCORES.T.tolist(), strict=True))
    results = {"params": [{"knn__n_neighbors": k} for k in KS], "param_knn__n_neighbors": np.ma.array(KS)}
    results |= {f"split{i}_test_score": row for i, row in enumerate(SCORES)} | {"mean_test_score": SCORES.mean(axis=0)}
    for given in (by_value, results, SimpleNamespace(cv_results_=results)):
        for one, other in zip(bars(plot_cross_validation(given)), expected, strict=True):
            np.testing.assert_allclose(one, other)
    assert plot_cross_validation(results).get_xlabel() == "n_neighbors"
    assert len(plot_cross_validation(torch.tensor(KS), torch.tensor(SCORES)).collections[0].get_offsets()) == 12


def test_a_wide_range_is_drawn_logarithmically_and_names_side_by_side():
    assert plot_cross_validation([0.001, 0.1, 10], SCORES[:, :3]).get_xscale() == "log"
    assert plot_cross_validation([0.001, 0.1, 10], SCORES[:, :3], log=False).get_xscale() == "linear"
    ax = plot_cross_validation(["l1", "l2", None, True], SCORES)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["l1", "l2", "None", "True"]
    np.testing.assert_array_equal(bars(ax)[0][:, 0], [0, 1, 2, 3])


def test_the_means_are_joined_from_left_to_right():
    np.testing.assert_array_equal(bars(plot_cross_validation([5, 1, 3], SCORES[:, :3]))[0][:, 0], [1, 3, 5])


@pytest.mark.parametrize(
    ("ks", "scores", "options", "text"),
    [
        (KS, SCORES.T, {}, r"a column for each of the 4 ks, got shape \(4, 3\): pass scores.T"),
        (KS, SCORES[:, :3], {}, r"a column for each of the 4 ks, got shape \(3, 3\)$"),
        (KS, SCORES[0], {}, r"scores must be 2-D, \(folds, len\(ks\)\), and not empty, got shape \(4,\)"),
        ([], np.zeros((3, 0)), {}, r"not empty, got shape \(3, 0\)"),
        ([1], [[np.nan]], {}, r"scores must be finite"),
        ([np.nan], [[0.5]], {}, r"ks must be finite"),
        ([[1]], [[0.5]], {}, r"ks must be 1-D, got shape \(1, 1\)"),
        (KS, None, {}, r"scores are missing.*got list"),
        (KS, SCORES, {"best": "mean"}, r"best must be 'max' or 'min', got 'mean'"),
        ([0, 1], [[0.1, 0.2]], {"log": True}, r"needs positive values, got 0"),
        (["a", "b"], [[0.1, 0.2]], {"log": True}, r"needs numbers, got \['a', 'b'\]"),
        ({1: [0.5, 0.6], 3: [0.5]}, None, {}, r"scores must be an array, or lists of one length"),
        (
            {"params": [{"a": 1, "b": 2}, {"a": 2, "b": 1}], "param_a": [1, 2], "param_b": [2, 1]},
            None,
            {},
            r"went over 2 parameters, \['a', 'b'\]",
        ),
        ({"params": [{"a": 1}], "param_a": [1]}, None, {}, r"has no split0_test_score"),
    ],
)
def test_cross_validation_refuses(ks, scores, options, text):
    with pytest.raises(ValueError, match=text):
        plot_cross_validation(ks, scores, **options)


# ---------------------------------------------------------------- loss functions


def test_the_curves_are_the_losses_of_the_library():
    others = [1.5, -0.5, 0.0]
    ax = plot_loss_functions(others=others, bounds=(-3, 5))
    curves = {line.get_label(): line.get_xydata() for line in ax.lines if not line.get_label().startswith("_")}
    assert list(curves) == ["hinge", "squared hinge", "softmax", "logistic"]
    s = curves["hinge"][:, 0]
    logits = torch.tensor(np.column_stack([s, np.tile(others, (len(s), 1))]))
    target = torch.zeros(len(s), dtype=torch.int64)
    none = {"reduction": "none"}
    hinge = 4 * torch.nn.functional.multi_margin_loss(logits, target, **none).numpy()
    squared = 4 * torch.nn.functional.multi_margin_loss(logits, target, p=2, **none).numpy()
    softmax = torch.nn.functional.cross_entropy(logits, target, **none).numpy()
    np.testing.assert_allclose(curves["hinge"][:, 1], hinge, atol=1e-12)
    np.testing.assert_allclose(curves["squared hinge"][:, 1], squared, atol=1e-12)
    np.testing.assert_allclose(curves["softmax"][:, 1], softmax, atol=1e-12)
    np.testing.assert_allclose(curves["logistic"][:, 1], np.log1p(np.exp(1.5 - s)), atol=1e-12)
    assert {2.5, 0.5, 1.0} <= set(s.tolist()), "the kinks of the hinge are points of the curve"


def test_the_lectures_image_of_a_cat():
    """Scores 3.2, 5.1 and -1.7: a hinge loss of 2.9 and a softmax loss of 2.04."""
    ax = plot_loss_functions(losses=["hinge", "softmax"], others=[5.1, -1.7], bounds=(3.2, 9))
    first = {line.get_label(): line.get_ydata()[0] for line in ax.lines[:2]}
    assert first["hinge"] == pytest.approx(2.9)
    assert first["softmax"] == pytest.approx(2.04, abs=0.005)


def test_styles_differ_by_more_than_colour():
    curves = plot_loss_functions().lines[:4]
    assert len({(str(line._dash_pattern), line.get_marker()) for line in curves}) == 4
    assert len({line.get_marker() for line in curves}) == 4


def test_two_classes_and_losses_at_extremes():
    ax = plot_loss_functions(losses=["zero-one", "softmax", "logistic"], others=[0.0], bounds=(-1e4, 1e4))
    curves = {line.get_label(): line.get_ydata() for line in ax.lines[:3]}
    assert set(curves["zero-one"].tolist()) == {0.0, 1.0}
    np.testing.assert_array_equal(curves["softmax"], curves["logistic"])
    assert np.isfinite(curves["softmax"]).all()


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"losses": ["hing"]}, ValueError, r"unknown loss 'hing': known are hinge, squared hinge, softmax"),
        ({"losses": "hinge"}, ValueError, r"losses must be a list of some of"),
        ({"losses": []}, ValueError, r"losses must be a list"),
        ({"others": []}, ValueError, r"others must be the scores of the other classes.*got \(0,\)"),
        ({"others": [np.inf]}, ValueError, r"others must be finite"),
        ({"others": ["a"]}, TypeError, r"others must be real numbers"),
        ({"bounds": (3, 3)}, ValueError, r"bounds must be \(lowest, highest\) score.*got \(3, 3\)"),
    ],
)
def test_loss_functions_refuse(options, error, text):
    with pytest.raises(error, match=text):
        plot_loss_functions(**options)


# ---------------------------------------------------------------- confusion matrix


def cells(ax):
    return np.asarray(ax.images[0].get_array())


def ticks(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


def test_rows_are_true_classes_and_columns_predicted_ones():
    ax = plot_confusion_matrix([0, 0, 0, 1, 2], [0, 1, 1, 1, 0])
    np.testing.assert_array_equal(cells(ax), [[1, 2, 0], [0, 1, 0], [1, 0, 0]])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted class", "true class")
    assert texts(ax) == ["1", "2", "0", "0", "1", "0", "1", "0", "0"]
    assert ticks(ax) == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("normalise", "expected"),
    [
        ("true", [[1 / 3, 2 / 3, 0], [0, 1, 0], [0, 0, 0]]),
        ("pred", [[1, 2 / 3, 0], [0, 1 / 3, 0], [0, 0, 0]]),
        ("all", [[0.25, 0.5, 0], [0, 0.25, 0], [0, 0, 0]]),
    ],
)
def test_fractions(normalise, expected):
    ax = plot_confusion_matrix([0, 0, 0, 1], [0, 1, 1, 1], class_names=["a", "b", "c"], normalise=normalise)
    np.testing.assert_allclose(cells(ax), expected)
    assert ticks(ax) == ["a", "b", "c"], "names by number: a class that does not occur has its row"
    assert texts(ax)[2] == "0"


def test_labels_of_text_tensors_and_a_matrix():
    assert ticks(plot_confusion_matrix(["dog", "cat"], ["cat", "cat"])) == ["cat", "dog"]
    np.testing.assert_array_equal(
        cells(plot_confusion_matrix(torch.tensor([0, 1]), torch.tensor([1, 1]))), [[0, 1], [0, 1]]
    )
    ax = plot_confusion_matrix([[5, 1], [2, 7]], class_names=["no", "yes"])
    np.testing.assert_array_equal(cells(ax), [[5, 1], [2, 7]])
    assert ticks(ax) == ["no", "yes"]


def test_numbers_stand_out_from_their_cells():
    from microdl.plots._style import luminance

    ax = plot_confusion_matrix(np.arange(1, 26).reshape(5, 5))
    image = ax.images[0]
    for text, value in zip(ax.texts, np.arange(1, 26), strict=True):
        ground = luminance(image.cmap(image.norm(value))[:3])
        assert abs(ground - luminance(text.get_color())) > 100


def test_many_classes_have_a_colour_bar_in_place_of_numbers():
    ax = plot_confusion_matrix(np.eye(100))
    assert not ax.texts
    assert len(ax.figure.axes) == 2
    assert len(ticks(ax)) <= 50, "as many names as there is room for"


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        (([0, 1], [0]), ValueError, r"y_true has 2 labels, but y_pred has 1"),
        (([], []), ValueError, r"y_true must be labels, shape \(n,\) with at least one, got shape \(0,\)"),
        (([[0]], [0]), ValueError, r"y_true must be labels.*got shape \(1, 1\)"),
        (([0.5], [0]), ValueError, r"y_true must be labels, integers or text, got 0.5"),
        (([0], [np.nan]), ValueError, r"y_pred must be finite"),
        ((["a"], [0]), ValueError, r"of one kind, got .*'a'.* and .*0"),
        (([0, 1],), ValueError, r"y_pred is missing"),
        (([[1, 2, 3]],), ValueError, r"square and not empty, got shape \(1, 3\)"),
        (([[1, -1], [0, 0]],), ValueError, r"counts of at least 0, got -1"),
        (([[1, np.nan], [0, 0]],), ValueError, r"the confusion matrix must be finite"),
        (([["a"]],), TypeError, r"the confusion matrix must be real numbers"),
    ],
)
def test_confusion_refuses(arguments, error, text):
    with pytest.raises(error, match=text):
        plot_confusion_matrix(*arguments)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"normalise": "rows"}, r"normalise must be one of None, 'true', 'pred', 'all', got 'rows'"),
        ({"class_names": ["a"]}, r"there are 2 classes, but class_names has 1"),
    ],
)
def test_confusion_refuses_options(options, text):
    with pytest.raises(ValueError, match=text):
        plot_confusion_matrix([0, 1], [1, 1], **options)
