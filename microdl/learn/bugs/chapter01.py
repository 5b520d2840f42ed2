"""What goes wrong in nearest neighbours."""

from .bug import bugs_in

__all__ = ["BUGS"]

_bug = bugs_in(1, "neighbours.py")

BUGS = [
    _bug("bytes wrap around",
        "    a, b = a.astype(float), b.astype(float)\n    return np.array([np.abs(b - row).sum(1) for row in a])",
        "    return np.array([np.abs(b - row).sum(1) for row in a])", "l1_distances", r"bytes wrap around"),
    _bug("squares without the root", "return np.sqrt(np.maximum(squares, 0))", "return squares",
        "l2_distances", r"take the root"),
    _bug("root of a rounded negative", "np.sqrt(np.maximum(squares, 0))", "np.sqrt(squares)",
        "l2_distances", r"a little negative"),
    _bug("products once", "- 2 * a @ b.T", "- a @ b.T", "l2_distances", r"subtracted twice, not once"),
    _bug("the furthest vote", "[:, :k]", "[:, -k:]", "vote", r"smallest distance is the nearest"),
    _bug("the first k vote", 'np.argsort(distances, axis=1, kind="stable")[:, :k]',
        "np.argsort(distances[:, :k], axis=1)", "vote", r"smallest distance is the nearest"),
    _bug("only the nearest votes", "[:, :k]", "[:, :1]", "vote", r"the 3 nearest"),
    _bug("validation part in training", "(np.concatenate(runs[:i] + runs[i + 1 :]), runs[i])",
        "(np.concatenate(runs), runs[i])", "folds", r"would know themselves"),
    _bug("the remainder lost", "runs = np.array_split(np.arange(n), parts)",
        "runs = [np.arange(i * (n // parts), (i + 1) * (n // parts)) for i in range(parts)]", "folds", r"never holds out"),
    _bug("every fifth held out", "runs = np.array_split(np.arange(n), parts)",
        "runs = [np.arange(i, n, parts) for i in range(parts)]", "folds", r"runs of neighbours"),
    _bug("mean of the labels", "np.bincount(labels[places]).argmax()", "round(labels[places].mean())",
        "vote", r"Labels are names"),
    _bug("places for labels", "np.bincount(labels[places]).argmax()", "np.bincount(places).argmax()",
        "vote", r"look up their labels"),
]  # fmt: skip
