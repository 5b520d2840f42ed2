"""Samples of reductions, cumulative operations and those that choose by order."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from microdl.ops import cumulative, extremum, moments, norm, reduction, sorting

from .kinds import NONZERO, POSITIVE, REAL, Array, Case, Values, arrays, axes, eighths, one_axis, with_arguments

NONEMPTY = hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=3)
SEVERAL = hnp.array_shapes(min_dims=1, max_dims=2, min_side=2, max_side=3)  # a deviation needs two
BOOLEANS = st.booleans()


def distinct(shapes: Any = NONEMPTY) -> st.SearchStrategy[Array]:
    """No two elements equal, so that an order has a derivative."""
    return hnp.arrays(np.float64, shapes, elements=eighths(-3, 3), fill=st.nothing(), unique=True)


def over(
    call: Callable[..., Any], reference: Any, values: Values = REAL, shapes: Any = NONEMPTY
) -> st.SearchStrategy[Case]:
    """`call(x, dims, keepdim)` over one or several dimensions."""

    def arguments(x: Array) -> st.SearchStrategy[tuple[Any, ...]]:
        several = axes(x).filter(bool)
        return st.tuples(several | one_axis(x), BOOLEANS)

    return with_arguments(call, lambda x, d, k: reference(x, axis=d, keepdims=k), arguments, values, shapes)


def of_all(
    call: Callable[..., Any], reference: Any, values: Values = REAL, shapes: Any = NONEMPTY
) -> st.SearchStrategy[Case]:
    return arrays(values, shapes).map(lambda x: Case(call, (x,), lambda a: np.asarray(reference(a))))


def along(call: Callable[..., Any], reference: Any, values: Values = REAL) -> st.SearchStrategy[Case]:
    """`call(x, dim)` along one dimension, of any length."""
    shapes = hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=3)
    return with_arguments(call, reference, lambda x: st.tuples(one_axis(x)), values, shapes)


def ordered(call: Callable[..., Any], reference: Any) -> st.SearchStrategy[Case]:
    """`call(x, dim)` of distinct elements; only its values have a derivative."""

    def case(x: Array) -> st.SearchStrategy[Case]:
        return one_axis(x).map(lambda d: Case(lambda t: call(t, d)[0], (x,), lambda a: reference(a, d)))

    return distinct().flatmap(case)


def log_sum_exp(x: Array, axis: Any, keepdims: bool) -> Any:
    return np.log(np.exp(x).sum(axis, keepdims=keepdims))


def norms() -> st.SearchStrategy[Case]:
    def reference(x: Array, p: float, axis: Any, keepdims: bool) -> Any:
        size = np.abs(x)
        if math.isinf(p):
            return (size.max if p > 0 else size.min)(axis, keepdims=keepdims)
        return (size**p).sum(axis, keepdims=keepdims) ** (1 / p)

    def of(p: float) -> st.SearchStrategy[Case]:
        return over(lambda x, d, k: norm.vector_norm(x, p, d, k), lambda x, **kw: reference(x, p, **kw), NONZERO)

    def largest(p: float) -> st.SearchStrategy[Case]:
        positive = hnp.arrays(np.float64, NONEMPTY, elements=POSITIVE, fill=st.nothing(), unique=True)
        return positive.map(
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

    return distinct(SEVERAL).flatmap(lambda x: st.builds(case, st.just(x), one_axis(x), st.integers(0, 1), BOOLEANS))


def uniques() -> st.SearchStrategy[Case]:
    return arrays(REAL, NONEMPTY).map(lambda x: Case(sorting.unique, (x,), np.unique, differentiable=False))


REDUCTIONS: dict[str, st.SearchStrategy[Case]] = {
    "sum": over(reduction.sum, np.sum),
    "sum_all": of_all(reduction.sum, np.sum, shapes=hnp.array_shapes(min_dims=0, min_side=0, max_dims=2, max_side=3)),
    "mean": over(reduction.mean, np.mean),
    "mean_all": of_all(reduction.mean, np.mean),
    "nansum": over(reduction.nansum, np.nansum, NONZERO),
    "logsumexp": over(reduction.logsumexp, log_sum_exp),
    "var": deviations(moments.var, np.var),
    "std": deviations(moments.std, np.std),
    "vector_norm": norms(),
    "prod": with_arguments(
        cumulative.prod,
        lambda x, d, k: np.prod(x, axis=d, keepdims=k),
        lambda x: st.tuples(one_axis(x), BOOLEANS),
        shapes=NONEMPTY,
    ),
    "prod_all": of_all(cumulative.prod, np.prod),
    "cumsum": along(cumulative.cumsum, np.cumsum),
    "cumprod": along(cumulative.cumprod, np.cumprod),
    "logcumsumexp": along(cumulative.logcumsumexp, lambda x, d: np.log(np.cumsum(np.exp(x), d))),
}


def sorted_in(x: Array, dim: int) -> Any:
    return np.sort(x, dim)


ORDERED: dict[str, st.SearchStrategy[Case]] = {
    "max": ordered(extremum.max, np.max),
    "min": ordered(extremum.min, np.min),
    "amax": ordered(lambda x, d: (extremum.amax(x, d),), np.max),
    "amin": ordered(lambda x, d: (extremum.amin(x, d),), np.min),
    "max_all": distinct().map(lambda x: Case(extremum.max, (x,), np.max)),
    "min_all": distinct().map(lambda x: Case(extremum.min, (x,), np.min)),
    "cummax": ordered(cumulative.cummax, np.maximum.accumulate),
    "cummin": ordered(cumulative.cummin, np.minimum.accumulate),
    "sort": ordered(sorting.sort, sorted_in),
    "topk": ordered(lambda x, d: sorting.topk(x, 1, d), lambda x, d: np.max(x, d, keepdims=True)),
    "kthvalue": ordered(lambda x, d: sorting.kthvalue(x, 1, d), np.min),
    "median": ordered(sorting.median, lambda x, d: np.take(np.sort(x, d), (x.shape[d] - 1) // 2, d)),
    "median_all": distinct().map(
        lambda x: Case(sorting.median, (x,), lambda a: np.sort(a, axis=None)[(a.size - 1) // 2])
    ),
    "unique": uniques(),
    "mode": ordered(sorting.mode, np.min),  # of distinct elements, the smallest
}
