"""What ``newswatch try`` is made of: reading documents from anywhere, telling what was found in them."""
