"""What the sparse autoencoders of gated-sae-tfjs share in Keras: weights, decoder and training.

Training needs Keras's TensorFlow backend.
"""

import keras
from keras import ops


class SparseAutoencoder(keras.Model):
    """A dictionary with one encoder; a subclass says how its codes come about, and what its loss is.

        codes = encode(x)                        [batch, encoding_dim]
        x_hat = codes @ W_dec + b_dec            [batch, input_dim], rows of W_dec have norm 1

    The weights exist from the start, in the order W_enc, b_enc, further vectors, W_dec, b_dec, W_skip,
    and so a saved file says the shape that it was built for, and loading it brings the optimizer's
    state back. `clip_norm` limits the norm of all gradients together; None or infinity: no limit.
    `options` are those of the subclass, by their names.

    With `output_dim` or `skip` it is a transcoder. It is trained on targets of width `output_dim`, by
    default `input_dim`, does not take b_dec from its input, and with `skip` adds x @ W_skip to x_hat.
    """

    def __init__(self, input_dim, encoding_dim, clip_norm, options, output_dim=None, skip=False,
                 **kwargs):
        super().__init__(**kwargs)
        own = {"input_dim": input_dim, "encoding_dim": encoding_dim, **options, "clip_norm": clip_norm}
        own |= {} if output_dim is None else {"output_dim": output_dim}
        own |= {"skip": True} if skip else {}
        self._own = tuple(own)
        self.output_dim, self.skip = input_dim, False
        for name, value in own.items():
            setattr(self, name, value)
        self.is_transcoder = skip or output_dim is not None
        self.build((None, input_dim))

    def build(self, input_shape):
        """Makes the weights, once: loading builds again what the constructor has built."""
        if self.built:
            return
        self.build_encoder()
        self.W_dec = self.matrix("W_dec", self.encoding_dim, self.output_dim)
        self.b_dec = self.vector("b_dec", self.output_dim)
        if self.skip:
            shape = (self.input_dim, self.output_dim)
            self.W_skip = self.add_weight(name="W_skip", shape=shape, initializer="zeros")
        self.built = True

    def build_encoder(self):
        """Makes the encoder's matrix and its vectors."""
        self.W_enc = self.matrix("W_enc", self.input_dim, self.encoding_dim)
        self.b_enc = self.vector("b_enc", self.encoding_dim)
        self.build_more()

    def build_more(self):
        """Makes the encoder's further vectors."""

    def matrix(self, name, *shape):
        return self.add_weight(name=name, shape=shape, initializer="glorot_uniform")

    def vector(self, name, size, start=0.0):
        initializer = keras.initializers.Constant(start)
        return self.add_weight(name=name, shape=(size,), initializer=initializer)

    def products(self, x, matrix):
        """What the encoder's matrix makes of rows, an autoencoder's less b_dec, [batch, encoding_dim]."""
        return ops.matmul(x if self.is_transcoder else x - self.b_dec, matrix)

    def pre_activations(self, x):
        """What the encoder comes to before its activation, [batch, encoding_dim]."""
        return self.products(x, self.W_enc) + self.b_enc

    def encode(self, x):
        """Codes [batch, encoding_dim] of x [batch, input_dim]."""
        raise NotImplementedError

    def losses_of(self, x, y):
        """The loss of x against the target y, an autoencoder's x itself, and its terms: scalars."""
        raise NotImplementedError

    def decode(self, codes):
        """Reconstruction [batch, output_dim] from codes [batch, encoding_dim], without the skip."""
        return ops.matmul(codes, self.W_dec) + self.b_dec

    def reconstruct(self, x, codes):
        """Reconstruction [batch, output_dim] of x by its codes, and by the skip where there is one."""
        decoded = self.decode(codes)
        return decoded + ops.matmul(x, self.W_skip) if self.skip else decoded

    def call(self, x):
        """Reconstruction [batch, output_dim] of x."""
        return self.reconstruct(x, self.encode(x))

    def compute_output_shape(self, input_shape):
        """That of the input, with the width of the output."""
        return (*input_shape[:-1], self.output_dim)

    def reconstruction_loss(self, x, y, codes):
        """The squared error of a row, the mean of all."""
        return ops.mean(ops.sum(ops.square(y - self.reconstruct(x, codes)), axis=-1))

    def train_step(self, data):
        """One step: clipped gradients, the optimizer, weights back to where they may be."""
        import tensorflow as tf

        x, y = self._rows_of(data)
        with tf.GradientTape() as tape:
            logs = self.losses_of(x, y)
        variables = self.trainable_variables
        gradients = tape.gradient(logs["loss"], [variable.value for variable in variables])
        norm = tf.linalg.global_norm(gradients)
        if self.clip_norm is not None:
            gradients, _ = tf.clip_by_global_norm(gradients, self.clip_norm, use_norm=norm)
        self.optimizer.apply(gradients, variables)
        self.project()
        return logs | {"grad_norm": norm}

    def project(self):
        """Brings decoder rows back to norm 1 after a step."""
        import tensorflow as tf

        self.W_dec.assign(tf.math.l2_normalize(self.W_dec.value, axis=1))

    def test_step(self, data):
        """The loss and its terms on a batch."""
        return self.losses_of(*self._rows_of(data))

    def _rows_of(self, data):
        """x and its target, from x, (x,) or (x, y): an autoencoder's is x, whatever y is."""
        x, *targets = data if isinstance(data, (tuple, list)) else (data,)
        x = ops.cast(x, self.compute_dtype)
        if not self.is_transcoder:
            return x, x
        if not targets or targets[0] is None:
            raise ValueError("A transcoder needs a target beside its rows: fit(x, y).")
        return x, ops.cast(targets[0], self.compute_dtype)

    def get_config(self):
        """The constructor's arguments."""
        return super().get_config() | {name: getattr(self, name) for name in self._own}
