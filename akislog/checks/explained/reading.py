"""Explanations of the codes about files, YAML and the schema."""

from __future__ import annotations

from collections.abc import Mapping

from akislog.checks.explained.text import Explanation

READING: Mapping[str, Explanation] = {
    "AKL001": Explanation(
        "Programs read the front matter; a file without one says nothing to them. A log that is "
        "Markdown alone is still "
        "read as far as its headings and lists go, and then AKL401 says so.",
        "begin the file with a line `---`, the YAML, and another line `---`; nothing may stand before the first one.",
        "# Session Log: Faster start",
        '---\nsession:\n  title: "Faster start"\n---',
    ),
    "AKL002": Explanation(
        "Without the closing line nobody knows where the record ends and the text begins, so nothing is read.",
        "put a line `---` behind the last line of the YAML. `...` does not close it, nor does an indented `---`.",
        '---\nsession:\n  title: "Faster start"\n\n# Session Log',
        '---\nsession:\n  title: "Faster start"\n---\n\n# Session Log',
    ),
    "AKL003": Explanation(
        "The text is no YAML, so no value in it is certain. Only the first place where that shows is told.",
        "mostly a text needs quotes: it holds `: ` or ` #`, or begins with one of `@ % & * ! [ {`. Indent with blanks, "
        "not with tabs. `akislog fix` quotes such texts.",
        "  title: Fix: the start is slow",
        '  title: "Fix: the start is slow"',
    ),
    "AKL004": Explanation(
        "YAML forbids it, and readers differ: some take the first value, most the last, and one of the two is lost.",
        "keep the one that is right, or join the two lists.",
        "skills:\n  loaded: [testing]\n  loaded: [docker]",
        "skills:\n  loaded: [testing, docker]",
    ),
    "AKL005": Explanation(
        "A record is a map of named sections. A list or a single text has no place for any of them.",
        "give the values the names of their sections.",
        "- Faster start\n- completed",
        'session:\n  title: "Faster start"\n  outcome: completed',
    ),
    "AKL006": Explanation(
        "Bytes that are not UTF-8, and control characters that stand there raw, are read differently by every program, "
        "or not at all.",
        "save the file as UTF-8 with LF; inside a quoted text write a control character as an escape. `akislog fix` "
        "writes such escapes.",
        "",
        '  title: "A bell \\u0007 in the prompt"',
    ),
    "AKL007": Explanation(
        "Limits keep a hostile or broken file from using up memory: 256 KiB and 64 levels of front matter, 4 MiB of "
        "file. Anchors, aliases and merge keys can grow without limit, and few readers agree on them.",
        "write the value itself where an alias stands; move long texts into the body or into a file of their own.",
        "tasks:\n  - &first {id: t1}\n  - *first",
        'tasks:\n  - {id: "t1"}',
    ),
    "AKL008": Explanation(
        "A tag asks the reader to make an object of its own. A log holds plain values only, and reading "
        "one must not be "
        "able to run anything.",
        "take the tag away; put a text that begins with `!` in quotes.",
        "  title: !important Faster start",
        '  title: "!important Faster start"',
    ),
    "AKL009": Explanation(
        "A key that is a number, a date, a truth value or a collection is another key in every language.",
        "put the key in quotes.",
        "metadata:\n  2026: done",
        'metadata:\n  "2026": done',
    ),
    "AKL010": Explanation(
        "What cannot be read is not checked, and nothing is left out in silence. Links and hidden folders are not "
        "followed: they may lead out of the project.",
        "give the file back its permissions, or put the file itself where the link is.",
    ),
    "AKL011": Explanation(
        "A file with more than a thousand findings of one code is damaged as a whole, and more of the same helps "
        "nobody.",
        "mend what the first ones say, then check again.",
    ),
    "AKL101": Explanation(
        "A query for a field finds no log that lacks it.",
        "add the field. If a key was misspelt, the hint names it, and `akislog fix` renames it.",
        'session:\n  titel: "Faster start"',
        'session:\n  title: "Faster start"',
    ),
    "AKL102": Explanation(
        "A number where a text belongs cannot be searched, and a text where a number belongs cannot be added up.",
        "write the value in the type that is asked for; texts in double quotes, numbers without.",
        'session:\n  duration_minutes: "42"',
        "session:\n  duration_minutes: 42",
    ),
    "AKL103": Explanation(
        "Only words of a closed list can be counted and compared over many logs.",
        "take one of the words that the finding lists.",
        "session:\n  complexity: mid",
        "session:\n  complexity: medium",
    ),
    "AKL104": Explanation(
        "Times in one form can be compared as they stand, and ids in one form can be file names on every system.",
        "write it in the form the finding names. `akislog fix` rewrites times of which the moment is certain.",
        '  started_at: "2026-03-04 10:15"',
        '  started_at: "2026-03-04T10:15:00Z"',
    ),
    "AKL105": Explanation(
        "The schema sets limits besides types and words: numbers that cannot be negative, lists that cannot be empty.",
        "bring the value within the limit that the finding names.",
        "session:\n  duration_minutes: -5",
        "session:\n  duration_minutes: 5",
    ),
}
