"""``newswatch try --json`` on the labelled articles beside the checkout: floors, and offsets that hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.program import Finished, Program, a_source
from tests.quality.matching import FLOORS, TAGS, Line, read_dev


@pytest.fixture(scope="module")
def tried(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[tuple[Line, ...], Finished]:
    """Give the corpus to the program as one file, as a user would, with the shipped topics."""
    lines = read_dev(shared)
    if not lines:
        pytest.skip("no labelled corpus in the shared folder")
    home = tmp_path_factory.mktemp("try")
    program = Program(home)
    program.configure([a_source("unread", "https://example.org/feed")], [])
    given = home / "articles.jsonl"
    documents = [
        {"id": line.id, "title": line.title, "text": line.text}
        | ({"language": tag} if (tag := TAGS.get(line.language, line.language)) else {})
        for line in lines
    ]
    given.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in documents), "utf-8")
    return lines, program.do("try", "--json", str(given))


def answers(finished: Finished) -> list[dict[str, Any]]:
    assert finished.status == 0, finished.err
    return [json.loads(line) for line in finished.out.splitlines()]


def test_every_document_gets_one_line_in_order(tried: tuple[tuple[Line, ...], Finished]) -> None:
    lines, finished = tried
    assert [answer["id"] for answer in answers(finished)] == [line.id for line in lines]


@pytest.mark.parametrize("topic", FLOORS)
def test_topics_stay_above_their_floor(topic: str, tried: tuple[tuple[Line, ...], Finished]) -> None:
    lines, finished = tried
    found = {answer["id"] for answer in answers(finished) if topic in answer["topics"]}
    wanted = {line.id for line in lines if topic in line.topics}
    assert len(found & wanted) / len(found) >= FLOORS[topic], f"false: {sorted(found - wanted)}"
    assert len(found & wanted) / len(wanted) >= FLOORS[topic], f"missed: {sorted(wanted - found)}"


def test_offsets_count_in_the_field_as_given(tried: tuple[tuple[Line, ...], Finished]) -> None:
    lines, finished = tried
    given = {line.id: {"title": line.title, "text": line.text} for line in lines}
    hits = [
        (answer["id"], hit)
        for answer in answers(finished)
        for found in answer["topics"].values()
        for hit in found
    ]
    assert len(hits) > len(lines)
    for name, hit in hits:
        assert given[name][hit["field"]][hit["start"] : hit["end"]] == hit["matched"], (name, hit)
