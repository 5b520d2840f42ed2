"""The losses by name, in the forms of the lectures, for scores of several classes and for the one score of two."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import _options, losses

__all__ = ["FORMS", "LOSSES", "has_probabilities", "loss_of", "multiclass_loss"]

Loss = Callable[[Any, Any, str], Any]

LOSSES = ("softmax", "hinge", "squared_hinge", "logistic")
FORMS = ("auto", "multiclass", "including_own_class", "mean", "one_vs_rest")

_CURVATURE = {"softmax": 0.5, "logistic": 0.25, "hinge": 1.0, "squared_hinge": 2.0}


def check_form(loss: Any, form: Any) -> None:
    """ValueError unless there is the loss, and the form of it."""
    _options.check_choice("loss", loss, LOSSES)
    _options.check_choice("form", form, FORMS)
    allowed = {"softmax": ("auto", "multiclass"), "logistic": ("auto", "one_vs_rest")}.get(loss, FORMS)
    if form not in allowed:
        raise ValueError(
            f"loss={loss!r} has no form {form!r}, only {allowed[1]!r}: the other forms are for 'hinge' and "
            "'squared_hinge', and 'logistic' is the softmax of each class against the rest."
        )


def loss_of(loss: str, form: str, classes: int) -> tuple[Loss, float]:
    """The loss as a function of scores, labels and reduction, and a bound of its second derivative by the scores.

    Of two classes it is a function of their difference, one score an example, and of signs instead of labels. The hinge
    has no second derivative: its number is the size of its slope, which serves as well to choose a learning rate.
    """
    check_form(loss, form)
    return _binary(loss, form) if classes == 2 else _several(loss, form, classes)


def multiclass_loss(loss: str, form: str, classes: int) -> Loss:
    """The loss of the scores of all classes, also of two."""
    check_form(loss, form)
    return _several(loss, form, classes)[0]


def _binary(loss: str, form: str) -> tuple[Loss, float]:
    name = "logistic" if loss == "softmax" else loss
    binary = losses.binary_loss(name)
    curvature = _CURVATURE["logistic" if loss == "softmax" else loss]
    if form == "mean":
        return lambda s, y, r: binary(s, y, r) / 2, curvature / 2
    if form == "including_own_class":
        return lambda s, y, r: binary(s, y, r) + (len(y) if r == "sum" else 1), curvature
    return binary, curvature


def _several(loss: str, form: str, classes: int) -> tuple[Loss, float]:
    if loss == "softmax":
        return lambda s, y, r: losses.softmax_loss(s, y, reduction=r), _CURVATURE[loss]
    if loss == "logistic" or form == "one_vs_rest":
        return lambda s, y, r: losses.one_vs_rest_loss(s, y, loss=loss, reduction=r), _CURVATURE[loss]
    squared, own = loss == "squared_hinge", form == "including_own_class"
    over = "mean" if form == "mean" else "sum"

    def hinge(s: Any, y: Any, r: str) -> Any:
        return losses.hinge_loss(s, y, squared=squared, include_own_class=own, over_classes=over, reduction=r)

    return hinge, (2.0 if squared else 0.5) * (1 if over == "mean" else classes)


def has_probabilities(estimator: Any) -> bool:
    """Whether the loss is one of probabilities."""
    return estimator.loss in ("softmax", "logistic")
