"""Features of images and points: what a linear classifier sees instead of pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._later import Later

if TYPE_CHECKING:
    from microdl.features.color import color_histogram, rgb_to_hsv
    from microdl.features.filters import gabor, gabor_bank, gabor_features, gabor_kernel
    from microdl.features.gradients import hog, hog_cells
    from microdl.features.lifting import lift, polar
    from microdl.features.patterns import lbp, lbp_histogram

__all__ = [
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
]

if not TYPE_CHECKING:
    _FILES = {
        ".color": "color_histogram rgb_to_hsv",
        ".filters": "gabor gabor_bank gabor_features gabor_kernel",
        ".gradients": "hog hog_cells",
        ".lifting": "lift polar",
        ".patterns": "lbp lbp_histogram",
    }
    __getattr__ = Later(__name__, _FILES, f". Its features: {', '.join(__all__)}.")
    __dir__ = __getattr__.dir
