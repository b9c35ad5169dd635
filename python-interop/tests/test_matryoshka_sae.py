"""MatryoshkaSAE in Keras with prefixes that are drawn: the numbers of gated-sae-tfjs."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from matryoshka_sae import MatryoshkaSAE
from prefix_draw import drawn_prefixes, even_prefixes


def rows(count):
    return np.random.default_rng(0).normal(size=(count, 5)).astype(np.float32)


@pytest.mark.parametrize("seed, step, expected", [
    (0, 0, [1, 2, 5, 10, 6272]), (0, 1, [1, 2, 6, 133, 6272]), (1, 0, [2, 22, 648, 973, 6272])])
def test_the_numbers_are_those_of_the_other_side(seed, step, expected):
    drawn = drawn_prefixes(6272, 5, seed, tf.constant(float(step)))
    assert sorted(int(number) for number in drawn) == expected


def test_outside_of_training_they_are_spread_evenly():
    assert sorted(int(number) for number in even_prefixes(6272, 5)) == [1, 2, 6, 54, 6272]


def test_each_step_draws_anew_and_a_saved_model_goes_on(tmp_path):
    keras.utils.set_random_seed(1)
    sae = MatryoshkaSAE(5, 8, k=2, drawn_prefixes=3, prefix_seed=4)
    assert [weight.name for weight in sae.weights][-2:] == ["threshold", "draws"]
    sae.compile(optimizer=keras.optimizers.Adam(0.0))
    sae.fit(rows(12), batch_size=4, verbose=0)
    assert float(sae.draws) == 3
    sae.save(tmp_path / "sae.keras")
    again = keras.saving.load_model(tmp_path / "sae.keras")
    assert again.get_config() == sae.get_config() and float(again.draws) == 3


@pytest.mark.parametrize("options", [
    {"drawn_prefixes": 1}, {"drawn_prefixes": 9}, {"drawn_prefixes": 3, "prefixes": [2]}])
def test_options_are_checked(options):
    with pytest.raises(ValueError, match="drawn_prefixes: expected"):
        MatryoshkaSAE(5, 8, k=2, **options)
