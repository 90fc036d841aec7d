"""From frozen messages to the chat: the outbox, the state machine of a delivery, one sender a channel."""
