"""What goes wrong in property tests."""

from .bug import bugs_in

__all__ = ["BUGS"]

_bug = bugs_in(10, "properties.py")

_KEPT = "kept = shape[draw(st.integers(0, len(shape))) :]"

BUGS = [
    _bug("one shape only", "draw(SHAPES) if shape is None else shape", "(2, 3)", "arrays", r"draw the shape, too"),
    _bug("no zeros", "st.lists(NUMBERS,", "st.lists(st.floats(0.1, 2),", "arrays", r"use NUMBERS"),
    _bug("no empty arrays", "n = math.prod(shape)", "shape = tuple(max(s, 1) for s in shape)\n    n = math.prod(shape)",
         "arrays", r"may be 0"),
    _bug("one number for all entries", "np.array(draw(st.lists(NUMBERS, min_size=n, max_size=n)), float).reshape(shape)",
         "np.full(shape, draw(NUMBERS))", "arrays", r"the same number"),
    _bug("pairs of one shape", "tuple(draw(st.sampled_from([n, 1])) for n in kept)", "kept", "pairs", r"draw 1 or n"),
    _bug("axes left out behind", _KEPT, "kept = shape[: draw(st.integers(0, len(shape)))]", "pairs", r"do not broadcast"),
    _bug("no axes left out", _KEPT, "kept = shape", "pairs", r"leave some out in front"),
    _bug("sign of the left slope", "left[place] = (middle - f(x)) / h", "left[place] = (f(x) - middle) / h",
         "slopes", r"from the left"),
    _bug("entry not put back", "right[place] = (f(x) - middle) / h\n        x[place] = before", "right[place] = (f(x) - middle) / h",
         "slopes", r"moved at once: put each entry back"),
    _bug("slopes of integers", "x, middle = np.array(x, float), f(x)", "x, middle = np.array(x), f(x)", "slopes",
         r"take a copy as floats"),
    _bug("outside instead of inside", "if not ((low - spare <= found) & (found <= high + spare)).all():",
         "if ((found < low - spare) | (found > high + spare)).any():", "mismatch", r"NaN"),
    _bug("central difference at kinks", "low, high = np.minimum(left, right), np.maximum(left, right)",
         "low = high = (left + right) / 2", "mismatch", r"any number between the two slopes is right"),
    _bug("left is taken to be lower", "low, high = np.minimum(left, right), np.maximum(left, right)",
         "low, high = left, right", "mismatch", r"whichever of them is larger"),
    _bug("too much room", "spare = 1e-4 *", "spare = 1e-1 *", "mismatch", r"the room is too wide"),
    _bug("the first example found", "return found[-1]", "return found[0]", "hunt", r"found\[-1\]"),
    _bug("the error not caught", "    try:\n        holds()\n    except AssertionError:\n        return found[-1]\n    return None",
         "    holds()\n    return found[-1] if found else None", "hunt", r"catch it there"),
    _bug("always acquitted", "return found[-1]", "return None", "hunt", r"was not caught"),
]  # fmt: skip
