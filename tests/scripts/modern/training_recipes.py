"""Recipes around the loop: groups of parameters, accumulation, clipping, EMA, warm-up, freezing, compile, autocast off."""
import math
import random
import time
from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.optim.lr_scheduler import CosineAnnealingWarmRestarts, LambdaLR, OneCycleLR


def set_seed(seed: int = 42) -> None:
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    if torch.cuda.is_available():
        torch.cuda.manual_seed_all(seed)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
    torch.use_deterministic_algorithms(True, warn_only=True)


cfg = SimpleNamespace(n=256, d=6, width=24, lr=1e-2, decay=0.05, accum=4, micro=16, clip=0.5, amp=False)
set_seed()
torch.set_float32_matmul_precision("high")
print(torch.get_float32_matmul_precision(), torch.are_deterministic_algorithms_enabled())
device_type = "cuda" if torch.cuda.is_available() else "cpu"
device = torch.device(device_type)
ctx = nullcontext() if device_type == "cpu" else torch.autocast(device_type=device_type, dtype=torch.float16)

X = torch.randn(cfg.n, cfg.d, device=device)
w = torch.randn(cfg.d, 1)
y = (X @ w + 0.5 * torch.sin(3 * X[:, :1])).to(device)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Linear(cfg.d, cfg.width)
        self.norm = nn.LayerNorm(cfg.width)
        self.body = nn.Sequential(nn.Linear(cfg.width, cfg.width), nn.GELU(), nn.Linear(cfg.width, cfg.width))
        self.head = nn.Linear(cfg.width, 1)
        self.apply(self._init)
        for name, p in self.named_parameters():
            if name.endswith("body.2.weight"):
                torch.nn.init.normal_(p, mean=0.0, std=0.02 / math.sqrt(2))

    @staticmethod
    def _init(module):
        if isinstance(module, nn.Linear):
            torch.nn.init.trunc_normal_(module.weight, std=0.2)
            if module.bias is not None:
                torch.nn.init.zeros_(module.bias)

    def forward(self, x, targets=None):
        x = F.silu(self.stem(x))
        x = x + self.body(self.norm(x))
        out = self.head(x)
        return out, None if targets is None else F.mse_loss(out, targets)

    def configure_optimizers(self, lr, weight_decay):
        params = {n: p for n, p in self.named_parameters() if p.requires_grad}
        decay = [p for p in params.values() if p.dim() >= 2]
        no_decay = [p for p in params.values() if p.dim() < 2]
        groups = [{"params": decay, "weight_decay": weight_decay}, {"params": no_decay, "weight_decay": 0.0}]
        print(f"decayed: {len(decay)} tensors, {sum(p.numel() for p in decay):,} parameters")
        print(f"not decayed: {len(no_decay)} tensors, {sum(p.numel() for p in no_decay):,} parameters")
        return torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.95), fused=False)


class EMA:
    def __init__(self, model, decay=0.95):
        self.decay = decay
        self.shadow = {k: v.detach().clone() for k, v in model.named_parameters()}
        self.backup = {}

    @torch.no_grad()
    def update(self, model):
        for k, v in model.named_parameters():
            self.shadow[k].mul_(self.decay).add_(v, alpha=1 - self.decay)

    def apply_to(self, model):
        self.backup = {k: v.data.clone() for k, v in model.named_parameters()}
        for k, v in model.named_parameters():
            v.data.copy_(self.shadow[k])

    def restore(self, model):
        for k, v in model.named_parameters():
            v.data = self.backup[k]


def get_lr(it, warmup=5, total=40, lo=1e-3):
    if it < warmup:
        return cfg.lr * (it + 1) / warmup
    ratio = (it - warmup) / (total - warmup)
    return lo + 0.5 * (1.0 + math.cos(math.pi * ratio)) * (cfg.lr - lo)


def get_batch(size):
    ix = torch.randint(len(X), (size,))
    return X[ix], y[ix]


model = Net().to(device)
optimizer = model.configure_optimizers(cfg.lr, cfg.decay)
scaler = torch.amp.GradScaler(enabled=cfg.amp)
ema = EMA(model)
t0 = time.time()
for it in range(40):
    lr = get_lr(it)
    for group in optimizer.param_groups:
        group["lr"] = lr
    lossf = 0.0
    for micro_step in range(cfg.accum):
        xb, yb = get_batch(cfg.micro)
        with ctx:
            _, loss = model(xb, yb)
            loss = loss / cfg.accum
        lossf += loss.detach()
        scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), cfg.clip)
    scaler.step(optimizer)
    scaler.update()
    optimizer.zero_grad(set_to_none=True)
    ema.update(model)
    if it % 8 == 0 or it == 39:
        print(f"iter {it:3d}: loss {lossf.item():.5f}, norm {norm:.4f}, lr {lr:.2e}")
assert time.time() - t0 < 100


@torch.no_grad()
def estimate(m):
    m.eval()
    out = torch.stack([m(xb, yb)[1] for xb, yb in zip(X.split(64), y.split(64))]).mean()
    m.train()
    return out.item()


raw = estimate(model)
ema.apply_to(model)
averaged = estimate(model)
ema.restore(model)
print(f"raw {raw:.5f} averaged {averaged:.5f} restored {estimate(model) == raw}")

# fine-tuning: the body is frozen, the head learns ten times as fast as the stem
for p in model.body.parameters():
    p.requires_grad_(False)
before = model.body[0].weight.clone()
optimizer = torch.optim.SGD(
    [{"params": model.stem.parameters(), "lr": 1e-3}, {"params": model.head.parameters(), "lr": 1e-2, "momentum": 0.9}],
    lr=1e-4, momentum=0.5,
)
optimizer.add_param_group({"params": model.norm.parameters()})
print([(g["lr"], g["momentum"], sum(p.numel() for p in g["params"])) for g in optimizer.param_groups])
scheduler = LambdaLR(optimizer, lr_lambda=[lambda e: 0.9**e, lambda e: 1 / (1 + e), lambda e: 1.0])
for epoch in range(5):
    for xb, yb in zip(X.chunk(4), y.chunk(4)):
        optimizer.zero_grad()
        model(xb, yb)[1].backward()
        optimizer.step()
    scheduler.step()
    print(epoch, [f"{lr:.5f}" for lr in scheduler.get_last_lr()], f"{estimate(model):.5f}")
print("frozen:", torch.equal(before, model.body[0].weight), model.body[0].weight.grad is None)

for make in (
    lambda o: OneCycleLR(o, max_lr=0.1, total_steps=12, pct_start=0.25, anneal_strategy="linear"),
    lambda o: CosineAnnealingWarmRestarts(o, T_0=4, T_mult=2, eta_min=1e-3),
):
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.05, momentum=0.9)
    scheduler = make(optimizer)
    lrs = []
    for _ in range(11):
        lrs.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    print(type(scheduler).__name__, " ".join(f"{lr:.4f}" for lr in lrs), f"momentum {optimizer.param_groups[0]['momentum']:.4f}")
