"""What the sparse autoencoders of gated-sae-tfjs share in Keras: weights, decoder and training.

Training needs Keras's TensorFlow backend.
"""

import keras
from keras import ops


NORMALIZATIONS = ("none", "mean-norm", "layer-norm", "constant")


class SparseAutoencoder(keras.Model):
    """A dictionary with one encoder; a subclass says how its codes come about, and what its loss is.

        codes = encode(x)                        [batch, encoding_dim]
        x_hat = codes @ W_dec + b_dec            [batch, input_dim]

    The weights exist from the start, in the order W_enc, b_enc, further vectors, W_dec, b_dec, W_skip,
    and so a saved file says the shape that it was built for, and loading it brings the optimizer's
    state back. `clip_norm` limits the norm of all gradients together; None or infinity: no limit.
    `options` are those of the subclass, by their names.

    With `output_dim` or `skip` it is a transcoder. It is trained on targets of width `output_dim`, by
    default `input_dim`, does not take b_dec from its input, and with `skip` adds x @ W_skip to x_hat.

    With `aux_k`, features that have not fired in `dead_after` rows of training reconstruct what the
    others have left of a row, the `aux_k` largest of them: `revival_loss`, weighed by `aux_k_weight`.
    The weight `since_fired`, the last one, counts those rows; with `watches_dead`, which a subclass
    says whose loss is of dead features, it does so without a revival too. So it does with
    `resample_every`, after how many steps gated-sae-tfjs gives dead features new weights; training here
    keeps the option and the count, and resamples nothing.

    `decoder_rows` says whether rows of W_dec are brought back to norm 1 after each step, "unit", or are
    "free"; None for `usual_rows`. With `project_gradient` the gradient of each unit row loses its part
    along the row, before it is clipped.

    `normalize` says how rows are scaled before the encoder sees them, and reconstructions brought back:
    "mean-norm" by the weight `scale`, the last one, so that the mean L2 norm of training's rows is
    sqrt(input_dim); "layer-norm" each row by its mean and standard deviation; "constant" each row to
    that norm. The loss is of normalised rows.

    With `centred=False` an autoencoder does not take b_dec from its rows before it encodes them.
    """

    usual_rows = "unit"

    def __init__(self, input_dim, encoding_dim, clip_norm, options, output_dim=None, skip=False,
                 aux_k=0, aux_k_weight=1 / 32, dead_after=50_000, decoder_rows=None,
                 project_gradient=False, normalize="none", watches_dead=False, resample_every=0,
                 centred=True,
                 **kwargs):
        if decoder_rows not in (None, "unit", "free"):
            raise ValueError(f'decoder_rows: expected "unit" or "free"; received {decoder_rows!r}.')
        if project_gradient and (decoder_rows or self.usual_rows) == "free":
            raise ValueError("project_gradient: expected unit decoder rows; received free ones.")
        if normalize not in NORMALIZATIONS:
            raise ValueError(f"normalize: expected one of {NORMALIZATIONS}; received {normalize!r}.")
        if normalize != "none" and (skip or output_dim is not None):
            raise ValueError(f'normalize: expected "none" of a transcoder; received {normalize!r}.')
        super().__init__(**kwargs)
        own = {"input_dim": input_dim, "encoding_dim": encoding_dim, **options, "clip_norm": clip_norm}
        own |= {} if output_dim is None else {"output_dim": output_dim}
        own |= {"skip": True} if skip else {}
        revival = {"aux_k": aux_k, "aux_k_weight": aux_k_weight, "dead_after": dead_after}
        own |= {"dead_after": dead_after} if watches_dead or resample_every else {}
        own |= {"resample_every": resample_every} if resample_every else {}
        own |= revival if aux_k else {}
        own |= {} if decoder_rows in (None, self.usual_rows) else {"decoder_rows": decoder_rows}
        own |= {"project_gradient": True} if project_gradient else {}
        own |= {} if normalize == "none" else {"normalize": normalize}
        own |= {} if centred else {"centred": False}
        self._own = tuple(own)
        self.normalize = normalize
        self.output_dim, self.skip, self.aux_k, self.decoder_rows = input_dim, False, 0, self.usual_rows
        self.project_gradient, self.centred = False, True
        self.counts_rows = watches_dead or aux_k > 0 or resample_every > 0
        for name, value in own.items():
            setattr(self, name, value)
        self.is_transcoder = skip or output_dim is not None
        self.is_centred = centred and not self.is_transcoder
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
        self.build_states()
        if self.counts_rows:
            self.since_fired = self.state("since_fired", (self.encoding_dim,))
        if self.normalize == "mean-norm":
            self.scale = self.state("scale")
        self.built = True

    def build_encoder(self):
        """Makes the encoder's matrix and its vectors."""
        self.W_enc = self.matrix("W_enc", self.input_dim, self.encoding_dim)
        self.b_enc = self.vector("b_enc", self.encoding_dim)
        self.build_more()

    def build_more(self):
        """Makes the encoder's further vectors."""

    def build_states(self):
        """Makes what is learnt without a gradient."""

    def state(self, name, shape=()):
        return self.add_weight(name=name, shape=shape, initializer="zeros", trainable=False)

    def matrix(self, name, *shape):
        return self.add_weight(name=name, shape=shape, initializer="glorot_uniform")

    def vector(self, name, size, start=0.0):
        initializer = keras.initializers.Constant(start)
        return self.add_weight(name=name, shape=(size,), initializer=initializer)

    def frame_of(self, x):
        """How x [batch, input_dim] is normalised: shift, factor, and the factor of the way back."""
        if self.normalize == "none":
            return 0.0, 1.0, 1.0
        if self.normalize == "mean-norm":
            return 0.0, self.known_scale(), 1 / self.known_scale()
        if self.normalize == "constant":
            back = norms_of(x) / self.input_dim**0.5
            return 0.0, 1 / back, back
        mean = ops.mean(x, axis=-1, keepdims=True)
        deviation = norms_of(x - mean) / max(1, self.input_dim - 1) ** 0.5
        return mean, 1 / (deviation + 1e-5), deviation

    def known_scale(self):
        """The scale of mean norm; 1 before it is learnt."""
        return ops.where(self.scale > 0, self.scale, 1.0)

    def learn_scale(self, x):
        """Learns the scale of mean norm from x [batch, input_dim], where it is not learnt before."""
        if self.normalize == "mean-norm":
            scale = self.input_dim**0.5 / ops.mean(norms_of(x))
            self.scale.assign(ops.where(self.scale > 0, self.scale, scale))

    def normalized(self, x, rows=None):
        """x, or other rows as x is, normalised."""
        if self.normalize == "none":
            return x if rows is None else rows
        shift, factor, _ = self.frame_of(x)
        return ((x if rows is None else rows) - shift) * factor

    def products(self, x, matrix):
        """What the encoder's matrix makes of rows, an autoencoder's less b_dec, [batch, encoding_dim]."""
        rows = x if self.is_transcoder else self.normalized(x)
        return ops.matmul(rows - self.b_dec if self.is_centred else rows, matrix)

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
        """Reconstruction [batch, output_dim] from codes [batch, encoding_dim], without the skip.

        Rows that are each normalised by itself are not brought back."""
        decoded = ops.matmul(codes, self.W_dec) + self.b_dec
        return decoded / self.known_scale() if self.normalize == "mean-norm" else decoded

    def reconstruct(self, x, codes):
        """Reconstruction [batch, output_dim] of x by its codes, and by the skip where there is one."""
        decoded = self.decode_normalized(x, codes)
        if self.normalize == "none":
            return decoded
        shift, _, back = self.frame_of(x)
        return decoded * back + shift

    def decode_normalized(self, x, codes):
        """What codes of x make of it, normalised, and the skip where there is one."""
        decoded = ops.matmul(codes, self.W_dec) + self.b_dec
        return decoded + ops.matmul(x, self.W_skip) if self.skip else decoded

    def call(self, x):
        """Reconstruction [batch, output_dim] of x."""
        return self.reconstruct(x, self.encode(x))

    def compute_output_shape(self, input_shape):
        """That of the input, with the width of the output."""
        return (*input_shape[:-1], self.output_dim)

    def reconstruction_loss(self, x, y, codes):
        """The squared error of a row, normalised, the mean of all."""
        error = self.normalized(x, y) - self.decode_normalized(x, codes)
        return ops.mean(ops.sum(ops.square(error), axis=-1))

    def train_step(self, data):
        """One step: clipped gradients, the optimizer, weights back to where they may be."""
        import tensorflow as tf

        x, y = self._rows_of(data)
        self.learn_scale(x)
        with tf.GradientTape() as tape:
            codes, logs = self.training_pass(x, y)
            if self.aux_k:
                revival = self.revival_loss(x, y, codes)
                loss = logs["loss"] + self.aux_k_weight * revival
                logs = logs | {"loss": loss, "L_auxk": revival}
        variables = self.trainable_variables
        gradients = tape.gradient(logs["loss"], [variable.value for variable in variables])
        if self.project_gradient:
            gradients = [self.across_rows(gradient) if variable is self.W_dec else gradient
                         for gradient, variable in zip(gradients, variables)]
        norm = tf.linalg.global_norm(gradients)
        if self.clip_norm is not None:
            gradients, _ = tf.clip_by_global_norm(gradients, self.clip_norm, use_norm=norm)
        self.update(gradients, variables)
        self.learn(codes)
        if self.counts_rows:
            fired = ops.any(codes > 0, axis=0)
            since = self.since_fired + ops.cast(ops.shape(codes)[0], "float32")
            self.since_fired.assign(ops.where(fired, 0.0, since))
        return logs | {"grad_norm": norm}

    def update(self, gradients, variables):
        """One step of the optimizer, and weights back to where they may be.

        Its moving averages, where it keeps some, are of weights as the step leaves them.
        """
        optimizer = self.optimizer
        averages = getattr(optimizer, "use_ema", False)
        if averages and not optimizer.built:
            optimizer.build(variables)
        kept = optimizer.ema_momentum * ops.cast(optimizer.iterations > 0, "float32") if averages else 0
        optimizer.use_ema = False
        optimizer.apply(gradients, variables)
        optimizer.use_ema = averages
        self.project()
        if not averages:
            return
        frequency = optimizer.ema_overwrite_frequency
        for variable, average in zip(variables, optimizer._model_variables_moving_average):
            average.assign(kept * average + (1 - kept) * variable)
            if frequency:
                due = optimizer.iterations % frequency == 0
                variable.assign(ops.where(due, average, variable))
        if frequency:
            self.project()

    def across_rows(self, gradient):
        """What of the gradient of each decoder row is at right angles to the row."""
        along = ops.sum(gradient * self.W_dec, axis=1, keepdims=True)
        squared = ops.sum(ops.square(self.W_dec), axis=1, keepdims=True)
        return gradient - self.W_dec * (along / ops.maximum(squared, 2.0**-126))

    def training_pass(self, x, y):
        """The codes of a step's batch, and the loss with its terms."""
        return self.encode(x), self.losses_of(x, y)

    def learn(self, codes):
        """Learns what has no gradient from the codes of a step, after it."""

    def dead(self):
        """1 for each feature that is dead, [encoding_dim]."""
        return ops.cast(self.since_fired >= self.dead_after, "float32")

    def revival_loss(self, x, y, codes):
        """What dead features leave of the error, as a share of its variance; 0 where none is dead."""
        dead = self.dead()
        z = ops.relu(self.pre_activations(x)) * dead
        chosen = largest_of_rows(z, min(self.aux_k, self.encoding_dim))
        error = ops.stop_gradient(self.decode_normalized(x, codes) - self.normalized(x, y))
        left = ops.matmul(z * ops.cast(chosen, z.dtype), self.W_dec) + error
        spread = ops.mean(ops.sum(ops.square(error - ops.mean(error, axis=0)), axis=-1))
        share = ops.mean(ops.sum(ops.square(left), axis=-1)) / ops.maximum(spread, 1e-38)
        return ops.where(ops.logical_and(ops.any(dead > 0), spread > 0), share, 0.0)

    def project(self):
        """Brings decoder rows back to norm 1 after a step, unless they are free."""
        import tensorflow as tf

        if self.decoder_rows == "free":
            return
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


def norms_of(x):
    """The L2 norms of rows, [batch, 1]; with a gradient of rows of zeros too."""
    return ops.sqrt(ops.maximum(ops.sum(ops.square(x), axis=-1, keepdims=True), 1e-30))


def largest_of_rows(x, count):
    """Which of x [batch, features] are among the `count` largest of their row; of equal ones the first."""
    least = ops.top_k(x, count)[0][:, -1:]
    above = x > least
    equal = ops.cast(x == least, "int32")
    places = count - ops.sum(ops.cast(above, "int32"), axis=-1, keepdims=True)
    first = ops.cumsum(equal, axis=-1) <= places
    return ops.logical_or(above, ops.logical_and(equal > 0, first))
