"""PyTorch's random numbers: the same seed gives the same numbers, to the bit.

`Generator` is PyTorch's CPU generator, the 32-bit Mersenne twister (Matsumoto and Nishimura 1998). NumPy's
`RandomState` is the same twister and its streams are frozen, so it supplies the words; what is made of them follows
PyTorch 2.13 on x86-64 with AVX2, whose arithmetic is fused: `a * b + c` is rounded once. Where Numba is loaded,
compiled kernels give the same bits sooner; they are never a reason to load it.

`bernoulli_`, dropout and `exponential_` with one parameter for all elements follow PyTorch on AMD processors; on Intel
ones PyTorch draws them from MKL's generator, which is another stream.
Source: https://pytorch.org/docs/stable/random.html
"""

from ..tensor import Tensor
from .fills import bernoulli_, cauchy_, exponential_, geometric_, log_normal_, normal_, random_, uniform_
from .functions import (
    bernoulli,
    multinomial,
    normal,
    rand,
    rand_like,
    randint,
    randint_like,
    randn,
    randn_like,
    randperm,
)
from .generator import (
    Generator,
    default_generator,
    fork_rng,
    get_rng_state,
    initial_seed,
    manual_seed,
    seed,
    set_rng_state,
)

__all__ = [
    "Generator", "default_generator", "fork_rng", "get_rng_state", "initial_seed", "manual_seed", "seed",
    "set_rng_state",
    "bernoulli", "multinomial", "normal", "rand", "rand_like", "randint", "randint_like", "randn", "randn_like",
    "randperm",
    "bernoulli_", "cauchy_", "exponential_", "geometric_", "log_normal_", "normal_", "random_", "uniform_",
]  # fmt: skip

_METHODS = (
    bernoulli, multinomial, bernoulli_, cauchy_, exponential_, geometric_, log_normal_, normal_, random_, uniform_,
)  # fmt: skip

for _method in _METHODS:
    setattr(Tensor, _method.__name__, _method)
