"""Tensors that come more than once where tfjs would lose count, as ../../src/io/keras/repeats.ts has
them.

A graph is the calls of each layer, (layer, call, tensor) for each that goes in, and its ends.
"""


def without_twins(nodes, outputs, last_only):
    """Takes the first state of recurrent layers for their output, where a graph has both.

    tfjs has one tensor for the two, and frees it when either has been used. `last_only` are the
    names of layers that put out their last step, and then their states.
    """
    taken = [end for calls in nodes for call in calls for end in call]
    both = {end for end in taken + outputs if end[2] == 0}

    def one(end):
        output = (*end[:2], 0)
        return output if end[2] == 1 and end[0] in last_only and output in both else end

    nodes = [[[one(end) for end in call] for call in calls] for calls in nodes]
    return nodes, [one(end) for end in outputs]


def without_repeats(names, nodes, inputs, outputs):
    """(nodes, outputs, {layer: tensor that it hands on}): each further time is another tensor.

    That goes for outputs, of which tfjs's predict has a result for the first time alone, and for
    what a layer takes more than once and others take as well, which tfjs frees too early.
    """
    takers = [end for calls in nodes for call in calls for end in set(call)]
    ends, again = {*inputs, *outputs}, {}

    def copy(end, time):
        if time == 0:
            return end
        if (end, time) not in again:
            taken = {*names, *again.values()}
            name, at = f"{end[0]}_again", 2
            while name in taken:
                name, at = f"{end[0]}_again_{at}", at + 1
            again[end, time] = name
        return (again[end, time], 0, 0)

    def is_freed(end):  # inputs and outputs never are
        return end not in ends and takers.count(end) > 1

    nodes = [[[copy(end, call[:at].count(end)) if is_freed(end) else end
               for at, end in enumerate(call)] for call in calls] for calls in nodes]
    outputs = [copy(end, outputs[:at].count(end)) for at, end in enumerate(outputs)]
    return nodes, outputs, {name: end for (end, _), name in again.items()}
