"""What goes wrong in a gradient check."""

from .bug import Bug

__all__ = ["BUGS"]

BUGS = [
    Bug(3, "forward difference", "gradcheck.py", "gradient[place] = (up - f(x)) / (2 * h)",
        "x[place] = before\n        gradient[place] = (up - f(x)) / h", "numerical_gradient", r"falls a hundredfold"),
    Bug(3, "entry not put back", "gradcheck.py", "gradient[place] = (up - f(x)) / (2 * h)\n        x[place] = before",
        "gradient[place] = (up - f(x)) / (2 * h)", "numerical_gradient", r"put each entry back"),
    Bug(3, "half of 2 h", "gradcheck.py", "(up - f(x)) / (2 * h)", "(up - f(x)) / h", "numerical_gradient", r"divide by 2 h"),
    Bug(3, "caller's array moved", "gradcheck.py", "    x = np.array(x, float)\n    gradient", "    gradient",
        "numerical_gradient", r"make floats of them|work on a copy"),
    Bug(3, "NaN slips through", "gradcheck.py", 'return float("inf")', "pass", "relative_error", r"NaN passes|not infinite"),
    Bug(3, "absolute error", "gradcheck.py",
        "np.abs(a - n) / np.maximum(np.maximum(np.abs(a), np.abs(n)), 1e-4)", "np.abs(a - n)", "relative_error",
        r"absolute difference"),
    Bug(3, "no floor", "gradcheck.py", "np.maximum(np.maximum(np.abs(a), np.abs(n)), 1e-4)",
        "np.maximum(np.abs(a), np.abs(n))", "relative_error", r"at least 1e-4"),
    Bug(3, "the mean error", "gradcheck.py", ".max(initial=0))", ".mean())", "relative_error", r"single wrong entry"),
    Bug(3, "a verdict returned", "gradcheck.py", "        assert error <= 1e-5, f", "        return error <= 1e-5, f",
        "gradcheck", r"must raise AssertionError"),
    Bug(3, "judged by the difference", "gradcheck.py", "error = relative_error(analytic, numeric)",
        "error = np.abs(analytic - numeric).max()", "gradcheck", r"relative error, not the difference"),
    Bug(3, "positive x only", "gradcheck.py", "        x = random.randn(*shape)", "        x = random.rand(*shape)",
        "gradcheck", r"of both signs"),
    Bug(3, "g of ones", "gradcheck.py", "g = random.randn(*np.shape(forward(x)))", "g = np.ones(np.shape(forward(x)))",
        "gradcheck", r"draw g at random"),
    Bug(3, "shapes not compared", "gradcheck.py", "assert analytic.shape == x.shape,", "assert True,", "gradcheck",
        r"compare the shapes"),
    Bug(3, "one x for all trials", "gradcheck.py", "        x = random.randn(*shape)",
        "        x = np.random.RandomState(seed).randn(*shape)", "gradcheck", r"outside the loop"),
    Bug(3, "bound too wide", "gradcheck.py", "error <= 1e-5", "error <= 0.1", "gradcheck", r"bound is too wide"),
]  # fmt: skip
