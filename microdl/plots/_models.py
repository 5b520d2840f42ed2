"""What a picture needs of a model, be it a module, an estimator or a function."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._estimator import Estimator
from ._style import Floats, as_array

__all__ = ["fitted", "is_module", "linear_layer", "weights_of"]


def is_module(model: Any) -> bool:
    """Whether it is an `nn.Module`, ours or PyTorch's."""
    return not isinstance(model, type) and all(
        callable(getattr(model, name, None)) for name in ("modules", "parameters", "eval", "train", "forward")
    )


def is_estimator(model: Any) -> bool:
    """Whether it is an estimator as scikit-learn understands it."""
    return not isinstance(model, type) and callable(getattr(model, "predict", None))


def fitted(model: Any) -> Any:
    """The estimator that a search has found, or the last one of a pipeline; else the model itself."""
    while True:
        best = getattr(model, "best_estimator_", None)
        steps = getattr(model, "steps", None)
        if best is not None:
            model = best
        elif isinstance(steps, list) and steps and hasattr(model, "named_steps"):
            model = steps[-1][1]
        else:
            return model


def linear_layer(model: Any) -> Any:
    """The first `nn.Linear` of a module. ValueError if there is none."""
    for module in model.modules():
        if hasattr(module, "in_features") and getattr(getattr(module, "weight", None), "ndim", 0) == 2:
            return module
    raise ValueError(f"the {type(model).__name__} has no nn.Linear, so no templates: pass an array of weights")


def weights_of(model: Any) -> tuple[Floats, list[str] | None]:
    """The weights to draw, (rows, features), and the rows' names where an estimator knows them."""
    if isinstance(model, type):
        raise TypeError(f"plot_templates needs a fitted model, got the class {model.__name__}: make one and fit it")
    if is_module(model):
        return as_array(linear_layer(model).weight, "weights"), None
    if not (is_estimator(model) or hasattr(model, "best_estimator_") or hasattr(model, "coef_")):
        return as_array(model, "weights"), None
    model = fitted(model)
    weights = getattr(model, "coef_", None)
    if weights is not None:
        dense = weights.toarray() if hasattr(weights, "toarray") else weights
        rows = np.atleast_2d(as_array(dense, "weights"))
        return rows, _row_names(getattr(model, "classes_", None), len(rows))
    layers = getattr(model, "coefs_", None)
    if layers is not None:  # of a network: ours are (units, features) each, scikit-learn's (features, units)
        first = as_array(layers[0], "weights")
        return first if isinstance(model, Estimator) else first.T, None
    raise ValueError(
        f"{type(model).__name__} has no coef_, so no templates: fit it first if it is linear, or pass an array"
    )


def _row_names(classes: Any, rows: int) -> list[str] | None:
    if classes is None:
        return None
    if len(classes) == rows:
        return [str(label) for label in classes]
    if len(classes) == 2 and rows == 1:
        return [f"{classes[1]} against {classes[0]}"]
    return None
