"""What the people who run it are told: incidents, oddities, the list of runs."""
