"""Records a trained full-size state and ten steps from it. The layout is in ../make_fixtures.py."""

import json

import keras
import numpy as np
import tensorflow as tf

from .float64 import train_float64
from .python_side import WEIGHT_NAMES, as_floats, made_by, make_adam, make_model, read_weights

CONFIG = {
    "input_dim": 784,
    "encoding_dim": 6272,
    "lambda_sparse": 1e-3,
    "aux_weight": 0.1,
    "clip_norm": 1.0,
}
ADAM = {"beta_1": 0.0, "beta_2": 0.999, "epsilon": 1e-7}
RECORDED_RATE = 1e-4
BATCH = 256
RECORDED_STEPS = 10
# How far from zero each gate, and each magnitude behind an open one, is on the recorded rows: ten
# times what rounding moves them by. One flip would change all that comes after it.
MARGIN = 5e-6
CANDIDATES = 320


def write_full(folder, images_path, warm_steps):
    """Trains, then writes the state, ten steps from it and manifest.json into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    images = read_images(images_path)
    rng = np.random.default_rng(0)
    keras.utils.set_random_seed(0)
    model = warm_model(images, warm_steps, rng)
    velocities = switch_to_constant_rate(model)
    weights = read_weights(model)
    arrays = {f"weights/{name}": values for name, values in weights.items()}
    arrays |= {f"velocities/{name}": values for name, values in velocities.items()}
    batches, steps, gates = record_steps(model, images, rng, folder)
    arrays["batches"] = batches
    arrays |= {f"weights_after/{name}": values for name, values in read_weights(model).items()}
    start = {"weights": weights, "velocities": velocities, "iterations": warm_steps}
    exact, exact_steps = train_float64(CONFIG, ADAM, RECORDED_RATE, start, batches)
    arrays |= {f"weights_after_float64/{name}": values for name, values in exact.items()}
    manifest = {
        "made_by": made_by(),
        "config": CONFIG,
        "optimizer": {"learning_rate": RECORDED_RATE} | ADAM,
        "warm_up": {"learning_rate": warm_schedule(warm_steps), "images": len(images)},
        "iterations": warm_steps,
        "arrays": {name: write_array(folder, name, values) for name, values in arrays.items()},
        "steps": steps,
        "steps_float64": exact_steps,
        "gates": gates,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")


def read_images(path):
    """Pixels in 0..1, float32 [n, 784]."""
    pixels = np.fromfile(path, np.uint8)
    width = CONFIG["input_dim"]
    if len(pixels) % width or len(pixels) < BATCH * width:
        raise SystemExit(
            f"{path}: expected n × {width} bytes with n of at least {BATCH}; "
            f"received {len(pixels)} bytes. One byte a pixel, one image after another, no header."
        )
    return pixels.reshape(-1, width).astype(np.float32) / np.float32(255)


def warm_schedule(warm_steps):
    """The recipe's schedule over the warm steps: a tenth of them rising, the rest falling."""
    return {"peak_lr": 1e-3, "warmup_steps": warm_steps // 10, "total_steps": warm_steps}


def draw_batch(images, rng):
    """BATCH rows of images [n, I], without repeats inside the batch."""
    return images[rng.choice(len(images), BATCH, replace=False)]


def compiled_step(model):
    """The model's own train_step as a graph, without XLA."""
    return tf.function(model.train_step, jit_compile=False)


def warm_model(images, warm_steps, rng):
    """A GatedSAE after `warm_steps` steps from Keras' starting weights, b_dec = mean image."""
    optimizer = {"learning_rate": warm_schedule(warm_steps)} | ADAM
    model = make_model(CONFIG, optimizer, {"b_dec": images.mean(axis=0)})
    train = compiled_step(model)
    for step in range(warm_steps):
        logs = train(tf.constant(draw_batch(images, rng)))
        if (step + 1) % 50 == 0:
            print(f"warm step {step + 1}/{warm_steps}: {as_floats(logs)}", flush=True)
    return model


def switch_to_constant_rate(model):
    """Gives the model a fresh Adam with its step count and velocities, and returns the latter.

    The momenta start at zero: with beta_1 = 0 nothing of them reaches the next update.
    """
    warm, fresh = model.optimizer, make_adam(RECORDED_RATE, **ADAM)
    model.compile(optimizer=fresh)
    fresh.build(model.trainable_variables)
    fresh.iterations.assign(warm.iterations)
    velocities = {}
    slots = zip(WEIGHT_NAMES, velocity_slots(warm), velocity_slots(fresh), strict=True)
    for name, old, new in slots:
        new.assign(old)
        velocities[name] = np.array(old)
    return velocities


def velocity_slots(adam):
    """Adam's v variables in the order of WEIGHT_NAMES; its variables end in pairs (m, v)."""
    return adam.variables[-2 * len(WEIGHT_NAMES):][1::2]


def record_steps(model, images, rng, folder):
    """Ten steps: batches [steps, B, I], logs, and the gates seen by the first and last step."""
    train = compiled_step(model)
    batches, steps, gates = [], [], []
    for at in range(RECORDED_STEPS):
        batch = draw_decided_batch(model, images, rng)
        if at in (0, RECORDED_STEPS - 1):
            gates.append({"step": at} | record_gates(model, batch, folder / f"gates_{at}.bits"))
        steps.append(as_floats(train(tf.constant(batch))))
        batches.append(batch)
    return np.stack(batches), steps, gates


def draw_decided_batch(model, images, rng):
    """BATCH rows on which no gate or magnitude lies within MARGIN of zero."""
    rows = images[rng.choice(len(images), CANDIDATES, replace=False)]
    pi_gate = model.encode(tf.constant(rows))[1].numpy()  # [CANDIDATES, E]
    product = pi_gate - model.b_gate.numpy()
    magnitude = product * np.exp(model.r_mag.numpy()) + model.b_mag.numpy()
    least = np.minimum(np.abs(pi_gate), np.where(pi_gate > 0, np.abs(magnitude), np.inf))
    decided = rows[least.min(axis=1) > MARGIN]
    if len(decided) < BATCH:
        raise SystemExit(
            f"expected {BATCH} of {CANDIDATES} images on which every gate is decided by more than "
            f"{MARGIN}; received {len(decided)}. Train longer: raise --warm-steps."
        )
    return decided[:BATCH]


def record_gates(model, batch, path):
    """Writes 1[pi_gate > 0] of batch [B, I] as bits and describes them."""
    is_open = model.encode(tf.constant(batch))[1].numpy() > 0  # [B, E]
    np.packbits(is_open, bitorder="little").tofile(path)
    return {"file": path.name, "shape": list(is_open.shape), "open": int(is_open.sum())}


def write_array(folder, name, values):
    """One raw little-endian float32 file; returns its entry in the manifest."""
    file = name.replace("/", ".") + ".f32"
    values.astype("<f4").tofile(folder / file)
    return {"file": file, "shape": list(values.shape), "dtype": "float32"}
