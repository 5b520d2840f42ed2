"""What the transformers share: scikit-learn's interface, and how images come as rows of a matrix."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, TypeVar

import numpy as np

from .._estimator import Estimator
from ._images import Array, as_images, check_dtype, to_array

T = TypeVar("T", bound="Transformer")
Images = TypeVar("Images", bound="ImageTransformer")

_PIXELS = (np.dtype(np.uint8), np.dtype(np.float32), np.dtype(np.float64))
_OUTPUTS = ("default", "pandas")


class Transformer(Estimator):
    """The base: `fit` learns what there is to learn, `transform` gives (samples, features) arrays."""

    _estimator_type = "transformer"

    def fit(self: T, X: Any, y: Any = None) -> T:
        raise NotImplementedError

    def transform(self, X: Any) -> Any:
        raise NotImplementedError

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        """`fit(X, y).transform(X)`."""
        return self.fit(X, y).transform(X)

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """The names of the features that `transform` gives. Raises as scikit-learn's own where they do not fit."""
        self._check_fitted()
        return np.array(self._names_out(self._names_in(input_features)), dtype=object)

    def set_output(self: T, *, transform: str | None = None) -> T:
        """With "pandas", `transform` gives a data frame with `get_feature_names_out`'s columns; "default": an array.

        None leaves it as it is. ValueError for another name.
        """
        if transform is not None:
            if transform not in _OUTPUTS:
                raise ValueError(f"transform is one of {', '.join(map(repr, _OUTPUTS))}, got {transform!r}")
            self._sklearn_output_config = {"transform": transform}  # scikit-learn's `clone` copies what is so named
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _names_out(self, names: Array) -> Sequence[str]:
        raise NotImplementedError

    def _names_in(self, given: Any) -> Array:
        known, width = getattr(self, "feature_names_in_", None), self.n_features_in_
        if given is None:
            return known if known is not None else np.array([f"x{i}" for i in range(width)], dtype=object)
        names = np.asarray(given, dtype=object)
        if known is not None and not np.array_equal(known, names):
            raise ValueError("input_features is not equal to feature_names_in_")
        if len(names) != width:
            raise ValueError(
                f"input_features should have length equal to number of features ({width}), got {len(names)}"
            )
        return names

    def _output(self, array: Array, X: Any) -> Any:
        """The array, or a data frame where one is asked for, here or by scikit-learn's `set_config`."""
        kind = getattr(self, "_sklearn_output_config", {}).get("transform")
        if kind is None:
            theirs = sys.modules.get("sklearn")
            kind = theirs.get_config()["transform_output"] if theirs else "default"
        if kind == "default":
            return array
        if kind not in _OUTPUTS:
            raise ValueError(f"transform_output is one of {', '.join(map(repr, _OUTPUTS))}, got {kind!r}")
        pandas = import_module("pandas")
        index = X.index if isinstance(X, (pandas.DataFrame, pandas.Series)) else None
        return pandas.DataFrame(array, columns=self.get_feature_names_out(), index=index)


class ImageTransformer(Transformer):
    """The base of features of images.

    Images come as `as_images` takes them; or as rows of pixels, as scikit-learn hands matrices on, which have
    `image_shape`, (height, width) or (height, width, 3), in C order. `fit` notes their shape, and `transform` asks for
    the same one.
    """

    image_shape: Any
    n_features_in_: int

    def fit(self: Images, X: Any, y: Any = None) -> Images:
        """Note the images' shape, check the parameters against it, and learn what there is to learn."""
        images = self._images(X, reset=True)
        self._learn(images)
        self._n_features_out = self._features(images[:1]).shape[1]
        return self

    def transform(self, X: Any) -> Any:
        """The features of the images, (n, features): float64 for float64 images, float32 for all others."""
        self._check_fitted()
        return self._output(self._features(self._images(X, reset=False)), X)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_n_features_out")

    def __sklearn_tags__(self) -> Any:
        """Not any matrix is one of images: scikit-learn's `check_estimator`, which tries many, passes these over."""
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array, tags.input_tags.three_d_array = False, True
        return tags

    def _learn(self, images: Array) -> None:
        pass

    def _features(self, images: Array) -> Array:
        raise NotImplementedError

    def _names_out(self, names: Array) -> Sequence[str]:
        return [f"{type(self).__name__.lower()}{i}" for i in range(self._n_features_out)]

    def _images(self, X: Any, reset: bool) -> Array:
        X = X if hasattr(X, "ndim") else to_array(X)
        images = as_images(self._unrolled(X, reset) if X.ndim == 2 else X)
        shape = images.shape[1:]
        wanted = _shape(self.image_shape) if reset else self.image_shape_
        if wanted is not None and shape != wanted:
            by = "image_shape is" if reset else f"{type(self).__name__} was fitted with images of shape"
            raise ValueError(f"{by} {wanted}, but these images have shape {shape}")
        if reset:
            self.image_shape_: tuple[int, ...] = shape
            self.n_features_in_ = math.prod(shape)
            if X.ndim != 2 and hasattr(self, "feature_names_in_"):
                del self.feature_names_in_  # of the rows that it was fitted with before
        return images

    def _unrolled(self, X: Any, reset: bool) -> Array:
        shape = _shape(self.image_shape)
        if shape is None:
            raise ValueError(
                f"rows of pixels, of shape {np.shape(X)}, are images only with {type(self).__name__}(image_shape=...), "
                "(height, width) or (height, width, 3)"
            )
        if not hasattr(X, "tocsr"):
            check_dtype(to_array(X))
        rows = self._check_features(X, reset, _PIXELS)
        if rows.shape[1] != math.prod(shape):
            raise ValueError(f"image_shape {shape} has {math.prod(shape)} numbers, but the rows have {rows.shape[1]}")
        return rows.reshape(-1, *shape)


def _shape(image_shape: Any) -> tuple[int, ...] | None:
    if image_shape is None:
        return None
    shape = tuple(map(int, image_shape)) if np.iterable(image_shape) else ()
    if len(shape) not in (2, 3) or min(shape) < 1 or (len(shape) == 3 and shape[2] not in (1, 3)):
        raise ValueError(f"image_shape is (height, width) or (height, width, 3), got {image_shape!r}")
    return shape[:2] if shape[2:] == (1,) else shape
