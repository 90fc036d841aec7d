"""Search finds in every database what the matcher would find by reading everything, in whatever way it is written."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from alerts.match.lexicon import Lexicon, read_lexicon
from alerts.match.matcher import compile_topics
from alerts.records.archive import Archive
from alerts.search import finding
from alerts.search.backend import BACKENDS
from alerts.search.finding import Finds, search
from alerts.search.index import Scope, SearchIndex
from alerts.search.query import read_query
from alerts.search.token import MAX_TOKEN_CHARS, find_tokens, need_of_key
from alerts.text.fold import fold
from alerts.text.key import make_key
from crawler.errors import StoreError
from crawler.records.store import Store
from tests.builders import NOW, an_article
from tests.conftest import ROOT
from tests.database import keep_article, keep_entry, rows

SENTENCE = "ယမန်နေ့က {} တွင် ဒေသခံများ ထွက်ပြေးခဲ့ရသည်။ ဆေးရုံတစ်ရုံလည်း ပျက်စီးသွားသည်။"  # yesterday locals fled in {}
ZAWGYI = "ယမန္ေန႔က {} တြင္ ေဒသခံမ်ား ထြက္ေျပးခဲ့ရသည္။ ေဆး႐ုံတစ္႐ုံလည္း ပ်က္စီးသြားသည္။"  # the same
TOWN, TOWN_ZAWGYI = "လွိုင်ကော်", "လြိဳင္ေကာ္"  # Loikaw
IN_TOWN = {
    "plain": SENTENCE.format(TOWN),
    "glued to town": SENTENCE.format(f"{TOWN}မြို့"),
    "space inside": SENTENCE.format("လွိုင် ကော်"),
    "line break inside": SENTENCE.format("လွိုင်\nကော်"),
    "zero width space": SENTENCE.format("လွိုင်\u200bကော်"),
    "word joiners": SENTENCE.format("လွို\u2060င်ကော်"),
    "marks in another order": SENTENCE.format("လွ\u102f\u102dင်ကော်"),
    "digits and brackets": SENTENCE.format(f"(၁၂){TOWN}"),
    "glued to Latin": SENTENCE.format(f"KNDF{TOWN}"),
    "zawgyi": ZAWGYI.format(TOWN_ZAWGYI),
    "zawgyi glued": ZAWGYI.format(f"{TOWN_ZAWGYI}ၿမိဳ႕"),
    "zawgyi zero width": ZAWGYI.format("လြိဳင္\u200bေကာ္"),
    "english": "Residents of Loikaw fled again on Tuesday.",
    "english apart": "Residents of Loi Kaw fled again.",
    "english hyphen": "Shelling near Loi-kaw went on.",
    "english upper": "LOIKAW RESIDENTS FLEE",
    "glued by extraction": "The road tothe townLoikaw is closed.",
    "possessive": "Loikaw's market is empty.",
    "thai": "ชาวบ้านในลอยก่อหนีภัย",  # villagers in Loikaw flee
    "chinese": "垒固居民逃离家园",  # residents of Loikaw leave their homes
}
DECOYS = {
    "laukkai": SENTENCE.format("လောက်ကိုင်"),
    "loilem": SENTENCE.format("လွိုင်လင်"),
    "demoso": SENTENCE.format("ဒီးမော့ဆို"),
    "syllables apart": SENTENCE.format("လွိုင်လင်နှင့် ကော်လင်း"),
    "no asat": SENTENCE.format("လွိုင်ကော"),
    "stacked on": SENTENCE.format("လွိုင်ကော်လ်"),
    "zawgyi demoso": ZAWGYI.format("ဒီးေမာ့ဆို"),
    "loikawa": "The Loikawa river rose.",
    "camp": "Families in Loi Kaw Wan near Tachileik wait.",
    "kaw alone": "Kaw Lin and Loi Lem were quiet.",
    "demoso english": "Residents of Demoso fled again on Tuesday.",
    "karenni": "The Karenni army spoke of theKarenniArmy base.",
    "operation": "Families remembered the 1111 operation with candles.",
    "operation burmese": "၁၁၁၁ စစ်ဆင်ရေး စတင်ခဲ့သည်။",  # operation 1111 began
    "operation chain": "Operations 1027/1111 were named in one breath.",
    "operation glued": "It was called 1111operation by some.",
    "operation spoken": "(၁) လေးလုံး စစ်ဆင်ရေး စတင်ခဲ့သည်။",  # "one, four of them" operation
    "shopping": "Crowds at the 11.11 sale in Yangon.",
    "church": "A church in Hpruso was shelled; the churches of Mobye too.",
    "accents": "Café owners in Lwègaw-Süd; o'clock; № 12; ﬁne; ＦＵＬＬ width.",
    "mixed": "iPhone15ပြောသည် abcDefGhi x1y2z3",
    "empty": "",
}
QUERIES = (
    "Loikaw", "loi-kaw", TOWN, TOWN_ZAWGYI, "လွိုင် ကော်", "လြိဳင္ ေကာ္", "@loikaw", "Loikaw -market",
    "operation 1111", "၁၁၁၁ စစ်ဆင်ရေး", "@operation-1111", "karenn*", '"karenni army"', "church", "churches", "ထွက်ပြေး",
    "ဒေသ ခံ", "ဒေသခံများ ဆေးရုံ", "cafe", "lwegaw", "full", "fine", "12", "iphone15", "def", "abcdefghi", "ghi",
    "ปลอดภัย", "ลอยก่อ", "垒固", "居民", "demoso|church", "Residents -Loikaw", "zebra", '"1111"', "o'clock", "river rose",
)  # fmt: skip

EVERYTHING = Scope()


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return read_lexicon(ROOT / "config" / "lexicon.csv")


@pytest.fixture
def named(store: Store, archive: Archive) -> dict[int, str]:
    """Store an article for every way of writing, and return their names by id; later ones are younger."""
    return {
        keep_article(store, number, NOW + timedelta(minutes=number), title="", text=told, language=None): name
        for number, (name, told) in enumerate({**IN_TOWN, **DECOYS}.items())
    }


def find(store: Store, lexicon: Lexicon, *words: str, scope: Scope = EVERYTHING, limit: int = 1000) -> Finds:
    index = SearchIndex(store.engine, {})
    index.update()
    return search(index, read_query(words, lexicon), lexicon, scope, limit)


def names(finds: Finds, named: dict[int, str]) -> set[str]:
    return {named[found.article.article_id] for found in finds.articles}


@pytest.mark.parametrize(
    "words", [(TOWN,), ("Loikaw",), (TOWN_ZAWGYI,), ("လွိုင်", "ကော်"), ("လြိဳင္ ေကာ္",), ("LOI", "kaw")]
)
def test_every_spelling_of_a_town_finds_every_spelling_and_no_other_town(
    store: Store, named: dict[int, str], lexicon: Lexicon, words: tuple[str, ...]
) -> None:
    found = names(find(store, lexicon, *words), named)
    assert found - {"camp", "accents"} == set(
        IN_TOWN
    )  # both hold a spelling of the town; no topic masks the camp here


def test_index_proposes_whatever_the_matcher_finds_by_reading_everything(
    store: Store, named: dict[int, str], lexicon: Lexicon
) -> None:
    index = SearchIndex(store.engine, {})
    index.update()
    articles = list(index.read(list(named)))
    assert len(articles) == len(IN_TOWN) + len(DECOYS)
    hits = 0
    for words in QUERIES:
        query = read_query(words.split() if '"' not in words else [words], lexicon)
        matcher = compile_topics(query.rules, lexicon)
        wanted = {one.article_id for one in articles if matcher.find_matches(one.title, one.text).topics}
        assert {
            one.article.article_id for one in search(index, query, lexicon, Scope(), 1000).articles
        } == wanted, words
        hits += len(wanted)
    assert hits > 150


def test_hits_are_told_with_their_place_in_the_article_as_stored(
    store: Store, named: dict[int, str], lexicon: Lexicon
) -> None:
    finds = find(store, lexicon, TOWN)
    for found in finds.articles:
        for hit in found.hits:
            assert getattr(found.article, hit.field)[hit.start : hit.end] == hit.matched
    written = {hit.matched for found in finds.articles for hit in found.hits}
    assert {TOWN, TOWN_ZAWGYI, "လွိုင် ကော်", "Loi-kaw", "垒固"} <= written


def test_newest_come_first_and_further_ones_are_counted(
    store: Store, named: dict[int, str], lexicon: Lexicon, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = [found.article.article_id for found in find(store, lexicon, "Loikaw").articles]
    assert everything == sorted(everything, reverse=True)
    few = find(store, lexicon, "Loikaw", limit=3)
    assert [found.article.article_id for found in few.articles] == everything[:3]
    assert (few.more, few.is_more_counted) == (len(everything) - 3, True)
    monkeypatch.setattr(finding, "MAX_COUNTED", 5)
    some = find(store, lexicon, "Loikaw", limit=3)
    assert some.more <= 5
    assert not some.is_more_counted


def test_scope_narrows_by_date_and_source(store: Store, archive: Archive, lexicon: Lexicon) -> None:
    old = keep_article(store, 1, NOW, published=NOW - timedelta(days=40))
    future = keep_article(store, 2, NOW, source_id="dvb", published=NOW + timedelta(days=90))

    def ids(scope: Scope) -> list[int]:
        return [found.article.article_id for found in find(store, lexicon, "Loikaw", scope=scope).articles]

    assert ids(Scope()) == [future, old]
    assert ids(Scope(since=NOW - timedelta(days=30))) == ids(Scope(source_ids=("dvb",))) == [future]
    assert ids(Scope(until=NOW - timedelta(days=30))) == [old]
    assert ids(Scope(since=NOW + timedelta(days=1))) == []  # no article is younger than when it was seen
    searched = SearchIndex(store.engine, {}).measure(Scope())
    assert (searched.count, searched.oldest, searched.newest) == (2, NOW - timedelta(days=40), NOW)


def test_only_what_is_new_or_changed_is_indexed(store: Store, archive: Archive, lexicon: Lexicon) -> None:
    pending = keep_entry(store)
    store.save_article(pending, an_article(origin="summary", text="Teaser of a bridge."), NOW, retry_at=NOW)
    index = SearchIndex(store.engine, {})
    assert (index.update(), index.update()) == (1, 0)
    store.save_article(pending, an_article(text="The whole text tells of a school."), NOW)
    assert find(store, lexicon, "school").articles
    assert not find(store, lexicon, "bridge").articles
    assert index.update() == 0


def test_indexing_that_is_cut_off_goes_on_where_it_was(
    store: Store, archive: Archive, lexicon: Lexicon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.search.index.BATCH", 2)
    for number in range(5):
        keep_article(store, number)

    def die(done: int, _of: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    index = SearchIndex(store.engine, {})
    with pytest.raises(KeyboardInterrupt):
        index.update(die)
    assert index.update() == 1
    assert len(find(store, lexicon, "Loikaw").articles) == 5


def test_purged_articles_leave_no_token_behind(store: Store, archive: Archive, lexicon: Lexicon) -> None:
    keep_article(store, 1, NOW - timedelta(days=9), text="The bridge at Moso fell.", title="Loikaw news")
    keep_article(store, 2, NOW, text="The bridge at Moso stands.")
    never = keep_article(store, 3, NOW - timedelta(days=8), text="", title="Bridge, title only")
    assert len(find(store, lexicon, "bridge").articles) == 3
    store.purge(NOW - timedelta(days=1))
    found = {one.article.article_id for one in find(store, lexicon, "bridge").articles}
    assert found == {never, never - 1}
    assert not find(store, lexicon, "news").articles
    assert SearchIndex(store.engine, {}).measure(Scope()).count == 2
    assert rows(store.engine, text("SELECT count(*) FROM search_tokens")) == [(2,)]
    late = keep_article(
        store, 4, NOW - timedelta(days=9), text="The bridge was purged before it was indexed."
    )
    store.purge(NOW - timedelta(days=1))
    assert late not in {one.article.article_id for one in find(store, lexicon, "bridge").articles}


def test_source_that_turns_out_to_write_zawgyi_is_indexed_again(
    store: Store, archive: Archive, lexicon: Lexicon
) -> None:
    keep_article(store, text="က်ားက်ား", title="", language=None)  # tigers, too short to judge
    query = read_query(["ကျားကျား"], lexicon, exact=True)
    for encoding, count in (("unicode", 0), ("zawgyi", 1)):
        index = SearchIndex(store.engine, {"irrawaddy-en": encoding})
        assert index.update() == 1
        assert len(search(index, query, lexicon, Scope(), 10).articles) == count
        assert index.update() == 0


@pytest.mark.parametrize(
    "hostile",
    [
        " ".join(f"w{number:06}q" for number in range(80_000)),  # more tokens than PostgreSQL takes
        "a" * 200_000,
        "က" * 100_000 + "\u103a" * 5_000,
        "aB" * 20_000,
        "' \\ \" & | ! ( ) : * <-> \u2028 \U0001f4a5 %s :x 'a':b",
        "ด" * 3_000 + "字" * 3_000 + "\U00020000" * 100,
    ],
    ids=["many words", "long word", "marks", "humps", "syntax", "other scripts"],
)
def test_hostile_text_does_not_keep_itself_or_others_from_being_found(
    store: Store, archive: Archive, lexicon: Lexicon, hostile: str
) -> None:
    opening = "It began so.\n" * 9
    keep_article(store, 1, text=f"{opening}{hostile}\nThe bridge at Loikaw fell.")
    keep_article(store, 2, text="The bridge at Loikaw stands.")
    assert len(find(store, lexicon, "bridge", "Loikaw").articles) == 2
    assert not find(store, lexicon, "zebra").articles


def test_every_myanmar_character_stays_inside_its_token(store: Store, archive: Archive) -> None:
    backend = BACKENDS[store.engine.url.get_backend_name()]
    words = {code: f"က{chr(code)}ခ" for code in range(0x1000, 0x10A0)}
    with store.engine.begin() as connection:
        backend.prepare(connection)
        backend.replace(connection, {code: [word, "ည"] for code, word in words.items()})
        for code, word in words.items():
            assert backend.find(connection, [(frozenset({frozenset({word})}),)]) == {code}
            assert backend.find(connection, [(frozenset({frozenset({word, "ည"}), frozenset({"x"})}),)]) == {
                code
            }
            alone = backend.find(connection, [(frozenset({frozenset({chr(code)})}),)])
            assert alone == (set(words) if chr(code) == "ည" else set())


def test_tokens_are_bounded_and_cut_alike_in_text_and_query() -> None:
    word = "loikaw" * 50
    tokens, _ = find_tokens(fold(f"{word} {'ကျ' + 'ာ' * 100}"))
    assert max(map(len, tokens)) <= MAX_TOKEN_CHARS
    assert next(iter(need_of_key(make_key(word)))) <= tokens


def test_database_without_fts5_is_told_with_the_remedy(
    store: Store, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    if store.engine.url.get_backend_name() != "sqlite":
        pytest.skip("FTS5 is SQLite's")
    keep_article(store)
    assert "search_tokens" not in {
        name for (name,) in rows(store.engine, text("SELECT name FROM sqlite_master"))
    }
    with store.engine.begin() as connection:  # a table whose module this build has not
        connection.execute(text("PRAGMA writable_schema = ON"))
        connection.execute(
            text(
                "INSERT INTO sqlite_master VALUES ('table', 'search_tokens', 'search_tokens', 0, "
                "'CREATE VIRTUAL TABLE search_tokens USING no_such_module(tokens)')"
            )
        )
    store.engine.dispose()
    with pytest.raises(StoreError, match="FTS5") as caught:
        SearchIndex(store.engine, {}).update()
    assert len(str(caught.value).splitlines()) == 1
    store.engine.dispose()
    assert len(Archive.open(store.engine).to_examine(10)) == 1  # a run goes on as ever
