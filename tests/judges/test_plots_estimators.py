"""Pictures of scikit-learn's own estimators, as they are."""

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason=".ci/run installs matplotlib")
pytest.importorskip("sklearn", reason=".ci/run installs scikit-learn")

from sklearn.datasets import make_blobs, make_moons
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from sklearn.svm import SVC, LinearSVC

from microdl.plots import (
    plot_confusion_matrix,
    plot_cross_validation,
    plot_curves,
    plot_decision_regions,
    plot_templates,
)

X, Y = make_blobs(60, centers=[[-3, -1], [2, 3], [3, -3]], random_state=1)
MOONS, SIDES = make_moons(80, noise=0.1, random_state=0)
NAMES = np.array(["cat", "car", "frog"])[Y]


def regions(ax):
    image = ax.images[0]
    places = np.asarray(image.get_array())
    x, y = np.linspace(*ax.get_xlim(), places.shape[1]), np.linspace(*ax.get_ylim(), places.shape[0])
    return places, np.column_stack([np.tile(x, len(y)), np.repeat(y, len(x))])


@pytest.mark.parametrize(
    "estimator",
    [
        KNeighborsClassifier(3),
        LogisticRegression(),
        SVC(gamma=2),
        SVC(kernel="linear", decision_function_shape="ovo"),
        MLPClassifier((4,), max_iter=30, random_state=0),
        make_pipeline(StandardScaler(), PolynomialFeatures(2), LogisticRegression()),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
@pytest.mark.parametrize("labels", ["numbers", "text"])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_regions_are_what_the_estimator_predicts(estimator, labels):
    y = Y if labels == "numbers" else NAMES
    estimator.fit(X, y)
    places, grid = regions(plot_decision_regions(estimator, X, y, resolution=50))
    np.testing.assert_array_equal(estimator.classes_[places.ravel()], estimator.predict(grid))


def lines(ax):
    return {line.get_label(): line.get_xydata() for line in ax.lines}


def test_linear_classifiers_have_their_hyperplanes_also_after_scaling():
    plain = LogisticRegression().fit(X, Y)
    scaled = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y)
    for estimator in (plain, scaled):
        found = lines(plot_decision_regions(estimator, X, Y))
        assert len(found) == 3
        for label, ends in found.items():
            np.testing.assert_allclose(estimator.decision_function(ends)[:, int(label[1:])], 0, atol=1e-6)
    two = LinearSVC().fit(MOONS, SIDES)
    ((label, ends),) = lines(plot_decision_regions(two, MOONS, SIDES)).items()
    assert label == "_1"
    np.testing.assert_allclose(two.decision_function(ends), 0, atol=1e-9)
    lifted = make_pipeline(PolynomialFeatures(2), LogisticRegression()).fit(MOONS, SIDES)
    assert not lines(plot_decision_regions(lifted, MOONS, SIDES))


def test_a_data_frame_warns_of_nothing():
    pandas = pytest.importorskip("pandas", reason=".ci/run installs pandas")
    frame = pandas.DataFrame(X, columns=["width [cm]", "height [cm]"])
    ax = plot_decision_regions(KNeighborsClassifier().fit(frame, NAMES), frame, pandas.Series(NAMES))
    assert ax.get_xlabel() == "width [cm]"


def test_templates_curves_and_searches():
    wide = np.random.default_rng(0).normal(size=(60, 16))
    linear = LogisticRegression().fit(wide, NAMES)
    ax = plot_templates(make_pipeline(StandardScaler(), linear).fit(wide, NAMES))
    assert [text.get_text() for text in ax.texts] == ["car", "cat", "frog"]
    network = MLPClassifier((5,), max_iter=400, early_stopping=True, random_state=0).fit(wide, Y)
    assert len(plot_templates(network).images) == 5
    loss, accuracy = plot_curves({"net": network}).figure.axes
    np.testing.assert_array_equal(loss.lines[0].get_ydata(), network.loss_curve_)
    np.testing.assert_allclose(accuracy.lines[0].get_ydata(), 100 * np.array(network.validation_scores_))


def test_a_grid_search_is_drawn_as_it_found_it():
    search = GridSearchCV(KNeighborsClassifier(), {"n_neighbors": [1, 3, 15]}).fit(X, Y)
    line, _, (bars,) = plot_cross_validation(search).containers[0]
    results = search.cv_results_
    np.testing.assert_allclose(line.get_ydata(), results["mean_test_score"])
    ends = np.array(bars.get_segments())[:, :, 1]
    np.testing.assert_allclose((ends[:, 1] - ends[:, 0]) / 2, results["std_test_score"], atol=1e-12)


@pytest.mark.parametrize("normalise", [None, "true", "pred", "all"])
def test_the_confusion_matrix_is_scikit_learns(normalise):
    predicted = KNeighborsClassifier(25).fit(X[:30] + 2, NAMES[:30]).predict(X)
    shown = np.asarray(plot_confusion_matrix(NAMES, predicted, normalise=normalise).images[0].get_array())
    np.testing.assert_allclose(shown, confusion_matrix(NAMES, predicted, normalize=normalise))
