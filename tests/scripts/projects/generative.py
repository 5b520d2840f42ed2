"""An autoencoder that takes noise away, a VAE, and a GAN with two optimisers, on points of the plane."""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(11)


def ring(n, modes=6, noise=0.05):
    k = torch.randint(modes, (n,))
    angle = 2 * math.pi * k / modes
    return torch.stack((torch.cos(angle), torch.sin(angle)), -1) + noise * torch.randn(n, 2)


class AutoEncoder(nn.Module):
    def __init__(self, d, bottleneck):
        super(AutoEncoder, self).__init__()
        self.encoder = nn.Sequential(nn.Linear(d, 12), nn.ELU(), nn.Linear(12, bottleneck))
        self.decoder = nn.Sequential(nn.Linear(bottleneck, 12), nn.ELU(), nn.Linear(12, d), nn.Sigmoid())

    def forward(self, x):
        return self.decoder(self.encoder(x))


# denoising: rank-2 data in 8 dimensions
basis = torch.rand(2, 8)
clean = torch.rand(128, 2) @ basis
clean = (clean - clean.min()) / (clean.max() - clean.min())
loader = DataLoader(TensorDataset(clean), batch_size=32, shuffle=True)
ae = AutoEncoder(8, 2)
opt = optim.Adam(ae.parameters(), lr=1e-2, weight_decay=1e-5)
for epoch in range(20):
    total = 0.0
    for (x,) in loader:
        noisy = torch.clamp(x + 0.1 * torch.randn_like(x), 0.0, 1.0)
        loss = F.mse_loss(ae(noisy), x, reduction="sum")
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item()
    if (epoch + 1) % 5 == 0:
        print("====> Epoch: {} Average loss: {:.5f}".format(epoch + 1, total / len(loader.dataset)))
codes = ae.encoder(clean[:3])
print(codes.shape, codes.requires_grad, codes.grad_fn.name())


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(2, 16)
        self.fc21 = nn.Linear(16, 2)
        self.fc22 = nn.Linear(16, 2)
        self.fc3 = nn.Linear(2, 16)
        self.fc4 = nn.Linear(16, 2)

    def encode(self, x):
        h1 = F.relu(self.fc1(x))
        return self.fc21(h1), self.fc22(h1)

    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        eps = torch.randn_like(std)
        return mu + eps * std

    def decode(self, z):
        return self.fc4(F.relu(self.fc3(z)))

    def forward(self, x):
        mu, logvar = self.encode(x.view(-1, 2))
        z = self.reparameterize(mu, logvar)
        return self.decode(z), mu, logvar


def vae_loss(recon_x, x, mu, logvar, beta=0.1):
    mse = F.mse_loss(recon_x, x, reduction="sum") / 0.02
    KLD = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return mse + beta * KLD, KLD


vae = VAE()
optimizer = optim.Adam(vae.parameters(), lr=5e-3)
data = ring(256)
for epoch in range(1, 13):
    vae.train()
    train_loss = kl = 0
    for batch_idx, start in enumerate(range(0, len(data), 64)):
        batch = data[start : start + 64]
        optimizer.zero_grad()
        recon, mu, logvar = vae(batch)
        loss, kld = vae_loss(recon, batch, mu, logvar)
        loss.backward()
        train_loss += loss.item()
        kl += kld.item()
        optimizer.step()
    if epoch % 4 == 0:
        print(f"vae {epoch:2d} loss {train_loss / len(data):.4f} kl {kl / len(data):.4f}")
with torch.no_grad():
    sample = vae.decode(torch.randn(3, 2))
    print(sample)

# the GAN
def weights_init(m):
    classname = m.__class__.__name__
    if classname.find("Linear") != -1:
        m.weight.data.normal_(0.0, 0.2)
        nn.init.zeros_(m.bias.data)


nz, batch_size = 4, 48
netG = nn.Sequential(nn.Linear(nz, 16), nn.LeakyReLU(0.2, inplace=True), nn.Linear(16, 2))
netD = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2, inplace=True), nn.Linear(16, 1))
netG.apply(weights_init)
netD.apply(weights_init)
print(netD)
criterion = nn.BCEWithLogitsLoss()
fixed_noise = torch.randn(5, nz)
real_label, fake_label = 1.0, 0.0
optimizerD = optim.Adam(netD.parameters(), lr=2e-3, betas=(0.5, 0.999))
optimizerG = optim.Adam(netG.parameters(), lr=2e-3, betas=(0.5, 0.999))
G_losses, D_losses = [], []
for i in range(80):
    netD.zero_grad()
    real = ring(batch_size)
    label = torch.full((batch_size,), real_label, dtype=torch.float)
    output = netD(real).view(-1)
    errD_real = criterion(output, label)
    errD_real.backward()
    D_x = torch.sigmoid(output).mean().item()
    noise = torch.randn(batch_size, nz)
    fake = netG(noise)
    label.fill_(fake_label)
    output = netD(fake.detach()).view(-1)
    errD_fake = criterion(output, label)
    errD_fake.backward()
    D_G_z1 = output.sigmoid().mean().item()
    errD = errD_real + errD_fake
    optimizerD.step()
    netG.zero_grad()
    label.fill_(real_label)
    output = netD(fake).view(-1)
    errG = criterion(output, label)
    errG.backward()
    D_G_z2 = output.sigmoid().mean().item()
    optimizerG.step()
    if i % 20 == 0:
        print("[%d/%d]\tLoss_D: %.4f\tLoss_G: %.4f\tD(x): %.4f\tD(G(z)): %.4f / %.4f"
              % (i, 80, errD.item(), errG.item(), D_x, D_G_z1, D_G_z2))
    G_losses.append(errG.item())
    D_losses.append(errD.item())
with torch.no_grad():
    fake = netG(fixed_noise).detach().cpu()
print(fake.shape, fake.mean(0))

# Wasserstein critic with the gradient penalty: a double backward
critic = nn.Sequential(nn.Linear(2, 16), nn.Softplus(), nn.Linear(16, 1))
optimizer = optim.RMSprop(critic.parameters(), lr=5e-3)
for i in range(20):
    real, fake = ring(32), torch.randn(32, 2)
    alpha = torch.rand(32, 1)
    interpolates = (alpha * real + (1 - alpha) * fake).requires_grad_(True)
    d = critic(interpolates)
    gradients = torch.autograd.grad(
        outputs=d, inputs=interpolates, grad_outputs=torch.ones_like(d), create_graph=True, retain_graph=True,
        only_inputs=True,
    )[0]
    penalty = ((gradients.view(32, -1).norm(2, dim=1) - 1) ** 2).mean()
    loss = critic(fake).mean() - critic(real).mean() + 10 * penalty
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if i % 5 == 0:
        print(f"critic {i:2d} loss {loss:.4f} penalty {penalty:.4f}")
