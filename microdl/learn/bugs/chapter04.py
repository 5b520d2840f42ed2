"""What goes wrong in gradients by hand."""

from .bug import Bug

__all__ = ["BUGS"]

BUGS = [
    Bug(4, "missing 1/N", "descent.py", "    g[np.arange(len(g)), labels] -= 1\n    return g / len(g)",
        "    g[np.arange(len(g)), labels] -= 1\n    return g", "softmax_gradient", r"divide by n"),
    Bug(4, "only the true class", "descent.py", "    g[np.arange(len(g)), labels] -= 1\n    return g / len(g)",
        "    only = np.zeros_like(g)\n    only[np.arange(len(g)), labels] = g[np.arange(len(g)), labels] - 1\n    return only / len(g)",
        "softmax_gradient", r"p - 1 at the label"),
    Bug(4, "hinge counts the own class", "descent.py", "    g[rows, labels] = 0\n", "", "hinge_gradient",
        r"own class counts"),
    Bug(4, "label's entry of the hinge forgotten", "descent.py", "    g[rows, labels] = -g.sum(1)\n", "", "hinge_gradient",
        r"minus the number of classes"),
    Bug(4, "gradient of the bias not summed", "descent.py", "return g.T @ x, g.sum(0)", "return g.T @ x, g",
        "linear_gradients", r"sum over the batch"),
    Bug(4, "gradient of the bias averaged again", "descent.py", "return g.T @ x, g.sum(0)", "return g.T @ x, g.mean(0)",
        "linear_gradients", r"sum of g over the batch"),
    Bug(4, "penalty without its 2", "descent.py", "dW + 2 * decay * W, db", "dW + decay * W, db", "objective",
        r"the 2 is missing"),
    Bug(4, "uphill", "descent.py", "W, b = W - lr * dW, b - lr * db", "W, b = W + lr * dW, b + lr * db", "train",
        r"against the gradient"),
    Bug(4, "the bias never moves", "descent.py", "W, b = W - lr * dW, b - lr * db", "W = W - lr * dW", "train",
        r"biases are .* they take steps too"),
    Bug(4, "penalty not handed on", "descent.py", "labels[batch], loss, decay)", "labels[batch], loss)", "train",
        r"hand decay on"),
    Bug(4, "divided by the batch twice", "descent.py", "W, b = W - lr * dW, b - lr * db",
        "W, b = W - lr * dW / len(batch), b - lr * db / len(batch)", "train", r"do not divide by the batch again"),
    Bug(4, "labels of another batch", "descent.py", "x[batch], labels[batch]", "x[batch], labels[: len(batch)]", "train",
        r"its own label"),
    Bug(4, "violations for their number", "descent.py",
        "(scores - scores[rows, labels][:, None] + 1 > 0).astype(float)",
        "np.maximum(0, scores - scores[rows, labels][:, None] + 1)", "hinge_gradient", r"1 for each other class"),
    Bug(4, "the last batch lost", "descent.py", "for start in range(0, len(x), batch_size):",
        "for start in range(0, len(x) - batch_size + 1, batch_size):", "train", r"not 4, 4, 2"),
    Bug(4, "one order for all epochs", "descent.py", "order = random.permutation(len(x))",
        "order = np.random.RandomState(seed).permutation(len(x))", "train", r"draw a new permutation"),
]  # fmt: skip
