"""The contract kit: what every chat platform must keep to, as properties that run over every platform.

``python -m tests.kit`` prints the table; ``tests/kit/test_kit.py`` runs the same checks. A platform is one line in
``tests.kit.platforms.PROFILES``; one of another package is a `Subject` of its ``Platform`` and a `Profile`.
"""
