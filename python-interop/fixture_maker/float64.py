"""The same training steps once more in double precision, from the paper's formulas alone.

It shares nothing with Keras but the formulas: neither its gradients nor its rounding. What is off by
more than rounding from here is wrong, whoever computes it.
"""

import numpy as np


def train_float64(config, adam, rate, start, batches):
    """Steps from start = {"weights", "velocities", "iterations"}: the weights after, and the logs."""
    w = {name: values.astype(np.float64) for name, values in start["weights"].items()}
    v = {name: values.astype(np.float64) for name, values in start["velocities"].items()}
    logs = []
    for at, batch in enumerate(batches):
        grads, log = gradients(config, w, batch.astype(np.float64))
        norm = np.sqrt(sum(np.sum(np.square(g)) for g in grads.values()))
        factor = min(1.0, config["clip_norm"] / norm)
        alpha = rate * np.sqrt(1 - adam["beta_2"] ** (start["iterations"] + at + 1))
        for name, g in grads.items():
            g = g * factor
            v[name] += (g * g - v[name]) * (1 - adam["beta_2"])
            w[name] -= alpha * g / (np.sqrt(v[name]) + adam["epsilon"])
        w["W_dec"] /= np.sqrt(np.sum(np.square(w["W_dec"]), axis=1, keepdims=True))
        logs.append(log | {"grad_norm": float(norm)})
    return w, logs


def gradients(config, w, x):
    """Of all weights, and the losses, at rows x [B, I]."""
    batch, penalty, aux = len(x), config["lambda_sparse"], config["aux_weight"]
    xc = x - w["b_dec"]  # [B, I]
    p = xc @ w["W_gate"]  # [B, E]
    pi = p + w["b_gate"]  # [B, E]
    is_open = pi > 0  # [B, E]
    relu_pi = np.where(is_open, pi, 0)  # [B, E]
    scale = np.exp(w["r_mag"])  # [E]
    magnitude = p * scale + w["b_mag"]  # [B, E]
    codes = np.where(is_open & (magnitude > 0), magnitude, 0)  # [B, E]
    error = codes @ w["W_dec"] + w["b_dec"] - x  # [B, I]
    aux_error = relu_pi @ w["W_dec"] + w["b_dec"] - x  # [B, I]
    terms = {
        "L_reconstruct": float(np.sum(np.square(error)) / batch),
        "L_sparsity": float(np.sum(relu_pi) / batch),
        "L_aux": float(np.sum(np.square(aux_error)) / batch),
    }
    loss = terms["L_reconstruct"] + penalty * terms["L_sparsity"] + aux * terms["L_aux"]

    d_x_hat = 2 * error / batch  # [B, I]
    d_f = np.where(codes > 0, d_x_hat @ w["W_dec"].T, 0)  # [B, E]
    d_relu = 2 * aux * (aux_error @ w["W_dec"].T) / batch  # [B, E]
    d_pi = np.where(is_open, d_relu + penalty / batch, 0)  # [B, E]
    d_p = d_f * scale + d_pi  # [B, E]
    grads = {
        "W_gate": xc.T @ d_p,
        "b_gate": d_pi.sum(0),
        "r_mag": (d_f * scale * p).sum(0),
        "b_mag": d_f.sum(0),
        "W_dec": codes.T @ d_x_hat,
        "b_dec": d_x_hat.sum(0) - (d_p @ w["W_gate"].T).sum(0),
    }
    return grads, {"loss": float(loss)} | terms
