"""PyTorch's Fourier transforms and complex numbers, as pairs of real ones: https://docs.pytorch.org/docs/stable/fft.html"""

# ruff: noqa: E501 - a table is read better with an op a line

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from .table import Op, Wide

one, two, of = Wide.one, Wide.two, Wide.of
NORM = {"norm": ["backward", "ortho", "forward"]}


def real(y: torch.Tensor) -> torch.Tensor:
    return torch.stack([y.real, y.imag], -1) if y.is_complex() else y


def _of_real(f: Callable[..., torch.Tensor]) -> Any:
    return lambda x, **options: real(f(x, **options))


def _of_complex(f: Callable[..., torch.Tensor]) -> Any:
    return lambda a, b, **options: real(f(torch.complex(a, b), **options))


FFT = [
    *[Op(f"fft.{n}", _of_real(getattr(torch.fft, n)), of("n4", n=[None, 3, 5], dim=[-1], **NORM)) for n in ("fft", "ifft", "rfft", "ihfft")],
    *[Op(f"fft.{n} of complex", _of_complex(getattr(torch.fft, n)), of("n4,n4", n=[None, 3, 6], dim=[-1], **NORM))
      for n in ("fft", "ifft", "irfft", "hfft")],
    *[Op(f"fft.{n}", _of_real(getattr(torch.fft, n)), of("n34", s=[None, (2, 5)], **NORM)) for n in ("fft2", "ifft2", "rfft2", "ihfft2")],
    *[Op(f"fft.{n} of complex", _of_complex(getattr(torch.fft, n)), of("n34,n34", s=[None, (2, 5)], **NORM))
      for n in ("fft2", "ifft2", "irfft2", "hfft2")],
    *[Op(f"fft.{n}", _of_real(getattr(torch.fft, n)), of("234", dim=[(0, 2), (1,), None])) for n in ("fftn", "ifftn", "rfftn", "ihfftn")],
    *[Op(f"fft.{n} of complex", _of_complex(getattr(torch.fft, n)), of("234,234", dim=[(0, 2), (1,), None]))
      for n in ("fftn", "ifftn", "irfftn", "hfftn")],
    *[Op(f"fft.{n}", getattr(torch.fft, n), of("nm", dim=[0, -1, None])) for n in ("fftshift", "ifftshift")],
    Op("stft", lambda x, **o: real(torch.stft(x, 4, 2, window=torch.hann_window(4, dtype=x.dtype), return_complex=True, **o)),
       of("n8", center=[True, False], onesided=[True, False], normalized=[True, False])),
    Op("istft", lambda a, b: torch.istft(torch.complex(a, b), 4, 2, window=torch.ones(4, dtype=a.dtype)), of("n34,n34")),
]  # fmt: skip

UNARY = {
    "abs": abs, "angle": torch.angle, "real times imag": lambda z: z.real * z.imag, "conj": torch.conj, "exp": torch.exp, "log": torch.log,
    "sqrt": torch.sqrt, "rsqrt": torch.rsqrt, "sin": torch.sin, "cos": torch.cos, "tan": torch.tan, "tanh": torch.tanh,
    "sinh": torch.sinh, "cosh": torch.cosh, "asin": torch.asin, "acos": torch.acos, "atan": torch.atan, "asinh": torch.asinh,
    "acosh": torch.acosh, "atanh": torch.atanh, "sigmoid": torch.sigmoid, "sgn": torch.sgn, "square": torch.square,
    "reciprocal": torch.reciprocal, "log2": torch.log2, "log10": torch.log10, "log1p": torch.log1p, "expm1": torch.expm1,
    "sum": torch.sum, "mean": torch.mean, "cumsum": lambda z: z.cumsum(0), "var": torch.var,
    "std": torch.std, "norm": lambda z: torch.linalg.vector_norm(z), "norm p": lambda z: torch.linalg.vector_norm(z, 3),
    "prod": torch.prod, "cumprod": lambda z: z.cumprod(0), "pow 3": lambda z: z**3, "pow 0.5": lambda z: z**0.5,
}  # fmt: skip
BINARY = {
    "mul": torch.mul, "div": torch.div, "pow": torch.pow, "dot": torch.dot, "vdot": torch.vdot, "outer": torch.outer,
}  # fmt: skip

COMPLEX = [
    *FFT,
    Op("polar", lambda r, t: real(torch.polar(r, t)), two("positive", "real")),
    Op("polar of any", lambda r, t: real(torch.polar(r, t)), two()),
    Op("view_as_real", lambda a, b: torch.view_as_real(torch.complex(a, b)), two()),
    Op("view_as_complex", lambda x: real(torch.view_as_complex(x.contiguous()) ** 2), of("n2")),
    *[Op(f"complex {n}", _of_complex(f), of("3,3", (0.25, 0.75), (0.25, 0.75))) for n, f in UNARY.items()],
    *[Op(f"complex {n}", lambda a, b, c, d, f=f: real(f(torch.complex(a, b), torch.complex(c, d))),
         of("2,2,2,2", *[(0.25, 0.75)] * 4)) for n, f in BINARY.items()],
    Op("complex matmul", lambda a, b, c, d: real(torch.complex(a, b) @ torch.complex(c, d)), of("nm,nm,mk,mk")),
    Op("complex linalg.inv", lambda a, b: real(torch.linalg.inv(torch.complex(a, b) + 4 * torch.eye(2))), of("22,22", *[(0.25, 0.75)] * 2)),
    Op("complex linalg.det", lambda a, b: real(torch.linalg.det(torch.complex(a, b))), of("22,22", *[(0.25, 0.75)] * 2)),
    Op("complex linalg.slogdet", lambda a, b: tuple(map(real, torch.linalg.slogdet(torch.complex(a, b) + 4 * torch.eye(2)))), of("22,22", *[(0.25, 0.75)] * 2)),
    Op("complex linalg.svdvals", _of_complex(torch.linalg.svdvals), of("22,22", *[(0.25, 0.75)] * 2)),
]  # fmt: skip
