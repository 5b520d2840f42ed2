"""What goes wrong with two classes."""

from .bug import bugs_in

__all__ = ["BUGS"]

_bug = bugs_in(11, "binary.py")

_SIGMOID = "np.where(x >= 0, 1 / (1 + e), e / (1 + e))"
_SOFTPLUS = "np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))"
_BCE = "(labels * softplus(-scores) + (1 - labels) * softplus(scores)).mean()"
_REST = "scores.shape[1] * bce_with_logits(scores, Tensor(targets))"
_ANGLE = "np.arctan2(y, x)"

BUGS = [
    _bug("sigmoid by its definition", _SIGMOID, "1 / (1 + np.exp(-x))", "sigmoid_forward", r"sigmoid of|overflowed"),
    _bug("sigmoid of the magnitude", _SIGMOID, "1 / (1 + e)", "sigmoid_forward", r"sigmoid of -"),
    _bug("the unused fraction overflows", _SIGMOID, "np.where(x >= 0, 1 / (1 + np.exp(-x)), np.exp(x) / (1 + np.exp(x)))",
         "sigmoid_forward", r"np.where computes both"),
    _bug("softplus by its definition", _SOFTPLUS, "np.log(1 + np.exp(x))", "softplus_forward", r"Take x out|log1p"),
    _bug("small results lost", _SOFTPLUS, "np.maximum(x, 0) + np.log(1 + np.exp(-np.abs(x)))", "softplus_forward", r"log1p"),
    _bug("slope without 1 - p", "return g * out * (1 - out)", "return g * out", "sigmoid_rule", r"p \(1 - p\)"),
    _bug("sigmoid of the sigmoid", "return g * out * (1 - out)",
         "return g * sigmoid_forward(out) * (1 - sigmoid_forward(out))", "sigmoid_rule", r"already the sigmoid"),
    _bug("labels the wrong way round", _BCE, "((1 - labels) * softplus(-scores) + labels * softplus(scores)).mean()",
         "bce_with_logits", r"wrong way round"),
    _bug("only label 1 counts", _BCE, "(labels * softplus(-scores)).mean()", "bce_with_logits", r"second term"),
    _bug("sum for a mean", _BCE, _BCE.replace("mean", "sum"), "bce_with_logits", r"n times the mean"),
    _bug("large numbers subtracted", _BCE, "(softplus(scores) - scores * labels).mean()", "bce_with_logits",
         r"two large numbers"),
    _bug("sign in the exponent", "softplus(-scores * signs)", "softplus(scores * signs)", "logistic_loss", r"sign in the exponent"),
    _bug("the logarithm of the sigmoid", "softplus(-scores * signs).mean()", "-sigmoid(scores * signs).log().mean()", "logistic_loss",
         r"rounded to 0 or 1"),
    _bug("labels that are integers", "np.zeros(scores.shape, scores.dtype)", "np.zeros(scores.shape, int)", "one_vs_rest_loss",
         r"floats of scores.dtype"),
    _bug("other classes as -1", "np.zeros(scores.shape, scores.dtype)", "-np.ones(scores.shape, scores.dtype)",
         "one_vs_rest_loss", r"0, not -1"),
    _bug("the mean over the classes", _REST, "bce_with_logits(scores, Tensor(targets))", "one_vs_rest_loss", r"T times"),
    _bug("the sum over the images", _REST, "scores.shape[0] * " + _REST, "one_vs_rest_loss", r"n times the mean"),
    _bug("one against all", "targets[rows, y] = 1", "targets[:, y] = 1", "one_vs_rest_loss", r"one entry of each row"),
    _bug("the softmax's loss", _REST, "(-scores[rows, y] + scores.exp().sum(1).log()).mean()", "one_vs_rest_loss", r"softmax"),
    _bug("squares before products", "x1**2, x2**2, x1 * x2]", "x1**2, x1 * x2, x2**2]", "lift", r"x1, x2, x1\^2"),
    _bug("columns become rows", "x1 * x2], axis=1)", "x1 * x2], axis=0)", "lift", r"should be \(2, 5\)"),
    _bug("x first", _ANGLE, "np.arctan2(x, y)", "polar", r"takes y first"),
    _bug("arctan of the quotient", _ANGLE, "np.arctan(y / x)", "polar", r"same quotient"),
    _bug("a full turn from 0", _ANGLE, "np.arctan2(y, x) % (2 * np.pi)", "polar", r"from -pi to pi"),
    _bug("the radius squared", "np.hypot(x, y)", "x**2 + y**2", "polar", r"square root"),
]  # fmt: skip
