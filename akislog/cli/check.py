"""``akislog check`` and ``akislog explain``: what is wrong in the logs, for people, for CI and for editors."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from akislog import __version__
from akislog.checks.corpus import Facts
from akislog.checks.registry import CATALOGUE, CORPUS_RULES, GIT_RULES, explanation
from akislog.cli.arguments import choose
from akislog.cli.output import complain, say, say_safe
from akislog.cli.progress import along
from akislog.core.finding import Finding
from akislog.errors import AkislogError, UsageError
from akislog.report.check import FORMATS, Report
from akislog.report.findings import summary
from akislog.store.checking import Plan, check_files, check_history, check_together, check_typed
from akislog.store.documents import Documents, NoSuchLog
from akislog.store.paths import Unreadable, read_regular
from akislog.store.project import Project, find_project
from akislog.text.frontmatter import FILE_LIMIT

if TYPE_CHECKING:
    from akislog.checks.baseline import Known

# What only some checks need is imported where it is needed: a hook checks one log, and most of its time goes there.
WEIGHTS = ("error", "warning", "note")
_LARGEST_SCHEMA = 4 * 1024 * 1024  # bytes of a schema
_LARGEST_BASELINE = 64 * 1024 * 1024  # bytes
_MOST_NAMED = 10
_BREAK = "\r\n|\n|\r"  # what ends a line for whoever counts them; splitlines knows others


class Options(NamedTuple):
    """What the command line says."""

    paths: Sequence[str] = ()
    schema: str | Path | None = None
    formats: Sequence[str] = ()
    select: Sequence[str] = ()
    ignore: Sequence[str] = ()
    fail_on: str = "error"
    baseline: str | Path | None = None
    write_baseline: bool = False
    changed_since: str | None = None
    stdin_filename: str = ""
    statistics: bool = False
    strict: bool = False
    git: bool = False
    jobs: int = 0
    directory: str | None = None


class _Output(NamedTuple):
    """One ``--format``: its name, and the file it goes to; none is stdout."""

    name: str
    file: str


def check(options: Options) -> int:
    """Check what is named, or the project's logs, and print what was found; the exit code."""
    project = find_project(Path.cwd(), os.environ, options.directory)
    takes = _taken(options)
    outputs = _outputs(options.formats)
    choose(options.fail_on, ("error", "warning", "never"), "--fail-on")
    known = _known(options)
    with_fixes = any(output.name not in ("concise", "github", "junit") for output in outputs)
    plan = Plan(_schema(options.schema), options.strict, with_fixes, options.jobs)
    changed = _changed(project, options.changed_since)
    typed = sys.stdin.buffer.read(FILE_LIMIT + 1) if list(options.paths) == ["-"] else None
    if typed is not None:
        files, findings = _standard_input(typed, options.stdin_filename, plan)
    else:
        files, findings = _files(options, project, plan)
    findings = [one for one in findings if takes(one.code) and _is_changed(one, changed)]
    if options.write_baseline:
        return _write_baseline(options, findings)
    if known is not None:
        from akislog.checks import baseline

        looked_at = [path for path in files if changed is None or Path(path).resolve() in changed]
        unasked = _unasked(options)
        known = baseline.chosen(known, lambda code: takes(code) and code not in unasked)
        findings = _new(findings, known, looked_at)
    _print(outputs, _report(options, findings, files, typed))
    limit = {"error": 1, "warning": 2, "never": 0}[options.fail_on]
    return int(any(one.severity in WEIGHTS[:limit] for one in findings))


def explain(code: str) -> None:
    """Print what a code means; without one, all codes."""
    if not code:
        say("\n".join(f"{rule.code}  {rule.severity:8} {rule.name}: {rule.doc}" for rule in CATALOGUE.values()))
        return
    wanted = code.strip().upper()
    if wanted not in CATALOGUE:
        from akislog.checks.selection import beginnings

        begun = beginnings([wanted], CATALOGUE, "explain")
        rules = [rule for rule in CATALOGUE.values() if rule.code.startswith(begun)]
        say("\n".join(f"{rule.code}  {rule.name}: {rule.doc}" for rule in rules))
        return
    say(explanation(wanted))


def _taken(options: Options) -> Callable[[str], bool]:
    """Which codes are reported."""
    if not options.select and not options.ignore:
        return lambda _code: True
    from akislog.checks.selection import selection

    return selection(options.select, options.ignore, CATALOGUE).takes


def _files(options: Options, project: Project, plan: Plan) -> tuple[list[str], list[Finding]]:
    """The paths of the files that were checked, and all findings."""
    paths = options.paths or [_relative(project.logs)]
    if not options.paths and not project.logs.is_dir():
        raise NoSuchLog(f"there is no folder {project.logs}; name files or folders, or set --dir")
    if "-" in options.paths:
        raise UsageError("- is standard input and stands alone; for a file of this name write ./-")
    corpus = Documents(*paths)
    files = list(dict.fromkeys(corpus.paths()))
    if not files and options.paths:
        raise UsageError(f"{', '.join(map(str, paths))}: no file to check; logs end in .md")
    findings: list[Finding] = []
    facts: list[Facts] = []
    for checked in along(check_files(files, plan), len(files), "checking"):
        findings += checked.findings
        if checked.facts is not None:
            facts.append(checked.facts)
    if _are_compared(paths):
        findings += check_together(facts)
    if options.git:
        findings += check_history(facts, project.root)
    findings += corpus.skipped
    return [str(path) for path in files], sorted(findings, key=_place)


def _are_compared(paths: Sequence[str]) -> bool:
    """Whether logs are compared with each other: beside a few that were named most others would seem to be missing."""
    return all(os.path.isdir(path) for path in paths)


def _unasked(options: Options) -> set[str]:
    """The codes of rules that this check does not go through."""
    apart = set() if _are_compared(options.paths) else {rule.code for rule in CORPUS_RULES}
    return apart if options.git else apart | {rule.code for rule in GIT_RULES}


def _standard_input(typed: bytes, name: str, plan: Plan) -> tuple[list[str], list[Finding]]:
    path = name or "<stdin>"
    return [path], list(check_typed(typed, path, plan).findings)


def _place(finding: Finding) -> tuple[str, int, int, str]:
    return (finding.path or "", finding.line or 0, finding.column or 0, finding.code)


def _relative(path: Path) -> str:
    """As a person standing here would write it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _schema(path: str | Path | None) -> str | None:
    if path is None:
        return None
    try:
        text = read_regular(path, _LARGEST_SCHEMA).decode("utf-8")
    except (Unreadable, UnicodeDecodeError) as error:
        raise UsageError(f"--schema {path}: {error}") from None
    from akislog.checks.schema import compiled

    compiled(text)  # says what is wrong with it before any document is read
    return text


def _changed(project: Project, ref: str | None) -> frozenset[Path] | None:
    """The files that differ since then; None where all count."""
    if ref is None:
        return None
    from akislog.store.history import changed_since

    return changed_since(project.root, ref)


def _is_changed(finding: Finding, changed: frozenset[Path] | None) -> bool:
    return changed is None or Path(finding.path or "").resolve() in changed


def _outputs(formats: Sequence[str]) -> list[_Output]:
    """What ``--format`` says: a name, or a name and a file. Only one may go to stdout."""
    default = "full" if sys.stdout.isatty() else "concise"
    outputs = []
    for one in formats or [default]:
        name, _, file = one.partition(":")
        outputs.append(_Output(choose(name, tuple(FORMATS), "--format"), file))
    if sum(not output.file for output in outputs) > 1:
        raise UsageError("only one --format can go to stdout; give the others a file, as in --format sarif:out.sarif")
    return outputs


def _report(options: Options, findings: Sequence[Finding], files: Sequence[str], typed: bytes | None) -> Report:
    return Report(
        findings,
        len(files),
        CATALOGUE,
        __version__,
        _lines if typed is None else lambda _path: _split(typed),
        colour=sys.stdout.isatty() and not os.environ.get("NO_COLOR") and not os.environ.get("CI"),
        statistics=options.statistics,
        checked=files,
        explain=explanation,
        fingerprint=_fingerprint,
    )


def _fingerprint(finding: Finding) -> str:
    from akislog.checks.baseline import fingerprint

    return fingerprint(finding)


def _lines(path: str) -> Sequence[str]:
    """The lines of a file, for the excerpt beside a finding."""
    try:
        return _split(read_regular(path, FILE_LIMIT))
    except Unreadable:
        return []


def _split(data: bytes) -> list[str]:
    from akislog.checks.discretion import masked
    from akislog.text.redact import Redactor

    return re.split(_BREAK, masked(data.decode("utf-8", "replace"), Redactor(os.environ)))


def _print(outputs: Sequence[_Output], report: Report) -> None:
    for name, file in outputs:
        if file:
            _write(file, FORMATS[name](report._replace(colour=False)))
        else:
            text = FORMATS[name](report)
            if text:
                say_safe(text.rstrip("\n"))
    sys.stdout.flush()  # the summary comes after what it sums up
    complain(summary(report.findings, report.files))


def _write(file: str | Path, text: str) -> None:
    """Write a report or a baseline: in full, or an error that says what to do."""
    try:
        Path(file).write_bytes(text.encode("utf-8"))
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or error
        raise AkislogError(f"{file}: cannot be written: {reason}; give another file, or make room for it") from None


def _known(options: Options) -> Known | None:
    """The baseline, read before any document."""
    if options.baseline is None:
        if options.write_baseline:
            raise UsageError("--write-baseline needs --baseline FILE to write to")
        return None
    if options.write_baseline:
        return None
    try:
        read = read_regular(options.baseline, _LARGEST_BASELINE)
    except Unreadable as error:
        if error.reason == "missing":
            raise UsageError(f"{options.baseline}: no such baseline; write it with --write-baseline") from None
        raise UsageError(f"{error}; give --baseline a file") from None
    from akislog.checks import baseline

    return baseline.loaded(read.decode("utf-8", "replace"), str(options.baseline))


def _write_baseline(options: Options, findings: Sequence[Finding]) -> int:
    from akislog.checks import baseline

    path = Path(options.baseline or "")  # _known saw to it that there is one
    _write(path, baseline.dumped(one._replace(path=_from_here(one.path)) for one in findings))
    complain(f"{len(findings)} finding{'' if len(findings) == 1 else 's'} in {path}")
    return 0


def _new(findings: list[Finding], known: Known, files: Sequence[str]) -> list[Finding]:
    from akislog.checks import baseline

    told = {_from_here(path): path for path in files}
    gone = [path for path in known if path not in told and not os.path.lexists(path)]
    compared = baseline.compare([one._replace(path=_from_here(one.path)) for one in findings], known, list(told), gone)
    if compared.known:
        complain(f"{compared.known} known from the baseline")
    if compared.unneeded:
        number = sum(number for _, _, number in compared.unneeded)
        entries = "entry is" if number == 1 else "entries are"
        complain(f"{number} baseline {entries} no longer needed; write it anew with --write-baseline:")
        for path, code, number in compared.unneeded[:_MOST_NAMED]:
            complain(f"  {path} {code}{f' × {number}' if number > 1 else ''}")
        if len(compared.unneeded) > _MOST_NAMED:
            complain("  …")
    return [one._replace(path=told.get(one.path or "", one.path)) for one in compared.new]


def _from_here(path: str | None) -> str:
    """A file as a baseline names it, however the command line does: from here, where it lies below."""
    found = os.path.relpath(path) if path else ""
    return found if not found.startswith(os.pardir) else os.path.abspath(found)
