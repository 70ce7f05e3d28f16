"""The only package that touches disk."""
