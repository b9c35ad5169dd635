"""What can be foreseen to go wrong, with the texts that say so."""

import json


class Refused(Exception):
    """The input is damaged, or holds what the other side lacks. Exit status 1."""


class Misused(Exception):
    """The command line asks for what is not there. Exit status 2."""


def show(value):
    """A value as it stands in a message."""
    text = json.dumps(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def no_option(where, option, value, advice):
    """An option, or a value of one, that one side lacks."""
    return Refused(
        f"expected options of {where} that Keras and tfjs-layers share; "
        f"received {option} = {show(value)}. {advice}"
    )


def no_class(kind, received, advice):
    """A class that one side lacks."""
    return Refused(
        f"expected {kind} that Keras and tfjs-layers share; received {received}. {advice}"
    )


def damaged(what, expected, received):
    """Content that the format does not have there."""
    return Refused(f"expected {what} to be {expected}; received {show(received)}. Save it again.")
