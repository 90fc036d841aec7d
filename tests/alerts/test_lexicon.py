"""The lexicon file is read whole or refused whole, with every bad row named."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.match.lexicon import COLUMNS, NUMBER_KIND, read_lexicon
from crawler.errors import ConfigError

SHIPPED = Path(__file__).resolve().parents[2] / "config" / "lexicon.csv"
HEADER = ",".join(COLUMNS)


def write(folder: Path, *rows: str, header: str = HEADER) -> Path:
    path = folder / "lexicon.csv"
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return path


def problems(path: Path) -> list[tuple[int, str]]:
    with pytest.raises(ConfigError) as caught:
        read_lexicon(path)
    assert all(problem.file == str(path) and problem.message for problem in caught.value.problems)
    return [(problem.line, problem.key) for problem in caught.value.problems]


def test_the_shipped_lexicon_names_the_town_and_the_operation() -> None:
    lexicon = read_lexicon(SHIPPED)
    assert {"loikaw", "loi-kaw-wan", "operation-1111", "op-1x8", "operation-1027", "kayah-state"} <= set(
        lexicon.concepts
    )
    assert {"Loikaw", "လွိုင်ကော်", "垒固", "ลอยก่อ", "ロイコー"} <= {
        row.form for row in lexicon.concepts["loikaw"]
    }
    assert [row.form for row in lexicon.concepts["operation-1111"] if row.kind == NUMBER_KIND] == ["11 11"]
    assert "operation" in lexicon.operation_words


def test_every_bad_row_is_named_at_once(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "loikaw,place,Loikaw,latin,standard,,",
        "loikaw,plaice,Loikow,latin,standard,,",
        "Loi Kaw,place,Loi,latin,standard,,",
        "loikaw,place,,latin,standard,,",
        "loikaw,place,Loikaw,latin,standard,,",
        "loikaw,place,Lwegaw,mymr-unicode,standard,,",
        "loikaw,place,Lwekaw,latin,usual,,",
        "loikaw,place,Loigaw,latin,standard,ftp://example.org,",
        "x,number-operation,1111,number,standard,,",
        "too,short",
    )
    assert problems(path) == [
        (3, "kind"), (4, "concept"), (5, "form"), (6, "form"), (7, "script"), (8, "status"), (9, "evidence_url"),
        (10, "form"), (11, ""),
    ]  # fmt: skip


def test_a_misspelled_value_gets_the_nearest_allowed_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean place"):
        read_lexicon(write(tmp_path, "loikaw,plce,Loikaw,latin,standard,,"))


def test_another_header_is_refused(tmp_path: Path) -> None:
    assert problems(write(tmp_path, header="concept,form")) == [(1, "")]


def test_an_empty_lexicon_is_refused(tmp_path: Path) -> None:
    assert problems(write(tmp_path)) == [(1, "")]


def test_a_missing_file_is_a_configuration_error(tmp_path: Path) -> None:
    assert problems(tmp_path / "absent.csv") == [(0, "")]


def test_bytes_that_are_no_utf8_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "lexicon.csv"
    path.write_bytes(b"\xff\xfe\x00")
    assert problems(path) == [(0, "")]


def test_quoted_commas_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    path = tmp_path / "lexicon.csv"
    path.write_text(
        f'\ufeff{HEADER}\nx,operation,"11,11 operation",latin,standard,,"a, b"\n', encoding="utf-8"
    )
    (row,) = read_lexicon(path).concepts["x"]
    assert (row.form, row.note) == ("11,11 operation", "a, b")


def test_a_misspelled_concept_gets_the_nearest_name() -> None:
    lexicon = read_lexicon(SHIPPED)
    assert lexicon.suggest("loikw") == "loikaw"
    assert lexicon.suggest("operation1111") == "operation-1111"
    assert lexicon.suggest("zzzzzz") is None
