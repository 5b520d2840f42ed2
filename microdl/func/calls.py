"""A module as a function of its parameters and buffers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ..ops.join import stack


def functional_call(
    module: Any,
    parameter_and_buffer_dicts: Any,
    args: Any = None,
    kwargs: Any = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """`module(*args, **kwargs)` with other tensors, by their names, in the place of its parameters and buffers.

    `parameter_and_buffer_dicts` is one dictionary or several; `args` a tuple, or one argument. Parameters that
    share one tensor are replaced together (`tie_weights`). With `strict`, RuntimeError for a name that the module
    lacks, or has and is not given; otherwise such names are passed over.

    >>> import microdl as torch
    >>> layer = torch.nn.Linear(1, 1, bias=False)
    >>> torch.func.functional_call(layer, {"weight": torch.tensor([[3.]])}, torch.tensor([2.]))
    tensor([6.])

    Source: https://pytorch.org/docs/stable/generated/torch.func.functional_call.html
    """
    dicts = parameter_and_buffer_dicts
    dicts = [dicts] if isinstance(dicts, Mapping) else dicts
    given = {name: t for d in dicts for name, t in d.items()}
    own = dict(module.named_parameters(remove_duplicate=False)) | dict(module.named_buffers(remove_duplicate=False))
    if strict and set(given) != set(own):
        unknown, missing = sorted(set(given) - set(own)), sorted(set(own) - set(given))
        raise RuntimeError(f"functional_call: unexpected keys {unknown}, missing keys {missing}")
    given = {name: t for name, t in given.items() if name in own}
    if tie_weights:
        given = {n: given[same] for n, t in own.items() for same in given if own[same] is t} | given
    call = args if isinstance(args, tuple) else () if args is None else (args,)
    with _replaced(module, given):
        return module(*call, **(kwargs or {}))


@contextmanager
def _replaced(module: Any, tensors: Mapping[str, Any]) -> Iterator[None]:
    """The module with other tensors under these names, until the block ends."""
    before: list[tuple[Any, str, Any]] = []
    try:
        for name, t in tensors.items():
            path, _, last = name.rpartition(".")
            owner = module.get_submodule(path)
            registry = owner._parameters if last in owner._parameters else owner._buffers
            before.append((registry, last, registry[last]))
            registry[last] = t
        yield
    finally:
        for registry, last, t in reversed(before):
            registry[last] = t


def stack_module_state(models: Sequence[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters and the buffers of models of one shape, stacked under their names, for `vmap`."""
    if not models:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    parameters = {
        name: stack([dict(m.named_parameters())[name] for m in models]).detach().requires_grad_(p.requires_grad)
        for name, p in models[0].named_parameters()
    }
    buffers = {name: stack([dict(m.named_buffers())[name] for m in models]) for name, _ in models[0].named_buffers()}
    return parameters, buffers
