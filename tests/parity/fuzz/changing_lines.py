"""The statements that change, ask or hold state, as they are written. See `grammar`."""

from __future__ import annotations

CHANGING_LINES = {
    "modules": """
        T.nn.LayerNorm(3)(x)
        T.nn.BatchNorm1d(3)(x)
        T.nn.Softmax(-1)(x)
        T.nn.Sequential(T.nn.Flatten(), T.nn.ReLU())(x)
        T.nn.Dropout(0.5).eval()(x)
        T.nn.MSELoss()(x, y)
        T.nn.CrossEntropyLoss()(x, y)
        (T.manual_seed(0), T.nn.Linear(3, 2)(x))[1]
        (T.manual_seed(0), T.nn.Linear(3, 2, dtype=T.float64)(x))[1]
        (T.manual_seed(0), T.nn.Embedding(4, 2)(x))[1]
        (T.manual_seed(0), T.nn.Bilinear(3, 3, 2)(x, y))[1]
        (T.manual_seed(0), F.dropout(x, 0.5, True))[1]
        (T.manual_seed(0), T.rand_like(x))[1]
        (T.manual_seed(0), T.randn([2, 3], dtype={fl}, requires_grad={k}))[1]
        T.utils.data.TensorDataset(x, y)[0]
        T.nn.utils.parameters_to_vector([x, y])
        T.nn.Parameter(x)
        SQUARE(T).apply(x)
    """,
    "in place": """
        x.masked_scatter_(y > 0, z)
        x.addcdiv_(y, z * z + 1, value={s})
        x.round_()
        x.sign_()
        x.triu_()
        x.cumprod_({d})
        x.clamp_min_({s})
        x.squeeze_({d})
        x.erf_()
        x.index_put_((T.tensor({q}),), z, accumulate=True)
        x.add_(y)
        x.add_({s})
        x.sub_(y, alpha={s})
        x.mul_(y)
        x.mul_({s})
        x.div_({p})
        x.pow_({p})
        x.neg_()
        x.exp_()
        x.tanh_()
        x.sigmoid_()
        x.relu_()
        x.abs_()
        x.sqrt_()
        x.floor_()
        x.clamp_({s}, {s})
        x.zero_()
        x.fill_({s})
        x.fill_(y)
        x.copy_(y)
        x.masked_fill_(y > 0, {s})
        x.masked_fill_(x > 0, y)
        x.lerp_(y, {s})
        x.addcmul_(y, z, value={s})
        x.index_add_({d}, T.tensor({q}), y)
        x.index_fill_({d}, T.tensor({q}), {s})
        x.index_put_((T.tensor({q}),), y, accumulate={k})
        x.scatter_({d}, T.zeros_like(y, dtype=T.int64), y)
        x.scatter_add_({d}, T.zeros_like(y, dtype=T.int64), y)
        x.index_copy_({d}, T.tensor({q}), y)
        x.fill_diagonal_({s})
        x.tril_()
        x.cumsum_({d})
        x.unsqueeze_({d})
        x.squeeze_()
        x.transpose_({d}, {d})
        x.t_()
        x.detach_()
        x += y
        x -= {s} * y
        x *= {s}
        x /= {p}
        x **= 2
        x //= {p}
        x &= y
        x[{i}] = {s}
        x[{i}] = y
        x[{j}] = {s}
        x[{j}] = y
        x[{i}] += {s}
        x[{i}] *= y
        x[{j}] += 1
        x[x > 0] = {s}
        x[x > 0] += {s}
        x[x > 0] *= 2
        x[y > 0] = z
        x[x < 0] = -x[x < 0]
        x.data.mul_({s})
        x.data[{i}] = {s}
        x.data = y
        x.detach().add_({s})
        x[0].add_({s})
        x[0][0].mul_({s})
        x.t()[0].add_(y)
        x.view(-1)[{i}].mul_({s})
        x.diagonal().zero_()
    """,
    "graph": """
        (x * y).sum().backward(inputs=[x])
        T.autograd.backward([x.sum(), (y * y).sum()])
        T.optim.SGD([x], lr=0.1).step()
        T.optim.SGD([x], lr=0.1, momentum=0.9, weight_decay=0.01).step()
        T.optim.Adam([x], lr=0.1).step()
        T.optim.SGD([x], lr=0.1).zero_grad()
        T.nn.utils.clip_grad_norm_([x], 1.0)
        x.register_post_accumulate_grad_hook(lambda t: setattr(t, 'grad', t.grad * 2))
        x.sum().backward()
        x.sum().backward(retain_graph=True)
        (x * x).sum().backward()
        (x * y).sum().backward(retain_graph=True)
        x.backward()
        x.backward(y * 1)
        x.backward(T.ones_like(x), retain_graph={k})
        (x * x * y).sum().backward(create_graph=True)
        T.autograd.grad((x * x).sum(), [y], allow_unused=True, retain_graph={k})
        T.autograd.grad(x.sum(), [y], retain_graph=True)
        T.autograd.grad((x * x * x).sum(), [y], create_graph=True, allow_unused={k})
        T.autograd.grad((x * y).sum(), [x, y], create_graph=True, materialize_grads=True)
        T.autograd.grad(x, [y, z], T.ones_like(x), allow_unused=True, retain_graph=True)
        x.requires_grad_()
        x.requires_grad_(False)
        x.requires_grad = True
        x.retain_grad()
        x.register_hook(lambda g: g * 2)
        x.register_hook(lambda g: None)
        x.register_hook(lambda g: g.clamp(-1, 1))
        x.grad = None
        x.grad.zero_()
        x.grad = y
        x.grad.add_({s})
        x.data -= 0.5 * x.grad
        x.detach().clone().requires_grad_()
        copy.deepcopy(x)
        x.clone().detach()
    """,
    "asking": """
        x.dim()
        x.element_size()
        x.is_floating_point()
        x.is_same_size(y)
        x.shape
        x.item()
        x.tolist()
        bool(x)
        len(x)
        float(x)
        list(x)
        x.numel()
        x.retains_grad
        x.is_leaf
        int(x)
    """,
}
