"""Tools for the parameters of a model.

Source: https://pytorch.org/docs/stable/nn.html#utilities
"""

from . import stateless
from .gradients import (
    clip_grad_norm,
    clip_grad_norm_,
    clip_grad_value_,
    clip_grads_with_norm_,
    get_total_norm,
    parameters_to_vector,
    vector_to_parameters,
)  # fmt: skip
from .stateless import skip_init
from .weight_norm import remove_weight_norm, weight_norm

__all__ = [
    "clip_grad_norm", "clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "get_total_norm",
    "parameters_to_vector", "remove_weight_norm", "skip_init", "stateless", "vector_to_parameters", "weight_norm",
]  # fmt: skip
