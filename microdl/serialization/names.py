"""The names that a `.pt` file calls things by, and what they are here.

A pickle refers to classes and functions by module and name. Files speak of `torch.nn.modules.linear.Linear`, whoever
writes them, so that PyTorch and microdl read each other's. This is the one table of those names.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable
from functools import cache
from typing import Any

from .. import dtypes, nn, optim, utils
from ..device import device
from ..random import Generator
from ..tensor import Tensor
from . import rebuild

__all__ = ["add_safe_globals", "clear_safe_globals", "get_safe_globals", "safe_globals"]

_NN = {
    "module": "Module",
    "linear": "Identity Linear LazyLinear Bilinear",
    "container": "Sequential ModuleList ModuleDict ParameterList ParameterDict",
    "activation": "ReLU ReLU6 LeakyReLU PReLU RReLU ELU CELU SELU GELU SiLU Mish GLU Sigmoid LogSigmoid Hardsigmoid "
    "Tanh Hardtanh Hardswish Hardshrink Softshrink Tanhshrink Softplus Softsign Softmax Softmax2d Softmin LogSoftmax "
    "Threshold MultiheadAttention",
    "batchnorm": "BatchNorm1d BatchNorm2d BatchNorm3d LazyBatchNorm1d LazyBatchNorm2d",
    "normalization": "LayerNorm GroupNorm RMSNorm LocalResponseNorm",
    "instancenorm": "InstanceNorm1d InstanceNorm2d",
    "dropout": "Dropout Dropout1d Dropout2d AlphaDropout FeatureAlphaDropout",
    "sparse": "Embedding EmbeddingBag",
    "flatten": "Flatten Unflatten",
    "conv": "Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d",
    "pooling": "MaxPool1d MaxPool2d AvgPool1d AvgPool2d AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveMaxPool2d",
    "rnn": "RNN LSTM GRU RNNCell LSTMCell GRUCell",
    "distance": "CosineSimilarity PairwiseDistance",
    "upsampling": "Upsample",
    "loss": "L1Loss MSELoss SmoothL1Loss HuberLoss CrossEntropyLoss NLLLoss BCELoss BCEWithLogitsLoss KLDivLoss "
    "PoissonNLLLoss GaussianNLLLoss HingeEmbeddingLoss SoftMarginLoss MarginRankingLoss MultiMarginLoss "
    "MultiLabelMarginLoss MultiLabelSoftMarginLoss CosineEmbeddingLoss TripletMarginLoss "
    "TripletMarginWithDistanceLoss CTCLoss",
}
_OPTIM = "SGD ASGD Adam AdamW Adamax RMSprop Adagrad Adadelta NAdam RAdam Rprop LBFGS"
_DATA = {
    "dataset": "Dataset TensorDataset ConcatDataset ChainDataset Subset IterableDataset",
    "sampler": "Sampler SequentialSampler RandomSampler SubsetRandomSampler WeightedRandomSampler BatchSampler",
    "dataloader": "DataLoader",
}

_STORAGE_TYPES = {d.legacy + "Storage": d for d in dtypes.ALL}
NO_DTYPES = {  # what PyTorch has and NumPy or microdl has not, under the names that files use
    **{
        f"{name}Storage": f"torch.{spelled}"
        for name, spelled in {
            "BFloat16": "bfloat16", "ComplexHalf": "complex32", "ComplexFloat": "complex64",
            "ComplexDouble": "complex128", "QInt8": "qint8", "QUInt8": "quint8", "QInt32": "qint32",
            "QUInt4x2": "quint4x2", "QUInt2x4": "quint2x4",
        }.items()
    },
    **{
        name: f"torch.{name}"
        for name in (
            "bfloat16", "complex32", "complex64", "complex128", "chalf", "cfloat", "cdouble",
            "uint16", "uint32", "uint64", "qint8", "quint8", "qint32", "float8_e4m3fn", "float8_e5m2",
            "float8_e4m3fnuz", "float8_e5m2fnuz",
            "float8_e8m0fnu", "float4_e2m1fn_x2",
        )
    },
}  # fmt: skip


@cache
def data_globals() -> dict[str, Any]:
    """What a file of weights may name: it builds data and calls nothing else."""
    found: dict[str, Any] = {
        "collections.OrderedDict": OrderedDict,
        "collections.Counter": Counter,
        "_codecs.encode": rebuild.encode,
        "builtins.set": set,
        "builtins.bytes": rebuild.no_bytes,
        "builtins.bytearray": rebuild.byte_array,
        "builtins.complex": complex,
        "torch.Size": dtypes.Size,
        "torch.device": device,
        "torch.Tensor": Tensor,
        "torch._tensor.Tensor": Tensor,
        "torch.nn.parameter.Parameter": nn.Parameter,
        "torch.nn.parameter.UninitializedParameter": nn.UninitializedParameter,
        "torch.storage.UntypedStorage": rebuild.StorageType(None),
        "torch.UntypedStorage": rebuild.StorageType(None),
        "torch._tensor._rebuild_from_type_v2": rebuild.from_type_v2,
    }
    for name in ("tensor", "tensor_v2", "tensor_v3", "parameter", "parameter_with_state"):
        found[f"torch._utils._rebuild_{name}"] = getattr(rebuild, name)
    found.update({f"torch.{d.name}": d for d in dtypes.ALL})
    found.update({f"torch.{name}": rebuild.StorageType(d) for name, d in _STORAGE_TYPES.items()})
    found.update({f"torch.{name}": rebuild.Absent(spelled) for name, spelled in NO_DTYPES.items()})
    return found


@cache
def object_globals() -> dict[str, Any]:
    """Modules, optimisers, schedulers and datasets, which only `weights_only=False` loads."""
    # torch.tanh and its like are pickled as attributes of that class
    found: dict[str, Any] = {"torch._C.Generator": Generator, "torch._C._VariableFunctionsClass": Tensor}
    for module, names in _NN.items():
        found.update(_present(f"torch.nn.modules.{module}", nn, names.split()))
    for name in _OPTIM.split():
        found.update(_present(f"torch.optim.{name.lower()}", optim, [name]))
    found.update(_present("torch.nn.parallel.data_parallel", nn, ["DataParallel"]))
    found.update(_present("torch.nn.parameter", nn, ["Buffer", "UninitializedBuffer"]))
    found.update(_present("torch.optim.optimizer", optim, ["Optimizer"]))
    schedulers = getattr(optim, "lr_scheduler", None)
    found.update(_present("torch.optim.lr_scheduler", schedulers, getattr(schedulers, "__all__", ())))
    for module, names in _DATA.items():
        found.update(_present(f"torch.utils.data.{module}", utils.data, names.split()))
    functional = [name for name in dir(nn.functional) if name.islower() and not name.startswith("_")]
    functions = _present("torch.nn.functional", nn.functional, functional)
    found.update((name, value) for name, value in functions.items() if callable(value))
    return found


def _present(path: str, owner: Any, names: Iterable[str]) -> dict[str, Any]:
    return {f"{path}.{name}": getattr(owner, name) for name in names if hasattr(owner, name)}


@cache
def torch_names() -> dict[int, tuple[str, str]]:
    """The module and name under which an object, given by its id, stands in a file."""
    found: dict[int, tuple[str, str]] = {}
    for name, value in {**data_globals(), **object_globals()}.items():
        module, _, last = name.rpartition(".")
        if module.startswith("torch"):
            found.setdefault(id(value), (module, last))
    found[id(Tensor)] = ("torch", "Tensor")
    return found


def storage_type(d: dtypes.dtype | None) -> Any:
    """What a file calls the storage of a dtype; of bytes without one."""
    return data_globals()["torch.storage.UntypedStorage" if d is None else f"torch.{d.legacy}Storage"]


# --- what users trust ---

_trusted: set[Any] = set()


def add_safe_globals(safe_globals: list[Any]) -> None:
    """Lets `load(weights_only=True)` make objects of these classes and call these functions.

    Each is a class or function, or a pair of it and the full name under which files know it.

    Source: https://pytorch.org/docs/stable/notes/serialization.html#torch.serialization.add_safe_globals
    """
    _trusted.update(safe_globals)


def get_safe_globals() -> list[Any]:
    """What `add_safe_globals` added."""
    return list(_trusted)


def clear_safe_globals() -> None:
    """Takes back all that `add_safe_globals` added."""
    _trusted.clear()


class safe_globals:
    """Trusts classes and functions, as `add_safe_globals` does, within a `with` block.

    >>> import microdl as torch
    >>> with torch.serialization.safe_globals([complex]):
    ...     torch.serialization.get_safe_globals()
    [<class 'complex'>]
    """

    def __init__(self, safe_globals: list[Any]) -> None:
        self._new = set(safe_globals)

    def __enter__(self) -> None:
        self._new -= _trusted  # what was trusted before stays so
        _trusted.update(self._new)

    def __exit__(self, *exc: object) -> None:
        _trusted.difference_update(self._new)


def trusted_globals() -> dict[str, Any]:
    """What users trust, by full name. ValueError or TypeError for an entry that is neither form."""
    found = {}
    for entry in _trusted:
        if not isinstance(entry, tuple):
            module, name = torch_names().get(id(entry), (entry.__module__, entry.__qualname__))
            found[f"{module}.{name}"] = found[f"{entry.__module__}.{entry.__qualname__}"] = entry
        elif len(entry) != 2:
            raise ValueError(
                f"Expected tuple of length 2 (global, str of callable full path), but got tuple of length: {len(entry)}"
            )
        elif type(entry[1]) is not str:
            raise TypeError(f"Expected second item in tuple to be str of callable full path, but got: {type(entry[1])}")
        else:
            found[entry[1]] = entry[0]
    return found


def known_global(module: str, name: str) -> Any:
    """What `torch`'s global of that name is here, for files that may run code. AttributeError where there is none."""
    path = f"{module}.{name}"
    for table in (data_globals(), object_globals()):
        if path in table:
            return table[path]
    if module.startswith("torch.optim") and hasattr(optim, name):
        return getattr(optim, name)
    raise AttributeError(
        f"the file needs {path}, which microdl does not have. Save the model's state_dict() instead of the model, or "
        "what is left without that part."
    )
