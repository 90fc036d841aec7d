"""Digests that mean harm: Hypothesis strategies over both scripts and every platform's markup."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from alerts.model import (
    Coverage,
    Digest,
    FigureClaim,
    MarkedText,
    Report,
    Severity,
    Story,
    Tally,
    ToldIn,
    Volume,
)
from tests.builders import NOW

ATTACKS = (
    "@everyone", "@here", "<!channel>", "<@U0123>", "<@&99>", "<@99>", "<#C1>", "@channel", "@room", "<users/all>",
    "[click](https://evil.example)", "<https://evil.example|irrawaddy.com>", "https://evil.example", "evil.example",
    "<script>alert(1)</script>", "<a href='tg://user?id=1'>x</a>", "<b>", "</b>", "<br>", "&nbsp;", "&amp;", "]]>",
    "**bold**", "__u__", "~~s~~", "||spoiler||", "`code`", "```", "# heading", "-# small", "> quote", "1. list",
    "<t:0:R>", "</cmd:1>", ":smile:", "/start", "#tag", "$USD", "\\", "\\@everyone", "{{DATE()}}", "<at>all</at>",
    "\u202egro.live", "\u2066x\u2069", "\x00", "\x1b[31m", "\r\n", "\u2028", "\ufeff", "\U000e0041", "\ud800", "\udfff",
    "\u200b", "\u200d", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "e\u0301", "\u1037\u103a",
)  # fmt: skip

# Loikaw, fighting, military operation, operation 1111, the sentence's end, and a long run without spaces
BURMESE = ("လွိုင်ကော်", "တိုက်ပွဲ", "စစ်ဆင်ရေး", "၁၁၁၁ စစ်ဆင်ရေး", "။ ", "ဖြစ်ပွားခဲ့သည်" * 20)
ENGLISH = ("Loikaw ", "Operation 1111 ", "fighting ", "76 killed, ", "A" * 300, "word " * 60)

texts = st.lists(
    st.one_of(
        st.sampled_from(ATTACKS), st.sampled_from(BURMESE), st.sampled_from(ENGLISH), st.text(max_size=12)
    ),
    max_size=5,
).map("".join)

urls = st.one_of(
    st.none(),
    st.sampled_from(
        (
            "https://www.irrawaddy.com/news/x.html",
            "https://irrawaddy.com@evil.example/",
            "javascript:alert(1)",
            "tg://user?id=1",
            "https://x.example/a|b>c<d)e(f\"g'h i",
            "https://kantarawaddytimes.com/" + "လွိုင်ကော်" * 20,  # loikaw, repeated
            "https://x.example/" + "a" * 1970,
            "https://xn--mnchen-3ya.example/?a=1&b=<!channel>",
            "https://\ud800.example/",
        )
    ),
    texts.map(lambda text: "https://x.example/" + text),
)


@st.composite
def _marked(draw: st.DrawFn) -> MarkedText:
    pieces = draw(st.lists(st.tuples(texts, st.booleans()), max_size=4))
    at, marks = 0, []
    for text, is_marked in pieces:
        if is_marked and text:
            marks.append((at, at + len(text)))
        at += len(text)
    return MarkedText("".join(text for text, _ in pieces), tuple(marks))


def _seldom(strategy: st.SearchStrategy[Any], usual: Any) -> st.SearchStrategy[Any]:
    return st.one_of(st.just(usual), st.just(usual), strategy)


_moments = st.integers(-100, 100_000).map(lambda minutes: NOW - timedelta(minutes=minutes))

reports = st.builds(
    Report,
    article_id=st.integers(1, 10**9),
    headline=texts,
    outlet=texts,
    perspective=st.one_of(st.sampled_from(("independent", "ethnic", "junta")), texts),
    language=st.one_of(st.none(), st.sampled_from(("en", "my", "th")), texts),
    url=urls,
    first_seen=_moments,
    published=st.one_of(st.none(), _moments),
    sentence=st.one_of(st.none(), _marked()),
    summary_only=st.booleans(),
    converted=st.booleans(),
    teaser=st.booleans(),
    several=st.booleans(),
    unverified=st.booleans(),
    gloss=_seldom(texts, ""),
    copy_of=_seldom(texts, None),
)
changes = st.builds(replace, reports, change=texts.map(lambda text: f"Changed in {text}"))

claims = st.builds(
    FigureClaim,
    value=st.integers(1, 10**7),
    at_least=st.booleans(),
    who=texts,
    said_by=st.lists(texts, min_size=1, max_size=5).map(tuple),
    hedged=st.booleans(),
    was=st.one_of(st.none(), st.integers(1, 10**7)),
    about=st.booleans(),
)
tallies = st.lists(
    st.builds(
        Tally,
        what=st.sampled_from(("killed", "displaced", "houses_destroyed", "other")),
        period=_seldom(texts, ""),
        claims=st.lists(claims, min_size=1, max_size=4).map(tuple),
    ),
    max_size=3,
).map(tuple)
volumes = st.builds(
    Volume, texts, st.lists(st.integers(0, 10**4), max_size=14).map(tuple)
)  # also of no day at all


@st.composite
def digests(draw: st.DrawFn) -> Digest:
    """Draw a digest of up to 6 stories, now and then far more than a platform's parts hold."""
    told = draw(st.lists(st.lists(reports, min_size=1, max_size=4), max_size=6))
    many = draw(st.sampled_from((*[1] * 15, 4)))
    stories = [
        Story(
            story_id=number,
            topics=tuple(draw(st.lists(texts, max_size=3))) if number < 4 else ("Loikaw",),
            reports=tuple(found * many),
            is_update=number % 3 == 0,
            known_outlets=("DVB", "<!here>") if number % 3 == 0 else (),
            severity=draw(st.sampled_from(Severity)),
            tallies=draw(_seldom(tallies, ())),
            outlets=len(found),
            origins=draw(st.integers(0, len(found))),
        )
        for number, found in enumerate(told * many, start=1)
    ]
    names = st.lists(texts, max_size=8).map(tuple)
    coverage = st.builds(Coverage, st.integers(0, 30), st.just(30), names, names, st.booleans())
    return Digest(
        digest_id="a1b2c3d4",
        title=draw(texts),
        created=NOW,
        timezone="Asia/Yangon",
        stories=tuple(stories),
        brief=tuple(draw(st.lists(st.one_of(reports, changes), max_size=6))),
        more=draw(st.integers(0, 5000)),
        queued=draw(st.integers(0, 5000)),
        coverage=draw(st.one_of(st.none(), coverage)),
        notices=tuple(draw(st.lists(texts, max_size=10))),
        is_test=draw(st.booleans()),
        is_catch_up=draw(st.booleans()),
        is_heartbeat=not stories and draw(st.booleans()),
        volumes=tuple(draw(st.lists(volumes, max_size=6))),
        answers=draw(
            _seldom(
                st.builds(ToldIn, st.just("0a1b2c3d"), st.sampled_from(("4711", "$event:example.org"))), None
            )
        ),
    )
