"""What each command of ``newswatch`` does, one file each; `alerts.cli` lists them."""
