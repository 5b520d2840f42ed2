"""What goes wrong in scores and losses."""

from .bug import Bug

__all__ = ["BUGS"]

BUGS = [
    Bug(2, "bias forgotten", "scores.py", "return x @ W.T + b", "return x @ W.T", "scores_of", r"biases b are not in it"),
    Bug(2, "own class counted", "scores.py", "violations[rows, labels] = 0", "pass", "hinge_loss", r"j = y counts too"),
    Bug(2, "squares of the sum", "scores.py", "violations = violations**2", "return violations.sum(1) ** 2", "hinge_loss",
        r"square each violation before the sum"),
    Bug(2, "mean over one class less", "scores.py", "violations.mean(1) if mean", "violations.sum(1) / (len(scores[0]) - 1) if mean",
        "hinge_loss", r"the mean over \d classes"),
    Bug(2, "softmax without the maximum", "scores.py", "e = np.exp(scores - scores.max(1, keepdims=True))",
        "e = np.exp(scores)", "softmax", r"subtract each row's own largest"),
    Bug(2, "the whole batch's maximum", "scores.py", "e = np.exp(scores - scores.max(1, keepdims=True))",
        "e = np.exp(scores - scores.max())", "softmax", r"subtract each row's own largest"),
    Bug(2, "sum over the batch", "scores.py", "return e / e.sum(1, keepdims=True)", "return e / e.sum()", "softmax",
        r"divide each row by its own sum"),
    Bug(2, "logarithm of a probability", "scores.py", "return np.log(np.exp(z).sum(1)) - z[np.arange(len(z)), labels]",
        "return -np.log(softmax(scores)[np.arange(len(z)), labels])", "softmax_loss", r"probability that has become 0"),
    Bug(2, "base 10", "scores.py", "return np.log(np.exp(z).sum(1)) - z[np.arange(len(z)), labels]",
        "return (np.log(np.exp(z).sum(1)) - z[np.arange(len(z)), labels]) / np.log(10)", "softmax_loss", r"base 10"),
    Bug(2, "the last guess kept", "scores.py", "if losses[-1] == min(losses):", "if True:", "random_search",
        r"only where it is better"),
    Bug(2, "the same guess again", "scores.py", "guess = random.randn", "guess = np.random.RandomState(seed).randn",
        "random_search", r"outside the loop"),
    Bug(2, "always the softmax loss", "scores.py", "losses.append(loss(", "losses.append(softmax_loss(", "random_search",
        r"loss\(scores, labels\), the argument"),
    Bug(2, "margin forgotten", "scores.py", "[:, None] + 1)", "[:, None])", "hinge_loss", r"margin is missing"),
    Bug(2, "largest taken out of one term", "scores.py", "- z[np.arange(len(z)), labels]",
        "- scores[np.arange(len(z)), labels]", "softmax_loss", r"out of both terms"),
]  # fmt: skip
