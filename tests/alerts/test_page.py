"""The digest as a page: whole, self-contained, escaped, each text in its language."""

from __future__ import annotations

import html.parser
import re

import pytest
from hypothesis import HealthCheck, given, settings

from alerts.digest.page import language_tag, render_page
from alerts.model import Digest, FigureClaim, Severity, Tally
from tests.builders import a_burmese_report, a_digest, a_full_digest, a_report, a_sentence, a_story
from tests.contract.hostile import digests

_OPEN_ENDED = {"meta", "br"}


class _Page(html.parser.HTMLParser):
    """Reads a page back: its visible text and its attributes; a tag out of place is an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.shown = ""
        self.feed(text)
        self.close()
        assert not self.stack

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in _OPEN_ENDED:
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.stack:
            self.shown += data

    def lang_of(self, text: str, source: str) -> str:
        """Return the tag on the element that opens right before *text*."""
        found = re.search(r'lang="([^"]*)">(?:<mark>)?' + re.escape(text), source)
        assert found, text
        return found[1]


def test_the_page_tells_all_and_marks_what_was_found() -> None:
    claims = (
        FigureClaim(5, False, "soldiers", ("junta spokesman",)),
        FigureClaim(9, True, "civilians", ("KNDF",), hedged=True, was=3),
    )
    full = a_full_digest()
    grave = a_story(
        a_burmese_report(gloss="airstrike; Loikaw"),
        story_id=9,
        severity=Severity.URGENT,
        tallies=(Tally("killed", "", claims),),
    )
    text = render_page(a_digest(*full.stories, grave, brief=full.brief, notices=full.notices, more=4))
    shown = re.sub(r"\s+", " ", _Page(text).shown)
    for fact in (
        "Loikaw watch: 2 stories, 1 update, 1 brief",
        "Urgent · Loikaw",
        "Aid reaches Demoso",
        "In English, by word list: airstrike; Loikaw",
        "Killed 5 soldiers junta spokesman at least 9 civilians KNDF, was 3, unverified",
        "Reported before by DVB, Mizzima",
        "DVB: nothing for 3 days",
        "+4 more stories not listed.",
        "Read 27 of 28 sources. Failed: The Irrawaddy (403 challenge page)",
        "Digest a1b2c3d4 · 22 Nov 12:24 MMT",
        "ethnic media",
        "irrawaddy.com",
    ):
        assert fact in shown, fact
    assert "<mark>Loikaw</mark>" in text
    assert "<mark>လွိုင်ကော်</mark>" in text  # Loikaw


@pytest.mark.parametrize("digest", [a_full_digest(), a_digest(), a_digest(coverage=None)])
def test_the_page_needs_nothing_from_elsewhere_and_runs_nothing(digest: Digest) -> None:
    check_page(render_page(digest))


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(digest=digests())
def test_hostile_digests_stay_text(digest: Digest) -> None:
    check_page(render_page(digest))


def check_page(text: str) -> None:
    page = _Page(text)
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "img", "link", "iframe", "object", "embed", "form", "base", "svg"}
    for tag, attributes in page.tags:
        assert not any(name.startswith("on") or name in {"src", "style", "srcset"} for name in attributes)
        if tag == "a":
            assert re.match(r"https?://", attributes["href"] or "")
            assert attributes["rel"] == "noopener noreferrer"
    assert {"http-equiv", "content"} in [set(attributes) for _, attributes in page.tags]
    text.encode("utf-8")
    assert "\u202e" not in text


def test_each_text_names_its_language() -> None:
    story = a_story(a_report(), a_burmese_report(), a_report(language="my", headline="Clashes in brief"))
    text = render_page(a_digest(story, a_story(a_burmese_report(language=None))))
    page = _Page(text)
    assert page.tags[0] == ("html", {"lang": "en"})
    assert page.lang_of("Clashes resume", text) == "en"
    assert page.lang_of("လွိုင်ကော်မြို့", text) == "my"  # Loikaw town
    assert page.lang_of("Clashes in brief", text) == "en"
    assert page.lang_of("ကန္တာရဝတီ", text) == "my"  # Kantarawaddy


@pytest.mark.parametrize(
    ("text", "declared", "expected"),
    [
        ("Clashes", "en", "en"),
        ("Clashes", None, "en"),
        ("Clashes", "my", "en"),
        ("တိုက်ပွဲ", "my", "my"),  # fighting
        ("တိုက်ပွဲ", "en", "my"),
        ("တိုက်ပွဲ", "ksw", "ksw"),  # Karen is written in Myanmar letters too
        ("Loikaw တိုက်ပွဲ ဖြစ်ပွားခဲ့သည်", None, "my"),
        ("สงคราม", "th", "th"),  # war
        ("Clashes", '"><script>', "en"),
        ("", None, "en"),
    ],
)
def test_the_letters_outrank_what_an_outlet_declares(text: str, declared: str | None, expected: str) -> None:
    assert language_tag(text, declared) == expected


def test_a_long_sentence_keeps_its_marks_in_view() -> None:
    long = a_sentence("word " * 900 + "Loikaw " + "word " * 900)
    assert "<mark>Loikaw</mark>" in render_page(a_digest(a_story(a_report(sentence=long))))
