"""A linear layer and the batch normalisation behind it as one linear layer, for evaluation.

Source: https://pytorch.org/docs/stable/generated/torch.nn.utils.fuse_linear_bn_eval.html
"""

from __future__ import annotations

import copy
from typing import Any

from ...creation import zeros_like
from ..parameter import Parameter

__all__ = ["fuse_linear_bn_eval", "fuse_linear_bn_weights"]


def fuse_linear_bn_eval(linear: Any, bn: Any) -> Any:
    """A new `Linear` that computes `bn(linear(x))`.

    AssertionError unless both are in evaluation mode, of matching sizes, and `bn` keeps running statistics.

    >>> import microdl as torch
    >>> linear, bn, x = torch.nn.Linear(3, 2).eval(), torch.nn.BatchNorm1d(2).eval(), torch.ones(1, 3)
    >>> torch.allclose(torch.nn.utils.fuse_linear_bn_eval(linear, bn)(x), bn(linear(x)))
    True
    """
    if linear.training or bn.training:
        raise AssertionError("Fusion only for eval!")
    if linear.out_features != bn.num_features and bn.num_features != 1:
        raise AssertionError(
            "To fuse, linear.out_features == bn.num_features or bn.num_features == 1, got "
            f"linear.out_features={linear.out_features} and bn.num_features={bn.num_features}"
        )
    if bn.running_mean is None or bn.running_var is None:
        raise AssertionError("bn.running_mean and bn.running_var must not be None")
    fused = copy.deepcopy(linear)
    fused.weight, fused.bias = fuse_linear_bn_weights(
        fused.weight, fused.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias
    )
    return fused


def fuse_linear_bn_weights(
    linear_w: Any, linear_b: Any, bn_rm: Any, bn_rv: Any, bn_eps: float, bn_w: Any, bn_b: Any
) -> tuple[Parameter, Parameter]:
    """The weight `W * s` and the bias `(b - mean) * s + bn_b` with `s = bn_w / sqrt(var + eps)`, as parameters."""
    bias = zeros_like(bn_rm) if linear_b is None else linear_b
    scale = bn_w * (bn_rv + bn_eps).rsqrt()
    fused_w = linear_w * scale.unsqueeze(-1).to(dtype=linear_w.dtype)
    fused_b = ((bias - bn_rm) * scale + bn_b).to(dtype=(linear_w if linear_b is None else linear_b).dtype)
    return Parameter(fused_w.detach(), linear_w.requires_grad), Parameter(fused_b.detach(), bias.requires_grad)
