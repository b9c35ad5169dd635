"""Weights of a torch module by our letters: set, read, and their gradients caught."""

import numpy as np
import torch

LETTERS = (
    "W_enc", "b_enc", "W_dec", "b_dec", "b_gate", "r_mag", "b_mag", "threshold", "W_skip",
)


def numbers(tensor):
    """A tensor's values as a float32 array."""
    return tensor.detach().to(torch.float32).numpy().copy()


def set_weights(parameters, weights):
    """Sets parameters, given as {name: (parameter, transposed)}, to arrays by name."""
    with torch.no_grad():
        for name, (parameter, transposed) in parameters.items():
            values = torch.from_numpy(np.ascontiguousarray(weights[name]))
            parameter.copy_(values.T if transposed else values)


def arrays(parameters):
    """The values of parameters {name: (parameter, transposed)}, in our orientation."""
    return {name: turned(parameter, transposed) for name, (parameter, transposed) in parameters.items()}


def turned(tensor, transposed):
    return np.ascontiguousarray(numbers(tensor).T if transposed else numbers(tensor))


def catch_gradients(parameters):
    """Keeps each parameter's gradient as backward leaves it, before anybody projects or clips it.

    Returns a function of nothing that gives those since it was last called, zeros where there was
    none.
    """
    caught = {}

    def keep(name, transposed):
        def hook(parameter):
            caught[name] = turned(parameter.grad, transposed)
        return hook

    for name, (parameter, transposed) in parameters.items():
        parameter.register_post_accumulate_grad_hook(keep(name, transposed))

    def take():
        return {
            name: caught.pop(name, np.zeros_like(turned(parameter, transposed)))
            for name, (parameter, transposed) in parameters.items()
        }

    return take
