"""The Gated SAE with SAELens's loss in Keras: gated-sae-tfjs's `GatedSAE` with `loss: 'saelens'`.

Import this module before loading a `.keras` file with a SAELensGatedSAE in it: Keras finds the class
by its registered name, `gated_sae_tfjs>SAELensGatedSAE`. Training needs Keras's TensorFlow backend.
"""

import keras
from keras import ops

from sparse_autoencoder import SparseAutoencoder


@keras.saving.register_keras_serializable(package="gated_sae_tfjs")
class SAELensGatedSAE(SparseAutoencoder):
    """A gate decides which features fire, a magnitude how much; no gradient is stopped.

        p         = (x - b_dec) @ W_gate                  [batch, encoding_dim]
        gates     = relu(p + b_gate)                      [batch, encoding_dim]
        codes     = relu(p * exp(r_mag) + b_mag) where gates > 0
        x_hat     = codes @ W_dec + b_dec                 [batch, input_dim], rows of W_dec are free
        loss      = mean |x - x_hat|^2 + lambda_sparse * mean sum(gates * |W_dec|)
                    + mean |x - gates @ W_dec - b_dec|^2

    |W_dec| are the norms of decoder rows. The loss of the paper (Rajamanoharan et al. 2024,
    arXiv:2404.16014) is that of gated-sae-tf's GatedSAE.
    """

    usual_rows = "free"

    def __init__(self, input_dim, encoding_dim, lambda_sparse=1e-3, clip_norm=1.0, **kwargs):
        if kwargs.get("decoder_rows") == "unit":
            raise ValueError('decoder_rows: expected "free", as the loss needs them; received "unit".')
        options = {"lambda_sparse": lambda_sparse}
        super().__init__(input_dim, encoding_dim, clip_norm, options, **kwargs)

    def build_encoder(self):
        """Makes the matrix and the three vectors."""
        self.W_gate = self.matrix("W_gate", self.input_dim, self.encoding_dim)
        self.b_gate = self.vector("b_gate", self.encoding_dim)
        self.r_mag = self.vector("r_mag", self.encoding_dim)
        self.b_mag = self.vector("b_mag", self.encoding_dim)

    def encode(self, x):
        """Codes [batch, encoding_dim] of x [batch, input_dim]."""
        return self.activate(x)[0]

    def activate(self, x):
        """Codes and open gates, both [batch, encoding_dim]."""
        products = self.products(x, self.W_gate)
        gates = ops.relu(products + self.b_gate)
        magnitudes = ops.relu(products * ops.exp(self.r_mag) + self.b_mag)
        return magnitudes * ops.cast(gates > 0, magnitudes.dtype), gates

    def losses_of(self, x, y):
        """The loss and its terms, scalars."""
        codes, gates = self.activate(x)
        reconstruct = self.reconstruction_loss(x, y, codes)
        sparsity = ops.mean(ops.sum(gates * ops.norm(self.W_dec, axis=1), axis=-1))
        aux = self.reconstruction_loss(x, y, gates)
        loss = reconstruct + self.lambda_sparse * sparsity + aux
        return {"loss": loss, "L_reconstruct": reconstruct, "L_sparsity": sparsity, "L_aux": aux}
