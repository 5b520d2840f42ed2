"""Classes and scores of points in the plane, asked of any classifier."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._models import fitted, is_estimator, is_module
from ._style import Floats, as_array, detached

__all__ = ["Decision", "decide"]


@dataclass(frozen=True)
class Decision:
    """What a classifier says of some points.

    Attributes:
        classes: the labels, in the order of the scores.
        places: the place of each point's label among them.
        scores: (points, classes); (points, 1) for one score whose sign decides; None where only labels are known.
    """

    classes: list[Any]
    places: NDArray[np.intp]
    scores: Floats | None

    def margins(self) -> Floats:
        """(points, classes): by how much the score of each class exceeds the best other: above 0 in its region."""
        count = len(self.classes)
        if self.scores is None:
            return np.where(self.places[:, None] == np.arange(count), 1.0, -1.0)
        if self.scores.shape[1] == 1:
            return np.hstack([-self.scores, self.scores])
        best = self.scores.argmax(axis=1)[:, None]
        top = np.sort(self.scores, axis=1)[:, -2:]  # the second best and the best
        return self.scores - np.where(best == np.arange(count), top[:, :1], top[:, 1:])


def decide(classifier: Any, points: Any, labels: list[Any]) -> Decision:
    """Ask the classifier about `points`, (n, 2). `labels` are those that occur in the data, in order."""
    if isinstance(classifier, type):
        raise TypeError(f"a fitted classifier is needed, got the class {classifier.__name__}: make one and fit it")
    _check_width(classifier)
    if is_module(classifier):
        return _from_outputs(_outputs(classifier, points), labels, "the module")
    if is_estimator(classifier):
        return _from_estimator(classifier, points, labels)
    if callable(classifier):
        return _from_outputs(detached(classifier(points)), labels, "the function")
    raise TypeError(
        "classifier must be a fitted estimator, an nn.Module or a function of points (n, 2) that returns scores or"
        f" labels; got {type(classifier).__name__}"
    )


def _check_width(classifier: Any) -> None:
    width = getattr(classifier, "n_features_in_", None)
    if is_module(classifier):
        layers = [layer for layer in classifier.modules() if hasattr(layer, "in_features")]
        width = layers[0].in_features if layers else None
    if width is not None and width != 2:
        raise ValueError(
            f"regions are drawn in the plane, but this {type(classifier).__name__} takes {width} features:"
            " fit one on two of them, or wrap it in a function of points (n, 2)"
        )


@contextmanager
def _evaluating(module: Any) -> Iterator[None]:
    """In eval mode, as dropout and batch normalisation need; each part is as before afterwards."""
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, mode in modes:
            part.training = mode


def _outputs(module: Any, points: Any) -> Floats:
    points = np.asarray(points, dtype=np.float64)
    parameter = next(iter(module.parameters()), None)
    if parameter is None:
        import microdl

        inputs: Any = microdl.tensor(points, dtype=microdl.float32)
    else:
        inputs = parameter.new_tensor(points)  # of its own dtype and kind
    with _evaluating(module):
        return as_array(module(inputs), "the module's outputs")


def _from_outputs(outputs: Any, labels: list[Any], what: str) -> Decision:
    outputs = np.asarray(outputs)
    if outputs.dtype.kind == "f":
        return _from_scores(outputs.astype(np.float64), labels, what)
    if outputs.ndim != 1:
        raise ValueError(f"{what} must return scores (n, classes) or (n,), or labels (n,), got shape {outputs.shape}")
    return _from_labels(outputs, labels)


def _from_scores(scores: Floats, labels: list[Any], what: str) -> Decision:
    if scores.ndim == 1:
        scores = scores[:, None]
    if scores.ndim != 2 or scores.shape[1] == 0:
        raise ValueError(f"{what} must return scores (n, classes) or (n,), got shape {scores.shape}")
    if np.isnan(scores).any():
        raise ValueError(f"{what} returns NaN for {int(np.isnan(scores).any(axis=1).sum())} of {len(scores)} points")
    if scores.shape[1] == 1:
        classes = labels if len(labels) == 2 else [0, 1]
        return Decision(classes, (scores[:, 0] > 0).astype(np.intp), scores)
    classes = list(range(scores.shape[1]))
    if any(label not in classes for label in labels) and len(labels) == len(classes):
        classes = labels  # of another kind, as text: in order
    return Decision(classes, scores.argmax(axis=1), scores)


def _from_labels(predicted: Any, labels: list[Any], classes: Any = None) -> Decision:
    values = np.unique(predicted).tolist()
    known = sorted({*labels, *values}, key=_order) if classes is None else list(classes)
    place = {label: k for k, label in enumerate(known)}
    return Decision(known, np.array([place[label] for label in predicted.tolist()], dtype=np.intp), None)


def _order(label: Any) -> tuple[bool, Any]:
    return isinstance(label, str), label  # numbers first


def _from_estimator(estimator: Any, points: Any, labels: list[Any]) -> Decision:
    predicted = np.asarray(detached(estimator.predict(points)))
    if predicted.ndim != 1:
        raise ValueError(f"predict must return one label a point, got shape {predicted.shape}")
    own = getattr(estimator, "classes_", None)
    if own is None:
        own = getattr(fitted(estimator), "classes_", None)
    if predicted.dtype.kind == "f" and own is None and len(np.unique(predicted)) > 50:
        raise ValueError(f"{type(estimator).__name__} predicts numbers, not classes: it is no classifier")
    found = _from_labels(predicted, labels, None if own is None else np.asarray(own).tolist())
    scores = _scores(estimator, points)
    if scores is None:
        return found
    count = len(found.classes)
    columns = {2: (1, 2)}.get(count, (count,))
    if scores.shape[1] not in columns:
        return found
    by_score = (scores[:, 0] > 0) if scores.shape[1] == 1 else scores.argmax(axis=1)
    # Where predict goes by something else (a threshold, votes), the regions are predict's.
    agree = float(np.mean(by_score == found.places))
    return Decision(found.classes, found.places, scores) if agree > 0.995 else found


def _scores(estimator: Any, points: Any) -> Floats | None:
    function: Callable[[Any], Any] | None = getattr(estimator, "decision_function", None)
    if function is None:
        return None
    scores = as_array(function(points), "the decision function")
    scores = scores[:, None] if scores.ndim == 1 else scores
    return scores if scores.ndim == 2 and np.isfinite(scores).all() else None
