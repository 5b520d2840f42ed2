"""What goes wrong in gradients by hand."""

from .bug import bugs_in

__all__ = ["BUGS"]

_bug = bugs_in(4, "descent.py")

BUGS = [
    _bug("missing 1/N", "    g[np.arange(len(g)), labels] -= 1\n    return g / len(g)",
        "    g[np.arange(len(g)), labels] -= 1\n    return g", "softmax_gradient", r"divide by n"),
    _bug("only the true class", "    g[np.arange(len(g)), labels] -= 1\n    return g / len(g)",
        "    only = np.zeros_like(g)\n    only[np.arange(len(g)), labels] = g[np.arange(len(g)), labels] - 1\n    return only / len(g)",
        "softmax_gradient", r"p - 1 at the label"),
    _bug("hinge counts the own class", "    g[rows, labels] = 0\n", "", "hinge_gradient",
        r"own class counts"),
    _bug("label's entry of the hinge forgotten", "    g[rows, labels] = -g.sum(1)\n", "", "hinge_gradient",
        r"minus the number of classes"),
    _bug("gradient of the bias not summed", "return g.T @ x, g.sum(0)", "return g.T @ x, g",
        "linear_gradients", r"sum over the batch"),
    _bug("gradient of the bias averaged again", "return g.T @ x, g.sum(0)", "return g.T @ x, g.mean(0)",
        "linear_gradients", r"sum of g over the batch"),
    _bug("penalty without its 2", "dW + 2 * decay * W, db", "dW + decay * W, db", "objective",
        r"the 2 is missing"),
    _bug("uphill", "W, b = W - lr * dW, b - lr * db", "W, b = W + lr * dW, b + lr * db", "train",
        r"against the gradient"),
    _bug("the bias never moves", "W, b = W - lr * dW, b - lr * db", "W = W - lr * dW", "train",
        r"biases are .* they take steps too"),
    _bug("penalty not handed on", "labels[batch], loss, decay)", "labels[batch], loss)", "train",
        r"hand decay on"),
    _bug("divided by the batch twice", "W, b = W - lr * dW, b - lr * db",
        "W, b = W - lr * dW / len(batch), b - lr * db / len(batch)", "train", r"do not divide by the batch again"),
    _bug("labels of another batch", "x[batch], labels[batch]", "x[batch], labels[: len(batch)]", "train",
        r"its own label"),
    _bug("violations for their number",
        "(scores - scores[rows, labels][:, None] + 1 > 0).astype(float)",
        "np.maximum(0, scores - scores[rows, labels][:, None] + 1)", "hinge_gradient", r"1 for each other class"),
    _bug("the last batch lost", "for start in range(0, len(x), batch_size):",
        "for start in range(0, len(x) - batch_size + 1, batch_size):", "train", r"not 4, 4, 2"),
    _bug("one order for all epochs", "order = random.permutation(len(x))",
        "order = np.random.RandomState(seed).permutation(len(x))", "train", r"draw a new permutation"),
]  # fmt: skip
