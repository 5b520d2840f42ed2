"""`torch.profiler`: the clock of `autograd.profiler` under its newer name.

Source: https://pytorch.org/docs/stable/profiler.html
"""

from .autograd.profiler import ProfilerActivity, profile, record_function, schedule, tensorboard_trace_handler

__all__ = ["ProfilerActivity", "profile", "record_function", "schedule", "tensorboard_trace_handler"]
