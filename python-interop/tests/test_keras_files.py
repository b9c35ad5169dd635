"""Arrays in JSON, and how two files are compared; `check` itself is a step of npm test."""

import numpy as np
import pytest
from keras_files.arrays import decode_array, encode_array
from keras_files.compare import between


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32", "int64", "uint32"])
def test_arrays_come_back(dtype):
    values = np.arange(6).reshape(2, 3).astype(dtype)
    again = decode_array(encode_array(values))
    assert again.dtype == values.dtype and np.array_equal(again, values)


def test_bfloat16_is_its_bits():
    import ml_dtypes

    values = np.array([1.0, -2.5, 3e20], ml_dtypes.bfloat16)
    node = encode_array(values)
    assert node["dtype"] == "bfloat16"
    np.testing.assert_array_equal(decode_array(node), values.astype(np.float32))


def test_compare_sees_values_shapes_and_keys():
    one, other = (encode_array(np.array(values, np.float32)) for values in ([1, 2], [1, 2.1]))
    assert between({"a": one}, {"a": one}) is None
    assert "apart" in between({"a": one}, {"a": other})
    assert "only one has b" in between({"a": one}, {"a": one, "b": one})
    assert between({"shared_object_id": 1}, {}) is None
    assert "entries" in between([1], [1, 2])
