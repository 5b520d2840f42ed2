"""Hand-kept help for the generator of calls: the tensors that fit, and what is not to be called."""

from __future__ import annotations

# The tensors an argument list begins with: one word each, its digits the shape (`_` for none), then the dtype:
# f float32 (unsaid), d float64, i int64 below 2, b bool; `s` a list of two such tensors; `p` positive, `u` in (0, 1).
TENSORS = {
    "mm": "23 32", "bmm": "223 232", "mv": "23 3", "dot": "3 3", "vdot": "3 3", "inner": "23 23", "outer": "2 3",
    "ger": "2 3", "addmm": "22 23 32", "addmv": "2 23 3", "baddbmm": "222 223 232", "matmul": "23 32",
    "chain_matmul": "23s", "kron": "22 23", "tensordot": "23 32", "linear": "23 43 4", "bilinear": "23 24 534 5",
    "gather": "23 22i", "scatter": "23 22i 22", "scatter_add": "23 22i 22", "take_along_dim": "23 23i",
    "index_select": "33 2i", "index_add": "33 2i", "index_copy": "33 2i", "index_fill": "33 2i", "take": "23 2i",
    "masked_fill": "23 23b", "masked_select": "23 23b", "where": "23b 23 23", "cholesky": "22q", "inverse": "22q",
    "det": "22", "logdet": "22q", "slogdet": "22", "svd": "23", "qr": "23", "pinverse": "23", "matrix_power": "22",
    "trace": "23", "diag": "23", "diagonal": "23", "tril": "23", "triu": "23", "bincount": "3i", "histc": "23",
    "bucketize": "23 3", "searchsorted": "3 23", "isin": "23 3", "multinomial": "23p", "bernoulli": "23u",
    "normal": "23 23p", "cosine_similarity": "23 23", "pairwise_distance": "23 23", "embedding": "2i 33",
    "cross_entropy": "23 2i", "nll_loss": "23 2i", "multi_margin_loss": "23 2i", "multilabel_margin_loss": "23 23i",
    "binary_cross_entropy": "23u 23u", "kl_div": "23 23u", "poisson_nll_loss": "23 23p",
    "gaussian_nll_loss": "23 23 23p", "cosine_embedding_loss": "23 23 2", "margin_ranking_loss": "3 3 3",
    "one_hot": "3i", "layer_norm": "23", "batch_norm": "23 3 3p", "prelu": "23 1", "addr": "23 2 3",
    "solve": "22q 23", "inv": "22q", "eigh": "22q", "eigvalsh": "22q", "svdvals": "23", "pinv": "23",
    "matrix_rank": "23", "multi_dot": "22s", "matrix_norm": "23", "triplet_margin_loss": "23 23 23",
    "mvlgamma": "23p", "polygamma": "23p", "cdist": "23 43", "cov": "23", "block_diag": "23 32", "lerp": "23 23 23",
    "cross": "23 23", "take_along": "23 23i", "vander": "3", "unravel_index": "3i", "lstsq": "33q 32",
    "masked_scatter": "23 23b 23", "put": "23 2i 2", "index_put": "23", "renorm": "23", "ravel": "23",
}  # fmt: skip

# Values for arguments whose type alone does not say what fits.
VALUES = {
    "reduction": ["mean", "sum", "none", "nope"],
    "rounding_mode": ["floor", "trunc", None],
    "approximate": ["none", "tanh"],
    "indexing": ["ij", "xy"],
    "UPLO": ["L", "U"],
    "mode": ["reduced", "complete", "fan_in", "fan_out"],
    "nonlinearity": ["relu", "leaky_relu", "tanh"],
    "interpolation": ["linear", "lower", "higher", "midpoint", "nearest"],
    "side": ["left", "right"],
    "p": [2, 1, 0.5, "fro", float("inf")],
    "ord": [2, 1, None, "fro", "nuc", float("inf")],
    "reduce": ["add", "multiply"],
    "q": [0.0, 0.3, 0.5, 1.0],
    "shape": [(6,), (3, 2), (-1,), (2, 3), (4, 4)],
    "size": [(2, 3), (6,), (0,), (2, 2, 3)],
    "dims": [(0,), (1, 0), (0, 1), (-1,)],
    "normalized_shape": [(3,), (2, 3), (4,)],
    "num_classes": [-1, 2, 3, 1],
    "num_samples": [1, 2, 3],
    "sections": [1, 2, 3],
    "split_size_or_sections": [1, 2, (1, 1), (1, 2)],
    "equation": ["ij,jk->ik"],
    "n": [0, 1, 2, 3],
    "steps": [0, 1, 2, 5],
    "start": [0, 1, -1],
    "end": [3, 5],
    "high": [5, 10],
    "low": [0, 1],
    "k": [1, 2, 0, -1],
    "bins": [1, 4],
    "eps": [1e-5, 1e-2],
    "generator": [None],
    "device": ["cpu"],
    "copy": [True, False],
}

# Not called: state of the process, files, addresses, streams of other tests, arguments that are functions.
UNCALLED = {
    *["set_", "save", "load", "seed", "manual_seed", "initial_seed", "get_rng_state", "set_rng_state", "data_ptr"],
    *["set_default_dtype", "set_num_threads", "set_printoptions", "set_grad_enabled", "set_default_device", "new"],
    *["set_default_tensor_type", "apply_", "map_", "map2_", "cuda", "get_num_threads", "storage", "untyped_storage"],
    *["backward", "register_hook", "register_post_accumulate_grad_hook", "storage_type", "resize_", "from_numpy"],
    *["no_grad", "enable_grad", "inference_mode", "einsum", "compile", "is_inference_mode_enabled", "share_memory_"],
    *["get_num_interop_threads", "set_num_interop_threads", "use_deterministic_algorithms", "from_file", "vmap"],
    *["from_dlpack", "frombuffer", "module_load", "typed_storage", "pin_memory", "record_stream", "tensor_type"],
    *["multi_head_attention_forward", "dlpack"],
}
# What has more than one right answer (signs of singular vectors) or none (memory as it was found).
NOT_UNIQUE = {
    *["svd", "eigh", "svd_lowrank", "pca_lowrank"],
    *["empty", "empty_like", "new_empty", "empty_strided", "new_empty_strided", "empty_permuted"],
}
