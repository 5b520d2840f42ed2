"""The table of tensor methods, continued: those that few scripts use."""

from __future__ import annotations

from typing import Any

from . import (
    gamma,
    grids,
    index_reduce,
    join,
    matrix,
    pointwise,
    queries,
    rearrange,
    shape,
    special,
    statistics,
    strides,
    systems,
    vectors,
)  # fmt: skip
from .spelling import method_of


def _of_matrix(input: Any) -> Any:
    if input._a.ndim not in (0, 2):
        raise RuntimeError(
            f"tensor.H is only supported on matrices (2-D tensors). Got {input._a.ndim}-D tensor. For batches of "
            "matrices, consider using tensor.mH"
        )
    return shape.transpose(input, 0, 1) if input._a.ndim else input


class RarerMethods:
    """Methods of a tensor beside the usual ones."""

    __slots__ = ()

    __reversed__ = method_of(
        lambda self: join.flip(self, tuple(range(self._a.ndim))) if self._a.ndim else self, "__reversed__", ""
    )

    # elementwise
    asinh, acosh, atanh = pointwise.asinh, pointwise.acosh, pointwise.atanh
    arcsinh, arccosh, arctanh = asinh, acosh, atanh
    deg2rad, rad2deg, copysign = pointwise.deg2rad, pointwise.rad2deg, pointwise.copysign
    signbit, isneginf, isposinf, isreal = pointwise.signbit, pointwise.isneginf, pointwise.isposinf, pointwise.isreal
    fmax, fmin, positive, angle = pointwise.fmax, pointwise.fmin, pointwise.positive, pointwise.angle
    frexp, ldexp, nextafter = pointwise.frexp, pointwise.ldexp, pointwise.nextafter
    float_power, logaddexp2 = pointwise.float_power, pointwise.logaddexp2
    gcd, lcm = pointwise.gcd, pointwise.lcm

    # special functions
    erf, erfc, erfinv = special.erf, special.erfc, special.erfinv
    lgamma, digamma, mvlgamma = gamma.lgamma, gamma.digamma, gamma.mvlgamma
    polygamma = method_of(gamma.polygamma_of, "polygamma", "The n-th derivative of `digamma`.")
    logit, sinc, xlogy = special.logit, special.sinc, special.xlogy

    # shape
    movedim = moveaxis = rearrange.movedim
    fliplr, flipud, rot90, adjoint = rearrange.fliplr, rearrange.flipud, rearrange.rot90, rearrange.adjoint
    tensor_split, hsplit, vsplit, dsplit = (
        rearrange.tensor_split, rearrange.hsplit, rearrange.vsplit, rearrange.dsplit,
    )  # fmt: skip
    split_with_sizes = unsafe_split_with_sizes = rearrange.split_with_sizes
    unsafe_split, unsafe_chunk = join.split, join.chunk
    unfold, as_strided = strides.unfold, strides.as_strided
    ravel, sum_to_size = rearrange.ravel, vectors.sum_to_size
    resize_as_ = method_of(
        lambda self, the_template: self.resize_(the_template._a.shape), "resize_as_", "`resize_` to another's shape."
    )
    diagflat = method_of(
        lambda self, offset=0: matrix.diag(rearrange.ravel(self), offset), "diagflat",
        "The flattened tensor as a diagonal matrix.",
    )  # fmt: skip
    H = property(_of_matrix, doc="The transpose of a matrix.")
    mH = property(rearrange.adjoint, doc="The last two dimensions exchanged.")

    # statistics
    cov, corrcoef, histogram = statistics.cov, statistics.corrcoef, statistics.histogram
    nanmedian, nanquantile = statistics.nanmedian, statistics.nanquantile
    unique_consecutive = statistics.unique_consecutive

    # matrices and vectors
    cholesky_solve, cholesky_inverse = systems.cholesky_solve, systems.cholesky_inverse
    triangular_solve, matrix_exp = systems.triangular_solve, systems.matrix_exp
    solve, lstsq, symeig, eig = (
        systems.removed_solve, systems.removed_lstsq, systems.removed_symeig, systems.removed_eig,
    )  # fmt: skip
    cross, addr, addbmm, renorm = vectors.cross, vectors.addr, vectors.addbmm, vectors.renorm

    # by index and mask
    put, masked_scatter = index_reduce.put, index_reduce.masked_scatter
    select_scatter, slice_scatter = index_reduce.select_scatter, index_reduce.slice_scatter
    diagonal_scatter, scatter_reduce = index_reduce.diagonal_scatter, index_reduce.scatter_reduce
    index_reduce = index_reduce.index_reduce

    # of this dtype
    new, new_empty, new_empty_strided = grids.new, grids.new_empty, grids.new_empty_strided

    # questions; there is only the CPU, and there are only real, dense numbers
    is_complex, is_conj, is_neg = queries.is_complex, queries.is_conj, queries.is_neg
    is_signed, is_nonzero, is_same_size = queries.is_signed, queries.is_nonzero, queries.is_same_size
    conj = conj_physical = resolve_conj = resolve_neg = to_dense = queries.itself
    real = property(queries.itself, doc="The tensor itself.")
    imag = property(queries.imag, doc="RuntimeError: real numbers have no imaginary part.")
    is_cpu = True
    is_meta = is_mkldnn = is_mps = is_nested = is_quantized = is_sparse_csr = is_xla = is_xpu = False
    get_device = method_of(lambda self: -1, "get_device", "-1: the CPU has no number.")
    is_pinned = is_inference = is_distributed = is_complex
    is_set_to, dim_order, pin_memory = queries.is_set_to, queries.dim_order, queries.pin_memory
    is_shared = method_of(lambda self: False, "is_shared", "False: the memory belongs to this process.")
    share_memory_ = queries.itself
    const_data_ptr = method_of(lambda self: self.data_ptr(), "const_data_ptr", "`data_ptr`.")
    name, output_nr, is_ipu, is_vulkan, is_maia, is_mtia = None, 0, False, False, False, False
