"""Bag of visual words: an image as the histogram of which patches of a codebook it is made of."""

from __future__ import annotations

import math
from collections.abc import Iterator
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from ..kernels import patches as kernels
from ..kernels.product import product
from ._images import Array, as_images, result_dtype
from ._options import choice, positive, positive_int
from ._transformer import ImageTransformer

__all__ = ["VisualWords", "visual_words"]

ENCODINGS = ("hard", "soft")

_CONTRAST = 10.0
"""Added to the variance of a patch of bytes before it is divided by: patches without contrast do not become noise."""

_BLOCK = 2**23
"""Numbers of patches, and of their likeness to words, that are in memory at a time: 32 MB in float32."""


def visual_words(
    images: Any,
    codebook: Any,
    *,
    mean: Any = None,
    whitening: Any = None,
    stride: int = 1,
    encoding: str = "hard",
    quadrants: bool = False,
    dtype: Any = None,
) -> Array:
    """Each image as a histogram of visual words: shape (n, words), or (n, 4 words) with `quadrants`.

    Every patch x of an image, `stride` pixels apart, has its contrast normalised, (x - its mean) / sqrt(its variance +
    10) (in the scale of bytes, 0 to 255), is whitened, z = W (x - mean), and is encoded by its distances to the K
    words, d_k = |z - c_k|: "hard" is 1 for the nearest word (the first of several) and 0 for all others; "soft" is the
    triangle of Coates, Ng and Lee, max(0, mean of d - d_k). An image is the mean of its patches' codes.

    Args:
        images: (n, height, width) grey or (n, height, width, 3) colour, uint8 (0 to 255) or floats (0 to 1).
        codebook: the words, patches (K, size, size) or (K, size, size, 3): `VisualWords` learns one.
        mean, whitening: of shapes (d,) and (d, d) with d = size^2 channels, the latter symmetric; None: patches are not
            whitened.
        encoding: "hard" or "soft".
        quadrants: one histogram for each quarter of the image, in the order of reading, one after the other; the upper
            and left quarters have the patch in the middle, where there is one.
        dtype: of the result; None: float64 for float64 images, float32 for all others.

    Memory is bounded by some patches at a time, whatever the number of images; the result does not depend on threads.
    Raises ValueError for shapes that do not fit together, images smaller than a patch, NaN, and another encoding;
    TypeError for other dtypes.

    Source: A. Coates, A. Y. Ng, H. Lee, "An analysis of single-layer networks in unsupervised feature learning",
    AISTATS 2011; the lecture "Loss function and optimisation".

    >>> import numpy as np
    >>> edges = np.array([[[-1.0, 1.0], [-1.0, 1.0]], [[-1.0, -1.0], [1.0, 1.0]]])  # of a step right, of a step down
    >>> images = np.zeros((1, 3, 3), np.uint8)
    >>> images[:, :, 2] = 255
    >>> visual_words(images, edges)
    array([[1., 0.]], dtype=float32)
    """
    array = as_images(images)
    found = result_dtype(array, dtype)
    _check_moderate(array, found)
    words = _codebook(codebook, array)
    size = words.shape[1]
    choice(encoding, "encoding", ENCODINGS)
    flat = words.reshape(len(words), -1).astype(np.float64)
    mean, whitening = _whitening(mean, whitening, flat.shape[1])
    dense = _Dense.of(array, size, positive_int(stride, "stride"))
    cells = dense.cells(quadrants)
    coder = _Coder.of(flat, mean, whitening, encoding, found)
    sizes = np.bincount(cells)
    out = np.empty((len(array), len(sizes), len(words)), found)
    for first, last, sums in _sums(array, dense, coder, cells):
        out[first:last] = sums / sizes[:, None]
    return out.reshape(len(array), -1)


class VisualWords(ImageTransformer):
    """A codebook of visual words, learnt from patches of images, and images as histograms of its words.

    `fit` cuts `n_patches` patches at random places (all there are, if there are fewer), normalises their contrast,
    whitens them by ZCA, W = U (D + eps)^(-1/2) U^T with the eigenvalues D and eigenvectors U of their covariance, and
    clusters them with scikit-learn's MiniBatchKMeans: the centres are the words. `transform` is `visual_words`, which
    says what the encoding is.

    Args:
        n_words: size of the codebook.
        patch_size: height and width of a patch.
        n_patches: how many patches the codebook is learnt from.
        stride: pixels from one patch to the next when images are encoded.
        whitening: whether patches are whitened.
        eps: added to the eigenvalues of the covariance of patches whose contrast is normalised, so 1 is a typical one:
            0.1 as in the source. Directions of less variance than that are taken as noise and stay small.
        encoding: "hard" (nearest word) or "soft" (triangle).
        quadrants: four histograms, one for each quarter of the image.
        random_state: seed of the patches and the clusters: an int, a NumPy Generator or RandomState, or None.
        image_shape: (height, width) or (height, width, 3), where images come as rows of pixels.

    Attributes:
        codebook_: (n_words, patch_size, patch_size) or (..., 3), the words among whitened patches, as pictures.
        mean_, whitening_: of the patches, None without whitening.
        image_shape_, n_features_in_: of the images it was fitted with.

    Raises ImportError in `fit` where scikit-learn is not installed; ValueError for more words than patches, and as
    `visual_words` does.

    Source: as `visual_words`.

    >>> VisualWords(n_words=100, encoding="soft")
    VisualWords(n_words=100, encoding='soft')
    """

    def __init__(
        self,
        n_words: int = 200,
        patch_size: int = 6,
        n_patches: int = 50_000,
        stride: int = 1,
        whitening: bool = True,
        eps: float = 0.1,
        encoding: str = "hard",
        quadrants: bool = False,
        random_state: Any = None,
        image_shape: Any = None,
    ) -> None:
        self.n_words = n_words
        self.patch_size = patch_size
        self.n_patches = n_patches
        self.stride = stride
        self.whitening = whitening
        self.eps = eps
        self.encoding = encoding
        self.quadrants = quadrants
        self.random_state = random_state
        self.image_shape = image_shape

    def _learn(self, images: Array) -> None:
        from threadpoolctl import threadpool_limits

        choice(self.encoding, "encoding", ENCODINGS)
        positive_int(self.stride, "stride")
        clusters = _clusters()
        random = _generator(self.random_state)
        drawn = self._draw(images, random)
        n_words = positive_int(self.n_words, "n_words")
        if n_words > len(drawn):
            raise ValueError(f"n_words={n_words} words cannot be learnt from {len(drawn)} patches: n_patches or images")
        self.mean_: Array | None = None
        self.whitening_: Array | None = None
        if self.whitening:
            self.mean_, self.whitening_ = zca(drawn, self.eps)
            drawn = product(drawn - self.mean_, self.whitening_)
        seed = int(random.integers(2**31 - 1))
        with threadpool_limits(1):  # its threads wait for each other after each small batch; and sums keep their order
            centres = clusters(n_words, batch_size=1024, n_init=3, random_state=seed).fit(drawn).cluster_centers_
        self.codebook_ = centres.reshape(n_words, self.patch_size, self.patch_size, *images.shape[3:])

    def _draw(self, images: Array, random: np.random.Generator) -> Array:
        """Patches at different places, their contrast normalised, one a row."""
        _check_moderate(images, result_dtype(images))
        dense = _Dense.of(images, self.patch_size, 1)
        every = len(images) * dense.rows * dense.cols
        wanted = positive_int(self.n_patches, "n_patches")
        places = random.choice(every, wanted, replace=False) if wanted < every else np.arange(every)
        return dense.cut(images, places.astype(np.int64), result_dtype(images), ones=False)

    def _features(self, images: Array) -> Array:
        return visual_words(
            images,
            self.codebook_,
            mean=self.mean_,
            whitening=self.whitening_,
            stride=self.stride,
            encoding=self.encoding,
            quadrants=self.quadrants,
        )


def zca(rows: Array, eps: float) -> tuple[Array, Array]:
    """Their mean, and the symmetric W with which W (x - mean) has almost the identity as covariance.

    W = U (D + eps)^(-1/2) U^T with the eigenvalues D and eigenvectors U of the covariance; eps, above 0, keeps
    directions without variance from a division by 0. ValueError for another eps.
    """
    positive(eps, "eps")
    mean = rows.mean(0, dtype=np.float64)
    centred = (rows - mean).astype(np.float64, copy=False)
    values, vectors = np.linalg.eigh(centred.T @ centred / len(rows))
    whitening = (vectors / np.sqrt(np.maximum(values, 0) + eps)) @ vectors.T
    return mean.astype(rows.dtype), ((whitening + whitening.T) / 2).astype(rows.dtype)


class _Dense(NamedTuple):
    """Where the patches of an image are: a grid of `rows` times `cols`, `stride` pixels apart."""

    size: int
    stride: int
    rows: int
    cols: int

    @classmethod
    def of(cls, images: Array, size: Any, stride: int) -> _Dense:
        size, (height, width) = positive_int(size, "patch_size"), images.shape[1:3]
        if size > min(height, width):
            raise ValueError(f"patches of {size} x {size} pixels do not fit into images of {height} x {width}")
        return cls(size, stride, (height - size) // stride + 1, (width - size) // stride + 1)

    def cut(self, images: Array, places: Array, dtype: Any, ones: bool) -> Array:
        """The patches at these places, one a row, their contrast normalised; with `ones` a 1 behind each."""
        channels = math.prod(images.shape[3:])
        out = np.empty((len(places), self.size**2 * channels + ones), dtype)
        floor = _CONTRAST if images.dtype == np.uint8 else _CONTRAST / 255**2
        flat = images.reshape(*images.shape[:2], -1)
        kernels.cut(out, flat, places, self.rows, self.cols, channels, self.size, self.stride, floor)
        return out

    def cells(self, quadrants: bool) -> Array:
        """The number of the cell, 0, or 0 to 3 for the quadrants, of each patch of an image."""
        if not quadrants:
            return np.zeros(self.rows * self.cols, np.int64)
        if min(self.rows, self.cols) < 2:
            raise ValueError(f"{self.rows} x {self.cols} patches have no quadrants: smaller patches, or larger images")
        below, right = (2 * np.arange(n) > n - 1 for n in (self.rows, self.cols))
        return (2 * below[:, None] + right).astype(np.int64).ravel()


class _Coder(NamedTuple):
    """What encodes patches with a 1 behind them: the distances are |z|^2 - 2 (z c - |c|^2 / 2), with z affine in x."""

    scores: Array
    """(d + 1, words): [x, 1] @ scores = z c - |c|^2 / 2."""
    whitening: Array | None
    """(d + 1, d): [x, 1] @ whitening = z, where |z|^2 matters."""

    @classmethod
    def of(cls, words: Array, mean: Array, whitening: Array, encoding: str, dtype: Any) -> _Coder:
        with np.errstate(over="ignore", invalid="ignore"):
            turned = whitening @ words.T
            bias = -(mean @ turned) - (words**2).sum(1) / 2
            affine = np.vstack([whitening, -(mean @ whitening)])
        with np.errstate(over="ignore"):
            scores, affine = np.vstack([turned, bias]).astype(dtype), affine.astype(dtype)
        if not (np.isfinite(scores).all() and np.isfinite(affine).all()):
            raise ValueError(f"a codebook or whitening as large as {np.abs(words).max()} overflows {np.dtype(dtype)}")
        return cls(scores, affine if encoding == "soft" else None)

    def add(self, patches: Array, places: Array, cells: Array, sums: Array) -> None:
        """Add the codes of the patches to the sums (images, cells, words)."""
        scores = product(patches, self.scores)
        if self.whitening is None:
            nearest = np.empty(len(places), np.int64)
            kernels.best(scores, nearest)
            kernels.count(nearest, places, cells, sums)
        else:
            white = product(patches, self.whitening)
            kernels.triangle(scores, np.einsum("ij,ij->i", white, white))
            kernels.add(scores, places, cells, sums)


def _sums(images: Array, dense: _Dense, coder: _Coder, cells: Array) -> Iterator[tuple[int, int, Array]]:
    """The sums of codes by image and cell, for some images at a time: (first, last, sums)."""
    each, (width, words) = len(cells), coder.scores.shape
    most = max(1, _BLOCK // (words + (1 if coder.whitening is None else 2) * width))
    for first in range(0, len(images), max(1, most // each)):
        part = images[first : first + max(1, most // each)]
        sums = np.zeros((len(part), int(cells[-1]) + 1, words))
        for start in range(0, len(part) * each, most):
            places = np.arange(start, min(start + most, len(part) * each))
            coder.add(dense.cut(part, places, coder.scores.dtype, ones=True), places, cells, sums)
        yield first, first + len(part), sums


def _check_moderate(images: Array, dtype: np.dtype[Any]) -> None:
    """ValueError where squares of the images' numbers overflow `dtype`: they would have no contrast."""
    if images.dtype.kind == "f":
        largest = float(max(images.max(), -images.min()))
        if largest > 1e-4 * math.sqrt(np.finfo(dtype).max):
            raise ValueError(f"squares of images as large as {largest} overflow {dtype}: floats are from 0 to 1")


def _codebook(codebook: Any, images: Array) -> Array:
    words = np.asarray(codebook)
    if words.dtype.kind not in "biuf":
        raise TypeError(f"a codebook holds numbers, got {words.dtype}")
    if words.ndim != images.ndim or words.shape[3:] != images.shape[3:] or words.shape[1:2] != words.shape[2:3]:
        shape = "(words, size, size)" if images.ndim == 3 else "(words, size, size, 3)"
        raise ValueError(f"the codebook of images of shape {images.shape} has shape {shape}, got {words.shape}")
    if not words.size or not np.isfinite(words).all():
        raise ValueError(f"the codebook, of shape {words.shape}, is empty or holds NaN or infinity")
    return words


def _whitening(mean: Any, whitening: Any, width: int) -> tuple[Array, Array]:
    """As float64, and what changes nothing for None."""
    mean = np.zeros(width) if mean is None else np.asarray(mean, np.float64)
    whitening = np.eye(width) if whitening is None else np.asarray(whitening, np.float64)
    if mean.shape != (width,) or whitening.shape != (width, width):
        raise ValueError(
            f"patches of {width} numbers need a mean of shape {(width,)} and whitening of {(width, width)}, got "
            f"{mean.shape} and {whitening.shape}"
        )
    return mean, whitening


def _generator(random_state: Any) -> np.random.Generator:
    if isinstance(random_state, np.random.RandomState):
        random_state = int(random_state.randint(2**31 - 1))
    return np.random.default_rng(random_state)


def _clusters() -> Any:
    try:
        return import_module("sklearn.cluster").MiniBatchKMeans
    except ImportError as error:
        raise ImportError(
            "VisualWords.fit clusters patches with scikit-learn, which is not installed: pip install "
            "'microdl[sklearn]'. Images are encoded with a codebook without it"
        ) from error
