"""What all pictures share: colours for every eye and for grey, no global state, inputs left alone, equal bytes."""

import os
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="pictures need the extra microdl[plots]; .ci/run installs it")

from matplotlib.figure import Figure

import microdl.plots as plots
from microdl.plots import _style

POINTS = np.array([[0.0, 0.0], [2.0, 1.0], [1.0, 3.0], [3.0, 3.0]])
LABELS = np.array([0, 0, 1, 1])


def by_difference(points):
    return points[:, 0] - points[:, 1]


# each: a call with arrays, so that what it does to them is seen
CALLS = {
    "plot_templates": lambda ax=None, **o: plots.plot_templates(np.eye(4), ax, **o),
    "plot_decision_regions": lambda ax=None, **o: plots.plot_decision_regions(by_difference, POINTS, LABELS, ax, **o),
    "plot_losses": lambda ax=None, **o: plots.plot_losses(np.array([2.0, 1.0]), ax=ax, **o),
    "plot_curves": lambda ax=None, **o: plots.plot_curves({"a": np.array([2.0, 1.0])}, ax, **o),
    "plot_cross_validation": lambda ax=None, **o: plots.plot_cross_validation(
        np.array([1, 3]), np.array([[0.5, 0.6], [0.4, 0.8]]), ax, **o
    ),
    "plot_loss_functions": lambda ax=None, **o: plots.plot_loss_functions(ax, **o),
    "plot_confusion_matrix": lambda ax=None, **o: plots.plot_confusion_matrix(LABELS, LABELS[::-1], ax, **o),
    "plot_images": lambda ax=None, **o: plots.plot_images(np.zeros((4, 5, 6)), LABELS, LABELS[::-1], ax, **o),
    "plot_codebook": lambda ax=None, **o: plots.plot_codebook(np.eye(9), ax, **o),
    "plot_gabor_bank": lambda ax=None, **o: plots.plot_gabor_bank(np.ones((2, 3, 5, 5)), ax, **o),
    "plot_hog": lambda ax=None, **o: plots.plot_hog(np.eye(16), np.ones((2, 2, 9)), ax, **o),
}


@pytest.mark.parametrize("name", CALLS)
def test_the_axes_given_are_drawn_on_and_returned(name):
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert CALLS[name](left, title="seen") is left
    assert left.get_title() == "seen"
    assert len(left.get_children()) > len(right.get_children()), "something is drawn"
    assert not right.lines + right.images + right.texts, "nothing is drawn beside it"


@pytest.mark.parametrize("name", CALLS)
def test_without_axes_a_figure_of_its_own_is_made(name):
    one, two = CALLS[name](), CALLS[name](title="above")
    assert isinstance(one.figure, Figure)
    assert one.figure is not two.figure
    assert "above" in (two.get_title(), two.figure.get_suptitle())


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("ax", ["figure", "list", 3])
def test_what_is_no_axes_is_refused(name, ax):
    given = {"figure": Figure(), "list": [Figure().add_subplot()], 3: 3}[ax]
    with pytest.raises(TypeError, match=r"ax must be the Axes of a matplotlib figure.*got (Figure|list|int)"):
        CALLS[name](given)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_equal_pictures_are_equal_bytes(tmp_path, name, kind):
    for file in ("a", "b"):
        plots.save_figure(CALLS[name](), tmp_path / f"{file}.{kind}", dpi=40)
    assert (tmp_path / f"a.{kind}").read_bytes() == (tmp_path / f"b.{kind}").read_bytes()


@pytest.mark.parametrize("name", CALLS)
def test_nothing_is_clipped_at_the_edge_of_a_figure_of_its_own(name):
    """All that is drawn outside the axes lies inside the picture: labels of the scales, names, legends."""
    ax = CALLS[name](title="A title")
    figure = ax.figure
    figure.draw_without_rendering()
    box = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert box.x0 >= -0.02
    assert box.y0 >= -0.02
    assert box.x1 <= width + 0.02
    assert box.y1 <= height + 0.02


def test_the_inputs_are_not_changed():
    kept = {name: value.copy() for name, value in (("points", POINTS), ("labels", LABELS))}
    for call in CALLS.values():
        call()
    np.testing.assert_array_equal(POINTS, kept["points"])
    np.testing.assert_array_equal(LABELS, kept["labels"])


def test_all_names_are_there_and_others_are_not():
    for name in plots.__all__:
        assert callable(getattr(plots, name))
        assert name in dir(plots)
    with pytest.raises(AttributeError, match=r"no attribute 'plot_pie'\. Its pictures: .*plot_templates"):
        plots.plot_pie  # noqa: B018


def test_neither_pyplot_nor_settings_are_touched(tmp_path):
    program = """if True:
        import sys
        import numpy as np
        import microdl.plots as plots
        assert "matplotlib" not in sys.modules and "microdl.plots.regions" not in sys.modules
        import matplotlib
        settings = [name for name in matplotlib.rcParams if name != 'backend']  # to ask for it loads pyplot
        before = [matplotlib.rcParams[name] for name in settings]
        points = np.array([[0.0, 0.0], [2.0, 1.0], [1.0, 3.0]])
        plots.save_figure(plots.plot_decision_regions(lambda x: x[:, 0], points, [0, 1, 1]), "a.png")
        plots.save_figure(plots.plot_curves({"a": [2.0, 1.0], "b": [2.0, 1.5]}, log=True), "a.svg")
        plots.save_figure(plots.plot_confusion_matrix([0, 1], [0, 1]), "a.png")
        plots.save_figure(plots.plot_hog(np.eye(16)), "a.png")
        plots.save_figure(plots.plot_cross_validation([1, 3], [[0.5, 0.6]]), "a.png")
        assert [matplotlib.rcParams[name] for name in settings] == before
        assert "matplotlib.pyplot" not in sys.modules
    """
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stderr


# ---------------------------------------------------------------- colours


def test_luminance_is_that_of_a_grey_print():
    image = pytest.importorskip("PIL.Image", reason="matplotlib brings Pillow")
    for colour in _style.PALETTE:
        grey = image.new("RGB", (1, 1), colour).convert("L").getpixel((0, 0))
        assert _style.luminance(colour) == pytest.approx(grey, abs=1)


def test_the_first_colours_are_far_apart_in_grey():
    values = [_style.luminance(_style.colour(k)) for k in range(4)]
    gaps = np.diff(np.sort(values))
    assert gaps.min() >= 30
    assert max(values[:3]) <= 175, "readable on white"


def test_no_two_classes_share_colour_and_marker():
    pairs = {(_style.colour(k), _style.marker(k)) for k in range(88)}
    assert len(pairs) == 88


@pytest.mark.parametrize("count", range(1, 13))
def test_tints_are_pale_and_each_as_light_as_no_other(count):
    values = np.sort([_style.luminance(tint) for tint in _style.tints(count)])
    assert values.min() >= 195
    if count > 1:
        assert np.diff(values).min() >= min(20, 44 / (count - 1) - 1e-6)


def test_the_signed_map_grows_lighter_all_the_way_and_changes_its_hue_at_0():
    colours = _style.signed_map()(np.linspace(0, 1, 65))
    light = np.array([_style.luminance(colour[:3]) for colour in colours])
    assert (np.diff(light) > 1).all()
    red, _, blue = colours[:, 0], colours[:, 1], colours[:, 2]
    assert (blue[:31] > red[:31]).all()
    assert (red[34:] > blue[34:]).all()
    assert np.ptp(colours[32][:3]) < 0.02, "grey"


# ---------------------------------------------------------------- numbers


def test_numbers_from_anywhere():
    import microdl as torch

    losses = [torch.tensor(1.5, requires_grad=True), torch.tensor(0.5)]
    np.testing.assert_array_equal(_style.as_array(losses, "losses"), [1.5, 0.5])
    np.testing.assert_array_equal(_style.as_array(torch.ones(2, 2, requires_grad=True), "x"), np.ones((2, 2)))
    np.testing.assert_array_equal(_style.as_array((1, True, 2.5), "x"), [1, 1, 2.5])


@pytest.mark.parametrize(
    ("values", "error", "text"),
    [
        ([[1, 2], [3]], ValueError, r"x must be an array, or lists of one length"),
        ([None], TypeError, r"x must be real numbers, got list of dtype object"),
        (["1"], TypeError, r"x must be real numbers, got list of dtype <U1"),
        (None, TypeError, r"x must be real numbers, got NoneType"),
    ],
)
def test_what_is_no_number_is_refused(values, error, text):
    with pytest.raises(error, match=text):
        _style.as_array(values, "x")


@pytest.mark.parametrize("count", [2, 3, 5, 10])
def test_the_regions_of_a_picture_can_be_told_apart_in_a_grey_print(tmp_path, count):
    image = pytest.importorskip("PIL.Image", reason="matplotlib brings Pillow")
    ax = plots.plot_decision_regions(
        lambda x: np.clip(x[:, 0], 0, count - 1).astype(int), [[0.0, 0.0], [count, 1.0]], bounds=(0, count, 0, 1)
    )
    plots.save_figure(ax, tmp_path / "a.png", dpi=100)
    grey = np.asarray(image.open(tmp_path / "a.png").convert("L"))
    centres = ax.transData.transform([(k + 0.5, 0.25) for k in range(count)]) * 100 / ax.figure.dpi
    values = np.array([grey[round(len(grey) - y), round(x)] for x, y in centres], dtype=float)
    assert len(set(values)) == count
    assert np.diff(np.sort(values)).min() >= min(20, 0.9 * 44 / (count - 1) - 1)
