"""A page's text that cannot be its article gives way to the feed's words, and the reason is kept for people."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from crawler.article.sanity import find_doubt
from crawler.article.settle import from_feed, from_page
from crawler.model import Article, ExtractedPage, ExtractRules, FeedEntry, PendingEntry

NOW = datetime(2026, 11, 22, tzinfo=UTC)
URL = "https://site.example/section/story"
# Rice and medicine reached the camps by the river, the committee said, and more will come on Monday.
BURMESE = "မြစ်ကမ်းဘေး စခန်းတွေကို ဆန်နဲ့ ဆေးဝါးတွေ ရောက်ပြီး တနင်္လာနေ့မှာ ထပ်ရောက်မယ်လို့ ကော်မတီက ပြောပါတယ်။ " * 3
ENGLISH = (
    "Rice and medicine reached the camps by the river, the committee said, and more will come on Monday. " * 3
)
ITEM = PendingEntry(
    1, "hills", FeedEntry("စခန်းများသို့ ဆန်ရောက်", URL, summary=BURMESE.strip()), NOW, 0
)  # rice reaches the camps


def settle(text: str, item: PendingEntry = ITEM, rules: ExtractRules | None = None) -> Article:
    found = from_page(item, ExtractedPage(text), URL, "my", rules or ExtractRules())
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        (ENGLISH, "my", "hardly a Burmese letter"),
        (BURMESE, "en", "hardly a Latin letter"),
        (BURMESE.encode().decode("cp1252", errors="replace"), "my", "wrong encoding"),
        (BURMESE.replace("က", "\ufffd"), "my", "wrong encoding"),
        (ENGLISH.replace("m", "\ufffd"), "en", "wrong encoding"),
    ],
    ids=["english", "burmese", "misread", "replaced-my", "replaced-en"],
)
def test_a08_text_in_the_wrong_script_or_encoding_is_doubted(text: str, language: str, words: str) -> None:
    assert words in (find_doubt(text, language) or "")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (BURMESE, "my"),
        (ENGLISH, "en"),
        (f"{BURMESE} {ENGLISH}", "my"),
        (f"{BURMESE} KNDF, PDF", "my"),
        (ENGLISH, "kac"),  # Jingpho is written in Latin letters
        ("Прибытие риса и лекарств в лагеря у реки подтвердил комитет в понедельник утром. " * 3, "ru"),
        ("A short note.", "my"),
        (ENGLISH + " “Encore à l'été”, Ångström, naïve café", "en"),
        ("", "my"),
    ],
)
def test_a08_honest_text_is_not_doubted(text: str, language: str) -> None:
    assert find_doubt(text, language) is None


def test_feed_speaks_where_the_page_is_in_the_wrong_script() -> None:
    found = settle(ENGLISH)
    assert (found.text, found.origin, found.language) == (BURMESE.strip(), "summary", "my")
    assert "Burmese" in (found.doubt or "")


def test_page_stays_with_its_doubt_where_the_feed_has_nothing_better() -> None:
    item = replace(ITEM, entry=replace(ITEM.entry, summary="ဆန်ရောက်"))  # rice has come
    found = settle(ENGLISH, item)
    assert (found.text, found.origin) == (ENGLISH, "page")
    assert "Burmese" in (found.doubt or "")
    english = replace(
        ITEM, entry=FeedEntry("Rice comes", URL, summary=ENGLISH)
    )  # the outlet's English article
    assert settle(ENGLISH, english).origin == "page"


def test_stub_beside_the_feed_is_said_in_numbers() -> None:
    item = replace(ITEM, entry=replace(ITEM.entry, content=BURMESE * 3))
    found = settle(BURMESE[:100], item)
    assert (found.origin, found.doubt) == ("feed", f"100 characters, where the feed has {len(BURMESE) * 3}")


def test_least_length_of_a_source_decides_what_is_an_article() -> None:
    rules = ExtractRules(min_chars=len(BURMESE) + 100)
    assert from_page(ITEM, ExtractedPage(BURMESE[:90]), URL, "my", rules) is None  # the feed has as much
    bare = replace(ITEM, entry=replace(ITEM.entry, summary=""))
    assert "characters only" in (settle(BURMESE, bare, rules=rules).doubt or "")
    assert settle(BURMESE, bare).doubt is None


def test_title_of_several_stories_marks_the_article_wherever_its_text_comes_from() -> None:
    item = replace(ITEM, entry=replace(ITEM.entry, title="Morning briefing, 3 November"))
    assert settle(BURMESE, item).several and from_feed(item, "my").several
    assert not settle(BURMESE).several
