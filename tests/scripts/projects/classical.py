"""Classical methods in tensors: k-means, PCA, power iteration, EM, ridge, logistic regression by Newton and LBFGS, a GP."""
import math

import torch
import torch.nn.functional as F

torch.manual_seed(0)
torch.set_printoptions(precision=3, sci_mode=False)

# three blobs
centres = torch.tensor([[0.0, 0.0], [3.0, 3.0], [-3.0, 2.5]])
labels = torch.arange(150) % 3
X = centres[labels] + 0.6 * torch.randn(150, 2)


def kmeans(x, k, n_iter=10):
    c = x[torch.randperm(len(x))[:k]].clone()
    for _ in range(n_iter):
        d = torch.cdist(x, c)
        a = d.argmin(dim=1)
        new = torch.zeros_like(c).index_add_(0, a, x) / torch.bincount(a, minlength=k).clamp(min=1).unsqueeze(1)
        if torch.allclose(new, c):
            break
        c = new
    return a, c, d.min(1)[0].pow(2).sum()


assign, c, inertia = kmeans(X, 3)
order = c[:, 0].argsort()
print("k-means", c[order], torch.bincount(assign)[order], f"inertia {inertia:.3f}")

# a Gaussian mixture by EM, in logarithms
pi, mu, var = torch.full((3,), 1 / 3), X[:3].clone(), torch.ones(3, 2)
for step in range(15):
    log_prob = -0.5 * (((X[:, None] - mu) ** 2 / var).sum(-1) + var.log().sum(-1) + 2 * math.log(2 * math.pi))
    joint = log_prob + pi.log()
    total = torch.logsumexp(joint, dim=1, keepdim=True)
    r = (joint - total).exp()
    nk = r.sum(0)
    pi, mu = nk / len(X), (r.T @ X) / nk[:, None]
    var = (r.T @ X**2) / nk[:, None] - mu**2 + 1e-6
    if step % 5 == 4:
        print(f"EM {step + 1:2d} log likelihood {total.sum().item():.3f}")
print(mu[mu[:, 0].argsort()], pi.sort()[0])

# PCA two ways, and power iteration
data = torch.randn(60, 4) @ torch.diag(torch.tensor([3.0, 1.5, 0.5, 0.1])) @ torch.randn(4, 4)
centred = data - data.mean(0, keepdim=True)
U, S, Vh = torch.linalg.svd(centred, full_matrices=False)
cov = centred.T @ centred / (len(data) - 1)
eigenvalues, eigenvectors = torch.linalg.eigh(cov)
print("explained", (S**2 / (S**2).sum()), torch.allclose(eigenvalues.flip(0), S**2 / 59, atol=1e-3))
v = torch.ones(4)
for _ in range(100):
    v = cov @ v
    v = v / v.norm()
print("power iteration", torch.dot(v, cov @ v), torch.allclose(v.abs(), Vh[0].abs(), atol=1e-3))
scores = centred @ Vh[:2].mT
print(scores.shape, torch.cov(scores.T).diagonal(), torch.corrcoef(scores.T)[0, 1].abs() < 1e-4)

# ridge: closed form, lstsq of the augmented system, and gradient descent agree
A, noise = torch.randn(40, 5), 0.1 * torch.randn(40)
w_true = torch.tensor([1.0, -2.0, 0.0, 0.5, 3.0])
y, lam = A @ w_true + noise, 0.5
w1 = torch.linalg.solve(A.T @ A + lam * torch.eye(5), A.T @ y)
w2 = torch.linalg.lstsq(torch.cat([A, math.sqrt(lam) * torch.eye(5)]), torch.cat([y, torch.zeros(5)]).unsqueeze(1)).solution
w3 = torch.zeros(5, requires_grad=True)
for _ in range(200):
    loss = ((A @ w3 - y) ** 2).sum() + lam * w3.norm() ** 2 if w3.any() else ((A @ w3 - y) ** 2).sum()
    (g,) = torch.autograd.grad(loss, w3)
    with torch.no_grad():
        w3.sub_(0.005 * g)
print("ridge", w1, (w1 - w2.squeeze()).abs().max() < 1e-4, (w1 - w3).abs().max() < 1e-3)
residual = y - A @ w1
print(f"R2 {1 - residual.pow(2).sum() / (y - y.mean()).pow(2).sum():.4f}")

# logistic regression: Newton's steps, then LBFGS with a closure
t = (labels == 1).double()
Z = torch.hstack([X.double(), torch.ones(150, 1, dtype=torch.double)])
w = torch.zeros(3, dtype=torch.double)
for i in range(5):
    p = torch.sigmoid(Z @ w)
    gradient = Z.T @ (p - t) + 0.1 * w
    H = Z.T @ (Z * (p * (1 - p)).unsqueeze(-1)) + 0.1 * torch.eye(3, dtype=torch.double)
    w = w - torch.linalg.solve(H, gradient)
    print("Newton", i, gradient.norm())
linear = torch.nn.Linear(3, 1, bias=False, dtype=torch.float64)
torch.nn.init.zeros_(linear.weight)
optimizer = torch.optim.LBFGS(linear.parameters(), lr=1, max_iter=50, line_search_fn="strong_wolfe", tolerance_change=1e-12)


def closure():
    optimizer.zero_grad()
    loss = F.binary_cross_entropy_with_logits(linear(Z).squeeze(1), t, reduction="sum")
    loss = loss + 0.05 * linear.weight.pow(2).sum()
    loss.backward()
    return loss


optimizer.step(closure)
print("LBFGS", linear.weight.data, torch.dist(linear.weight.data[0], w) < 1e-4)

# a Gaussian process: the marginal likelihood by gradient, the posterior by Cholesky
x = torch.linspace(0, 5, 25, dtype=torch.float64)
f = torch.sin(x) + 0.1 * torch.randn(25, dtype=torch.float64)
log_params = torch.zeros(3, dtype=torch.float64, requires_grad=True)
optimizer = torch.optim.Adam([log_params], lr=0.1)


def kernel(a, b, scale, length):
    return scale**2 * torch.exp(-0.5 * (a[:, None] - b[None, :]).pow(2) / length**2)


for i in range(31):
    scale, length, sigma = log_params.exp()
    K = kernel(x, x, scale, length) + sigma**2 * torch.eye(25, dtype=torch.float64)
    L = torch.linalg.cholesky(K)
    alpha = torch.cholesky_solve(f.unsqueeze(-1), L)
    nll = 0.5 * f @ alpha.squeeze(-1) + L.diagonal().log().sum() + 12.5 * math.log(2 * math.pi)
    optimizer.zero_grad()
    nll.backward()
    optimizer.step()
    if i % 10 == 0:
        print(f"GP {i:2d} nll {nll.item():.5f} grad {log_params.grad}")
xs = torch.tensor([1.25, 2.5, 7.0], dtype=torch.float64)
with torch.no_grad():
    Ks = kernel(x, xs, scale, length)
    mean = Ks.T @ alpha
    v = torch.linalg.solve_triangular(L, Ks, upper=False)
    std = (kernel(xs, xs, scale, length) - v.T @ v).diagonal().clamp_min(0).sqrt()
print(mean.squeeze(), std)
