"""How a crawl ended: who answered at all, whether it was us who were offline, and what is stored of failed polls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.cadence.polling import ENOUGH_TO_TELL, is_our_outage

if TYPE_CHECKING:
    from crawler.model import CrawlReport
    from crawler.pages import Pages
    from crawler.polls import Polls
    from crawler.records.store import Store
    from crawler.rereading import Rereading


def settle_crawl(
    store: Store, polls: Polls, pages: Pages, rereading: Rereading, report: CrawlReport, watched: int
) -> None:
    """Count the failures of a crawl over some of *watched* sources, and store them.

    None is stored when hardly a server answered, for then it is us who are offline: no source's counter moves.
    """
    silent = {source_id for source_id, (_, failure) in polls.failed.items() if failure.transport}
    silent |= pages.unanswered_sources
    answered = polls.answered | (polls.failed.keys() - silent) | pages.answered
    silent -= answered
    report.failed = len(polls.failed)
    report.asked, report.unanswered = len(silent) + len(answered), len(silent)
    report.unreachable = is_our_outage(len(silent), len(answered), watched)
    is_telling = report.failed >= min(watched, ENOUGH_TO_TELL) > 0
    report.all_failed = is_telling and report.failed == report.polled
    if not report.unreachable:
        store.save_failures([state for state, _ in polls.failed.values()])
        pages.settle_unanswered()
        rereading.settle()
