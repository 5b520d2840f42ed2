"""A linear SVM for several classes: the hinge loss written out, F.multi_margin_loss, and an L2 penalty."""
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim

torch.manual_seed(7)
centers = torch.tensor([[2.0, 0.0], [-2.0, 1.0], [0.0, -2.5]])
labels = torch.randint(0, 3, (150,))
points = centers[labels] + 0.8 * torch.randn(150, 2)


def hinge(scores, y, delta=1.0):
    correct = scores[torch.arange(len(y)), y].unsqueeze(1)
    margins = (scores - correct + delta).clamp(min=0)
    margins[torch.arange(len(y)), y] = 0
    return margins.sum(dim=1).mean()


model = nn.Linear(2, 3)
optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=20, gamma=0.5)
for epoch in range(50):
    optimizer.zero_grad()
    scores = model(points)
    penalty = sum((p**2).sum() for p in model.parameters())
    loss = hinge(scores, labels) + 1e-3 * penalty
    loss.backward()
    optimizer.step()
    scheduler.step()
    if (epoch + 1) % 10 == 0:
        acc = (scores.argmax(1) == labels).float().mean()
        print(f"epoch {epoch + 1}: loss={loss:.5f} acc={acc:.2%} lr={scheduler.get_last_lr()[0]}")

a = hinge(model(points), labels)
b = F.multi_margin_loss(model(points), labels) * 3
print(torch.allclose(a, b), a, b)
print(nn.MultiMarginLoss(p=2, reduction="none")(model(points), labels)[:5])
print(model.weight)
