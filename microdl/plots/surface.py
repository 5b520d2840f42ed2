"""A loss of two parameters as a map, and the paths that optimisers take on it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import optim
from ..autograd.graph import TensorBase
from ..autograd.mode import enable_grad, no_grad
from ..creation import tensor
from ..dtypes import float64
from ._style import EDGE, Floats, as_array, check_finite, colour, dashes, marker, new_axes, outline
from .surfaces import Point, TwoParameters

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["loss_paths", "plot_loss_surface"]

Factory = Callable[[list[Any]], Any]

OPTIMIZERS: dict[str, Factory] = {
    "SGD": lambda params: optim.SGD(params, lr=0.08),
    "momentum": lambda params: optim.SGD(params, lr=0.02, momentum=0.9),
    "Adagrad": lambda params: optim.Adagrad(params, lr=1.0),
    "RMSProp": lambda params: optim.RMSprop(params, lr=0.1),
    "Adam": lambda params: optim.Adam(params, lr=0.3),
}
GRID = 161  # points a side where the loss is computed
LEVELS = 22
MARKS = 8  # markers along a path


def loss_paths(
    loss: TwoParameters,
    start: Any,
    optimizers: Mapping[str, Factory] | None = None,
    *,
    steps: int = 100,
) -> dict[str, Floats]:
    """The path that each optimizer takes on a loss of two parameters, in float64.

    Args:
        loss: ``loss(x, y)``, computed from two tensors of one element each: a tensor of one element.
        start: the two parameters at first.
        optimizers: for each name, what makes the optimizer of a list of parameters:
            ``{"SGD": lambda params: optim.SGD(params, lr=0.1)}``. By default SGD, with momentum and without, Adagrad,
            RMSProp and Adam, with learning rates that suit `surfaces.quadratic`.
        steps: how many each takes.

    Returns:
        For each name an array (steps + 1, 2), the start first. A path that left the numbers is NaN from there on.

    Raises:
        TypeError: ``start`` is not real numbers; ``steps`` is no integer; ``loss`` gives no tensor; an optimizer is no
            function, or what it makes has no ``step``.
        ValueError: ``start`` is not two finite numbers; ``steps`` is below 1; there is no optimizer; ``loss`` gives
            more than one number, or one that depends on neither parameter.

    Example:
        >>> import microdl as torch
        >>> from microdl.plots import loss_paths
        >>> sgd = {"SGD": lambda params: torch.optim.SGD(params, lr=0.25)}
        >>> loss_paths(lambda x, y: x * x + y * y, (4, -2), sgd, steps=2)["SGD"].tolist()
        [[4.0, -2.0], [2.0, -1.0], [1.0, -0.5]]
    """
    first = _checked_start(start)
    _check_steps(steps)
    made_by = OPTIMIZERS if optimizers is None else optimizers
    if not isinstance(made_by, Mapping):
        raise TypeError(
            'optimizers must be a dict such as {"SGD": lambda params: optim.SGD(params, lr=0.1)}, '
            f"not {type(made_by).__name__}"
        )
    if not made_by:
        raise ValueError("optimizers is empty: name at least one")
    return {str(name): _path(loss, first, make, str(name), int(steps)) for name, make in made_by.items()}


def plot_loss_surface(
    loss: TwoParameters,
    start: Any,
    optimizers: Mapping[str, Factory] | None = None,
    *,
    steps: int = 100,
    ax: Axes | None = None,
    xlim: Point | None = None,
    ylim: Point | None = None,
    minimum: Point | None = None,
    title: str | None = None,
) -> Axes:
    """Draw a loss of two parameters as contours, and the path that each optimizer takes on it.

    The contours are closer to each other where the loss is small: each level is the same factor above the smallest
    loss of the map. Paths have a colour, a line style and a marker each, which stands larger where the path ends.

    Args:
        loss, start, optimizers, steps: as for `loss_paths`.
        ax: the axes to draw on; by default a new figure's.
        xlim, ylim: what the map shows; by default where most of the paths run.
        minimum: a point to be marked with a star.
        title: above the picture.

    Returns:
        ``ax``.

    Raises:
        TypeError, ValueError: as for `loss_paths`; ValueError also for limits that are not two rising numbers.
        ImportError: matplotlib is not installed.

    Example:
        >>> from microdl.plots import plot_loss_surface
        >>> from microdl.plots.surfaces import SURFACES
        >>> axes = plot_loss_surface(*SURFACES["quadratic"][:2], steps=20)
        >>> axes.get_legend_handles_labels()[1]
        ['SGD', 'momentum', 'Adagrad', 'RMSProp', 'Adam']

    Source: the pictures of https://cs231n.github.io/neural-networks-3/, "Parameter updates".
    """
    paths = loss_paths(loss, start, optimizers, steps=steps)
    best = None if minimum is None else _point(minimum, "minimum")
    x_range, y_range = _limits(paths, best, xlim, ylim)
    axes = new_axes(ax, 6.4, 4.6)
    _draw_map(axes, loss, x_range, y_range)
    for k, (name, path) in enumerate(paths.items()):
        _draw_path(axes, path, name, k)
    _draw_start(axes, paths)
    if best is not None:
        axes.plot(*best, "*", color="white", markeredgecolor="black", markersize=14, zorder=4)
    axes.set(xlim=x_range, ylim=y_range, xlabel="first parameter", ylabel="second parameter")
    axes.legend(framealpha=0.9)
    if title:
        axes.set_title(title)
    return axes


# --- paths ------------------------------------------------------------------------------------------------


def _path(loss: TwoParameters, start: Floats, make: Factory, name: str, steps: int) -> Floats:
    params = [tensor(float(value), requires_grad=True, dtype=float64) for value in start]
    if not callable(make):
        raise TypeError(f"optimizers[{name!r}] must be a function of the parameters, not {type(make).__name__}")
    optimizer = make(params)
    if not callable(getattr(optimizer, "step", None)):
        raise TypeError(f"optimizers[{name!r}] made a {type(optimizer).__name__}, which is no optimizer")

    def closure() -> Any:
        optimizer.zero_grad()
        value = _checked_loss(loss(*params))
        value.backward()
        return value

    path = np.full((steps + 1, 2), np.nan)
    path[0] = start
    with enable_grad():
        for step in range(1, steps + 1):
            optimizer.step(closure)
            place = [float(p._a) for p in params]
            if not all(map(math.isfinite, place)):
                break
            path[step] = place
    return path


def _checked_loss(value: Any) -> Any:
    if not isinstance(value, TensorBase):
        raise TypeError(f"loss must give a Tensor, got {type(value).__name__}: compute it from the two tensors")
    if value._a.size != 1:
        raise ValueError(f"loss must give one number for two, got shape {tuple(value._a.shape)}: take its mean or sum")
    if value._node is None:
        raise ValueError("loss depends on neither of its two parameters, or leaves the graph: nothing can be optimized")
    return value


def _checked_start(start: Any) -> Floats:
    point = _point(start, "start")
    check_finite(point, "start")
    return point


def _point(values: Any, name: str) -> Floats:
    point = as_array(values, name)
    if point.shape != (2,):
        raise ValueError(f"{name} must be two numbers, got shape {point.shape}")
    return point


def _check_steps(steps: Any) -> None:
    if isinstance(steps, bool) or not isinstance(steps, (int, np.integer)):
        raise TypeError(f"steps must be an integer, got {steps!r}")
    if steps < 1:
        raise ValueError(f"steps must be at least 1, got {steps}")


# --- the map ----------------------------------------------------------------------------------------------


def _limits(
    paths: Mapping[str, Floats], minimum: Floats | None, xlim: Point | None, ylim: Point | None
) -> tuple[Point, Point]:
    """Given limits; else those of the paths, but for what runs far from where most of them run."""
    points = np.concatenate(list(paths.values()))
    start = points[0]
    reaches = [_reach(path, start) for path in paths.values()]
    far = 1.5 * float(np.median([reach for reach in reaches if math.isfinite(reach)] or [1.0]))
    if minimum is not None:
        points = np.concatenate([points, minimum[None]])
        far = max(far, float(np.abs(minimum - start).max()))
    near = points[np.abs(points - start).max(axis=1) <= far]  # never of a NaN
    found = []
    for given, values, name in ((xlim, near[:, 0], "xlim"), (ylim, near[:, 1], "ylim")):
        found.append(_around(values) if given is None else _checked_limits(given, name))
    return found[0], found[1]


def _reach(path: Floats, start: Floats) -> float:
    return float(np.abs(path - start).max()) if np.isfinite(path).all() else math.inf


def _around(values: Floats) -> Point:
    low, high = float(values.min()), float(values.max())
    margin = 0.15 * (high - low) or 1.0
    return low - margin, high + margin


def _checked_limits(limits: Any, name: str) -> Point:
    low, high = (float(value) for value in _point(limits, name))
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"{name} must be two rising finite numbers, got ({low}, {high})")
    return low, high


def _draw_map(axes: Axes, loss: TwoParameters, x_range: Point, y_range: Point) -> None:
    x, y = np.meshgrid(np.linspace(*x_range, GRID), np.linspace(*y_range, GRID))
    z = _on_grid(loss, x, y)
    z = np.where(np.isfinite(z), z, np.nan)
    if np.isnan(z).all():
        return
    low, high = float(np.nanmin(z)), float(np.nanmax(z))
    if not low < high:
        return
    levels = low + (high - low) * np.geomspace(1e-4, 1, LEVELS)
    axes.contourf(x, y, z, [low, *levels], colors=_ground(LEVELS), zorder=0)
    axes.contour(x, y, z, levels, colors=EDGE, linewidths=0.4, linestyles="solid", alpha=0.5, zorder=1)


def _ground(count: int) -> list[tuple[float, float, float]]:
    """Pale blue in the valleys to white on the hills, all lighter than any path."""
    return [(0.72 + 0.28 * t, 0.80 + 0.20 * t, 0.88 + 0.12 * t) for t in np.linspace(0, 1, count)]


@no_grad()
def _on_grid(loss: TwoParameters, x: Floats, y: Floats) -> Floats:
    """The loss at each point: in one call where it works element by element, else in one call a point."""
    try:
        at_once = loss(tensor(x), tensor(y))
        z = np.asarray(at_once._a, np.float64)
    except Exception:  # whatever a loss of two numbers makes of two matrices
        z = np.empty(0)
    probes = [(0, 0), (0, -1), (-1, 0), (GRID // 2, GRID // 3), (GRID // 3, GRID // 2)]
    if z.shape == x.shape and np.allclose([z[at] for at in probes], [_at(loss, x[at], y[at]) for at in probes],
                                          rtol=1e-6, equal_nan=True):  # fmt: skip
        return z
    return np.array([_at(loss, *point) for point in zip(x.flat, y.flat, strict=True)]).reshape(x.shape)


def _at(loss: TwoParameters, x: float, y: float) -> float:
    value = loss(tensor(float(x), dtype=float64), tensor(float(y), dtype=float64))
    return float(np.asarray(value._a).reshape(()))


def _draw_start(axes: Axes, paths: Mapping[str, Floats]) -> None:
    """A white dot, and its name on the side away from the paths."""
    start = next(iter(paths.values()))[0]
    rightwards = np.nansum([np.sign(path[1, 0] - start[0]) for path in paths.values()]) > 0
    place, side = ((-7, 5), "right") if rightwards else ((7, 5), "left")
    axes.plot(*start, "o", color="white", markeredgecolor="black", markersize=8, zorder=6)
    axes.annotate("start", start, place, textcoords="offset points", ha=side, zorder=7, path_effects=outline())


def _draw_path(axes: Axes, path: Floats, name: str, k: int) -> None:
    path = path[np.isfinite(path).all(axis=1)]
    every = max(1, (len(path) - 1) // MARKS)
    style: dict[str, Any] = {"color": colour(k), "marker": marker(k), "markeredgecolor": "white"}
    axes.plot(
        *path.T, linestyle=dashes(k), linewidth=1.6, markersize=5.5, markeredgewidth=0.6, markevery=every, label=name,
        zorder=3, **style,
    )  # fmt: skip
    axes.plot(*path[-1], linestyle="none", markersize=11, markeredgewidth=1.2, zorder=5, **style)
