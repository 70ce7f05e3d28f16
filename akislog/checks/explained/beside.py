"""Explanations of the codes about logs beside each other, git's history, older shapes and other readers."""

from __future__ import annotations

from collections.abc import Mapping

from akislog.checks.explained.text import Explanation

BESIDE: Mapping[str, Explanation] = {
    "AKL301": Explanation(
        "An id that two logs have names neither. Mostly a log was copied, or its id has no time in it.",
        "give the later log an id of its own, with the time of its start, and rename its file.",
        'session:\n  id: "2026-03-04_limits"   # in two files',
        'session:\n  id: "2026-03-04_101500_limits_5be1c0de"',
    ),
    "AKL302": Explanation(
        "A session that goes on with another is only half the story without it.",
        "name the id of the log, or its 8 hex digits. Check the whole folder: a log that was not checked is not there.",
        'session:\n  continues: ["2026-03-01_080000_gone_00000000"]',
        'session:\n  continues: ["2026-03-03_150000_limits-design_77aa01bb"]',
    ),
    "AKL303": Explanation(
        "`parent` says in which session, and for which of its tasks, this one was started.",
        "write `<session id>#<task id>`; the session may be its 8 hex digits.",
        'session:\n  parent: "77aa01bb#t9"   # that log has t1 to t3',
        'session:\n  parent: "77aa01bb#t3"',
    ),
    "AKL304": Explanation(
        "A delegation names the session in which the other agent worked; without it nobody can look up what was done.",
        "commit that log too, or take the field away.",
        'delegations:\n  - id: "d1"\n    session: "2026-03-04_102000_gone_00000000"',
        'delegations:\n  - id: "d1"\n    session: "2026-03-04_102000_parser_0c0ffee0"',
    ),
    "AKL305": Explanation(
        "A log is committed with the work it tells of. A file that the commit does not touch was forgotten, or was "
        "never changed. Only with `--git`.",
        "commit the log together with its files. If they came in an earlier commit, ignore this code.",
        'files:\n  modified:\n    - {path: "src/limits.py", type: py, domain: src}   # not in the commit',
    ),
    "AKL306": Explanation(
        "The log is not committed, or the clone does not reach back to its commit. Only with `--git`.",
        "commit the log, or fetch the whole history with `git fetch --unshallow`; in GitHub Actions set "
        "`fetch-depth: 0`.",
    ),
    "AKL401": Explanation(
        "The log is of an older format. It was read as today's, and what was read is kept beside it.",
        "nothing. `akislog migrate` writes the log in the present format.",
        'gotchas:\n  - problem: "Tests hang"\n    solution: "Run them offline"',
        'gotchas:\n  - pattern: "Tests hang"\n    solution: "Run them offline"',
    ),
    "AKL402": Explanation(
        "A value of an older log fits no field of today. Nothing is dropped in silence: it is kept aside, and no query "
        "sees it.",
        "move it to the field it belongs to.",
        "skills:\n  loaded: 7",
        "skills:\n  loaded: [testing]",
    ),
    "AKL403": Explanation(
        "Without quotes, YAML 1.1 reads `no` as false, `012` as ten, `1:30` as ninety and `2026-03-04` as a date; "
        "YAML 1.2 reads `0o14` as twelve. akislog reads all of these as text, other tools do not.",
        "put the text, or the key, in double quotes; `akislog fix` does.",
        "metadata: {answer: no, build: 012, at: 1:30}",
        'metadata: {answer: "no", build: "012", at: "1:30"}',
    ),
    "AKL404": Explanation(
        "Older tools read logs line by line, without a YAML parser. In another layout they lose "
        "gotchas, root causes or "
        "the whole log, and say nothing. Each kind is told once for a file.",
        "lay the front matter out as [the format](format.md) says in §3; logs that akislog writes are laid out so.",
        'gotchas:\n- pattern: "Tests hang"\n  applies_to:\n  - testing',
        'gotchas:\n  - pattern: "Tests hang"\n    applies_to: [testing]',
    ),
}
