"""Choices that follow from a seed."""

import numpy as np


class Choice:
    """Random numbers of one model."""

    def __init__(self, *seed):
        self.rng = np.random.default_rng(seed)

    def one(self, options):
        """One of several."""
        return options[int(self.rng.integers(len(options)))]

    def upto(self, most):
        """From 1 to `most`."""
        return int(self.rng.integers(1, most + 1))

    def chance(self, share):
        """True in that share of the cases."""
        return bool(self.rng.random() < share)

    def rarely(self, odd, usual, share=0.03):
        """What tfjs may refuse, now and then."""
        return odd if self.chance(share) else usual

    def some(self, **options):
        """Each option in half of the cases: {name: a function that chooses its value}."""
        return {name: make() for name, make in options.items() if self.chance(0.5)}

    def axis(self, rank):
        """An axis but the batch's, from either end."""
        axis = self.upto(rank - 1)
        return axis - rank if self.chance(0.5) else axis

    def axes(self, rank):
        """Several of them."""
        count = self.upto(rank - 1)
        axes = self.rng.permutation(np.arange(1, rank))[:count]
        return [int(axis) - (rank if self.chance(0.5) else 0) for axis in axes]

    def normal(self, shape):
        return self.rng.normal(size=shape).astype(np.float32)
