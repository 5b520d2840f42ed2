"""What goes wrong in scores and losses."""

from .bug import bugs_in

__all__ = ["BUGS"]

_bug = bugs_in(2, "scores.py")

BUGS = [
    _bug("bias forgotten", "return x @ W.T + b", "return x @ W.T", "scores_of", r"biases b are not in it"),
    _bug("own class counted", "violations[rows, labels] = 0", "pass", "hinge_loss", r"j = y counts too"),
    _bug("squares of the sum", "violations = violations**2", "return violations.sum(1) ** 2", "hinge_loss",
        r"square each violation before the sum"),
    _bug("mean over one class less", "violations.mean(1) if mean", "violations.sum(1) / (len(scores[0]) - 1) if mean",
        "hinge_loss", r"the mean over \d classes"),
    _bug("softmax without the maximum", "e = np.exp(scores - scores.max(1, keepdims=True))",
        "e = np.exp(scores)", "softmax", r"subtract each row's own largest"),
    _bug("the whole batch's maximum", "e = np.exp(scores - scores.max(1, keepdims=True))",
        "e = np.exp(scores - scores.max())", "softmax", r"subtract each row's own largest"),
    _bug("sum over the batch", "return e / e.sum(1, keepdims=True)", "return e / e.sum()", "softmax",
        r"divide each row by its own sum"),
    _bug("logarithm of a probability", "return np.log(np.exp(z).sum(1)) - z[np.arange(len(z)), labels]",
        "return -np.log(softmax(scores)[np.arange(len(z)), labels])", "softmax_loss", r"probability that has become 0"),
    _bug("base 10", "return np.log(np.exp(z).sum(1)) - z[np.arange(len(z)), labels]",
        "return (np.log(np.exp(z).sum(1)) - z[np.arange(len(z)), labels]) / np.log(10)", "softmax_loss", r"base 10"),
    _bug("the last guess kept", "if losses[-1] == min(losses):", "if True:", "random_search",
        r"only where it is better"),
    _bug("the same guess again", "guess = random.randn", "guess = np.random.RandomState(seed).randn",
        "random_search", r"outside the loop"),
    _bug("always the softmax loss", "losses.append(loss(", "losses.append(softmax_loss(", "random_search",
        r"loss\(scores, labels\), the argument"),
    _bug("margin forgotten", "[:, None] + 1)", "[:, None])", "hinge_loss", r"margin is missing"),
    _bug("largest taken out of one term", "- z[np.arange(len(z)), labels]",
        "- scores[np.arange(len(z)), labels]", "softmax_loss", r"out of both terms"),
]  # fmt: skip
