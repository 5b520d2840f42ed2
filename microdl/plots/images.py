"""Images beside each other: examples with their predictions, a codebook of patches, a bank of Gabor filters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ._images import as_bytes, batch, largest_of
from ._mosaic import check_columns, draw_images, draw_scaled, lay_out, signed
from ._style import VERMILLION, Floats, as_array, check_finite, detached

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_codebook", "plot_gabor_bank", "plot_images"]

RIGHT = {"edgecolor": "0.6", "linewidth": 0.6}
WRONG = {"edgecolor": VERMILLION, "linewidth": 3.0, "linestyle": (0, (2.5, 1.0))}


def plot_images(
    images: Any,
    labels: Any = None,
    predictions: Any = None,
    ax: Axes | None = None,
    *,
    class_names: Sequence[Any] | None = None,
    shape: tuple[int, ...] | None = None,
    columns: int | None = None,
    title: str | None = None,
) -> Axes:
    """Draw images in a grid, with their labels, or with predictions of which the wrong ones are marked.

    A right prediction has a tick before its class; a wrong one a cross, with the true class in brackets behind it, and
    a thick dashed frame. Below stands how many are right.

    Args:
        images: (n, height, width) or (n, 1, height, width) for grey, (n, height, width, 3) or (n, 3, height, width)
            for colour, or flat, (n, features). Bytes, fractions from 0 to 1, or other numbers, which are stretched
            together from the least to the largest.
        labels: the true ones, shape (n,), integers or text.
        predictions: the predicted ones, shape (n,).
        ax: the axes to draw on, all images within them; by default a new figure's.
        class_names: names of integer labels: label k is ``class_names[k]``.
        shape: of a flat image, as in `plot_templates`; by default square.
        columns: how many images in a row.
        title: above all images.

    Returns:
        The axes: an image, and a text if there are labels, for each.

    Raises:
        TypeError: the images are not real numbers, or ``class_names`` come with labels that are not integers.
        ValueError: the images have another shape, are none or more than 1,000, or have NaN; there is not one label (or
            prediction) an image; a label has no name.
        ImportError: matplotlib is not installed.

    Example:
        >>> import numpy as np
        >>> from microdl.plots import plot_images
        >>> axes = plot_images(np.zeros((2, 8, 8)), [0, 1], [0, 0], class_names=["cat", "dog"])
        >>> [text.get_text() for text in axes.texts]
        ['✓ cat', '✗ cat (dog)', '1 of 2 right; ✗ predicted (true)']
    """
    pictures = batch(images, shape)
    true = None if labels is None else _names(labels, len(pictures), class_names, "labels")
    said = None if predictions is None else _names(predictions, len(pictures), class_names, "predictions")
    captions, frames, foot = _captions(len(pictures), true, said)
    mosaic = lay_out(
        len(pictures),
        pictures.shape[2] / pictures.shape[1],
        captions,
        ax=ax,
        columns=check_columns(columns),
        title=title,
        foot=bool(foot),
    )
    draw_images(mosaic, list(as_bytes(pictures)), captions, frames)
    if foot:
        place: dict[str, Any] = {
            "xy": (0.5, 0),
            "xycoords": "axes fraction",
            "xytext": (0, -5),
            "textcoords": "offset points",
        }
        mosaic.ax.annotate(foot, ha="center", va="top", fontsize=9, annotation_clip=False, **place)
    return mosaic.ax


def _names(labels: Any, count: int, class_names: Sequence[Any] | None, what: str) -> list[str]:
    array = np.asarray(detached(labels))
    if array.shape != (count,):
        raise ValueError(f"{what} must be one an image, shape ({count},), got shape {array.shape}")
    if class_names is None:
        return [str(label) for label in array.tolist()]
    if array.dtype.kind not in "iub":
        raise TypeError(f"class_names name integer {what}, got dtype {array.dtype}: leave them out")
    bad = array[(array < 0) | (array >= len(class_names))] if array.dtype.kind != "b" else array[:0]
    if len(bad):
        raise ValueError(f"{what} hold {bad[0]}, but there are only {len(class_names)} class_names")
    return [str(class_names[int(label)]) for label in array]


def _captions(
    count: int, true: list[str] | None, said: list[str] | None
) -> tuple[list[str], list[dict[str, Any]] | None, str]:
    if said is None:
        return true or [""] * count, None, ""
    if true is None:
        return said, None, ""
    right = [a == b for a, b in zip(true, said, strict=True)]
    captions = [
        f"✓ {guess}" if good else f"✗ {guess} ({label})" for label, guess, good in zip(true, said, right, strict=True)
    ]
    foot = f"{sum(right)} of {count} right" + ("" if all(right) else "; ✗ predicted (true)")
    return captions, [RIGHT if good else WRONG for good in right], foot


def plot_codebook(
    patches: Any,
    ax: Axes | None = None,
    *,
    shape: tuple[int, ...] | None = None,
    counts: Any = None,
    together: bool = False,
    columns: int | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the visual words of a codebook: the patches that images are counted in.

    Args:
        patches: the words, (n, height, width), (n, height, width, 3) or channels first, or flat, (n, features); an
            estimator with ``codebook_`` or ``cluster_centers_`` will do. Whitened ones may be negative.
        ax: the axes to draw on, all words within them; by default a new figure's.
        shape: of a flat patch, as in `plot_templates`; by default square.
        counts: how often each occurs, shape (n,): written above the words, which are drawn from the most frequent to
            the least.
        together: stretch the patches to black and white by one scale for all; by default each by its own, which shows
            the faint ones too.
        columns: how many words in a row.
        title: above all words.

    Returns:
        The axes, with an image a word.

    Raises:
        TypeError: the patches are not real numbers.
        ValueError: the patches have another shape, are none or more than 1,000, or have NaN; there is not one count
            a word.
        ImportError: matplotlib is not installed.

    Example:
        >>> import numpy as np
        >>> from microdl.plots import plot_codebook
        >>> len(plot_codebook(np.eye(9)).images)
        9
    """
    learnt = getattr(patches, "codebook_", getattr(patches, "cluster_centers_", patches))
    words = batch(learnt, shape, "patches")
    captions = [""] * len(words)
    if counts is not None:
        occurring = as_array(counts, "counts")
        if occurring.shape != (len(words),):
            raise ValueError(f"counts must be one a patch, shape ({len(words)},), got shape {occurring.shape}")
        check_finite(occurring, "counts")
        order = np.argsort(-occurring, kind="stable")
        words, captions = words[order], [f"{count:g}" for count in occurring[order]]
    if columns is None and counts is None and ax is None:
        columns = max(1, round(float(np.sqrt(2 * len(words)))))
    aspect = words.shape[2] / words.shape[1]
    mosaic = lay_out(len(words), aspect, captions, ax=ax, columns=check_columns(columns), title=title)
    draw_images(mosaic, list(as_bytes(words, each=not together)), captions)
    return mosaic.ax


def plot_gabor_bank(
    kernels: Any,
    ax: Axes | None = None,
    *,
    labels: Sequence[Any] | None = None,
    together: bool = False,
    columns: int | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the kernels of a bank of Gabor filters, on scales that are symmetric about 0.

    Args:
        kernels: (n, height, width); (frequencies, orientations, height, width), a row a frequency; or a list of arrays
            of several sizes, each drawn in the middle of a panel as large as the largest. Of complex kernels the real
            part is drawn.
        ax: the axes to draw on, all kernels within them; by default a new figure's.
        labels: a name for each kernel, in order.
        together: one scale for all kernels; by default each is divided by its own largest magnitude, since those of low
            frequencies are wide and faint.
        columns: how many kernels in a row; by default the orientations, if the array has them.
        title: above all kernels.

    Returns:
        The axes, with an image a kernel and a colour bar beside them.

    Raises:
        TypeError: the kernels are not numbers.
        ValueError: the kernels are not 2-D each, are none, or have NaN; there is not one label a kernel.
        ImportError: matplotlib is not installed.

    Example:
        >>> import numpy as np
        >>> from microdl.plots import plot_gabor_bank
        >>> len(plot_gabor_bank(np.zeros((2, 4, 9, 9))).images)
        8
    """
    bank, across = _bank(kernels)
    names = [""] * len(bank) if labels is None else [str(label) for label in labels]
    if len(names) != len(bank):
        raise ValueError(f"there are {len(bank)} kernels, but {len(names)} labels: {names}")
    columns = across if columns is None and ax is None else check_columns(columns)
    name, largest = "weight", largest_of(bank)
    if not together:
        name, largest = "weight / its kernel's largest", 1.0
        bank = np.array([kernel / largest_of(kernel) for kernel in bank])
    aspect = bank.shape[2] / bank.shape[1]
    mosaic = lay_out(len(bank), aspect, names, ax=ax, columns=columns or across, title=title, scale=(name, largest))
    draw_scaled(mosaic, list(bank), names, signed(largest))
    return mosaic.ax


def _bank(kernels: Any) -> tuple[Floats, int | None]:
    """All kernels in one array (n, height, width), and how many orientations an array of four axes has."""
    if isinstance(kernels, (list, tuple)):
        arrays = [_real(kernel) for kernel in kernels]
        if not arrays or any(kernel.ndim != 2 for kernel in arrays):
            shapes = [kernel.shape for kernel in arrays]
            raise ValueError(f"kernels must be 2-D each, and at least one, got shapes {shapes}")
        return _padded(arrays), None
    bank = _real(kernels)
    if bank.ndim not in (3, 4) or bank.size == 0:
        raise ValueError(
            "kernels must be (n, height, width) or (frequencies, orientations, height, width), and not empty,"
            f" got shape {bank.shape}"
        )
    across = bank.shape[1] if bank.ndim == 4 else None
    return bank.reshape(-1, *bank.shape[-2:]), across


def _real(kernel: Any) -> Floats:
    array = np.asarray(detached(kernel))
    values = as_array(array.real if array.dtype.kind == "c" else array, "kernels")
    check_finite(values, "kernels")
    return values


def _padded(arrays: list[NDArray[Any]]) -> Floats:
    """Each in the middle of zeros, so that all have the largest height and width."""
    height, width = (max(kernel.shape[axis] for kernel in arrays) for axis in (0, 1))
    bank = np.zeros((len(arrays), height, width))
    for panel, kernel in zip(bank, arrays, strict=True):
        top, left = (height - kernel.shape[0]) // 2, (width - kernel.shape[1]) // 2
        panel[top : top + kernel.shape[0], left : left + kernel.shape[1]] = kernel
    return bank
