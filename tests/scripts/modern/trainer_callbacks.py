"""A Trainer with callbacks, a dataclass config, argparse, logging, pathlib and type hints."""
from __future__ import annotations

import argparse
import json
import logging
import random
import sys
from abc import ABC
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple

import numpy as np
import torch
import torch.nn as nn
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader, TensorDataset, random_split

logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="[%(levelname)s] %(name)s: %(message)s")
logger = logging.getLogger("train")


@dataclass
class Config:
    hidden: List[int] = field(default_factory=lambda: [32, 16])
    lr: float = 5e-3
    weight_decay: float = 1e-4
    epochs: int = 6
    batch_size: int = 24
    warmup: int = 5
    clip: float = 1.0
    seed: int = 7
    out: Path = Path("runs")


def parse_args(argv: Optional[List[str]] = None) -> Config:
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, default=5e-3)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--hidden", type=int, nargs="+", default=[32, 16])
    args = parser.parse_args(argv)
    return Config(**vars(args))


def seed_everything(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.cuda.manual_seed_all(seed)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
    torch.use_deterministic_algorithms(True)


class Callback(ABC):
    def on_epoch_end(self, trainer: "Trainer", logs: Dict[str, float]) -> None: ...

    def on_fit_end(self, trainer: "Trainer") -> None: ...


class Checkpoint(Callback):
    def __init__(self, folder: Path, monitor: str = "val_loss"):
        self.path, self.monitor, self.best = folder / "best.pt", monitor, float("inf")
        folder.mkdir(parents=True, exist_ok=True)

    def on_epoch_end(self, trainer, logs):
        if logs[self.monitor] < self.best:
            self.best = logs[self.monitor]
            torch.save(trainer.model.state_dict(), self.path)
            logger.info("epoch %d: saved %s", trainer.epoch, self.path.name)

    def on_fit_end(self, trainer):
        trainer.model.load_state_dict(torch.load(self.path, weights_only=True))


class EarlyStopping(Callback):
    def __init__(self, patience: int = 2, min_delta: float = 0.0):
        self.patience, self.min_delta, self.wait, self.best = patience, min_delta, 0, None

    def on_epoch_end(self, trainer, logs):
        value = logs["val_loss"]
        if self.best is None or value < self.best - self.min_delta:
            self.best, self.wait = value, 0
        else:
            self.wait += 1
            if self.wait >= self.patience:
                trainer.should_stop = True


class GradientNorms(Callback):
    def on_epoch_end(self, trainer, logs):
        norms = {n: p.grad.norm().item() for n, p in trainer.model.named_parameters() if p.grad is not None}
        logger.info("gradients: %s", ", ".join(f"{k} {v:.4f}" for k, v in norms.items()))


class MLP(nn.Module):
    def __init__(self, d_in: int, hidden: List[int], d_out: int, act: Callable[[], nn.Module] = nn.GELU) -> None:
        super().__init__()
        dims = [d_in, *hidden]
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Linear(i, o), nn.LayerNorm(o), act()) for i, o in zip(dims[:-1], dims[1:])
        )
        self.head = nn.Linear(dims[-1], d_out)

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = block(x)
        return self.head(x).squeeze(-1)


class Trainer:
    def __init__(self, model: nn.Module, optimizer: Optimizer, loss_fn: nn.Module, scheduler: Any, clip: float,
                 callbacks: Tuple[Callback, ...] = ()):
        self.model, self.optimizer, self.loss_fn, self.scheduler = model, optimizer, loss_fn, scheduler
        self.clip, self.callbacks = clip, callbacks
        self.history: Dict[str, List[float]] = defaultdict(list)
        self.should_stop, self.epoch = False, 0

    def _run(self, loader: DataLoader, training: bool) -> float:
        self.model.train(training)
        total, count = 0.0, 0
        with torch.set_grad_enabled(training):
            for xb, yb in loader:
                loss = self.loss_fn(self.model(xb), yb)
                if training:
                    self.optimizer.zero_grad()
                    loss.backward()
                    torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
                    self.optimizer.step()
                    self.scheduler.step()
                total += loss.item() * xb.size(0)
                count += xb.size(0)
        return total / count

    def fit(self, train: DataLoader, val: DataLoader, epochs: int) -> Dict[str, List[float]]:
        for self.epoch in range(1, epochs + 1):
            logs = {"train_loss": self._run(train, True), "val_loss": self._run(val, False)}
            logs["lr"] = self.scheduler.get_last_lr()[0]
            for k, v in logs.items():
                self.history[k].append(v)
            logger.info("epoch %d " + " ".join(f"{k}={v:.5f}" for k, v in logs.items()), self.epoch)
            for cb in self.callbacks:
                cb.on_epoch_end(self, logs)
            if self.should_stop:
                logger.warning("stopped early")
                break
        for cb in self.callbacks:
            cb.on_fit_end(self)
        return dict(self.history)


def main() -> None:
    cfg = parse_args(["--epochs", "6"])
    print(json.dumps(asdict(cfg), default=str))
    seed_everything(cfg.seed)
    X = torch.rand(300, 5)
    y = 10 * torch.sin(np.pi * X[:, 0] * X[:, 1]) + 20 * (X[:, 2] - 0.5) ** 2 + 10 * X[:, 3] + 5 * X[:, 4]
    y = (y - y.mean()) / y.std()
    train_set, val_set = random_split(TensorDataset(X, y), [0.8, 0.2], generator=torch.Generator().manual_seed(42))
    print(len(train_set), len(val_set), train_set.indices[:5])
    loaders = [DataLoader(train_set, cfg.batch_size, shuffle=True, drop_last=True), DataLoader(val_set, 60)]
    model = MLP(5, cfg.hidden, 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=cfg.lr, weight_decay=cfg.weight_decay)
    total = cfg.epochs * len(loaders[0])
    scheduler = LambdaLR(
        optimizer, lambda s: (s + 1) / cfg.warmup if s < cfg.warmup else max(0.0, (total - s) / (total - cfg.warmup))
    )
    callbacks = (Checkpoint(cfg.out / "exp1"), GradientNorms(), EarlyStopping(patience=2))
    trainer = Trainer(model, optimizer, nn.SmoothL1Loss(beta=0.5), scheduler, cfg.clip, callbacks)
    history = trainer.fit(*loaders, epochs=cfg.epochs)
    (cfg.out / "history.json").write_text(json.dumps(history))
    print(sorted(p.as_posix() for p in cfg.out.rglob("*") if p.is_file()))
    with torch.no_grad():
        pred = model(X)
    r2 = 1 - ((y - pred) ** 2).sum() / ((y - y.mean()) ** 2).sum()
    print(f"R2 {r2:.4f}")


if __name__ == "__main__":
    main()
