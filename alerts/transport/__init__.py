"""How one message leaves this machine: by HTTP, or through a child that hands it to Apprise; and why it did not."""
