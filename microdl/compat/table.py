"""Which module of PyTorch is what in microdl, and which class PyTorch has in which file."""

from __future__ import annotations

from functools import cache

from .. import autograd, dtypes, nn, storage
from ..autograd.graph import RemovableHandle
from ..device import device
from ..nn import losses, state
from ..serialization import names
from ..tensor import Tensor

__all__ = ["EMPTY", "MODULES", "VERSION", "VISION_VERSION", "homes"]

# What microdl answers to. The part before the plus is what scripts compare.
VERSION = "2.13.0+microdl"
VISION_VERSION = "0.28.0+microdl"

# PyTorch's module: where its names are. A path to something that is no module is taken as it is.
MODULES = {
    "torch": "microdl",
    "torch.accelerator": "microdl.accelerator",
    "torch.amp": "microdl.amp",
    "torch.autograd": "microdl.autograd",
    "torch.autograd.function": "microdl.autograd.function",
    "torch.autograd.functional": "microdl.autograd.functional",
    "torch.autograd.gradcheck": "microdl.testing.gradcheck",
    "torch.autograd.graph": "microdl.autograd.graph",
    "torch.autograd.profiler": "microdl.autograd.profiler",
    "torch.backends": "microdl.backends",
    "torch.backends.cuda": "microdl.backends.cuda",
    "torch.backends.cudnn": "microdl.backends.cudnn",
    "torch.backends.mkl": "microdl.backends.mkl",
    "torch.backends.mps": "microdl.backends.mps",
    "torch.cuda": "microdl.cuda",
    "torch.cuda.amp": "microdl.amp.cuda",
    "torch.func": "microdl.func",
    "torch.functional": "microdl",
    "torch.distributions": "microdl.distributions",
    "torch.distributions.bernoulli": "microdl.distributions.discrete",
    "torch.distributions.beta": "microdl.distributions.gamma",
    "torch.distributions.binomial": "microdl.distributions.counts",
    "torch.distributions.categorical": "microdl.distributions.discrete",
    "torch.distributions.cauchy": "microdl.distributions.continuous",
    "torch.distributions.chi2": "microdl.distributions.gamma",
    "torch.distributions.constraints": "microdl.distributions.constraints",
    "torch.distributions.dirichlet": "microdl.distributions.gamma",
    "torch.distributions.distribution": "microdl.distributions.distribution",
    "torch.distributions.exponential": "microdl.distributions.continuous",
    "torch.distributions.gamma": "microdl.distributions.gamma",
    "torch.distributions.geometric": "microdl.distributions.counts",
    "torch.distributions.gumbel": "microdl.distributions.transformed",
    "torch.distributions.half_cauchy": "microdl.distributions.transformed",
    "torch.distributions.half_normal": "microdl.distributions.transformed",
    "torch.distributions.independent": "microdl.distributions.multivariate",
    "torch.distributions.kl": "microdl.distributions.kl",
    "torch.distributions.laplace": "microdl.distributions.continuous",
    "torch.distributions.log_normal": "microdl.distributions.transformed",
    "torch.distributions.mixture_same_family": "microdl.distributions.mixture",
    "torch.distributions.multinomial": "microdl.distributions.counts",
    "torch.distributions.multivariate_normal": "microdl.distributions.multivariate",
    "torch.distributions.negative_binomial": "microdl.distributions.counts",
    "torch.distributions.normal": "microdl.distributions.continuous",
    "torch.distributions.one_hot_categorical": "microdl.distributions.discrete",
    "torch.distributions.pareto": "microdl.distributions.transformed",
    "torch.distributions.poisson": "microdl.distributions.discrete",
    "torch.distributions.relaxed_bernoulli": "microdl.distributions.relaxed",
    "torch.distributions.relaxed_categorical": "microdl.distributions.relaxed",
    "torch.distributions.studentT": "microdl.distributions.gamma",
    "torch.distributions.transformed_distribution": "microdl.distributions.transformed",
    "torch.distributions.transforms": "microdl.distributions.transforms",
    "torch.distributions.uniform": "microdl.distributions.continuous",
    "torch.distributions.weibull": "microdl.distributions.transformed",
    "torch.linalg": "microdl.linalg",
    "torch.mps": "microdl.mps",
    "torch.multiprocessing": "microdl.compat.processes",
    "torch.nn": "microdl.nn",
    "torch.nn.functional": "microdl.nn.functional",
    "torch.nn.init": "microdl.nn.init",
    "torch.nn.modules": "microdl.nn",
    "torch.nn.parallel": "microdl.nn",
    "torch.nn.parameter": "microdl.nn.parameter",
    "torch.nn.utils": "microdl.nn.utils",
    "torch.nn.utils.clip_grad": "microdl.nn.utils",
    "torch.nn.utils.convert_parameters": "microdl.nn.utils",
    "torch.nn.utils.fusion": "microdl.nn.utils.fusion",
    "torch.nn.utils.parametrizations": "microdl.nn.utils.parametrizations",
    "torch.nn.utils.parametrize": "microdl.nn.utils.parametrize",
    "torch.nn.utils.prune": "microdl.nn.utils.prune",
    "torch.nn.utils.rnn": "microdl.nn.utils.rnn",
    "torch.nn.utils.spectral_norm": "microdl.nn.utils.spectral_norm",
    "torch.nn.utils.stateless": "microdl.nn.utils.stateless",
    "torch.nn.utils.weight_norm": "microdl.nn.utils.weight_norm",
    "torch.optim": "microdl.optim",
    "torch.optim.lr_scheduler": "microdl.optim.lr_scheduler",
    "torch.optim.optimizer": "microdl.optim.optimizer",
    "torch.optim.swa_utils": "microdl.optim.swa_utils",
    "torch.profiler": "microdl.profiler",
    "torch.random": "microdl.random",
    "torch.return_types": "microdl.return_types",
    "torch.serialization": "microdl.serialization",
    "torch.storage": "microdl.storage",
    "torch.special": "microdl.special",
    "torch.testing": "microdl.testing",
    "torch.types": "microdl.types",
    "torch.utils": "microdl.utils",
    "torch.utils.checkpoint": "microdl.utils.checkpoint",
    "torch.utils.data": "microdl.utils.data",
    "torch.utils.data._utils": "microdl.utils.data",
    "torch.utils.data._utils.collate": "microdl.utils.data.collate",
    "torch.utils.data.dataloader": "microdl.utils.data",
    "torch.utils.data.dataset": "microdl.utils.data",
    "torch.utils.data.sampler": "microdl.utils.data",
    "torch.utils.dlpack": "microdl.utils.dlpack",
    "torch.utils.tensorboard": "microdl.utils.tensorboard",
    "torch.utils.tensorboard.writer": "microdl.utils.tensorboard",
    "tensorboardX": "microdl.utils.tensorboard",
    "torch.version": "microdl.version",
    "torch.xpu": "microdl.xpu",
    "torchvision": "microdl.vision",
    "torchvision.datasets": "microdl.datasets",
    "torchvision.datasets.cifar": "microdl.datasets",
    "torchvision.datasets.folder": "microdl.datasets",
    "torchvision.datasets.mnist": "microdl.datasets",
    "torchvision.datasets.utils": "microdl.datasets.download",
    "torchvision.datasets.vision": "microdl.datasets",
    "torchvision.transforms": "microdl.transforms",
    "torchvision.transforms.functional": "microdl.transforms.functional",
    "torchvision.transforms.transforms": "microdl.transforms",
    "torchvision.transforms.v2": "microdl.transforms.v2",
    "torchvision.transforms.v2.functional": "microdl.transforms.functional",
    "torchvision.utils": "microdl.vision",
}

# Modules that scripts import and then leave alone: they are there, and refuse every name by name.
EMPTY = {
    *["torch._dynamo", "torch.ao", "torch.distributed", "torch.export", "torch.fft", "torch.fx", "torch.hub"],
    *["torch.jit", "torch.nn.attention", "torch.nn.quantized"],
    *["torch.onnx"],
    *["torch.quantization", "torch.sparse", "torch.utils.benchmark", "torch.utils.cpp_extension"],
    *["torch.utils.data.distributed", "torch.utils.model_zoo", "torchvision.io", "torchvision.models"],
    *["torchvision.ops"],
}


@cache
def homes() -> dict[str, dict[str, type]]:
    """PyTorch's files, and the classes that PyTorch defines in each: those that `serialization` knows, and a few more.

    Under `as_torch` a class says so, in `type(x)` and in what pickle writes.
    """
    found: dict[str, dict[str, type]] = {
        "torch": {
            "dtype": dtypes.dtype,
            "finfo": dtypes.finfo,
            "iinfo": dtypes.iinfo,
            "device": device,
            "Tensor": Tensor,
        },
        "torch.autograd.function": {"Function": autograd.Function},
        "torch.autograd.grad_mode": {
            kind.__name__: kind
            for kind in (autograd.no_grad, autograd.enable_grad, autograd.set_grad_enabled, autograd.inference_mode)
        },
        "torch.autograd.variable": {"Variable": autograd.Variable},
        "torch.nn.modules.batchnorm": {"_BatchNorm": nn.BatchNorm1d},  # what programs ask isinstance of
        "torch.nn.modules.loss": {"_Loss": losses.Loss, "_WeightedLoss": losses.WeightedLoss},  # and inherit from
        "torch.nn.modules.module": {"_IncompatibleKeys": state._IncompatibleKeys},
        "torch.utils.hooks": {"RemovableHandle": RemovableHandle},
        "torch.storage": {"TypedStorage": storage.TypedStorage, "UntypedStorage": storage.UntypedStorage},
    }
    for path, kind in {**names.data_globals(), **names.object_globals()}.items():
        module, _, name = path.rpartition(".")
        if module == "torch.nn.functional" or kind is Tensor:
            continue  # functions, and a class that has its place above
        if isinstance(kind, type) and kind.__module__.startswith("microdl."):
            found.setdefault(module, {})[name] = kind
    return found
