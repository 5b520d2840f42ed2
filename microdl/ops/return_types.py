"""The named tuples that functions with several results return, printed as PyTorch prints them."""

from __future__ import annotations

from operator import itemgetter
from typing import Any, ClassVar


class Named(tuple[Any, ...]):
    """A tuple whose places have names: `values, indices = torch.max(x, 1)` or `torch.max(x, 1).indices`."""

    __slots__ = ()
    fields: ClassVar[tuple[str, ...]] = ()
    n_fields: ClassVar[int] = 0

    def __repr__(self) -> str:
        lines = ",\n".join(f"{name}={value!r}" for name, value in zip(self.fields, self, strict=True))
        return f"torch.return_types.{type(self).__name__}(\n{lines})"


def _named(name: str, *fields: str) -> type[Named]:
    places = {field: property(itemgetter(i)) for i, field in enumerate(fields)}
    body = {"__slots__": (), "__module__": __name__, "fields": fields, "n_fields": len(fields), **places}
    return type(name, (Named,), body)


max = _named("max", "values", "indices")
min = _named("min", "values", "indices")
aminmax = _named("aminmax", "min", "max")
median = _named("median", "values", "indices")
mode = _named("mode", "values", "indices")
cummax = _named("cummax", "values", "indices")
cummin = _named("cummin", "values", "indices")
sort = _named("sort", "values", "indices")
topk = _named("topk", "values", "indices")
kthvalue = _named("kthvalue", "values", "indices")
slogdet = _named("slogdet", "sign", "logabsdet")
linalg_slogdet = _named("linalg_slogdet", "sign", "logabsdet")
svd = _named("svd", "U", "S", "V")
linalg_svd = _named("linalg_svd", "U", "S", "Vh")
qr = _named("qr", "Q", "R")
linalg_qr = _named("linalg_qr", "Q", "R")
linalg_eigh = _named("linalg_eigh", "eigenvalues", "eigenvectors")
frexp = _named("frexp", "mantissa", "exponent")
nanmedian = _named("nanmedian", "values", "indices")
histogram = _named("histogram", "hist", "bin_edges")
linalg_lstsq = _named("linalg_lstsq", "solution", "residuals", "rank", "singular_values")
linalg_cholesky_ex = _named("linalg_cholesky_ex", "L", "info")
linalg_inv_ex = _named("linalg_inv_ex", "inverse", "info")
triangular_solve = _named("triangular_solve", "solution", "cloned_coefficient")
