"""Features of images and points: what a linear classifier sees instead of pixels.

Functions of a batch, and transformers of the same kind that sit in a scikit-learn Pipeline. Each is loaded when it is
first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._later import Later

if TYPE_CHECKING:
    from microdl.features.color import color_histogram, rgb_to_hsv
    from microdl.features.filters import gabor, gabor_bank, gabor_features, gabor_kernel
    from microdl.features.gradients import hog, hog_cells
    from microdl.features.lifting import lift, polar
    from microdl.features.patterns import lbp, lbp_histogram
    from microdl.features.transformers import HOG, LBP, ColorHistogram, Concatenate, Gabor, Lift, Polar, Standardise
    from microdl.features.words import VisualWords, visual_words

__all__ = [
    "HOG",
    "LBP",
    "ColorHistogram",
    "Concatenate",
    "Gabor",
    "Lift",
    "Polar",
    "Standardise",
    "VisualWords",
    "color_histogram",
    "gabor",
    "gabor_bank",
    "gabor_features",
    "gabor_kernel",
    "hog",
    "hog_cells",
    "lbp",
    "lbp_histogram",
    "lift",
    "polar",
    "rgb_to_hsv",
    "visual_words",
]

if not TYPE_CHECKING:
    _FILES = {
        ".color": "color_histogram rgb_to_hsv",
        ".filters": "gabor gabor_bank gabor_features gabor_kernel",
        ".gradients": "hog hog_cells",
        ".lifting": "lift polar",
        ".patterns": "lbp lbp_histogram",
        ".transformers": "HOG LBP ColorHistogram Concatenate Gabor Lift Polar Standardise",
        ".words": "VisualWords visual_words",
    }
    __getattr__ = Later(__name__, _FILES, f". Its features: {', '.join(__all__)}.")
    __dir__ = __getattr__.dir
