"""WarmupLinearDecay in Keras: the rates of the peers' own schedules, and that it is saved."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest

from warmup_linear_decay import WarmupLinearDecay

PEERS = Path(__file__).parents[2] / "test" / "parity" / "fixtures" / "peers" / "schedules.json"
RECORD = json.loads(PEERS.read_text("utf-8"))


@pytest.mark.parametrize("run", RECORD["rates"], ids=lambda run: f"{run['warmup_steps']}")
def test_rates_are_those_of_the_peers(run):
    peak, warmup, decay, total = (
        RECORD["peak_lr"], run["warmup_steps"], run["decay_steps"], run["total_steps"])
    dictionary_learning = WarmupLinearDecay(peak, warmup, decay, total)
    sae_lens = WarmupLinearDecay(peak, max(0, warmup - 1), decay, total, peak / max(1, warmup))
    for schedule, name in ((dictionary_learning, "dictionary_learning"), (sae_lens, "sae_lens")):
        rates = [float(schedule(step)) for step in range(len(run[name]))]
        np.testing.assert_allclose(rates, run[name], rtol=0, atol=2e-7 * peak)


def test_comes_back_from_its_config_by_its_registered_name():
    schedule = WarmupLinearDecay(1e-3, 2, 3, 9, 1e-4)
    assert keras.saving.get_registered_name(WarmupLinearDecay) == "gated_sae_tfjs>WarmupLinearDecay"
    optimizer = keras.optimizers.Adam(schedule)
    again = keras.optimizers.Adam.from_config(optimizer.get_config())
    assert again._learning_rate.get_config() == schedule.get_config()


def test_more_steps_at_the_ends_than_altogether_are_refused():
    with pytest.raises(ValueError, match="total_steps: expected at least 5"):
        WarmupLinearDecay(1e-3, 2, 3, 4)
