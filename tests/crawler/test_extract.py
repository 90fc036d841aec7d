"""Articles come out of their pages whole; menus, related stories and weather widgets do not."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from crawler.article.extract import extract_page
from crawler.errors import ParseError
from crawler.model import ExtractRules
from crawler.parse.furniturelines import drop_lines
from tests.goldenfile import assert_reads_as_expected

GOLDEN = Path(__file__).parent.parent / "golden" / "pages"
PAGES = sorted(GOLDEN.glob("*.html"))
URL = "https://site.example/section/story"
PROSE = "".join(
    f"<p>The council opened bridge {number} over the river on Monday, and said more would follow in spring.</p>"
    for number in range(6)  # equal paragraphs would be taken for repeats
)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_golden_page_extracts_as_expected(path: Path) -> None:
    page = extract_page(path.read_bytes(), "text/html", URL)
    assert_reads_as_expected(path, page)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_town_in_the_furniture_is_not_in_the_text(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    towns = ("Loikaw", "လွိုင်ကော်")  # the second is Loikaw in Burmese
    assert any(town in source for town in towns)
    text = extract_page(source.encode(), "text/html", URL).text
    assert not any(town in text for town in towns)


def test_metadata_is_read_from_the_page_itself() -> None:
    body = (
        '<html lang="en-US"><head><title>Bridge opens | Hills</title><link rel=canonical href="/bridge?utm_source=x">'
        '<meta property="og:site_name" content="Hills"><meta name="author" content="Nang Test">'
        '<meta property="article:published_time" content="2025-11-03T10:00:00+06:30"></head>'
        f"<body><article>{PROSE}</article></body></html>"
    )
    page = extract_page(body.encode(), None, URL)
    assert (page.title, page.author, page.language) == ("Bridge opens", "Nang Test", "en")
    assert page.published is not None
    assert page.published.isoformat() == "2025-11-03T03:30:00+00:00"
    assert page.canonical_url == "https://site.example/bridge?utm_source=x"


def test_burmese_on_a_site_labelled_english_is_burmese() -> None:
    burmese = "<p>မြို့တွင် တံတားသစ် ဖွင့်လှစ်ခဲ့သည်ဟု မြို့ခံများက ပြောသည်။</p>" * 8  # a new bridge was opened in town
    page = extract_page(f'<html lang="en-US"><body><article>{burmese}'.encode(), None, URL)
    assert page.language == "my"


def test_mislabelled_english_is_not_called_burmese() -> None:
    assert extract_page(f'<html lang="my"><body><article>{PROSE}'.encode(), None, URL).language is None


@pytest.mark.parametrize(
    ("body", "content_type", "cause"),
    [
        (b"", None, "empty answer"),
        (b"%PDF-1.7 ...", "text/html", "not a web page"),
        (b"<html>x", "application/pdf", "not a web page: application/pdf"),
        (b"<html><title>Just a moment...</title><body>Checking", "text/html", "challenge page"),
    ],
)
def test_what_is_no_page_is_named(body: bytes, content_type: str | None, cause: str) -> None:
    with pytest.raises(ParseError) as raised:
        extract_page(body, content_type, URL)
    assert cause in str(raised.value)


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body><div id=root></div><script>render()</script>",
        b"<html></html>",
        b"plain words",
        b"<",
        b"\x00",
    ],
)
def test_a05_page_without_article_gives_no_error_and_little_text(body: bytes) -> None:
    try:
        page = extract_page(body, "text/html", URL)
    except ParseError as error:
        assert str(error)
    else:
        assert len(page.text) < 20


def test_a06_structured_data_bomb_costs_nothing() -> None:
    bomb = '<script type="application/ld+json">{"a":"' + '\\"' * 18_000 + "</script>"
    page = extract_page(f"<html><head>{bomb}</head><body><article>{PROSE}</article>".encode(), None, URL)
    assert page.text.startswith("The council")


def test_a07_paragraphs_are_lines_without_controls_in_nfc() -> None:
    raw = PROSE.replace("bridge", "bri\x00dge caf\u0065\u0301")  # e + combining accent
    text = extract_page(f"<html><body><article>{raw}</article>".encode(), None, URL).text
    assert text == unicodedata.normalize("NFC", text)
    assert "bridge café 0" in text
    assert text.count("\n") == 5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Prose.\nSubscribe for full access", ("Prose.", True)),
        ("Prose.\nRelated Posts\nOne headline\nAnother headline", ("Prose.", False)),
        (
            "Prose.\nRelated news\n" + "Long prose goes on. " * 20,
            ("Prose.\n" + "Long prose goes on. " * 20, False),
        ),
        ("Prose.\nShare this:\nMore prose.", ("Prose.\nMore prose.", False)),
        (
            "Related cases rose to 40, the ministry said.",
            ("Related cases rose to 40, the ministry said.", False),
        ),
        ("Share prices fell on Monday.", ("Share prices fell on Monday.", False)),
        ("စာသား။\nဆက်စပ်သတင်းများ\nခေါင်းစဉ်", ("စာသား။", False)),  # text / related news / headline
        ("စာသား။\nဆက်ဖတ်ရန် အသင်းဝင်ပါ", ("စာသား။", True)),  # text / become a member to read on
    ],
)
def test_furniture_lines_are_dropped_and_prose_stays(text: str, expected: tuple[str, bool]) -> None:
    assert drop_lines(text) == expected


@pytest.mark.parametrize("keep", [(), (".entry-content",)])
def test_a_short_story_that_ends_at_a_paywall_is_told_as_cut(keep: tuple[str, ...]) -> None:
    story = "<p>The road to the airport was closed on Friday.</p><p>Nobody gave a reason.</p>"
    body = (
        "<html><body><article><p>Hills desk 28.11.2026</p><div class='entry-content'>"
        f"{story}<p>Subscribe for full access</p></div></article></body></html>"
    )
    page = extract_page(body.encode(), None, URL, ExtractRules(keep=keep))
    assert page.truncated
    assert page.text == "The road to the airport was closed on Friday.\nNobody gave a reason."
