"""Pictures: what is on them, bad input, and files written whole or not at all."""

import builtins
import os
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="pictures need the extra microdl[plots]; .ci/run installs it")

from microdl.plots import plot_losses, plot_templates, save_figure


def panels(figure):
    return figure.axes[0].images


def names(figure):
    return [text.get_text() for text in figure.axes[0].texts]


# ---------------------------------------------------------------- templates


def test_each_row_is_reshaped_to_an_image():
    weights = np.arange(20.0).reshape(5, 4) - 10
    figure = plot_templates(weights).figure
    assert len(panels(figure)) == 5
    for k, image in enumerate(panels(figure)):
        np.testing.assert_array_equal(image.get_array(), weights[k].reshape(2, 2))
    assert names(figure) == ["0", "1", "2", "3", "4"]


def test_grey_templates_share_a_scale_symmetric_about_zero():
    figure = plot_templates([[0.5, 1, 0, 0], [-3, 0, 0, 1]]).figure
    assert {image.get_clim() for image in panels(figure)} == {(-3.0, 3.0)}
    assert len(figure.axes) == 2, "the panels and the colour bar"
    assert figure.axes[1].get_ylabel() == "weight"


def test_zero_weights_have_a_scale_too():
    assert panels(plot_templates(np.zeros((1, 4))).figure)[0].get_clim() == (-1.0, 1.0)


def test_a_panel_shows_the_first_row_on_top_and_keeps_the_proportions():
    image = panels(plot_templates(np.zeros((1, 32)), shape=(4, 8)).figure)[0]
    left, right, bottom, top = image.get_extent()
    assert top < bottom, "y grows downwards"
    assert (right - left) / (bottom - top) == pytest.approx(2)


def test_panels_do_not_overlap_and_lie_inside_the_axes():
    figure = plot_templates(np.zeros((32, 64))).figure
    boxes = [image.get_extent() for image in panels(figure)]
    (x0, x1), (y1, y0) = figure.axes[0].get_xlim(), figure.axes[0].get_ylim()
    for i, (left, right, bottom, top) in enumerate(boxes):
        assert x0 <= left < right <= x1 + 1e-9
        assert y0 <= top < bottom <= y1 + 1e-9
        for other_left, other_right, other_bottom, other_top in boxes[:i]:
            apart = left >= other_right or right <= other_left or top >= other_bottom or bottom <= other_top
            assert apart


@pytest.mark.parametrize("shape", [None, (3, 2, 2), (2, 2, 3)])
def test_colour_templates_are_rescaled_together_to_0_255(shape):
    weights = np.linspace(-1, 1, 24).reshape(2, 12)
    figure = plot_templates(weights, shape=shape).figure
    scaled = np.rint(255 * (weights + 1) / 2).astype(np.uint8)
    expected = scaled.reshape(2, 2, 2, 3) if shape == (2, 2, 3) else scaled.reshape(2, 3, 2, 2).transpose(0, 2, 3, 1)
    for image, pixels in zip(panels(figure), expected, strict=True):
        assert image.get_array().dtype == np.uint8
        np.testing.assert_array_equal(image.get_array(), pixels)
    assert len(figure.axes) == 1, "a colour bar has no meaning here"


def test_equal_colour_weights_are_mid_grey():
    np.testing.assert_array_equal(panels(plot_templates(np.ones((1, 3))).figure)[0].get_array(), [[[128, 128, 128]]])


def test_class_names_and_title():
    figure = plot_templates(np.zeros((2, 4)), class_names=["cat", "dog"], title="Pets").figure
    assert names(figure) == ["cat", "dog"]
    assert figure.get_suptitle() == "Pets"


def test_anything_with_array_is_accepted_and_detached():
    class Tensor:
        def __init__(self, requires_grad):
            self.requires_grad = requires_grad

        def detach(self):
            return Tensor(False)

        def __array__(self, dtype=None, copy=None):
            assert not self.requires_grad
            return np.eye(4, dtype=np.float32)

    np.testing.assert_array_equal(panels(plot_templates(Tensor(True)).figure)[1].get_array(), [[0, 1], [0, 0]])


def test_the_weights_are_not_changed():
    weights = np.arange(12.0).reshape(1, 12)
    plot_templates(weights)
    np.testing.assert_array_equal(weights, np.arange(12.0).reshape(1, 12))


@pytest.mark.parametrize(
    ("weights", "options", "error", "text"),
    [
        (
            np.zeros(4),
            {},
            ValueError,
            r"weights must be 2-D, \(classes, features\), and not empty, got shape \(4,\)",
        ),
        (np.zeros((0, 4)), {}, ValueError, r"not empty, got shape \(0, 4\)"),
        (np.zeros((2, 0)), {}, ValueError, r"not empty, got shape \(2, 0\)"),
        (
            np.zeros((2, 5)),
            {},
            ValueError,
            r"5 features are neither a square grey.*pass shape=.*leave out a column",
        ),
        (
            np.zeros((2, 6)),
            {"shape": (2, 2)},
            ValueError,
            r"shape \(2, 2\) has 4 values, but a row of weights has 6",
        ),
        (np.zeros((2, 6)), {"shape": (6,)}, ValueError, r"shape must be \(height, width\).*got \(6,\)"),
        (np.zeros((2, 4)), {"shape": (2, 2, 1)}, ValueError, r"shape must be .*got \(2, 2, 1\)"),
        (np.zeros((2, 4)), {"shape": (-2, -2)}, ValueError, r"shape must be .*got \(-2, -2\)"),
        (
            np.zeros((2, 4)),
            {"class_names": ["a"]},
            ValueError,
            r"2 rows, but class_names has 1 names: \['a'\]",
        ),
        (
            [[0, 1, 2, np.nan]],
            {},
            ValueError,
            r"1 of 4 are not: weights\[0, 3\] is nan.*lower the learning rate",
        ),
        ([[np.inf, 1, 2, 3]], {}, ValueError, r"weights\[0, 0\] is inf"),
        ([[1j, 1, 2, 3]], {}, TypeError, r"weights must be real numbers, got list of dtype complex128"),
        ([["a"]], {}, TypeError, r"weights must be real numbers"),
    ],
)
def test_templates_refuse(weights, options, error, text):
    with pytest.raises(error, match=text):
        plot_templates(weights, **options)


# ---------------------------------------------------------------- losses


def lines(axes):
    return {line.get_label(): line.get_xydata() for line in axes.lines}


def test_losses_per_step_and_per_epoch():
    figure = plot_losses([4.0, 2.0, 3.0, 1.0], valid=[2.5, 1.5], steps_per_epoch=2).figure
    drawn = lines(figure.axes[0])
    np.testing.assert_array_equal(drawn["train, each step"], [[0.5, 4], [1, 2], [1.5, 3], [2, 1]])
    np.testing.assert_array_equal(drawn["train, mean of epoch"], [[0.5, 3], [1.5, 2]])
    np.testing.assert_array_equal(drawn["valid"], [[1, 2.5], [2, 1.5]])
    assert len(figure.axes) == 1


def test_one_loss_an_epoch():
    drawn = lines(plot_losses([3.0, 2.0]))
    assert list(drawn) == ["train"]
    np.testing.assert_array_equal(drawn["train"], [[1, 3], [2, 2]])


def test_a_logarithmic_scale_leaves_a_gap_at_zero():
    axes = plot_losses([2.0, 0.0, 1.0], valid=[0.0, 0.0, 0.0], log=True)
    assert axes.get_yscale() == "log"
    np.testing.assert_array_equal(lines(axes)["train"], [[1, 2], [2, np.nan], [3, 1]])


def test_nothing_but_zeros_can_be_drawn_logarithmically(tmp_path):
    save_figure(plot_losses([0.0, 0.0], log=True), tmp_path / "a.png")


def test_accuracies_in_percent_on_axes_of_their_own():
    figure = plot_losses([3.0, 2.0], train_accuracy=[0.5, 0.75], valid_accuracy=[0.25, 0.5], title="run").figure
    loss, accuracy = figure.axes
    assert (loss.get_ylabel(), accuracy.get_ylabel()) == ("loss", "accuracy [%]")
    drawn = lines(accuracy)
    np.testing.assert_array_equal(drawn["train (75.0 %)"], [[1, 50], [2, 75]])
    np.testing.assert_array_equal(drawn["valid (50.0 %)"], [[1, 25], [2, 50]])
    assert figure.get_suptitle() == "run"


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"train": []}, ValueError, r"train must be 1-D with at least one value, got shape \(0,\)"),
        ({"train": [[1.0]]}, ValueError, r"got shape \(1, 1\)"),
        ({"train": [1.0, np.nan]}, ValueError, r"train\[1\] is nan.*lower the learning rate"),
        ({"train": ["x"]}, TypeError, r"train must be real numbers"),
        (
            {"train": [1.0] * 5, "steps_per_epoch": 2},
            ValueError,
            r"5 training losses are not whole epochs of 2 steps",
        ),
        (
            {"train": [1.0], "steps_per_epoch": 0},
            ValueError,
            r"1 training losses are not whole epochs of 0 steps",
        ),
        ({"train": [1.0], "steps_per_epoch": 1.0}, TypeError, r"steps_per_epoch must be an integer, got 1.0"),
        ({"train": [1.0, 2.0], "valid": [1.0]}, ValueError, r"valid must have one value an epoch: 2, got 1"),
        (
            {"train": [1.0], "train_accuracy": [97.0]},
            ValueError,
            r"within 0 to 1, got 97.0. Divide percent by 100",
        ),
        ({"train": [1.0], "valid_accuracy": [-0.1]}, ValueError, r"valid_accuracy must be fractions"),
    ],
)
def test_losses_refuse(arguments, error, text):
    with pytest.raises(error, match=text):
        plot_losses(**arguments)


# ---------------------------------------------------------------- files


@pytest.fixture
def figure():
    return plot_templates(np.eye(4), title="t").figure


@pytest.mark.parametrize(
    ("suffix", "magic"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF"), ("PNG", b"\x89PNG")]
)
def test_equal_pictures_are_equal_bytes(tmp_path, suffix, magic):
    for name in ("a", "b"):
        save_figure(plot_templates(np.eye(4), title="t"), tmp_path / f"{name}.{suffix}")
    first, second = ((tmp_path / f"{name}.{suffix}").read_bytes() for name in ("a", "b"))
    assert first == second
    assert first.startswith(magic)
    assert b"Software" not in first
    assert b"Date" not in first


def test_an_old_file_is_replaced_and_nothing_else_is_left(tmp_path, figure):
    (tmp_path / "a.png").write_bytes(b"old")
    save_figure(figure, tmp_path / "a.png")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert (tmp_path / "a.png").read_bytes() != b"old"


@pytest.mark.parametrize("moment", ["open", "replace"])
def test_a_failed_write_leaves_the_old_file(tmp_path, figure, monkeypatch, moment):
    def full(*args):
        raise OSError(28, "No space left on device")

    (tmp_path / "a.png").write_bytes(b"old")
    target = "pathlib.Path.open" if moment == "open" else "os.replace"
    with monkeypatch.context() as patch:
        patch.setattr(target, full)
        with pytest.raises(OSError, match="No space"):
            save_figure(figure, tmp_path / "a.png")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert (tmp_path / "a.png").read_bytes() == b"old"


@pytest.mark.parametrize(
    ("path", "error", "text"),
    [
        ("none/a.png", FileNotFoundError, r"cannot write .*a.png: there is no folder .*none. Make it first"),
        ("a.jpeg", ValueError, r"cannot draw into .*a.jpeg': end its name in .png, .svg or .pdf"),
        ("a", ValueError, r"end its name in"),
        ("folder.png", IsADirectoryError, r"folder.png: it is a folder. Add a file name"),
    ],
)
def test_save_refuses(tmp_path, figure, path, error, text):
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(error, match=text):
        save_figure(figure, tmp_path / path)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.png"]


def test_without_matplotlib_the_error_says_what_to_install(monkeypatch):
    real_import = builtins.__import__

    def without_matplotlib(name, *args, **options):
        if name.partition(".")[0] == "matplotlib":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real_import(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", without_matplotlib)
    for draw in (lambda: plot_templates(np.eye(4)), lambda: plot_losses([1.0])):
        with pytest.raises(ImportError, match=r'drawing needs matplotlib: pip install "microdl\[plots\]"'):
            draw()


def test_matplotlib_is_loaded_when_drawing_and_pyplot_never(tmp_path):
    program = """if True:
        import sys
        from microdl.plots import plot_losses, plot_templates, save_figure
        assert "matplotlib" not in sys.modules
        save_figure(plot_templates([[1.0, 2.0, 3.0, 4.0]]), "a.png")
        save_figure(plot_losses([1.0, 0.5], train_accuracy=[0.5, 1.0]), "b.png")
        assert "matplotlib" in sys.modules and "matplotlib.pyplot" not in sys.modules
    """
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
