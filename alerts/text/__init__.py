"""Text of any script made comparable: encoding, fold, syllables, keys, sentences. Knows nothing of topics."""
