#!/usr/bin/env python3
"""One training step of gated-sae-tf under Keras, for `npm run bench`."""

import gated_sae
import keras
import tensorflow as tf
from answers import greet, parse_arguments, serve
from state import WEIGHT_NAMES, State


def main():
    arguments = parse_arguments(__doc__)
    tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
    tf.config.threading.set_inter_op_parallelism_threads(arguments.threads)
    greet(
        TensorFlow=tf.__version__,
        Keras=keras.__version__,
        **{"gated-sae-tf": gated_sae.__version__},
    )
    state = State(arguments.state)
    model = make_model(state, arguments.jit)
    x = tf.constant(state.array("x"))
    serve(lambda: float(model.train_on_batch(x, return_dict=True)["loss"]))


def make_model(state, jit):
    """A compiled GatedSAE with the state's weights."""
    recipe = state.recipe
    model = gated_sae.GatedSAE(
        state.input_dim,
        state.features,
        lambda_sparse=recipe["lambdaSparse"],
        aux_weight=recipe["auxWeight"],
        clip_norm=recipe["clipNorm"],
    )
    adam = keras.optimizers.Adam(
        learning_rate=recipe["learningRate"],
        beta_1=recipe["beta1"],
        beta_2=recipe["beta2"],
        epsilon=recipe["epsilon"],
    )
    model.compile(optimizer=adam, jit_compile=jit)
    for name in WEIGHT_NAMES:
        getattr(model, name).assign(state.array(name))
    return model


if __name__ == "__main__":
    main()
