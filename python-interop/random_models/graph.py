"""A model at random: layers on tensors that are there, shared, nested and merged."""

import math

import keras
import numpy as np
from keras import layers

from keras_files.recipe import randomize

from .layer_options import BY_RANK, embedding, encoding, simple

MOST_VALUES = 600  # of a tensor, without its batch
ROWS = 3
CATEGORIES = 5
NAMES = ["blocks.0.hook", "Layer-2", "1st", "x_again", "constructor", "toString", "kernel"]


class Graph:
    """A model as it grows."""

    def __init__(self, choice, depth=0):
        self.choice, self.depth = choice, depth
        self.inputs, self.tensors, self.made = [], [], []

    def input(self, shape=None):
        c = self.choice
        if shape is None:
            rank = c.one([1, 1, 2, 2, 3, 3, 4])
            shape = tuple(c.upto(5) for _ in range(rank))
        tensor = keras.Input(shape)
        self.inputs.append(tensor)
        self.tensors.append(tensor)
        return tensor

    def integers(self):
        """Categories, and what becomes of them."""
        c = self.choice
        tensor = keras.Input((c.upto(4),), dtype="int32")
        layer = c.one([embedding, embedding, encoding])(c, CATEGORIES)
        self.inputs.append(tensor)
        self.add(layer, tensor)

    def named(self, layer):
        """The layer; now and then by a name of its own."""
        taken = [made.name for made in self.made]
        name = self.choice.one(NAMES)
        if self.choice.chance(0.03) and name not in taken:
            layer.name = name
        return layer

    def add(self, layer, given):
        """Calls a layer; False where Keras, or the size of the result, forbids it."""
        try:
            results = layer(given)
        except Exception:  # whatever Keras has against an option and a shape
            return False
        results = results if isinstance(results, (list, tuple)) else [results]
        shapes = [result.shape[1:] for result in results]
        if any(None in shape or not 0 < math.prod(shape) <= MOST_VALUES for shape in shapes):
            return False
        self.made.append(layer)
        self.tensors += results
        return True

    def grow(self):
        """One more call of a layer."""
        step = self.choice.one([self.plain] * 7 + [self.again, self.merge, self.merge, self.nest,
                                                   self.states, self.masked])
        return step()

    def recent(self):
        """A tensor, one of the last ones rather."""
        c = self.choice
        return self.tensors[-1] if c.chance(0.5) else c.one(self.tensors)

    def plain(self):
        given = self.recent()
        if len(given.shape) not in BY_RANK or "int" in str(given.dtype):
            return False
        try:
            layer = self.choice.one(BY_RANK[len(given.shape)])(self.choice, given.shape)
        except (ValueError, TypeError):  # options that exclude each other
            return False
        return self.add(self.named(layer), given)

    def again(self):
        """A layer that was called before, on something else."""
        if not self.made:
            return False
        layer = self.choice.one(self.made)
        fitting = [one for one in self.tensors if fits(layer, one)]
        return bool(fitting) and self.add(layer, self.choice.one(fitting))

    def merge(self):
        """Two tensors or more as one."""
        c = self.choice
        first = self.recent()
        alike = [one for one in self.tensors if one.shape == first.shape]
        others = [c.one(alike) for _ in range(c.upto(3))]
        if c.chance(0.3):  # what is broadcast, or joined where they differ
            others = [c.one([one for one in self.tensors if len(one.shape) == len(first.shape)])]
        elementwise = [layers.Add, layers.Multiply, layers.Average, layers.Maximum, layers.Minimum]
        rank = len(first.shape)
        dots = [] if rank > 3 and c.chance(0.9) else [  # tfjs has none of higher ranks
            lambda: layers.Dot(axes=c.one([c.axis(rank), [c.axis(rank), c.axis(rank)]]),
                               normalize=c.chance(0.3))]
        made = c.one(dots + [
            lambda: c.one(elementwise)(), lambda: layers.Concatenate(axis=c.axis(rank)),
            lambda: layers.Concatenate(axis=c.axis(rank)),
        ])()
        given = [first, *others]
        return self.add(self.named(made), given[:2] if isinstance(made, layers.Dot) else given)

    def nest(self):
        """A model within, called once or twice."""
        if self.depth > 1:
            return False
        given = self.recent()
        inner = Graph(self.choice, self.depth + 1)
        inner.input(given.shape[1:])
        for _ in range(self.choice.upto(3)):
            inner.grow()
        model = inner.sequential() if self.choice.chance(0.3) else inner.model()
        if model is None:
            return False
        done = self.add(model, given)
        if done and self.choice.chance(0.3):
            self.add(model, given)
        return done

    def sequential(self):
        """Its layers in a row, where that is one."""
        row, shape = [keras.Input(self.inputs[0].shape[1:])], self.inputs[0].shape
        for layer in self.made:
            if isinstance(layer, keras.Model) or layer in row or not fits(layer, shape=shape):
                break
            row.append(layer)
            shape = layer.compute_output_shape(shape)
        return keras.Sequential(row) if len(row) > 1 else None

    def states(self):
        """A recurrent layer's states, which begin another's."""
        c = self.choice
        given = self.recent()
        if len(given.shape) != 3:
            return False
        units = c.upto(3)
        kind = c.one([layers.LSTM, layers.SimpleRNN])
        _, *states = first = kind(units, return_state=True)(given)
        self.tensors += first
        if c.chance(0.5):
            self.tensors.append(kind(units)(given, initial_state=list(states)))
        return True

    def masked(self):
        """A mask, and a recurrent layer that heeds it."""
        given = self.recent()
        if len(given.shape) != 3:
            return False
        c = self.choice
        masked = layers.Masking(0.0)(given)
        if c.chance(0.5):
            masked = c.one([layers.Dropout(0.2), layers.ReLU(), layers.LayerNormalization()])(masked)
        return self.add(simple(c), masked)

    def model(self):
        """The model of what there is, with some tensors as outputs; None without a layer."""
        c = self.choice
        if len(self.tensors) == len(self.inputs):
            return None
        outputs = [self.tensors[-1]]
        while c.chance(0.4) and len(outputs) < 4:
            outputs.append(c.one(self.tensors))
        inputs = used(self.inputs, outputs)
        return keras.Model(inputs, outputs if len(outputs) > 1 else outputs[0])


def fits(layer, tensor=None, shape=None):
    """Whether a layer that was called before takes this."""
    shape = tensor.shape if shape is None else shape
    try:
        calls = [node.input_tensors for node in layer._inbound_nodes]
    except AttributeError:
        return False
    return any(len(call) == 1 and call[0].shape == shape for call in calls)


def used(inputs, outputs):
    """The inputs that outputs come of."""
    seen, waiting = set(), list(outputs)
    while waiting:
        tensor = waiting.pop()
        if id(tensor) in seen:
            continue
        seen.add(id(tensor))
        operation, node, _ = tensor._keras_history
        if operation is not None:
            waiting += operation._inbound_nodes[node].input_tensors
    return [one for one in inputs if id(one) in seen]


def random_model(choice):
    """(a model with random weights, arrays that it takes)."""
    keras.backend.clear_session(free_memory=False)
    graph = Graph(choice)
    for _ in range(choice.one([1, 1, 1, 2, 3])):
        graph.input()
    if choice.chance(0.15):
        graph.integers()
    wanted = 2 + choice.upto(6)
    for _ in range(4 * wanted):
        if len(graph.tensors) - len(graph.inputs) >= wanted:
            break
        graph.grow()
    model = graph.model()
    if model is None or not model.inputs:
        return random_model(choice)
    # Its kernels may be of one value: statistics have to be such as occur.
    randomize(model, choice.rng)
    return model, [data(choice, tensor) for tensor in model.inputs]


def data(choice, tensor):
    """Rows for an input; of sequences some steps are 0, which a mask may leave out."""
    shape = (ROWS, *tensor.shape[1:])
    if "int" in str(tensor.dtype):
        return choice.rng.integers(0, CATEGORIES + 1, shape).astype(np.int32)
    values = choice.normal(shape)
    if len(shape) == 3:
        values[choice.rng.random(shape[:2]) < 0.2] = 0
    return values
