#!/usr/bin/env python3
"""Writes tokens of tokenizers of the three common kinds, with the texts that they are of.

    make_token_files.py make --out DIR         writes DIR/tokens.json
    make_token_files.py check --against DIR    makes it afresh and compares

tokens.json has for each of "bytes" (GPT-2's), "sentencepiece" and "wordpiece" a list of
{"tokens", "text"}: what the tokenizers of Hugging Face's `tokenizers` split a sentence into, and
what they make of it again. Each is trained here, on the sentences themselves.
"""

import json
import sys

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from fixture_script import folder_option, run

NAME = "tokens.json"
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
SENTENCES = [
    "The capital of France is Paris, and everybody understands that.",
    "Cafés are closed; the naïve reader's understanding (of 1987) isn't.",
    "Understanding is under standing:\nno more.\tNone at all!",
    "Ein Müßiggänger über Ölbäumen — 👩🏽‍🔬 日本語",
]


def of_bytes():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    return tokenizer, trainers.BpeTrainer(
        vocab_size=300, initial_alphabet=alphabet, show_progress=False
    )


def of_sentencepiece():
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    return tokenizer, trainers.BpeTrainer(
        vocab_size=340, special_tokens=["<unk>", *BYTES], limit_alphabet=40, show_progress=False
    )


def of_wordpiece():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.decoder = decoders.WordPiece(cleanup=False)
    return tokenizer, trainers.WordPieceTrainer(
        vocab_size=110, special_tokens=["[UNK]"], show_progress=False
    )


def split():
    files = {}
    for style, make in {
        "bytes": of_bytes,
        "sentencepiece": of_sentencepiece,
        "wordpiece": of_wordpiece,
    }.items():
        tokenizer, trainer = make()
        tokenizer.train_from_iterator(SENTENCES, trainer)
        encoded = [tokenizer.encode(sentence) for sentence in SENTENCES]
        files[style] = [{"tokens": e.tokens, "text": tokenizer.decode(e.ids, skip_special_tokens=False)} for e in encoded]
    return json.dumps(files, ensure_ascii=False, indent=1) + "\n"


def make(arguments):
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / NAME).write_text(split(), encoding="utf-8")


def check(arguments):
    if (arguments.against / NAME).read_text(encoding="utf-8") != split():
        sys.exit(f"{NAME} is not what tokenizers makes now.")


if __name__ == "__main__":
    run(
        __doc__,
        {
            "make": ("write the file", make, {"--out": folder_option()}),
            "check": ("make it afresh and compare", check, {"--against": folder_option()}),
        },
    )
