"""What to use in place of PyTorch's names that are absent here."""

from __future__ import annotations

from fnmatch import fnmatchcase

_DENSE = "nn.Linear on nn.Flatten()ed images; microdl has linear models and small MLPs, no convolutions"
_SEQUENCE = "nn.Linear on windows of the sequence; microdl has no recurrent or attention layers"
_ARRAY = "on x.detach().numpy() (without gradients)"
_GPU = "the CPU, on which everything here runs: torch.device('cpu')"

# The first pattern that fits counts.
_TABLE = [
    ("torch.fft*", f"numpy.fft, {_ARRAY}"),
    ("torch.*stft", f"numpy.fft, {_ARRAY}"),
    ("torch.*_window", "numpy's windows (np.hanning, np.hamming, np.blackman, np.kaiser) with torch.from_numpy"),
    ("torch.signal*", "numpy's windows (np.hanning, np.hamming, np.blackman, np.kaiser) with torch.from_numpy"),
    ("torch.complex*", "a tensor with a last dimension of size 2 for the real and the imaginary parts, in float64"),
    ("torch.*cdouble", "a tensor with a last dimension of size 2 for the real and the imaginary parts"),
    ("torch.*cfloat", "a tensor with a last dimension of size 2 for the real and the imaginary parts"),
    ("torch.*view_as_*", "a tensor with a last dimension of size 2 for the real and the imaginary parts"),
    ("torch.*bfloat16", "torch.float32 (NumPy has no bfloat16; torch.float16 is there for storage)"),
    ("torch.*BFloat16*", "torch.float32 (NumPy has no bfloat16; torch.float16 is there for storage)"),
    ("torch.float8*", "torch.float16 or torch.float32"),
    ("torch.uint[136]*", "torch.int64 or torch.uint8"),
    ("torch.*sparse*", "dense tensors; microdl has no sparse layouts"),
    ("torch.*quant*", "torch.int8 tensors and a scale of your own; microdl does not quantise"),
    ("torch.ao", "torch.int8 tensors and a scale of your own; microdl does not quantise"),
    ("torch.q*int*", "torch.int8 tensors and a scale of your own; microdl does not quantise"),
    ("torch.compiler", "plain Python: drop the decorators, the results are the same"),
    ("torch.jit*", "plain Python: drop torch.jit.script and trace, store the state dict with torch.save"),
    ("torch.export*", "torch.save(model.state_dict(), path)"),
    ("torch.onnx*", "torch.save(model.state_dict(), path)"),
    ("torch.hub*", "a file loaded with torch.load(path)"),
    ("torch.distributed*", "one process; microdl does not train on several"),
    ("torch.nn.parallel*", "the model itself: there is one device"),
    ("torch.multiprocessing", "Python's multiprocessing, whose processes get copies of tensors"),
    ("torch.func*", "torch.func.grad, vjp, jvp, jacrev, hessian, vmap or functional_call"),
    ("torch.amp*", "float32 without autocast: drop the context manager and the GradScaler"),
    ("torch.*autocast*", "float32 without autocast: drop the context manager and the GradScaler"),
    ("torch.*GradScaler", "float32 without autocast: drop the context manager and the GradScaler"),
    ("torch.cuda.*", _GPU),
    ("torch.Tensor.*cuda*", _GPU),
    ("torch.mps", _GPU),
    ("torch.mtia", _GPU),
    ("torch.nested", "padded tensors with a mask"),
    ("torch.masked", "torch.where and masked_fill"),
    ("torch.*conv*[1-3]d*", _DENSE),
    ("torch.nn.*Conv*", _DENSE),
    ("torch.*pool*[1-3]d*", _DENSE),
    ("torch.nn.*Pool*", _DENSE),
    ("torch.nn.*Pad[123]d", "torch.nn.functional.pad"),
    ("torch.nn.*BatchNorm*", "nn.BatchNorm1d, on inputs of shape (N, C) or (N, C, L)"),
    ("torch.nn.*InstanceNorm*", "nn.LayerNorm or nn.BatchNorm1d"),
    ("torch.nn.[GLR]*U*Cell", _SEQUENCE),
    ("torch.nn.*LSTM*", _SEQUENCE),
    ("torch.nn.*GRU*", _SEQUENCE),
    ("torch.nn.*RNN*", _SEQUENCE),
    ("torch.nn.*Transformer*", _SEQUENCE),
    ("torch.nn.*MultiheadAttention", _SEQUENCE),
    ("torch.nn.*multi_head_attention*", _SEQUENCE),
    ("torch.*lstm*", _SEQUENCE),
    ("torch.*gru*", _SEQUENCE),
    ("torch.*rnn_*", _SEQUENCE),
    ("torch.nn.utils.rnn*", "nn.utils.rnn.pad_sequence with a mask; microdl has no recurrent layers"),
    ("torch.nn.*Upsample*", "numpy or Pillow, before the image becomes a tensor"),
    ("torch.nn.functional.interpolate", "numpy or Pillow, before the image becomes a tensor"),
    ("torch.*[cC][tT][cC]*[lL]oss", "nn.CrossEntropyLoss, where each place has its label"),
    ("torch.optim.SparseAdam", "torch.optim.Adam (gradients are dense here)"),
    ("torch.linalg.eig*", "torch.linalg.eigh for symmetric matrices, else numpy.linalg, on x.detach().numpy()"),
    ("torch.linalg.*", f"numpy.linalg or scipy.linalg, {_ARRAY}"),
    ("torch.special.*", f"scipy.special, {_ARRAY}"),
]


def alternative(path: str) -> str | None:
    """What there is in place of PyTorch's `path`, such as `torch.nn.Conv2d`; None where nothing is noted."""
    for pattern, instead in _TABLE:
        if fnmatchcase(path, pattern):
            return instead
    return None
