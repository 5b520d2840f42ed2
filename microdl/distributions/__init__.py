"""Probability distributions: samples, log densities, entropies and divergences, as in PyTorch's `torch.distributions`.

Here are the ones that policy gradients, variational autoencoders and Bayesian examples of small models use.

Source: https://pytorch.org/docs/stable/distributions.html
"""

from . import constraints, kl
from .continuous import Exponential, Laplace, Normal, Uniform
from .discrete import Bernoulli, Categorical, OneHotCategorical, Poisson
from .distribution import Distribution
from .kl import kl_divergence, register_kl
from .multivariate import Independent, MultivariateNormal

__all__ = [
    "Bernoulli", "Categorical", "Distribution", "Exponential", "Independent", "Laplace", "MultivariateNormal",
    "Normal", "OneHotCategorical", "Poisson", "Uniform", "constraints", "kl", "kl_divergence", "register_kl",
]  # fmt: skip
