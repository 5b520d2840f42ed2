"""`SummaryWriter`: a plain log of a training, one line of JSON each entry.

It takes what `torch.utils.tensorboard.SummaryWriter` takes, so that scripts run, and writes no TensorBoard file: the
log is `events.jsonl` in the same folder that PyTorch would use. Every line has `time`, `kind`, `tag` and `step`; a
scalar's `value` is the number itself. To read one:

    [json.loads(line) for line in open("runs/.../events.jsonl")]
"""

from __future__ import annotations

import json
import math
import os
import socket
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

import numpy as np

__all__ = ["SummaryWriter"]


class SummaryWriter:
    """Writes `events.jsonl` in `log_dir`: JSON lines, no TensorBoard file.

    Scalars, texts, hyperparameters and summaries of histograms are written. Of graphs, images, figures, sounds,
    videos, meshes, embeddings and curves only the tag, the step and the shape are noted.

    Args:
        log_dir: the folder, made if missing; by default ``runs/<month><day>_<time>_<host><comment>``.
        comment: the end of the default folder's name.
        purge_step, max_queue, flush_secs, filename_suffix: accepted; every entry is in the file after `flush`.

    Raises OSError where the folder cannot be made, TypeError for a value that is no number.

    >>> import json, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with SummaryWriter(folder) as writer:
    ...         writer.add_scalar("loss", 0.5, 1)
    ...     line = json.loads(Path(folder, "events.jsonl").read_text())
    >>> line["kind"], line["tag"], line["step"], line["value"]
    ('scalar', 'loss', 1, 0.5)

    Source of the names: https://docs.pytorch.org/docs/stable/tensorboard.html
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] | None = None,
        comment: str = "",
        purge_step: int | None = None,
        max_queue: int = 10,
        flush_secs: int = 120,
        filename_suffix: str = "",
    ) -> None:
        if not log_dir:
            started = datetime.now().strftime("%b%d_%H-%M-%S")
            log_dir = os.path.join("runs", f"{started}_{socket.gethostname()}{comment}")
        self.log_dir = str(log_dir)
        self._path = Path(self.log_dir, "events.jsonl")
        self._file: TextIO | None = None
        self._open()

    def _open(self) -> TextIO:
        """The log; a write after `close` opens it again, as PyTorch's does."""
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = open(self._path, "a", encoding="utf-8")  # noqa: SIM115  # closed by close()
        return self._file

    def _write(self, kind: str, tag: Any, step: Any, when: float | None, **more: Any) -> None:
        entry = {"time": time.time() if when is None else when, "kind": kind, "tag": tag}
        entry["step"] = None if step is None else int(step)
        self._open().write(json.dumps({**entry, **more}, default=str) + "\n")

    def get_logdir(self) -> str:
        """The folder."""
        return self.log_dir

    def add_scalar(
        self,
        tag: str,
        scalar_value: Any,
        global_step: Any = None,
        walltime: float | None = None,
        new_style: bool = False,
        double_precision: bool = False,
    ) -> None:
        """A number, or a tensor or array with one element."""
        self._write("scalar", tag, global_step, walltime, value=_number(scalar_value))

    def add_scalars(
        self, main_tag: str, tag_scalar_dict: Mapping[str, Any], global_step: Any = None, walltime: float | None = None
    ) -> None:
        """Several numbers under one tag."""
        values = {name: _number(value) for name, value in tag_scalar_dict.items()}
        self._write("scalars", main_tag, global_step, walltime, value=values)

    def add_text(self, tag: str, text_string: str, global_step: Any = None, walltime: float | None = None) -> None:
        """A text."""
        self._write("text", tag, global_step, walltime, value=text_string)

    def add_histogram(
        self,
        tag: str,
        values: Any,
        global_step: Any = None,
        bins: Any = "tensorflow",
        walltime: float | None = None,
        max_bins: int | None = None,
    ) -> None:
        """Count, smallest, largest, mean and standard deviation of the values."""
        a = np.asarray(getattr(values, "_a", values), np.float64).ravel()
        summary: dict[str, Any] = {"count": a.size}
        if a.size:
            for name in ("min", "max", "mean", "std"):
                summary[name] = _number(getattr(a, name)())
        self._write("histogram", tag, global_step, walltime, value=summary)

    def add_hparams(
        self,
        hparam_dict: Mapping[str, Any],
        metric_dict: Mapping[str, Any],
        hparam_domain_discrete: Any = None,
        run_name: str | None = None,
        global_step: Any = None,
    ) -> None:
        """Settings, and what they led to. TypeError where one is no dict."""
        if not isinstance(hparam_dict, dict) or not isinstance(metric_dict, dict):
            raise TypeError("hparam_dict and metric_dict should be dictionary.")
        metrics = {name: _number(value) for name, value in metric_dict.items()}
        settings = {name: v if isinstance(v, (bool, int, float, str)) else str(v) for name, v in hparam_dict.items()}
        self._write("hparams", run_name, global_step, None, hparams=settings, metrics=metrics)

    def _noted(self, kind: str, tag: str, what: Any, step: Any, when: float | None) -> None:
        self._write(kind, tag, step, when, shape=list(what.shape) if hasattr(what, "shape") else None)

    def add_image(
        self, tag: str, img_tensor: Any, global_step: Any = None, walltime: float | None = None,
        dataformats: str = "CHW",
    ) -> None:  # fmt: skip
        """Noted: the tag and the shape."""
        self._noted("image", tag, img_tensor, global_step, walltime)

    def add_images(
        self, tag: str, img_tensor: Any, global_step: Any = None, walltime: float | None = None,
        dataformats: str = "NCHW",
    ) -> None:  # fmt: skip
        """Noted: the tag and the shape."""
        self._noted("images", tag, img_tensor, global_step, walltime)

    def add_figure(
        self, tag: str, figure: Any, global_step: Any = None, close: bool = True, walltime: float | None = None
    ) -> None:
        """Noted; the figure is closed, as PyTorch does, unless close=False."""
        self._noted("figure", tag, None, global_step, walltime)
        if close:
            from matplotlib import pyplot

            for each in figure if isinstance(figure, list) else [figure]:
                pyplot.close(each)

    def add_video(
        self, tag: str, vid_tensor: Any, global_step: Any = None, fps: float = 4, walltime: float | None = None
    ) -> None:
        """Noted: the tag and the shape."""
        self._noted("video", tag, vid_tensor, global_step, walltime)

    def add_audio(
        self, tag: str, snd_tensor: Any, global_step: Any = None, sample_rate: int = 44100,
        walltime: float | None = None,
    ) -> None:  # fmt: skip
        """Noted: the tag and the shape."""
        self._noted("audio", tag, snd_tensor, global_step, walltime)

    def add_embedding(
        self, mat: Any, metadata: Any = None, label_img: Any = None, global_step: Any = None, tag: str = "default",
        metadata_header: Any = None,
    ) -> None:  # fmt: skip
        """Noted: the tag and the shape."""
        self._noted("embedding", tag, mat, global_step, None)

    def add_pr_curve(
        self, tag: str, labels: Any, predictions: Any, global_step: Any = None, num_thresholds: int = 127,
        weights: Any = None, walltime: float | None = None,
    ) -> None:  # fmt: skip
        """Noted: the tag and the shape."""
        self._noted("pr_curve", tag, predictions, global_step, walltime)

    def add_mesh(
        self, tag: str, vertices: Any, colors: Any = None, faces: Any = None, config_dict: Any = None,
        global_step: Any = None, walltime: float | None = None,
    ) -> None:  # fmt: skip
        """Noted: the tag and the shape."""
        self._noted("mesh", tag, vertices, global_step, walltime)

    def add_graph(
        self, model: Any, input_to_model: Any = None, verbose: bool = False, use_strict_trace: bool = True
    ) -> None:
        """The model as it prints; it is not run."""
        self._write("graph", type(model).__name__, None, None, value=repr(model))

    def add_custom_scalars(self, layout: Mapping[str, Any]) -> None:
        """The layout as it is."""
        self._write("layout", None, None, None, value=layout)

    def flush(self) -> None:
        """Everything so far is in the file."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> SummaryWriter:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_file", None) is not None:
            self.close()


def _number(value: Any) -> float | str:
    """The number itself; NaN and infinity, which JSON has not, as text. TypeError or ValueError for what is none."""
    if isinstance(value, str):
        raise TypeError(f"a scalar must be a number or a tensor with one element, got {value!r}")
    number = float(value.item() if hasattr(value, "item") else value)
    return number if math.isfinite(number) else str(number)
