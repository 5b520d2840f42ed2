"""Singular values and principal components of large matrices, from random projections.

The same seed projects as PyTorch does; the signs of the singular vectors are LAPACK's own choice, here as there.

Source: Halko, Martinsson and Tropp, Finding structure with randomness, 2009, algorithms 4.4 and 5.1.
"""

from __future__ import annotations

from typing import Any

from ..dtypes import from_numpy_dtype
from ..ops.decomposition import linalg_svd, qr
from ..ops.reduction import mean
from ..ops.shape import require
from .functions import randn


def _basis(A: Any, q: int, niter: int) -> Any:
    """Orthonormal columns that span about what the first q left singular vectors of A span."""
    Q = qr(A @ randn(A._a.shape[-1], q, dtype=from_numpy_dtype(A._a.dtype)))[0]
    for _ in range(niter):
        Q = qr(A.mT @ Q)[0]
        Q = qr(A @ Q)[0]
    return Q


def svd_lowrank(A: Any, q: int | None = 6, niter: int | None = 2, M: Any = None) -> tuple[Any, Any, Any]:
    """(U, S, V) with about `A - M = U diag(S) V^T`, of rank `q`, after `niter` steps of the power method.

    >>> import microdl as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.svd_lowrank(torch.diag(torch.tensor([3., 2., 1.])), q=2)[1]
    tensor([2.9954, 1.9262])

    Source: https://pytorch.org/docs/stable/generated/torch.svd_lowrank.html
    """
    A = require("svd_lowrank", A)
    A = A if M is None else A - M
    m, n = A._a.shape[-2:]
    wide = m < n
    A = A.mT if wide else A
    Q = _basis(A, 6 if q is None else q, 2 if niter is None else niter)
    U, S, Vh = linalg_svd(Q.mT @ A, full_matrices=False)
    U, V = Q @ U, Vh.mT
    return (V, S, U) if wide else (U, S, V)


def pca_lowrank(A: Any, q: int | None = None, center: bool = True, niter: int = 2) -> tuple[Any, Any, Any]:
    """(U, S, V) of `A`, its columns centred unless `center` is False: the columns of V are the principal directions.

    `q` is the rank, by default min(6, m, n). ValueError where it is not in [0, min(m, n)].

    >>> import microdl as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.pca_lowrank(torch.tensor([[0., 0.], [1., 2.], [2., 4.]]), q=1)[1]
    tensor([3.1623])

    Source: https://pytorch.org/docs/stable/generated/torch.pca_lowrank.html
    """
    m, n = require("pca_lowrank", A)._a.shape[-2:]
    if q is None:
        q = min(6, m, n)
    elif not 0 <= q <= min(m, n):
        raise ValueError(f"q(={q}) must be non-negative integer and not greater than min(m, n)={min(m, n)}")
    if niter < 0:
        raise ValueError(f"niter(={niter}) must be non-negative integer")
    return svd_lowrank(A - mean(A, -2, True) if center else A, q, niter)
