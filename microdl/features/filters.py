"""Gabor filters, and what images answer to them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..kernels import filters
from ._images import Array, as_images, result_dtype
from ._options import choice, positive

__all__ = ["gabor", "gabor_bank", "gabor_features", "gabor_kernel"]


def gabor_kernel(
    frequency: float,
    theta: float = 0.0,
    bandwidth: float = 1.0,
    sigma_x: float | None = None,
    sigma_y: float | None = None,
    n_stds: float = 3,
    offset: float = 0.0,
) -> Array:
    """A wave under a Gaussian bell: it answers to stripes of one frequency and direction.

    With x to the right and y downwards from the middle, u = x cos theta + y sin theta and
    v = -x sin theta + y cos theta,

        g = exp(-(u^2 / sigma_x^2 + v^2 / sigma_y^2) / 2 + i (2 pi frequency u + offset)) / (2 pi sigma_x sigma_y)

    out to `n_stds` standard deviations, rounded up, and at least one pixel.

    Args:
        frequency: of the wave, in cycles a pixel.
        theta: the direction in which the wave runs, in radians.
        bandwidth: in octaves, of the frequencies it answers to at half the height; gives the sigmas where they are
            None: sqrt(log(2) / 2) / (pi frequency) (2^bandwidth + 1) / (2^bandwidth - 1).
        sigma_x, sigma_y: standard deviations of the bell along the wave and across, in pixels.
        n_stds: size of the filter in standard deviations.
        offset: phase of the wave in radians.

    Returns:
        complex128 with odd numbers of rows and columns.

    Raises:
        ValueError: for what is not a number, or not above 0 (theta and offset: not finite).

    >>> import numpy as np
    >>> from microdl.features import gabor_kernel
    >>> np.round(gabor_kernel(0.25, sigma_x=1, sigma_y=1, n_stds=1), 3)
    array([[0.   -0.059j, 0.097+0.j   , 0.   +0.059j],
           [0.   -0.097j, 0.159+0.j   , 0.   +0.097j],
           [0.   -0.059j, 0.097+0.j   , 0.   +0.059j]])

    Sources: J. G. Daugman, Uncertainty relation for resolution in space, spatial frequency, and orientation optimized
    by two-dimensional visual cortical filters, JOSA A 2 (7), 1985;
    https://scikit-image.org/docs/stable/api/skimage.filters.html#skimage.filters.gabor_kernel; lecture E.
    """
    frequency, n_stds = positive(frequency, "frequency"), positive(n_stds, "n_stds")
    theta, offset = _angle(theta, "theta"), _angle(offset, "offset")
    usual = _usual_sigma(frequency, positive(bandwidth, "bandwidth"))
    along = usual if sigma_x is None else positive(sigma_x, "sigma_x")
    across = usual if sigma_y is None else positive(sigma_y, "sigma_y")
    cosine, sine = math.cos(theta), math.sin(theta)
    reach_x = math.ceil(max(abs(n_stds * along * cosine), abs(n_stds * across * sine), 1))
    reach_y = math.ceil(max(abs(n_stds * across * cosine), abs(n_stds * along * sine), 1))
    y, x = np.mgrid[-reach_y : reach_y + 1, -reach_x : reach_x + 1]
    u, v = x * cosine + y * sine, y * cosine - x * sine
    bell = -0.5 * (u**2 / along**2 + v**2 / across**2)
    wave: Array = np.exp(bell + 1j * (2 * np.pi * frequency * u + offset))
    return wave / (2 * np.pi * along * across)


def _usual_sigma(frequency: float, bandwidth: float) -> float:
    octaves: float = 2.0**bandwidth
    return math.sqrt(math.log(2) / 2) / (math.pi * frequency) * (octaves + 1) / (octaves - 1)


def _angle(value: Any, name: str) -> float:
    number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    if not number or not math.isfinite(value):
        raise ValueError(f"{name} must be a finite number of radians, got {value!r}")
    return float(value)


def gabor_bank(
    frequencies: Sequence[float] = (0.1, 0.2, 0.4),
    orientations: int | Sequence[float] = 4,
    *,
    bandwidth: float = 1.0,
    sigma_x: float | None = None,
    sigma_y: float | None = None,
    n_stds: float = 3,
    offset: float = 0.0,
) -> list[Array]:
    """Gabor filters of several frequencies and directions.

    Args:
        frequencies: in cycles a pixel.
        orientations: the directions in radians; or how many: k pi / orientations for k = 0, 1, ...
        bandwidth, sigma_x, sigma_y, n_stds, offset: of each, as in `gabor_kernel`.

    Returns:
        The filters, in all directions with the first frequency, then with the second, and so on.

    Raises:
        ValueError: as `gabor_kernel`; where there is no frequency or no direction.

    >>> from microdl.features import gabor_bank
    >>> [g.shape for g in gabor_bank([0.2, 0.4], 2)]
    [(19, 19), (19, 19), (11, 11), (11, 11)]
    """
    if isinstance(orientations, (int, np.integer)) and not isinstance(orientations, bool):
        angles = [k * math.pi / int(orientations) for k in range(int(orientations))]
    else:
        angles = list(_numbers(orientations, "orientations"))
    waves = list(_numbers(frequencies, "frequencies"))
    if not angles or not waves:
        raise ValueError(f"a bank needs a frequency and an orientation, got {frequencies!r} and {orientations!r}")
    rest = (bandwidth, sigma_x, sigma_y, n_stds, offset)
    return [gabor_kernel(frequency, angle, *rest) for frequency in waves for angle in angles]


def _numbers(values: Any, name: str) -> Iterator[Any]:
    if isinstance(values, (str, bytes, bool)) or not hasattr(values, "__iter__"):
        raise ValueError(f"{name} must be a sequence of numbers, got {values!r}")
    return iter(values.tolist() if isinstance(values, np.ndarray) else values)


def gabor(
    images: Any,
    bank: Sequence[Any],
    *,
    mode: str = "reflect",
    cval: float = 0.0,
    dtype: Any = None,
) -> Array:
    """The images' responses to filters, by convolution.

    out[i, k, r, c] = sum over y, x of bank[k][y, x] images[i, r - y, c - x], where y and x count from the middle
    of the filter, its row rows // 2 and its column columns // 2.

    Each filter is taken apart into products of a column and a row (one product where a Gabor filter's bell is round),
    which cost far less than its rows times its columns; images are taken by the million pixels.

    Args:
        images: (n, height, width), grey; uint8 (as the numbers 0 to 255) or floats.
        bank: filters, real or complex matrices of any sizes, such as `gabor_bank` gives.
        mode: what is beyond the edges, as in SciPy: "reflect" (d c b a | a b c d | d c b a), "mirror"
            (d c b | a b c d | c b a), "nearest" (a a a | a b c d | d d d), "wrap" (b c d | a b c d | a b c) or
            "constant".
        cval: the constant.
        dtype: in which precision; float64 for images of float64, and float32 for others, if None.

    Returns:
        (n, filters, height, width), complex64 or complex128; float32 or float64 if all filters are real.

    Raises:
        ValueError: for an unknown mode; for another shape of images or filters, NaN and infinity.
        TypeError: for images of another dtype.

    Stripes of four pixels, seen by filters across and along them:

    >>> import numpy as np
    >>> from microdl.features import gabor, gabor_bank
    >>> stripes = np.tile([0.0, 0.0, 1.0, 1.0], (1, 16, 4))
    >>> bank = gabor_bank([0.25], 2)
    >>> np.abs(gabor(stripes, bank, mode="wrap"))[0, :, 8, 8].round(2)
    array([0.35, 0.  ])

    Sources: https://docs.scipy.org/doc/scipy/reference/generated/scipy.ndimage.convolve.html, which gives the same
    numbers; https://scikit-image.org/docs/stable/api/skimage.filters.html#skimage.filters.gabor; lecture E.
    """
    array, taken, real = _prepared(images, bank, mode, cval, dtype)
    single = real == np.float32
    complex_dtype = np.complex64 if single else np.complex128
    (n, height, width), answer = array.shape, complex_dtype if any(map(np.iscomplexobj, bank)) else real
    out = np.empty((n, len(taken), height, width), answer)
    border = filters.Border(taken, mode, cval)
    for begin, end, chunk in border.chunks(array, real):
        response = np.empty((end - begin, height, width), complex_dtype)
        for k, one in enumerate(taken):
            filters.respond(chunk, border, one, response)
            out[begin:end, k] = response if np.iscomplexobj(out) else response.real
    return out


def gabor_features(
    images: Any,
    bank: Sequence[Any],
    *,
    mode: str = "reflect",
    cval: float = 0.0,
    dtype: Any = None,
) -> Array:
    """How strong the images' responses to filters are, and how much that varies: texture as a feature vector.

    For each filter in turn two features: the mean of the responses' absolute values over the image, and their standard
    deviation. The responses themselves, as `gabor` gives them, are never all held.

    Args:
        images, bank, mode, cval, dtype: as in `gabor`.

    Returns:
        (n, 2 * filters).

    Raises:
        ValueError, TypeError: as `gabor`.

    >>> import numpy as np
    >>> from microdl.features import gabor_bank, gabor_features
    >>> stripes = np.tile([0.0, 0.0, 1.0, 1.0], (1, 16, 4))
    >>> gabor_features(stripes, gabor_bank([0.25], 2), mode="wrap").round(2)
    array([[0.35, 0.  , 0.  , 0.  ]])
    """
    array, taken, real = _prepared(images, bank, mode, cval, dtype)
    n, height, width = array.shape
    out = np.empty((len(taken), n, 2), real)
    border = filters.Border(taken, mode, cval)
    for begin, end, chunk in border.chunks(array, real):
        response = np.empty((end - begin, height, width), np.complex64 if real == np.float32 else np.complex128)
        for k, one in enumerate(taken):
            filters.respond(chunk, border, one, response)
            filters.moments(response, out[k, begin:end])
    return np.ascontiguousarray(out.transpose(1, 0, 2)).reshape(n, -1)


def _prepared(
    images: Any, bank: Any, mode: str, cval: float, dtype: Any
) -> tuple[Array, list[filters.Filter], np.dtype[Any]]:
    choice(mode, "mode", filters.MODES)
    _angle(cval, "cval")
    array = as_images(images, 1)
    real = result_dtype(array, dtype)
    if isinstance(bank, np.ndarray) and bank.ndim == 2:
        raise ValueError(f"bank must be a sequence of filters, got a single one of shape {bank.shape}: use [filter]")
    taken = [filters.Filter(_checked(one, k), real) for k, one in enumerate(bank)]
    if not taken:
        raise ValueError("bank must have at least one filter, got none")
    return array, taken, real


def _checked(one: Any, k: int) -> Array:
    weights = np.asarray(one)
    if weights.ndim != 2 or not weights.size or weights.dtype.kind not in "biufc":
        raise ValueError(
            f"bank[{k}] must be a matrix of numbers, got {weights.dtype} of shape {weights.shape}; see gabor_bank"
        )
    if not np.isfinite(weights).all():
        raise ValueError(f"bank[{k}] holds {weights[~np.isfinite(weights)][0]}: a filter's numbers are finite")
    return weights
