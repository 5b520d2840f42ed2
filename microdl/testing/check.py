"""`check_op`: Hypothesis draws inputs, the battery looks for a wrong gradient, and the smallest example is reported."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from .adapters import Adapter, Unusable, adapter_for, callable_of, name_of
from .battery import BATTERY, EACH, IN_TURN, run
from .finding import Finding, GradcheckError
from .report import explain
from .specs import chosen, first_call, strategy_of
from .subject import Array, Counts, Subject, is_real, real_places

__all__ = ["ALL", "Result", "check_op"]

ALL = tuple(BATTERY)
MOST_UNDECIDED = 0.2  # of all comparisons, those in which the differences say too little
MOST_SKIPPED = 0.5  # and with those at jumps, which are what they are
LONGEST_SHRINKING = 4.0  # seconds
EXAMPLES = 200
NEEDED = (
    "check_op draws its inputs with Hypothesis, which is not installed: pip install 'microdl[gradcheck]'. "
    "gradcheck and numerical_vjp, whose inputs the caller gives, need no Hypothesis."
)


@dataclass
class Result:
    """What `check_op` did: how many examples and comparisons, and what became of them."""

    name: str
    examples: int = 0
    counts: Counts = field(default_factory=Counts)
    refused: int = 0  # inputs on which the op itself raised
    refusal: Exception | None = None  # the last such error
    undefined: int = 0  # examples in which the forward gave NaN for finite inputs
    nan_at: list[Any] | None = None  # the first such inputs

    def __str__(self) -> str:
        more = f", refused {self.refused:,} inputs" if self.refused else ""
        more += f", NaN in the forward of {self.undefined:,} examples" if self.undefined else ""
        return f"{self.name}: {self.examples:,} examples, {self.counts}{more}"


def check_op(
    op: Any,
    inputs: Any = None,
    *,
    wrt: int | Sequence[int] | None = None,
    reference: Callable[..., Any] | None = None,
    battery: str | Sequence[str] = ALL,
    max_examples: int = EXAMPLES,
    adapter: Adapter | str | None = None,
    seed: int | None = 0,
) -> Result:
    """Look for inputs on which the gradient of `op` is wrong, and raise a GradcheckError that shows the smallest.

    Args:
        op: a function of tensors, a subclass of `autograd.Function`, or a pair `(forward, backward)` of NumPy
            functions: `backward(g, *inputs)` gives one gradient an input, or `backward(g, cache)` where `forward`
            returns `(out, cache)`. With another framework's `adapter`, a function of that framework's tensors.
        inputs: what is drawn. A spec names dimensions by letters: "nm,mk" are two matrices that can be multiplied,
            "*,*" two arrays of one shape (see `strategies.signature`, which also takes domains and options). A
            Hypothesis strategy gives an array, or a tuple of arguments whose last may be a dict of options. A tuple
            or list has a strategy, an array, a tensor or a plain value for each argument. Without it, arrays that
            broadcast together are drawn, as many as the op has required arguments.
        wrt: the places of the arguments whose gradients are checked; by default all that are floating arrays. The
            others are constants, such as the running mean of a batch norm.
        reference: a NumPy function of the same arguments that gives the right forward, compared to 9 digits.
        battery: names of the checks to make, of `ALL`.
        max_examples: how many examples are drawn.
        adapter: an `Adapter`, or the name of one: "microdl", "numpy" (the pair), "torch", "jax", "autograd", "mygrad",
            "tinygrad".
        seed: the same seed draws the same examples; None draws others in every call.

    On every example: the forward is repeatable and leaves its inputs alone, gradients have their inputs' shapes and
    dtypes, they are linear in the upstream gradient and agree with differences. And of these one in turn: state
    between calls, memory layouts, one tensor in two places, float32, second derivatives. Inputs are real numbers with
    zeros, ties, near kinks, huge and tiny values among them; inputs on which the op itself raises are left out, and
    counted.

    Returns:
        A `Result` with `examples` and `counts`; `print` shows them in one line.

    Raises:
        GradcheckError: a gradient is wrong; or nothing can be said, because the op refuses all inputs, in more than a
            fifth of the comparisons the differences say too little, or in more than half there is no slope.
        TypeError: the op returns no floating tensor, or no input is floating.
        ValueError: `inputs`, `wrt`, `battery`, `adapter` or `max_examples` is none of the above.
        ImportError: Hypothesis, or the adapter's framework, is not installed.

    >>> import microdl as torch
    >>> from microdl.testing import check_op
    >>> print(check_op(torch.matmul, "nm,mk", max_examples=20))  # doctest: +ELLIPSIS
    matmul: 20 examples, checked ..., kink-verified 0, skipped 0, inconclusive 0
    >>> def forward(x):
    ...     return x**3
    >>> def backward(g, x):
    ...     return g * 2 * x**2
    >>> check_op((forward, backward), "n")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    microdl.testing.finding.GradcheckError: forward: the gradient of input 0 is wrong
    ...

    Source: D. MacIver et al., Hypothesis: a new approach to property-based testing, JOSS 4 (2019); the
    checks: the module `microdl.testing.battery`.
    """
    __tracebackhide__ = True
    if max_examples < 1:
        raise ValueError(f"max_examples must be at least 1, but got {max_examples}")
    names = chosen(battery, ALL)
    try:
        import hypothesis  # noqa: F401
    except ImportError as error:
        raise ImportError(NEEDED) from error
    op, adapter, strategy = callable_of(op), adapter_for(op, adapter), strategy_of(op, inputs)
    places = None if wrt is None else [wrt] if isinstance(wrt, int) else list(wrt)
    search = partial(_Search, op, adapter, reference=reference, wrt=places)
    try:
        result = search(names).run(strategy, max_examples, seed)
    except GradcheckError as error:
        if error.finding is None or error.finding.check != "float32" or len(names) == 1:
            raise
        # a gradient that is wrong in float64 too is the better news
        search([n for n in names if n != "float32"]).run(strategy, max_examples, seed)
        raise
    _healthy(result)
    return result


class _Enough(BaseException):
    """Ends Hypothesis's shrinking, which may go on for five minutes; no Exception, which it would shrink as well."""


class _Search:
    """The examples of one call of `check_op`, and what they showed."""

    def __init__(
        self,
        op: Any,
        adapter: Adapter,
        names: list[str],
        reference: Callable[..., Any] | None,
        wrt: list[int] | None,
    ) -> None:
        self.op, self.adapter, self.reference, self.wrt = op, adapter, reference, wrt
        self.always = [c for c in EACH if c.__name__ in names]
        self.extra = [c for c in IN_TURN if c.__name__ in names]
        self.result = Result(name_of(op))
        self.failing: list[tuple[Subject, Finding]] = []
        self.limit = math.inf  # when shrinking must end

    def run(self, strategy: Any, max_examples: int, seed: int | None) -> Result:
        """Three quarters of the examples without empty and long shapes, so that what shows on plain ones does there."""
        __tracebackhide__ = True
        from hypothesis.errors import Flaky, Unsatisfiable

        few = max_examples // 4
        try:
            self.draw(strategy, max_examples - few, seed, unusual=False)
            if few:
                self.draw(strategy, few, None if seed is None else seed + 1, unusual=True)
        except Unusable as error:
            raise TypeError(f"{self.result.name}: {error}") from None
        except Unsatisfiable:
            refusal = self.result.refusal
            raise GradcheckError(
                f"{self.result.name} refuses all inputs that were drawn: {type(refusal).__name__}: {refusal}\n"
                "This is about the forward, not the gradient. Give `inputs` that it takes, for example inputs='nm,mk'."
            ) from refusal
        except (Finding, Flaky, _Enough):
            raise self.report() from None
        return self.result

    def draw(self, strategy: Any, max_examples: int, seed: int | None, unusual: bool) -> None:
        __tracebackhide__ = True
        from hypothesis import HealthCheck, Phase, given, settings
        from hypothesis import seed as seeded
        from hypothesis import strategies as st

        from .strategies import unusual_shapes

        limits = settings(
            max_examples=max_examples, deadline=None, database=None, report_multiple_bugs=False, derandomize=False,
            suppress_health_check=list(HealthCheck), phases=(Phase.generate, Phase.shrink), print_blob=False,
        )  # fmt: skip
        examples = limits(given(strategy, st.integers(0, 1023))(self.example))
        with unusual_shapes(unusual):
            (examples if seed is None else seeded(seed)(examples))()

    def report(self) -> GradcheckError:
        # the latest of the smallest: where time ended the shrinking, Hypothesis has tried larger ones since
        subject, last = min(reversed(self.failing), key=lambda found: sum(np.size(a) for a in found[0].args))
        examples = self.result.examples
        closing = f"{self.result.counts}, in {examples:,} example{'s' * (examples != 1)}"
        with np.errstate(all="ignore"):
            return explain(self.result.name, subject, last, closing)

    def example(self, drawn: Any, turn: int) -> None:
        from hypothesis import reject

        if time.monotonic() > self.limit:
            raise _Enough
        subject, result = _subject(self.op, self.adapter, drawn, turn, self.wrt), self.result
        try:
            with np.errstate(all="ignore"):
                first_call(subject)
        except (Finding, Unusable) as error:
            if isinstance(error, Finding):
                self.failing.append((subject, error))
            raise
        except Exception as error:  # the op does not take these inputs, which is its right
            result.refused, result.refusal = result.refused + 1, error
            reject()
        if not self.failing:  # what is drawn after that is Hypothesis shrinking the example
            result.examples += 1
            self.watch(subject)
        try:
            with np.errstate(all="ignore"):
                extra = [self.extra[turn % len(self.extra)]] if self.extra else []
                run(subject, [*self.always, *extra], Counts() if self.failing else result.counts)
                if self.reference is not None:
                    _refer(subject, self.reference)
        except Finding as finding:
            if not self.failing:
                self.limit = time.monotonic() + LONGEST_SHRINKING
            self.failing.append((subject, finding))
            raise

    def watch(self, subject: Subject) -> None:
        """Count examples in which the forward, not the gradient, is not a number."""
        finite = all(np.isfinite(x).all() for x in subject.args if is_real(x))
        if finite and any(np.isnan(y).any() for y in subject.outputs if y.dtype.kind == "f"):
            self.result.undefined += 1
            self.result.nan_at = self.result.nan_at or list(subject.args)


def _subject(op: Any, adapter: Adapter, drawn: Any, turn: int, wrt: list[int] | None) -> Subject:
    args = list(drawn) if isinstance(drawn, (tuple, list)) else [drawn]
    options = args.pop() if args and isinstance(args[-1], dict) else {}
    if wrt is not None and not (wrt and set(wrt) <= set(real_places(args))):
        raise ValueError(f"wrt must name floating arguments, here some of {real_places(args)}, but got {wrt}")
    return Subject(op, adapter, args, options, seed=turn, wanted=sorted(set(wrt or ())))


def _healthy(result: Result) -> None:
    """Raise where too few comparisons decided something, and say what to do."""
    __tracebackhide__ = True
    counts = result.counts
    undecided, total = counts.skipped + counts.inconclusive, max(counts.total, 1)
    skipped = MOST_SKIPPED if result.nan_at is None else MOST_UNDECIDED
    if counts.inconclusive <= MOST_UNDECIDED * total and undecided <= skipped * total:
        return
    lines = [
        f"{result}",
        f"{undecided / total:.0%} of the comparisons decided nothing, so that this is no test.",
    ]
    if result.nan_at is not None:
        lines += [
            f"The forward is NaN for finite inputs, first for {_brief(result.nan_at)}: this is not about the gradient.",
            "Restrict the inputs to the op's domain, for example inputs=strategies.signature('*', 'positive'), "
            "or correct the forward.",
        ]
    elif counts.skipped > counts.inconclusive:
        lines += [
            "The function jumps, has a vertical tangent or no value at most inputs. Restrict the inputs to where "
            "it has a slope: strategies.tensors((low, high)) draws from an interval, strategies.signature(spec, "
            "domain) by domain."
        ]
    else:
        lines += [
            "The differences drown in rounding. Compute in float64 (inputs, constants and buffers), draw no "
            "extreme values (strategies.tensors(..., specials=False)), or draw from the interval where the "
            "function varies."
        ]
    raise GradcheckError("\n".join(lines))


def _brief(args: list[Any]) -> str:
    return ", ".join(np.array2string(x, threshold=6, separator=", ") if is_real(x) else repr(x) for x in args)


def _refer(subject: Subject, reference: Callable[..., Any]) -> None:
    """The forward is the reference's, to 9 digits."""
    expected = reference(*subject.args, **subject.options)
    wanted = [np.asarray(e) for e in (expected if isinstance(expected, (tuple, list)) else [expected])]
    if len(wanted) != len(subject.outputs):
        raise _differs(f"the forward has {len(subject.outputs)} outputs, the reference {len(wanted)}")
    for y, e in zip(subject.outputs, wanted, strict=True):
        if y.shape != e.shape:
            raise _differs(f"the forward has shape {y.shape}, the reference {e.shape}", y, e)
        if not np.allclose(y, e, rtol=1e-9, atol=1e-12, equal_nan=True):
            raise _differs("the forward differs from the reference; the gradient is that of the forward", y, e)


def _differs(claim: str, found: Array | None = None, expected: Array | None = None) -> Finding:
    return Finding("reference", claim, found, expected)
