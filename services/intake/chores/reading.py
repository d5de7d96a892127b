"""What a trained model says a report is about, in intake's own words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from services.intake.domain.classification import GUESSES
from services.intake.domain.facts import Understanding


def reader(model: Path, city: Any) -> Callable[[str, str], tuple[Understanding, ...]]:
    """Return what reads subject and text with a model file; its labels that are no matters of the city count for none.

    Raises BadModel or OSError: a service that was told to use a model does not start without it.
    """
    from shared.texts.classifier import load  # numpy is there with the city's map; the model itself is not small

    classifier = load(model)

    def read(subject: str, text: str) -> tuple[Understanding, ...]:
        found = classifier.read(subject, text, most=GUESSES)
        return tuple(
            Understanding(one.label, "model", round(one.confidence, 2), one.words, classifier.version)
            for one in found
            if one.label in city.matters
        )

    return read
