"""One article under today's rules: the clause that fails is named, and there is always one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alerts.history import StoredFinding
from alerts.match.lexicon import Lexicon, LexiconRow, read_lexicon
from alerts.match.matcher import MAX_HITS, compile_topics
from alerts.match.rule import TopicRule
from alerts.matching import within_scope
from alerts.whynot import WhyNot, judge_article
from crawler.model import StoredArticle
from crawler.records.identity import text_hash
from tests.builders import NOW, a_hit
from tests.conftest import ROOT
from tests.contract.test_backtest import LOIKAW, LONG, a_source
from tests.contract.test_history import configuration


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return read_lexicon(ROOT / "config" / "lexicon.csv")


def an_archived(title: str, text: str, language: str | None = "en") -> StoredArticle:
    return StoredArticle(
        article_id=1,
        source_id="irrawaddy-en",
        url=None,
        title=title,
        text=text,
        language=language,
        author=None,
        published=None,
        first_seen=NOW,
        origin="page",
        truncated=False,
        text_sha256=text_hash(title, text),
        backlog=False,
    )


def a_rule(**changes: Any) -> TopicRule:
    return TopicRule("t", "T", **changes)


CALM = an_archived("Calm in Demoso", "Loikaw is calm. A Karenni school opened in Pekon.")
REASONS = [
    (a_rule(any=("Hpruso", "Mese")), "Hpruso, Mese does not stand in title or text (any)"),
    (a_rule(any=("Loikaw",), all=("Hpruso",)), "Hpruso does not stand in title or text (all[0])"),
    (a_rule(title=("Loikaw",)), "Loikaw stands in the text, but not in the title (title[0])"),
    (a_rule(title=("Mese",)), "Mese does not stand in the title (title[0])"),
    (a_rule(any=("Loikaw",), none=("Mese", "Pekon")), "“Pekon” (Pekon) drops the whole article (none)"),
    (
        a_rule(any=("school",), mask=("Karenni school",)),
        "school stands only in what the mask blanks: “Karenni school” (mask)",
    ),
    (
        a_rule(any=("Loikaw",), languages=("my",)),
        "the article is in 'en', and the topic is for my only (languages)",
    ),
    (a_rule(near=(("Loikaw", "Mese", 5),)), "Mese stands nowhere (near[0])"),
    (
        a_rule(near=(("Loikaw", "Pekon", 2),)),
        "Loikaw and Pekon stand too far apart, or in different paragraphs (near[0])",
    ),
    (
        a_rule(near=(("Karenni", "opened", 5),), mask=("Karenni school",)),
        "Karenni and opened stand together only in what the mask blanks (mask)",
    ),
    (
        a_rule(near=(("Karenni", "Loikaw", 1),), mask=("Karenni school",)),
        "Karenni stands only in what the mask blanks: “Karenni school” (mask)",
    ),
    (
        a_rule(near=(("Karenni", "Mese", 1),), mask=("Karenni school",)),
        "Mese stands nowhere (near[0]); Karenni stands only in what the mask blanks: “Karenni school” (mask)",
    ),
    (a_rule(near=(("Mese", "Hpruso", 1),)), "Mese and Hpruso stand nowhere (near[0])"),
    (
        a_rule(any=("Loikaw",), none=("Karenni school", "Pekon"), mask=("Karenni school",)),
        "“Pekon” (Pekon) drops the whole article (none)",
    ),
]


@pytest.mark.parametrize(("rule", "reason"), REASONS, ids=[reason for _, reason in REASONS])
def test_reason_names_the_clause_that_failed(rule: TopicRule, reason: str, lexicon: Lexicon) -> None:
    assert WhyNot(rule, lexicon).explain(CALM, None) == (reason,)


def test_ward_that_no_topic_may_rest_on_is_still_looked_for(lexicon: Lexicon) -> None:
    ward = LexiconRow("pekon-ward", "ward", "Pekon", "latin", "standard", "", "")
    wards = replace(lexicon, concepts={**lexicon.concepts, "pekon-ward": (ward,)})
    near = a_rule(near=(("@pekon-ward", "Mese", 5),))
    assert WhyNot(near, wards).explain(CALM, None) == ("Mese stands nowhere (near[0])",)
    (reason,) = WhyNot(a_rule(any=("Loikaw",), none=("@pekon-ward",)), wards).explain(CALM, None)
    assert reason == "“Pekon” (@pekon-ward) drops the whole article (none)"


def test_word_in_page_furniture_is_told_with_its_line(lexicon: Lexicon) -> None:
    page = an_archived("Rice", "Rice is dear in Yangon this week.\nRelated: Fighting goes on in Loikaw")
    (reason,) = WhyNot(LOIKAW, lexicon).explain(page, None)
    assert "page furniture: “Related: Fighting goes on in Loikaw”" in reason
    (reason,) = WhyNot(a_rule(near=(("Rice", "Fighting", 9),)), lexicon).explain(page, None)
    assert reason == (
        "Fighting stands only in a line taken for page furniture: “Related: Fighting goes on in Loikaw”"
    )


def test_word_that_drops_an_article_is_named_behind_any_number_of_masked_ones(lexicon: Lexicon) -> None:
    rule = a_rule(any=("Loikaw",), none=("school",), mask=("Karenni school",))
    page = an_archived("Loikaw", "A Karenni school opened. " * (MAX_HITS + 10) + "Another school did not.")
    assert WhyNot(rule, lexicon).explain(page, None) == ("“school” (school) drops the whole article (none)",)


def test_source_that_is_restricted_is_named(lexicon: Lexicon) -> None:
    (reason,) = WhyNot(LOIKAW, lexicon).explain(CALM, a_source(topics=["operation-1111"]))
    assert "irrawaddy-en is restricted to other topics" in reason
    rice = an_archived("Rice", "Rice is dear.")
    assert WhyNot(LOIKAW, lexicon).explain(rice, a_source(topics="all")) == ()


def test_there_is_a_reason_exactly_where_the_topic_does_not_hold(lexicon: Lexicon) -> None:
    texts = [CALM, an_archived("Mese", "Pekon and Hpruso."), an_archived("Loikaw", "Karenni school."), LONG]
    sources = [None, a_source(topics=["t"]), a_source(topics=["other"]), a_source(topics="all")]
    rules = [rule for rule, _ in REASONS] + [
        a_rule(any=("Loikaw", "school"), mask=("Loikaw is", "Karenni school"), none=("Mese",))
    ]
    seen = set()
    for rule in rules:
        matcher, why = compile_topics([rule], lexicon), WhyNot(rule, lexicon)
        for text in texts:
            found = an_archived("Loikaw", text) if isinstance(text, str) else text
            topics = matcher.find_matches(found.title, found.text, found.language).topics
            for source in sources:
                holds = "t" in within_scope(topics, source, ["t"])
                assert bool(why.explain(found, source)) is not holds, (rule, found.title, source)
                seen.add(holds)
    assert seen == {True, False}


def test_article_is_judged_by_the_rules_of_today_beside_what_was_found_then(
    tmp_path: Path, lexicon: Lexicon
) -> None:
    config = configuration(tmp_path)
    stale = a_hit("Demoso is calm.", "Demoso")
    then = {
        "loikaw": StoredFinding((a_hit(),), NOW),
        "operation-1111": StoredFinding((stale,), NOW),
        "old": StoredFinding((stale,), NOW),
    }
    judged = judge_article(config, CALM, then)
    assert judged.rules_hash == compile_topics(config.topics, config.lexicon).rules_hash
    loikaw, operation, old = judged.verdicts
    assert (loikaw.holds, loikaw.then, [hit.matched for hit in loikaw.hits]) == (True, NOW, ["Loikaw"])
    assert (operation.holds, operation.hits) == (False, (stale,))
    assert operation.reasons == ("@operation-1111 does not stand in title or text (any)",)
    assert (old.holds, old.reasons) == (False, ("the topic is not in topics.yaml any more",))
    gone = replace(CALM, text="")
    assert {
        verdict.holds for verdict in judge_article(config, gone, then).verdicts if verdict.topic_id != "old"
    } == {None}
