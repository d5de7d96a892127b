"""Which messages become one issue, how hot it is, what the workbook says of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from openpyxl import load_workbook

from deploy.cli.hot import read, write
from shared.kernel.calendar import SHANGHAI
from shared.texts.clusters import Message, gather
from shared.texts.heat import rank
from tests.unit.texts.gathered import CHECKED, TUNED, UNSEEN, pairwise

BEGUN = datetime(2026, 8, 1, 20, 0, tzinfo=SHANGHAI)
PLACES = ("翠湖天地小区", "云杉雅苑小区", "枫桥人家小区")
TROUBLES = (
    ("夜宵摊油烟扰民", "楼下夜宵摊整夜烧烤，油烟直排进屋，孩子咳嗽不止，门窗都不敢开，多次投诉没有人管"),
    ("车位捆绑销售", "开发商要求买房必须同时购买地下车位，不买车位不给签合同，业主认为这是强买强卖"),
    ("电梯故障频发", "电梯三天两头停运，老人被困在轿厢里半个小时，物业只说等配件，维修基金不知去向"),
)
LETTERS = [chr(at) for at in range(0x4E00, 0x4E00 + 900)]


def stream() -> tuple[list[Message], list[int]]:
    """Return three issues of nine, four and three people among 150 other messages (issue -1), shuffled."""
    draw = Random(3)
    made: list[tuple[Message, int]] = []
    for number, (place, (title, trouble)) in enumerate(zip(PLACES, TROUBLES, strict=True)):
        for count in range((9, 4, 3)[number]):
            text = f"我是{place}的业主，{place}{trouble}。{''.join(draw.choices(LETTERS, k=20))}"
            at = BEGUN + timedelta(days=count * 2)
            said = Message(
                f"{number}-{count}", f"P{number}-{count}", f"A3区{place}{title}", text, at, draw.randrange(3)
            )
            made.append((said, number))
    for count in range(150):
        subject, text = ("".join(draw.choices(LETTERS, k=k)) for k in (15, 80))
        made.append((Message(f"o{count}", f"o{count}", subject, text, BEGUN + timedelta(days=count % 30)), -1))
    draw.shuffle(made)
    return [message for message, _ in made], [issue for _, issue in made]


def test_the_messages_of_an_issue_are_gathered_and_others_stay_alone() -> None:
    messages, issue_of = stream()
    groups = gather(messages)
    assert [len(group) for group in groups][:4] == [9, 4, 3, 1]
    assert all(len({issue_of[at] for at in group}) == 1 for group in groups)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_messages_that_share_nothing_stay_alone(count: int) -> None:
    texts = ("路灯不亮", "噪音扰民")[:count]
    messages = [Message(str(n), str(n), said, said, BEGUN) for n, said in enumerate(texts)]
    assert gather(messages) == [[n] for n in range(count)]
    assert rank(messages, gather(messages), 5) == []


def test_the_issue_of_most_people_is_the_hottest_and_says_where_who_what_and_when() -> None:
    messages, issue_of = stream()
    issues = rank(messages, gather(messages), 5)
    assert len(issues) == 3
    assert [i.heat for i in issues] == sorted((i.heat for i in issues), reverse=True)
    first = issues[0]
    assert {issue_of[at] for at in first.messages} == {0}
    assert (first.place, first.group, first.people) == (PLACES[0], "业主", 9)
    assert first.problem == f"A3区{PLACES[0]}{TROUBLES[0][0]}"
    assert (first.first, first.last, first.days) == (BEGUN, BEGUN + timedelta(days=16), 17)
    assert [messages[at].at for at in first.messages] == sorted(messages[at].at for at in first.messages)


def test_one_person_who_writes_often_is_no_hot_issue() -> None:
    messages, _ = stream()
    same = [Message(m.id, "one", m.subject, m.text, m.at, m.likes, m.dislikes) for m in messages]
    assert rank(same, gather(same), 5) == []


def test_what_grows_is_hotter_than_what_fades() -> None:
    messages = [
        Message(f"{name}{n}", f"{name}{n}", "停水", "停水", BEGUN + timedelta(days=day))
        for name, days in (("f", (0, 0, 1, 9)), ("g", (0, 8, 9, 9)))
        for n, day in enumerate(days)
    ]
    hot, cool = rank(messages, [[0, 1, 2, 3], [4, 5, 6, 7]], 5)
    assert (messages[hot.messages[0]].id[0], hot.growth) == ("g", 2)
    assert (cool.growth, hot.heat > cool.heat) == (0, True)


def test_the_workbook_ranks_the_issues_and_lists_their_messages_without_telephone_numbers(tmp_path: Path) -> None:
    messages, _ = stream()
    told = [
        Message(m.id, m.person, m.subject, f"{m.text}电话13812345678，=1+1", m.at, m.likes, m.dislikes)
        for m in messages
    ]
    issues = rank(told, gather(told), 2)
    write(tmp_path / "hot.xlsx", "file.csv", told, issues)
    book = load_workbook(tmp_path / "hot.xlsx")
    ranked, listed = (list(sheet.iter_rows(min_row=4, values_only=True)) for sheet in book.worksheets)
    assert [(row[0], row[2], row[8]) for row in ranked] == [
        (n, issue.place, issue.people) for n, issue in enumerate(issues, start=1)
    ]
    assert len(listed) == sum(len(issue.messages) for issue in issues)
    assert not [row for row in listed if "13812345678" in str(row)]
    assert [p.name for p in tmp_path.iterdir()] == ["hot.xlsx"]


def test_a_file_is_read_with_and_without_likes_and_its_bad_rows_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text(
        "message_id,user_id,subject,submitted_at,text,likes\n"
        "1,u,主题,2026-08-01 10:00:00,正文,7\n2,u,主题,不知何时,正文,0\n",
        encoding="gb18030",
    )
    (message,), left_out = read(path)
    assert (message.id, message.likes, message.dislikes, left_out) == ("1", 7, 0, 1)
    assert message.at == datetime(2026, 8, 1, 10, 0, tzinfo=SHANGHAI)


def test_no_message_that_was_read_belongs_to_two_issues() -> None:
    ids = [i for pool in (*TUNED, *CHECKED, *UNSEEN) for said in (*pool.issues, pool.alone) for i in said.split()]
    assert len(ids) == len(set(ids))
    assert sum(len(pool.issues) for pool in (*TUNED, *CHECKED, *UNSEEN)) >= 30
    by_id = {i: n for n, i in enumerate(ids)}
    assert pairwise(by_id, TUNED)[1] == 0
    together = dict.fromkeys(ids, 0)
    assert pairwise(together, TUNED)[1] == 1
