"""Older logs into today's record: ``front`` for front matter of older shapes, ``markdown`` for logs that have none.

Both are total and give what they read beside what they read it as; nothing is dropped in silence.
"""
