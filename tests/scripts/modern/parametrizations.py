"""Parametrized weights, normalised weights, padded sequences and a fused normalisation."""

import copy

import torch
from torch import nn
from torch.nn.utils import fusion, parametrizations, parametrize
from torch.nn.utils.rnn import pad_sequence, unpad_sequence


def show(module):
    print(module)
    print(dict(module.state_dict()))
    print([n for n, _ in module.named_parameters()], [n for n, _ in module.named_buffers()])


def attempt(f, *args, **kwargs):
    try:
        print(f(*args, **kwargs))
    except Exception as e:
        print(type(e).__name__, str(e).splitlines()[0][:70])


class Symmetric(nn.Module):
    def forward(self, x):
        return x.triu() + x.triu(1).transpose(-1, -2)


class Exp(nn.Module):
    def forward(self, x):
        return x.exp()

    def right_inverse(self, x):
        return x.log()


class RankOne(nn.Module):
    def forward(self, a, b):
        return a[:, None] * b

    def right_inverse(self, w):
        return w[:, 0].clone(), w[0].clone()


class Cut(nn.Module):
    def forward(self, x):
        return x[:1]


torch.manual_seed(0)
layer = nn.Linear(3, 3)
attempt(parametrize.register_parametrization, layer, "nope", Symmetric())
attempt(parametrize.remove_parametrizations, layer, "weight")
parametrize.register_parametrization(layer, "weight", Symmetric())
show(layer)
print(layer.weight, type(layer).__name__, parametrize.type_before_parametrizations(layer).__name__)
print(parametrize.is_parametrized(layer), parametrize.is_parametrized(layer, "bias"))
attempt(setattr, layer, "weight", torch.ones(3, 3))
attempt(parametrize.register_parametrization, layer, "weight", Cut())
parametrize.register_parametrization(layer, "weight", nn.Tanh())
print(layer, layer.weight)
layer(torch.ones(2, 3)).sum().backward()
print(layer.parametrizations.weight.original.grad)
print(torch.equal(copy.deepcopy(layer).weight, layer.weight))
with parametrize.cached():
    print(layer.weight is layer.weight)
print(layer.weight is layer.weight)
optimizer = torch.optim.Adam(layer.parameters(), lr=0.1)
for _ in range(3):
    optimizer.zero_grad()
    loss = layer(torch.eye(3)).pow(2).sum()
    loss.backward()
    optimizer.step()
    print(loss.item())
parametrize.remove_parametrizations(layer, "weight")
show(layer)

layer = nn.Linear(2, 2)
layer.weight.data.abs_()
parametrize.register_parametrization(layer, "weight", Exp())
print(layer.weight, layer.parametrizations.weight.original)
layer.weight = torch.full((2, 2), 2.0)
print(layer.parametrizations.weight.original)
parametrize.remove_parametrizations(layer, "weight", leave_parametrized=False)
print(layer.weight)
attempt(parametrize.register_parametrization, layer, "weight", Cut())
parametrize.register_parametrization(layer, "weight", RankOne())
show(layer)
attempt(parametrize.remove_parametrizations, layer, "weight", leave_parametrized=False)
print(parametrize.remove_parametrizations(layer, "weight").weight)

for dim in (0, 1, None):
    layer = parametrizations.weight_norm(nn.Linear(3, 2), dim=dim)
    layer(torch.ones(1, 3)).sum().backward()
    show(layer)
    print(layer.weight, [p.grad for p in layer.parameters()])
old = {"weight_g": torch.ones(2, 1), "weight_v": torch.ones(2, 3), "bias": torch.zeros(2)}
layer = parametrizations.weight_norm(nn.Linear(3, 2))
print(layer.load_state_dict(old), layer.weight)

layer = parametrizations.spectral_norm(nn.Linear(3, 2))
show(layer)
print(layer.weight)
layer(torch.ones(1, 3)).sum().backward()
print([p.grad for p in layer.parameters()])
layer.eval()
print(layer.weight, parametrize.remove_parametrizations(layer, "weight").weight)
print(parametrizations.spectral_norm(nn.Linear(3, 2), "bias").bias)
attempt(parametrizations.spectral_norm, nn.Linear(3, 2), n_power_iterations=0)
attempt(parametrizations.spectral_norm, nn.Linear(3, 2), "nope")

layer = nn.utils.spectral_norm(nn.Linear(3, 2))
show(layer)
y = layer(torch.ones(1, 3)) + layer(torch.zeros(1, 3))
y.sum().backward()
print(layer.weight, [p.grad for p in layer.parameters()])
attempt(nn.utils.spectral_norm, layer)
nn.utils.remove_spectral_norm(layer)
show(layer)
attempt(nn.utils.remove_spectral_norm, layer)

a, b = torch.ones(3, 2, requires_grad=True), torch.ones(1, 2)
print(pad_sequence([a, b]))
padded = pad_sequence([a, b], batch_first=True, padding_value=-1.0)
padded.sum().backward()
print(padded, a.grad, unpad_sequence(padded.detach(), torch.tensor([3, 1]), batch_first=True))
print(pad_sequence([torch.arange(3), torch.arange(1)], padding_side="left"))
attempt(pad_sequence, [])
attempt(pad_sequence, 3)
attempt(pad_sequence, [b], padding_side="up")

norm, layer = nn.BatchNorm1d(2), nn.Linear(3, 2)
norm(torch.randn(5, 2))
attempt(fusion.fuse_linear_bn_eval, layer, norm)
attempt(fusion.fuse_linear_bn_eval, layer.eval(), nn.BatchNorm1d(3).eval())
print(fusion.fuse_linear_bn_eval(layer, norm.eval()).weight)
