"""A zoo of planted bugs: the mistakes that learners make, each a change of one chapter's reference.

Each is caught by the checks of its chapter, and the explanation names the cause (`why`, a regular expression). A
teacher runs them against tests that students wrote: tests that pass on a bug have missed it.
"""

from __future__ import annotations

from dataclasses import dataclass

from .chapter import Chapter

__all__ = ["BUGS", "Bug", "planted"]


@dataclass(frozen=True)
class Bug:
    """In `file` of a chapter, `right` is replaced by `wrong`; the check of `exercise` then explains `why`."""

    chapter: int
    name: str
    file: str
    right: str
    wrong: str
    exercise: str
    why: str


def planted(bug: Bug, chapter: Chapter) -> str:
    """The file with the bug. ValueError where what it replaces is not there exactly once."""
    text = chapter.reference(bug.file)
    if text.count(bug.right) != 1:
        raise ValueError(f"{bug.name}: {bug.right!r} stands {text.count(bug.right)} times in {bug.file}")
    return text.replace(bug.right, bug.wrong)


_RECURSIVE = """    order, seen, stack = [], set(), []

    def visit(node):
        if node not in seen:
            seen.add(node)
            for parent in node.parents:
                visit(parent)
            order.append(node)

    visit(root)
"""

BUGS = [
    Bug(1, "bytes wrap around", "neighbours.py",
        "    a, b = a.astype(float), b.astype(float)\n    return np.array([np.abs(b - row).sum(1) for row in a])",
        "    return np.array([np.abs(b - row).sum(1) for row in a])", "l1_distances", r"bytes wrap around"),
    Bug(1, "squares without the root", "neighbours.py", "return np.sqrt(np.maximum(squares, 0))", "return squares",
        "l2_distances", r"take the root"),
    Bug(1, "root of a rounded negative", "neighbours.py", "np.sqrt(np.maximum(squares, 0))", "np.sqrt(squares)",
        "l2_distances", r"a little negative"),
    Bug(1, "products once", "neighbours.py", "- 2 * a @ b.T", "- a @ b.T", "l2_distances", r"each term's sign"),
    Bug(1, "the furthest vote", "neighbours.py", "[:, :k]", "[:, -k:]", "vote", r"smallest distance is the nearest"),
    Bug(1, "the first k vote", "neighbours.py", 'np.argsort(distances, axis=1, kind="stable")[:, :k]',
        "np.argsort(distances[:, :k], axis=1)", "vote", r"smallest distance is the nearest"),
    Bug(1, "only the nearest votes", "neighbours.py", "[:, :k]", "[:, :1]", "vote", r"the 3 nearest"),
    Bug(1, "validation part in training", "neighbours.py", "(np.concatenate(runs[:i] + runs[i + 1 :]), runs[i])",
        "(np.concatenate(runs), runs[i])", "folds", r"would know themselves"),
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
    Bug(3, "forward difference", "gradcheck.py", "gradient[place] = (up - f(x)) / (2 * h)",
        "x[place] = before\n        gradient[place] = (up - f(x)) / h", "numerical_gradient", r"falls a hundredfold"),
    Bug(3, "entry not put back", "gradcheck.py", "gradient[place] = (up - f(x)) / (2 * h)\n        x[place] = before",
        "gradient[place] = (up - f(x)) / (2 * h)", "numerical_gradient", r"put each entry back"),
    Bug(3, "half of 2 h", "gradcheck.py", "(up - f(x)) / (2 * h)", "(up - f(x)) / h", "numerical_gradient", r"sum x\^2"),
    Bug(3, "caller's array moved", "gradcheck.py", "    x = np.array(x, float)\n    gradient", "    gradient",
        "numerical_gradient", r"make floats of them|work on a copy"),
    Bug(3, "NaN slips through", "gradcheck.py", 'return float("inf")', "pass", "relative_error", r"NaN passes|not infinite"),
    Bug(3, "absolute error", "gradcheck.py",
        "np.abs(a - n) / np.maximum(np.maximum(np.abs(a), np.abs(n)), 1e-4)", "np.abs(a - n)", "relative_error",
        r"relative error of"),
    Bug(3, "g of ones", "gradcheck.py", "g = random.randn(*np.shape(forward(x)))", "g = np.ones(np.shape(forward(x)))",
        "gradcheck", r"draw g at random"),
    Bug(3, "shapes not compared", "gradcheck.py", "assert analytic.shape == x.shape,", "assert True,", "gradcheck",
        r"compare the shapes"),
    Bug(3, "one x for all trials", "gradcheck.py", "        x = random.randn(*shape)",
        "        x = np.random.RandomState(seed).randn(*shape)", "gradcheck", r"outside the loop"),
    Bug(3, "bound too wide", "gradcheck.py", "error <= 1e-5", "error <= 0.1", "gradcheck", r"bound is too wide"),
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
    Bug(4, "the last batch lost", "descent.py", "for start in range(0, len(x), batch_size):",
        "for start in range(0, len(x) - batch_size + 1, batch_size):", "train", r"not 4, 4, 2"),
    Bug(4, "one order for all epochs", "descent.py", "order = random.permutation(len(x))",
        "order = np.random.RandomState(seed).permutation(len(x))", "train", r"draw a new permutation"),
    Bug(5, "reused node overwritten", "scalar.py", "node.grad += g", "node.grad = g", "Value.backward",
        r"backward adds to grad"),
    Bug(5, "last use wins", "scalar.py", "arrived.get(parent, 0.0) + rule(g)", "rule(g)", "Value.backward",
        r"add them up \(\+=\)|before all of its uses"),
    Bug(5, "own value in the product's rule", "scalar.py", "(lambda g: g * other.value, lambda g: g * self.value)",
        "(lambda g: g * self.value, lambda g: g * other.value)", "Value.__mul__", r"the \*other\* operand's value"),
    Bug(5, "order of discovery", "scalar.py",
        "stack.append((node, True))\n            stack.extend((parent, False) for parent in node.parents)",
        "order.insert(0, node)\n            stack.extend((parent, False) for parent in node.parents)",
        "Value.backward", r"reverse topological order"),
    Bug(5, "exp's rule without its value", "scalar.py", "(lambda g: g * out,)", "(lambda g: g,)", "Value.exp",
        r"3 e\^x"),
    Bug(5, "sum hands on to one parent", "scalar.py",
        "return Value(self.value + other.value, (self, other), (lambda g: g, lambda g: g))",
        "return Value(self.value + other.value, (self,), (lambda g: g,))", "Value.__add__", r"remember both operands"),
    Bug(5, "recursion", "scalar.py", "    order, seen, stack = [], set(), [(root, False)]\n", _RECURSIVE,
        "Value.backward", r"a stack of\s+your own"),
]  # fmt: skip
