"""Measure a classifier on texts that it has not seen. Imports scikit-learn, as training does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from sklearn.metrics import confusion_matrix, f1_score
from sklearn.model_selection import StratifiedGroupKFold

from shared.texts.classifier import Floats
from shared.texts.grams import BLOCKS
from shared.texts.training import Example, Line, as_rows, train

ALIKE = 0.6
"""Mean cosine over the blocks from which two texts are one and the same told twice: they stay in one fold."""
_ROWS = 1_000
BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Texts of one range of confidence: how sure the model was on average, how often it was right."""

    texts: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found; every text was held out once. `confusion` is by true label (rows) and given one."""

    texts: int
    alike: int
    accuracy: float
    macro_f1: float
    labels: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    coverage: float
    sure_accuracy: float
    calibration_error: float
    bins: tuple[Bin, ...]


def evaluate(
    examples: Sequence[Example], catalogue: Sequence[Line], *, folds: int, threshold: float, seed: int
) -> Measured:
    """Train on all folds but one, read that one, in turn; vocabulary and calibration are learnt anew each time."""
    truth = np.array([example.label for example in examples])
    groups = alike(examples)
    given, sure = np.empty_like(truth), np.zeros(len(truth))
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    for rows, held in splitter.split(np.zeros(len(truth)), truth, groups):
        model = train([examples[row] for row in rows], catalogue)
        for row in held:
            reading = model.read(examples[row].headline, examples[row].text)[0]
            given[row], sure[row] = reading.label, reading.confidence
    return _measured(truth, given, sure, len(truth) - len(np.unique(groups)), threshold)


def alike(examples: Sequence[Example]) -> NDArray[np.int32]:
    """Return a group number per text: the same for texts that tell the same in nearly the same words."""
    rows = as_rows(examples)
    pairs: list[tuple[NDArray[np.int32], NDArray[np.int32]]] = []
    for start in range(0, rows.shape[0], _ROWS):
        cosines = (rows[start : start + _ROWS] @ rows.T).tocoo()
        near = cosines.data >= ALIKE * len(BLOCKS)
        pairs.append((cosines.row[near] + start, cosines.col[near]))
    left, right = (np.concatenate(side) for side in zip(*pairs, strict=True))
    links = coo_matrix((np.ones(len(left)), (left, right)), shape=(len(examples), len(examples)))
    return np.asarray(connected_components(links, directed=False)[1])


def _measured(
    truth: NDArray[np.str_], given: NDArray[np.str_], sure: Floats, doubles: int, threshold: float
) -> Measured:
    right = truth == given
    labels = np.unique(truth)
    above = sure >= threshold
    places = np.minimum((sure * BINS).astype(int), BINS - 1)
    bins = tuple(
        Bin(int(here.sum()), float(sure[here].mean()), float(right[here].mean()))
        for here in (places == place for place in range(BINS))
        if here.any()
    )
    return Measured(
        texts=len(truth),
        alike=doubles,
        accuracy=float(right.mean()),
        macro_f1=float(f1_score(truth, given, labels=labels, average="macro", zero_division=0)),
        labels=tuple(labels.tolist()),
        confusion=tuple(tuple(row) for row in confusion_matrix(truth, given, labels=labels).tolist()),
        coverage=float(above.mean()),
        sure_accuracy=float(right[above].mean()) if above.any() else 0.0,
        calibration_error=sum(b.texts * abs(b.confidence - b.accuracy) for b in bins) / len(truth),
        bins=bins,
    )
