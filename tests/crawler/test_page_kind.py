"""Pages that are no article are refused in words; several stories on one page are told; rules of a source are kept."""

from __future__ import annotations

import pytest

from crawler.article.extract import extract_page
from crawler.article.several import names_several
from crawler.errors import ParseError
from crawler.model import ExtractRules

URL = "https://site.example/section/story"
STORY = "".join(
    f"<p>The council opened bridge {number} over the river on Monday, and said more would follow in spring.</p>"
    for number in range(6)
)
HEADLINES = [
    "Shelling near the old market of Loikaw, residents say",
    "Four townships wait for the ferry that was promised",
    "Rice mills open again after three weeks of rain",
    "Teachers return to the hill schools of the north",
    "A bridge for carts, built by the village itself",
    "Traders count their losses on the road to the border",
]
CARDS = "".join(
    f'<div class="card"><h3><a href="/{n}">{line}</a></h3></div>' for n, line in enumerate(HEADLINES)
)


def read(markup: str, rules: ExtractRules | None = None) -> str:
    return extract_page(markup.encode(), "text/html", URL, rules or ExtractRules()).text


@pytest.mark.parametrize(
    ("markup", "cause"),
    [
        (f'<body class="archive category category-news">{STORY}', "lists articles"),
        (f'<body class="search search-results">{STORY}', "lists articles"),
        (f'<body class="error404 wp-theme">{STORY}', "does not exist"),
        (
            f'<script type="application/ld+json">{{"@type":"CollectionPage"}}</script><body>{STORY}',
            "lists articles",
        ),
        (f"<body><main><h1>News</h1>{CARDS}</main>", "lists articles"),
    ],
    ids=["category", "search", "not-found", "collection", "cards"],
)
def test_page_that_is_no_article_is_refused(markup: str, cause: str) -> None:
    with pytest.raises(ParseError, match=cause):
        read(f"<html><head></head>{markup}</html>")


@pytest.mark.parametrize(
    "markup",
    [
        f'<body class="single single-post postid-4 category-news">{STORY}{CARDS}',
        f'<script type="application/ld+json">{{"@type":"NewsArticle"}}</script><body>{STORY}',
        f"<body><article>{STORY}</article><section>{CARDS}</section>",
    ],
    ids=["single", "declared", "by-its-text"],
)
def test_article_beside_a_list_is_no_list(markup: str) -> None:
    assert "bridge 5 over the river" in read(f"<html><head></head>{markup}</html>")


@pytest.mark.parametrize(
    "title",
    [
        "Battlefield update: four fronts on Tuesday",
        "Morning briefing, 3 November",
        "Live updates: the vote in twelve townships",
        "Clashes cut the northern road; farmers wait for seed",
        "နိုဝင်ဘာ ၃ ရက် သတင်းအနှစ်ချုပ်",  # news summary of 3 November
        "နေ့စဉ်သတင်းများ",  # daily news
    ],
)
def test_title_of_several_stories_is_known(title: str) -> None:
    assert names_several(title)


@pytest.mark.parametrize(
    "title",
    [
        "Four live in fear by the river",
        "Alive and well: the ferry of Lake Town",
        "Rice; a memory",
        "သတင်းတိုက် ပိတ်ခံရ",  # a news office was closed: begins like "short news"
        "သတင်းထောက် သုံးဦး လွတ်မြောက်",  # three journalists released
    ],
)
def test_title_of_one_story_is_left_alone(title: str) -> None:
    assert not names_several(title)


def test_live_blog_is_told_by_its_hours_and_by_its_own_word() -> None:
    hours = "".join(
        f"<p>1{n}:05 - The ferry came back with forty people and left again for the north.</p>"
        for n in range(5)
    )
    page = extract_page(f"<html><body><article>{hours}".encode(), None, URL)
    assert page.several
    said = '<script type="application/ld+json">{"@type":"LiveBlogPosting"}</script>'
    assert extract_page(f"<html><head>{said}</head><body>{STORY}".encode(), None, URL).several
    assert not extract_page(f"<html><body>{STORY}".encode(), None, URL).several


# --- what a source's configuration says ---

BOXES = f"""<html><body><div class="q1"><h1>Bridges</h1><div class="story"><p>Short news of the bridge.</p>
<div class="ours">Told by the Lake Post team of Loikaw.</div><p>It opened.</p></div></div>
<div class="q1">{STORY.replace("bridge", "school")}</div></body></html>"""


def test_kept_elements_are_the_article_and_nothing_else() -> None:
    assert read(BOXES, ExtractRules(keep=(".story p",))) == "Short news of the bridge.\nIt opened."
    nested = ExtractRules(keep=(".story", ".story p"))
    assert read(BOXES, nested).count("It opened.") == 1


def test_dropped_elements_are_gone_before_anything_is_read() -> None:
    rules = ExtractRules(keep=(".story",), drop=(".ours", "body"))  # the body stays
    assert read(BOXES, rules) == "Short news of the bridge.\nIt opened."
    assert "school" not in read(BOXES, ExtractRules(drop=("div.q1 + div.q1",)))


def test_selector_that_finds_nothing_falls_back_and_is_told() -> None:
    page = extract_page(BOXES.encode(), None, URL, ExtractRules(keep=(".gone",)))
    assert page.keep_missed and "school 5" in page.text
    assert not extract_page(BOXES.encode(), None, URL, ExtractRules(keep=(".story",))).keep_missed


# --- what was cut ---


@pytest.mark.parametrize(
    "ending",
    [
        "<p>The mayor said that ...  Subscribe for full access</p>",
        "<p>You must have an account to read this story.</p>",
        '<div class="swpm-restricted">Members only</div>',
        '<div class="leaky_paywall_message_wrap leaky_paywall_message">Members</div>',
        '<form class="post-password-form">This content is protected</form>',
        '<div class="b-paywall">Join</div>',
        "<p>ဆက်လက်ဖတ်ရှုရန် အကောင့်ဖွင့်ပါ</p>",  # open an account to read on
    ],
)
def test_a02_stub_of_a_paywall_is_marked_and_its_call_is_not_text(ending: str) -> None:
    page = extract_page(f"<html><body><article class=entry-content>{STORY}{ending}".encode(), None, URL)
    assert page.truncated
    assert not any(word in page.text.lower() for word in ("subscribe", "account", "member", "အကောင့်"))


@pytest.mark.parametrize(
    "head",
    [
        '<meta property="article:content_tier" content="locked">',
        '<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":false}</script>',
        '<script type="application/ld+json">{"@type":"NewsArticle","hasPart":{"isAccessibleForFree":"False"}}</script>',
    ],
)
def test_a02_page_that_says_it_is_not_free_is_marked_when_it_is_short(head: str) -> None:
    short = extract_page(f"<html><head>{head}</head><body><article>{STORY}".encode(), None, URL)
    rest = "".join(
        f"<p>Speaker {number} asked for more ferries, for better roads and for rice at a fair price.</p>"
        for number in range(20)
    )
    whole = extract_page(f"<html><head>{head}</head><body><article>{STORY}{rest}".encode(), None, URL)
    assert short.truncated
    assert len(whole.text) > 1500 and not whole.truncated
