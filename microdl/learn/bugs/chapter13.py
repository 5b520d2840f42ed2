"""What goes wrong in kernels."""

from .bug import bugs_in

__all__ = ["BUGS"]

_bug = bugs_in(13, "kernels.py")

_EXP = "slope[i, j] = math.exp(scores[i, j] - largest)"
_LOSS = "losses[i] = math.log(total) - (scores[i, labels[i]] - largest)"

BUGS = [
    _bug("no maximum", "        largest = scores[i, 0]\n        for j in range(1, scores.shape[1]):\n            if scores[i, j] > largest:\n                largest = scores[i, j]\n",
         "        largest = 0.0\n", "softmax_loss_and_slope", r"largest score"),
    _bug("the maximum not taken out of the loss", _LOSS, "losses[i] = math.log(total) - scores[i, labels[i]]",
         "softmax_loss_and_slope", r"the losses of"),
    _bug("the first row's label for all", "slope[i, labels[i]] -= 1", "slope[i, labels[0]] -= 1", "softmax_loss_and_slope",
         r"the slopes are"),
    _bug("the label's slope", "        slope[i, labels[i]] -= 1\n", "", "softmax_loss_and_slope", r"-1 is missing"),
    _bug("slopes not normalised", "slope[i, j] /= total", "slope[i, j] *= 1", "softmax_loss_and_slope", r"the slopes are"),
    _bug("what was in the buffer", "d if first else momentum * v[i] + d", "momentum * v[i] + d", "momentum_step", r"first step"),
    _bug("gradient for the buffer", "p[i] -= lr * v[i]", "p[i] -= lr * g[i]", "momentum_step", r"after v"),
    _bug("bytes that wrap around", "abs(np.int32(a[i, t]) - np.int32(b[j, t]))", "np.uint8(a[i, t] - b[j, t])", "byte_distances",
         r"int32 of both"),
    _bug("squares", "abs(np.int32(a[i, t]) - np.int32(b[j, t]))", "(np.int32(a[i, t]) - np.int32(b[j, t])) ** 2", "byte_distances",
         r"squares' sums"),
    _bug("momentum as a mean", "momentum * v[i] + d", "momentum * v[i] + (1 - momentum) * d", "momentum_step", r"not a mean"),
    _bug("decay after the step", "g[i] + decay * p[i]", "g[i]", "momentum_step", r"decay"),
    _bug("the largest of the row before", "        largest = scores[i, 0]\n", "        if i == 0:\n            largest = scores[0, 0]\n",
         "softmax_loss_and_slope", r"row of its own|largest score"),
    _bug("the largest by magnitude", "if scores[i, j] > largest:", "if abs(scores[i, j]) > abs(largest):", "softmax_loss_and_slope",
         r"largest score"),
    _bug("divided by the number of rows", "slope[i, j] /= total", "slope[i, j] /= total * scores.shape[0]", "softmax_loss_and_slope",
         r"the slopes are"),
    _bug("k without ln 2", "x * _LOG2_E + _ROUND", "x + _ROUND", "fast_exp", r"x / ln 2, rounded"),
    _bug("the library's exponential", "0.0 if x < -708.0 else y * power", "math.exp(x)", "fast_exp", r"calls the library"),
    _bug("cut off, not rounded", "k = shifted - _ROUND", "k = np.floor(x * _LOG2_E)\n    shifted = k + _ROUND", "fast_exp",
         r"nearest whole number"),
    _bug("ln 2 in one piece", "(x - k * _LN2_HIGH) - k * _LN2_LOW", "x - k * 0.6931471805599453", "fast_exp", r"two parts"),
    _bug("the first terms left out", "for i in range(1, 14):", "for i in range(1, 12):", "fast_exp", r"Taylor"),
    _bug("an exponent without its bias", ".view(np.int64) + 1023)", ".view(np.int64))", "fast_exp", r"1023"),
    _bug("a NaN that becomes 0", "0.0 if x < -708.0 else y * power", "y * power if x >= -708.0 else 0.0", "fast_exp", r"NaN"),
    _bug("no underflow", "0.0 if x < -708.0 else y * power", "y * power", "fast_exp", r"below -708"),
]  # fmt: skip
