"""What the galleries are drawn from: weights, codes and images, and which figures to draw.

I = input_dim, E = encoding_dim, N = rows.
"""

import base64

import numpy as np

from fixture_maker.arrays import encode_array

CLOTHES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
           "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
PER_CLASS = 7000
# How far means and activations are from where rounding would change their digits or their order.
MARGIN = 2e-6


def small():
    """Images of 3 × 4, a class name twice, weights beyond the limit, activations half way."""
    seed = next(seed for seed in range(1000) if is_decided(random_codes(seed)))
    rng = np.random.default_rng(seed)
    weights = rng.normal(0, 0.12, (16, 12)).astype(np.float32)
    weights[:, :4] = [-0.15, 0.15, 0.0, 0.3]
    # On the borders of two colours each, where float32 decides.
    weights[:, 4:8] = (-0.15 + 0.3 * np.arange(0, 256, 4) / 256).reshape(16, 4)
    calls = (
        ("plot_decoder_gallery", {"top_n": 5}),
        ("plot_decoder_gallery", {"top_n": 1, "vlim": 0.3}),
        ("plot_decoder_gallery", {"top_n": 16}),
        ("plot_feature_gallery", {"top_features": 6, "top_images": 3}),
        ("plot_feature_gallery", {"top_features": 1, "top_images": 1}),
        ("plot_feature_gallery", {"feature_idx": [7, 2, 11], "top_features": 2, "vlim": 0.05}),
    )
    return case(
        "small", (3, 4), weights, random_codes(seed),
        images=rng.integers(0, 256, (24, 12), np.uint8),
        labels=rng.integers(0, 5, 24), class_names=("left", "right", "left", "<b>up</b>", "naïve"),
        calls=calls, stride=1,
    )


def random_codes(seed):
    """Codes [24, 16]: half of them 0, each feature on more rows than are shown."""
    rng = np.random.default_rng(seed)
    codes = rng.gamma(2, 0.6, (24, 16)) * (rng.random((24, 16)) < 0.5)
    # Half way between two numbers of two digits, and the largest: they are shown.
    codes[np.arange(16), np.arange(16)] = 8.125 + 0.25 * np.arange(16)
    return codes.astype(np.float32)


def is_decided(codes):
    """Whether rounding can change neither a shown number nor an order, and six rows always fire."""
    means = codes.mean(axis=0)
    gaps = [np.diff(np.sort(means))]
    gaps += [np.diff(np.sort(column)[-6:]) for column in codes.T]
    halves = np.abs(means * 1000 % 1 - 0.5) / 1000
    fires = (codes > 0).sum(axis=0) >= 6
    return min(map(np.min, gaps)) > MARGIN and halves.min() > MARGIN and fires.all()


def fashion(images_path):
    """A dictionary of 64 features trained with Keras, over 150 other images."""
    import gated_sae
    import keras

    pixels = np.fromfile(images_path, np.uint8).reshape(-1, 784)
    rng = np.random.default_rng(0)
    chosen = rng.permutation(len(pixels))[:8150]
    train, shown = chosen[:8000], chosen[8000:]
    keras.utils.set_random_seed(0)
    model = gated_sae.GatedSAE(input_dim=784, encoding_dim=64, aux_weight=0.1)
    rows = pixels[train].astype(np.float32) / np.float32(255)
    model.b_dec.assign(rows.mean(axis=0))
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=2e-3, beta_1=0.0))
    model.fit(rows, epochs=12, batch_size=128, verbose=0)
    codes = model.encode(pixels[shown].astype(np.float32) / np.float32(255))[0].numpy()
    top = np.argsort(codes.mean(axis=0))[::-1][:10]
    if not is_decided(codes[:, top]):
        raise SystemExit("fashion: rounding could change what is shown. Train with another seed.")
    calls = (
        ("plot_decoder_gallery", {}),
        ("plot_feature_gallery", {"top_features": 10}),
    )
    return case(
        "fashion", (28, 28), np.array(model.W_dec), codes, images=pixels[shown],
        labels=shown // PER_CLASS, class_names=CLOTHES, calls=calls, stride=5,
    )


def case(name, image_shape, weights, codes, images, labels, class_names, calls, stride):
    """A fixture without its figures."""
    return {
        "case": name,
        "image_shape": list(image_shape),
        "class_names": list(class_names),
        "labels": [int(label) for label in labels],
        "W_dec": encode_array(weights),
        "codes": encode_array(codes),
        "images": base64.b64encode(images.tobytes()).decode("ascii"),
        "figures": [
            {"function": function, "arguments": arguments, "stride": stride}
            for function, arguments in calls
        ],
    }
