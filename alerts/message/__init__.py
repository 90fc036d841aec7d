"""What every chat adapter is given: the port, the words of a digest, pages, hostile text made safe. Pure."""
