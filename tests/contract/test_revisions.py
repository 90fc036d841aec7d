"""Told articles on every database: read again when due, old texts kept, each change owed to a channel once."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from alerts.delivery.outbox import Outbox
from alerts.digest.change import Change, Kind
from alerts.digest.changing import Changes
from alerts.digest.compose import Selection
from alerts.records.archive import Archive
from alerts.records.tables import change_alert
from crawler.cadence.reread import ABSENT_AGAIN, MOST_A_SOURCE, REREADS
from crawler.db.schema import article, reread, revision
from crawler.model import Validators
from crawler.records.revision import Revisions
from crawler.records.store import Store
from tests.builders import NOW, a_poll, an_article, an_entry
from tests.database import examine_all, keep_article, part_of, rows, select_digest

DESK = {"desk": ("loikaw",), "wire": ("loikaw",)}
OLD, NEW = "A strike near Loikaw killed 3.", "A strike near Loikaw killed 5."
SOURCE = ["irrawaddy-en"]
DUE = NOW + REREADS[0]
FOUND = (Change(Kind.FIGURE, OLD, NEW),)
MINUTE = timedelta(minutes=1)


def tell(store: Store, archive: Archive, channel_id: str = "desk", number: int = 1, **facts: str) -> int:
    """Store an article and tell one channel of it."""
    article_id = keep_article(store, number, NOW, **({"text": OLD} | facts))
    examine_all(archive, DESK)
    told = select_digest(archive.pending_stories(channel_id), channel_id=channel_id)
    Outbox(store.engine).enqueue(channel_id, told, [part_of(1)], NOW)
    return article_id


def change(store: Store, text: str = NEW) -> None:
    revisions = Revisions(store.engine)
    told, *_ = revisions.due(SOURCE, DUE)
    revisions.save_changed(told, an_article(text=text), Validators("e1", None, "b1"), DUE)


def test_only_told_articles_with_a_page_are_read_again(store: Store, archive: Archive) -> None:
    told = tell(store, archive)
    tell(store, archive, number=2, text="Only a summary from Loikaw.", origin="summary")
    keep_article(store, 3, NOW, text="Loikaw, in no digest.")
    revisions = Revisions(store.engine)
    assert revisions.due(SOURCE, DUE - MINUTE) == ()
    assert revisions.due(["another"], DUE) == ()
    (due,) = revisions.due(SOURCE, DUE)
    assert (due.article_id, due.pending.source_id) == (told, SOURCE[0])
    assert due.pending.entry.url == an_entry(1).url


def test_run_asks_few_pages_of_one_source(store: Store, archive: Archive) -> None:
    for number in range(MOST_A_SOURCE + 3):
        tell(store, archive, number=number, text=f"Loikaw, number {number}.")
    assert len(Revisions(store.engine).due(SOURCE, DUE)) == MOST_A_SOURCE


def test_changed_text_takes_its_place_and_the_old_one_is_kept(store: Store, archive: Archive) -> None:
    article_id = tell(store, archive)
    change(store)
    assert rows(store.engine, select(article.c.text, article.c.revision)) == [(NEW, 2)]
    assert rows(store.engine, select(revision.c.article_id, revision.c.kind, revision.c.text)) == [
        (article_id, "changed", OLD)
    ]
    assert rows(store.engine, select(reread.c.tries, reread.c.etag)) == [(1, "e1")]
    assert Revisions(store.engine).due(SOURCE, DUE + MINUTE) == ()
    assert [found.article_id for found, _ in archive.to_examine(10)] == [article_id]


def test_text_that_is_the_same_makes_no_revision(store: Store, archive: Archive) -> None:
    tell(store, archive)
    stored = rows(store.engine, select(article.c.title))[0].title
    revisions = Revisions(store.engine)
    (told,) = revisions.due(SOURCE, DUE)
    revisions.save_changed(told, an_article(title=stored, text=OLD), Validators(), DUE)
    assert rows(store.engine, select(revision.c.id)) == []


def test_page_is_removed_at_the_second_absence_only_and_once(store: Store, archive: Archive) -> None:
    article_id = tell(store, archive)
    revisions = Revisions(store.engine)
    assert not revisions.note_absent(article_id, DUE)
    assert rows(store.engine, select(revision.c.id)) == []
    assert revisions.due(SOURCE, DUE + ABSENT_AGAIN - MINUTE) == ()
    assert revisions.note_absent(article_id, DUE + ABSENT_AGAIN)
    assert not revisions.note_absent(article_id, DUE + 2 * ABSENT_AGAIN)
    assert rows(store.engine, select(revision.c.kind, revision.c.text)) == [("removed", OLD)]
    assert rows(store.engine, select(article.c.text)) == [(OLD,)]


def test_page_that_is_back_has_not_been_absent(store: Store, archive: Archive) -> None:
    article_id = tell(store, archive)
    revisions = Revisions(store.engine)
    revisions.note_absent(article_id, DUE)
    revisions.note_same(article_id, Validators(), DUE + ABSENT_AGAIN)
    assert not revisions.note_absent(article_id, DUE + 2 * ABSENT_AGAIN)


def test_reworded_feed_entry_has_the_page_read_soon(store: Store, archive: Archive) -> None:
    tell(store, archive)
    soon = NOW + timedelta(hours=1)
    store.save_poll(a_poll(an_entry(1), source_id=SOURCE[0]), soon)
    assert Revisions(store.engine).due(SOURCE, soon) == ()
    store.save_poll(a_poll(an_entry(1, summary="Corrected: five were killed."), source_id=SOURCE[0]), soon)
    assert len(Revisions(store.engine).due(SOURCE, soon)) == 1


def test_change_is_owed_once_to_those_who_were_told_the_old_text(store: Store, archive: Archive) -> None:
    article_id = tell(store, archive)  # to desk; wire was not told
    change(store)
    changes = Changes(store.engine)
    (revised,) = changes.to_compare()
    assert (revised.old[1], revised.new[1]) == (OLD, NEW)
    changes.save_compared([(revised, FOUND)], {"desk": "figures", "wire": "all"}, DUE)
    assert changes.to_compare() == ()
    assert set(changes.oldest_pending()) == {"desk"}
    (owed,) = changes.pending("desk", "figures", 10)
    assert (owed.article.article_id, owed.changes) == (article_id, FOUND)
    said = select_digest((), now=DUE).digest
    Outbox(store.engine).enqueue("desk", Selection(said, (), (), (owed.alert_id,)), [part_of()], DUE)
    assert changes.pending("desk", "figures", 10) == ()
    assert changes.oldest_pending() == {}


def test_channel_is_told_only_what_it_wants(store: Store, archive: Archive) -> None:
    tell(store, archive)
    tell(store, archive, "wire", 2, text="Another word from Loikaw.")
    change(store)
    changes = Changes(store.engine)
    (revised,) = changes.to_compare()
    changes.save_compared([(revised, (Change(Kind.WORDING, OLD, NEW),))], {"desk": "figures"}, DUE)
    assert rows(store.engine, select(change_alert.c.id)) == []


def test_second_change_is_compared_with_the_first(store: Store, archive: Archive) -> None:
    tell(store, archive)
    change(store)
    revisions = Revisions(store.engine)
    (told,) = revisions.due(SOURCE, NOW + REREADS[1])
    newest = "A strike near Loikaw killed 9."
    revisions.save_changed(told, an_article(text=newest), Validators(), NOW + REREADS[1])
    found = [(item.old[1], item.new[1]) for item in Changes(store.engine).to_compare()]
    assert found == [(OLD, NEW), (NEW, newest)]


def test_retention_takes_old_texts_and_the_watch_over_them(store: Store, archive: Archive) -> None:
    tell(store, archive)
    change(store)
    store.purge(DUE + MINUTE)
    assert rows(store.engine, select(revision.c.text)) == [("",)]
    assert rows(store.engine, select(reread.c.article_id)) == []


def test_channel_that_wants_changes_no_more_is_owed_none(store: Store, archive: Archive) -> None:
    tell(store, archive)
    change(store)
    changes = Changes(store.engine)
    (revised,) = changes.to_compare()
    changes.save_compared([(revised, FOUND)], {"desk": "figures"}, DUE)
    changes.forget_unwanted({"wire": "none"})
    changes.forget_unwanted({"desk": "all"})
    assert set(changes.oldest_pending()) == {"desk"}
    changes.forget_unwanted({"desk": "none"})
    assert changes.oldest_pending() == {}
