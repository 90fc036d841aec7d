"""What a story says in ten seconds: its figures and who claims them, its best sentences, a gloss. Pure."""
