"""Modules, containers, layers and their initial values: PyTorch's `torch.nn`.

Source: https://pytorch.org/docs/stable/nn.html
"""

from typing import TYPE_CHECKING

from .._later import Later
from . import functional, init, parameter
from .activations import (
    CELU,
    ELU,
    GELU,
    GLU,
    SELU,
    Hardshrink,
    Hardsigmoid,
    Hardswish,
    Hardtanh,
    LeakyReLU,
    LogSigmoid,
    LogSoftmax,
    Mish,
    PReLU,
    ReLU,
    ReLU6,
    RReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softmax2d,
    Softmin,
    Softplus,
    Softshrink,
    Softsign,
    Tanh,
    Tanhshrink,
    Threshold,
)
from .containers import DataParallel, ModuleDict, ModuleList, Sequential
from .distances import (
    CosineEmbeddingLoss,
    CosineSimilarity,
    GaussianNLLLoss,
    MultiLabelSoftMarginLoss,
    PairwiseDistance,
    TripletMarginLoss,
    TripletMarginWithDistanceLoss,
)
from .dropout import AlphaDropout, Dropout, Dropout1d, Dropout2d, FeatureAlphaDropout
from .embedding import Embedding, EmbeddingBag
from .layers import BatchNorm1d, Flatten, GroupNorm, LayerNorm, LazyBatchNorm1d, RMSNorm, Unflatten
from .linear import Bilinear, Identity, LazyLinear, Linear
from .losses import (
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    HingeEmbeddingLoss,
    HuberLoss,
    KLDivLoss,
    L1Loss,
    MarginRankingLoss,
    MSELoss,
    MultiLabelMarginLoss,
    MultiMarginLoss,
    NLLLoss,
    PoissonNLLLoss,
    SmoothL1Loss,
    SoftMarginLoss,
)
from .module import Module
from .parameter import Buffer, Parameter, UninitializedParameter
from .parameter_containers import ParameterDict, ParameterList

if TYPE_CHECKING:
    from . import utils
else:
    __getattr__ = Later(__name__, {".utils": ""})
    __dir__ = __getattr__.dir

__all__ = [
    "functional", "init", "parameter", "utils",
    "Buffer", "Module", "Parameter", "UninitializedParameter",
    "DataParallel", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential",
    "AlphaDropout", "BatchNorm1d", "Bilinear", "Dropout", "Dropout1d", "Dropout2d", "Embedding",
    "EmbeddingBag",
    "FeatureAlphaDropout", "Flatten", "GroupNorm", "Identity", "LayerNorm", "LazyBatchNorm1d", "LazyLinear", "Linear",
    "RMSNorm", "Unflatten",
    "CELU", "ELU", "GELU", "GLU", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "LeakyReLU", "LogSigmoid",
    "LogSoftmax", "Mish", "PReLU", "RReLU", "ReLU", "ReLU6", "SELU", "SiLU", "Sigmoid", "Softmax", "Softmax2d",
    "Softmin", "Softplus", "Softshrink", "Softsign", "Tanh", "Tanhshrink", "Threshold",
    "BCELoss", "BCEWithLogitsLoss", "CosineEmbeddingLoss", "CrossEntropyLoss", "GaussianNLLLoss", "HingeEmbeddingLoss",
    "HuberLoss", "KLDivLoss", "L1Loss", "MSELoss", "MarginRankingLoss", "MultiLabelMarginLoss",
    "MultiLabelSoftMarginLoss", "MultiMarginLoss", "NLLLoss", "PoissonNLLLoss", "SmoothL1Loss", "SoftMarginLoss",
    "TripletMarginLoss", "TripletMarginWithDistanceLoss", "CosineSimilarity", "PairwiseDistance",
]  # fmt: skip
