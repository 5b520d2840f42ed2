"""Pictures, drawn with matplotlib: each of the lectures' from one call.

Each function takes models, estimators, tensors, arrays and lists as they are, draws on the axes that it is given as
`ax`, or on those of a new `matplotlib.figure.Figure`, and returns them; `save_figure` writes them to a file. Only
matplotlib's object-oriented interface is used: no `pyplot`, no window, no global state. Colours are those of Okabe and
Ito, and never stand alone: markers, dashes, hatches or labels say the same in grey.

Matplotlib is imported when a picture is drawn, never before. Install it with ``pip install "microdl[plots]"``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._later import Later

if TYPE_CHECKING:
    from microdl.plots.confusion import plot_confusion_matrix
    from microdl.plots.curves import plot_curves, plot_losses
    from microdl.plots.files import save_figure
    from microdl.plots.graph import graph_dot, graph_svg, plot_graph
    from microdl.plots.hog import plot_hog
    from microdl.plots.images import plot_codebook, plot_gabor_bank, plot_images
    from microdl.plots.penalties import plot_penalties
    from microdl.plots.regions import plot_decision_regions
    from microdl.plots.scores import plot_loss_functions
    from microdl.plots.surface import loss_paths, plot_loss_surface
    from microdl.plots.templates import plot_templates
    from microdl.plots.validation import plot_cross_validation

__all__ = [
    "graph_dot",
    "graph_svg",
    "loss_paths",
    "plot_codebook",
    "plot_confusion_matrix",
    "plot_cross_validation",
    "plot_curves",
    "plot_decision_regions",
    "plot_gabor_bank",
    "plot_graph",
    "plot_hog",
    "plot_images",
    "plot_loss_functions",
    "plot_loss_surface",
    "plot_losses",
    "plot_penalties",
    "plot_templates",
    "save_figure",
]

if not TYPE_CHECKING:
    _FILES = {
        ".confusion": "plot_confusion_matrix",
        ".curves": "plot_curves plot_losses",
        ".files": "save_figure",
        ".graph": "graph_dot graph_svg plot_graph",
        ".hog": "plot_hog",
        ".images": "plot_codebook plot_gabor_bank plot_images",
        ".penalties": "plot_penalties",
        ".regions": "plot_decision_regions",
        ".scores": "plot_loss_functions",
        ".surface": "loss_paths plot_loss_surface",
        ".surfaces": "",
        ".templates": "plot_templates",
        ".validation": "plot_cross_validation",
    }
    __getattr__ = Later(__name__, _FILES, f". Its pictures: {', '.join(__all__)}.")
    __dir__ = __getattr__.dir
