"""Decision regions: what a classifier says everywhere in the plane, with its hyperplanes and their normals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ._decide import Decision, decide
from ._hyperplanes import Bounds, Hyperplane, affine, ties, zeros
from ._style import (
    BLACK,
    EDGE,
    Floats,
    as_array,
    check_finite,
    class_labels,
    colour,
    dashes,
    detached,
    marker,
    new_axes,
    outline,
    tints,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_decision_regions"]

MARGIN = 0.08  # of the data's extent, around it
ARROW = 0.17  # of the picture's width: the longest normal vector
LARGEST_RATIO = 6.0  # of the two extents, up to which a unit is equally long on both axes
MOST_PLANES = 5  # classes, up to which "auto" draws hyperplanes
LINES = ("auto", "zero", "ties", "none")


def plot_decision_regions(
    classifier: Any,
    X: Any,
    y: Any = None,
    ax: Axes | None = None,
    *,
    hyperplanes: str = "auto",
    class_names: Sequence[Any] | None = None,
    feature_names: Sequence[str] | None = None,
    bounds: Bounds | None = None,
    resolution: int = 300,
    title: str | None = None,
) -> Axes:
    """Draw the regions of the plane that a classifier assigns to each class, and the points.

    Regions are pale, each lighter or darker than the others, and parted by a line; points have their class's marker
    and colour. Where the scores are linear in x (found by asking, so lifted and standardised ones count where they
    are), hyperplanes are drawn with their normal vectors, which point to where the score is positive; their lengths
    are in proportion to the norms of the weights.

    Args:
        classifier: a fitted estimator (``predict``; ``decision_function`` if it has one), an ``nn.Module`` of logits
            (points, classes) or of one logit a point, or a function of an array of points (n, 2) that returns scores
            (n, classes), one score a point as floats (positive: the second class), or labels (integers or text).
        X: the points, shape (n, 2), an array, a tensor, lists or a data frame.
        y: their labels, shape (n,); by default the points are drawn without them.
        ax: the axes to draw on; by default a new figure's.
        hyperplanes: ``"zero"``: where each class's score is 0, with its normal w; ``"ties"``: where the two largest
            scores are equal, which bounds the regions, with the normal w_i - w_j; ``"none"``; ``"auto"``: ``"zero"``
            if the scores are linear and of at most 5 classes. A classifier of one score has one hyperplane.
        class_names: names for the legend, in the order of the classes.
        feature_names: for the two axes, with units if there are any; by default a data frame's columns, or x₁, x₂.
        bounds: (left, right, bottom, top) of the picture; by default around the points.
        resolution: along each side, how many points the classifier is asked about.
        title: above the picture.

    Returns:
        The axes. Where the extents are not too different, a unit is equally long on both (right angles look right);
        otherwise hyperplanes are drawn without normals.

    Raises:
        TypeError: ``X`` are not real numbers, or ``classifier`` is none of these.
        ValueError: ``X`` is not (n, 2), is empty, has NaN; ``y`` has another length, or labels that the classifier does
            not know; the classifier takes other than 2 features; an option is unknown; ``hyperplanes`` are asked for
            of scores that are not linear.
        ImportError: matplotlib is not installed.

    Example:
        >>> import numpy as np
        >>> from microdl.plots import plot_decision_regions
        >>> X = np.array([[0.0, 1.0], [1.0, 3.0], [2.0, 0.0]])
        >>> axes = plot_decision_regions(lambda points: points[:, 0] - points[:, 1], X, [0, 0, 1])
        >>> axes.get_xlabel()
        'x₁'
    """
    if hyperplanes not in LINES:
        raise ValueError(f"hyperplanes must be one of {', '.join(map(repr, LINES))}, got {hyperplanes!r}")
    points = _points(X)
    labels = None if y is None else _labels(y, len(points))
    bounds = _around(points) if bounds is None else _bounds(bounds)
    grid, extent = _grid(bounds, resolution)
    known = [] if labels is None else sorted(set(labels), key=lambda label: (isinstance(label, str), label))
    decision = decide(classifier, _like(X, grid), known)
    unknown = [label for label in known if label not in decision.classes]
    if unknown:
        raise ValueError(f"y holds {unknown[0]!r}, which the classifier does not know: it has {decision.classes}")
    count = len(decision.classes)
    names = class_labels(
        decision.classes if class_names is None else class_names, count, f"the classifier has {count} classes"
    )
    planes = _planes(decision, grid, bounds, hyperplanes)

    ax = new_axes(ax, 5.6, 4.4)
    _draw_regions(ax, decision, grid, resolution, extent)
    equal = 1 / LARGEST_RATIO < (bounds[1] - bounds[0]) / (bounds[3] - bounds[2]) < LARGEST_RATIO
    ax.set(xlim=bounds[:2], ylim=bounds[2:], aspect="equal" if equal else "auto")
    for plane in planes:
        _draw_plane(ax, plane, names, bounds)
    if equal:
        _draw_normals(ax, planes, names, bounds)
    _draw_points(ax, points, labels, decision.classes, names)
    x_label, y_label = _axis_names(X, feature_names)
    ax.set(xlabel=x_label, ylabel=y_label)
    if title:
        ax.set_title(title)
    return ax


def _points(X: Any) -> Floats:
    points = as_array(X, "X")
    if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
        raise ValueError(f"X must be points in the plane, shape (n, 2), got shape {points.shape}: choose two features")
    check_finite(points, "X")
    return points


def _labels(y: Any, count: int) -> list[Any]:
    labels = np.asarray(detached(y))
    if labels.shape != (count,):
        raise ValueError(f"y must have one label a point, shape ({count},), got shape {labels.shape}")
    if labels.dtype.kind == "f":
        check_finite(labels.astype(np.float64), "y")
    values: list[Any] = labels.tolist()
    return values


def _around(points: Floats) -> Bounds:
    low, high = points.min(axis=0), points.max(axis=0)
    margin = np.where(high > low, MARGIN * (high - low), 1.0)
    return float(low[0] - margin[0]), float(high[0] + margin[0]), float(low[1] - margin[1]), float(high[1] + margin[1])


def _bounds(bounds: Any) -> Bounds:
    values = as_array(bounds, "bounds")
    if values.shape != (4,) or not np.isfinite(values).all() or values[0] >= values[1] or values[2] >= values[3]:
        raise ValueError(f"bounds must be (left, right, bottom, top) with left < right and bottom < top, got {bounds}")
    left, right, bottom, top = (float(value) for value in values)
    return left, right, bottom, top


def _grid(bounds: Bounds, resolution: Any) -> tuple[Floats, Bounds]:
    """The points to ask about, row by row from below, and the extent of the image of their answers."""
    if isinstance(resolution, bool) or not isinstance(resolution, (int, np.integer)) or not 2 <= resolution <= 5000:
        raise ValueError(f"resolution must be an integer from 2 to 5000, got {resolution!r}")
    x = np.linspace(bounds[0], bounds[1], resolution)
    y = np.linspace(bounds[2], bounds[3], resolution)
    half_x, half_y = (x[1] - x[0]) / 2, (y[1] - y[0]) / 2
    extent = (bounds[0] - half_x, bounds[1] + half_x, bounds[2] - half_y, bounds[3] + half_y)
    return np.column_stack([np.tile(x, resolution), np.repeat(y, resolution)]), extent


def _like(X: Any, grid: Floats) -> Any:
    """The grid as a data frame where X is one: an estimator that knows names wants them."""
    columns = getattr(X, "columns", None)
    return grid if columns is None else type(X)(grid, columns=columns)


def _planes(decision: Decision, grid: Floats, bounds: Bounds, wanted: str) -> list[Hyperplane]:
    if wanted == "none" or (wanted == "auto" and len(decision.classes) > MOST_PLANES):
        return []
    linear = None if decision.scores is None else affine(decision.scores, grid)
    if linear is None:
        if wanted == "auto":
            return []
        raise ValueError(f"hyperplanes={wanted!r} needs scores that are linear in x; pass 'auto' or 'none'")
    weights, offsets = linear
    if len(weights) == 1:  # the sign of one score: its normal points to the second class
        weights, offsets = np.vstack([0 * weights, weights]), np.array([0.0, offsets[0]])
        return [plane for plane in zeros(weights, offsets, bounds) if plane.classes == (1,)]
    return ties(weights, offsets, bounds) if wanted == "ties" else zeros(weights, offsets, bounds)


def _draw_regions(ax: Axes, decision: Decision, grid: Floats, resolution: int, extent: Bounds) -> None:
    from matplotlib.colors import ListedColormap

    count = len(decision.classes)
    shape = (resolution, resolution)
    ax.imshow(
        decision.places.reshape(shape),
        cmap=ListedColormap(tints(count)),
        vmin=-0.5,
        vmax=count - 0.5,
        extent=extent,
        origin="lower",
        interpolation="nearest",
        aspect="auto",
        zorder=0,
    )
    x, y = grid[:resolution, 0], grid[::resolution, 1]
    margins = decision.margins()
    for k in range(count - 1 if count == 2 else count):
        inside = margins[:, k] > 0
        if inside.any() and not inside.all():
            field = margins[:, k].reshape(shape)
            ax.contour(x, y, field, levels=[0.0], colors=EDGE, linewidths=1.0, linestyles="solid", zorder=1)


def _draw_plane(ax: Axes, plane: Hyperplane, names: list[str], bounds: Bounds) -> None:
    (x0, y0), (x1, y1) = plane.start, plane.end
    k = plane.classes[0]
    label = "_" + " = ".join(names[place] for place in plane.classes)  # kept out of the legend
    style: dict[str, Any] = {"color": colour(k), "linewidth": 1.8, "linestyle": dashes(1 + k % 4), "zorder": 3}
    ax.plot([x0, x1], [y0, y1], label=label, **style)


def _draw_normals(ax: Axes, planes: list[Hyperplane], names: list[str], bounds: Bounds) -> None:
    left, right, bottom, top = bounds
    centre = np.array([(left + right) / 2, (bottom + top) / 2])
    longest = max((float(np.linalg.norm(plane.normal)) for plane in planes), default=1.0)
    scale = ARROW * min(right - left, top - bottom) / longest
    for plane in planes:
        foot = plane.foot(centre)
        tip = foot + scale * plane.normal
        arrow: dict[str, Any] = {
            "arrowstyle": "-|>",
            "color": colour(plane.classes[0]),
            "linewidth": 2.0,
            "shrinkA": 0,
            "shrinkB": 0,
        }
        ax.annotate("", xy=(tip[0], tip[1]), xytext=(foot[0], foot[1]), arrowprops=arrow, zorder=5)
        away = plane.normal / np.linalg.norm(plane.normal)
        ax.annotate(
            " - ".join(names[k] for k in plane.classes),
            xy=(tip[0], tip[1]),
            xytext=(9 * away[0], 9 * away[1]),
            textcoords="offset points",
            ha="left" if away[0] > 0.35 else "right" if away[0] < -0.35 else "center",
            va="bottom" if away[1] > 0.35 else "top" if away[1] < -0.35 else "center",
            fontsize=9,
            path_effects=outline(),
            annotation_clip=False,
            zorder=6,
        )


def _draw_points(ax: Axes, points: Floats, labels: list[Any] | None, classes: list[Any], names: list[str]) -> None:
    style: dict[str, Any] = {
        "s": 32 if len(points) <= 400 else 13,
        "linewidths": 0.7 if len(points) <= 400 else 0.3,
        "zorder": 4,
    }
    if labels is None:
        ax.scatter(points[:, 0], points[:, 1], color="white", edgecolors="black", **style)
        return
    of = np.array([classes.index(label) for label in labels])
    for k in sorted(set(of.tolist())):
        mine = points[of == k]
        edge = "0.75" if colour(k) == BLACK else "black"
        ax.scatter(mine[:, 0], mine[:, 1], color=colour(k), marker=marker(k), edgecolors=edge, label=names[k], **style)
    if len(names) <= MOST_PLANES:
        ax.legend(loc="best", framealpha=0.9, fontsize=9)
    else:
        ax.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, fontsize=9)


def _axis_names(X: Any, feature_names: Sequence[str] | None) -> tuple[str, str]:
    columns = getattr(X, "columns", None)
    if feature_names is None:
        names = ["x₁", "x₂"] if columns is None else [str(name) for name in columns]
    else:
        names = [str(name) for name in feature_names]
    if len(names) != 2:
        raise ValueError(f"feature_names must be two, got {names}")
    return names[0], names[1]
