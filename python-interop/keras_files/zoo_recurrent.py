"""The newest Keras only: recurrent layers, wrappers, masks."""

import keras
import numpy as np
from keras import layers

from .recipe import Made, model_of, normal, recipe
from .zoo_spatial import each_on


@recipe()
def masking_lstm(rng):
    x = keras.Input((5, 3))
    y = layers.LSTM(4)(layers.Masking(mask_value=-1.0)(x))
    data = normal(rng, 3, 5, 3)
    data[0, 3:] = -1.0
    data[1, 0] = -1.0
    return Made(model_of(x, y, rng), [data])


@recipe()
def embedding_mask_zero(rng):
    x = keras.Input((5,), dtype="int32")
    y = layers.LSTM(3)(layers.Embedding(6, 4, mask_zero=True)(x))
    tokens = rng.integers(1, 6, (3, 5)).astype(np.int32)
    tokens[0, 2:] = 0
    return Made(model_of(x, y, rng), [tokens])


@recipe()
def embedding_options(rng):
    x = keras.Input((4,), dtype="int32")
    y = layers.Embedding(6, 3, embeddings_initializer="ones", embeddings_regularizer="l2")(x)
    model = model_of(x, layers.GlobalAveragePooling1D()(y), rng)
    return Made(model, [rng.integers(0, 6, (2, 4)).astype(np.int32)])


@recipe()
def simple_rnn_and_gru(rng):
    return each_on((4, 3), [
        layers.SimpleRNN(3),
        layers.SimpleRNN(2, activation="relu", return_sequences=True, use_bias=False),
        layers.GRU(3, reset_after=False),
        layers.GRU(2, reset_after=False, return_sequences=True, go_backwards=True),
        layers.GRU(2, reset_after=False, use_bias=False, recurrent_activation="tanh"),
    ], rng)


@recipe()
def lstm_options(rng):
    return each_on((4, 3), [
        layers.LSTM(3),
        layers.LSTM(2, return_sequences=True),
        layers.LSTM(2, go_backwards=True),
        layers.LSTM(2, unroll=True, use_bias=False),
        layers.LSTM(2, unit_forget_bias=False, activation="relu"),
    ], rng)


@recipe()
def lstm_return_state(rng):
    x = keras.Input((4, 3))
    y, h, c = layers.LSTM(3, return_sequences=True, return_state=True)(x)
    return Made(model_of(x, [y, h, c], rng), [normal(rng, 2, 4, 3)])


@recipe()
def lstm_initial_state(rng):
    x = keras.Input((4, 3))
    y, h, c = layers.LSTM(3, return_sequences=True, return_state=True)(x)
    decoded = layers.LSTM(3)(y, initial_state=[h, c])
    return Made(model_of(x, decoded, rng), [normal(rng, 2, 4, 3)])


@recipe()
def rnn_cells(rng):
    return each_on((4, 3), [
        layers.RNN(layers.LSTMCell(3)),
        layers.RNN([layers.LSTMCell(2), layers.GRUCell(3, reset_after=False)]),
        layers.RNN(layers.StackedRNNCells([layers.SimpleRNNCell(2), layers.LSTMCell(2)]),
                   return_sequences=True),
    ], rng)


@recipe()
def conv_lstm2d(rng):
    return each_on((3, 4, 4, 1), [
        layers.ConvLSTM2D(2, 2),
        layers.ConvLSTM2D(1, 3, padding="same", return_sequences=True),
    ], rng)


@recipe()
def bidirectional(rng):
    x = keras.Input((4, 3))
    y = [layers.Bidirectional(layers.LSTM(2), merge_mode=mode)(x) for mode in ("concat", "mul")]
    y += [layers.Bidirectional(layers.GRU(2, reset_after=False, return_sequences=True),
                               merge_mode=mode)(x) for mode in ("sum", "ave")]
    y += layers.Bidirectional(layers.LSTM(2), merge_mode=None)(x)
    return Made(model_of(x, y, rng), [normal(rng, 2, 4, 3)])


@recipe()
def time_distributed(rng):
    x = keras.Input((3, 4))
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(3, activation="relu")])
    y = [layers.TimeDistributed(layers.Dense(2, activation="tanh"))(x),
         layers.TimeDistributed(inner)(x)]
    return Made(model_of(x, y, rng), [normal(rng, 2, 3, 4)])
