"""The failure catalogue: every fault that a feed or an article can have, and the tests that show what becomes of it.

A test belongs to a fault when its name begins with the fault's id: ``test_f08_...``. It may stand anywhere under
``tests/``. ``python -m tests.faults`` lists them and exits with 1 when a fault has none.
"""
