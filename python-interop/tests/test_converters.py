"""keras_to_tfjs.py, tfjs_to_keras.py and verify_round_trip.py as commands."""

import json

import keras
import numpy as np
import pytest
from conftest import FIXTURES

from keras_tfjs import to_keras, to_tfjs
from keras_tfjs.errors import Refused
from keras_tfjs.from_keras import tfjs_topology
from keras_tfjs.keras_file import read_config
from keras_tfjs.model_json import read_model

SCRIPTS = ["keras_to_tfjs.py", "tfjs_to_keras.py", "verify_round_trip.py",
           "make_keras_files.py"]
TRAINED = FIXTURES / "gsae_trained.keras"
ONLY_THE_OPTIMIZER = {  # of these the model converts, without its optimizer
    "adam_amsgrad", "adam_gradient_accumulation", "exponential_decay",
    "gsae_adam_amsgrad", "loss_from_logits", "rmsprop",
}
REFUSED = sorted((FIXTURES / "refused").glob("*.keras"))


@pytest.mark.parametrize("name", SCRIPTS)
def test_help(script, name):
    done = script(name, "--help")
    assert done.returncode == 0
    assert "usage:" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("name", SCRIPTS[:3])
def test_a_missing_file_is_wrong_usage(script, name, tmp_path):
    arguments = [tmp_path / "none.keras", tmp_path / "out.keras"]
    done = script(name, *(arguments[:1] if name == "verify_round_trip.py" else arguments))
    assert done.returncode == 2
    assert "there is none" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_no_keras_file_is_refused(script, tmp_path):
    path = tmp_path / "text.keras"
    path.write_text("hello")
    done = script("keras_to_tfjs.py", path, tmp_path / "out")
    assert done.returncode == 1
    assert "expected a .keras file, which is a ZIP archive" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_no_model_json_is_refused(script, tmp_path):
    (tmp_path / "model.json").write_text('{"format": "graph-model"}')
    done = script("tfjs_to_keras.py", tmp_path, tmp_path / "out.keras")
    assert done.returncode == 1
    assert "expected the model.json of a tfjs layers model" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_name_without_keras_is_wrong_usage(script, tmp_path):
    done = script("tfjs_to_keras.py", tmp_path, tmp_path / "out.h5")
    assert done.returncode == 2
    assert "ends in .keras" in done.stderr


def test_there_and_back_by_command(script, tmp_path):
    folder, back = tmp_path / "web" / "sae", tmp_path / "back.keras"
    assert script("keras_to_tfjs.py", TRAINED, folder).returncode == 0
    assert script("tfjs_to_keras.py", folder, back).returncode == 0
    import gated_sae  # noqa: F401

    sae = keras.saving.load_model(back)
    assert int(sae.optimizer.iterations) == 6
    content = json.loads((folder / "model.json").read_text())
    rate = content["trainingConfig"]["optimizer_config"]["config"]["learningRate"]
    assert rate["className"] == "WarmupCosineDecay"


def test_verify_says_what_it_compared(script):
    done = script("verify_round_trip.py", "--no-cli", TRAINED)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 files tried, 0 with differences; 19 arrays compared, 19 bit-identical" in done.stdout


def test_no_optimizer(tmp_path):
    to_tfjs.convert(TRAINED, tmp_path, with_optimizer=False)
    _, training, weights, state = read_model(tmp_path)
    assert training is None and state == {} and len(weights) == 6


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.stem)
def test_refused(path, tmp_path, capsys):
    if path.stem in ONLY_THE_OPTIMIZER:
        to_tfjs.convert(path, tmp_path)
        assert "The model is written without its optimizer." in capsys.readouterr().err
        assert read_model(tmp_path)[1] is None
    else:
        with pytest.raises(Refused, match="; received "):
            to_tfjs.convert(path, tmp_path)


def calls_in(name):
    """{layer: the tensors that go into its calls} as tfjs gets them."""
    layers = tfjs_topology(read_config(FIXTURES / f"{name}.keras"))["config"]["layers"]
    return {layer["name"]: [[tuple(end[:3]) for end in call] for call in layer["inbound_nodes"]]
            for layer in layers}


def test_what_a_layer_takes_twice_beside_others_is_another_tensor_each_time():
    calls = calls_in("tensor_taken_twice")
    (add,) = calls["add"]
    assert len(set(add)) == 3
    first, *others = add
    assert all(calls[name] == [[first]] for name, *_ in others)
    (joined,) = calls["concatenate"]
    assert len(set(joined)) == 4


def test_an_output_and_the_same_state_are_one_tensor():
    (maximum,) = calls_in("output_and_state")["maximum"]
    (again,) = calls_in("output_and_state")["lstm_1"]
    last = ("lstm", 0, 0)
    assert last in maximum and last in again and ("lstm", 0, 1) not in again


def test_python_reads_what_tfjs_saves(tmp_path):
    """A dictionary's layer among others, as tfjs-layers 4.22 writes it."""
    rng = np.random.default_rng(0)
    shapes = {"d/kernel": (3, 4), "d/bias": (4,), "s/W_enc": (4, 5), "s/b_enc": (5,),
              "s/W_dec": (5, 4), "s/b_dec": (4,)}
    arrays = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    layers = [
        {"class_name": "Dense", "config": {
            "units": 4, "activation": "swish", "use_bias": True, "name": "d", "trainable": True,
            "kernel_initializer": {"class_name": "LeCunNormal", "config": {"seed": None}},
            "kernel_constraint": None, "batch_input_shape": [None, 3], "dtype": "float32"}},
        {"class_name": "ReluSAELayer", "config": {
            "name": "s", "trainable": True, "encoding_dim": 5, "returns": "reconstruction",
            "lambda_sparse": 0.01}},
    ]
    from keras_tfjs.model_json import write_model

    topology = {"class_name": "Sequential", "config": {"name": "web", "layers": layers}}
    write_model(tmp_path, topology, arrays)
    to_keras.convert(tmp_path, tmp_path / "web.keras")
    model = keras.saving.load_model(tmp_path / "web.keras")
    assert model.layers[1].lambda_sparse == 0.01
    x = rng.normal(size=(2, 3)).astype(np.float32)
    h = x @ arrays["d/kernel"] + arrays["d/bias"]
    h = h / (1 + np.exp(-h))
    codes = np.maximum((h - arrays["s/b_dec"]) @ arrays["s/W_enc"] + arrays["s/b_enc"], 0)
    expected = codes @ arrays["s/W_dec"] + arrays["s/b_dec"]
    np.testing.assert_allclose(model(x).numpy(), expected, atol=1e-5)


def test_codes_cannot_be_what_python_hands_on(tmp_path):
    from keras_tfjs.model_json import write_model

    layer = {"class_name": "GatedSAELayer", "config": {
        "name": "s", "encoding_dim": 5, "returns": "codes", "batch_input_shape": [None, 4]}}
    topology = {"class_name": "Sequential", "config": {"name": "web", "layers": [layer]}}
    write_model(tmp_path, topology, {"s/b_dec": np.zeros(4)})
    with pytest.raises(Refused, match="Python's GatedSAE hands its reconstruction on"):
        to_keras.convert(tmp_path, tmp_path / "web.keras")


def test_weights_outside_the_folder_are_refused(tmp_path):
    content = {"format": "layers-model", "modelTopology": {"class_name": "Sequential"},
               "weightsManifest": [{"paths": ["../secret"], "weights": []}]}
    (tmp_path / "model.json").write_text(json.dumps(content))
    with pytest.raises(Refused, match="inside the folder"):
        read_model(tmp_path)
