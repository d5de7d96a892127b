"""Say what a text is about: a label, how sure, by which words. Needs a model file and numpy alone."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.texts.grams import BLOCKS, LONGEST_WORD, plain

FORMAT = "sidan-texts-1"
SHOWN = 6
"""Words told with a label."""
_SATURATION, _LENGTH = 1.2, 0.5
"""BM25: a word said thrice is not thrice the evidence, and a long text has more of everything."""

_OF_WORDS = np.array([block.words for block in BLOCKS])

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


class BadModel(Exception):
    """The file is no model of ours; the message says why."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A label, its probability, the words that speak for it, strongest first."""

    label: str
    confidence: float
    words: tuple[str, ...]


@dataclass(frozen=True)
class Vocabulary:
    """Every run of characters that was learnt: its block, how rare it is; and each block's mean length of a text."""

    grams: Sequence[str]
    block: NDArray[np.int8]
    rarity: Floats
    average: Floats
    _tables: tuple[dict[str, list[int]], dict[str, list[int]]] = field(init=False, repr=False)
    """For whole texts and for headlines: run -> its features."""

    def __post_init__(self) -> None:
        tables: tuple[dict[str, list[int]], dict[str, list[int]]] = ({}, {})
        for at, (gram, block) in enumerate(zip(self.grams, self.block.tolist(), strict=True)):
            tables[BLOCKS[block].headline].setdefault(gram, []).append(at)
        object.__setattr__(self, "_tables", tables)

    def count(self, headline: str, text: str) -> tuple[Places, NDArray[np.int64]]:
        """Return which features a text has, and how often each."""
        top = plain(headline)
        whole, heads = self._tables
        found = _found(f"{top} {plain(text)}", whole) + _found(top, heads)
        return np.unique(np.array(found, dtype=np.intp), return_counts=True)

    def weigh(self, headline: str, text: str) -> tuple[Places, Floats]:
        """Return which features a text has, and their weights; those of a block have length 1 together."""
        features, times = self.count(headline, text)
        return features, weigh(self.block[features], times, self.rarity[features], self.average)


def weigh(block: NDArray[np.int8], times: NDArray[Any], rarity: Floats, average: Floats, text: Any = 0) -> Floats:
    """Return the weights of counted features; `text` is the number of the text that each stands in."""
    part = block + text * np.intp(len(BLOCKS))
    length = np.bincount(part, times)
    share = 1 - _LENGTH + _LENGTH * length[part] / average[block]
    weights = rarity * times * (_SATURATION + 1) / (times + _SATURATION * share)
    return np.asarray(weights / np.sqrt(np.bincount(part, weights * weights))[part])


def _found(text: str, table: Mapping[str, list[int]]) -> list[int]:
    found: list[int] = []
    known = table.get
    for length in range(1, LONGEST_WORD + 1):
        for at in range(len(text) - length + 1):
            features = known(text[at : at + length])
            if features:
                found += features
    return found


class Classifier:
    """A trained model: linear, so that every word's part in a label can be told."""

    def __init__(
        self, labels: Sequence[str], vocabulary: Vocabulary, weights: NDArray[Any], bias: NDArray[Any],
        doubt: float, about: Mapping[str, Any], version: str = "",
    ) -> None:  # fmt: skip
        self.labels, self.vocabulary, self.weights, self.bias = tuple(labels), vocabulary, weights, bias
        self.doubt, self.about, self.version = doubt, dict(about), version

    def read(self, headline: str, text: str, most: int = 1) -> tuple[Reading, ...]:
        """Return the likeliest labels, best first, with calibrated confidence (0..1, all labels together 1)."""
        features, weights = self.vocabulary.weigh(headline, text)
        chances = probabilities((weights @ self.weights[features] + self.bias)[None, :], self.doubt)[0]
        best = np.argsort(-chances, kind="stable")[:most]
        return tuple(
            Reading(self.labels[label], float(chances[label]), self._words(features, weights, label)) for label in best
        )

    def _words(self, features: Places, weights: Floats, label: np.intp) -> tuple[str, ...]:
        """Return dictionary words alone: nothing that merely stood next to each other, and no name of a person's."""
        words = _OF_WORDS[self.vocabulary.block[features]]
        parts = weights[words] * self.weights[features[words], label]
        said: dict[str, float] = {}
        for at in np.argsort(-parts, kind="stable")[: 4 * SHOWN]:
            word = self.vocabulary.grams[features[words][at]]
            said[word] = said.get(word, 0.0) + float(parts[at])
        shown: list[str] = []
        for word in sorted((w for w, part in said.items() if part > 0), key=lambda w: (-said[w], w)):
            if not any(word in other or other in word for other in shown):
                shown.append(word)
        return tuple(shown[:SHOWN])

    def save(self, path: Path) -> None:
        """Write the model as a file of plain arrays (npz), whole or not at all."""
        into = BytesIO()
        np.savez_compressed(
            into, format=np.array(FORMAT), labels=np.array(self.labels), grams=np.array(self.vocabulary.grams),
            block=self.vocabulary.block, rarity=self.vocabulary.rarity.astype(np.float32),
            average=self.vocabulary.average, weights=self.weights.astype(np.float32),
            bias=self.bias.astype(np.float32), doubt=np.array(self.doubt),
            about=np.array(json.dumps(self.about, ensure_ascii=False)),
        )  # fmt: skip
        beside = path.with_name(f".{path.name}.part")
        beside.write_bytes(into.getvalue())
        beside.replace(path)


def probabilities(scores: Floats, doubt: float) -> Floats:
    """Return probabilities of scores, row by row; `doubt` is the share that goes to all labels alike."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray((1 - doubt) * powers / powers.sum(axis=1, keepdims=True) + doubt / scores.shape[1])


def load(path: Path) -> Classifier:
    """Read a model file; its version is the hash of its bytes. Raises BadModel, OSError."""
    data = path.read_bytes()
    try:
        with np.load(BytesIO(data), allow_pickle=False) as held:
            said = {name: held[name] for name in held.files}
    except (ValueError, EOFError, zipfile.BadZipFile):
        raise BadModel(path.name) from None
    if str(said.get("format")) != FORMAT:
        raise BadModel(f"{path.name}: {said.get('format')!s}")
    vocabulary = Vocabulary(said["grams"].tolist(), said["block"], said["rarity"].astype(np.float64), said["average"])
    about = json.loads(str(said["about"]))
    version = sha256(data).hexdigest()[:12]
    return Classifier(
        said["labels"].tolist(), vocabulary, said["weights"], said["bias"], float(said["doubt"]), about, version
    )
