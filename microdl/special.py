"""`torch.special`: special functions under PyTorch's names. The Bessel functions and orthogonal polynomials are absent.

Source: https://pytorch.org/docs/stable/special.html
"""

from .ops.activation import sigmoid as expit
from .ops.arithmetic import exp2, expm1, log1p, round
from .ops.gamma import digamma, lgamma, mvlgamma, polygamma, zeta
from .ops.reduction import logsumexp
from .ops.softmax import log_softmax, softmax
from .ops.special import entr, erf, erfc, erfcx, erfinv, log_ndtr, logit, ndtr, ndtri, sinc, xlog1py, xlogy

psi, gammaln, multigammaln = digamma, lgamma, mvlgamma

__all__ = [
    "digamma", "entr", "erf", "erfc", "erfcx", "erfinv", "exp2", "expit", "expm1", "gammaln", "log1p", "log_ndtr",
    "log_softmax", "logit", "logsumexp", "multigammaln", "ndtr", "ndtri", "polygamma", "psi", "round", "sinc",
    "softmax", "xlog1py", "xlogy", "zeta",
]  # fmt: skip
