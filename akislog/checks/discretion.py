"""What a report says, without the secrets in it: reports go to places where the log itself does not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from akislog.checks.registry import CATALOGUE
from akislog.core.finding import Finding
from akislog.text.document import Document
from akislog.text.redact import Redactor

_SECRET = "AKL221"  # says where one stands, and nothing of it
_REDACTOR = Redactor()


def masked(text: str, redactor: Redactor) -> str:
    """``text`` with stars in the place of every secret; every line and column stays where it is."""
    kept, at = [], 0
    for start, end, _ in redactor.spans(text):
        kept += [text[at:start], re.sub(r"[^\r\n]", "*", text[start:end])]
        at = end
    return "".join([*kept, text[at:]])


def discreet(findings: Sequence[Finding], document: Document, *, searched: bool = False) -> Iterator[Finding]:
    """Findings of a document; of one that stands where a secret stands, or that quotes one, only what its code asks.

    ``searched`` says that the findings tell of every secret there is.
    """
    none = searched and all(one.code != _SECRET for one in findings)
    text = "" if none else b"".join(document.split[1:]).decode("utf-8", "replace")
    lines = {
        number
        for start, end, _ in _REDACTOR.spans(text)
        for number in range(text.count("\n", 0, start) + 1, text.count("\n", 0, end) + 2)
    }
    for one in findings:
        tells = one.code != _SECRET and (one.line in lines or _quotes_secret(one))
        yield _reticent(one) if tells else one


def _quotes_secret(finding: Finding) -> bool:
    edits = finding.fix.edits if finding.fix else ()
    said = (finding.message, finding.found, finding.hint, *finding.expected, *(edit.text for edit in edits))
    key = finding.pointer.rpartition("/")[2]
    return bool(_REDACTOR.redact("\n".join(said))[1] or _REDACTOR.redact_value(key, finding.found)[1])


def _reticent(finding: Finding) -> Finding:
    asked = CATALOGUE[finding.code].doc
    message = f"{asked[:1].lower()}{asked[1:].rstrip('.')}; here is a secret, so nothing of it is told"
    return finding._replace(message=message, found="", hint="", expected=(), fix=None)
