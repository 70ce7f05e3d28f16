"""Logs, findings and rows as text for people and programs."""
