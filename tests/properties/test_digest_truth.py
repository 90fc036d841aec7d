"""No number, name or sentence in a digest that does not stand in a cited article; no digest without coverage.

Articles are assembled from sentences in both languages of which a person has written down the numbers. A message is
read back as its reader sees it, without white space; what the articles say and what `TEMPLATES` allows is struck out;
whatever then remains must be a piece of an article, or a number that one of them states.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.channels import PLATFORMS
from alerts.digest.page import render_page
from alerts.lead.gloss import NAMES
from alerts.match.concept import name_concepts
from alerts.message.platform import Style
from alerts.model import Coverage, Digest
from tests.invented import HOSTS, SOURCES, Written
from tests.kit.platforms import render
from tests.situations import compose, configuration, stories_of


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence and the numbers in it, as a person reads them."""

    text: str
    numbers: frozenset[int] = frozenset()


def said(text: str, *numbers: int) -> Said:
    return Said(text, frozenset(numbers))


TITLES = (
    said("Clashes near Loikaw enter a third day", 3),
    said("Aid reaches Loikaw after 17 days", 17),
    said("Operation 1111: a bridge changes hands", 1111),
    said("လွိုင်ကော်တွင် တိုက်ပွဲဖြစ်"),  # fighting in Loikaw
    said("လွိုင်ကော် ဆေးခန်း လက်နက်ကြီးထိမှန်၊ ၅ ဦး သေဆုံး", 5),  # Loikaw clinic hit by artillery, 5 dead
)
SENTENCES = (
    said("At least 14 soldiers were killed near Loikaw, the Karenni Nationalities Defence Force said.", 14),
    said("A spokesman of the junta said that 3 soldiers were killed near Loikaw.", 3),
    said(
        "Twelve villagers were injured in Loikaw when a shell hit the market, a nurse told the Valley Post.",
        12,
    ),
    said("About 2,400 people fled from Loikaw to Demoso, residents said.", 2400),
    said("Police in Loikaw arrested seven students, their families said.", 7),
    said("The claim about Operation 1111 could not be verified independently.", 1111),
    said("Forty houses burnt down in the Daw Au Khu ward of Loikaw.", 40),
    said("Rain delayed the convoy to Loikaw, a driver called Saw Htoo said."),
    said("The market of Taunggyi was open as usual."),
    # fighting broke out near Loikaw; residents say that 6 civilians died
    said("လွိုင်ကော်မြို့အနီး တိုက်ပွဲဖြစ်ပွားပြီး အရပ်သား ၆ ဦး သေဆုံးခဲ့တယ်လို့ ဒေသခံတွေက ပြောပါတယ်။", 6),
    # in Loikaw 15 houses burnt down
    said("လွိုင်ကော်မြို့မှာ နေအိမ် ၁၅ လုံး မီးလောင်ပျက်စီးခဲ့ပါတယ်။", 15),
    # more than 300 people of Loikaw are fleeing the war, an aid worker said
    said("လွိုင်ကော်မြို့က စစ်ဘေးရှောင် ၃၀၀ ကျော် ထွက်ပြေးနေရတယ်လို့ ကူညီသူတစ်ဦးက ပြောပါတယ်။", 300),
    # the regime's soldiers, 9 of them, were captured at the outpost of Loikaw, the force announced
    said("လွိုင်ကော်စခန်းမှာ စစ်သား ၉ ဦးကို ဖမ်းဆီးရမိတယ်လို့ တပ်ဖွဲ့က ထုတ်ပြန်ပါတယ်။", 9),
)

# What a digest says of its own, whatever the articles say; white space is put aside. Longer ones first.
_TIME = r"\d{1,2} [A-Z][a-z]{2} \d\d:\d\d MMT"
TEMPLATES = tuple(
    re.compile(pattern.replace(" ", ""))
    for pattern in (
        r"Loikaw · Operation 1111(?:: (?:\d+ (?:story|stories|updates?|briefs?|changes?)(?:, )?)+)?",
        r"(?:Loikaw|Operation 1111), \d+ days: [▁▂▃▄▅▆▇█]+ \d+ reports?, \d+ today",
        r"Read 28 of 28 sources\.",
        rf"Digest [0-9a-f]{{8}} · {_TIME}(?: · \(\d+/\d+\))?",
        r"(?:Urgent · )?(?:Update: \+\d+ reports? · )?(?:Operation 1111|Loikaw)(?:, Operation 1111)?(?: · \d+ outlets)?"
        r"(?:, \d+ origins?)?",
        rf"(?:first seen )?{_TIME}",
        r"\d+ (?:min|h|days) ago|just now",
        r"\+\d+ more (?:reports?|stories|story)(?: not listed\.|: )?|\+\d+ more",
        r"In English, by word list:|Reported before by|converted from Zawgyi|repeats",
        r"ethnic media|junta media|independent|international|humanitarian|unverified|at least|about(?=\d)|, was",
        r"(?:Killed|Injured|Displaced|Captured|Surrendered|Arrested|Houses destroyed|Bases captured)"
        r"(?=[:\d\0]|atleast|about)",
        r"English|Burmese|Also|\[open\]|Open the article",
    )
)
_PUNCTUATION = re.compile(r"(?:[\0·•«»“”…():;│→↗─—+*|<>\[\]\-]|,(?!\d{3}))+")
_CLAIM = re.compile(r"([\d,]*\d)(.*)")
_HOSTS = [HOSTS.get(source, f"{source}.example") for source in SOURCES]
_FILLER = {
    "people",
    "houses",
    "လူ",
}  # people; what a bare number counts, where the report leaves the word to its reader


_ADDRESS = re.compile(rf"https?://(?:{'|'.join(map(re.escape, _HOSTS))})/2026/11/\d+")


def squeeze(text: str) -> str:
    return re.sub(r"[\s\u200b]+", "", _ADDRESS.sub("\0", text))


def leaves(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        yield from (text for child in node.values() for text in leaves(child))
    elif isinstance(node, list):
        yield from (text for child in node for text in leaves(child))


def shown_in(name: str, body: bytes) -> str:
    """Return what a reader of one message sees, a null between what stands in different places."""
    text = body.decode("utf-8")
    if name == "console":
        return squeeze(re.sub(r"(?m)^[ \d]\d  ", "\0", text.replace("│", "")))
    if name == "apprise":
        return squeeze(text)
    message = json.loads(text)
    match name:
        case "slack":
            text = "\0".join(_slack(message))
        case "discord":
            embeds = message.get("embeds", [])
            parts = [message["content"]]
            for embed in embeds:
                parts += [embed.get("author", {}).get("name", ""), embed.get("title", "")]
                parts += [embed.get("description", ""), embed.get("footer", {}).get("text", "")]
            text = re.sub(r"\\([^\w\s])", r"\1", "\0".join(parts).replace("**", ""))
        case "telegram" | "ntfy":
            text = message.get("title", "") + "\0" + (message.get("text") or message["message"])
        case "matrix":
            text = message.get("formatted_body") or message["body"]
        case "mattermost":
            text = re.sub(r"\\([^\w\s])", r"\1", message["text"].replace("**", ""))
            text = re.sub(r"\[([^\]]*)\]\(([^)]*)\)", "\\1\0\\2\0", text)
        case "googlechat":
            text = message.get("text") or "\0".join(leaves(message["cardsV2"][0]["card"]))
        case "teams":
            text = "\0".join(_texts(message["attachments"][0]["content"]["body"])).replace("**", "")
    text = re.sub(r"<(?!https?:)/?(?:b|i|strong)>", "", text)
    text = re.sub(r"<(?!https?:)[^>]*>", "\0", text)
    return squeeze(html.unescape(text))


def _slack(message: Any) -> Iterator[str]:
    if "blocks" not in message:
        yield message["text"]
    for block in message.get("blocks", []):
        for element in block.get("elements", [block.get("text")]):
            yield from _runs(element)


def _runs(element: Any) -> Iterator[str]:
    """Yield runs of text: pieces of one section belong together, emphasis or not."""
    inner = element.get("elements", [])
    if inner and "elements" in inner[0]:
        for child in inner:
            yield from _runs(child)
    else:
        yield "".join(child["text"] for child in inner) or element.get("text", "")


def _texts(elements: list[Any]) -> Iterator[str]:
    for element in elements:
        yield element.get("text", "")
        yield from _texts(element.get("items", []))


def page_text(digest: Digest) -> str:
    body = render_page(digest).partition("<body>")[2]
    return squeeze(html.unescape(re.sub(r"<[^>]*>", "\0", re.sub(r"</?mark>", "", body))))


def find_untold(text: str, articles: list[Written], numbers: frozenset[int], glosses: list[str]) -> list[str]:
    """Return what *text* says that neither the articles nor the templates do."""
    sentences = {each.text for each in SENTENCES}
    known = {article.title for article in articles}
    known |= {sentence for article in articles for sentence in sentences if sentence in article.text}
    known |= {SOURCES[article.source].name for article in articles}
    known |= {HOSTS.get(article.source, f"{article.source}.example") for article in articles}
    known |= set(glosses)
    for phrase in sorted(map(squeeze, known), key=len, reverse=True):
        text = text.replace(phrase, "\0")
    for template in TEMPLATES:
        text = template.sub("\0", text)
    bodies = [squeeze(f"{article.title}\n{article.text}") for article in articles]
    return [rest for rest in _PUNCTUATION.split(text) if not _stands(rest.strip("."), bodies, numbers)]


def _stands(rest: str, bodies: list[str], numbers: frozenset[int]) -> bool:
    claim = _CLAIM.fullmatch(rest)
    if claim:
        value, counted = int(claim[1].replace(",", "")), claim[2]
        return value in numbers and (counted in _FILLER or any(counted in body for body in bodies))
    return not rest or any(rest in body or rest[:1].lower() + rest[1:] in body for body in bodies)


def check_gloss(gloss: str, numbers: frozenset[int]) -> None:
    """A gloss holds names of the lexicon, and kinds of figures with numbers of the report."""
    names = set(name_concepts(configuration().lexicon).values())
    for word in filter(None, re.split(r"[;,] ", gloss)):
        figure = re.fullmatch(r"(.+?) (?:at least |about )?(\d+)", word)
        assert word in names or (figure and figure[1] in NAMES.values() and int(figure[2]) in numbers), word


@dataclass(frozen=True, slots=True)
class Desk:
    """A digest, the articles that it cites and the numbers that stand in them."""

    digest: Digest
    articles: list[Written]
    numbers: frozenset[int]


@st.composite
def desks(draw: st.DrawFn) -> Desk:
    groups, numbers = [], frozenset[int]()
    for _ in range(draw(st.integers(1, 3))):
        group = []
        for source in draw(st.lists(st.sampled_from(sorted(SOURCES)), min_size=1, max_size=3, unique=True)):
            title = draw(st.sampled_from(TITLES))
            body = draw(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=4, unique=True))
            numbers = numbers.union(title.numbers, *(each.numbers for each in body))
            text = " ".join(each.text for each in body)
            group.append(Written(source, title.text, text, draw(st.floats(0.1, 60))))
        groups.append(tuple(group))
    digest = compose(stories_of(*groups), max_stories=draw(st.integers(1, 3)))
    return Desk(digest, [article for group in groups for article in group], numbers)


def check(desk: Desk, name: str, style: Style) -> None:
    reports = [*desk.digest.brief, *(each for story in desk.digest.stories for each in story.reports)]
    glosses = [report.gloss for report in reports if report.gloss]
    for gloss in glosses:
        check_gloss(gloss, desk.numbers)
    texts = [page_text(desk.digest)]
    if name != "html":
        texts = [shown_in(name, part.body) for part in render(name, desk.digest, style)]
    for text in texts:
        assert find_untold(text, desk.articles, desk.numbers, glosses) == []
    assert "Read28of28sources." in texts[-1]


names = pytest.mark.parametrize("name", [*sorted(set(PLATFORMS) - {"webhook"}), "html"])


@names
@settings(deadline=None, max_examples=6, suppress_health_check=list(HealthCheck))
@given(desk=desks(), style=st.sampled_from(Style))
def test_every_sentence_number_and_name_stands_in_a_cited_article(
    name: str, style: Style, desk: Desk
) -> None:
    check(desk, name, style)


@pytest.mark.slow
@names
@pytest.mark.parametrize("style", list(Style))
@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(desk=desks())
def test_many_digests_say_only_what_their_articles_say(name: str, style: Style, desk: Desk) -> None:
    check(desk, name, style)


def a_desk() -> Desk:
    article = Written("wire", TITLES[0].text, SENTENCES[0].text)
    return Desk(compose(stories_of((article,))), [article], TITLES[0].numbers | SENTENCES[0].numbers)


@names
def test_an_invented_headline_figure_or_name_would_be_noticed(name: str) -> None:
    desk = a_desk()
    check(desk, name, Style.RICH)
    story = desk.digest.stories[0]
    tally = story.tallies[0]
    lies = (
        replace(story, reports=(replace(story.reports[0], headline="Nine monks flee to Mawchi"),)),
        replace(story, tallies=(replace(tally, claims=(replace(tally.claims[0], value=15),)),)),
        replace(
            story, tallies=(replace(tally, claims=(replace(tally.claims[0], said_by=("Globe Agency",)),)),)
        ),
    )
    for lie in lies:
        with pytest.raises(AssertionError):
            check(replace(desk, digest=replace(desk.digest, stories=(lie,))), name, Style.RICH)


def test_a_digest_without_coverage_would_be_noticed() -> None:
    desk = a_desk()
    with pytest.raises(AssertionError):
        check(replace(desk, digest=replace(desk.digest, coverage=None)), "slack", Style.RICH)


@settings(deadline=None, max_examples=10, suppress_health_check=list(HealthCheck))
@given(desk=desks())
def test_the_webhook_says_of_every_text_which_article_it_is_of(desk: Desk) -> None:
    told = [json.loads(part.body)["data"] for part in render("webhook", desk.digest)]
    assert all(data["coverage"] == {**data["coverage"], "read": 28, "total": 28} for data in told)
    bodies = [squeeze(f"{article.title}\n{article.text}") for article in desk.articles]
    for data in told:
        for report in [*data["brief"], *(each for story in data["stories"] for each in story["reports"])]:
            shown = [report["headline"], *((report["sentence"] or {"text": ""})["text"].split("…"))]
            assert all(any(squeeze(text) in body for body in bodies) for text in shown), shown
        for story in data["stories"]:
            claims = [claim for figures in story["figures"] for claim in figures["claims"]]
            assert {claim["value"] for claim in claims} <= desk.numbers


def test_coverage_is_never_left_out_of_what_the_program_composes() -> None:
    assert a_desk().digest.coverage == Coverage(28, 28)
