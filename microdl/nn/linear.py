"""The linear layer, and the layer that does nothing."""

from __future__ import annotations

import math
import operator
from typing import Any

from ..creation import empty
from ..ops.linear import linear
from . import functional as F
from . import init
from .module import Module
from .parameter import Parameter, UninitializedParameter, is_lazy

__all__ = ["Bilinear", "Identity", "LazyLinear", "Linear"]


def checked_count(layer: str, argument: str, value: Any) -> int:
    """A number of features: TypeError unless it is an int, RuntimeError for a negative one."""
    try:
        n = operator.index(value)
    except TypeError:
        raise TypeError(f"{layer}(): {argument} must be an int, not {type(value).__name__} ({value!r})") from None
    if n < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {n}: {layer}() needs {argument} >= 0")
    return n


class Linear(Module):
    """y = x @ weight.T + bias: from `in_features` numbers `out_features` scores.

    Shapes: input (*, in_features), output (*, out_features), weight (out_features, in_features), bias (out_features,)
    or None. Both start as U(-k, k) with k = 1 / sqrt(in_features), the numbers that PyTorch draws from the same seed.

    Raises RuntimeError for negative sizes, and at a call where the input's last dimension is not in_features or its
    dtype is not the weight's.

    >>> import microdl as torch
    >>> _ = torch.manual_seed(0)
    >>> layer = torch.nn.Linear(3, 2)
    >>> layer(torch.ones(4, 3)).shape, layer.bias
    (torch.Size([4, 2]), Parameter containing:
    tensor([-0.0114,  0.4578], requires_grad=True))

    Source: https://pytorch.org/docs/stable/generated/torch.nn.Linear.html
    """

    in_features: int
    out_features: int
    weight: Parameter
    bias: Parameter | None

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.in_features = checked_count(type(self).__name__, "in_features", in_features)
        self.out_features = checked_count(type(self).__name__, "out_features", out_features)
        self.weight = Parameter(empty(self.out_features, self.in_features, device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(empty(self.out_features, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws weight and bias anew."""
        # With the slope sqrt(5), He's bound gain * sqrt(3 / fan_in) is 1 / sqrt(fan_in), rounded as PyTorch rounds it.
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features) if self.in_features else 0.0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Any) -> Any:
        return linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class LazyLinear(Linear):
    """A `Linear` that takes `in_features` from its first input, and is an ordinary `Linear` from then on.

    Until then its parameters have no shape: an optimiser may hold them, but count them after a first call.

    >>> import microdl as torch
    >>> layer = torch.nn.LazyLinear(2)
    >>> _ = layer(torch.ones(4, 3))
    >>> layer
    Linear(in_features=3, out_features=2, bias=True)

    Source: https://pytorch.org/docs/stable/generated/torch.nn.LazyLinear.html
    """

    def __init__(self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        Module.__init__(self)
        self.in_features = 0
        self.out_features = checked_count("LazyLinear", "out_features", out_features)
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)
        else:
            self.register_parameter("bias", None)

    def reset_parameters(self) -> None:
        if not is_lazy(self.weight):
            super().reset_parameters()

    def initialize_parameters(self, input: Any) -> None:
        """Gives the parameters the shapes that `input` asks for, and their first values unless these were loaded."""
        weight: Any = self.weight
        bias: Any = self.bias
        if not is_lazy(weight):
            self.in_features = weight.shape[-1]
            return
        self.in_features = input.shape[-1]
        weight.materialize((self.out_features, self.in_features))
        if is_lazy(bias):
            bias.materialize((self.out_features,))
        self.reset_parameters()

    def forward(self, input: Any) -> Any:
        self.initialize_parameters(input)
        self.__class__ = Linear  # type: ignore[assignment]  # as PyTorch's does
        return linear(input, self.weight, self.bias)


class Bilinear(Module):
    """y_k = x1^T A_k x2 + b_k: from two vectors `out_features` scores; A is the weight.

    Shapes: inputs (*, in1_features) and (*, in2_features), output (*, out_features), weight (out_features,
    in1_features, in2_features), bias (out_features,) or None. Both start as U(-k, k) with k = 1 / sqrt(in1_features).

    Source: https://pytorch.org/docs/stable/generated/torch.nn.Bilinear.html
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if in1_features <= 0:
            raise ValueError(f"in1_features must be > 0, but got {in1_features}")
        self.in1_features = checked_count("Bilinear", "in1_features", in1_features)
        self.in2_features = checked_count("Bilinear", "in2_features", in2_features)
        self.out_features = n = checked_count("Bilinear", "out_features", out_features)
        self.weight = Parameter(empty(n, self.in1_features, self.in2_features, device=device, dtype=dtype))
        self.register_parameter("bias", Parameter(empty(n, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws weight and bias anew."""
        bound = 1 / math.sqrt(self.in1_features)
        for p in self.parameters():
            init.uniform_(p, -bound, bound)

    def forward(self, input1: Any, input2: Any) -> Any:
        return F.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


class Identity(Module):
    """Its input, unchanged; arguments of the constructor are ignored, so that it can stand in for any layer.

    >>> import microdl as torch
    >>> torch.nn.Identity(54, unused=0.1)(torch.ones(1))
    tensor([1.])

    Source: https://pytorch.org/docs/stable/generated/torch.nn.Identity.html
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        return input
