from __future__ import annotations

from pathlib import Path

import pytest

from deploy.local import containers, kafka, resolver
from deploy.local.resolver import Unavailable, choose


@pytest.fixture
def no_docker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "is_engine_there", lambda: False)


def test_addresses_of_the_environment_come_first_but_only_together(tmp_path: Path) -> None:
    assert choose(tmp_path, {"SIDAN_KAFKA": "k:1", "SIDAN_POSTGRES": "postgresql://a@b/c"}).way == "addresses"
    with pytest.raises(Unavailable, match="SIDAN_POSTGRES"):
        choose(tmp_path, {"SIDAN_KAFKA": "k:1"})


def test_containers_come_before_the_recipe_where_an_engine_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers, "is_engine_there", lambda: True)
    assert choose(tmp_path, {}).way == "containers"


@pytest.mark.usefixtures("no_docker")
def test_the_recipe_serves_where_nothing_else_is_there_and_the_line_says_why(tmp_path: Path) -> None:
    zh, en = choose(tmp_path, {}).sentence()
    assert "没有 Docker 引擎应答" in zh
    assert "no Docker engine answers" in en


def test_a_stack_stays_with_the_way_that_holds_its_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "is_engine_there", lambda: True)
    (tmp_path / "way").write_text("recipe\n")
    assert choose(tmp_path, {}).way == "recipe"


@pytest.mark.usefixtures("no_docker")
def test_offline_with_a_cold_cache_says_what_is_missing_and_three_ways_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SIDAN_KAFKA", "SIDAN_POSTGRES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SIDAN_CACHE", str(tmp_path / "cold"))
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setattr(kafka, "paths", lambda: ["org/apache/kafka/kafka_2.13/4.2.0/kafka_2.13-4.2.0.jar"])
    with pytest.raises(Unavailable) as refused:
        resolver.resolve(tmp_path / "stack", tell=lambda _: None)
    zh, en = refused.value.words
    assert "kafka" in en.splitlines()[0]
    for way in ("SIDAN_POSTGRES", "Docker", "jgo.conf"):
        assert way in zh
        assert way in en


def test_a_jar_that_differs_from_the_lock_is_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = tmp_path / "kafka.lock"
    lock.write_text("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad 3 org/x/y/1/y-1.jar\n")  # "abc"
    monkeypatch.setattr(kafka, "LOCK", lock)
    monkeypatch.setenv("SIDAN_CACHE", str(tmp_path))
    jar = tmp_path / "maven/org/x/y/1/y-1.jar"
    jar.parent.mkdir(parents=True)
    jar.write_text("broken")
    asked: list[str] = []

    def fetch(maven: Path, paths: list[str]) -> None:
        asked.extend(paths)
        assert not jar.exists()
        jar.write_text("abc")

    monkeypatch.setattr(kafka, "_fetch", fetch)
    assert kafka.jars() == [jar]
    assert kafka.jars() == [jar]
    assert asked == ["org/x/y/1/y-1.jar"]

    jar.write_text("broken")
    monkeypatch.setattr(kafka, "_fetch", lambda maven, paths: jar.write_text("still"))
    with pytest.raises(kafka.JarsMissing, match="SHA-256"):
        kafka.jars()
