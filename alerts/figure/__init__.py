"""Numbers of people, houses and bases that a text states, with who states them. Nothing is computed or stored."""
