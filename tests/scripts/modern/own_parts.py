"""Parts of one's own: an optimiser, a scheduler, samplers, an iterable dataset, a collate function, k-fold splits."""
import itertools
import math
from typing import Iterator, Sized

import numpy as np
import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, LRScheduler, SequentialLR
from torch.optim.optimizer import Optimizer
from torch.utils.data import (
    BatchSampler, ConcatDataset, DataLoader, Dataset, IterableDataset, RandomSampler, Sampler, Subset,
    SubsetRandomSampler, TensorDataset, random_split,
)

torch.manual_seed(2)


class AdaBelief(Optimizer):
    r"""Adam whose second moment is of the gradient's surprise."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-12, weight_decay=0.0):
        if lr < 0.0:
            raise ValueError(f"Invalid learning rate: {lr} - should be >= 0.0")
        defaults = dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)
        super().__init__(params, defaults)

    @torch.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                grad, state = p.grad, self.state[p]
                if len(state) == 0:
                    state["step"] = 0
                    state["m"] = torch.zeros_like(p, memory_format=torch.preserve_format)
                    state["s"] = torch.zeros_like(p, memory_format=torch.preserve_format)
                state["step"] += 1
                m, s = state["m"], state["s"]
                if group["weight_decay"]:
                    p.mul_(1 - group["lr"] * group["weight_decay"])
                m.mul_(beta1).add_(grad, alpha=1 - beta1)
                diff = grad - m
                s.mul_(beta2).addcmul_(diff, diff, value=1 - beta2).add_(group["eps"])
                bias1, bias2 = 1 - beta1 ** state["step"], 1 - beta2 ** state["step"]
                denom = (s.sqrt() / math.sqrt(bias2)).add_(group["eps"])
                p.addcdiv_(m, denom, value=-group["lr"] / bias1)
        return loss


class WarmupInverseSqrt(LRScheduler):
    def __init__(self, optimizer, warmup, last_epoch=-1):
        self.warmup = warmup
        super().__init__(optimizer, last_epoch)

    def get_lr(self):
        step = max(1, self.last_epoch)
        factor = min(step / self.warmup, (self.warmup / step) ** 0.5)
        return [base * factor for base in self.base_lrs]


class StratifiedBatches(Sampler):
    """Batches in which each class stands equally often."""

    def __init__(self, labels, per_class, generator=None):
        self.groups = [torch.nonzero(labels == c).flatten() for c in labels.unique()]
        self.per_class, self.generator = per_class, generator

    def __iter__(self):
        orders = [g[torch.randperm(len(g), generator=self.generator)].split(self.per_class) for g in self.groups]
        for parts in zip(*orders):
            yield torch.cat(parts).tolist()

    def __len__(self):
        return min(math.ceil(len(g) / self.per_class) for g in self.groups)


class Stream(IterableDataset):
    def __init__(self, start, end):
        super().__init__()
        self.start, self.end = start, end

    def __iter__(self):
        info = torch.utils.data.get_worker_info()
        assert info is None
        return iter(range(self.start, self.end))


class Strings(Dataset):
    texts = ["tensor", "graph", "leaf", "node", "gradient"]

    def __len__(self):
        return len(self.texts)

    def __getitem__(self, i):
        return torch.tensor([ord(c) - 96 for c in self.texts[i]]), len(self.texts[i])


def pad(batch):
    batch.sort(key=lambda item: -item[1])
    codes, lengths = zip(*batch)
    out = torch.zeros(len(codes), max(lengths), dtype=torch.long)
    for row, c in zip(out, codes):
        row[: len(c)] = c
    return out, torch.tensor(lengths)


print(list(DataLoader(Stream(3, 10), batch_size=3)))
for codes, lengths in DataLoader(Strings(), batch_size=3, collate_fn=pad, shuffle=True, generator=torch.Generator().manual_seed(5)):
    print(codes.shape, lengths, (codes != 0).sum(1))
nested = [{"x": torch.ones(2) * i, "meta": (i, f"n{i}"), "y": np.float32(i)} for i in range(4)]
print(next(iter(DataLoader(nested, batch_size=2))))

X = torch.randn(90, 4)
labels = (X[:, 0] * X[:, 1] > 0).long() + (X[:, 2] > 0.8).long()
dataset = TensorDataset(X, labels)
sampler = StratifiedBatches(labels, 4, torch.Generator().manual_seed(0))
loader = DataLoader(dataset, batch_sampler=sampler)
print(len(loader), [torch.bincount(y).tolist() for _, y in loader])
both = ConcatDataset([Subset(dataset, range(0, 30)), Subset(dataset, [1, 2, 3])])
print(len(both), both.cumulative_sizes, torch.equal(both[31][0], X[2]), both[-1][1] == labels[3])
print(list(BatchSampler(RandomSampler(range(7), generator=torch.Generator().manual_seed(3)), batch_size=3, drop_last=True)))
print(list(SubsetRandomSampler([4, 8, 15, 16], generator=torch.Generator().manual_seed(1))))
parts = random_split(dataset, [60, 20, 10], generator=torch.Generator().manual_seed(0))
print([len(p) for p in parts], parts[2].indices)


def make():
    return nn.Sequential(nn.Linear(4, 12), nn.Tanh(), nn.Linear(12, 3))


model = make()
optimizer = AdaBelief(model.parameters(), lr=2e-2, weight_decay=1e-3)
scheduler = WarmupInverseSqrt(optimizer, warmup=8)
print(optimizer)
stream = itertools.cycle(loader)
for step in range(40):
    xb, yb = next(stream)
    loss = nn.functional.cross_entropy(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()
    if step % 10 == 9:
        print(f"{step + 1:3d} lr {scheduler.get_last_lr()[0]:.6f} loss {loss.item():.5f}")
state = optimizer.state_dict()
print(state["param_groups"], sorted(state["state"]), list(state["state"][0]), scheduler.state_dict()["last_epoch"])


def kfold(n, k, seed=0):
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    for fold in order.chunk(k):
        mask = torch.ones(n, dtype=torch.bool)
        mask[fold] = False
        yield mask.nonzero(as_tuple=True)[0], fold


scores = []
for fold, (train_idx, val_idx) in enumerate(kfold(len(dataset), 3)):
    torch.manual_seed(fold)
    model = make()
    optimizer = torch.optim.Adagrad(model.parameters(), lr=0.1)
    scheduler = SequentialLR(
        optimizer, [LinearLR(optimizer, start_factor=0.2, total_iters=4), CosineAnnealingLR(optimizer, T_max=8)], milestones=[4]
    )
    lrs = []
    for epoch in range(10):
        for xb, yb in DataLoader(dataset, batch_size=16, sampler=SubsetRandomSampler(train_idx)):
            loss = nn.functional.cross_entropy(model(xb), yb)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        lrs.append(optimizer.param_groups[0]["lr"])
        scheduler.step()
    with torch.inference_mode():
        xb, yb = dataset[val_idx]
        scores.append((model(xb).argmax(1) == yb).float().mean())
    print(f"fold {fold}: accuracy {scores[-1]:.3f}", [round(lr, 4) for lr in lrs])
print(f"{torch.stack(scores).mean():.4f} +- {torch.stack(scores).std():.4f}")
