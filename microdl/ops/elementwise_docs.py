"""What the elementwise functions declared in one line do, with an example: `name | text | arguments | result`."""

from __future__ import annotations

from types import ModuleType

ARITHMETIC = """
abs | The absolute value. | [-1.5, 2.] | [1.5000, 2.0000]
neg | The opposite number. RuntimeError for booleans. | [-1., 2.] | [ 1., -2.]
sign | 1, 0 or -1, with the sign of the element; 0 for NaN. | [-3., 0., 2.] | [-1.,  0.,  1.]
exp | e to the power of the element; integers give floats. | [0., 1.] | [1.0000, 2.7183]
exp2 | 2 to the power of the element; integers give floats. | [0., 3.] | [1., 8.]
expm1 | `exp(input) - 1`, exact also where that is tiny. | [0., 1e-10] | [0.0000e+00, 1.0000e-10]
log | The natural logarithm: -inf at 0, NaN below. | [1., 10., 0.] | [0.0000, 2.3026,   -inf]
log2 | The logarithm to the base 2: -inf at 0, NaN below. | [1., 8.] | [0., 3.]
log10 | The logarithm to the base 10: -inf at 0, NaN below. | [1., 100.] | [0., 2.]
log1p | `log(1 + input)`, exact also where the element is tiny. | [0., 1e-10] | [0.0000e+00, 1.0000e-10]
sqrt | The square root; NaN below 0. | [4., 2.] | [2.0000, 1.4142]
rsqrt | `1 / sqrt(input)`. | [4., 0.25] | [0.5000, 2.0000]
reciprocal | `1 / input`; integers give floats. | [4., -0.5] | [ 0.2500, -2.0000]
sin | The sine of an angle in radians. | [0., 1.] | [0.0000, 0.8415]
cos | The cosine of an angle in radians. | [0., 1.] | [1.0000, 0.5403]
tan | The tangent of an angle in radians. | [0., 1.] | [0.0000, 1.5574]
asin | The angle in [-pi / 2, pi / 2] of that sine; NaN outside [-1, 1]. | [0., 1.] | [0.0000, 1.5708]
acos | The angle in [0, pi] of that cosine; NaN outside [-1, 1]. | [0., 1.] | [1.5708, 0.0000]
atan | The angle in (-pi / 2, pi / 2) of that tangent. | [0., 1.] | [0.0000, 0.7854]
atan2 | The angle of the point (other, input); no gradient at the origin. | [1., -1.] | [1., -1.] | [ 0.7854, -2.3562]
sinh | `(exp(input) - exp(-input)) / 2`. | [0., 1.] | [0.0000, 1.1752]
cosh | `(exp(input) + exp(-input)) / 2`. | [0., 1.] | [1.0000, 1.5431]
tanh | `sinh(input) / cosh(input)`, in [-1, 1]. | [0., 1.] | [0.0000, 0.7616]
floor | The greatest whole number up to the element; no gradient flows. | [1.5, -1.5] | [ 1., -2.]
ceil | The least whole number from the element on; no gradient flows. | [1.5, -1.5] | [ 2., -1.]
trunc | Without the fraction; no gradient flows. | [1.5, -1.5] | [ 1., -1.]
frac | The fraction, with the sign of the element. | [1.5, -1.25] | [ 0.5000, -0.2500]
isnan | Where the element is not a number. | [1., float("nan")] | [False,  True]
isinf | Where the element is infinite, of either sign. | [1., float("inf")] | [False,  True]
isfinite | Where the element is neither infinite nor NaN. | [1., float("nan")] | [ True, False]
logical_not | Where the element is 0. | [0, 2] | [ True, False]
bitwise_not | Every bit turned over; of booleans, `not`. NotImplementedError for floats. | [0, 5] | [-1, -6]
maximum | The larger of two elements; NaN wins. Equal ones share the gradient. | [1., 4.] | [3., 2.] | [3., 4.]
minimum | The smaller of two elements; NaN wins. Equal ones share the gradient. | [1., 4.] | [3., 2.] | [1., 2.]
eq | Where two elements are equal; a NaN equals nothing. | [1, 2] | [1, 3] | [ True, False]
ne | Where two elements differ. | [1, 2] | [1, 3] | [False,  True]
lt | Where `input < other`. | [1, 2] | [2, 2] | [ True, False]
le | Where `input <= other`. | [1, 2] | [2, 2] | [True, True]
gt | Where `input > other`. | [3, 2] | [2, 2] | [ True, False]
ge | Where `input >= other`. | [3, 2] | [2, 2] | [True, True]
logical_and | Where both elements are other than 0. | [0, 2] | [3, 4] | [False,  True]
logical_or | Where one of two elements, or both, is other than 0. | [0, 0] | [3, 0] | [ True, False]
logical_xor | Where exactly one of two elements is other than 0. | [0, 2] | [3, 4] | [ True, False]
bitwise_and | The bits that both have. NotImplementedError for floats. | [6, 5] | [3, 1] | [2, 1]
bitwise_or | The bits that one of both has. NotImplementedError for floats. | [6, 5] | [3, 1] | [7, 5]
bitwise_xor | The bits that exactly one has. NotImplementedError for floats. | [6, 5] | [3, 1] | [5, 4]
"""
DIVISION = """
true_divide | The quotient; integers give floats. | [1, 3] | [2, 4] | [0.5000, 0.7500]
floor_divide | Rounded down. RuntimeError for integers divided by 0, and for its gradient. | [7, -7] | [2, 2] | [ 3, -4]
remainder | What division rounded down leaves: it has the sign of `other`. | [7, -7] | [3, 3] | [1, 2]
fmod | What division rounded towards 0 leaves: it has the sign of `input`. | [7, -7] | [3, 3] | [ 1, -1]
"""


def describe(module: ModuleType, table: str) -> None:
    """Gives each function of the table its docstring."""
    for row in table.strip().splitlines():
        name, text, *arguments, result = row.split(" | ")
        call = f"torch.{name}({', '.join(f'torch.tensor({a})' for a in arguments)})"
        example = f">>> import microdl as torch\n    >>> {call}\n    tensor({result})"
        source = f"Source: https://pytorch.org/docs/stable/generated/torch.{name}.html"
        getattr(module, name).__doc__ = f"{text}\n\n    {example}\n\n    {source}\n    "
