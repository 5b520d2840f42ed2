"""The curves of training runs, in whatever form a run left them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ._models import fitted
from ._style import Floats, as_array, check_finite

__all__ = ["Curve", "Run", "accuracy_curve", "check_steps", "curve", "run_of"]

DIVERGED = "If they come from training, it diverged: lower the learning rate"
MARK = DIVERGED + ", or pass diverged='mark' to draw it up to there"

# What runs call their curves, ours first: (names, which of the two panels, whether it is of validation)
NAMES = (
    (("loss_curve_", "loss", "losses", "train_loss", "steps", "train"), "loss", False),
    (("valid_loss", "val_loss", "validation_loss", "valid"), "loss", True),
    (("accuracy", "train_accuracy", "acc", "train_acc", "accuracies"), "accuracy", False),
    (
        ("valid_accuracy", "val_accuracy", "validation_accuracy", "val_acc", "validation_scores_"),
        "accuracy",
        True,
    ),
)
KNOWN = [name for names, _, _ in NAMES for name in names if not name.endswith("_")]


@dataclass(frozen=True)
class Curve:
    """Values at the places x; `diverged` is the place of the first that is not finite, from which none are left."""

    x: Floats
    y: Floats
    diverged: float | None = None


@dataclass
class Run:
    """What one run left: by panel, the curve of training (False) and that of validation (True)."""

    name: str
    loss: dict[bool, Curve] = field(default_factory=dict)
    accuracy: dict[bool, Curve] = field(default_factory=dict)


def curve(values: Any, name: str, epochs: int | None = None, remedy: str | None = DIVERGED) -> Floats:
    """At least one number, all finite unless `remedy` is None; as many as `epochs` if that is given."""
    found = as_array(values, name)
    if found.ndim != 1 or found.size == 0:
        raise ValueError(f"{name} must be 1-D with at least one value, got shape {found.shape}")
    if epochs is not None and len(found) != epochs:
        raise ValueError(f"{name} must have one value an epoch: {epochs}, got {len(found)}")
    if remedy is not None:
        check_finite(found, name, remedy)
    return found


def accuracy_curve(values: Any, name: str, epochs: int | None = None) -> Floats:
    """`curve` of fractions."""
    found = curve(values, name, epochs)
    outside = found[(found < 0) | (found > 1)]
    if len(outside):
        raise ValueError(f"{name} must be fractions within 0 to 1, got {outside[0]}. Divide percent by 100")
    return found


def check_steps(steps: int, steps_per_epoch: Any) -> int:
    """How many epochs so many steps are."""
    if isinstance(steps_per_epoch, bool) or not isinstance(steps_per_epoch, (int, np.integer)):
        raise TypeError(f"steps_per_epoch must be an integer, got {steps_per_epoch!r}")
    if steps_per_epoch < 1 or steps % steps_per_epoch:
        raise ValueError(f"{steps} training losses are not whole epochs of {steps_per_epoch} steps")
    return steps // int(steps_per_epoch)


def run_of(name: str, source: Any, mark: bool) -> Run:
    """The curves of one run. With `mark` a loss that is not finite ends its curve; else it is an error."""
    run = Run(name)
    for label, panel, valid, values in _found(name, source):
        if panel == "accuracy":
            fractions = accuracy_curve(values, label)
            run.accuracy[valid] = Curve(_counted(fractions), fractions)
        else:
            losses = curve(values, label, remedy=None if mark else MARK)
            run.loss[valid] = _until_divergence(losses, label)
    _share_epochs(run)
    return run


def _found(name: str, source: Any) -> list[tuple[str, str, bool, Any]]:
    """(the curve's name in errors, panel, validation, values) for each curve in the source."""
    source = fitted(source)
    if isinstance(source, Mapping):
        unknown = [key for key in source if key not in KNOWN]
        if unknown:
            raise ValueError(f"run {name!r} has the unknown curve {unknown[0]!r}; known are {', '.join(KNOWN)}")
        values = dict(source)
    elif hasattr(source, "__array__") or hasattr(source, "__iter__"):
        return [(f"run {name!r}", "loss", False, source)]
    else:
        values = {key: getattr(source, key, None) for names, _, _ in NAMES for key in names}
    found = []
    for names, panel, valid in NAMES:
        key = next((key for key in names if _is_curve(values.get(key))), None)
        if key is not None:
            found.append((f"{key} of run {name!r}", panel, valid, values[key]))
    if not found:
        raise ValueError(
            f"run {name!r} has no curve: pass losses, a mapping with some of {', '.join(KNOWN)}, a history with such"
            f" attributes, or an estimator fitted with loss_curve_; got {type(source).__name__}"
        )
    return found


def _is_curve(values: Any) -> bool:
    return not isinstance(values, str) and hasattr(values, "__len__") and len(values) > 0


def _counted(values: Floats) -> Floats:
    return np.arange(1.0, len(values) + 1)


def _until_divergence(losses: Floats, label: str) -> Curve:
    x = _counted(losses)
    bad = np.flatnonzero(~np.isfinite(losses))
    if not len(bad):
        return Curve(x, losses)
    if bad[0] == 0:
        raise ValueError(f"{label} has no finite value to begin with: it is {losses[0]}. {DIVERGED}")
    return Curve(x[: bad[0]], losses[: bad[0]], diverged=float(x[bad[0]]))


def _share_epochs(run: Run) -> None:
    """Where training has a loss a step and the rest one an epoch, the steps are given in epochs."""
    steps = run.loss.get(False)
    ends = {
        len(part.x) for part in (*run.accuracy.values(), *(run.loss[k] for k in run.loss if k)) if part.diverged is None
    }
    if steps is None or len(ends) != 1 or steps.diverged is not None:
        return
    epochs = ends.pop()
    if epochs < len(steps.x) and len(steps.x) % epochs == 0:
        run.loss[False] = Curve(steps.x * epochs / len(steps.x), steps.y)
