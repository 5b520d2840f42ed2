"""Short programs that fail in microdl as they fail in PyTorch: the type of the exception."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import microdl

torch = pytest.importorskip("torch", reason="live parity runs where torch 2.13 is installed; .ci/run installs it")

PROGRAMS = r"""
1 - T.tensor([True])
-T.tensor([True])
T.tensor([True]) - T.tensor([False])
T.tensor([True]) - 1
x=T.zeros(2,dtype=T.uint8); x[0]=300; r=x
x=T.zeros(2,dtype=T.int8); x.fill_(300); r=x
x=T.zeros(2); x[0]=1e40; r=x
x=T.zeros(2); x.fill_(1e40); r=x
x=T.zeros(2,dtype=T.int32); x[0]=2**31; r=x
x=T.zeros(2,dtype=T.int64); x[0]=float('nan'); r=x
T.tensor(300, dtype=T.uint8)
T.tensor([300], dtype=T.uint8)
T.tensor([300.5], dtype=T.uint8)
T.tensor(200, dtype=T.int8)
T.tensor(2**40, dtype=T.int32)
T.tensor(2**63)
T.tensor(2**64)
T.full((2,), 300, dtype=T.uint8)
T.full((2,), 1e40)
x=T.tensor([1,2]); r=T.tensor([x, x])
x=T.tensor([1,2]); r=T.tensor([x])
T.tensor(np.array([1,2],dtype='>i4'))
T.tensor(np.array([1.,2.])[::-1])
T.from_numpy(np.array([1.,2.])[::-1])
T.from_numpy(np.array([1,2],dtype=object))
T.from_numpy(np.array(['a']))
T.from_numpy([1,2])
T.from_numpy(np.float64(1.0))
T.from_numpy(np.array(['2020-01-01'],dtype='datetime64[D]'))
T.tensor(np.array([1,2],dtype=object))
T.tensor(['a'])
T.tensor('a')
T.tensor(None)
T.tensor([None])
T.tensor({})
T.tensor({'a':1})
T.tensor([[1,2],[3]])
T.tensor([1,[2]])
T.tensor([[1],2])
T.tensor({1,2})
T.tensor([1,2], dtype='float32')
T.tensor([1,2], dtype=np.float32)
T.tensor([1,2], requires_grad=True)
T.tensor([1.,2.], device='cuda')
T.as_tensor('a')
T.Tensor(3.5)
T.Tensor([[1,2],[3]])
T.Tensor('a')
T.FloatTensor(2.5)
T.FloatTensor(T.tensor([1,2]))
T.tensor([1,2]) // 0
T.tensor([1,2]) % 0
T.tensor([1,2]) // T.tensor([1,0])
T.fmod(T.tensor([1,2]), 0)
T.div(T.tensor([7,-7]), 0, rounding_mode='trunc')
T.div(T.tensor([7,-7]), 2, rounding_mode='x')
T.tensor([2]) ** -1
T.tensor([1.]) << 2
T.tensor([1.]) & 1
T.tensor([1]) & 1.5
~T.tensor([1.])
T.tensor([1]).mean()
T.tensor([1]).std()
T.tensor([True]).mean()
T.tensor([]).max()
T.tensor([]).min()
T.tensor([]).argmax()
T.tensor([]).max(0)
T.tensor([1,2]).softmax(0)
T.tensor([1,2]).norm()
T.zeros(2,3) @ T.zeros(2,3)
T.zeros(2,3) @ T.zeros(3,2,dtype=T.float64)
T.zeros(2,3) @ T.zeros(3,2,dtype=T.int64)
T.zeros(2,3).mm(T.zeros(3))
T.zeros(2,3) @ T.zeros(2)
T.zeros(3) @ T.zeros(2)
T.zeros(()) @ T.zeros(2)
T.zeros(2,3) @ 2
T.zeros(2).dot(T.zeros(3))
T.zeros(2,3).dot(T.zeros(3))
T.ones(2,3) + T.ones(2)
T.ones(2,3).add_(T.ones(3,2,3))
T.ones(2).add_(T.ones(3,2))
T.zeros(2,dtype=T.int64).add_(1.5)
x=T.zeros(2,dtype=T.int64); x+=1.5
x=T.zeros(2,dtype=T.int64); x/=2
x=T.zeros(2,dtype=T.int64); x*=T.ones(2)
x=T.zeros(2,dtype=T.bool); x+=1
T.zeros(3)[3]
T.zeros(3)[-4]
T.zeros(2,3)[0,3]
T.zeros(2,3)[:,5]
T.zeros(2,3)[0,0,0]
T.zeros(())[0]
T.zeros(())[:]
T.zeros(3)[1.5]
T.zeros(3)[T.tensor([1.5])]
T.zeros(3)[T.tensor(1.5)]
T.zeros(3)[T.tensor([5])]
T.zeros(3)[T.tensor([-4])]
T.zeros(3)[[0,5]]
T.zeros(3)[T.tensor([True,False])]
T.zeros(2,3)[T.tensor([True,False,True])]
T.zeros(2,3)[T.zeros(3,2).bool()]
T.zeros(3)[::-1]
T.zeros(3)[::0]
T.zeros(3)[0:2:-1]
T.arange(3)[T.tensor([1,0],dtype=T.int16)]
T.arange(3)[T.tensor([1,0],dtype=T.int8)]
T.arange(6).view(2,3)[T.tensor([0,1]),T.tensor([0,1,2])]
T.arange(3)[T.tensor([])]
T.arange(3)[slice(0.,2.)]
x=T.zeros(2,3); x[0]=T.ones(2)
x=T.zeros(2,3); x[:,0]=T.ones(3)
x=T.zeros(2,3); x[0]=[1.,2.,3.]; r=x
x=T.zeros(2,3); x[0]=np.array([1.,2.,3.]); r=x
x=T.zeros(2,3); x[0]=(1.,2.,3.); r=x
x=T.zeros(2,3); x[0,0]=T.ones(2)
x=T.zeros(2,3); x[0,0]=None
x=T.zeros(2,3); x[0,0]='a'
x=T.zeros(2,3); x[0,0]=np.array(1.5); r=x
x=T.zeros(2,3); x[5]=1
x=T.zeros(2,3); x[T.tensor([0,1])]=T.tensor([1.,2.])
x=T.zeros(2,3); x[T.tensor([0,1])]=T.tensor([1,2,3])
x=T.zeros(2,3); x[x==0]=T.tensor([1.,2.])
x=T.zeros(2,3); x[x==0]=T.arange(6)
x=T.zeros(3,dtype=T.uint8); x[T.tensor([True,False,True])]=300; r=x
x=T.zeros(()); x[0]=7; r=x
T.ones(2).item()
T.ones(0).item()
bool(T.ones(2))
bool(T.ones(0))
if T.tensor([1,2])==T.tensor([1,2]): pass
T.tensor([1,2]) and 1
len(T.tensor(1))
list(T.tensor(1))
iter(T.tensor(1))
float(T.ones(2))
int(T.ones(2))
[1,2,3][T.tensor(1.)]
[1,2,3][T.tensor([1,2])]
round(T.tensor(2.567), 2)
round(T.tensor(2.567))
round(T.tensor([2.567]), 2)
round(T.tensor([2,3]))
divmod(T.tensor(7),2)
'a' in T.tensor([1,2])
None in T.tensor([1,2])
T.tensor([1,2]) < 'a'
T.tensor([1,2]) < None
T.tensor([1,2]) + 'a'
T.tensor([1,2]) + None
'a' + T.tensor([1,2])
None + T.tensor([1,2])
T.tensor([1,2]) + [1,2]
[1,2] + T.tensor([1,2])
T.tensor([1,2]) * 'a'
x=T.ones(2,requires_grad=True); x+=1
x=T.ones(2,requires_grad=True); x[0]=1
x=T.ones(2,requires_grad=True); x.zero_()
x=T.ones(2,requires_grad=True); x.view(-1).add_(1)
T.tensor([1]).requires_grad_()
T.ones(2,dtype=T.int64,requires_grad=True)
x=T.tensor([1]); x.requires_grad=True
x=T.ones(2,requires_grad=True)*2; x.requires_grad=False
x=T.ones(2,requires_grad=True)*2; x.requires_grad_(False)
x=T.ones(2,requires_grad=True); (x*2).backward()
x=T.ones(2); x.sum().backward()
x=T.ones(2,requires_grad=True); y=(x*x).sum(); y.backward(); y.backward()
x=T.ones(2,requires_grad=True); y=(x*x); y.backward(T.ones(3))
x=T.ones(2,requires_grad=True); y=(x*x); y.backward(1.)
x=T.ones(2,requires_grad=True); y=(x*x); y.backward(gradient=[1.,1.])
x=T.ones(2,requires_grad=True); x.numpy()
x=T.ones(2,requires_grad=True); np.array(x)
x=T.ones(2,requires_grad=True); np.asarray(x*2)
x=T.ones(2,requires_grad=True); y=x.exp(); y.add_(1); y.sum().backward()
x=T.ones(2,requires_grad=True); T.autograd.grad((x*2).sum(), T.ones(2))
x=T.ones(2,requires_grad=True); y=T.ones(2,requires_grad=True); T.autograd.grad((x*2).sum(), y)
x=T.ones(2,requires_grad=True); r=T.autograd.grad(x*2, x)
x=T.ones(2,requires_grad=True); r=T.autograd.grad((x*2).sum(), [])
x=T.ones(2,requires_grad=True); x.grad=T.ones(3)
x=T.ones(2,requires_grad=True); x.grad=1
x=T.ones(2,requires_grad=True); x.grad=T.ones(2,dtype=T.float64)
x=T.ones(2,requires_grad=True); (x*2).retain_grad(); T.ones(2).retain_grad()
T.ones(2).register_hook(lambda g: g)
x=T.ones(2); x.grad_fn=1
x=T.ones(2); x.shape=(2,1)
x=T.ones(2); x.is_leaf=True
T.tensor(3.)[0]
T.tensor(3.).data[0]
T.ones(2).view(3)
T.ones(6).view(4,-1)
T.ones(6).view(-1,-1)
T.ones(2,3).t().view(6)
T.ones(2,3).reshape(4)
T.ones(2,3,4).t()
T.ones(2,3).transpose(0,2)
T.ones(2,3).permute(0)
T.ones(2,3).permute(0,0)
T.ones(2,3).expand(3,3)
T.ones(2,3).unsqueeze(3)
T.ones(2,3).squeeze(2)
T.ones(2,3).sum(2)
T.ones(2,3).max(2)
T.ones(2,3).size(2)
T.ones(2,3).softmax(2)
T.ones(2,3).split(0)
T.ones(2,3).chunk(0)
T.ones(2,3).view('a')
T.ones(2,3).view(1.5)
T.ones(2,3).reshape(None)
T.cat([])
T.cat([T.ones(2),T.ones(2,2)])
T.cat([T.ones(2,3),T.ones(3,2)])
T.cat([T.ones(2),1])
T.cat(T.ones(2))
T.stack([T.ones(2),T.ones(3)])
T.stack([])
T.zeros(-1)
T.zeros(1.5)
T.zeros('a')
T.zeros(2, dtype='float32')
T.zeros()
T.ones(2,3,foo=1)
T.arange(0,5,-1)
T.arange(0,5,0)
T.linspace(0,1,-1)
T.eye(-1)
T.randn(-1)
T.randint(5,5,(2,))
T.randperm(-1)
T.foo
T.ones(2).foo
T.ones(2).foo()
T.exp(1.)
T.exp([1.])
T.sum([1,2])
T.max(T.ones(2),1.)
T.sigmoid(2.)
T.matmul(T.ones(2),[1,2])
T.where(T.tensor([1,0]),1,2)
T.clamp(T.ones(2))
T.clamp(T.ones(2),'a')
T.device('foo')
T.ones(2).cuda()
T.ones(2).to('cuda')
T.ones(2).to('foo')
T.ones(2,device='cuda')
T.ones(2).type('foo')
T.cuda.FloatTensor(2)
T.autograd.Variable([1,2])
T.autograd.Variable(T.tensor([1]), requires_grad=True)
T.set_default_dtype(T.int64)
T.set_default_dtype('float64')
T.set_default_tensor_type('torch.cuda.FloatTensor')
T.set_default_tensor_type(T.LongTensor)
'{:.4f}'.format(T.tensor([1.5]))
f"{T.tensor([5.]):>30}"
f"{T.tensor(5.):d}"
f"{T.nn.Parameter(T.tensor(5.)):.2f}"
T.nn.functional.cross_entropy(T.ones(2,3), T.tensor([0,3]))
T.nn.functional.cross_entropy(T.ones(2,3), T.tensor([0.,1.]))
T.nn.Linear(2,3)(T.ones(3))
T.nn.Linear(2,3)(T.ones(4,3))
T.nn.Linear(2,3)(T.ones(4,2,dtype=T.float64))
T.nn.Linear(2,3)(T.ones(4,2,dtype=T.int64))
T.nn.Linear(2,3)(np.ones((4,2)))
del T.ones(2)[0]
T.ones(2)()
T.ones(3,2).unbind(5)
x=T.ones(3); a,b=x
T.ones(2).fill_('a')
T.ones(2).fill_(T.ones(2))
T.ones(2).copy_(T.ones(3))
T.ones(2).copy_([1,2])
T.ones(2).index_select(0,T.tensor([5]))
T.ones(2).gather(0,T.tensor([5]))
T.ones(2,3).gather(1,T.tensor([0]))
T.ones(2).masked_fill(T.tensor([1,0]),0)
T.ones(2).scatter_(0,T.tensor([5]),1.)
T.bincount(T.tensor([-1]))
T.bincount(T.tensor([1.5]))
T.multinomial(T.tensor([-1.,1.]),1)
T.multinomial(T.tensor([0.,1.]),5)
T.normal(0.,-1.,(2,))
T.topk(T.ones(3),5)
T.linalg.inv(T.zeros(2,3))
T.tensor([100],dtype=T.uint8)*2**70
T.clamp(T.tensor([100],dtype=T.uint8),max=300)
T.where(T.tensor([True]),T.tensor([1],dtype=T.uint8),300)
T.clamp(T.ones(3), T.ones(2,2))
T.ones(3).clamp_(T.ones(2))
T.clamp_min(T.ones(3), T.ones(2))
T.clamp(T.ones(3), T.ones(3), T.ones(2))
T.roll(T.tensor(1.), (1,), (0,))
T.bincount(T.tensor([1,0]), minlength=-1)
T.bucketize(T.tensor([1.,2.]), T.tensor([[1.,2.]]))
T.searchsorted(T.tensor(1.), T.tensor([1.]))
T.asarray(T.ones(2), dtype=T.float64, copy=False)
T.asarray([1.], copy=False)
T.narrow(T.ones(3), 0, T.tensor(1.), 1)
T.narrow(T.ones(3), 0, T.tensor([1]), 1)
T.linspace(T.ones(2), T.ones(2), 3)
T.logspace(T.ones(2), T.ones(2), 3)
T.zeros(2,3).scatter_add(1, T.tensor([[0,1],[1,0]]), T.ones(2,2,2))
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


def failure(T: Any, program: str) -> Exception:
    try:
        run(T, program)
    except Exception as error:
        return error
    raise AssertionError(f"{T.__name__} raises nothing for {program}")


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_fails_the_same(program: str) -> None:
    wanted, found = failure(torch, program), failure(microdl, program)
    assert type(found) is type(wanted)
    assert str(found)
