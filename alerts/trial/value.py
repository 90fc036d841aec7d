"""The values of a trial: a document to be matched, and why there is none."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Document:
    """What is matched. ``id`` comes back as it was given."""

    id: str | int | float
    title: str
    text: str
    url: str | None = None
    outlet: str | None = None  # as given; a source id of the configuration brings its encoding
    published: str | None = None  # as given
    language: str | None = None  # as given or as the page declares; None: unknown


@dataclass(frozen=True, slots=True)
class Trouble:
    """An input, or with *is_line* one line of it, that holds no document."""

    where: str
    cause: str
    is_line: bool = False
