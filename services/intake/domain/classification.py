"""Which matter a text is about, by the catalogue's own words, so that everyone sees why.

A word counts more the longer it is, the fewer matters share it, and if it stands in the subject line. Confidence has
two parts: how much was found, and how far the best matter leads the next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp
from typing import Protocol

from services.intake.domain.facts import Understanding

GUESSES = 3
_IN_SUBJECT = 2.5
_REPEATED = 0.35
_FULL = 2.0
"""Half of what two three-letter words of one matter alone score: there 63 % of the evidence is in."""


class Words(Protocol):
    """A matter, as far as its words go."""

    @property
    def keywords(self) -> tuple[str, ...]:
        """Return the words that point to it."""
        ...


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Every keyword of a catalogue by its first two letters: one pass over the text finds all of them."""

    by_head: Mapping[str, tuple[str, ...]]
    matters: Mapping[str, tuple[str, ...]]
    weight: Mapping[str, float]


def lexicon(matters: Mapping[str, Words]) -> Lexicon:
    """Return the lexicon of a catalogue."""
    meant: dict[str, list[str]] = {}
    for code, matter in matters.items():
        for word in dict.fromkeys(word.lower() for word in matter.keywords):
            meant.setdefault(word, []).append(code)
    heads: dict[str, list[str]] = {}
    for word in sorted(meant, key=len, reverse=True):
        heads.setdefault(word[:2], []).append(word)
    return Lexicon(
        {head: tuple(words) for head, words in heads.items()},
        {word: tuple(codes) for word, codes in meant.items()},
        {word: (len(word) - 1) ** 0.7 / len(codes) for word, codes in meant.items()},
    )


def classify(words: Lexicon, subject: str, text: str) -> tuple[Understanding, ...]:
    """Return up to three guesses, best first, with their words and confidence (0..1); none if no word is found."""
    scores: dict[str, float] = {}
    found: dict[str, dict[str, float]] = {}
    for part, factor in ((subject.lower(), _IN_SUBJECT), (text.lower(), 1.0)):
        for word, times in _count(words, part).items():
            gain = words.weight[word] * factor * (1 + _REPEATED * min(times - 1, 3))
            for matter in words.matters[word]:
                scores[matter] = scores.get(matter, 0.0) + gain
                by_word = found.setdefault(matter, {})
                by_word[word] = by_word.get(word, 0.0) + gain
    ranked = sorted(scores, key=lambda matter: (-scores[matter], matter))[: GUESSES + 1]
    return tuple(
        Understanding(
            matter=matter,
            how="rules",
            confidence=_confidence(scores[matter], scores[ranked[1 if place == 0 else 0]] if len(ranked) > 1 else 0.0),
            words=tuple(sorted(found[matter], key=lambda word: (-found[matter][word], word))[:6]),
        )
        for place, matter in enumerate(ranked[:GUESSES])
    )


def _count(words: Lexicon, text: str) -> dict[str, int]:
    """Count the longest keyword at each place; a shorter one inside it says nothing new."""
    counted: dict[str, int] = {}
    at = 0
    while at < len(text) - 1:
        word = next((w for w in words.by_head.get(text[at : at + 2], ()) if text.startswith(w, at)), None)
        if word is None:
            at += 1
        else:
            counted[word] = counted.get(word, 0) + 1
            at += len(word)
    return counted


def _confidence(score: float, rival: float) -> float:
    return round((1 - exp(-score / _FULL)) * score / (score + rival), 2)
