"""What goes wrong in kernels."""

from .bug import Bug

__all__ = ["BUGS"]


def _bug(name: str, right: str, wrong: str, exercise: str, why: str) -> Bug:
    return Bug(13, name, "kernels.py", right, wrong, exercise, why)


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
         r"the distances are"),
]  # fmt: skip
