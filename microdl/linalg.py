"""`torch.linalg`: norms, systems and decompositions of matrices, under PyTorch's names.

Source: https://pytorch.org/docs/stable/linalg.html
"""

from .ops.decomposition import eigh, eigvalsh, matrix_power, matrix_rank, pinv, svdvals
from .ops.decomposition import linalg_cholesky as cholesky
from .ops.decomposition import linalg_qr as qr
from .ops.decomposition import linalg_svd as svd
from .ops.einsum import multi_dot
from .ops.linalg import LinAlgError, det, inv, solve
from .ops.linalg import linalg_slogdet as slogdet
from .ops.matrix import linalg_diagonal as diagonal
from .ops.norm import linalg_norm as norm
from .ops.norm import matrix_norm, vector_norm
from .ops.products import matmul
from .ops.systems import (
    cholesky_ex,
    cond,
    inv_ex,
    lstsq,
    matrix_exp,
    solve_triangular,
    tensorinv,
    tensorsolve,
)  # fmt: skip
from .ops.vectors import linalg_cross as cross
from .ops.vectors import linalg_vander as vander
from .ops.vectors import vecdot

__all__ = [
    "LinAlgError", "cholesky", "cholesky_ex", "cond", "cross", "det", "diagonal", "eigh", "eigvalsh", "inv", "inv_ex",
    "lstsq", "matmul", "matrix_exp", "matrix_norm", "matrix_power", "matrix_rank", "multi_dot", "norm", "pinv", "qr",
    "slogdet", "solve", "solve_triangular", "svd", "svdvals", "tensorinv", "tensorsolve", "vander", "vecdot",
    "vector_norm",
]  # fmt: skip
