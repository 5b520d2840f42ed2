"""Short programs that print in microdl what they print in PyTorch: dtypes, conversions, indices, formats."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import microdl

torch = pytest.importorskip("torch", reason="live parity runs where torch 2.13 is installed; .ci/run installs it")

PROGRAMS = r"""
T.tensor([True]) + T.tensor([True])
T.tensor([True]) * 2
x=T.zeros(2,dtype=T.uint8); x[0]=-1; r=x
x=T.zeros(2,dtype=T.uint8); x.fill_(-1); r=x
x=T.zeros(2); x[0]=float('inf'); r=x
x=T.zeros(2,dtype=T.float16); x[0]=1e6; r=x
x=T.zeros(2,dtype=T.int64); x[0]=2.7; r=x
x=T.zeros(2,dtype=T.int64); x.fill_(2.7); r=x
x=T.zeros(2,dtype=T.bool); x[0]=2; r=x
x=T.zeros(2,dtype=T.bool); x[0]=0.5; r=x
T.tensor(-1, dtype=T.uint8)
T.tensor(1e40)
T.tensor([1e40])
T.tensor(1e6, dtype=T.float16)
T.full((2,), True)
T.full((2,), 2)
T.tensor([1.9,-1.9], dtype=T.int64)
T.tensor([1.5, 0.0, float('nan')], dtype=T.bool)
T.tensor([1.5]).to(T.int32)
T.tensor([1e10]).to(T.int32)
T.tensor([-1.5]).to(T.uint8)
T.tensor([300.]).to(T.uint8)
T.tensor([float('nan')]).to(T.int64)
T.tensor([float('inf')]).to(T.int64)
T.tensor([300]).to(T.uint8)
T.tensor([-1]).to(T.uint8)
T.tensor([200]).byte()
T.tensor([200]).char()
T.tensor([[T.tensor(1.), 2.]])
x=T.tensor([1.,2.]); r=T.tensor([[x[0], 2.]])
x=T.tensor([1.,2.]); r=T.tensor([x[0], x[1]])
x=T.tensor([1.,2.],dtype=T.float64); r=T.tensor([x[0], 1])
x=T.tensor([1,2]); r=T.tensor([x[0], 2.5])
x=T.tensor([1,2]); r=T.tensor([2.5, x[0]])
x=T.tensor([1.,2.],requires_grad=True); r=T.tensor([x[0], x[1]])
T.tensor([T.ones(1), T.ones(1)])
T.tensor([T.ones(1,1), T.ones(1,1)])
T.tensor([1., np.float64(1.5)])
T.tensor([np.float64(1.5), 1.])
T.tensor([np.float64(1.5)])
T.tensor(np.float64(1.5))
T.tensor(np.float32(1.5))
T.tensor([np.float32(1.5)])
T.tensor([np.int32(1)])
T.tensor(np.int32(1))
T.tensor([np.bool_(True)])
T.tensor(np.bool_(True))
T.tensor([np.int64(1), 2.5])
T.tensor([1, np.float32(2.5)])
T.tensor([np.float16(2.5)])
T.tensor(np.array([1.,2.],dtype=np.float32))
T.tensor(np.array([1,2],dtype=np.int32))
T.tensor(np.array([True,False]))
T.tensor(np.array([1,2],dtype=np.float16))
T.tensor(np.array([1,2],dtype=np.uint8))
T.tensor(np.array([1,2],dtype=np.int16))
T.tensor(np.array([1,2],dtype=np.float64), dtype=T.float32)
T.tensor(np.array(5))
T.tensor([])
T.tensor([[]])
T.tensor([[],[]])
T.tensor(())
T.tensor((1,2))
T.tensor(range(3))
T.tensor([True, 2])
T.tensor([True, 2.5])
T.tensor([1, 2.5])
T.tensor([1, True])
T.tensor(True)
T.tensor([(1,2),(3,4)])
T.tensor([np.array([1.,2.]), np.array([3.,4.])])
T.tensor([np.array([1,2]), np.array([3,4])])
T.tensor([np.array([1.,2.],dtype=np.float32), np.array([3.,4.])])
T.tensor([[1,2],(3,4)])
T.tensor([1,2], dtype=float)
T.tensor([1,2], dtype=int)
T.tensor([1,2], dtype=bool)
T.tensor([1.,2.], requires_grad=True)
T.tensor([1.,2.], device='cpu')
T.as_tensor([1,2])
T.as_tensor(np.array([1,2]))
T.as_tensor(np.array([1.,2.]), dtype=T.float32)
T.as_tensor(3.5)
T.Tensor([1,2])
T.Tensor(2,3).shape
T.Tensor(2).shape
T.Tensor()
T.Tensor([])
T.Tensor((2,3))
T.Tensor(T.Size([2])).shape
T.Tensor(T.tensor([1.,2.]))
T.Tensor(T.tensor([1,2]))
T.Tensor(np.array([1.,2.]))
T.Tensor(np.array([1,2]))
T.Tensor([True])
T.FloatTensor([1,2])
T.FloatTensor(2,3).shape
T.FloatTensor()
T.LongTensor([1,2])
T.LongTensor([1.5,2])
T.LongTensor(2).shape
T.FloatTensor(np.array([1.,2.]))
T.FloatTensor(np.array([1.,2.],dtype=np.float32))
T.LongTensor(np.array([1,2]))
T.LongTensor(np.array([1,2],dtype=np.int32))
T.DoubleTensor([1.5])
T.ByteTensor([1])
T.BoolTensor([True,False])
T.HalfTensor([1.])
T.FloatTensor(T.tensor([1.,2.]))
T.tensor([5.,-5.]) % 1
T.tensor([-1.,1.,0.,-0.]) % 1
1/(T.tensor([-1.,1.,0.,-0.]) % 1)
T.tensor([5.5,-5.5]) % -2
T.tensor([5,-5]) % 3
T.tensor([5,-5]) % -3
T.tensor([5,-5]) // 3
T.tensor([5.,-5.]) // 3
T.tensor([1.,-1.,0.]) // 0
T.tensor([1.,-1.,0.]) % 0
T.tensor([1,2]) / 0
T.div(T.tensor([7,-7]), 2, rounding_mode='trunc')
T.div(T.tensor([7,-7]), 2, rounding_mode='floor')
T.div(T.tensor([7.,-7.]), 2, rounding_mode='trunc')
7 // T.tensor([2,-2])
7 % T.tensor([2,-3])
7. % T.tensor([2.,-3.])
3/T.tensor([7.,3.,0.1,49.])
1/T.tensor([7,3])
T.tensor([2]) ** T.tensor([-1])
T.tensor([2]) ** T.tensor([3])
2 ** T.tensor([3,-1])
T.tensor([2]) ** 0.5
T.tensor([2.]) ** -1
(-2.) ** T.tensor([0.5])
T.tensor([True]) ** 2
T.tensor([2], dtype=T.uint8) ** 8
T.tensor([1]) << 2
T.tensor([-5]) >> 1
1 << T.tensor([2])
~T.tensor([1])
~T.tensor([True])
T.tensor([True]) & T.tensor([False])
T.tensor([True]) & 1
T.tensor([1]).float().std()
T.tensor([1,2]).mean(dtype=T.float32)
T.tensor([]).mean()
T.tensor([]).sum()
T.tensor([1,2]).log()
T.tensor([1,2]).sqrt()
x=T.zeros(2); x+=T.ones(2,dtype=T.float64); r=x
T.zeros(())[()]
T.zeros(())[...]
T.zeros(())[None]
T.zeros(2,3)[..., ...]
T.arange(12).view(2,2,3)[..., 0, ...]
T.arange(3)[T.tensor([1,0],dtype=T.int32)]
T.arange(2)[T.tensor([1,0],dtype=T.uint8)]
T.arange(3)[T.tensor([1,0,1],dtype=T.uint8)]
T.arange(3)[T.tensor(1)]
T.arange(3)[T.tensor(1,dtype=T.int16)]
T.arange(3)[T.tensor(True)]
T.arange(3)[True]
T.arange(3)[False]
T.arange(3)[np.int64(1)]
T.arange(3)[np.array([0,1])]
T.arange(3)[np.array([True,False,True])]
T.arange(3)[[True,False,True]]
T.arange(3)[(0,)]
T.arange(6).view(2,3)[[0,1],[1,2]]
T.arange(6).view(2,3)[[[0,1],[1,2]]]
T.arange(6).view(2,3)[[0,1]]
T.arange(6).view(2,3)[:,None].shape
T.arange(3)[T.tensor([],dtype=T.int64)]
T.arange(3)[[]]
T.arange(3)[None,:,None].shape
T.arange(3)[slice(T.tensor(0),T.tensor(2))]
x=T.zeros(2,3); x[0]=T.ones(3,dtype=T.float64); r=x
x=T.zeros(2,3); x[0]=T.tensor([1,2,3]); r=x
x=T.zeros(2,3,dtype=T.int64); x[0]=T.tensor([1.7,2,3]); r=x
x=T.zeros(2,3); x[0,0]=T.ones(1); r=x
x=T.zeros(2,3); x[0,0]=np.float64(1.5); r=x
x=T.zeros(2,3); x[T.tensor([0,1]),T.tensor([0,1])]=T.tensor([1.,2.]); r=x
x=T.zeros(2,3); x[x==0]=5; r=x
x=T.zeros(2,3); x[x==0]=T.arange(6.); r=x
x=T.zeros(3); x[T.tensor([True,False,True])]=1; r=x
x=T.zeros(3,dtype=T.int64); x[T.tensor([True,False,True])]=1.7; r=x
x=T.zeros(2,3); x[...]=7; r=x
x=T.zeros(()); x[()]=7; r=x
x=T.zeros(()); x[...]=7; r=x
T.ones(1,1).item()
bool(T.ones(1,1))
bool(T.tensor(0.))
len(T.ones(0,2))
[v for v in T.tensor([1,2])]
int(T.tensor(2.7))
int(T.tensor([2.7]))
float(T.tensor([[2]]))
complex(T.tensor(2.))
range(T.tensor(3))
[1,2,3][T.tensor(1)]
[1,2,3][T.tensor([1])]
[1,2,3][T.tensor(True)]
import math; r=math.floor(T.tensor(2.5))
import math; r=math.sqrt(T.tensor(2.5))
import math; r=math.ceil(T.tensor(2.5))
abs(T.tensor(-1))
max(T.tensor(1),T.tensor(2))
sum([T.tensor(1.),T.tensor(2.)])
sorted([T.tensor(2.),T.tensor(1.)])
T.tensor([1]) in [T.tensor([1])]
T.tensor(1) in T.tensor([1,2])
1 in T.tensor([1,2])
5 in T.tensor([1,2])
T.tensor([1,2]) == None
T.tensor([1,2]) == 'a'
T.tensor([1,2]) == [1,2]
T.tensor([1,2]) != None
T.tensor([1,2]) + np.array([1,2])
T.tensor([1.,2.]) + np.array([1.,2.])
np.float64(2) * T.tensor([1.,2.])
T.tensor([1.,2.]) * np.float64(2)
T.tensor([1.,2.]) + True
T.tensor([True]) + 1.5
T.tensor([1]) + 1.5
x=T.ones(2,requires_grad=True); x.data.add_(1); r=x
x=T.ones(2,requires_grad=True); r=T.autograd.grad((x*2).sum(), T.ones(2,requires_grad=True), allow_unused=True)
x=T.ones(2,requires_grad=True); r=T.autograd.grad((x*2).sum(), T.ones(2,requires_grad=True), materialize_grads=True)
x=T.ones(2,requires_grad=True); y=x*2; r=y.grad
T.where(T.tensor([True,False]),1,2)
T.where(T.tensor([True,False]),1.,2)
T.device('cuda:0')
T.ones(2).numpy().dtype
T.ones(2).type()
T.ones(2).type('torch.DoubleTensor')
T.ones(2).type(T.LongTensor)
T.ones(2).type(T.float64)
isinstance(T.ones(2), T.FloatTensor)
isinstance(T.ones(2), T.LongTensor)
isinstance(T.ones(2).long(), T.LongTensor)
isinstance(T.ones(2), T.Tensor)
isinstance(1, T.FloatTensor)
isinstance(T.nn.Parameter(T.ones(2)), T.FloatTensor)
T.FloatTensor.dtype
T.FloatTensor.__name__
str(T.float32), repr(T.int64), T.float32 == T.float, hash(T.float)==hash(T.float32)
import pickle; r=pickle.loads(pickle.dumps(T.float32)) is T.float32
import copy; r=copy.deepcopy(T.float32) is T.float32
T.autograd.Variable(T.ones(2), requires_grad=True)
T.autograd.Variable(T.ones(2))
isinstance(T.ones(2), T.autograd.Variable)
T.autograd.Variable(T.ones(2), volatile=True)
T.autograd.Variable(data=T.ones(2), requires_grad=True)
T.autograd.Variable()
x=T.ones(2); y=T.autograd.Variable(x); y+=1; r=x
x=T.ones(2); y=T.autograd.Variable(x,requires_grad=True); r=x
T.is_tensor(T.ones(2)), T.is_tensor(1)
T.is_floating_point(T.ones(2))
T.set_default_dtype(T.float64); r=T.tensor([1.]); T.set_default_dtype(T.float32)
T.set_default_tensor_type(T.DoubleTensor); r=T.ones(1).dtype; T.set_default_tensor_type('torch.FloatTensor')
'%.3f' % T.tensor(1.5)
'%d' % T.tensor(1)
'%d' % T.tensor(1.7)
'%s' % T.tensor(1.5)
'%.3f' % T.tensor([1.5])
'{:.4f}'.format(T.tensor(1.5))
'{}'.format(T.tensor(1.5))
'{}'.format(T.tensor([1.5]))
f"{T.tensor(5):5d}"
f"{T.tensor(5.):>10}"
f"{T.tensor(5.,requires_grad=True)}"
f"{T.tensor(5.,requires_grad=True):.2f}"
'%.2f' % T.tensor(5.,requires_grad=True)
f"{T.tensor(True)}"
f"{T.tensor(5.)!r:>20}"
f"{T.nn.Parameter(T.tensor(5.))}"
print(T.tensor(5.), T.tensor(5.).item(), T.ones(2).shape, T.ones(2).size(), T.ones(2).dtype, T.ones(2).device)
T.tensor([1,2]).sum(axis=0), T.ones(2,2).mean(axis=1,keepdims=True)
T.nn.functional.mse_loss(T.ones(2), T.ones(2,dtype=T.int64))
a,b,c=T.arange(3); r=a
T.arange(3).tolist()
T.tensor(5).tolist()
T.ones(2).fill_(T.tensor(3))
T.ones(2).copy_(5)
T.logical_not(T.ones(2))
T.promote_types(T.int8,T.uint8)
T.tensor([1],dtype=T.uint8)+T.tensor([1],dtype=T.int8)
T.tensor(1.)+T.tensor([1])
T.tensor([1.],dtype=T.float16)+T.tensor(1.,dtype=T.float64)
T.tensor([1],dtype=T.int32)+T.tensor(5)
T.tensor([1],dtype=T.int32)*2.5
T.tensor([100],dtype=T.uint8)+200
T.tensor([100],dtype=T.int8)*2
T.tensor([100],dtype=T.uint8)+300
T.tensor([100],dtype=T.uint8)+(-1)
T.tensor([100],dtype=T.uint8)>300
T.tensor([100],dtype=T.uint8)==-156
T.tensor([1])+2**63
T.ones(2).new_zeros(size=(2,3)), T.ones(2).new_ones(size=(1,))
T.ones(2).new_full(size=(2,), fill_value=2., device='cpu')
T.ones(2).new_tensor(data=[1,2], device='cpu', requires_grad=True)
T.logspace(0, 1, 3, device='cpu')
T.scalar_tensor(s=3, device='cpu')
T.asarray(obj=[1,2]), T.asarray([1.,2.], copy=True, requires_grad=True), T.asarray(T.ones(2), dtype=T.float64)
x=np.array([1.,2.]); y=T.asarray(x); z=T.asarray(x, copy=True); x[0]=5; r=(y,z)
x=T.ones(2, requires_grad=True)*2; r=T.asarray(x).requires_grad, T.asarray(x, requires_grad=True).requires_grad
T.searchsorted(T.tensor([3.,1.,2.]), T.tensor([1.5]), sorter=T.tensor([1,2,0]))
T.repeat_interleave(T.arange(3), T.tensor([1,2,3]), dim=0, output_size=6), T.repeat_interleave(repeats=T.tensor([0,2]))
T.ones(7,3).fill_diagonal_(2., wrap=True), T.ones(7,3).fill_diagonal_(2.), T.ones(4,3).fill_diagonal_(2., True)
T.nn.Hardtanh(min_value=-2., max_value=2.)
T.ones(3).copy_(other=T.zeros(3))
T.cosine_similarity(T.eye(2), T.eye(2), axis=1), T.pairwise_distance(T.eye(2), T.eye(2), keepdims=True).shape
T.rsub(T.ones(2), 2, 2)
T.manual_seed(0); r=T.ones(3).random_(0, to=5)
T.ones(1,1,2).squeeze(1,0).shape, T.ones(1,1,2).squeeze((1,0)).shape, T.ones(2,3).count_nonzero(1,0)
T.where(T.tensor(True)), T.where(T.tensor([0,1]))
T.histc(T.tensor([0.5, 0.05, 0.4, -0.01, -0.35, 0.44])), T.histc(T.linspace(-2,3,77), bins=7, min=-1)
T.histc(T.ones(2), 3)
x=T.tensor([True,False,True]); y=T.tensor([True,True,False]); r=T.isclose(x, y, 1.0), T.allclose(x, y, atol=1.)
T.diff(T.ones(2,2), 0, append=T.ones(2,2))
""".strip().splitlines()


def run(T: Any, program: str) -> Any:
    """The value of an expression, or what a line of statements leaves in r."""
    names = {"T": T, "np": np}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            code = compile(program, "program", "eval")
        except SyntaxError:
            exec(program, names)
            return names.get("r")
        return eval(code, names)  # noqa: S307


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_prints_the_same(program: str) -> None:
    wanted, found = run(torch, program), run(microdl, program)
    assert repr(found).replace("microdl.", "torch.") == repr(wanted)
    assert str(getattr(found, "dtype", None)) == str(getattr(wanted, "dtype", None))
