"""END of a 50-task session, whole, beside what others need to render such a log and nothing more.

Ours: fit to the limits, render, search for secrets, check schema and rules, read back and compare, sync and publish.
Theirs: ruamel.yaml's round-trip dump and a jinja2 body. ``python benchmarks/write.py [--rounds N]``.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from io import StringIO
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from akislog.checks.registry import run as check_rules
from akislog.checks.schema import check_schema
from akislog.core.session import Session
from akislog.store.files import publish
from akislog.store.project import Config, Project, open_state
from akislog.store.writer import prepare, write
from akislog.text.document import parse, render
from akislog.text.fit import fit
from akislog.text.redact import Redactor
from benchmarks import words
from benchmarks.corpus import Story, front_size
from benchmarks.timing import machine, race, ratio, table, target

BODY = """# Session Log: {{ session.title }}

**Date:** {{ session.date }}

## Tasks Completed

{% for task in tasks %}
- {{ task.status }} {{ task.description }}{% if task.result %} → {{ task.result }}{% endif %}

{% for check in task.checklist or [] %}
  - {{ "[x]" if check.done else "[ ]" }} {{ check.item }}
{% endfor %}
{% endfor %}

## Delegations

{% for one in delegations %}
- {{ one.agent }} ({{ one.status }}): {{ one.prompt }} → {{ one.result }}
{% endfor %}

## Files Modified

| File | Changes |
|------|---------|
{% for file in files.created or [] + files.modified %}
| {{ file.path }} | {{ file.type }} |
{% endfor %}
{% for one in gotchas %}
- {{ one.pattern }} → {{ one.solution }}
{% endfor %}
{% for one in commands %}
- {{ one.cmd }}: {{ one.success }}
{% endfor %}
"""


def fifty_tasks(seed: int) -> Session:
    """An ended session of 50 tasks on three levels, six of them handed over: about 24 KB of front matter."""
    story = Story(seed, 0)
    random, session = story.random, story.session
    for area in range(5):
        root = session.task(words.topic(random), skill=words.often(random, words.SKILLS)).start()
        for number in range(3):
            part = root.subtask(words.topic(random)).check(words.prose(random), True).check(words.prose(random), True)
            handed = number == 0 or (area == 4 and number == 1)
            delegation = part.delegate("code", prompt=words.prose(random, 2)) if handed else None
            for _ in range(2):
                part.subtask(words.topic(random), assigned_to="code" if handed else "").done(words.sentence(random))
            if delegation is None:
                part.start().done(words.prose(random))
            else:
                delegation.succeed(words.prose(random), artifacts=[words.path(random)], tokens_used=12_345)
        root.done(words.sentence(random))
    for piece in (story.files, story.lessons, story.lessons, story.commands, story.commands, story.incidents):
        piece()
    story.end()
    return session


class Desk:
    """A project in a folder of its own, and END in parts; every log gets an id of its own."""

    def __init__(self, folder: Path, session: Session) -> None:
        self.session = session
        self.project = Project(folder, folder / ".akislog", Config())
        self.redact = Redactor(os.environ).redact
        self.record = dict(session.finish().record)
        self.text = render(self.record)
        self._number = 0

    def _fresh(self, record: Mapping[str, Any]) -> dict[str, Any]:
        self._number += 1
        return {**record, "session": {**record["session"], "id": f"{record['session']['id']}-{self._number}"}}

    def end(self) -> None:
        """END from the record on, which is where the others begin."""
        write(self.project, prepare(self._fresh(self.record), self.redact))

    def finish(self) -> None:
        """The same, with the record derived from the session's events."""
        write(self.project, prepare(self._fresh(self.session.finish().record), self.redact))

    def publish(self) -> None:
        """The disk's part alone."""
        self._number += 1
        path = f"log/workflow/published-{self._number}.md"
        publish(self.project.root, path, self.text.encode(), spare=open_state(self.project.state))

    def stages(self) -> dict[str, Callable[[], object]]:
        """What END consists of."""
        return {
            "  fit to the limits": lambda: fit(self.record),
            "  render": lambda: render(self.record),
            "  search for secrets": lambda: self.redact(self.text),
            "  schema": lambda: check_schema(self.record),
            "  read back and compare": lambda: parse(self.text).front.value == self.record,
            "  rules": lambda: check_rules(self.record, "log.md", valid=True),
            "  publish": self.publish,
            "before it: derive the record": self.session.finish,
        }


def others(record: dict[str, Any]) -> Callable[[], object]:
    """Front matter by ruamel.yaml, body by jinja2, as one would write it by hand; both made ready before."""
    import jinja2
    from ruamel.yaml import YAML

    yaml = YAML()
    body = jinja2.Environment(trim_blocks=True, lstrip_blocks=True).from_string(BODY)

    def render_alone() -> str:
        stream = StringIO()
        yaml.dump(record, stream)
        return f"---\n{stream.getvalue()}---\n\n{body.render(record)}"

    return render_alone


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=41)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="akislog-bench-") as folder:
        desk = Desk(Path(folder), fifty_tasks(options.seed))
        theirs, ours = "ruamel.yaml rt + jinja2, rendering alone", "akislog END, whole"
        whole = "akislog END and what comes before it"
        times = race({theirs: others(desk.record), ours: desk.end, **desk.stages(), whole: desk.finish}, options.rounds)
    print(machine())
    print(
        f"{len(desk.record['tasks'])} tasks, {front_size(desk.text)} bytes of front matter, {len(desk.text)} in all\n"
    )
    print(table(times, ours))
    print("\n" + target("speed against ruamel.yaml + jinja2", ratio(times, theirs, ours), 8, at_least=True))


if __name__ == "__main__":
    main()
