"""Real Burmese text, read twice: by the product and by ``reading.py``, which shares no code with it.

Where the two disagree, ``verdicts.csv`` says who is right and why. A disagreement that is not listed fails, and so
does a listed one that is gone. The corpora stand beside the checkout; without them only our own words are read.
"""

from __future__ import annotations

import csv
import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from alerts.match.lexicon import NUMBER_KIND, WARD_KIND, WORD_KIND, LexiconRow, read_lexicon
from alerts.match.matcher import Findings, Matcher, compile_topics
from alerts.match.rule import TopicRule
from alerts.text.fold import fold
from alerts.text.syllable import SYLLABLE, is_syllable_end, is_syllable_start
from alerts.text.zawgyi import convert_zawgyi
from tests.properties.test_neutral_edits import SENTENCES, WORDS
from tests.quality.reading import (
    PARTICLES,
    find_form,
    find_operation,
    keep_longest,
    looks_zawgyi,
    read,
)
from tests.zawgyi_writer import NoZawgyiError, write_zawgyi

SHIPPED = Path(__file__).resolve().parents[2] / "config" / "lexicon.csv"
VERDICTS = Path(__file__).with_name("verdicts.csv")
LEXICON = read_lexicon(SHIPPED)
# Found by their number, not by their forms: concept, digits.
OPERATIONS = {
    row.concept: row.form.replace(" ", "")
    for rows in LEXICON.concepts.values()
    for row in rows
    if row.kind == NUMBER_KIND
}
CONCEPTS = tuple(
    name for name, rows in LEXICON.concepts.items() if not {row.kind for row in rows} & {WARD_KIND, WORD_KIND}
)  # wards and words for operation never found a match
# Loikaw, the state, the townships that the passages name, and the operation.
CORE = (
    *(
        "loikaw",
        "kayah-state",
        "demoso",
        "hpruso",
        "shadaw",
        "bawlakhe",
        "hpasawng",
        "mese",
        "moebye",
        "pekon",
    ),
    "operation-1111",
)
FAST_ARTICLES = 12
FAST_SENTENCES = 300
SWEEP_SENTENCES = 10_000


@dataclass(frozen=True, slots=True)
class Document:
    """A text of the corpus; *ref* names it in the verdicts."""

    ref: str
    title: str
    text: str
    word: str = ""  # what the passage was collected for


@pytest.fixture(scope="session")
def corpus(shared: Path) -> tuple[Document, ...]:
    folder = shared / "corpus" / "text"
    passages, articles = folder / "karenni_passages.jsonl", folder / "voa_burmese_articles.jsonl"
    if not (passages.is_file() and articles.is_file()):
        pytest.skip("no corpus/text in the shared folder")
    documents = []
    for number, line in enumerate(passages.read_text(encoding="utf-8").splitlines(), 1):
        row = json.loads(line)
        documents.append(Document(f"passage {number}", "", row["passage"], row["match"]))
    for line in articles.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        documents.append(Document(f"voa {re.split('[/.]', row['url'])[-2]}", row["title"], row["text"]))
    return tuple(documents)


@cache
def matcher(concepts: tuple[str, ...]) -> Matcher:
    return compile_topics([TopicRule(name, name, any=(f"@{name}",)) for name in concepts], LEXICON)


def letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def find_concept(concept: str, text: str) -> list[tuple[int, int]]:
    """Return where the second reading finds a concept."""
    reading = cached_read(text)
    if concept in OPERATIONS:
        return keep_longest(find_operation(reading, OPERATIONS[concept], LEXICON.operation_words))
    return keep_longest(
        (start, end)
        for row in LEXICON.concepts[concept]
        for start, end in find_form(reading, as_unicode(row))
        if not (row.script == "latin" and row.status == "abbreviation")
        or letters(text[start:end]) == letters(row.form)
    )


@cache
def as_unicode(row: LexiconRow) -> str:
    return convert_zawgyi(row.form) if row.script == "mymr-zawgyi" else row.form


cached_read = cache(read)


def find_disagreements(
    documents: Iterable[Document], concepts: tuple[str, ...], counts: Counter[str]
) -> Iterator[dict[str, str]]:
    """Yield what only one of the two readings found, document by document; *counts* takes the agreement."""
    for document in documents:
        findings = matcher(concepts).find_matches(document.title, document.text)
        assert findings.encoding == "unicode"  # so says the other reading too, which refuses Zawgyi
        for concept in concepts:
            only: dict[str, list[str]] = {"matcher": [], "reading": []}
            for field, text in (("title", document.title), ("text", document.text)):
                one, other = spans_of(findings, concept, field), set(find_concept(concept, text))
                counts.update(matcher=len(one), reading=len(other), both=len(one & other))
                only["matcher"] += [text[slice(*span)] for span in sorted(one - other)]
                only["reading"] += [text[slice(*span)] for span in sorted(other - one)]
            if any(only.values()):
                yield {"ref": document.ref, "concept": concept} | {
                    who: "; ".join(said) for who, said in only.items()
                }


def spans_of(findings: Findings, concept: str, field: str) -> set[tuple[int, int]]:
    return {(hit.start, hit.end) for hit in findings.topics.get(concept, ()) if hit.field == field}


def read_verdicts() -> list[dict[str, str]]:
    with VERDICTS.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def check(documents: tuple[Document, ...], concepts: tuple[str, ...]) -> None:
    """Fail on a disagreement that is not listed and on a listed one that is gone."""
    counts: Counter[str] = Counter()
    found = list(find_disagreements(documents, concepts, counts))
    print(
        f"{len(documents)} texts, {len(concepts)} concepts, hits {dict(counts)}, {len(found)} disagreements"
    )
    refs = {document.ref for document in documents}
    listed = [
        {key: row[key] for key in ("ref", "concept", "matcher", "reading")}
        for row in read_verdicts()
        if row["ref"] in refs and row["concept"] in concepts
    ]
    assert [row for row in found if row not in listed] == []
    assert [row for row in listed if row not in found] == []


def test_both_readings_agree_on_the_passages(corpus: tuple[Document, ...]) -> None:
    passages = tuple(document for document in corpus if document.word)
    assert len(passages) == 150
    check(passages, CORE)


def test_both_readings_agree_on_some_articles(corpus: tuple[Document, ...]) -> None:
    named = [document for document in corpus if not document.word and "လွိုင်ကော်" in document.text]  # Loikaw
    check(tuple(named[:FAST_ARTICLES]), CORE)


@pytest.mark.slow
def test_both_readings_agree_on_every_concept_in_the_whole_corpus(corpus: tuple[Document, ...]) -> None:
    assert len(corpus) == 150 + 212
    check(corpus, CONCEPTS)


def test_every_verdict_names_a_side_and_gives_a_reason() -> None:
    for row in read_verdicts():
        side, _, reason = row["verdict"].partition(": ")
        assert side in ("matcher", "reading", "neither"), row
        assert len(reason) > 10, row


def test_both_readings_find_the_word_that_a_passage_was_collected_for(corpus: tuple[Document, ...]) -> None:
    kept: Counter[str] = Counter()
    differ = []
    for document in corpus:
        if not document.word:
            continue
        literal = compile_topics([TopicRule("word", "word", any=(document.word,))], LEXICON)
        one = spans_of(literal.find_matches("", document.text), "word", "text")
        other = set(keep_longest(find_form(cached_read(document.text), document.word)))
        raw = len(re.findall(re.escape(document.word), document.text))
        kept.update(written=raw, found=len(one), passages=bool(one))
        if one != other:
            differ.append((document.ref, document.word, one ^ other))
    print(
        f"the word stands {kept['written']} times in {kept['passages']} passages; {kept['found']} times as a whole"
    )
    assert differ == []
    assert kept["passages"] == 150


# Syllables as a Burmese reader parts them; the lower half of a stack is of the next syllable.
PARTED = (
    "လွိုင်|ကော်|မြို့",  # the town of Loikaw
    "က|ရင်|နီ|ပြည်",  # Karenni State
    "မင်္|ဂ|လာ",  # auspicious
    "ဒေါ|တမ္|မ",  # Daw Tan Ma, a ward
    "ပဉ္|စ|မ",  # fifth: the nya closes the first syllable
    "ခွင့်|ပြု",  # permit
    "ဥက္|ကဋ္|ဌ",  # chairman
    "ကျွန်|တော်|တို့|၏",  # our
    "ဦး|နှောက်",  # brain
    "လေ|ယာဉ်",  # aircraft
    "ဩ|ဂုတ်",  # August
    "ရန်|ကုန်",  # Yangon
)


def starts_by_reading(text: str) -> set[int]:
    return {unit.start for unit in read(text).units if unit.kind == "syllable"}


@pytest.mark.parametrize("parted", PARTED)
def test_syllables_begin_where_a_reader_parts_them(parted: str) -> None:
    folded = [fold(part).text for part in parted.split("|")]
    text = fold(parted.replace("|", "")).text
    assert "".join(folded) == text
    wanted = {sum(map(len, folded[:count])) for count in range(len(folded))}
    assert starts_by_reading(text) == wanted
    assert {match.start() for match in SYLLABLE.finditer(text)} == wanted


def find_false_breaks(sentence: str) -> tuple[int, list[str]]:
    """Return how many syllables a sentence has and every place where the two readings part it differently."""
    text = fold(sentence).text
    units = read(text).units
    spoken = {unit.start for unit in units if unit.kind == "syllable"}
    stacked = {unit.start for unit in units if unit.stacked}
    particles = {at for at in spoken if text[at] in PARTICLES}
    inside = {at for unit in units if unit.kind == "syllable" for at in range(unit.start + 1, unit.end)}
    inside |= {at for unit in units if unit.kind == "orphan" for at in range(unit.start, unit.end)}
    places = range(len(text))
    differ = (
        ("syllable", spoken ^ {match.start() for match in SYLLABLE.finditer(text)}),
        ("start", (spoken - stacked - particles) ^ {at for at in places if is_syllable_start(text, at)}),
        ("end", inside ^ {at for at in places if not is_syllable_end(text, at)}),
    )
    faults = [
        f"{kind}: {text[max(0, at - 8) : at]}|{text[at : at + 8]}" for kind, at_all in differ for at in at_all
    ]
    return len(spoken), faults


def check_breaks(sentences: Iterable[str], what: str) -> None:
    syllables, faults = 0, []
    for sentence in sentences:
        count, found = find_false_breaks(sentence)
        syllables += count
        faults += found
    print(f"{what}: {syllables} syllables, {len(faults)} false breaks")
    assert faults == []


def split_sentences(documents: Iterable[Document]) -> list[str]:
    texts = (text for document in documents for text in (document.title, document.text))
    return [part for text in texts for part in re.split("(?<=[။\n])", text) if part.strip()]


def test_no_false_break_in_our_own_sentences() -> None:
    check_breaks((*(sentence.text for sentence in SENTENCES), *WORDS.split()), "our own")


def test_no_false_break_in_some_sentences(corpus: tuple[Document, ...]) -> None:
    sentences = random.Random(4).sample(split_sentences(corpus), FAST_SENTENCES)
    check_breaks(sentences, f"{len(sentences)} sentences")


@pytest.mark.slow
def test_no_false_break_in_ten_thousand_sentences(corpus: tuple[Document, ...]) -> None:
    whole = split_sentences(corpus)
    pieces = [part for sentence in whole for part in re.split("[၊ ]+", sentence) if len(part) > 1]
    missing = max(0, SWEEP_SENTENCES - len(whole))
    chosen = random.Random(4).sample(pieces, missing)
    check_breaks(
        (*whole[:SWEEP_SENTENCES], *chosen),
        f"all {len(whole)} sentences of the corpus and {len(chosen)} clauses of them",
    )


def test_zawgyi_is_told_from_unicode_by_its_asat() -> None:
    for sentence in SENTENCES:
        if len(re.findall("[\u1000-\u109f]", sentence.text)) >= 24:
            assert looks_zawgyi(write_zawgyi(sentence.text))
        assert not looks_zawgyi(sentence.text)
    with pytest.raises(ValueError, match="Zawgyi"):
        read(write_zawgyi(SENTENCES[0].text))


def check_zawgyi(sentences: list[str]) -> None:
    refused, differ = Counter[str](), []
    for sentence in sentences:
        try:
            written = write_zawgyi(sentence)
        except NoZawgyiError as error:
            refused[str(error)] += 1
            continue
        if fold(convert_zawgyi(written)).text != fold(sentence).text:
            differ.append(sentence)
    print(f"{len(sentences)} sentences written as Zawgyi and read back; refused {dict(refused)}")
    assert differ == []
    assert refused.total() <= 6  # passages cut inside a syllable, and one page's own Zawgyi residue


def test_zawgyi_of_some_sentences_reads_as_the_same_text(corpus: tuple[Document, ...]) -> None:
    check_zawgyi(random.Random(5).sample(split_sentences(corpus), FAST_SENTENCES))


@pytest.mark.slow
def test_zawgyi_of_the_whole_corpus_reads_as_the_same_text(corpus: tuple[Document, ...]) -> None:
    check_zawgyi(split_sentences(corpus))
