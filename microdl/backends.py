"""`torch.backends`: switches that scripts set for reproducibility. Results here never depend on them."""

from __future__ import annotations

from typing import Any


class _Switches:
    """Takes any flag and keeps it; none changes anything."""

    def __init__(self, available: bool = False, **flags: Any) -> None:
        self._available = available
        self.__dict__.update(flags)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"torch.backends: microdl has no switch {name!r} here. Setting it is accepted")

    def is_available(self) -> bool:
        """Whether there is such a backend: not on the CPU."""
        return self._available

    def is_built(self) -> bool:
        """The same."""
        return self._available

    def version(self) -> None:
        """None: there is no such library."""


cudnn = _Switches(enabled=True, benchmark=False, deterministic=False, allow_tf32=True)
cuda = _Switches(matmul=_Switches(allow_tf32=False, fp32_precision="none"))
mps = _Switches()
mkl = _Switches()
mkldnn = _Switches(enabled=False)
openmp = _Switches()
