"""Which topics an article holds, and where: lexicon, rules, matcher. Pure: no storage, no channels."""
