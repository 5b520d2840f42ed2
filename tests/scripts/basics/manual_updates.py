"""Linear regression by hand: a gradient step under no_grad, then the same with .data."""
import torch

torch.manual_seed(1)
X = torch.randn(100, 3)
true_w = torch.tensor([[2.0], [-3.4], [0.7]])
y = X @ true_w + 4.2 + 0.01 * torch.randn(100, 1)

w = torch.zeros(3, 1, requires_grad=True)
b = torch.zeros(1, requires_grad=True)
lr = 0.1
for step in range(60):
    loss = ((X @ w + b - y) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
        w.grad.zero_()
        b.grad.zero_()
    if step % 10 == 0:
        print(f"step {step:3d} loss {loss.item():.6f} b {b.item():.4f}")
print(w)
print(b, w.grad_fn, w.is_leaf)

w2 = torch.randn(3, 1, requires_grad=True)
for step in range(50):
    loss = (X.mm(w2) + b.detach() - y).pow(2).mean()
    loss.backward()
    w2.data -= lr * w2.grad.data
    w2.grad = None
print("loss %.6f" % loss, w2.data.squeeze())
print((w2 - true_w).abs().max())
