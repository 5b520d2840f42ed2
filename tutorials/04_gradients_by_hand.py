# %% [markdown]
# # Gradients by hand
#
# The numerical gradient takes two losses for every weight. With a formula all slopes together cost about as much as two
# losses. In this chapter you derive the gradients of the softmax and the hinge loss on paper, write them in NumPy, let
# your judge of chapter 3 try them, and then walk downhill: gradient descent, minibatches, learning rates.
#
# You need: the chain rule. Time: 60 minutes.

# %%
import numpy as np

from microdl import learn

mydl = learn.use(chapters=3)
from mydl.gradcheck import numerical_gradient, relative_error
from mydl.scores import hinge_loss, random_search, scores_of, softmax, softmax_loss

# %% [markdown]
# ## A plausible gradient that is wrong
#
# The softmax loss is $L = -\ln p_y$ with $p_k = e^{s_k} / \sum_j e^{s_j}$. Raising $s_y$ raises $p_y$, so a first thought
# might be that only the true class matters: $\partial L / \partial s_y = p_y - 1$, and 0 for the others.

# %%
scores, labels = np.array([[3.2, 5.1, -1.7]]), np.array([0])
plausible = np.zeros_like(scores)
plausible[0, 0] = softmax(scores)[0, 0] - 1
numeric = numerical_gradient(lambda s: softmax_loss(s, labels).sum(), scores)
print("plausible  ", plausible.round(4))
print("numerically", numeric.round(4))

# %% [markdown]
# The other scores stand in the sum below: raising them lowers $p_y$ too. Write the loss as
# $L = \ln \sum_j e^{s_j} - s_y$ and differentiate each term:
#
# $$\frac{\partial L}{\partial s_k} = \frac{e^{s_k}}{\sum_j e^{s_j}} - [k = y] = p_k - [k = y].$$
#
# The probabilities, minus 1 at the true class. The entries add up to 0: what the true class gains the others lose.
#
# **The hinge loss** is $L = \sum_{j \ne y} \max(0, s_j - s_y + 1)$. Where a class $j$ violates the margin its term is
# $s_j - s_y + 1$: the slope is 1 by $s_j$ and $-1$ by $s_y$. Where it does not, the term is 0. So
#
# $$\frac{\partial L}{\partial s_j} = [s_j - s_y + 1 > 0] \quad (j \ne y), \qquad
#   \frac{\partial L}{\partial s_y} = -\#\{j \ne y : s_j - s_y + 1 > 0\}.$$
#
# **From scores to weights**: $s_k = \sum_t W_{kt} x_t + b_k$, so $\partial s_k / \partial W_{kt} = x_t$, and by the chain
# rule, summed over the images $i$ of a batch with $g_{ik} = \partial L / \partial s_{ik}$,
#
# $$\frac{\partial L}{\partial W_{kt}} = \sum_i g_{ik} x_{it}, \qquad
#   \frac{\partial L}{\partial b_k} = \sum_i g_{ik}:$$
#
# a matrix product, $g^T x$. Check the shapes: $g^T$ is (classes, n), $x$ is (n, pixels), $W$ is (classes, pixels). The loss
# of a batch is the *mean* of its losses, so everything is divided by $n$.

# %% file="descent.py"
"""Chapter 4: the gradients of two losses, and gradient descent."""

import numpy as np

from mydl.scores import hinge_loss, scores_of, softmax, softmax_loss


def softmax_gradient(scores, labels):
    """The gradient of the mean softmax loss by the scores (n, classes)."""
    # <exercise softmax_gradient: p - 1 at the label, for each image; of the mean.>
    # hint: Begin with softmax(scores), and subtract 1 at [np.arange(n), labels].
    # hint: The loss is the mean over n images, so divide by n.
    g = softmax(scores)
    g[np.arange(len(g)), labels] -= 1
    return g / len(g)
    # </exercise>


def hinge_gradient(scores, labels):
    """The gradient of the mean hinge loss by the scores (n, classes)."""
    # <exercise hinge_gradient: 1 for each class that violates the margin, minus their number at the label; of the mean.>
    # hint: g = (scores - true + 1 > 0) as floats has a 1 too many: the label's own.
    # hint: Set the label's entry to 0, then to minus the sum of its row.
    rows = np.arange(len(scores))
    g = (scores - scores[rows, labels][:, None] + 1 > 0).astype(float)
    g[rows, labels] = 0
    g[rows, labels] = -g.sum(1)
    return g / len(scores)
    # </exercise>


def linear_gradients(g, x):
    """From the gradient g (n, classes) by the scores those by W (classes, pixels) and by b (classes,)."""
    # <exercise linear_gradients: Return (dW, db).>
    # hint: dW has W's shape: which product of g and x has?
    # hint: db adds up the images: g.sum(0).
    return g.T @ x, g.sum(0)
    # </exercise>


LOSSES = {"softmax": (softmax_loss, softmax_gradient), "hinge": (hinge_loss, hinge_gradient)}


def objective(W, b, x, labels, loss="softmax", decay=0.0):
    """The mean loss plus decay * sum(W^2), and its gradients: (value, dW, db)."""
    # <exercise objective: Put the pieces together.>
    # hint: scores_of, then the two functions of LOSSES[loss], then linear_gradients.
    # hint: The penalty decay * sum(W^2) has the gradient 2 * decay * W. Biases are not penalised.
    value, gradient = LOSSES[loss]
    scores = scores_of(x, W, b)
    dW, db = linear_gradients(gradient(scores, labels), x)
    return value(scores, labels).mean() + decay * (W**2).sum(), dW + 2 * decay * W, db
    # </exercise>


def train(x, labels, classes, lr=0.1, epochs=10, batch_size=64, loss="softmax", decay=0.0, seed=0):
    """Minibatch gradient descent from small random weights: (W, b, the objective at every step)."""
    random = np.random.RandomState(seed)
    W, b, history = random.randn(classes, x.shape[1]) * 0.001, np.zeros(classes), []
    for _ in range(epochs):
        # <exercise train: Go once through all images in random order, a step against the gradient for each batch.>
        # hint: order = random.permutation(len(x)), and batches order[i : i + batch_size] for i in range(0, len(x), batch_size).
        # hint: W = W - lr * dW: downhill is against the gradient.
        order = random.permutation(len(x))
        for start in range(0, len(x), batch_size):
            batch = order[start : start + batch_size]
            value, dW, db = objective(W, b, x[batch], labels[batch], loss, decay)
            history.append(value)
            W, b = W - lr * dW, b - lr * db
        # </exercise>
    return W, b, np.array(history)


# %% [markdown]
# ## The judge's verdict

# %%
random = np.random.RandomState(0)
s, y = random.randn(5, 4) * 2, random.randint(0, 4, 5)
for name, (value, gradient) in LOSSES.items():
    numeric = numerical_gradient(lambda s: value(s, y).mean(), s)
    print(f"{name:<8} relative error {relative_error(gradient(s, y), numeric):.1e}")

# %% [markdown]
# ## Downhill
#
# The digits again: random search came to about 20 %. **Predict** what gradient descent reaches after ten epochs, 220
# steps.

# %%
from microdl.datasets import Digits

(train_x, train_y), (test_x, test_y) = ([t.numpy() for t in Digits.tensors(train=part)] for part in (True, False))


def accuracy(W, b):
    return (scores_of(test_x, W, b).argmax(1) == test_y).mean()


for loss in LOSSES:
    W, b, history = train(train_x, train_y, 10, lr=0.1, epochs=10, loss=loss)
    last = history[-22:].mean()
    print(f"{loss:<8} first loss {history[0]:.2f}, last epoch's {last:.2f}, test accuracy {accuracy(W, b):.1%}")

# %% [markdown]
# The first losses are $\ln 10 = 2.30$ and $C - 1 = 9$, as chapter 2 said they must be. Keep that habit.
#
# The **learning rate** is the one number that must be right. **Predict** which of these curves falls fastest, and which
# does not fall at all.

# %%
import matplotlib.pyplot as plt

plt.figure(figsize=(7, 3.5))
for lr, style in ((0.001, ":"), (0.01, "--"), (0.1, "-"), (1.0, "-."), (20.0, "-")):
    _, _, history = train(train_x, train_y, 10, lr=lr, epochs=5)
    plt.plot(np.minimum(history, 12), style, label=f"learning rate {lr:g}", linewidth=1 + (lr == 20))
plt.xlabel("step")
plt.ylabel("loss (cut at 12)")
plt.legend()
# %% [markdown]
# Too small wastes steps; too large overshoots the valley and climbs the other side.
#
# **The batch size** trades noise for time. A step with all images has the true gradient; one with 32 has an estimate at a
# fortieth of the price:

# %%
for batch_size in (32, 64, 128, 256, len(train_x)):
    W, b, history = train(train_x, train_y, 10, lr=0.1, epochs=10, batch_size=batch_size)
    print(f"batch of {batch_size:>4}: {len(history):>3} steps, test accuracy {accuracy(W, b):.1%}")

# %% [markdown]
# Descent may stop where the gradient is (nearly) 0, for a step has the size *learning rate times the gradient's norm*.
#
# What has been learned? A row of $W$ has a weight for each pixel: drawn as an image, it is what its class looks for.

# %%
from microdl.plots import plot_templates

W, b, _ = train(train_x, train_y, 10, epochs=20, decay=1e-3)
plot_templates(W, title="softmax: the template of each digit")

# %% [markdown]
# ## What PyTorch does here
#
# Nothing: nobody writes gradients by hand there. `loss.backward()` puts them together from the rules of single
# operations, which is what you build in the next two chapters. The rules themselves are the ones you derived:
# cross-entropy has $p - [k = y]$ built in, and `nn.Linear` has $g^T x$.
#
# **What the real file adds** (`microdl/kernels/linear.py`): the two products of a small layer in one compiled pass, sums
# over the batch in double precision, products of a few columns in blocks that stay in registers.
#
# ## Exercises
#
# 1. Why does `softmax_gradient` add up to 0 in each row? What would it mean if it did not?
# 2. At a score on the margin exactly, $s_j - s_y + 1 = 0$, the hinge loss has a kink. Which slope does your code take?
# 3. Derive the gradient of the squared hinge loss, write it, and have it judged.
# 4. The weights of all classes are shifted by one vector. What happens to the softmax loss? And to the penalty?
