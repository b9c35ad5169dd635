"""Small Keras models at random, over every layer that src/io/keras/layers.json knows."""
