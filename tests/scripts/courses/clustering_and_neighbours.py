"""Without gradients: k-nearest neighbours, k-means, PCA by SVD, naive Bayes and linear discriminants, all in tensors."""
import torch

torch.manual_seed(13)
centers = torch.tensor([[0.0, 0.0, 1.0], [3.0, 3.0, -1.0], [-3.0, 2.0, 0.0]])
labels = torch.arange(90) % 3
points = centers[labels] + 0.8 * torch.randn(90, 3)
train, test = points[:60], points[60:]
y_train, y_test = labels[:60], labels[60:]

# distances three ways
d1 = torch.sqrt(((test[:, None, :] - train[None, :, :]) ** 2).sum(-1))
d2 = torch.cdist(test, train)
sq = (test ** 2).sum(1, keepdim=True) + (train ** 2).sum(1) - 2 * test @ train.t()
d3 = sq.clamp_(min=0).sqrt_()
print(d1.shape, torch.allclose(d1, d2, atol=1e-4), torch.allclose(d1, d3, atol=1e-3), (d1 - d3).abs().max() < 1e-3)

for k in (1, 5, 9):
    nearest = d1.topk(k, dim=1, largest=False)
    votes = y_train[nearest.indices]
    pred, _ = torch.mode(votes, dim=1)
    print('k=%d accuracy %.3f' % (k, (pred == y_test).float().mean()), votes[0].tolist(), nearest.values[0, :2])
weights = torch.zeros(len(test), 3).scatter_add_(1, y_train[nearest[1]], 1 / nearest[0])
print(weights[:2], weights.argmax(1).eq(y_test).all())

# k-means
idx = torch.randperm(len(points))[:3]
means = points[idx].clone()
for it in range(10):
    assign = (points.unsqueeze(1) - means).norm(dim=2).argmin(dim=1)
    new = torch.stack([points[assign == c].mean(0) if (assign == c).any() else means[c] for c in range(3)])
    shift = (new - means).norm()
    means = new
    print('iteration', it, 'shift', '{:.4f}'.format(shift), torch.bincount(assign, minlength=3).tolist())
    if shift == 0:
        break
print(means[means[:, 0].argsort()])

# PCA
centered = points - points.mean(dim=0, keepdim=True)
U, S, V = torch.svd(centered)
explained = S.pow(2) / S.pow(2).sum()
print(S, explained, explained.cumsum(0))
projected = centered.mm(V[:, :2])
print(projected.shape, projected.var(0).sum() / centered.var(0).sum(), torch.dist(projected.abs(), (U[:, :2] * S[:2]).abs()) < 1e-3)
cov = centered.t() @ centered / (len(points) - 1)
eigenvalues, eigenvectors = torch.linalg.eigh(cov)
print(eigenvalues.flip(0), cov.trace(), torch.allclose(cov, eigenvectors @ torch.diag(eigenvalues) @ eigenvectors.T, atol=1e-5))

# Gaussian naive Bayes
mu = torch.stack([train[y_train == c].mean(0) for c in range(3)])
var = torch.stack([train[y_train == c].var(0) for c in range(3)])
prior = torch.bincount(y_train).float() / len(y_train)
log_likelihood = -0.5 * (((test.unsqueeze(1) - mu) ** 2) / var + var.log()).sum(2) + prior.log()
posterior = torch.softmax(log_likelihood, dim=1)
print(prior, posterior[:2], (posterior.argmax(1) == y_test).sum().item(), 'of', len(test))

# linear discriminant, confusion matrix, precision and recall
pooled = sum(((train[y_train == c] - mu[c]).t() @ (train[y_train == c] - mu[c])) for c in range(3)) / (60 - 3)
W = torch.linalg.solve(pooled, mu.t())
b = -0.5 * (mu * W.t()).sum(1) + prior.log()
pred = (test @ W + b).max(1)[1]
confusion = torch.zeros(3, 3).long()
for t, p in zip(y_test, pred):
    confusion[t, p] += 1
print(confusion, confusion.sum(0), confusion.diagonal().sum())
precision, recall = confusion.diag() / confusion.sum(0), confusion.diag() / confusion.sum(1).float()
print(precision, recall, 2 * precision * recall / (precision + recall))
values, counts = torch.unique(pred, return_counts=True)
print(dict(zip(values.tolist(), counts.tolist())), torch.histc(test[:, 0], bins=4, min=-5, max=5))
print(torch.quantile(points[:, 0], torch.tensor([0.25, 0.5, 0.75])), points.median(0), points[:, 1].sort()[0][:3], sep='\n')
