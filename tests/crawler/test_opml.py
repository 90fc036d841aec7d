"""OPML in and out: sources survive the way there and back, and hostile files do no harm."""

from __future__ import annotations

import stat
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from crawler.config import Route, Source, load_crawl_config
from crawler.discovery.opml import MAX_BYTES, NAMESPACE, Proposal, read_opml, write_entry, write_opml
from crawler.discovery.sourcesfile import append_entries
from crawler.errors import ConfigError, ParseError
from crawler.parse.markup import clean_line
from tests.builders import NOW

SHIPPED = """\
# Comments stay.

sources:
  # the first
  - id: first
    name: First   # to be kept
    language: en
    perspective: ethnic
    routes:
      - {kind: feed, url: "https://first.example/feed"}
"""


def a_source(source_id: str = "one", **more: Any) -> Source:
    routes = [{"kind": "feed", "url": f"https://{source_id}.example/feed"}]
    usual = {
        "id": source_id,
        "name": source_id.title(),
        "language": "en",
        "perspective": "ethnic",
        "routes": routes,
    }
    return Source(**{**usual, **more})


def outlines(*written: str, prolog: str = "") -> bytes:
    return f'{prolog}<opml version="2.0"><head/><body>{"".join(written)}</body></opml>'.encode()


def entries(document: bytes, *configured: Source, **more: Any) -> list[dict[str, Any]]:
    return [dict(proposal.entry) for proposal in read_opml(document, configured, **more).proposals]


# -- there and back ----------------------------------------------------------------------------------------------


def test_feed_reader_finds_its_attributes() -> None:
    routes = [
        {"kind": "wordpress", "url": "https://one.example/en"},
        {"kind": "feed", "url": "https://one.example/feed"},
    ]
    tree = etree.fromstring(write_opml([a_source(routes=routes)], NOW))
    (outline,) = tree.iter("outline")
    assert tree.get("version") == "2.0"
    assert {key: value for key, value in outline.attrib.items() if not str(key).startswith("{")} == {
        "text": "One",
        "title": "One",
        "type": "rss",
        "xmlUrl": "https://one.example/feed",
        "htmlUrl": "https://one.example/en/",
        "language": "en",
    }


def test_source_comes_back_with_all_its_routes() -> None:
    source = a_source(
        every="90s",
        language="my",
        name='လွိုင်ကော် "<&>" ${HOME}',  # Loikaw, and all that markup and YAML give a meaning
        full_text="auto",
        encoding="zawgyi",
        routes=[
            {"kind": "listing", "url": "https://one.example/news#links=h3>a"},
            {"kind": "telegram", "url": "https://t.me/s/one"},
        ],
    )
    (entry,) = entries(write_opml([source], NOW))
    assert Source.model_validate(entry) == source


@given(name=st.text(min_size=1, max_size=80).map(clean_line).filter(bool))
def test_any_name_survives_yaml(name: str) -> None:
    (entry,) = yaml.safe_load(write_entry(Proposal({"id": "x", "name": name, "routes": []})))
    assert entry["name"] == name.replace("${", "$${")


def test_secrets_and_local_matters_are_not_exported() -> None:
    source = a_source(
        headers={"Authorization": "Bearer top-secret"}, proxy="http://u:pass-word@proxy.example"
    )
    written = write_opml([source], NOW).decode()
    assert "secret" not in written
    assert "proxy" not in written


# -- what feed readers write -------------------------------------------------------------------------------------


def test_folders_are_looked_into_and_links_passed_over() -> None:
    document = outlines(
        '<outline text="Myanmar"><outline text="One" xmlurl="https://one.example/rss?a=1&b=2"/>'
        '<outline text="Home" type="link" url="https://one.example"/></outline>'
    )
    (entry,) = entries(document)
    assert entry["routes"] == [{"kind": "feed", "url": "https://one.example/rss?a=1&b=2"}]


def test_feed_that_is_read_already_is_told_and_left_out() -> None:
    document = outlines('<outline text="Again" xmlUrl="http://www.one.example/feed/"/>' * 2)
    reading = read_opml(document, [a_source()])
    assert reading.proposals == ()
    assert reading.left_out == ("Again: already read as one",) * 2
    assert len(read_opml(document, []).proposals) == 1


def test_ids_are_made_up_and_unique() -> None:
    document = outlines(
        *(
            f'<outline text="{name}" xmlUrl="https://{host}.example/rss"/>'
            for name, host in (
                ("One", "a"),
                ("One!", "b"),
                ("မြန်မာ", "c"),
                ("", "www.d"),
                ("null", "e"),
                ("123", "f"),
            )
        )
    )
    found = entries(document, a_source("one"))
    assert [entry["id"] for entry in found] == ["one-2", "one-3", "c-example", "d-example", "null", "123"]


def test_what_is_not_said_is_guessed_and_named() -> None:
    document = outlines(
        '<outline text="မြန်မာ" xmlUrl="https://my.example/rss"/>',  # "Myanmar"
        '<outline text="x" xmlUrl="https://en.example/rss" language="en-us"/>',
        '<outline text="y" xmlUrl="https://un.example/rss" language="unknown"/>',
    )
    reading = read_opml(document, [])
    assert [(proposal.entry["language"], proposal.guessed) for proposal in reading.proposals] == [
        ("my", ("language", "perspective")),
        ("en-us", ("perspective",)),
        ("en", ("language", "perspective")),
    ]
    told = read_opml(document, [], language="shn", perspective="junta").proposals[0]
    assert (told.entry["language"], told.entry["perspective"], told.guessed) == ("shn", "junta", ())
    assert "# guessed" in write_entry(reading.proposals[0])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "windows-1252"])
def test_encoding_is_found_whatever_is_declared(encoding: str) -> None:
    text = (
        '<?xml version="1.0" encoding="ISO-2022-KR"?>'
        + outlines('<outline text="Café" xmlUrl="https://one.example/rss"/>').decode()
    )
    assert entries(text.encode(encoding))[0]["name"] == "Café"


# -- hostile files -----------------------------------------------------------------------------------------------

BOMB = (
    "<!DOCTYPE opml [<!ENTITY a 'ha'>"
    + "".join(f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(12))
    + "]>"
)


def test_entities_mean_nothing() -> None:
    for name in ("m", "nbsp"):
        document = outlines(f'<outline text="x&{name};" xmlUrl="https://one.example/rss"/>', prolog=BOMB)
        assert len(entries(document)[0]["name"]) < 10
    outside = "<!DOCTYPE opml [<!ENTITY f SYSTEM 'file:///etc/passwd'>]>"
    assert "root" not in str(
        entries(outlines('<outline text="&f;" xmlUrl="https://a.example/"/>', prolog=outside))
    )


@pytest.mark.parametrize(
    ("document", "cause"),
    [
        (outlines("<outline>" * 100_000), "not well-formed XML"),
        (outlines('<outline text="a" text="b"/>'), "not well-formed XML"),
        (b"<html><body>no</body></html>", "not OPML"),
        (b"", "not OPML"),
        (b"\x00\xff\xfe" * 1000, "not OPML"),
        (b"<opml" + b" " * MAX_BYTES, "larger than 4 MiB"),
        (outlines("<outline/>" * 5001), "more than 5000 outlines"),
        (outlines(f'<outline text="{"&" * 100_000}"'), "not well-formed XML"),
    ],
    ids=["depth", "twice", "html", "empty", "bytes", "size", "number", "cut-off"],
)
def test_what_cannot_be_read_is_refused_in_a_line(document: bytes, cause: str) -> None:
    begun = time.monotonic()
    with pytest.raises(ParseError, match=cause) as refusal:
        read_opml(document, [])
    assert "\n" not in str(refusal.value)
    assert time.monotonic() - begun < 3


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "file:///etc/passwd", "https://u:p@h.example/", "http://[", "//host", "x" * 9],
)
def test_addresses_that_cannot_be_asked_are_left_out(address: str) -> None:
    reading = read_opml(outlines(f'<outline text="x" xmlUrl="{address}"/>'), [])
    assert reading.proposals == ()
    assert len(reading.left_out) == 1


@pytest.mark.parametrize(
    "routes",
    ["[", "{}", "[]", "[1]", '[{"kind": "exec", "url": "https://a.example"}]', "[" * 100_000],
)
def test_own_attributes_are_distrusted(routes: str) -> None:
    written = f"<outline text='x' xmlns:n='{NAMESPACE}' n:routes='{routes}'/>"
    reading = read_opml(outlines(written), [])
    assert (reading.proposals, reading.left_out) == ((), ("x: its routes cannot be read",))


@pytest.mark.parametrize("key", ["every", "full_text", "encoding", "perspective"])
def test_own_values_cannot_smuggle_yaml(key: str) -> None:
    written = f'<outline text="x" xmlUrl="https://a.example/" xmlns:n="{NAMESPACE}" n:{key}="30m&#10;proxy: http://evil"/>'
    reading = read_opml(outlines(written), [])
    assert (reading.proposals, reading.left_out) == ((), (f"x: {key} cannot be used",))


# -- into sources.yaml -------------------------------------------------------------------------------------------


def proposals(*names: str) -> tuple[Proposal, ...]:
    written = (f'<outline text="{name}" xmlUrl="https://{name}.example/rss"/>' for name in names)
    return read_opml(outlines(*written), []).proposals


@pytest.mark.parametrize(
    "text",
    [
        SHIPPED,
        SHIPPED.rstrip(),
        SHIPPED.replace("\n", "\r\n"),
        SHIPPED.replace("  - id", "- id").replace("    ", "  "),
        f"{SHIPPED}\n# the end\n",
    ],
    ids=["as shipped", "no last line end", "crlf", "not indented", "comment at the end"],
)
def test_entries_are_appended_and_nothing_else_changes(tmp_path: Path, text: str) -> None:
    file = tmp_path / "sources.yaml"
    file.write_bytes(text.encode())
    file.chmod(0o640)
    append_entries(file, proposals("two", "null", "007"))
    after = file.read_bytes().decode()
    assert after.startswith(text)
    assert ("\r\n" in text) == ("\r\n" in after) and "\r\n" not in after.replace("\r\n", "")
    config = load_crawl_config(tmp_path, environ={})
    assert [source.id for source in config.sources] == ["first", "two", "null", "007"]
    assert config.sources[1].routes == (Route(kind="feed", url="https://two.example/rss"),)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["sources.yaml"]


@pytest.mark.parametrize(
    "text",
    [
        "sources: [{id: first, name: First, language: en, perspective: ethnic, routes: []}]\n",
        f"{SHIPPED}...\n",
        "other: 1\n",
        SHIPPED.replace("id: first", "id: two"),
    ],
    ids=["flow style", "end mark", "no sources", "id is taken"],
)
def test_file_that_cannot_be_added_to_stays_as_it_is(tmp_path: Path, text: str) -> None:
    file = tmp_path / "sources.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=r"sources\.yaml"):
        append_entries(file, proposals("two"))
    assert file.read_text() == text
    assert [path.name for path in tmp_path.iterdir()] == ["sources.yaml"]


def test_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real = tmp_path / "real" / "sources.yaml"
    real.write_text(SHIPPED)
    link = tmp_path / "sources.yaml"
    link.symlink_to(real)
    append_entries(link, proposals("two"))
    assert link.is_symlink()
    assert "id: two" in real.read_text()
