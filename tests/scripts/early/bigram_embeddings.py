# A bigram model of characters by counting and by gradient descent, then a bag-of-embeddings classifier of sentences.
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim

torch.manual_seed(2147483647 % 1000)
words = "emma olivia ava isabella sophia mia amelia harper evelyn abigail emily ella scarlett grace chloe".split()
chars = sorted(list(set(''.join(words))))
stoi = {s: i + 1 for i, s in enumerate(chars)}
stoi['.'] = 0
itos = {i: s for s, i in stoi.items()}
V = len(stoi)

N = torch.zeros((V, V), dtype=torch.int32)
xs, ys = [], []
for w in words:
    chs = ['.'] + list(w) + ['.']
    for ch1, ch2 in zip(chs, chs[1:]):
        N[stoi[ch1], stoi[ch2]] += 1
        xs.append(stoi[ch1])
        ys.append(stoi[ch2])
print(N.shape, N.dtype, N.sum(), N[0])
P = (N + 1).float()
P /= P.sum(1, keepdim=True)
print(P.sum(1).allclose(torch.ones(V)), P[0, :4])
g = torch.Generator().manual_seed(42)
for _ in range(3):
    out, ix = [], 0
    while True:
        ix = torch.multinomial(P[ix], num_samples=1, replacement=True, generator=g).item()
        if ix == 0 or len(out) > 20:
            break
        out.append(itos[ix])
    print(''.join(out))
xs, ys = torch.tensor(xs), torch.tensor(ys)
nll = -torch.log(P[xs, ys]).mean()
print(f'{nll=}, {xs.nelement()} bigrams')

W = torch.randn((V, V), generator=g, requires_grad=True)
xenc = F.one_hot(xs, num_classes=V).float()
for k in range(50):
    logits = xenc @ W
    counts = logits.exp()
    probs = counts / counts.sum(1, keepdims=True)
    loss = -probs[torch.arange(len(xs)), ys].log().mean() + 0.01 * (W ** 2).mean()
    W.grad = None
    loss.backward()
    W.data += -30 * W.grad
    if k % 10 == 0:
        print(k, loss.item())
print(loss, W[0].argmax(), itos[W[0].argmax().item()])

data = [("me gusta comer en la cafeteria".split(), "SPANISH"), ("give it to me".split(), "ENGLISH"),
        ("no creo que sea una buena idea".split(), "SPANISH"), ("no it is not a good idea".split(), "ENGLISH")]
word_to_ix = {}
for sent, _ in data:
    for word in sent:
        if word not in word_to_ix:
            word_to_ix[word] = len(word_to_ix)
label_to_ix = {"SPANISH": 0, "ENGLISH": 1}


class BoW(nn.Module):
    def __init__(self, vocab_size, dim, n_labels):
        super(BoW, self).__init__()
        self.embeddings = nn.Embedding(vocab_size, dim)
        self.linear = nn.Linear(dim, n_labels)

    def forward(self, idxs):
        embeds = self.embeddings(idxs).mean(0).view((1, -1))
        return F.log_softmax(self.linear(embeds), dim=1)


model = BoW(len(word_to_ix), 5, 2)
print(model, len(word_to_ix))
loss_function = nn.NLLLoss()
optimizer = optim.SGD(model.parameters(), lr=0.1)
for epoch in range(30):
    total_loss = torch.Tensor([0])
    for sent, label in data:
        model.zero_grad()
        log_probs = model(torch.tensor([word_to_ix[w] for w in sent], dtype=torch.long))
        loss = loss_function(log_probs, torch.LongTensor([label_to_ix[label]]))
        loss.backward()
        optimizer.step()
        total_loss += loss.data
    if epoch % 6 == 0:
        print(epoch, total_loss)
with torch.no_grad():
    for sent in ("creo que no", "it is good"):
        print(sent, model(torch.tensor([word_to_ix[w] for w in sent.split()])).exp())
print(model.embeddings.weight[word_to_ix["creo"]], model.embeddings(torch.tensor(0)).shape)
