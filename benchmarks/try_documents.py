"""How many documents a second go through ``newswatch try --json``, start-up included, beside a naive search.

The peer reads the same lines of JSON, looks for three words in them and writes lines of JSON; no folding, no
Zawgyi, no syllables, no sentences, no figures. Both are started in turn: read the ratio. Texts: the labelled
corpus where it is present (``shared/corpus/dev`` beside the checkout or in $NEWSWATCH_SHARED), else those of
the test suite's pages; repeated, each copy edited.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
NAIVE = """\
import json, sys
words = ("loikaw", "လွိုင်ကော်", "1111")
for line in sys.stdin.buffer:
    found = json.loads(line)
    text = (found["title"] + "\\n" + found["text"]).lower()
    hits = [[word, text.find(word)] for word in words if word in text]
    sys.stdout.write(json.dumps({"id": found["id"], "hits": hits}, ensure_ascii=False) + "\\n")
    sys.stdout.flush()
"""


def find_texts() -> tuple[str, list[tuple[str, str]]]:
    """Return where the texts come from, and their titles and bodies."""
    shared = Path(os.environ.get("NEWSWATCH_SHARED") or ROOT.parent / "shared")
    corpus = shared / "corpus/dev/articles.jsonl"
    if corpus.exists():
        found = [json.loads(line) for line in corpus.read_text("utf-8").splitlines()]
        return "labelled", [(item["title"], item["text"]) for item in found]
    pages = sorted((ROOT / "tests/golden/pages").glob("*.expected.json"))
    expected = [json.loads(path.read_text("utf-8")) for path in pages]
    return "invented", [(str(item.get("title")), str(item.get("text"))) for item in expected]


def make_documents(texts: list[tuple[str, str]], joined: int) -> Iterator[str]:
    """Yield lines of JSON without end: *joined* neighbouring texts each, no two alike."""
    number = 0
    while True:
        first = number % len(texts)
        parts = [texts[(first + index) % len(texts)][1] for index in range(joined)]
        text = "\n".join([*parts, f"Report {number} of {number * 7919 % 1000} villages."])
        title = f"{texts[first][0]} ({number})"
        yield json.dumps({"id": f"n{number}", "title": title, "text": text}, ensure_ascii=False)
        number += 1


def measure(command: list[str], documents: Path, expected: int) -> tuple[float, float, float]:
    """Run *command* over the documents; return CPU and wall seconds and the peak in MiB."""
    unwanted = ("NEWSWATCH_", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    with documents.open("rb") as lines, tempfile.TemporaryFile() as output:
        started = time.monotonic()
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=lines, stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        count = sum(1 for _ in output)
    if process.returncode or count != expected:
        raise SystemExit(f"exit status {process.returncode}, {count} lines: {command[:4]}")
    return usage.ru_utime + usage.ru_stime, wall_s, usage.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=1000)
    parser.add_argument("--joined", type=int, default=1, help="texts of the corpus in one document")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    label, texts = find_texts()
    contenders = {
        "newswatch try --json": [sys.executable, "-P", "-m", "alerts", "try", "--json", "-"],
        "naive search": [sys.executable, "-c", NAIVE],
    }
    costs: dict[str, list[tuple[float, float, float]]] = {name: [] for name in contenders}
    with tempfile.TemporaryDirectory() as folder:
        documents = Path(folder) / "documents.jsonl"
        lines = list(islice(make_documents(texts, options.joined), options.documents))
        documents.write_text("\n".join(lines) + "\n", "utf-8")
        for command in contenders.values():  # bytecode, file cache
            measure(command, documents, options.documents)
        for _ in range(options.runs):
            for name, command in contenders.items():
                costs[name].append(measure(command, documents, options.documents))
    chars = sum(map(len, lines)) // len(lines)
    print(
        f"{options.documents} documents of {chars} characters ({label}), medians of {options.runs} runs in turn"
    )
    medians = {name: [median(values) for values in zip(*runs, strict=True)] for name, runs in costs.items()}
    for name, (cpu_s, wall_s, peak_mib) in medians.items():
        rate = options.documents / cpu_s
        print(f"{name:<21} {rate:7.0f} a CPU second   {wall_s:5.2f} s wall   peak {peak_mib:4.0f} MiB")
    (our_cpu_s, *_), (naive_cpu_s, *_) = medians.values()
    print(f"ratio, newswatch / naive search: {our_cpu_s / naive_cpu_s:.1f} CPU")


if __name__ == "__main__":
    main()
