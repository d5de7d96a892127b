"""What a model learns, what it says, what its file is, how it is measured."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from deploy.cli.classify import _rows as rows_of_file
from shared.texts.classifier import BadModel, Classifier, load
from shared.texts.evaluation import alike, evaluate
from shared.texts.grams import BLOCKS, plain
from shared.texts.training import Example, Line, TooFew, catalogue_lines, train
from tests.unit.texts.letters import TROUBLES, letters

LABELLED = [Example(*letter) for letter in letters(120)]


@pytest.fixture(scope="module")
def model() -> Classifier:
    return train(LABELLED, about={"file": "made-up"})


def test_texts_that_were_not_learnt_get_the_label_whose_words_they_say(model: Classifier) -> None:
    unseen = letters(60, seed=2)
    readings = [model.read(subject, text)[0] for subject, text, _ in unseen]
    assert [reading.label for reading in readings] == [label for _, _, label in unseen]
    for reading in readings:
        assert any(word in "，".join(TROUBLES[reading.label]) for word in reading.words)


def test_confidences_of_all_labels_add_up_to_one_and_come_best_first(model: Classifier) -> None:
    readings = model.read("路灯不亮", "工资拖欠，农民工", most=3)
    assert sum(reading.confidence for reading in readings) == pytest.approx(1)
    assert [r.confidence for r in readings] == sorted((r.confidence for r in readings), reverse=True)
    nothing = model.read("", "", most=3)
    assert nothing[0].confidence < readings[0].confidence
    assert nothing[0].words == ()


def test_a_saved_model_reads_as_before_and_is_named_by_its_bytes(model: Classifier, tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    model.save(path)
    again = load(path)
    for subject, text, _ in letters(10, seed=3):
        old, new = model.read(subject, text)[0], again.read(subject, text)[0]
        assert (old.label, old.words) == (new.label, new.words)
        assert new.confidence == pytest.approx(old.confidence, abs=1e-4)
    assert len(again.version) == 12
    assert again.about["file"] == "made-up"
    assert [p.name for p in tmp_path.iterdir()] == ["model.npz"]


def test_a_model_file_holds_arrays_and_no_code(model: Classifier, tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    model.save(path)
    with np.load(path, allow_pickle=False) as arrays:
        assert all(arrays[name].dtype.kind in "Ufib" for name in arrays.files)


@pytest.mark.parametrize("content", [b"", b"no zip", "other format", "pickle"])
def test_what_is_no_model_is_refused(content: bytes | str, tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content == "pickle":
        np.savez(path, format=np.array([{}], dtype=object))
    else:
        np.savez(path, format=np.array("something else"))
    with pytest.raises(BadModel):
        load(path)


def test_training_twice_gives_the_same_model(model: Classifier, tmp_path: Path) -> None:
    for name, one in (("a", model), ("b", train(LABELLED, about={"file": "made-up"}))):
        one.save(tmp_path / name)
    assert np.array_equal(load(tmp_path / "a").weights, load(tmp_path / "b").weights)


def test_rows_that_cannot_be_read_are_named_and_the_others_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "m.csv"
    file.write_text("编号,内容\n1,路灯不亮\n2\n3,井盖丢了\n4,少,列\n", encoding="utf-8")
    assert list(rows_of_file(file, ("编号", "内容"), "--text")) == [["1", "路灯不亮"], ["3", "井盖丢了"]]
    assert "3、5" in capsys.readouterr().err


def test_digits_and_letters_are_never_learnt() -> None:
    assert plain("电话13812345678，ABC路灯") == "电话 路灯"
    spiced = [Example(e.headline, f"{e.text}13812345678 张三丰", e.label) for e in LABELLED]
    learnt = train(spiced).vocabulary.grams
    assert not [gram for gram in learnt if any(c.isascii() and c.isalnum() for c in gram)]


def test_words_told_are_words_of_the_dictionary(model: Classifier) -> None:
    shown = {word for subject, text, _ in letters(30, seed=4) for word in model.read(subject, text)[0].words}
    known = {
        gram for gram, block in zip(model.vocabulary.grams, model.vocabulary.block, strict=True) if BLOCKS[block].words
    }
    assert shown <= known


def test_two_labels_with_two_texts_are_the_least_and_two_are_enough() -> None:
    with pytest.raises(TooFew):
        train([Example("", "路灯不亮", "a"), Example("", "路灯坏了", "a"), Example("", "噪音扰民", "b")])
    two = train([e for e in LABELLED if e.label != "工资"])
    assert two.labels == ("噪音", "路灯")
    assert two.read("", "夜里施工噪音扰民")[0].label == "噪音"


def test_a_label_of_one_text_is_left_out() -> None:
    assert "孤例" not in train([*LABELLED, Example("", "独一无二的事情", "孤例")]).labels


def test_the_words_of_a_catalogue_are_learnt_with_the_label_and_foreign_labels_are_not() -> None:
    lines = catalogue_lines([("噪音", "环境", "锣鼓喧天"), ("噪音", "环境", "其他"), ("别的", "别的", "喧闹")])
    assert Line("噪音", "环境，锣鼓喧天") in lines
    assert Line("噪音", "环境") in lines
    assert not [line for line in lines if "其他" in line.words]
    few = LABELLED[:12]
    taught = [Example(e.headline, f"{e.text}，锣鼓喧天", e.label) for e in few] + few
    plainly, with_lines = train(taught), train(taught, lines)
    chance = [
        next(r.confidence for r in m.read("", "锣鼓喧天", most=3) if r.label == "噪音") for m in (plainly, with_lines)
    ]
    assert chance[1] > chance[0]
    assert with_lines.labels == plainly.labels


def test_every_text_is_held_out_once_and_counted_once() -> None:
    found = evaluate(LABELLED, (), folds=3, threshold=0.5, seed=0)
    assert found.texts == 120
    assert sum(map(sum, found.confusion)) == 120
    right = sum(found.confusion[n][n] for n in range(len(found.labels)))
    assert found.accuracy == pytest.approx(right / 120)
    assert sum(b.texts for b in found.bins) == 120
    assert found.accuracy > 0.9


def test_labels_dealt_at_random_cannot_be_foretold() -> None:
    labels = [e.label for e in LABELLED]
    shuffled = [Example(e.headline, e.text, labels[(n * 7 + n // 3) % 120]) for n, e in enumerate(LABELLED)]
    found = evaluate(shuffled, (), folds=3, threshold=0.5, seed=0)
    assert found.accuracy < 0.6


def test_the_same_text_told_twice_stays_in_one_fold() -> None:
    doubled = [*LABELLED[:20], Example(LABELLED[0].headline, f"{LABELLED[0].text}！", "噪音")]
    groups = alike(doubled)
    assert groups[0] == groups[20]
    assert len(set(groups)) < len(doubled)


def test_reading_needs_no_scikit_learn(model: Classifier, tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    model.save(path)
    code = (
        "import sys, json; from pathlib import Path; from shared.texts.classifier import load; "
        f"r = load(Path({str(path)!r})).read('路灯', '不亮'); "
        "print(json.dumps([m for m in ('sklearn', 'scipy', 'jieba') if m in sys.modules]))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert json.loads(said) == []
    assert zipfile.is_zipfile(path)
