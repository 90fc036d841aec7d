"""The line at the top of an earlier message whose article was changed since: fixed words, a headline, a time.

Refuses what the articles say: the change itself is told once, in a digest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from alerts.message.plaintext import clean_line, cut_text

if TYPE_CHECKING:
    from alerts.model import ChangeNote

MOST_NOTES = 5  # at the top of one message
_HEADLINES = (70, 30)  # characters of each; at the least none


def note_line(note: ChangeNote, headline_chars: int = _HEADLINES[0]) -> str:
    """Return "Changed since, 22 Nov 14:10 MMT: “Strike on Demoso”: a figure was changed"."""
    headline = cut_text(clean_line(note.headline), headline_chars) if headline_chars else ""
    named = f"“{headline}”: " if headline else ""
    return f"Changed since, {note.when}: {named}{note.what}"


def note_texts(notes: Sequence[ChangeNote]) -> Iterator[str]:
    """Yield what says *notes*, a line each, newest first, from the fullest to the least that says anything.

    Where there is no room for all, headlines are cut before the oldest notes give way.
    """
    for number in range(min(len(notes), MOST_NOTES), 0, -1):
        for chars in _HEADLINES:
            yield "\n".join(note_line(note, chars) for note in notes[:number])
    if notes:
        yield note_line(notes[0], 0)
