"""Labelled texts and how well the shipped topics do on them; ``python -m tests.quality`` prints the tables.

``lines-*.jsonl`` hold invented texts: ``id``, ``language``, ``title``, ``text``, ``topics``, ``trap`` (what is hard
about it), ``gloss`` in English, and ``near_miss`` for texts that only look like a hit. Their labels are a person's
reading: ``loikaw`` when the article's own text names the town, township or district in any spelling or script, or an
institution or force of its name; ``operation-1111`` when it names the operation of 2023. Page furniture (weather box,
tags, related links, teasers of other stories), a date alone, a count, and a street of that name in another city do
not count. A label is never bent to what the matcher finds. Traps ``fold-N-…`` are about one fold of the text,
``unsafe-…`` about one that must not be made, ``page-…`` about what real pages print, ``form-…`` about a way to write
the operation; ``fresh…`` were written after the matcher had been put right on all the others.
"""
