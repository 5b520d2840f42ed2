"""`torch.backends`: switches that scripts set for reproducibility. Results here never depend on them."""


class _Switches:
    """Takes any flag and keeps it; none changes anything."""

    enabled = False
    benchmark = False
    deterministic = True

    def is_available(self) -> bool:
        """False: there is no such backend on the CPU."""
        return False


cudnn = _Switches()
mps = _Switches()
