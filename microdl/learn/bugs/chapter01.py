"""What goes wrong in nearest neighbours."""

from .bug import Bug

__all__ = ["BUGS"]

BUGS = [
    Bug(1, "bytes wrap around", "neighbours.py",
        "    a, b = a.astype(float), b.astype(float)\n    return np.array([np.abs(b - row).sum(1) for row in a])",
        "    return np.array([np.abs(b - row).sum(1) for row in a])", "l1_distances", r"bytes wrap around"),
    Bug(1, "squares without the root", "neighbours.py", "return np.sqrt(np.maximum(squares, 0))", "return squares",
        "l2_distances", r"take the root"),
    Bug(1, "root of a rounded negative", "neighbours.py", "np.sqrt(np.maximum(squares, 0))", "np.sqrt(squares)",
        "l2_distances", r"a little negative"),
    Bug(1, "products once", "neighbours.py", "- 2 * a @ b.T", "- a @ b.T", "l2_distances", r"subtracted twice, not once"),
    Bug(1, "the furthest vote", "neighbours.py", "[:, :k]", "[:, -k:]", "vote", r"smallest distance is the nearest"),
    Bug(1, "the first k vote", "neighbours.py", 'np.argsort(distances, axis=1, kind="stable")[:, :k]',
        "np.argsort(distances[:, :k], axis=1)", "vote", r"smallest distance is the nearest"),
    Bug(1, "only the nearest votes", "neighbours.py", "[:, :k]", "[:, :1]", "vote", r"the 3 nearest"),
    Bug(1, "validation part in training", "neighbours.py", "(np.concatenate(runs[:i] + runs[i + 1 :]), runs[i])",
        "(np.concatenate(runs), runs[i])", "folds", r"would know themselves"),
    Bug(1, "the remainder lost", "neighbours.py", "runs = np.array_split(np.arange(n), parts)",
        "runs = [np.arange(i * (n // parts), (i + 1) * (n // parts)) for i in range(parts)]", "folds", r"never holds out"),
    Bug(1, "every fifth held out", "neighbours.py", "runs = np.array_split(np.arange(n), parts)",
        "runs = [np.arange(i, n, parts) for i in range(parts)]", "folds", r"runs of neighbours"),
    Bug(1, "mean of the labels", "neighbours.py", "np.bincount(labels[places]).argmax()", "round(labels[places].mean())",
        "vote", r"Labels are names"),
    Bug(1, "places for labels", "neighbours.py", "np.bincount(labels[places]).argmax()", "np.bincount(places).argmax()",
        "vote", r"look up their labels"),
]  # fmt: skip
