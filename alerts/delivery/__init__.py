"""From frozen messages to the chat: the outbox, the state machine of a delivery, the only user of httpx."""
