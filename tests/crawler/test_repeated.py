"""What a source prints on most of its pages is learned and dropped; what a few follow-ups repeat is news."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from crawler.article.settle import without_repeated
from crawler.db.schema import printed
from crawler.model import Article, FeedEntry, PollState
from crawler.records.repeated import LEAST_PAGES, WINDOW, Lines, drop_repeated, learn, read_lines
from crawler.records.store import PollResult, Store
from tests.database import rows

NOW = datetime(2026, 11, 22, tzinfo=UTC)
APPEAL = "Independent reporting from the hills needs you: become a member of the Lake Post today."
BACKGROUND = "The ferry of Lake Town sank in March with forty people on board, and none was found."
DATELINE = "Loikaw -"
# Our newsroom works in exile and lives on what readers give.
BURMESE_APPEAL = "ကျွန်ုပ်တို့ သတင်းခန်းသည် ပြည်ပမှ လုပ်ကိုင်နေပြီး စာဖတ်သူများ၏ အလှူဖြင့် ရပ်တည်သည်။"


def page(number: int, *lines: str) -> str:
    own = f"Report {number}: the council met at the river and spoke of {number} bridges, its clerk told the press."
    return "\n".join((DATELINE, own, *lines))


def test_an_appeal_on_ten_of_twelve_pages_goes_and_a_sentence_of_three_follow_ups_stays() -> None:
    texts = [
        page(
            number,
            *((APPEAL, BURMESE_APPEAL) if number not in (4, 9) else ()),
            *((BACKGROUND,) if number < 3 else ()),
        )
        for number in range(12)
    ]
    furniture = learn([read_lines(text) for text in texts])
    later, is_more = drop_repeated(page(99, BACKGROUND, APPEAL, BURMESE_APPEAL), furniture)
    assert is_more
    assert later == page(99, BACKGROUND)


def test_dateline_and_by_line_are_never_learned() -> None:
    texts = [page(number, "By Nang Test, Lake Post") for number in range(WINDOW)]
    assert learn([read_lines(text) for text in texts]) == frozenset()


def test_nothing_is_learned_from_a_handful_of_pages() -> None:
    few: list[Lines] = [read_lines(page(number, APPEAL)) for number in range(LEAST_PAGES - 1)]
    assert learn(few) == frozenset()
    assert learn([*few, read_lines(page(50, APPEAL))]) == read_lines(APPEAL)


def test_line_is_known_by_its_letters_not_by_its_spaces_and_capitals() -> None:
    assert read_lines(APPEAL) == read_lines(APPEAL.upper().replace(" ", "  "))


def test_article_is_never_emptied_and_it_is_said() -> None:
    article = Article(None, "Title", f"{APPEAL}\n{DATELINE}", "en", None, None, "page")
    kept = without_repeated(article, read_lines(APPEAL))
    assert kept.text == article.text and "most pages of its source" in (kept.doubt or "")
    assert without_repeated(replace(article, text=page(1)), read_lines(APPEAL)).doubt is None


def settle(store: Store, number: int, text: str, at: datetime) -> int:
    entry = FeedEntry(f"Report {number}", f"https://site.example/{number}")
    (pending,) = store.save_poll(PollResult(PollState("hills"), (entry,)), at)
    article = Article(entry.url, entry.title, text, "en", None, None, "page")
    store.save_article(pending, article, at, lines=read_lines(text))
    return store.save_article(pending, article, at, lines=read_lines(text))  # read again: no second row


def test_rows_are_bounded_oldest_first_once_an_article_and_purged(store: Store) -> None:
    for number in range(WINDOW + 5):
        settle(store, number, page(number, APPEAL), NOW + timedelta(hours=number))
    held = store.printed_lines("hills")
    assert len(held) == WINDOW and list(held) == sorted(held)
    assert learn(tuple(held.values())) == read_lines(APPEAL)
    newest = max(held)
    with store.engine.connect() as connection:
        assert (
            len(connection.execute(select(printed.c.lines).where(printed.c.article_id == newest)).all()) == 1
        )
    store.purge(NOW + timedelta(hours=WINDOW))
    assert len(rows(store.engine, select(printed))) == 5
    assert store.printed_lines("elsewhere") == {}
