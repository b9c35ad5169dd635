"""Records the small cases, and the schedule and optimizers alone: see ../make_fixtures.py."""

import gated_sae
import keras
import numpy as np
import tensorflow as tf

from .arrays import encode_array, write_json
from .cases import CASES, draw_batches, draw_weights
from .python_side import WEIGHT_NAMES, as_floats, made_by, make_model, read_weights

LEAST_MARGIN = 2e-6  # float32 rounding moves a pre-activation by less
SEEDS = range(500)
WEIGHTS_KEPT = (1, 10, 50)
SCHEDULE = {"peak_lr": 1e-2, "warmup_steps": 5, "total_steps": 50}


def write_small(folder):
    """Writes every small fixture into `folder`, one line of progress each."""
    folder.mkdir(parents=True, exist_ok=True)
    alone = [record_schedule(), record_adam(), record_adamw(), record_sgd(), record_own_rows()]
    for record in [record_case(case) for case in CASES] + alone:
        path = folder / f"{record['case']}.json"
        write_json(path, record)
        seed, margin = record.get("seed", "-"), record.get("smallest_gate_margin", "-")
        print(f"{path.name}: {path.stat().st_size} bytes, seed {seed}, gate margin {margin}")


def record_case(case):
    """The record of the first seed whose gates all stay clear of zero."""
    for seed in SEEDS:
        record = record_run(case, seed)
        if record["smallest_gate_margin"] >= LEAST_MARGIN:
            return record
    raise SystemExit(f"{case.name}: no seed in {SEEDS} keeps every gate {LEAST_MARGIN} from zero.")


def record_run(case, seed):
    """Trains one case from one seed; the layout is that of a small case."""
    rng = np.random.default_rng(seed)
    batches = draw_batches(case, rng)
    weights = draw_weights(case, rng, batches)
    model = make_model(case.config(), case.optimizer(), weights)
    steps, weights_after, margins = [], {}, []
    for step in range(case.steps):
        batch = batches[step % len(batches)]
        margins.append(gate_margin(read_weights(model), batch))
        gradients = loss_gradients(model, batch)
        logs = as_floats(model.train_step(tf.constant(batch)))
        steps.append(logs | {"gradients": encode_all(gradients)})
        if step + 1 in WEIGHTS_KEPT:
            weights_after[str(step + 1)] = encode_all(read_weights(model))
    rows = np.concatenate(batches)
    margins.append(gate_margin(read_weights(model), rows))
    return {
        "case": case.name,
        "seed": seed,
        "made_by": made_by(),
        "config": case.config(),
        "optimizer": case.optimizer(),
        "weights": encode_all(weights),
        "batches": [encode_array(batch) for batch in batches],
        "steps": steps,
        "weights_after": weights_after,
        "evaluate": as_floats(model.test_step(tf.constant(batches[0]))),
        "forward": forward(model, batches[0]),
        "sparsity_report": report_sparsity(model, rows, batch_size=7, k=5),
        "decoder_sharpness": report_sharpness(model),
        "smallest_gate_margin": min(margins),
    }


def encode_all(arrays):
    """A dict of arrays as a dict of JSON arrays."""
    return {name: encode_array(values) for name, values in arrays.items()}


def gate_margin(weights, rows):
    """How near zero any gate comes on `rows` [n, I], and any magnitude behind an open gate."""
    w = {name: values.astype(np.float64) for name, values in weights.items()}
    p = (rows - w["b_dec"]) @ w["W_gate"]  # [n, E]
    pi_gate = p + w["b_gate"]
    magnitude = p * np.exp(w["r_mag"]) + w["b_mag"]
    nearest_magnitude = np.abs(magnitude[pi_gate > 0]).min(initial=np.inf)
    return float(min(np.abs(pi_gate).min(), nearest_magnitude))


def loss_gradients(model, batch):
    """Unclipped gradients of the total loss on batch [B, I], by weight name."""
    variables = [getattr(model, name) for name in WEIGHT_NAMES]
    with tf.GradientTape() as tape:
        total_loss = model._compute_losses(tf.constant(batch))[0]
    gradients = tape.gradient(total_loss, variables)
    return {name: g.numpy() for name, g in zip(WEIGHT_NAMES, gradients, strict=True)}


def forward(model, batch):
    """Codes, gates and reconstruction of batch [B, I]."""
    codes, pi_gate, relu_pi_gate = model.encode(tf.constant(batch))
    return encode_all({
        "codes": codes.numpy(),
        "pi_gate": pi_gate.numpy(),
        "relu_pi_gate": relu_pi_gate.numpy(),
        "reconstruction": model(tf.constant(batch)).numpy(),
    })


def report_sparsity(model, rows, batch_size, k):
    """sparsity_report's dict, with the arguments that gave it."""
    report = gated_sae.sparsity_report(model, rows, batch_size=batch_size, k=k)
    return report | {"batch_size": batch_size, "k": k}


def report_sharpness(model):
    """decoder_sharpness: per_feature [E] in float64, and its mean."""
    per_feature, mean = gated_sae.decoder_sharpness(model)
    return {"per_feature": encode_array(per_feature), "mean": mean}


def record_schedule():
    """WarmupCosineDecay at many steps, past its end too."""
    argument_sets = (
        (1e-3, 0, 100),
        (1e-2, 5, 50),
        (3e-4, 1, 10),
        (5e-4, 100, 1000),
        (1e-3, 40, 40),
        (1e-3, 0, 0),
        (2e-3, 60, 30),
        (1e-3, 1000, 20000),
    )
    return {
        "case": "schedule",
        "made_by": made_by(),
        "runs": [schedule_run(*arguments) for arguments in argument_sets],
    }


def schedule_run(peak_lr, warmup_steps, total_steps):
    """One schedule's float32 values at its corners, spread over its course, and beyond its end."""
    corners = {0, 1, 2, warmup_steps - 1, warmup_steps, warmup_steps + 1}
    corners |= {total_steps - 1, total_steps, total_steps + 1, 2 * total_steps + 7}
    spread = {round(at) for at in np.linspace(0, total_steps, 40)}
    steps = sorted(step for step in corners | spread if step >= 0)
    schedule = gated_sae.WarmupCosineDecay(peak_lr, warmup_steps, total_steps)
    return {
        "peak_lr": peak_lr,
        "warmup_steps": warmup_steps,
        "total_steps": total_steps,
        "steps": steps,
        "values": encode_array(np.array([schedule(step) for step in steps], np.float32)),
    }


def record_adam():
    """keras' Adam alone."""
    usual = {"learning_rate": 1e-3, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
    return record_alone("adam", keras.optimizers.Adam, ("m", "v"), (
        usual,
        usual | {"beta_1": 0.0},
        {"learning_rate": 1e-2, "beta_1": 0.9, "beta_2": 0.99, "epsilon": 1e-8},
        {"learning_rate": 1e-2, "beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3},
        {"learning_rate": SCHEDULE, "beta_1": 0.0, "beta_2": 0.999, "epsilon": 1e-7},
        usual | {"weight_decay": 0.1},
        usual | {"beta_1": 0.0, "weight_decay": 4e-3},
        usual | {"clipnorm": 1.0},
        usual | {"global_clipnorm": 1.0},
        usual | {"clipvalue": 0.05},
        usual | {"weight_decay": 0.1, "clipnorm": 0.5},
    ))


def record_adamw():
    """keras' AdamW alone."""
    usual = {"learning_rate": 1e-2, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
    return record_alone("adamw", keras.optimizers.AdamW, ("m", "v"), (
        usual | {"weight_decay": 4e-3},
        usual | {"weight_decay": 0.5, "learning_rate": SCHEDULE, "beta_1": 0.0},
    ))


def record_sgd():
    """keras' SGD alone; it keeps m only where there is momentum."""
    plain = {"learning_rate": 1e-2, "momentum": 0.0, "nesterov": False}
    heavy = plain | {"momentum": 0.9}
    nesterov = heavy | {"nesterov": True}
    return record_alone("sgd", keras.optimizers.SGD, ("m",), (
        plain,
        heavy,
        nesterov,
        plain | {"weight_decay": 0.1},
        nesterov | {"weight_decay": 4e-3},
        plain | {"learning_rate": SCHEDULE},
        nesterov | {"learning_rate": SCHEDULE},
        heavy | {"clipnorm": 1.0},
        heavy | {"global_clipnorm": 1.0},
        heavy | {"clipvalue": 0.05},
    ))


def record_alone(case, optimizer, kept, option_sets, steps=50, size=32):
    """An optimizer alone, gradients of 1e-8 to 1e2; the same gradients for every set of options."""
    rng = np.random.default_rng(0)
    initial = rng.normal(size=size).astype(np.float32)
    scales = np.logspace(-8, 2, size)
    gradients = (rng.normal(size=(steps, size)) * scales).astype(np.float32)
    return {
        "case": case,
        "made_by": made_by(),
        "initial": encode_array(initial),
        "gradients": encode_array(gradients),
        "runs": [
            run_alone(optimizer, kept, options, initial, gradients) for options in option_sets
        ],
    }


def run_alone(optimizer, kept, options, initial, gradients):
    """Parameters [size] and what is kept of them, after all of gradients [steps, size].

    The first half is one variable and the second another: a norm may be that of one or of both.
    """
    variables = [keras.Variable(half) for half in np.split(initial, 2)]
    rate = as_rate(options["learning_rate"])
    optimizer = optimizer(**options | {"learning_rate": rate})
    for gradient in gradients:
        optimizer.apply([tf.constant(half) for half in np.split(gradient, 2)], variables)
    # Scalars are the step count and the rate; what is kept alternates, variable by variable.
    state = [np.array(values) for values in optimizer.variables if len(values.shape) > 0]
    states = {name: state[at :: len(kept)] for at, name in enumerate(kept) if state}
    return {"optimizer": options} | encode_all({
        name: np.concatenate([np.array(half) for half in halves])
        for name, halves in ({"parameters": variables} | states).items()
    })


def as_rate(learning_rate):
    """A number as it is; a dict holds the arguments of WarmupCosineDecay."""
    if isinstance(learning_rate, dict):
        return gated_sae.WarmupCosineDecay(**learning_rate)
    return learning_rate


def record_own_rows():
    """The rows that gated-sae-tf's own test of fit trains on: ../../test/parity/ownTests.test.ts."""
    rows = np.random.default_rng(0).normal(size=(256, 20)).astype("float32")
    return {"case": "own_rows", "made_by": made_by(), "rows": encode_array(rows)}
