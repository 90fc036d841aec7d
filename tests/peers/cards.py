"""What Adaptive Cards' own renderer makes of cards, in a headless browser: one page load for all of them."""

from __future__ import annotations

import html
import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.peers.peer import need
from tests.peers.tally import count

TIMEOUT_S = 180
_OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
)  # fmt: skip
# As the renderer's documentation pairs it with markdown-it. Clicks are asked of everything that can be tapped.
_ASK = """
AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => {
  result.outputHtml = markdownit().render(text); result.didProcess = true;
};
const told = JSON.parse(document.getElementById("cards").textContent).map(json => {
  const context = new AdaptiveCards.SerializationContext(), card = new AdaptiveCards.AdaptiveCard(), opened = [];
  card.onExecuteAction = action => opened.push(action.url);
  card.parse(json, context);
  const shown = card.render(), events = [];
  for (const each of shown.querySelectorAll(".ac-selectable")) each.click();
  for (let i = 0; i < context.eventCount; i++) events.push(context.getEventAt(i).message);
  for (const each of card.validateProperties().validationEvents) events.push(each.message);
  const texts = [...shown.querySelectorAll(".ac-textBlock")];
  return {
    opened, events,
    tags: [...new Set([...shown.querySelectorAll("*")].map(each => each.tagName.toLowerCase()))],
    bold: [...shown.querySelectorAll("strong")].map(each => each.textContent),
    lines: texts.map(each => each.textContent),
  };
});
document.body.textContent = JSON.stringify(told);
"""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One card as it is drawn: its text blocks, what is bold, the tags used, what taps open, what was objected to."""

    lines: tuple[str, ...]
    bold: tuple[str, ...]
    tags: frozenset[str]
    opened: tuple[str, ...]
    events: tuple[str, ...]


def draw_cards(cards: list[dict[str, Any]], folder: Path) -> list[Drawn]:
    """Return what the renderer makes of *cards*; *folder* is for the page and the browser's own files."""
    chromium = need("Chromium")
    scripts = (
        need("adaptivecards") / "dist" / "adaptivecards.min.js",
        need("markdown-it") / "dist" / "markdown-it.min.js",
    )
    data = json.dumps(cards).replace("<", "\\u003c")
    loaded = "".join(f'<script src="{script.as_uri()}"></script>' for script in scripts)
    page = folder / "cards.html"
    page.write_text(
        f'<!doctype html><meta charset="utf-8"><body><script type="application/json" id="cards">{data}</script>'
        f"{loaded}<script>{_ASK}</script>",
        encoding="utf-8",
    )
    command = [str(chromium), *_OPTIONS, f"--user-data-dir={folder / 'browser'}", "--dump-dom", page.as_uri()]
    done = subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, check=False)
    found = re.search(r"<body>(\[.*\])\s*</body>", done.stdout.decode("utf-8"), re.DOTALL)
    assert found, (done.returncode, done.stdout[-500:], done.stderr[-2000:])
    count("Chromium")
    count("adaptivecards", len(cards))
    told = json.loads(html.unescape(found[1]))
    count("markdown-it", sum(len(each["lines"]) for each in told))
    return [
        Drawn(
            tuple(each["lines"]),
            tuple(each["bold"]),
            frozenset(each["tags"]),
            tuple(each["opened"]),
            tuple(each["events"]),
        )
        for each in told
    ]
