"""How well and how fast texts are understood, on real messages: `python -m tests.bench.texts FOLDER [SEEDS]`.

FOLDER holds messages_labelled.csv, matters.csv and messages_stream.csv; without it nothing is measured, and it says so.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from deploy.cli.classify import _examples, _lines
from deploy.cli.hot import read
from tests.unit.texts.gathered import CHECKED, TUNED, UNSEEN, Pool, pairwise

FOLDER = Path(__file__).parents[3] / "shared" / "data"


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    if not (folder / "messages_labelled.csv").exists():
        print(f"{folder} 没有测量用的数据，未测量 / no data to measure with")
        return
    began = time.perf_counter()
    from shared.texts.clusters import gather
    from shared.texts.evaluation import evaluate
    from shared.texts.training import train

    print(f"import                {time.perf_counter() - began:.1f} s")
    examples = _examples(folder / "messages_labelled.csv", "subject,text", "level1")
    lines = _lines(folder / "matters.csv")
    began = time.perf_counter()
    model = train(examples, lines)
    print(f"train                 {time.perf_counter() - began:.1f} s, {len(examples)} rows")
    with tempfile.TemporaryDirectory() as place:
        model.save(Path(place) / "model.npz")
        print(f"model                 {(Path(place) / 'model.npz').stat().st_size / 1e6:.1f} MB")
    messages, _ = read(folder / "messages_stream.csv")
    began = time.process_time()
    for message in messages:
        model.read(message.subject, message.text)
    print(f"read                  {len(messages) / (time.process_time() - began):,.0f} texts/s/core")
    for seed in range(100, 100 + (int(sys.argv[2]) if len(sys.argv) > 2 else 1)):
        found = evaluate(examples, lines, folds=5, threshold=0.55, seed=seed)
        print(
            f"5-fold, seed {seed}      accuracy {found.accuracy:.4f} macro-F1 {found.macro_f1:.4f} "
            f"ECE {found.calibration_error:.4f} sure {found.coverage:.3f}, right {found.sure_accuracy:.4f}"
        )
    began = time.perf_counter()
    groups = gather(messages)
    print(f"gather                {time.perf_counter() - began:.1f} s, {len(messages)} messages")
    group_of = {messages[at].id: number for number, group in enumerate(groups) for at in group}
    largest = TUNED[0]
    sets: tuple[tuple[str, tuple[Pool, ...]], ...] = (
        ("tuned on", TUNED), ("checked, then tuned on", CHECKED), ("unseen", UNSEEN),
        ("all", (*TUNED, *CHECKED, *UNSEEN)),
        ("all but the largest", (*(p for p in TUNED if p is not largest), *CHECKED, *UNSEEN)),
    )  # fmt: skip
    for name, pools in sets:
        issues = sum(len(pool.issues) for pool in pools)
        precision, recall, f1 = pairwise(group_of, pools)
        print(f"{name:<22}{issues:3} issues  precision {precision:.3f} recall {recall:.3f} F1 {f1:.3f}")


if __name__ == "__main__":
    main()
