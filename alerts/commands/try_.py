"""``newswatch try``: match documents without storing anything."""

from __future__ import annotations

import io
import os
import sys
import time
from typing import TYPE_CHECKING

import click

from alerts.commands.context import Context
from alerts.secrets import redact

if TYPE_CHECKING:
    from alerts.config import Config
    from alerts.match.matcher import Matcher
    from alerts.match.rule import TopicRule
    from alerts.trial.grouping import Grouping
    from alerts.trial.show import Teller
    from alerts.trial.value import Document, Trouble
    from crawler.config import Source

QUERY = "query"  # the topic that --query stands for


@click.command("try")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option("--topic", "topics", multiple=True, metavar="ID", help="Only this topic; may be repeated.")
@click.option(
    "--query",
    "terms",
    multiple=True,
    metavar="TERM",
    help="Look for this instead of the topics: words, or @concept of the lexicon. May be repeated: any of them.",
)
@click.option("--stories", is_flag=True, help="Group the documents by event.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON a document, nothing else on stdout.")
@click.option(
    "--color/--no-color", "colour", default=None, help="Colours or none; by itself only on a terminal."
)
@click.pass_obj
def command(
    context: Context,
    inputs: tuple[str, ...],
    topics: tuple[str, ...],
    terms: tuple[str, ...],
    stories: bool,
    as_json: bool,
    colour: bool | None,
) -> int:
    """Match documents without storing them: which topics, which words, in which sentence.

    INPUT is an address (asked for as politely as a run would), a saved page (.html), a text file, a .jsonl file with
    one {"id", "title", "text"} a line, or - for such lines on stdin. Several may be given, and .gz is unpacked.

    \b
    newswatch try https://example.org/news/some-article
    newswatch try --topic loikaw saved-page.html notes.txt
    newswatch try --query @airstrike --query church --json - < articles.jsonl
    newswatch try --stories articles.jsonl

    What cannot be read is told on stderr, the rest goes on. Exit status: 0 done; 1 nothing could be read; 2 a line of
    JSON was no document, or the options are wrong.
    """
    config = context.load()
    rules = _choose_rules(config, topics, terms)
    from alerts.match.matcher import compile_topics
    from alerts.terminal import Pen
    from alerts.trial.document import Reader, is_address
    from alerts.trial.show import Teller
    from alerts.trial.value import Document

    teller = None if as_json else Teller(Pen.for_stream(sys.stdout, asked=colour))
    grouping = None
    if stories:
        from alerts.trial.grouping import Grouping

        grouping = Grouping(config.lexicon, config.topics)
    trial = _DocumentTrial(config, compile_topics(rules, config.lexicon), teller, grouping)
    addresses = sum(map(is_address, inputs))
    if addresses and sys.stderr.isatty():  # robots.txt, a polite delay, a slow site: many seconds of nothing
        context.say(f"newswatch: asking for {addresses} page{'s' if addresses > 1 else ''} ...")
    troubles: list[Trouble] = []
    begun = time.monotonic()
    stdin = sys.stdin.buffer if sys.stdin else io.BytesIO()  # cron may have closed it
    with Reader(config.crawl, stdin, lambda text: context.say(f"newswatch: {text}")) as reader:
        for found in reader.read(inputs):
            if isinstance(found, Document):
                if not _write(trial.tell(found)):
                    return 0
            else:
                troubles.append(found)
                click.echo(f"newswatch: {redact(f'{found.where}: {found.cause}')}", err=True)
    if trial.teller and grouping:
        _write(trial.teller.list_stories(grouping.groups()).encode("utf-8", "replace"))
    if trial.teller and trial.documents > 1 and not context.quiet:
        _write(trial.teller.summarise(time.monotonic() - begun, len(troubles)).encode("utf-8"))
    if any(trouble.is_line for trouble in troubles):
        return 2
    return 1 if troubles and not trial.documents else 0


class _DocumentTrial:
    """Matches one document after the other and says what was found, in JSON when there is no *teller*."""

    def __init__(
        self, config: Config, matcher: Matcher, teller: Teller | None, grouping: Grouping | None
    ) -> None:
        self._sources = {source.id: source for source in config.crawl.sources}
        self._matcher = matcher
        self.teller = teller
        self._grouping = grouping
        self.documents = 0

    def tell(self, document: Document) -> bytes:
        from alerts.config import encoding_of
        from alerts.figure.extract import find_figures
        from alerts.trial.jsonline import tell_json
        from alerts.trial.language import guess_language

        source = self._sources.get(document.outlet or "")
        default = encoding_of(source)
        known = document.language or (source.language if source else None)
        found = self._matcher.find_matches(document.title, document.text, known, default)
        language = known or guess_language(f"{document.title}\n{document.text}")
        figures = find_figures(document.text, "zawgyi" if found.encoding == "zawgyi" else default)
        placed = self._grouping.add(document, default) if self._grouping else None
        self.documents += 1
        if self.teller is None:
            return tell_json(document, found, language, figures, placed.story if placed else None)
        note = _scope_note(source)
        told = self.teller.tell(document, found, language, figures, default, note, placed)
        return told.encode("utf-8", "replace")


def _choose_rules(config: Config, topics: tuple[str, ...], terms: tuple[str, ...]) -> list[TopicRule]:
    """Return the rules asked for; a usage error for an unknown topic, all problems of the query at once."""
    from alerts.match.rule import TopicRule
    from alerts.match.topic import find_rule_problems
    from crawler.errors import ConfigError, ConfigProblem

    known = [topic.id for topic in config.topics]
    for name in topics:
        if name not in known:
            raise click.UsageError(f"no topic {name!r} in topics.yaml; topics: {', '.join(known)}")
    rules = [topic for topic in config.topics if topic.id in topics or not (topics or terms)]
    if terms:
        name = QUERY if QUERY not in known else f"{QUERY}-{len(known)}"
        query = TopicRule(name, "query", any=terms)
        if problems := find_rule_problems([query], config.lexicon):
            raise ConfigError(*(ConfigProblem("--query", 0, "", problem.message) for problem in problems))
        rules.append(query)
    return rules


def _scope_note(source: Source | None) -> str:
    """Say what a run would do otherwise: here the words alone decide."""
    if source is None or source.topics is None:
        return ""
    if source.topics == "all":
        return f"a run takes everything of {source.id} as relevant (its topics: all)"
    return f"a run matches {source.id} for {', '.join(source.topics)} only (its topics)"


def _write(line: bytes) -> bool:
    """Write to stdout at once; return whether anybody still reads (``newswatch try ... | head``)."""
    try:
        click.echo(line, nl=False)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return False
    return True
