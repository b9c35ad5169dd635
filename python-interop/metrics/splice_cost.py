"""What a dictionary costs a small model, and what its features do there, by PyTorch's autograd.

Reads a JSON file of the model's and the dictionary's weights and of rows, prints the numbers as JSON.
"""

import json
import sys

import torch

with open(sys.argv[1], encoding="utf-8") as file:
    given = {name: torch.tensor(values, dtype=torch.float64) for name, values in json.load(file).items()}
steps = int(given["steps"])
labels = given["labels"].long()
rows = given["x"]  # [examples, positions, width]


def rest(hidden: torch.Tensor) -> torch.Tensor:
    """The model from the layer on: logits [examples, classes]."""
    return torch.tanh(hidden @ given["w1"]).flatten(1) @ given["w2"]


def encode(hidden: torch.Tensor) -> torch.Tensor:
    return torch.relu((hidden - given["b_dec"]) @ given["W_enc"] + given["b_enc"])


def decode(codes: torch.Tensor) -> torch.Tensor:
    return codes @ given["W_dec"] + given["b_dec"]


hidden = torch.tanh(rows @ given["w0"])
codes = encode(hidden)
error = hidden - decode(codes)
runs = {
    "original": hidden,
    "spliced": decode(codes),
    "zeroAblated": torch.zeros_like(hidden),
    "meanAblated": hidden.mean((0, 1)).expand_as(hidden),
}
logits = {name: rest(run) for name, run in runs.items()}
ce = {name: torch.nn.functional.cross_entropy(run, labels).item() for name, run in logits.items()}
kl = {
    name: torch.nn.functional.kl_div(
        run.log_softmax(-1), logits["original"].log_softmax(-1), log_target=True, reduction="batchmean"
    ).item()
    for name, run in logits.items()
}


def without(feature: int) -> torch.Tensor:
    kept = codes.clone()
    kept[..., feature] = 0
    return rest(decode(kept) + error)


features = range(codes.shape[-1])
ablation = [(logits["original"] - without(feature)).mean(0).tolist() for feature in features]


def gradient(at: torch.Tensor, missed: torch.Tensor, output: int) -> torch.Tensor:
    """The gradient of an output by codes, summed over examples."""
    leaf = at.clone().requires_grad_()
    rest(decode(leaf) + missed)[:, output].sum().backward()
    return leaf.grad


classes = range(logits["original"].shape[-1])
by_gradient = torch.stack([(codes * gradient(codes, error, c)).sum(1).mean(0) for c in classes], 1)

first = codes[:1]
one = (first * gradient(first, error[:1], 1)).sum((0, 1))
alphas = [(step + 0.5) / steps for step in range(steps)]
integrated = (first * sum(gradient(alpha * first, error[:1], 1) for alpha in alphas) / steps).sum((0, 1))

print(
    json.dumps(
        {
            "ce": ce,
            "kl": kl,
            "ablation": ablation,
            "gradient": by_gradient.tolist(),
            "one": one.tolist(),
            "integrated": integrated.tolist(),
        }
    )
)
