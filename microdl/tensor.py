"""`Tensor`: an array, whether it requires grad, and the step that made it.

What operations do to tensors is in `ops`, and `ops/methods.py` lists them as methods; here is the object
itself: storage and views of it, its place in the graph, and its conversions to and from Python and NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from . import dtypes, printing
from ._warning import warn
from .autograd import backward as _backward
from .autograd.graph import (
    RETAIN,
    AccumulateGrad,
    RemovableHandle,
    TensorBase,
    grad_of,
    set_tensor_class,
    short_name,
    shown,
    wrap,
)
from .autograd.inplace import overwrite, write
from .device import CPU, strided
from .device import device as Device
from .ops import convert, methods, python
from .ops.arithmetic import contiguous_clone, number_array
from .ops.data import legacy_array

_NOT_A_LEAF = (
    "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute won't be "
    "populated during autograd.backward(). If you indeed want the .grad field to be populated for a non-leaf Tensor, "
    "use .retain_grad() on the non-leaf Tensor."
)


class Tensor(methods.Methods, convert.Conversions, python.ToPython, TensorBase):
    """A multi-dimensional array of one dtype that can record what is computed from it.

    `Tensor(data)` is PyTorch's old constructor: float32 from nested sequences, uninitialised from sizes.
    Prefer `microdl.tensor(data)`, which infers the dtype.

    >>> import microdl as torch
    >>> torch.Tensor([1, 2])
    tensor([1., 2.])

    Source: https://pytorch.org/docs/stable/tensors.html
    """

    __slots__ = ()
    __array_priority__ = 1000

    def __new__(cls, *data: Any, device: Any = None) -> Any:
        if device is not None and Device(device).type != "cpu":
            raise RuntimeError(f"legacy constructor expects device type: cpu but device type: {device} was passed")
        return wrap(legacy_array(data))

    # --- the array ---

    @property
    def shape(self) -> dtypes.Size:
        return dtypes.Size(self._a.shape)

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of one dimension."""
        return self.shape if dim is None else self._a.shape[methods.wrap_dim(dim, self._a.ndim)]

    @property
    def ndim(self) -> int:
        return self._a.ndim

    def dim(self) -> int:
        """The number of dimensions."""
        return self._a.ndim

    ndimension = dim

    def numel(self) -> int:
        """The number of elements."""
        return self._a.size

    nelement = numel

    @property
    def dtype(self) -> dtypes.dtype:
        return dtypes.from_numpy_dtype(self._a.dtype)

    @property
    def device(self) -> Device:
        return CPU

    is_cuda = is_sparse = False
    layout = strided

    @property
    def itemsize(self) -> int:
        return self._a.itemsize

    element_size = methods.method_of(lambda self: self._a.itemsize, "element_size", "Bytes an element takes.")

    @property
    def nbytes(self) -> int:
        return self._a.nbytes

    def stride(self, dim: int | None = None) -> Any:
        """Steps between neighbours in memory, in elements, for each dimension or one."""
        steps = dtypes.shape_strides(self._a.shape)
        if self._a.size:  # of an empty array NumPy's are zeros
            steps = tuple(s // self._a.itemsize for s in self._a.strides)
        return steps if dim is None else steps[methods.wrap_dim(dim, self._a.ndim)]

    def is_contiguous(self) -> bool:
        """Whether the elements lie in memory in C order."""
        return self._a.flags.c_contiguous

    def contiguous(self, memory_format: Any = None) -> Tensor:
        """The tensor itself where it lies in C order, else a copy that does."""
        return self if self._a.flags.c_contiguous else contiguous_clone(self)

    def data_ptr(self) -> int:
        """The address of the first element."""
        return int(self._a.ctypes.data)

    def is_floating_point(self) -> bool:
        """Whether the dtype is a floating one."""
        return bool(self._a.dtype.kind == "f")

    @property
    def data(self) -> Tensor:
        """The same memory without history; assigning replaces the memory inside this object."""
        t: Tensor = wrap(self._a)
        return t

    @data.setter
    def data(self, new: Any) -> None:
        if not isinstance(new, TensorBase):
            raise TypeError(f"Variable data has to be a tensor, but got {type(new).__name__}")
        if self._node is not None and new._a.dtype.kind != "f":
            raise RuntimeError(
                f"data set to a tensor that requires gradients must be "
                f"floating point or complex dtype, not {dtypes.from_numpy_dtype(new._a.dtype)}"
            )
        self._a = new._a
        if type(self._node) is AccumulateGrad:
            self._node.shape, self._node.dtype = new._a.shape, new._a.dtype

    @property
    def _version(self) -> int:
        return self._version_counter.count

    # --- the graph ---

    @property
    def requires_grad(self) -> bool:
        return self._node is not None or (self._view_of is not None and self._view_of.root._node is not None)

    @requires_grad.setter
    def requires_grad(self, flag: bool) -> None:
        self.requires_grad_(flag if self.is_leaf else False)  # a non-leaf refuses either

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Whether what is computed from this leaf is recorded. RuntimeError for integers and non-leaves."""
        if requires_grad == self.requires_grad:
            return self
        if self._node is not None and type(self._node) is not AccumulateGrad:
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in "
                "a subgraph that doesn't require differentiation use var_no_grad = var.detach()."
            )
        if requires_grad and self._a.dtype.kind != "f":
            raise RuntimeError(
                f"only Tensors of floating point dtype can require gradients, not {self.dtype}. Convert it "
                "first, for example with .float()."
            )
        self._node = AccumulateGrad(self) if requires_grad else None
        return self

    @property
    def is_leaf(self) -> bool:
        return self._node is None or type(self._node) is AccumulateGrad

    @property
    def grad_fn(self) -> Any:
        return None if self.is_leaf else shown(self._node)

    @property
    def grad(self) -> Any:
        if self._grad is None and not (self.is_leaf or self.retains_grad):
            warn(_NOT_A_LEAF)
        return grad_of(self)

    @grad.setter
    def grad(self, new: Any) -> None:
        if new is not None:
            _check_grad(self, new)
        self._grad = new

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    @property
    def retains_grad(self) -> bool:
        return not self.is_leaf and RETAIN in (self._node.hooks or {})

    def retain_grad(self) -> None:
        """Keeps the gradient of this non-leaf in `grad` at the next backward."""
        if self._node is None:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        if not self.is_leaf:
            if self._node.hooks is None:
                self._node.hooks = {}
            self._node.hooks[RETAIN] = methods.keep_grad(self)

    def register_hook(self, hook: Callable[[Any], Any]) -> RemovableHandle:
        """Calls `hook(grad)` whenever this tensor's gradient is computed; what it returns replaces the gradient."""
        if self._node is None:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        handle: RemovableHandle = self._node.add_hook(hook)
        return handle

    def register_post_accumulate_grad_hook(self, hook: Callable[[Any], Any]) -> RemovableHandle:
        """Calls `hook(tensor)` after this leaf's gradient was added to `grad`."""
        if type(self._node) is not AccumulateGrad:
            raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
        handle = RemovableHandle(self._node.post_hooks)
        self._node.post_hooks[handle.id] = hook
        return handle

    def backward(
        self, gradient: Any = None, retain_graph: bool | None = None, create_graph: bool = False, inputs: Any = None
    ) -> None:
        """Adds the gradient of this tensor to the `grad` of every leaf it was computed from.

        `gradient`, of this tensor's shape, weights its elements; it may be left out for one element.
        See `microdl.autograd.backward` for the errors.

        >>> import microdl as torch
        >>> x = torch.tensor([3.], requires_grad=True)
        >>> (x ** 2).backward()
        >>> x.grad
        tensor([6.])
        """
        _backward(self, gradient, retain_graph, create_graph, inputs)

    def detach(self) -> Tensor:
        """The same memory without history; a change in place is seen by both."""
        t: Tensor = wrap(self._a, None, self._version_counter)
        return t

    def detach_(self) -> Tensor:
        """Drops this tensor's own history."""
        if self._view_of is not None and getattr(self._view_of.root, "owner", int)() is not self:
            raise RuntimeError("Can't detach views in-place. Use detach() instead.")
        self._node = self._view_of = None
        return self

    # --- indexing and iteration ---

    __getitem__ = methods.getitem
    __setitem__ = methods.setitem

    def __len__(self) -> int:
        if not self._a.ndim:
            raise TypeError("len() of a 0-d tensor")
        return len(self._a)

    def __iter__(self) -> Iterator[Any]:
        if not self._a.ndim:
            raise TypeError("iteration over a 0-d tensor")
        return iter(self.unbind(0))

    def __delitem__(self, index: Any) -> None:
        raise TypeError("Tensor does not support deleting items")

    def __contains__(self, element: Any) -> bool:
        if not isinstance(element, (TensorBase, int, float, np.generic)):
            raise RuntimeError(
                f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(element)}."
            )
        return bool((self == element)._a.any())

    __hash__ = object.__hash__  # by identity, although == compares elements

    def __repr__(self) -> str:
        return printing.format_tensor(
            self._a, suffixes=self._suffixes(), default_dtype=dtypes.get_default_dtype().numpy
        )

    def _suffixes(self) -> tuple[str, ...]:
        if not self.requires_grad:
            return ()
        return ("requires_grad=True",) if self.is_leaf else (f"grad_fn=<{short_name(self._node)}>",)

    # --- in place, from other tensors ---

    def copy_(self, other: Any, non_blocking: bool = False) -> Tensor:
        """Writes the values of `other`, a tensor or a number, broadcast and cast to this dtype."""
        if isinstance(other, (bool, int, float)):
            other = wrap(number_array(other))
        if not isinstance(other, TensorBase):
            raise TypeError(f"copy_(): argument 'other' (position 1) must be Tensor, not {type(other).__name__}")
        if other._a.shape != self._a.shape:
            other = other.expand(self._a.shape)
        write(self, overwrite, (other,), "copy_")
        return self

    # --- copies ---

    def __copy__(self) -> Any:
        """The same memory in another tensor, as in PyTorch."""
        t = self._like(self._a)
        t.__dict__.update(self.__dict__)
        return t

    def _like(self, array: np.ndarray[Any, Any]) -> Any:
        """A leaf of this class, with this tensor's flag, on another array."""
        return _rebuild(type(self), array, self.requires_grad)

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Values, flag and attributes, not the history: a result becomes a leaf, as in PyTorch."""
        array = np.ascontiguousarray(self._a).reshape(self._a.shape)
        return _rebuild, (type(self), array, self.requires_grad), self.__dict__ or None


def _rebuild(cls: Any, array: np.ndarray[Any, Any], requires_grad: bool) -> Any:
    t = wrap(array).requires_grad_(requires_grad)
    if not cls.__dict__.get("__slots__"):  # a class with slots of its own has another layout: it becomes a Tensor
        t.__class__ = cls
    return t


def _check_grad(t: Tensor, new: Any) -> None:
    if not isinstance(new, Tensor):
        raise TypeError(f"assigned grad expected to be a Tensor or None but got {type(new).__name__}")
    if new is t:
        raise RuntimeError("can't assign Variable as its own grad")
    if new._a.shape != t._a.shape:
        raise RuntimeError(
            f"attempting to assign a gradient of size '{list(new._a.shape)}' to a tensor of size '{list(t._a.shape)}'. "
            "Please ensure that the gradient and the tensor are the same size"
        )
    if new._a.dtype != t._a.dtype:
        raise RuntimeError(
            f"attempting to assign a gradient with dtype {new.dtype} to a tensor of {t.dtype}. Convert it with .to()."
        )


set_tensor_class(Tensor)
