"""The public callables that both libraries have, by the names that cases call them."""

from __future__ import annotations

from typing import Any

# What no case can call, and the tests that do.
ELSEWHERE = {
    "tests/test_grad_mode.py": ("torch.no_grad", "torch.enable_grad", "torch.inference_mode", "torch.set_grad_enabled"),
    "tests/test_random.py": (
        "torch.Generator", "torch.manual_seed", "torch.seed", "torch.get_rng_state", "torch.set_rng_state",
    ),
    "tests/test_printing.py": ("torch.set_printoptions",),
    "tests/test_attention.py": ("F.scaled_dot_product_attention",),
    "tests/test_tensor.py": ("torch.layout",),
    "tests/test_dtypes.py": ("torch.dtype", "torch.set_default_dtype"),
    "tests/test_kernels.py": ("torch.get_num_threads", "torch.set_num_threads"),
    "tests/test_hooks.py": ("Tensor.register_hook", "Tensor.register_post_accumulate_grad_hook"),
    "tests/test_nn.py": (
        "nn.Module", "nn.Sequential", "nn.Parameter",
        "nn.UninitializedParameter", "nn.Buffer", "nn.DataParallel",
    ),
    "tests/test_nn_containers.py": ("nn.ModuleDict", "nn.ModuleList", "nn.ParameterDict", "nn.ParameterList"),
    "tests/test_linalg.py": ("linalg.LinAlgError",),
    "tests/test_serialization.py": (
        "torch.save", "torch.load", "torch.UntypedStorage", "Tensor.storage", "Tensor.untyped_storage",
    ),
    "tests of the switches that scripts set": (
        "torch.are_deterministic_algorithms_enabled", "torch.autocast", "torch.compile", "torch.from_dlpack",
        "torch.get_deterministic_debug_mode", "torch.get_float32_matmul_precision", "torch.get_num_interop_threads",
        "torch.is_autocast_enabled", "torch.is_deterministic_algorithms_warn_only_enabled", "torch.memory_format",
        "torch.set_default_tensor_type", "torch.set_deterministic_debug_mode", "torch.set_float32_matmul_precision",
        "torch.set_default_device",
        "torch.set_flush_denormal", "torch.set_num_interop_threads", "torch.set_warn_always",
        "torch.use_deterministic_algorithms",
    ),
    "tests/harness/outcome.py": ("Tensor.data_ptr",),  # asked for each result
    "tests/test_native.py": (
        "Tensor.const_data_ptr", "Tensor.dim_order", "Tensor.is_set_to", "Tensor.is_shared", "Tensor.name",
        "Tensor.pin_memory", "Tensor.share_memory_", "torch.binary_cross_entropy_with_logits", "torch.constant_pad_nd",
        "torch.cosine_embedding_loss", "torch.embedding", "torch.frombuffer", "torch.get_device", "torch.group_norm",
        "torch.index_put", "torch.is_inference", "torch.is_warn_always_enabled", "torch.triplet_margin_loss",
    ),
    "tests/test_anomaly.py": ("torch.is_anomaly_enabled", "torch.is_anomaly_check_nan_enabled"),
    "tests/parity/test_functional_parity.py": ("torch.vmap",),
}  # fmt: skip


def public_names(ours: Any, theirs: Any) -> set[str]:
    found = set()
    spaces = {
        "torch": ("", set(ours.__all__)),
        "Tensor": ("Tensor", set(dir(ours.Tensor))),
        "F": ("nn.functional", set(ours.nn.functional.__all__)),
        "nn": ("nn", set(dir(ours.nn))),
        "init": ("nn.init", set(ours.nn.init.__all__)),
        "linalg": ("linalg", set(dir(ours.linalg))),
    }
    for short, (path, names) in spaces.items():
        a, b = _at(ours, path), _at(theirs, path)
        for n in names:
            if (
                not n.startswith("_")
                and hasattr(a, n)
                and hasattr(b, n)
                and (short == "Tensor" or callable(getattr(a, n)))
            ):
                found.add(f"{short}.{n}")
    return found - {name for names in ELSEWHERE.values() for name in names}


def _at(lib: Any, path: str) -> Any:
    for part in filter(None, path.split(".")):
        lib = getattr(lib, part)
    return lib
