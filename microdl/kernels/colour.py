"""Colours of pixels as hue, saturation and value, and how many pixels of each image have which colour.

Hue, saturation and value are those of A. R. Smith, "Color gamut transform pairs" (1978), each from 0 to 1.
"""

import numpy as np
from numpy.typing import NDArray

from ._compile import kernel
from ._threads import bounds, in_parts, threaded

Floats = NDArray[np.floating]
Bytes = NDArray[np.uint8]
Counts = NDArray[np.int64]

_THREADS_FROM = 65_536


@threaded(_THREADS_FROM)
@kernel()
def to_hsv(pool: int, rgb: Floats, hsv: Floats) -> None:
    """Fill hsv, of shape (pixels, 3) as rgb is, whose numbers are from 0 to 1."""
    _to_hsv(pool, rgb, hsv)


@in_parts
@kernel()
def _to_hsv(begin: int, end: int, rgb: Floats, hsv: Floats) -> None:
    first, last = bounds(begin, end, rgb.shape[0])
    rgb, hsv = rgb[first:last], hsv[first:last]
    for i in range(rgb.shape[0]):
        hue, saturation, value = _hsv(float(rgb[i, 0]), float(rgb[i, 1]), float(rgb[i, 2]))
        hsv[i, 0], hsv[i, 1], hsv[i, 2] = hue, saturation, value


@kernel()
def _hsv(r: float, g: float, b: float) -> tuple[float, float, float]:
    """Where two are largest, the hue is the same by either; grey has hue 0, and black saturation 0."""
    top = max(r, g, b)
    span = top - min(r, g, b)
    if span == 0.0:
        return 0.0, 0.0, top
    if b == top:
        hue = 4.0 + (r - g) / span
    elif g == top:
        hue = 2.0 + (b - r) / span
    else:
        hue = (g - b) / span
    hue /= 6.0
    return (hue + 1.0 if hue < 0.0 else hue), span / top, top


@threaded(_THREADS_FROM)
@kernel()
def histograms(pool: int, images: Floats, bins: Counts, hsv: bool, joint: bool, divisor: float, out: Floats) -> None:
    """out[i] = how many pixels of images[i] fall into each bin, divided by `divisor`.

    images (n, pixels, 3) holds numbers from 0 to 1. Each of the three numbers of a pixel, or of its hue, saturation and
    value, falls into one of so many equal bins; 1 into the last. `joint`: a bin for each triple, the last number's
    fastest; otherwise the histograms of the three numbers follow one another.
    """
    _histograms(pool, images, bins, hsv, joint, divisor, out)


@in_parts
@kernel()
def _histograms(
    begin: int, end: int, images: Floats, bins: Counts, hsv: bool, joint: bool, divisor: float, out: Floats
) -> None:
    first, last = bounds(begin, end, images.shape[0])
    counts = np.zeros(out.shape[1], np.int64)
    for i in range(first, last):
        image = images[i]
        for p in range(image.shape[0]):
            x, y, z = float(image[p, 0]), float(image[p, 1]), float(image[p, 2])
            if hsv:
                x, y, z = _hsv(x, y, z)
            _count(counts, _place(x, bins[0]), _place(y, bins[1]), _place(z, bins[2]), bins, joint)
        _write(counts, divisor, out[i])


@kernel()
def _place(number: float, bins: int) -> int:
    return min(int(number * bins), bins - 1)


@threaded(_THREADS_FROM)
@kernel()
def byte_histograms(
    pool: int, images: Bytes, bins: Counts, hsv: bool, joint: bool, divisor: float, out: Floats
) -> None:
    """`histograms` of bytes / 255, with which number is in which bin found in whole numbers: exactly."""
    _byte_histograms(pool, images, bins, hsv, joint, divisor, out)


@in_parts
@kernel()
def _byte_histograms(
    begin: int, end: int, images: Bytes, bins: Counts, hsv: bool, joint: bool, divisor: float, out: Floats
) -> None:
    first, last = bounds(begin, end, images.shape[0])
    counts, place = np.zeros(out.shape[1], np.int64), np.empty((3, 256), np.int64)
    for k in range(3):
        for number in range(256):
            place[k, number] = _share(number, 255, bins[k])
    for i in range(first, last):
        image = images[i]
        for p in range(image.shape[0]):
            r, g, b = np.int64(image[p, 0]), np.int64(image[p, 1]), np.int64(image[p, 2])
            if hsv:
                top = max(r, g, b)
                span = top - min(r, g, b)
                x, y = _share(_six_spans(r, g, b, top, span), 6 * span, bins[0]), _share(span, top, bins[1])
                z = place[2, top]
            else:
                x, y, z = place[0, r], place[1, g], place[2, b]
            _count(counts, x, y, z, bins, joint)
        _write(counts, divisor, out[i])


@kernel()
def _six_spans(r: int, g: int, b: int, top: int, span: int) -> int:
    """Six times the hue, times the span, which makes it a whole number."""
    if b == top:
        return 4 * span + r - g
    if g == top:
        return 2 * span + b - r
    return g - b if g >= b else 6 * span + g - b


@kernel()
def _share(number: int, whole: int, bins: int) -> int:
    """The bin of number / whole; 0 / 0 is 0."""
    if bins == 1 or number == 0:
        return 0
    return min(bins * number // whole, bins - 1)


@kernel()
def _count(counts: Counts, x: int, y: int, z: int, bins: Counts, joint: bool) -> None:
    if joint:
        counts[(x * bins[1] + y) * bins[2] + z] += 1
    else:
        counts[x] += 1
        counts[bins[0] + y] += 1
        counts[bins[0] + bins[1] + z] += 1


@kernel()
def _write(counts: Counts, divisor: float, out: Floats) -> None:
    for k in range(counts.size):
        out[k] = counts[k] / divisor
        counts[k] = 0
