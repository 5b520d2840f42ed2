"""Tools for the parameters of a model.

Source: https://pytorch.org/docs/stable/nn.html#utilities
"""

from ... import surface
from . import parametrizations, parametrize, prune, rnn, stateless
from .fusion import fuse_linear_bn_eval, fuse_linear_bn_weights
from .gradients import (
    clip_grad_norm,
    clip_grad_norm_,
    clip_grad_value_,
    clip_grads_with_norm_,
    get_total_norm,
    parameters_to_vector,
    vector_to_parameters,
)  # fmt: skip
from .spectral_norm import remove_spectral_norm, spectral_norm
from .stateless import skip_init
from .weight_norm import remove_weight_norm, weight_norm

__all__ = [
    "clip_grad_norm", "clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "fuse_linear_bn_eval",
    "fuse_linear_bn_weights", "get_total_norm", "parameters_to_vector", "parametrizations", "parametrize", "prune",
    "remove_spectral_norm", "remove_weight_norm", "rnn", "skip_init", "spectral_norm", "stateless",
    "vector_to_parameters", "weight_norm",
]  # fmt: skip

surface.install(__name__)
