"""Images with predictions, codebooks, Gabor banks and HOG cells."""

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="pictures need the extra microdl[plots]; .ci/run installs it")

import microdl as torch
from microdl.plots import plot_codebook, plot_gabor_bank, plot_hog, plot_images


def texts(ax):
    return [text.get_text() for text in ax.texts]


def drawn(ax):
    return np.array([image.get_array() for image in ax.images])


# ---------------------------------------------------------------- images

GREY = np.arange(2 * 4 * 6, dtype=np.uint8).reshape(2, 4, 6)
COLOUR = np.arange(2 * 4 * 6 * 3, dtype=np.uint8).reshape(2, 4, 6, 3)


@pytest.mark.parametrize("images", [GREY, GREY[..., None], GREY[:, None], torch.tensor(GREY), GREY.tolist()])
def test_grey_images_of_every_layout(images):
    expected = np.rint(255 * (GREY / 47.0)) if isinstance(images, list) else GREY
    np.testing.assert_array_equal(drawn(plot_images(images)), expected)


@pytest.mark.parametrize("images", [COLOUR, COLOUR.transpose(0, 3, 1, 2), torch.tensor(COLOUR)])
def test_colour_images_of_every_layout(images):
    np.testing.assert_array_equal(drawn(plot_images(images)), COLOUR)


def test_flat_images():
    np.testing.assert_array_equal(drawn(plot_images(GREY.reshape(2, -1), shape=(4, 6))), GREY)
    assert drawn(plot_images(np.zeros((3, 64)))).shape == (3, 8, 8)
    assert drawn(plot_images(np.zeros((3, 3072)))).shape == (3, 32, 32, 3)


def test_fractions_are_of_255_and_other_numbers_are_stretched_together():
    np.testing.assert_array_equal(drawn(plot_images([[[0.0, 0.5]], [[0.2, 0.2]]])), [[[0, 128]], [[51, 51]]])
    np.testing.assert_array_equal(drawn(plot_images([[[0.0, 16.0]], [[8.0, 8.0]]])), [[[0, 255]], [[128, 128]]])
    np.testing.assert_array_equal(drawn(plot_images([[[7.0, 7.0]]])), [[[128, 128]]])


def test_wrong_predictions_are_marked_by_a_sign_a_frame_and_the_true_class():
    ax = plot_images(np.zeros((3, 4, 4)), torch.tensor([0, 1, 2]), [0, 2, 2], class_names=["cat", "dog", "frog"])
    assert texts(ax) == ["✓ cat", "✗ frog (dog)", "✓ frog", "2 of 3 right; ✗ predicted (true)"]
    frames = [patch.get_linewidth() for patch in ax.patches]
    assert frames[1] > 3 * frames[0] == 3 * frames[2]
    assert texts(plot_images(np.zeros((1, 4, 4)), ["a"], ["a"])) == ["✓ a", "1 of 1 right"]


def test_labels_or_predictions_alone_are_names():
    assert texts(plot_images(np.zeros((2, 4, 4)), [3, 5])) == ["3", "5"]
    assert texts(plot_images(np.zeros((2, 4, 4)), predictions=["a", "b"])) == ["a", "b"]
    assert texts(plot_images(np.zeros((2, 4, 4)))) == []


@pytest.mark.parametrize(
    ("arguments", "options", "error", "text"),
    [
        ((np.zeros(4),), {}, ValueError, r"images must be \(n, height, width\).*got shape \(4,\)"),
        ((np.zeros((0, 4, 4)),), {}, ValueError, r"not empty, got shape \(0, 4, 4\)"),
        ((np.zeros((2, 5, 4, 4)),), {}, ValueError, r"1 or 3 channels, first or last, got shape \(2, 5, 4, 4\)"),
        ((np.full((1, 2, 2), np.nan),), {}, ValueError, r"images must be finite"),
        ((np.zeros((1, 5)),), {}, ValueError, r"5 features are neither a square"),
        (([[["a"]]],), {}, TypeError, r"images must be real numbers"),
        ((np.zeros((2, 4, 4)), [1]), {}, ValueError, r"labels must be one an image, shape \(2,\), got shape \(1,\)"),
        ((np.zeros((2, 4, 4)), None, [1, 2, 3]), {}, ValueError, r"predictions must be one an image"),
        ((np.zeros((1, 4, 4)), [2]), {"class_names": ["a"]}, ValueError, r"labels hold 2, but there are only 1"),
        ((np.zeros((1, 4, 4)), ["a"]), {"class_names": ["a"]}, TypeError, r"class_names name integer labels"),
        ((np.zeros((1001, 2, 2)),), {}, ValueError, r"1001 images are too many.*at most 1000"),
    ],
)
def test_images_refuse(arguments, options, error, text):
    with pytest.raises(error, match=text):
        plot_images(*arguments, **options)


# ---------------------------------------------------------------- codebook


def test_words_are_stretched_each_by_itself_or_together():
    words = np.array([[0.0, 1.0, 0.0, 1.0], [0.0, -0.1, 0.0, 0.1]])
    np.testing.assert_array_equal(drawn(plot_codebook(words)).reshape(2, 4), [[0, 255, 0, 255], [128, 0, 128, 255]])
    np.testing.assert_array_equal(drawn(plot_codebook(words, together=True)).reshape(2, 4)[1], [23, 0, 23, 46])
    for learnt in (SimpleNamespace(cluster_centers_=words), SimpleNamespace(codebook_=words.reshape(2, 2, 2))):
        np.testing.assert_array_equal(drawn(plot_codebook(learnt)), drawn(plot_codebook(words)))


def test_words_with_counts_are_drawn_from_the_most_frequent():
    ax = plot_codebook([[0.0, 1.0, 1.0, 1.0], [0.0, 0.0, 0.0, 1.0]], counts=[3, 70])
    assert texts(ax) == ["70", "3"]
    np.testing.assert_array_equal(drawn(ax)[0], [[0, 0], [0, 255]])
    with pytest.raises(ValueError, match=r"counts must be one a patch, shape \(2,\), got shape \(1,\)"):
        plot_codebook(np.zeros((2, 4)), counts=[1])
    with pytest.raises(ValueError, match=r"patches must be finite"):
        plot_codebook([[np.inf] * 4])


# ---------------------------------------------------------------- Gabor bank


def test_a_bank_has_one_scale_and_a_row_a_frequency():
    bank = np.linspace(-2, 1, 2 * 3 * 5 * 5).reshape(2, 3, 5, 5)
    ax = plot_gabor_bank(bank, together=True)
    np.testing.assert_allclose(drawn(ax), bank.reshape(6, 5, 5))
    assert {image.get_clim() for image in ax.images} == {(-2, 2)}
    assert len({round(image.get_extent()[0], 6) for image in ax.images}) == 3
    assert ax.figure.axes[1].get_ylabel() == "weight"


def test_each_kernel_has_its_own_scale_where_none_is_asked_for():
    ax = plot_gabor_bank([[[1.0, -4.0]], [[0.001, 0.0]], [[0.0, 0.0]]])
    np.testing.assert_array_equal(drawn(ax), [[[0.25, -1]], [[1, 0]], [[0, 0]]])
    assert {image.get_clim() for image in ax.images} == {(-1, 1)}


def test_kernels_of_several_sizes_complex_ones_and_labels():
    ax = plot_gabor_bank([np.ones((3, 3)), 2 * np.ones((1, 1)) + 5j], labels=["a", "b"])
    np.testing.assert_array_equal(drawn(ax)[1], [[0, 0, 0], [0, 1, 0], [0, 0, 0]])
    assert texts(ax) == ["a", "b"]


@pytest.mark.parametrize(
    ("kernels", "options", "error", "text"),
    [
        (np.zeros((3, 3)), {}, ValueError, r"kernels must be \(n, height, width\) or.*got shape \(3, 3\)"),
        ([], {}, ValueError, r"kernels must be 2-D each, and at least one, got shapes \[\]"),
        ([np.zeros(3)], {}, ValueError, r"2-D each, and at least one, got shapes \[\(3,\)\]"),
        (np.full((1, 2, 2), np.nan), {}, ValueError, r"kernels must be finite"),
        (np.zeros((1, 2, 2)), {"labels": ["a", "b"]}, ValueError, r"there are 1 kernels, but 2 labels"),
        ([[["a"]]], {}, TypeError, r"kernels must be real numbers"),
    ],
)
def test_gabor_banks_refuse(kernels, options, error, text):
    with pytest.raises(error, match=text):
        plot_gabor_bank(kernels, **options)


# ---------------------------------------------------------------- HOG


def strokes(ax):
    return np.array(ax.collections[0].get_segments())


def test_strokes_stand_across_the_gradient_and_are_as_long_as_the_bin():
    cells = np.zeros((2, 3, 9))
    cells[0, 0, 0], cells[1, 2, 4], cells[0, 1, 6] = 1.0, 0.5, 0.25
    ax = plot_hog(cells=cells)
    found = strokes(ax)
    assert len(found) == 3, "none for empty bins"
    for (start, end), (row, column, k) in zip(found, [(0, 0, 0), (0, 1, 6), (1, 2, 4)], strict=True):
        np.testing.assert_allclose((start + end) / 2, [8 * column + 3.5, 8 * row + 3.5])
        angle = np.deg2rad((k + 0.5) * 20)
        gradient = np.array([np.cos(angle), np.sin(angle)])  # x, and y downwards
        assert (end - start) @ gradient == pytest.approx(0, abs=1e-12)
        assert np.linalg.norm(end - start) == pytest.approx(8 * cells[row, column, k])


def test_the_strokes_of_an_edge_lie_along_it():
    """A vertical edge has a horizontal gradient: bin 0, whose stroke is all but vertical."""
    image = np.zeros((16, 16), dtype=np.uint8)
    image[:, 8:] = 200
    for picture, axis in ((image, 1), (image.T, 0)):
        found = strokes(plot_hog(picture))
        lengths = np.abs(found[:, 1] - found[:, 0])
        assert len(found) == 4
        assert (lengths[:, axis] > 5 * lengths[:, 1 - axis]).all()


def test_the_image_stands_beside_the_strokes_or_below_them():
    image, cells = np.eye(16), np.ones((2, 2, 9))
    beside, over = plot_hog(image, cells), plot_hog(image, cells, over=True)
    assert strokes(beside)[..., 0].min() > 15.5
    assert strokes(over)[..., 0].max() <= 15.5
    for ax in (beside, over):
        np.testing.assert_array_equal(ax.images[0].get_array(), 255 * np.eye(16))
        assert ax.get_aspect() == 1


def test_cells_are_told_from_images():
    assert not plot_hog(np.ones((4, 4, 9))).images
    assert not plot_hog(np.ones((3, 8, 9))).images
    assert plot_hog(np.ones((16, 16, 3))).images
    assert plot_hog(torch.ones(3, 16, 16)).images
    assert plot_hog(np.ones((16, 16, 3)), np.ones((2, 2, 3))).images


def test_cells_of_one_size_all_over_and_none_at_all():
    assert len(strokes(plot_hog(cells=np.ones((30, 40, 9))))) == 10_800, "the lecture's number"
    assert len(strokes_or_none(plot_hog(cells=np.zeros((2, 2, 9))))) == 0


def strokes_or_none(ax):
    return ax.collections[0].get_segments()


@pytest.mark.parametrize(
    ("arguments", "options", "text"),
    [
        ((), {}, r"pass an image, its HOG cells \(rows, columns, orientations\), or both"),
        (
            (None, np.zeros((2, 2))),
            {},
            r"cells must be \(rows, columns, orientations\), and not empty, got shape \(2, 2\)",
        ),
        ((None, np.zeros((2, 0, 9))), {}, r"not empty, got shape \(2, 0, 9\)"),
        ((None, np.full((1, 1, 9), np.nan)), {}, r"cells must be finite"),
        ((None, -np.ones((1, 1, 9))), {}, r"cells must be at least 0, got -1"),
        ((None, np.ones((200, 200, 9))), {}, r"360000 strokes are too many"),
        ((np.zeros(4),), {}, r"image must be \(height, width\) or"),
        ((np.zeros((4, 4)),), {}, r"an image of \(4, 4\) pixels has no cell of 8 x 8"),
        ((np.zeros((16, 16)), np.ones((2, 2, 9))), {"cell_size": (9, 8)}, r"2 x 2 cells of 9 x 8 pixels do not fit"),
        (
            (np.zeros((16, 16)), np.ones((2, 2, 9))),
            {"cell_size": (0, 8)},
            r"cell_size must be \(height, width\) in pixels",
        ),
        ((np.zeros((1, 1)), np.ones((2, 2, 9))), {}, r"do not fit into an image of 1 x 1"),
    ],
)
def test_hog_refuses(arguments, options, text):
    with pytest.raises(ValueError, match=text):
        plot_hog(*arguments, **options)
