"""`torch.version`: what PyTorch's build for the CPU says."""

cuda = hip = xpu = git_version = None
debug = False
