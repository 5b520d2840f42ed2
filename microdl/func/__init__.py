"""`torch.func`: functions that give derivatives of functions, and modules as functions of their parameters.

They are built on the graph, one reverse walk for each output element where a whole Jacobian is asked for. `vmap` is a
loop over the slices: its values are PyTorch's, its speed is that of the loop.

Source: https://pytorch.org/docs/stable/func.html
"""

from .calls import functional_call, stack_module_state
from .transforms import grad, grad_and_value, hessian, jacfwd, jacrev, jvp, vjp, vmap

__all__ = [
    "functional_call", "grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "stack_module_state", "vjp",
    "vmap",
]  # fmt: skip
