"""What goes wrong in a gradient check."""

from .bug import Bug

__all__ = ["BUGS"]

BUGS = [
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
]  # fmt: skip
