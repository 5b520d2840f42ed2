"""The float32 logarithm, sine and cosine of normal random numbers: constants of a kernel and of its NumPy twin.

The coefficients are those of logf, sinf and cosf in S. L. Moshier's Cephes library (https://www.netlib.org/cephes/), as
PyTorch's vectorised kernels use them: aten/src/ATen/native/cpu/avx_mathfun.h, by G. Garberoglio after J. Pommier's
sse_mathfun (http://gruntthepeon.free.fr/ssemath/). To give PyTorch's bits takes its polynomials.
"""

import numpy as np


def _singles(*numbers: float) -> tuple[np.float32, ...]:
    return tuple(np.float32(x) for x in numbers)


# Polynomials, highest power first.
LOG = _singles(
    7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
    -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
)  # fmt: skip
SIN = _singles(-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)
COS = _singles(2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)

# ln 2 and pi / 4 as sums of parts, of which all but the last are so short that an integer times it is exact.
LN2_HIGH, LN2_LOW = _singles(0.693359375, -2.12194440e-4)
QUARTER_PI_1, QUARTER_PI_2, QUARTER_PI_3 = _singles(0.78515625, 2.4187564849853515625e-4, 3.77489497744594108e-8)

ROOT_HALF, FOUR_OVER_PI = _singles(0.707106781186547524, 1.27323954473516)
