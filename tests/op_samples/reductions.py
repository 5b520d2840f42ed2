"""Samples of reductions, cumulative operations and those that choose by order."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from microdl.ops import cumulative, extremum, moments, norm, reduction, sorting
from microdl.testing.strategies import shapes, tensors

from .kinds import NONZERO, PLAIN, REAL, SHAPES, Array, Case, Domain, arrays, axes, one_axis, with_arguments

NONEMPTY = shapes(1, 3, 1)
SEVERAL = shapes(1, 2, 2)  # a deviation needs two
BOOLEANS = st.booleans()


def over(
    call: Callable[..., Any], reference: Any, domain: Domain = REAL, shape: Any = NONEMPTY
) -> st.SearchStrategy[Case]:
    """`call(x, dims, keepdim)` over one or several dimensions."""

    def arguments(x: Array) -> st.SearchStrategy[tuple[Any, ...]]:
        several = axes(x).filter(bool)
        return st.tuples(several | one_axis(x), BOOLEANS)

    return with_arguments(call, lambda x, d, k: reference(x, axis=d, keepdims=k), arguments, domain, shape)


def of_all(
    call: Callable[..., Any], reference: Any, domain: Domain = REAL, shape: Any = NONEMPTY
) -> st.SearchStrategy[Case]:
    return arrays(domain, shape).map(lambda x: Case(call, (x,), lambda a: np.asarray(reference(a))))


def along(call: Callable[..., Any], reference: Any, domain: Domain = REAL) -> st.SearchStrategy[Case]:
    """`call(x, dim)` along one dimension, of any length."""
    return with_arguments(call, reference, lambda x: st.tuples(one_axis(x)), domain, shapes(1, 3))


def ordered(call: Callable[..., Any], reference: Any, ties: bool = True) -> st.SearchStrategy[Case]:
    """`call(x, dim)` ; only its values have a derivative."""

    def case(x: Array) -> st.SearchStrategy[Case]:
        return one_axis(x).map(lambda d: Case(lambda t: call(t, d)[0], (x,), lambda a: reference(a, d)))

    return tensors(REAL, NONEMPTY, ties=ties).flatmap(case)


def log_sum_exp(x: Array, axis: Any, keepdims: bool) -> Any:
    largest = x.max(axis, keepdims=True)
    total = np.log(np.exp(x - largest).sum(axis, keepdims=True)) + largest
    return total if keepdims else total.squeeze(axis)


def norms() -> st.SearchStrategy[Case]:
    def reference(x: Array, p: float, axis: Any, keepdims: bool) -> Any:
        size = np.abs(x)
        if math.isinf(p):
            return (size.max if p > 0 else size.min)(axis, keepdims=keepdims)
        return (size**p).sum(axis, keepdims=keepdims) ** (1 / p)

    def of(p: float) -> st.SearchStrategy[Case]:
        return over(
            lambda x, d, k: norm.vector_norm(x, p, d, k),
            lambda x, **kw: reference(x, p, **kw),
            REAL if p >= 1 else NONZERO,
        )

    def largest(p: float) -> st.SearchStrategy[Case]:
        return arrays(REAL, NONEMPTY).map(
            lambda x: Case(lambda t: norm.vector_norm(t, p), (x,), lambda a: reference(a, p, None, False))
        )

    return st.sampled_from([1.0, 2.0, 3.0, 0.5]).flatmap(of) | st.sampled_from([math.inf, -math.inf]).flatmap(largest)


def deviations(call: Callable[..., Any], reference: Any) -> st.SearchStrategy[Case]:
    def case(x: Array, dim: Any, correction: int, keepdim: bool) -> Case:
        return Case(
            lambda t: call(t, dim, correction=correction, keepdim=keepdim),
            (x,),
            lambda a: reference(a, dim, ddof=correction, keepdims=keepdim),
        )

    return arrays(REAL, SEVERAL).flatmap(
        lambda x: st.builds(case, st.just(x), one_axis(x), st.integers(0, 1), BOOLEANS)
    )


def uniques() -> st.SearchStrategy[Case]:
    return arrays(REAL, NONEMPTY).map(lambda x: Case(sorting.unique, (x,), np.unique))


REDUCTIONS: dict[str, st.SearchStrategy[Case]] = {
    "sum": over(reduction.sum, np.sum),
    "sum_all": of_all(reduction.sum, np.sum, shape=SHAPES),
    "mean": over(reduction.mean, np.mean),
    "mean_all": of_all(reduction.mean, np.mean),
    "nansum": over(reduction.nansum, np.nansum),
    "logsumexp": over(reduction.logsumexp, log_sum_exp),
    "var": deviations(moments.var, np.var),
    "std": deviations(moments.std, np.std),
    "vector_norm": norms(),
    "prod": with_arguments(
        cumulative.prod,
        lambda x, d, k: np.prod(x, axis=d, keepdims=k),
        lambda x: st.tuples(one_axis(x), BOOLEANS),
        shape=NONEMPTY,
    ),
    "prod_all": of_all(cumulative.prod, np.prod),
    "cumsum": along(cumulative.cumsum, np.cumsum),
    "cumprod": along(cumulative.cumprod, np.cumprod, PLAIN),  # its backward divides, as PyTorch's
    "logcumsumexp": along(cumulative.logcumsumexp, np.logaddexp.accumulate),
}


def most_common(x: Array, dim: int) -> Any:
    """The element that occurs most often along a dimension, the smallest of several."""

    def of(row: Array) -> Any:
        values, counts = np.unique(row, return_counts=True)
        return values[np.argmax(counts)]

    return np.apply_along_axis(of, dim, x)


def sorted_in(x: Array, dim: int) -> Any:
    return np.sort(x, dim)


ORDERED: dict[str, st.SearchStrategy[Case]] = {
    "max": ordered(extremum.max, np.max),
    "min": ordered(extremum.min, np.min),
    "amax": ordered(lambda x, d: (extremum.amax(x, d),), np.max),
    "amin": ordered(lambda x, d: (extremum.amin(x, d),), np.min),
    "max_all": arrays(REAL, NONEMPTY).map(lambda x: Case(extremum.max, (x,), np.max)),
    "min_all": arrays(REAL, NONEMPTY).map(lambda x: Case(extremum.min, (x,), np.min)),
    "cummax": ordered(cumulative.cummax, np.maximum.accumulate),
    "cummin": ordered(cumulative.cummin, np.minimum.accumulate),
    "sort": ordered(sorting.sort, sorted_in),
    "topk": ordered(lambda x, d: sorting.topk(x, 1, d), lambda x, d: np.max(x, d, keepdims=True)),
    "kthvalue": ordered(lambda x, d: sorting.kthvalue(x, 1, d), np.min),
    "median": ordered(sorting.median, lambda x, d: np.take(np.sort(x, d), (x.shape[d] - 1) // 2, d)),
    "median_all": arrays(REAL, NONEMPTY).map(
        lambda x: Case(sorting.median, (x,), lambda a: np.sort(a, axis=None)[(a.size - 1) // 2])
    ),
    "unique": uniques(),
    "mode": ordered(sorting.mode, most_common, ties=False),  # of equal ones the last gets it all, as in PyTorch
}
