"""Explanations of the codes about what a log says."""

from __future__ import annotations

from collections.abc import Mapping

from akislog.checks.explained.text import Explanation

MEANING: Mapping[str, Explanation] = {
    "AKL201": Explanation(
        "A link to an id that two entries have leads to one of them by chance.",
        "give the second one an id of its own, and look through what names it.",
        'tasks:\n  - id: "t1"\n  - id: "t1"',
        'tasks:\n  - id: "t1"\n  - id: "t2"',
    ),
    "AKL202": Explanation(
        "A delegation, command, change or group of a task that is not there cannot be counted to any work.",
        "name a task of this log; the hint names the one that is most like it.",
        'commands:\n  - {cmd: "make test", task: "t9"}',
        'commands:\n  - {cmd: "make test", task: "t2"}',
    ),
    "AKL203": Explanation(
        "The tree of tasks is made of these links alone. A task whose parent is missing drops out of its branch.",
        "name the parent, or take the field away if the task stands on its own.",
        '  - id: "t2"\n    parent_task_id: "t9"',
        '  - id: "t2"\n    parent_task_id: "t1"',
    ),
    "AKL204": Explanation(
        "A dependency on nothing is never met, so the task looks blocked for ever.",
        "name a task of this log, or take the entry away.",
        '  - id: "t2"\n    dependencies: ["t0"]',
        '  - id: "t2"\n    dependencies: ["t1"]',
    ),
    "AKL205": Explanation(
        "In a circle nothing comes first: no task can be begun, and no tree can be drawn.",
        "take one of the links of the circle away; the finding lists them.",
        '  - id: "t1"\n    dependencies: ["t2"]\n  - id: "t2"\n    dependencies: ["t1"]',
        '  - id: "t1"\n  - id: "t2"\n    dependencies: ["t1"]',
    ),
    "AKL206": Explanation(
        "The depth counts how many tasks on the path from the root, the task itself included, were handed over. "
        "Nesting alone adds nothing. The writer computes it.",
        "leave the field out, or write the number that is expected; `akislog fix` does.",
        '  - id: "t2"\n    parent_task_id: "t1"\n    delegation_depth: 1   # but no delegation names t2 or t1',
        '  - id: "t2"\n    parent_task_id: "t1"\n    delegation_depth: 0',
    ),
    "AKL207": Explanation(
        "The chain tells who handed the work to whom. One that leaves out a link, or names another agent, blames the "
        "wrong one.",
        "list the path from the root to the task itself, each with its agent and depth; `akislog fix` corrects depths.",
        '    delegation_chain: [{task_id: "t2", agent: code, depth: 1}]   # t2 lies below t1',
        '    delegation_chain: [{task_id: "t1", agent: lead, depth: 0}, {task_id: "t2", agent: code, depth: 1}]',
    ),
    "AKL208": Explanation(
        "Done means that nothing is left to do. What is open below a done task is forgotten by whoever reads only its "
        "status.",
        "tick the item, close the task below, or say that the task is not done.",
        '    status: done\n    checklist: [{item: "Tests", done: false}]',
        '    status: done\n    checklist: [{item: "Tests", done: true}]',
    ),
    "AKL209": Explanation(
        "Work that was handed over and never came back is neither done nor failed, and nobody looks for it.",
        "close the delegation with success, partial or failure before the session ends; a task that is delegated needs "
        "a delegation that is running.",
        'delegations:\n  - id: "d1"\n    status: running',
        'delegations:\n  - id: "d1"\n    status: failure',
    ),
    "AKL210": Explanation(
        "Durations are computed from these times, and one wrong order makes all sums of a report wrong.",
        "find out which of the two times is wrong; mostly a time zone was left out.",
        '  started_at: "2026-03-04T10:15:00Z"\n  ended_at: "2026-03-04T09:40:00Z"',
        '  started_at: "2026-03-04T10:15:00Z"\n  ended_at: "2026-03-04T10:40:00Z"',
    ),
    "AKL211": Explanation(
        "An agent does one thing at a time. Two tasks at work mean that one was left lying.",
        "pause or close one of them; name agents that really work side by side `code`, `code-2`.",
        '  - id: "t1"\n    status: working\n  - id: "t2"\n    status: working',
        '  - id: "t1"\n    status: paused\n  - id: "t2"\n    status: working',
    ),
    "AKL212": Explanation(
        "When the session is over nobody works any more. A later session cannot tell what became of the task.",
        "close the task, or pause it: paused says that somebody should go on.",
        '  - id: "t1"\n    status: working',
        '  - id: "t1"\n    status: paused',
    ),
    "AKL213": Explanation(
        "Sums that do not fit their list show that one of the two was written by hand or cut.",
        "count again: every file of created, modified and deleted once; `akislog fix` does.",
        'files:\n  modified:\n    - {path: "a.py", type: py, domain: src}\n  types: {py: 3}',
        'files:\n  modified:\n    - {path: "a.py", type: py, domain: src}\n  types: {py: 1}',
    ),
    "AKL214": Explanation(
        "A log is found by its file name, sorted by its date and linked by its id. Where these differ, each way finds "
        "something else. Of an older log only the dates are compared.",
        "rename the file to the id and `.md`; the id begins with the UTC date of the start. `akislog "
        "fix` mends a date.",
        'session:\n  id: "2026-03-03_101500_limits_5be1c0de"\n  date: "2026-03-04"',
        'session:\n  id: "2026-03-04_101500_limits_5be1c0de"\n  date: "2026-03-04"',
    ),
    "AKL215": Explanation(
        "A gotcha is for the next session: without a solution it only says that there is trouble.",
        "say what to do instead, in one sentence.",
        'gotchas:\n  - pattern: "Tests hang without a network"',
        'gotchas:\n  - pattern: "Tests hang without a network"\n    solution: "Run them with --offline"',
    ),
    "AKL216": Explanation(
        "What must wait for another cannot run beside it, so the group was no parallel work.",
        "take the member out of the group, or the dependency away.",
        '  - id: "t2"\n    dependencies: ["t1"]\nparallel_groups:\n  - {id: "pg1", tasks: ["t1", "t2"]}',
        '  - id: "t2"\nparallel_groups:\n  - {id: "pg1", tasks: ["t1", "t2"]}',
    ),
    "AKL217": Explanation(
        "The agent that was handed the work changed something it was not given.",
        "look at the change; then widen `files_allowed`, or take the file back.",
        '    files_allowed: ["backend/**"]\n    artifacts: ["deploy/prod.yml"]',
        '    files_allowed: ["backend/**"]\n    artifacts: ["backend/auth.py"]',
    ),
    "AKL218": Explanation(
        "The task says who did the work, the delegation says who was asked. Where they differ, the work is counted to "
        "the wrong one.",
        "set `assigned_to` of the task to the agent of its last delegation. Who takes a task back after a failed "
        "delegation may hold it.",
        'tasks:\n  - id: "t2"\n    assigned_to: docs\ndelegations:\n  - {id: "d1", task_id: "t2", agent: code, '
        "status: success}",
        'tasks:\n  - id: "t2"\n    assigned_to: code\ndelegations:\n  - {id: "d1", task_id: "t2", agent: code, '
        "status: success}",
    ),
    "AKL219": Explanation(
        "A template that was not filled in looks like an answer to every query.",
        "say what belongs there, or leave the entry out. Found are whole texts such as `TODO`, `...`, `<title>` or "
        "`{N} minutes`, and `unknown` where a path or a text belongs.",
        'files:\n  modified:\n    - {path: "unknown", type: py, domain: backend}',
        "files:\n  modified: []",
    ),
    "AKL220": Explanation(
        "Gate G7: from six tasks on, independent ones are done faster side by side by other agents.",
        "nothing in this log. Next time, delegate what does not depend on each other.",
    ),
    "AKL221": Explanation(
        "Logs are committed, copied and handed to models. A secret in one is no secret any more.",
        "make the secret invalid first; then take it out of the log and out of git's history. The "
        "finding shows where it "
        "stands and never what it is. An example of your own is not taken for one if it says so, as in "
        "`your-key-here`.",
        "",
        '    cmd: "deploy --token [REDACTED:assignment]"',
    ),
    "AKL222": Explanation(
        "One area under two names falls apart in every query. Areas of your own are fine: only what is a known one, "
        "misspelt or written in another way, is found.",
        "take the known word; `akislog fix` does.",
        "session:\n  domain: frontend",
        "session:\n  domain: frontend_only",
    ),
}
