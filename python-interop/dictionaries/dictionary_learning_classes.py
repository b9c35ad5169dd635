"""dictionary_learning's dictionaries, without what its __init__ imports: buffers of language models."""

import importlib.util
import sys
import types

NAME = "dictionary_learning"
if NAME not in sys.modules:
    package = types.ModuleType(NAME)
    package.__path__ = list(importlib.util.find_spec(NAME).submodule_search_locations)
    sys.modules[NAME] = package

from dictionary_learning.dictionary import (  # noqa: E402
    AutoEncoder,
    AutoEncoderNew,
    GatedAutoEncoder,
    JumpReluAutoEncoder,
)
from dictionary_learning.trainers.batch_top_k import BatchTopKSAE  # noqa: E402
from dictionary_learning.trainers.matryoshka_batch_top_k import MatryoshkaBatchTopKSAE  # noqa: E402
from dictionary_learning.trainers.top_k import AutoEncoderTopK  # noqa: E402

ALL = (
    AutoEncoder, AutoEncoderNew, GatedAutoEncoder, JumpReluAutoEncoder, AutoEncoderTopK,
    BatchTopKSAE, MatryoshkaBatchTopKSAE,
)
CLASSES = {each.__name__: each for each in ALL}
