"""Pruning a small network: by size, by slices, at random, globally, by a mask and by a method of one's own."""

import torch
import torch.nn.utils.prune as prune
from torch import nn


def show(module):
    print(module)
    print(dict(module.state_dict()))
    print([n for n, _ in module.named_parameters()], [n for n, _ in module.named_buffers()])


def attempt(f, *args, **kwargs):
    try:
        print(f(*args, **kwargs))
    except Exception as e:
        print(type(e).__name__, str(e).split("<class")[0])


torch.manual_seed(0)
model = nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3))
first, last = model[0], model[2]
prune.random_unstructured(first, name="weight", amount=0.3)
show(model)
print(first.weight)
prune.l1_unstructured(first, "weight", amount=3)
print(first.weight, first.weight_mask)
prune.ln_structured(first, "weight", amount=0.5, n=2, dim=0)
print(first.weight_mask)
print([type(hook).__name__ for hook in first._forward_pre_hooks.values()])
prune.random_structured(last, "weight", amount=1, dim=1)
prune.random_structured(last, "weight", amount=1, dim=-1)
prune.l1_unstructured(last, "bias", amount=1)
print(last.weight_mask, last.bias)

optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
x = torch.randn(6, 5)
for _ in range(3):
    optimizer.zero_grad()
    loss = model(x).pow(2).mean()
    loss.backward()
    optimizer.step()
    print(loss.item(), first.weight_orig.grad.abs().sum())
print(prune.is_pruned(model))
prune.remove(first, "weight")
show(first)
print(prune.is_pruned(first), prune.is_pruned(model))

attempt(prune.remove, first, "weight")
for amount in (1.5, -1, 100, "a"):
    attempt(prune.l1_unstructured, first, "weight", amount)
attempt(prune.ln_structured, first, "bias", 1, 2, 0)
attempt(prune.ln_structured, first, "weight", 1, 2, 5)
attempt(prune.l1_unstructured, first, "nope", 1)

model = nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3))
pairs = [(m, "weight") for m in model if isinstance(m, nn.Linear)]
for method in (prune.L1Unstructured, prune.RandomUnstructured):
    prune.global_unstructured(pairs, pruning_method=method, amount=0.4)
    zeros = [float((m.weight == 0).sum()) / m.weight.nelement() for m, _ in pairs]
    print(zeros, [m.weight_mask for m, _ in pairs])
attempt(prune.global_unstructured, pairs, pruning_method=prune.LnStructured, amount=0.4, n=1)
prune.custom_from_mask(model[0], "bias", torch.tensor([0, 1, 1, 0]))
prune.identity(model[2], "bias")
print(model[0].bias, model[2].bias)


class EveryOther(prune.BasePruningMethod):
    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t, default_mask):
        mask = default_mask.clone()
        mask.view(-1)[::2] = 0
        return mask


layer = nn.Linear(4, 3)
for _ in range(2):
    EveryOther.apply(layer, "weight")
    print(layer.weight)
print(prune.L1Unstructured(amount=2).prune(torch.tensor([1.0, -3.0, 2.0, 0.5])))
