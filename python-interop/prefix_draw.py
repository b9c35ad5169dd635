"""How many features nested dictionaries have where that is drawn: the numbers that gated-sae-tfjs draws."""

import tensorflow as tf

POWER = 0.5
RANGE = 2**31


def mixed(value):
    """One of 2^31 numbers from another, as int64, far from those of its neighbours."""
    for factor in (48271, 69621):
        shifted = tf.bitwise.bitwise_xor(value, tf.bitwise.right_shift(value, tf.constant(15, tf.int64)))
        value = shifted * factor % RANGE
    return tf.bitwise.bitwise_xor(value, tf.bitwise.right_shift(value, tf.constant(16, tf.int64)))


def distinct(shares, features):
    """So many different numbers below `features`, and itself; one that is taken gives way to the next."""
    found = []
    for share in shares:
        beyond = 1 - share * (1 - tf.constant(features, tf.float64) ** -POWER)
        count = tf.minimum(tf.cast(tf.floor(beyond ** (-1 / POWER)), tf.int64), features - 1)
        for _ in found:
            taken = tf.reduce_any([tf.equal(count, other) for other in found])
            count = tf.where(taken, count % (features - 1) + 1, count)
        found.append(count)
    return [*found, tf.constant(features, tf.int64)]


def drawn_prefixes(features, count, seed, step):
    """The numbers of features in the step of this number: `count` scalars, that of all features last."""
    start = tf.bitwise.bitwise_xor(mixed(tf.constant(seed % RANGE, tf.int64)), tf.cast(step, tf.int64))
    start = mixed(start)
    numbers = [mixed(tf.bitwise.bitwise_xor(start, tf.constant(i + 1, tf.int64))) for i in range(count - 1)]
    return distinct([tf.cast(number, tf.float64) / RANGE for number in numbers], features)


def even_prefixes(features, count):
    """The same outside of training: spread evenly over what is drawn."""
    shares = [tf.constant((i + 0.5) / (count - 1), tf.float64) for i in range(count - 1)]
    return distinct(shares, features)
