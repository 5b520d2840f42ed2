"""What goes wrong with two classes."""

from .bug import Bug

__all__ = ["BUGS"]


def _bug(name: str, right: str, wrong: str, exercise: str, why: str) -> Bug:
    return Bug(11, name, "binary.py", right, wrong, exercise, why)


_SIGMOID = "np.where(x >= 0, 1 / (1 + e), e / (1 + e)).astype(x.dtype)"
_SOFTPLUS = "np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))"

BUGS = [
    _bug("sigmoid by its definition", _SIGMOID, "1 / (1 + np.exp(-x))", "sigmoid_forward", r"sigmoid of|overflowed"),
    _bug("sigmoid of the magnitude", _SIGMOID, "1 / (1 + e)", "sigmoid_forward", r"sigmoid of -"),
    _bug("softplus by its definition", _SOFTPLUS, "np.log(1 + np.exp(x))", "softplus_forward", r"Take x out|log1p"),
    _bug("small results lost", _SOFTPLUS, "np.maximum(x, 0) + np.log(1 + np.exp(-np.abs(x)))", "softplus_forward", r"log1p"),
    _bug("slope without 1 - p", "return g * out * (1 - out)", "return g * out", "sigmoid_rule", r"gradient of input 0 is wrong"),
    _bug("labels the wrong way round", "softplus(scores) - scores * labels", "softplus(-scores) + scores * labels",
         "bce_with_logits", r"wrong way round"),
    _bug("sum for a mean", "(softplus(scores) - scores * labels).mean()", "(softplus(scores) - scores * labels).sum()",
         "bce_with_logits", r"the mean"),
    _bug("sign in the exponent", "softplus(-scores * signs)", "softplus(scores * signs)", "logistic_loss", r"sign in the exponent"),
    _bug("squares before products", "x1**2, x2**2, x1 * x2]", "x1**2, x1 * x2, x2**2]", "lift", r"x1, x2, x1\^2"),
    _bug("columns become rows", "x1 * x2], axis=1)", "x1 * x2], axis=0)", "lift", r"should be \(2, 5\)"),
    _bug("x first", "np.arctan2(y, x)", "np.arctan2(x, y)", "polar", r"takes y first"),
    _bug("arctan of the quotient", "np.arctan2(y, x)", "np.arctan(y / x)", "polar", r"takes y first"),
]  # fmt: skip
