"""A handler for python-frontmatter, so that its users read and write our logs by our rules.

``frontmatter.load(path, handler=akislog.Handler())`` gives the same values as ``akislog.parse``; ``frontmatter.dumps``
with it writes front matter that old line-based readers and every YAML parser read the same way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from frontmatter.default_handlers import BaseHandler

from akislog.core.values import portable
from akislog.errors import AkislogError
from akislog.text.emit import front_matter
from akislog.text.frontmatter import load, split


class NotALog(AkislogError):
    """Front matter that cannot be read; the message says where and why."""


class Handler(BaseHandler):
    """Reads and writes the front matter of workflow logs."""

    FM_BOUNDARY = re.compile(r"^---[ \t]*$", re.MULTILINE)
    START_DELIMITER = "---"
    END_DELIMITER = "---"

    def detect(self, text: str) -> bool:
        """Whether the text begins with front matter."""
        return bool(split(text.encode("utf-8", "surrogatepass"))[0].opening)

    def split(self, text: str) -> tuple[str, str]:
        """The front matter and the body; the body is kept as it is."""
        parts, missing = split(text.encode("utf-8", "surrogatepass"))
        if missing is not None:
            raise NotALog(f"line {missing.line}: {missing.message}; {missing.hint}")
        return parts.yaml.decode("utf-8", "surrogatepass"), parts.body.decode("utf-8", "surrogatepass")

    def load(self, fm: str, **_options: object) -> dict[str, Any]:
        """The values of a front matter."""
        front = load(fm.encode("utf-8", "surrogatepass"))
        if front.value is None:
            finding = front.findings[0]
            raise NotALog(f"line {finding.line}, column {finding.column}: {finding.message}. {finding.hint}".strip())
        return front.value

    def export(self, metadata: Mapping[str, Any], **_options: object) -> str:
        """Values as front matter, in the order of the format; what is no JSON value, such as a date, as text."""
        return front_matter(portable(dict(metadata))).rstrip("\n")
