"""Chapter 12, image features: values of small images, and what must not change them."""

from __future__ import annotations

import colorsys
from typing import Any

import numpy as np

from ..checking import check, expect


def _images(n: int = 3, h: int = 16, w: int = 24) -> Any:
    return np.random.RandomState(0).rand(n, h, w, 3)


@check(12, "hue", "that of Python's own colorsys, greys included")
def _(m: Any) -> None:
    colours = np.concatenate([np.random.RandomState(1).rand(60, 3), np.eye(3), [[0.5] * 3, [0.0] * 3]])
    with np.errstate(all="ignore"):
        found = np.asarray(m.features.hue(colours))
        images = np.shape(m.features.hue(_images()))
    expect(found.shape == (65,), f"the hues of 65 colours (65, 3) have the shape {found.shape}: one for each colour")
    for colour, h in zip(colours, found, strict=True):
        right = colorsys.rgb_to_hsv(*colour)[0]
        why = " A grey has no hue: 0, not 0/0." if colour.max() == colour.min() else ""
        why = " That is in sixths of a turn: divide by 6." if right and abs(h - right * 6) < 1e-9 else why
        why = " That is in degrees: 1 is the whole turn." if right and abs(h - right * 360) < 1e-6 else why
        why = " A turn less is negative: take it modulo 1." if right and abs(h + 1 - right) < 1e-9 else why
        why = " Was a small number added to the divisor? Only greys need another." if 0 < abs(h - right) < 1e-3 else why
        expect(abs(h - right) < 1e-9, f"the hue of {colour.round(3)} is {h:.8g}, not {right:.8g}.{why}")
    expect(
        images == (3, 16, 24), f"the hues of images (3, 16, 24, 3) have the shape {images}: colours are the last axis"
    )


@check(12, "color_histogram", "shares that add up to 1, wherever the pixels are")
def _(m: Any) -> None:
    images = _images()
    found = np.asarray(m.features.color_histogram(images, 7))
    expect(found.shape == (3, 7), f"3 images in 7 bins have the shape {found.shape}, it should be (3, 7)")
    expect(
        np.allclose(found.sum(1), 1), f"the shares of an image add up to {found.sum(1)}: divide by its number of pixels"
    )
    hues = np.array([[colorsys.rgb_to_hsv(*colour)[0] for colour in image.reshape(-1, 3)] for image in images])
    right = np.array([np.bincount((one * 7).astype(int), minlength=7) for one in hues]) / hues.shape[1]
    rounded = np.array([np.bincount(np.minimum(np.round(one * 7), 6).astype(int), minlength=7) for one in hues])
    nearest = np.allclose(found, rounded / hues.shape[1])
    turned = m.features.color_histogram(images[:, ::-1].swapaxes(1, 2), 7)
    expect(np.allclose(found, turned), "turning the image changed its histogram: only the hues count")
    why = (
        " Bin k is [k / bins, (k + 1) / bins): the whole part of hue * bins, not the nearest number." if nearest else ""
    )
    expect(
        np.allclose(found, right) or not nearest,
        f"the first image is {found[0].round(3)}, not {right[0].round(3)}.{why}",
    )
    shares = m.features.color_histogram(np.array([[[[0, 1.0, 0], [0, 1.0, 1.0]]]]), 4)
    expect(
        np.allclose(shares, [[0, 0.5, 0.5, 0]]),
        f"a green pixel and a cyan one, hues 1/3 and 1/2, are {shares} in 4 bins: they should be in the second and third "
        "of [0, 1]. Bins that begin at the smallest hue of an image mean another colour in each",
    )
    expect(np.allclose(found, right), f"the first image of three is {found[0].round(3)}, not {right[0].round(3)}")
    red = m.features.color_histogram(np.array([[[[1.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]]]), 3)
    expect(
        np.allclose(red, [[0.5, 0.25, 0.25]]), f"two red pixels, a green and a blue one are {red}, not 1/2, 1/4, 1/4"
    )


@check(12, "hog", "10,800 numbers for 320 x 240 pixels")
def _(m: Any) -> None:
    found = np.shape(m.features.hog(np.random.RandomState(0).rand(1, 240, 320)))
    expect(
        found == (1, 10800), f"an image of 320 x 240 becomes {found}, it should be 40 x 30 cells of 9 bins: (1, 10800)"
    )


@check(12, "hog", "edges in the right bin, weighted by their strength")
def _(m: Any) -> None:
    image = np.zeros((1, 8, 8))
    image[0, :, 4:] = 1.0  # dark to bright along x: the gradient points along x, 0 degrees
    for picture, k, words in ((image, 0, "an upright edge"), (image.swapaxes(1, 2), 4, "a level edge")):
        found = np.asarray(m.features.hog(picture))[0]
        expect(
            found.argmax() == k,
            f"{words} is in bin {found.argmax()} of 9, it should be bin {k}: the gradient's direction",
        )
    back = np.asarray(m.features.hog(1 - image))
    expect(
        np.allclose(back, m.features.hog(image)), "bright to dark is another bin than dark to bright: angles modulo 180"
    )
    two = np.zeros((1, 8, 16))
    two[0, :, 4:8], two[0, 4:, 8:] = 1.0, 3.0
    cells = np.asarray(m.features.hog(two)).reshape(2, 9)
    one = np.allclose(np.linalg.norm(cells, axis=1), 1, atol=1e-4)
    why = (
        "each cell is of length 1: normalise the whole image's numbers" if one else "weight by the gradient's strength"
    )
    expect(cells[1].max() > cells[0].max(), f"an edge three times as strong counts no more: {why}")


@check(12, "hog", "the same as pixel by pixel")
def _(m: Any) -> None:
    image = np.random.RandomState(3).rand(19, 26)
    found = np.asarray(m.features.hog(image[None]))
    expect(found.shape == (1, 54), f"19 x 26 pixels have 2 x 3 whole cells, 54 numbers: the result is {found.shape}")
    length = np.linalg.norm(found)
    expect(abs(length - 1) < 1e-4, f"the numbers of an image have the length {length:.3f}, not 1: normalise each image")
    right = _slow_hog(image)
    likely = {
        " Where a neighbour is missing the difference is 0, so the border counts less.": _slow_hog(image, border=2),
        " The order is row of cells, column of cells, bin.": right.reshape(2, 3, 9).transpose(2, 0, 1).ravel(),
        " Bin k begins at k 180 / bins degrees: the whole part of the quotient, not the nearest.": _slow_hog(
            image, nearest=True
        ),
    }
    why = next((text for text, wrong in likely.items() if np.allclose(found[0], wrong, atol=1e-5)), "")
    expect(
        np.allclose(found[0], right, atol=1e-5),
        f"the first cell of a random image of 19 x 26 is {found[0, :9].round(3)}, not {right[:9].round(3)}.{why}",
    )


def _slow_hog(image: Any, border: float = 0, nearest: bool = False) -> Any:
    """Of one image, 9 bins; one-sided differences at the border multiplied by a number, angles in the nearest bin."""
    (h, w), out = image.shape, np.zeros((image.shape[0] // 8, image.shape[1] // 8, 9))
    for r in range(h // 8 * 8):
        for c in range(w // 8 * 8):
            g = []
            for k, n, line in ((r, h, image[:, c]), (c, w, image[r])):
                low, high = max(k - 1, 0), min(k + 1, n - 1)
                g.append((line[high] - line[low]) * (1 if high - low == 2 else border))
            place = np.rad2deg(np.arctan2(g[0], g[1])) % 180 / 20
            out[r // 8, c // 8, int(np.round(place)) % 9 if nearest else min(int(place), 8)] += np.hypot(*g)
    return out.ravel() / np.linalg.norm(out)


@check(12, "hog", "brightness does not matter, nor does contrast")
def _(m: Any) -> None:
    grey = _images().mean(-1)
    found = m.features.hog(grey)
    expect(np.allclose(m.features.hog(grey + 5), found, atol=1e-6), "adding a constant to the image changed its HOG")
    expect(
        np.allclose(m.features.hog(grey * 3), found, atol=1e-4),
        "three times the contrast changed it: normalise each image",
    )


@check(12, "gabor_kernel", "a wave under a bell, without a mean")
def _(m: Any) -> None:
    kernel = np.asarray(m.features.gabor_kernel(0.25, 0.0, 9, 2.0))
    expect(kernel.shape == (9, 9), f"size=9 gives {kernel.shape}")
    expect(abs(kernel.sum()) < 1e-9, f"its sum is {kernel.sum():.3f}: subtract the mean, or flat images answer")
    x = np.arange(9) - 4
    row = np.exp(-(x**2) / 8) * np.cos(np.pi / 2 * x)
    expect(
        np.allclose(kernel[4] - kernel[4, 4], row - row[4]),
        "the middle row of frequency 1/4, angle 0 is not e^(-x^2/8) cos(pi x/2)",
    )
    turned = np.asarray(m.features.gabor_kernel(0.25, np.pi / 2, 9, 2.0))
    expect(
        np.allclose(turned, kernel.T),
        "turned by pi / 2 it should be the transpose: x cos(angle) + y sin(angle), the angle in radians",
    )


@check(12, "gabor", "the mean strength over all places")
def _(m: Any) -> None:
    random = np.random.RandomState(4)
    images, kernels = random.randn(2, 7, 6), random.randn(3, 3, 3)
    found = np.asarray(m.features.gabor(images, list(kernels)))
    expect(found.shape == (2, 3), f"2 images and 3 kernels give {found.shape}, not (2, 3)")
    answers = [[(images[:, r : r + 3, c : c + 3, None] * k[..., None]).sum((1, 2, 3)) for r in range(5) for c in range(4)]
               for k in kernels]  # fmt: skip
    right = np.abs(answers).mean(1).T
    signed = np.abs(np.mean(answers, 1)).T
    why = " Take absolute values before the mean, or answers cancel." if np.allclose(found, signed) else ""
    expect(
        np.allclose(found, right),
        f"random images of 7 x 6 and kernels of 3 x 3 have the strengths {found.round(3).tolist()}, not "
        f"{right.round(3).tolist()}, the mean of all 5 x 4 places.{why}",
    )


@check(12, "gabor", "stripes answer to their own direction")
def _(m: Any) -> None:
    kernels = [m.features.gabor_kernel(0.25, a) for a in (0.0, np.pi / 2)]
    stripes = np.tile(np.cos(np.pi / 2 * np.arange(20)), (1, 20, 1))
    found = np.asarray(m.features.gabor(np.concatenate([stripes, stripes.swapaxes(1, 2)]), kernels))
    expect(found.shape == (2, 2), f"2 images and 2 kernels give {found.shape}")
    small = f"stripes of the kernel's own frequency answer {found[0, 0]:.3f}: take absolute values before the mean, or they cancel"
    expect(found[0, 0] > 1, small)
    expect(
        found[0, 0] > 5 * found[0, 1] and found[1, 1] > 5 * found[1, 0],
        f"stripes along both axes answer {found.round(2).tolist()}: the own direction should win. Are absolute values taken before the mean?",
    )


@check(12, "codebook", "two clouds have two centres")
def _(m: Any) -> None:
    random = np.random.RandomState(0)
    clouds = np.concatenate([random.randn(50, 3) * 0.1, random.randn(50, 3) * 0.1 + 5])
    with np.errstate(all="ignore"):
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = np.asarray(m.features.codebook(clouds, 2, 10))
            many = np.asarray(m.features.codebook(np.repeat(np.eye(3), 20, axis=0), 10, 5))
    middle = np.sort(found.mean(1))
    expect(
        np.allclose(middle, [0, 5], atol=0.2),
        f"clouds around 0 and 5 have centres around {middle}: the mean of the nearest",
    )
    nearest = np.abs(clouds[:, None] - found).sum(-1).argmin(1)
    means = np.array([clouds[nearest == k].mean(0) for k in range(2)])
    expect(np.allclose(found, means), f"the centres {found.round(2).tolist()} are not the mean of the nearest patches")
    expect(np.isfinite(many).all(), "a centre without patches became NaN, the mean of nothing: leave it where it is")


@check(12, "visual_words", "shares of the nearest words")
def _(m: Any) -> None:
    images = _images(2, 12, 12)
    centres = np.random.RandomState(2).randn(5, 108)
    found = np.asarray(m.features.visual_words(images, centres))
    expect(found.shape == (2, 5), f"2 images and 5 words give {found.shape}")
    expect(
        np.allclose(found.sum(1), 1),
        f"the shares of an image add up to {found.sum(1)}: divide by its number of patches",
    )
    own = m.features.patches_of(images)[0]
    exact = np.asarray(m.features.visual_words(images[:1], own))
    expect(
        np.allclose(exact, 1 / len(own)),
        "with an image's own patches as words each is the nearest to one patch: argmin",
    )
