"""Learn labels from labelled texts. Imports scikit-learn: to be imported where somebody trains, nowhere else."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, vstack
from scipy.special import expit
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import ComplementNB
from sklearn.svm import LinearSVC

from shared.texts.classifier import Classifier, Floats, Places, Vocabulary, probabilities, weigh
from shared.texts.grams import BLOCKS, grams, plain

_SLACK = 0.5
"""C of the support vector machine."""
_SMOOTHING = 0.2
_CATALOGUE = 1.5
"""What a line of the catalogue counts for naive Bayes, in labelled texts."""
_BAYES = 1.6
"""What a spread of its scores counts against one of the support vector machine."""
INNER = 5
_SEED = 20_200_101


@dataclass(frozen=True, slots=True)
class Example:
    """A text and what it is about; what has no headline has an empty one."""

    headline: str
    text: str
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a catalogue: the label and the words that name what belongs to it."""

    label: str
    words: str


class TooFew(Exception):
    """There is nothing to learn: fewer than two labels with two texts each."""


def catalogue_lines(rows: Sequence[Sequence[str]]) -> list[Line]:
    """Return what a catalogue of levels says about its first one: each path, and each name alone, once."""
    lines: dict[Line, None] = {}
    for label, *below in rows:
        names = [name for name in below if name != "其他"]
        if names and names[-1] == below[-1]:
            lines[Line(label, "，".join(names))] = None
        for name in (label, *names):
            lines[Line(label, name)] = None
    return list(lines)


def train(
    examples: Sequence[Example], catalogue: Sequence[Line] = (), about: Mapping[str, Any] | None = None
) -> Classifier:
    """Learn; a line of the catalogue whose label no example has is left out. Raises TooFew.

    Two linear models are added, which err in different texts; how sure their sum may be is measured on texts that were
    held out, and is part of the weights from then on.
    """
    counted = Counter(example.label for example in examples)
    labels = sorted(label for label, times in counted.items() if times > 1)
    if len(labels) < 2:
        raise TooFew(f"{len(labels)}")
    kept = [example for example in examples if counted[example.label] > 1]
    lines = [line for line in catalogue if line.label in labels]
    texts, named = _Counted.of(kept, lines)
    known = np.searchsorted(labels, [e.label for e in kept])
    means = np.searchsorted(labels, [line.label for line in lines])

    def fit(rows: Places) -> tuple[Vocabulary, NDArray[np.bool_], tuple[_Linear, _Linear]]:
        vocabulary, learnt = texts.vocabulary(rows)
        told = texts.weighed(rows, vocabulary, learnt), known[rows], named.weighed(None, vocabulary, learnt), means
        return vocabulary, learnt, (_vectors(*told, len(labels)), _bayes(*told, len(labels)))

    first, second = np.zeros((2, len(kept), len(labels)))
    for rows, held in _folds(known):
        vocabulary, learnt, models = fit(rows)
        for scores, model in zip((first, second), models, strict=True):
            scores[held] = model.scores(texts.weighed(held, vocabulary, learnt))
    spreads = float(first.std()) or 1.0, float(second.std()) or 1.0
    heat, doubt = _calibration(first / spreads[0] + _BAYES * second / spreads[1], known)
    vocabulary, _, (vectors, bayes) = fit(np.arange(len(kept)))
    parts = (1 / spreads[0] / heat, _BAYES / spreads[1] / heat)
    weights = parts[0] * vectors.weights + parts[1] * bayes.weights
    bias = parts[0] * vectors.bias + parts[1] * bayes.bias
    said = {"examples": len(kept), "lines": len(lines), "labels": dict(counted), **(about or {})}
    return Classifier(labels, vocabulary, weights, bias, doubt, said)


class _Counted:
    """Texts as rows of counts over every run of characters that any of them has, to be learnt from by parts."""

    def __init__(self, runs: Vocabulary, texts: Sequence[tuple[str, str]]) -> None:
        counted = [runs.count(headline, text) for headline, text in texts]
        ends = np.cumsum([0, *(len(features) for features, _ in counted)])
        columns = np.concatenate([features for features, _ in counted]) if counted else np.zeros(0, np.intp)
        times = np.concatenate([times for _, times in counted]) if counted else np.zeros(0, np.int64)
        self.runs = runs
        self.counts = csr_matrix((times, columns, ends), shape=(len(texts), len(runs.grams)))

    @classmethod
    def of(cls, examples: Sequence[Example], lines: Sequence[Line]) -> tuple[_Counted, _Counted]:
        """Count examples, and the lines of a catalogue by the same runs."""
        names: list[str] = []
        blocks: list[int] = []
        for number, block in enumerate(BLOCKS):
            runs: set[str] = set()
            for example in examples:
                top = plain(example.headline)
                runs.update(grams(block, top if block.headline else f"{top} {plain(example.text)}"))
            names += sorted(runs)
            blocks += [number] * len(runs)
        every = Vocabulary(names, np.array(blocks, np.int8), np.ones(len(names)), np.ones(len(BLOCKS)))
        return cls(every, [(e.headline, e.text) for e in examples]), cls(every, [(line.words, "") for line in lines])

    def vocabulary(self, rows: Places) -> tuple[Vocabulary, NDArray[np.bool_]]:
        """Return what these rows teach: the runs that stand in enough of them, and which of all runs these are."""
        counts = self.counts[rows]
        in_texts = counts.getnnz(axis=0)
        learnt = in_texts >= np.array([block.rows for block in BLOCKS])[self.runs.block]
        totals = np.asarray(counts.sum(axis=0)).ravel()[learnt]
        block = self.runs.block[learnt]
        average = np.maximum(1.0, np.bincount(block, totals, len(BLOCKS)) / len(rows))
        rarity = np.log(1 + (len(rows) - in_texts[learnt] + 0.5) / (in_texts[learnt] + 0.5))
        return Vocabulary(
            [self.runs.grams[at] for at in np.flatnonzero(learnt).tolist()], block, rarity, average
        ), learnt

    def weighed(self, rows: Places | None, vocabulary: Vocabulary, learnt: NDArray[np.bool_]) -> csr_matrix:
        """Return rows (None: all) as weights over a vocabulary of `learnt` runs."""
        counts = (self.counts if rows is None else self.counts[rows])[:, learnt].tocsr()
        counts.sort_indices()
        text = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
        at = counts.indices
        values = weigh(vocabulary.block[at], counts.data, vocabulary.rarity[at], vocabulary.average, text)
        return csr_matrix((values, at, counts.indptr), shape=counts.shape)


def as_rows(examples: Sequence[Example]) -> csr_matrix:
    """Return texts as rows of weights over what they teach, each block of length 1."""
    texts, _ = _Counted.of(examples, ())
    return texts.weighed(None, *texts.vocabulary(np.arange(len(examples))))


@dataclass(frozen=True, slots=True)
class _Linear:
    """Weights by feature and label, what they add up to over all labels taken off."""

    weights: Floats
    bias: Floats

    def scores(self, rows: csr_matrix) -> Floats:
        return np.asarray(rows @ self.weights + self.bias)


def _linear(by_label: Floats, bias: Floats, present: Places, labels: int) -> _Linear:
    """Spread over all labels; one that is not among the texts gets what the least likely one has."""
    weights = np.repeat(by_label.min(axis=0)[:, None], labels, axis=1)
    offsets = np.full(labels, bias.min())
    weights[:, present], offsets[present] = by_label.T, bias
    return _Linear(weights - weights.mean(axis=1, keepdims=True), offsets - offsets.mean())


def _vectors(texts: csr_matrix, known: Places, named: csr_matrix, means: Places, labels: int) -> _Linear:
    rows, answers = vstack([texts, named]).tocsr(), np.concatenate([known, means])
    present = np.unique(answers)
    times = np.bincount(known, minlength=labels)
    balance = {label: len(known) / len(present) / max(1, times[label]) for label in present}
    model = LinearSVC(C=_SLACK, class_weight=balance, random_state=_SEED).fit(rows, answers)
    by_label, bias = model.coef_, model.intercept_
    if len(present) == 2:
        by_label, bias = np.vstack([-by_label, by_label]), np.concatenate([-bias, bias])
    return _linear(by_label, bias, present, labels)


def _bayes(texts: csr_matrix, known: Places, named: csr_matrix, means: Places, labels: int) -> _Linear:
    rows, answers = vstack([texts, named]).tocsr(), np.concatenate([known, means])
    counted = np.concatenate([np.ones(len(known)), np.full(len(means), _CATALOGUE)])
    model = ComplementNB(alpha=_SMOOTHING).fit(rows, answers, sample_weight=counted)
    return _linear(model.feature_log_prob_, np.zeros(len(model.classes_)), model.classes_, labels)


def _folds(known: Places) -> list[tuple[Places, Places]]:
    splitter = StratifiedKFold(INNER, shuffle=True, random_state=_SEED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a label with fewer texts than folds is simply not in all of them
        return list(splitter.split(np.zeros(len(known)), known))


def _calibration(scores: Floats, known: Places) -> tuple[float, float]:
    """Return by how much scores of held-out texts are too sure, and how often even the surest are wrong.

    The two numbers that make the right labels likeliest: labels given by people are never all right.
    """

    def surprise(guess: Floats) -> float:
        chances = probabilities(scores / np.exp(guess[0]), expit(guess[1]))
        return float(-np.log(np.maximum(chances[np.arange(len(known)), known], 1e-12)).mean())

    found = minimize(surprise, np.array([0.0, -3.0]), method="Nelder-Mead").x
    return float(np.exp(found[0])), float(expit(found[1]))
