"""The vanilla sparse autoencoder in Keras, as `ReluSAE` of gated-sae-tfjs computes it.

Import this module before loading a `.keras` file with a ReluSAE in it: Keras finds the class by
its registered name, `gated_sae_tfjs>ReluSAE`. Training needs Keras's TensorFlow backend.
"""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="gated_sae_tfjs")
class ReluSAE(keras.Model):
    """One ReLU encoder with an L1 penalty on its codes (Bricken et al. 2023).

        xc    = x - b_dec                        [batch, input_dim]
        codes = relu(xc @ W_enc + b_enc)         [batch, encoding_dim]
        x_hat = codes @ W_dec + b_dec            [batch, input_dim], rows of W_dec have norm 1
        loss  = mean |x - x_hat|^2 + lambda_sparse * mean sum(codes)

    The weights exist from the start, in the order W_enc, b_enc, W_dec, b_dec, and so a saved file
    says the shape that it was built for, and loading it brings the optimizer's state back.
    `clip_norm` limits the norm of all gradients together; None or infinity: no limit.
    """

    def __init__(self, input_dim, encoding_dim, lambda_sparse=1e-3, clip_norm=1.0, **kwargs):
        super().__init__(**kwargs)
        self.input_dim = input_dim
        self.encoding_dim = encoding_dim
        self.lambda_sparse = lambda_sparse
        self.clip_norm = clip_norm
        self.build((None, input_dim))

    def build(self, input_shape):
        """Makes the weights, once: loading builds again what the constructor has built."""
        if self.built:
            return
        matrix, vector = self._weight_makers()
        self.W_enc = matrix("W_enc", self.input_dim, self.encoding_dim)
        self.b_enc = vector("b_enc", self.encoding_dim)
        self.W_dec = matrix("W_dec", self.encoding_dim, self.input_dim)
        self.b_dec = vector("b_dec", self.input_dim)
        self.built = True

    def _weight_makers(self):
        def matrix(name, *shape):
            return self.add_weight(name=name, shape=shape, initializer="glorot_uniform")

        def vector(name, *shape):
            return self.add_weight(name=name, shape=shape, initializer="zeros")

        return matrix, vector

    def encode(self, x):
        """Codes [batch, encoding_dim] of x [batch, input_dim]."""
        return ops.relu(ops.matmul(x - self.b_dec, self.W_enc) + self.b_enc)

    def decode(self, codes):
        """Reconstruction [batch, input_dim] from codes [batch, encoding_dim]."""
        return ops.matmul(codes, self.W_dec) + self.b_dec

    def call(self, x):
        """Reconstruction [batch, input_dim] of x."""
        return self.decode(self.encode(x))

    def compute_output_shape(self, input_shape):
        """That of the input."""
        return tuple(input_shape)

    def losses_of(self, x):
        """The loss and its terms, scalars."""
        codes = self.encode(x)
        squares = ops.square(x - self.decode(codes))
        reconstruct = ops.mean(ops.sum(squares, axis=-1))
        sparsity = ops.mean(ops.sum(codes, axis=-1))
        loss = reconstruct + self.lambda_sparse * sparsity
        return {"loss": loss, "L_reconstruct": reconstruct, "L_sparsity": sparsity}

    def train_step(self, data):
        """One step: clipped gradients, the optimizer, decoder rows back to norm 1."""
        import tensorflow as tf

        x = self._rows_of(data)
        with tf.GradientTape() as tape:
            logs = self.losses_of(x)
        variables = self.trainable_variables
        gradients = tape.gradient(logs["loss"], [variable.value for variable in variables])
        norm = tf.linalg.global_norm(gradients)
        if self.clip_norm is not None:
            gradients, _ = tf.clip_by_global_norm(gradients, self.clip_norm, use_norm=norm)
        self.optimizer.apply(gradients, variables)
        self.W_dec.assign(tf.math.l2_normalize(self.W_dec.value, axis=1))
        return logs | {"grad_norm": norm}

    def test_step(self, data):
        """The loss and its terms on a batch."""
        return self.losses_of(self._rows_of(data))

    def _rows_of(self, data):
        """x alone, where fit got (x,) or (x, y): an autoencoder's target is its input."""
        x = data[0] if isinstance(data, (tuple, list)) else data
        return ops.cast(x, self.compute_dtype)

    def get_config(self):
        """The constructor's arguments."""
        own = ("input_dim", "encoding_dim", "lambda_sparse", "clip_norm")
        return super().get_config() | {name: getattr(self, name) for name in own}
