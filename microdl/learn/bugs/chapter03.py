"""What goes wrong in a gradient check."""

from .bug import bugs_in

__all__ = ["BUGS"]

_bug = bugs_in(3, "gradcheck.py")

BUGS = [
    _bug("forward difference", "gradient[place] = (up - f(x)) / (2 * h)",
        "x[place] = before\n        gradient[place] = (up - f(x)) / h", "numerical_gradient", r"falls a hundredfold"),
    _bug("entry not put back", "gradient[place] = (up - f(x)) / (2 * h)\n        x[place] = before",
        "gradient[place] = (up - f(x)) / (2 * h)", "numerical_gradient", r"put each entry back"),
    _bug("half of 2 h", "(up - f(x)) / (2 * h)", "(up - f(x)) / h", "numerical_gradient", r"divide by 2 h"),
    _bug("caller's array moved", "    x = np.array(x, float)\n    gradient", "    gradient",
        "numerical_gradient", r"make floats of them|work on a copy"),
    _bug("NaN slips through", 'return float("inf")', "pass", "relative_error", r"NaN passes|not infinite"),
    _bug("absolute error",
        "np.abs(a - n) / np.maximum(np.maximum(np.abs(a), np.abs(n)), 1e-4)", "np.abs(a - n)", "relative_error",
        r"absolute difference"),
    _bug("no floor", "np.maximum(np.maximum(np.abs(a), np.abs(n)), 1e-4)",
        "np.maximum(np.abs(a), np.abs(n))", "relative_error", r"at least 1e-4"),
    _bug("the mean error", ".max(initial=0))", ".mean())", "relative_error", r"single wrong entry"),
    _bug("a verdict returned", "        assert error <= 1e-5, f", "        return error <= 1e-5, f",
        "gradcheck", r"must raise AssertionError"),
    _bug("judged by the difference", "error = relative_error(analytic, numeric)",
        "error = np.abs(analytic - numeric).max()", "gradcheck", r"relative error, not the difference"),
    _bug("positive x only", "        x = random.randn(*shape)", "        x = random.rand(*shape)",
        "gradcheck", r"of both signs"),
    _bug("g of ones", "g = random.randn(*np.shape(forward(x)))", "g = np.ones(np.shape(forward(x)))",
        "gradcheck", r"draw g at random"),
    _bug("shapes not compared", "assert analytic.shape == x.shape,", "assert True,", "gradcheck",
        r"compare the shapes"),
    _bug("one x for all trials", "        x = random.randn(*shape)",
        "        x = np.random.RandomState(seed).randn(*shape)", "gradcheck", r"outside the loop"),
    _bug("bound too wide", "error <= 1e-5", "error <= 0.1", "gradcheck", r"bound is too wide"),
]  # fmt: skip
