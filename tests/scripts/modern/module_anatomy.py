"""Modules taken apart: summaries, hooks, weight tying, containers, surgery on the state dict, pickles and copies."""
import copy
import io
import pickle
from collections import OrderedDict
from functools import partial

import torch
import torch.nn as nn

torch.manual_seed(21)


class ResidualBlock(nn.Module):
    def __init__(self, dim, expansion=2, p=0.0):
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.fc1 = nn.Linear(dim, dim * expansion)
        self.act = nn.GELU(approximate="tanh")
        self.fc2 = nn.Linear(dim * expansion, dim, bias=False)
        self.drop = nn.Dropout(p) if p > 0 else nn.Identity()
        self.gamma = nn.Parameter(1e-1 * torch.ones(dim))

    def forward(self, x):
        return x + self.drop(self.gamma * self.fc2(self.act(self.fc1(self.norm(x)))))

    def extra_repr(self):
        return f"layer_scale={self.gamma[0].item():.1f}"


class Net(nn.Module):
    def __init__(self, vocab=12, dim=8, depth=2, tasks=("a", "b")):
        super().__init__()
        self.embed = nn.Embedding(vocab, dim)
        self.blocks = nn.ModuleList([ResidualBlock(dim, p=0.1 * i) for i in range(depth)])
        self.heads = nn.ModuleDict({t: nn.Linear(dim, 3) for t in tasks})
        self.decoder = nn.Linear(dim, vocab, bias=False)
        self.decoder.weight = self.embed.weight
        self.scales = nn.ParameterList([nn.Parameter(torch.full((1,), float(i + 1))) for i in range(depth)])
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("scratch", torch.zeros(2), persistent=False)
        self.unused = None

    def forward(self, ids, task="a"):
        x = self.embed(ids).mean(dim=1) - self.mean
        for block, scale in zip(self.blocks, self.scales):
            x = block(x) * scale
        return self.heads[task](x), self.decoder(x)


net = Net()
print(net)
print(sum(p.numel() for p in net.parameters()), len(list(net.parameters())), len(net.state_dict()))
print(list(net.state_dict().keys()))


def summary(model, *inputs):
    rows, handles = OrderedDict(), []

    def hook(name, module, args, output):
        shape = tuple(output.shape) if torch.is_tensor(output) else [tuple(o.shape) for o in output]
        own = sum(p.numel() for p in module.parameters(recurse=False))
        rows[name or "(model)"] = (type(module).__name__, shape, own)

    for name, module in model.named_modules():
        handles.append(module.register_forward_hook(partial(hook, name)))
    with torch.no_grad():
        model(*inputs)
    for h in handles:
        h.remove()
    print(f"{'layer':20s} {'type':15s} {'output':20s} {'params':>7s}")
    for name, (kind, shape, own) in rows.items():
        print(f"{name:20s} {kind:15s} {str(shape):20s} {own:7,d}")


ids = torch.randint(0, 12, (4, 5))
summary(net.eval(), ids)
print("training:", net.training, net.blocks[1].drop.training, net.train().blocks[1].drop.training)

# gradients and activations through hooks
seen = {}
h1 = net.blocks[0].register_full_backward_hook(lambda m, gi, go: seen.update(grad=go[0].norm().item()))
h2 = net.blocks[0].act.register_forward_hook(lambda m, i, o: seen.update(act=(o > 0).float().mean().item()))
h3 = net.heads["a"].register_forward_pre_hook(lambda m, args: (args[0] * 2,))
net.eval()
logits, words = net(ids)
loss = nn.functional.cross_entropy(logits, torch.tensor([0, 1, 2, 0])) + words.logsumexp(-1).mean()
loss.backward()
print({k: round(v, 5) for k, v in sorted(seen.items())}, f"loss {loss:.5f}")
for h in (h1, h2, h3):
    h.remove()
for name, p in net.named_parameters():
    grad = "none" if p.grad is None else f"{p.grad.norm():.5f}"
    print(f"{name:22s} {str(list(p.shape)):9s} grad {grad}")

# tying survives copies
twin = copy.deepcopy(net)
print("tied:", net.decoder.weight is net.embed.weight, twin.decoder.weight is twin.embed.weight,
      twin.embed.weight is not net.embed.weight, twin.embed.weight.data_ptr() == net.embed.weight.data_ptr())
blob = pickle.dumps(net)
again = pickle.loads(blob)
print("pickled:", all(torch.equal(a, b) for a, b in zip(net.parameters(), again.parameters())), again.training)
buffer = io.BytesIO()
torch.save(net.state_dict(), buffer)
buffer.seek(0)
print(twin.load_state_dict(torch.load(buffer, weights_only=True)))

# surgery: a prefix goes away, a head of another size is left out
state = {f"module.{k}": v for k, v in net.state_dict().items()}
state = OrderedDict((k.removeprefix("module."), v) for k, v in state.items())
other = Net(tasks=("a", "c"))
result = other.load_state_dict(state, strict=False)
print("missing", result.missing_keys, "unexpected", result.unexpected_keys)
own = other.state_dict()
own.update({k: v for k, v in state.items() if k in own and v.shape == own[k].shape})
print(other.load_state_dict(own))

# freezing, then thawing by name; replacing a layer
for p in net.parameters():
    p.requires_grad = False
for p in net.heads.parameters():
    p.requires_grad_(True)
print("trainable:", [n for n, p in net.named_parameters() if p.requires_grad])
net.heads["a"] = nn.Sequential(nn.Linear(8, 4), nn.Tanh(), nn.Linear(4, 2))
setattr(net, "unused", nn.Identity())
del net.heads["b"]
print(net.heads, "c" in net.heads, net.unused)
print(net.get_submodule("blocks.1.fc1"), net.get_parameter("blocks.0.gamma").shape, net.get_buffer("mean").shape)
net.half().float().double()
print({p.dtype for p in net.parameters()}, net.mean.dtype, next(net.parameters()).device)
try:
    net.load_state_dict({"mean": torch.zeros(3)}, strict=False)
except RuntimeError as e:
    print("RuntimeError:", "size mismatch for mean" in str(e))
try:
    net.missing
except AttributeError as e:
    print(e)
