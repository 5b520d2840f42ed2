"""Functions of two parameters on which optimisers are tried, for numbers, arrays and tensors alike.

Each is a function `f(x, y)` that works element by element. `SURFACES` has them by name, with a start from which the
optimisers differ, and a minimum.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

__all__ = ["SURFACES", "Surface", "beale", "quadratic", "rosenbrock", "saddle"]

Point = tuple[float, float]


class TwoParameters(Protocol):
    """A loss of two parameters: tensors in, tensor out."""

    def __call__(self, x: Any, y: Any, /) -> Any: ...


def quadratic(x: Any, y: Any) -> Any:
    """(x^2 + 20 y^2) / 2: a valley twenty times as steep across as along, with its minimum 0 at (0, 0).

    >>> from microdl.plots.surfaces import quadratic
    >>> quadratic(2.0, 1.0)
    12.0
    """
    return (x * x + 20 * y * y) / 2


def rosenbrock(x: Any, y: Any) -> Any:
    """(1 - x)^2 + 100 (y - x^2)^2: a narrow bent valley with its minimum 0 at (1, 1).

    >>> from microdl.plots.surfaces import rosenbrock
    >>> rosenbrock(1.0, 1.0), rosenbrock(-1.0, 1.0)
    (0.0, 4.0)

    Source: Rosenbrock, "An automatic method for finding the greatest or least value of a function", 1960.
    """
    across = y - x * x
    along = 1 - x
    return along * along + 100 * across * across


def beale(x: Any, y: Any) -> Any:
    """The sum over k = 1, 2, 3 of (c_k - x (1 - y^k))^2 for c = 1.5, 2.25, 2.625: minimum 0 at (3, 0.5), flat around.

    >>> from microdl.plots.surfaces import beale
    >>> beale(3.0, 0.5), beale(0.0, 0.0)
    (0.0, 14.203125)

    Source: Beale, "On an iterative method for finding a local minimum of a function of more than one variable", 1958.
    """
    first, second, third = 1.5 - x * (1 - y), 2.25 - x * (1 - y * y), 2.625 - x * (1 - y * y * y)
    return first * first + second * second + third * third


def saddle(x: Any, y: Any) -> Any:
    """x^2 - y^2 + y^4 / 4: a saddle at (0, 0) between the minima -1 at (0, +-sqrt(2)).

    >>> from microdl.plots.surfaces import saddle
    >>> saddle(1.0, 0.0), round(saddle(0.0, 2**0.5), 12)
    (1.0, -1.0)
    """
    return x * x - y * y + y * y * y * y / 4


class Surface(NamedTuple):
    """A function of two parameters, where to start on it, and a minimum."""

    loss: TwoParameters
    start: Point
    minimum: Point


SURFACES = {
    "quadratic": Surface(quadratic, (-9.0, 2.5), (0.0, 0.0)),
    "rosenbrock": Surface(rosenbrock, (-1.2, 1.0), (1.0, 1.0)),
    "beale": Surface(beale, (1.0, 1.5), (3.0, 0.5)),
    "saddle": Surface(saddle, (1.5, 0.01), (0.0, 2**0.5)),
}
