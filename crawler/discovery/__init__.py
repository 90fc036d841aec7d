"""Finding and carrying routes: probes, autodiscovery, which route is better, OPML, entries of sources.yaml."""
