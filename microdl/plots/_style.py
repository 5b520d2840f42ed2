"""What all pictures share: colours that the colour-blind and a grey print keep apart, axes to draw on, checked arrays.

Colours never stand alone: a marker, a dash pattern or a label says the same. Nothing here imports matplotlib before a
picture is drawn, and nothing touches its global state.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure
    from matplotlib.patheffects import AbstractPathEffect

Floats = NDArray[np.float64]
Dashes = str | tuple[float, tuple[float, ...]]

# Okabe and Ito, "Color universal design" (https://jfly.uni-koeln.de/color/), in an order that keeps neighbours far
# apart in grey too: 87, 162, 0, 119, 158, 106, 151 and 213 of 255.
BLUE, ORANGE, BLACK, VERMILLION = "#0072B2", "#E69F00", "#000000", "#D55E00"
SKY, GREEN, PURPLE, YELLOW = "#56B4E9", "#009E73", "#CC79A7", "#F0E442"
PALETTE = (BLUE, ORANGE, BLACK, VERMILLION, SKY, GREEN, PURPLE, YELLOW)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "*")  # 11 beside 8 colours: 88 pairs
DASHES: tuple[Dashes, ...] = (
    "-",
    (0.0, (5.0, 2.0)),
    (0.0, (1.2, 1.5)),
    (0.0, (7.0, 2.0, 1.2, 2.0)),
    (0.0, (3.0, 1.5, 1.2, 1.5, 1.2, 1.5)),
)
EDGE = "0.25"  # dark grey, for what frames and separates
# From dark blue through mid grey at 0 to pale yellow: the hue changes at 0, and the lightness rises all the way, so
# that the sign survives a grey print, which no map with a white middle does.
SIGNED = ("#06102e", "#10407f", "#4a6fa0", "#8a8a8a", "#c59b4e", "#f0c45a", "#fff7cf")


def colour(k: int) -> str:
    """The colour of the k-th class or run."""
    return PALETTE[k % len(PALETTE)]


def marker(k: int) -> str:
    """The marker of the k-th class or run."""
    return MARKERS[k % len(MARKERS)]


def dashes(k: int) -> Dashes:
    """The line style of the k-th class or run."""
    return DASHES[k % len(DASHES)]


def luminance(rgb: Any) -> float:
    """How light a colour is in a grey print, 0 to 255, as Pillow's mode L (ITU-R BT.601) has it."""
    from matplotlib.colors import to_rgb

    red, green, blue = to_rgb(rgb)
    return 255 * (0.299 * red + 0.587 * green + 0.114 * blue)


def tints(count: int) -> list[tuple[float, float, float]]:
    """Pale forms of the first `count` colours, evenly apart in lightness, for the areas behind points."""
    from matplotlib.colors import to_rgb

    own = [luminance(colour(k)) for k in range(count)]
    wanted = np.linspace(200.0, 244.0, count) if count > 1 else np.array([232.0])
    mixed = []
    for k, rank in enumerate(np.argsort(np.argsort(own, kind="stable"), kind="stable")):
        share = min(1.0, (255 - wanted[rank]) / (255 - own[k]))
        red, green, blue = (1 - share * (1 - part) for part in to_rgb(colour(k)))
        mixed.append((red, green, blue))
    return mixed


def signed_map() -> LinearSegmentedColormap:
    """The colour map of signed values, 0 in the middle."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("microdl_signed", SIGNED)


def outline(width: float = 2.5, colour: str = "white") -> list[AbstractPathEffect]:
    """A halo that keeps text and lines readable on any ground: `path_effects=outline()`."""
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=width, foreground=colour)]


def need_matplotlib() -> None:
    """ImportError where it is not installed."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise ImportError('drawing needs matplotlib: pip install "microdl[plots]"') from error


def new_figure(width: float, height: float, layout: str | None = "constrained") -> Figure:
    """A figure of this size in inches, of which pyplot knows nothing. ImportError where matplotlib is not installed."""
    need_matplotlib()
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout=layout)  # type: ignore[arg-type]


def new_axes(ax: Axes | None, width: float = 5.5, height: float = 3.8, **options: Any) -> Axes:
    """`ax` itself, or axes of a figure of their own of this size in inches (`options`: of `Figure.add_subplot`).

    Raises:
        TypeError: `ax` is no matplotlib axes.
        ImportError: matplotlib is not installed.
    """
    if ax is None:
        axes: Axes = new_figure(width, height).add_subplot(**options)
        return axes
    return check_axes(ax)


def check_axes(ax: Any) -> Axes:
    """`ax`, if it is axes of matplotlib; else TypeError."""
    need_matplotlib()
    from matplotlib.axes import Axes

    if isinstance(ax, Axes):
        return ax
    hint = ": pass one of them" if isinstance(ax, (list, tuple, np.ndarray)) else ", such as figure.add_subplot()"
    raise TypeError(f"ax must be the Axes of a matplotlib figure{hint}; got {type(ax).__name__}")


def tidy(ax: Axes, grid: bool = True) -> None:
    """No frame but the two lines that bear the scales, and a faint grid behind the curves."""
    ax.spines[["top", "right"]].set_visible(False)
    if grid:
        ax.grid(alpha=0.3)
        ax.set_axisbelow(True)


def detached(values: Any) -> Any:
    """`values`, for NumPy: tensors, and lists of them, without their gradients, which no picture needs."""
    detach = getattr(values, "detach", None)
    if callable(detach):
        return detach()
    if isinstance(values, (list, tuple)):
        return [detached(value) for value in values]
    return values


def as_array(values: Any, name: str) -> Floats:
    """Real numbers as a new float64 array: from an array, a tensor (its gradient left behind), or lists of either.

    Raises:
        TypeError: they are not real numbers.
        ValueError: the lists are not equally long.
    """
    try:
        array = np.asarray(detached(values))
    except ValueError as error:
        raise ValueError(f"{name} must be an array, or lists of one length: {error}") from error
    if array.dtype == object and array.size and all(np.ndim(value) == 0 for value in array.flat):
        array = np.array(array.tolist())
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must be real numbers, got {type(values).__name__} of dtype {array.dtype}")
    return array.astype(np.float64)


def check_finite(array: Floats, name: str, remedy: str = "Remove or replace such values") -> None:
    """ValueError where `array` has a NaN or an infinity."""
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        where = tuple(int(i) for i in bad[0])
        at = f"{name}{list(where)}" if where else name
        raise ValueError(
            f"{name} must be finite, but {len(bad)} of {array.size} are not: {at} is {array[where]}. {remedy}"
        )


def class_labels(names: Sequence[Any] | None, count: int, what: str) -> list[str]:
    """One name for each of `count` things: `names`, or their numbers. ValueError for another number of names."""
    if names is None:
        return [str(k) for k in range(count)]
    if isinstance(names, str):
        raise TypeError(f"class_names must be a sequence of names, got the text {names!r}")
    texts = [str(name) for name in names]
    if len(texts) != count:
        raise ValueError(f"{what}, but class_names has {len(texts)} names: {texts}")
    return texts
