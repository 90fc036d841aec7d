"""``newswatch try``: match documents without storing anything."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alerts.commands.context import Context

if TYPE_CHECKING:
    from alerts.match.matcher import Findings


@click.command("try")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option("--topic", "topics", multiple=True, metavar="ID", help="Only this topic; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON a document.")
@click.pass_obj
def command(context: Context, inputs: tuple[str, ...], topics: tuple[str, ...], as_json: bool) -> int:
    """Match documents without storing them: which topics, which words, in which sentence.

    INPUT is an HTML file, a text file, a .jsonl file of {"id", "title", "text"} or - for such lines on stdin.
    """
    from alerts.match.matcher import compile_topics

    config = context.load()
    known = {topic.id for topic in config.topics}
    for name in topics:
        if name not in known:
            raise click.UsageError(f"no topic {name!r} in topics.yaml; topics: {', '.join(sorted(known))}")
    rules = [topic for topic in config.topics if not topics or topic.id in topics]
    matcher = compile_topics(rules, config.lexicon)
    for name in inputs:
        for document in _documents(name):
            found = matcher.find_matches(document["title"], document["text"], document.get("language"))
            click.echo(_as_json(document, found) if as_json else _as_text(document, found))
    return 0


def _documents(name: str) -> Iterator[dict[str, Any]]:
    if name == "-":
        yield from _json_lines(sys.stdin.buffer.read(), "standard input")
        return
    if name.startswith(("http://", "https://")):
        raise click.UsageError("addresses are not fetched by this version; save the page and name the file")
    path = Path(name)
    try:
        body = path.read_bytes()
    except OSError as error:
        raise click.UsageError(f"cannot read {name}: {error.strerror}") from error
    if path.suffix == ".jsonl":
        yield from _json_lines(body, name)
    elif path.suffix in (".html", ".htm"):
        from crawler.extract import extract_page

        page = extract_page(body, None, f"https://example.org/{path.name}")
        yield {"id": path.name, "title": page.title or "", "text": page.text, "language": page.language}
    else:
        yield {"id": path.name, "title": "", "text": body.decode("utf-8", "replace")}


def _json_lines(body: bytes, name: str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(body.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            document = json.loads(line)
        except ValueError as error:
            raise click.UsageError(f"{name}:{number}: not JSON: {error}") from error
        if not isinstance(document, dict):
            raise click.UsageError(f"{name}:{number}: write an object with id, title and text")
        document.setdefault("id", str(number))
        for key in ("title", "text"):
            if not isinstance(document.setdefault(key, ""), str):
                raise click.UsageError(f"{name}:{number}: {key}: write a string")
        yield document


def _as_json(document: dict[str, Any], found: Findings) -> str:
    topics = {topic_id: [asdict(hit) for hit in hits] for topic_id, hits in found.topics.items()}
    language = document.get("language") or _guess_language(document["title"] + document["text"])
    result = {
        "id": document["id"],
        "topics": topics,
        "encoding": found.encoding,
        "language": language,
    }
    return json.dumps(result, ensure_ascii=False)


def _as_text(document: dict[str, Any], found: Findings) -> str:
    lines = [f"{document['id']}: {document['title'] or '(no title)'}"]
    for topic_id, hits in found.topics.items():
        lines.append(f"  {topic_id}")
        for hit in hits:
            sentence = " ".join(hit.sentence.split())
            marked = sentence.replace(hit.matched, click.style(hit.matched, bold=True, fg="yellow"), 1)
            lines.append(f"    {hit.term} as {hit.form!r} in {hit.field} {hit.start}-{hit.end}: {marked}")
    if not found.topics:
        lines.append("  no topic")
    return "\n".join(lines)


def _guess_language(text: str) -> str | None:
    burmese = sum("\u1000" <= char <= "\u109f" for char in text)
    latin = sum(char.isascii() and char.isalpha() for char in text)
    return None if not burmese and not latin else "my" if burmese > latin else "en"
