"""Schema history of the tables between matching and delivery."""
