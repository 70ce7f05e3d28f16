"""The rules about the meaning of one log: what its schema cannot see. One rule is one function.

Each takes a Reading and yields what it finds; none fails on a record of any shape. The registry gives them codes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from akislog.checks.reading import Entry, Problem, Reading
from akislog.checks.wording import shown
from akislog.core import task as graph
from akislog.core.values import file_type

_DATED = r"([0-9]{4}-[0-9]{2}-[0-9]{2})[_T.-]"
_INSTANCE = r"-[0-9]+$"  # code-2 is an instance of code
_NEVER = "~"  # behind every time
_MOST_NAMED = 5
_MANY_TASKS = 6


def duplicate_ids(log: Reading) -> Iterator[Problem]:
    """Two tasks, delegations or groups of one id."""
    for what, entries in (("task", log.tasks), ("delegation", log.delegations), ("parallel group", log.groups)):
        if len(entries) < 2 or len({entry.get("id") for entry in entries}) == len(entries):
            continue
        first: dict[str, str] = {}
        for entry in entries:
            if entry["id"] is not None and first.setdefault(entry["id"], entry.pointer) != entry.pointer:
                message = f"{what} id {shown(entry['id'])} is used again; {first[entry['id']]} has it first"
                yield Problem(f"{entry.pointer}/id", message, "give each one an id of its own", entry["id"])


def unknown_task(log: Reading) -> Iterator[Problem]:
    """A delegation, command, change or group that names a task the log does not hold."""
    for entry in log.delegations:
        if entry.get("task_id") not in log.by_id:
            yield from _names_no_task(log, entry, "task_id")
    for section, entity in (("commands", "command"), ("changes", "change")):
        if any(one.get("task") for one in log.fields_of(section, entity)):
            for entry in log.entries(section, entity):
                yield from _names_no_task(log, entry, "task")
    for entry in log.groups:
        yield from _names_no_task(log, entry, "tasks")


def unknown_parent(log: Reading) -> Iterator[Problem]:
    """A parent_task_id that names no task."""
    for entries in (log.tasks, log.delegations):
        for entry in entries:
            parent = entry.get("parent_task_id")
            if parent and parent not in log.by_id:
                yield from _names_no_task(log, entry, "parent_task_id")


def unknown_dependency(log: Reading) -> Iterator[Problem]:
    """A dependency that names no task."""
    for entry in log.tasks:
        if entry.get("dependencies"):
            yield from _names_no_task(log, entry, "dependencies")


def cycles(log: Reading) -> Iterator[Problem]:
    """Parents, or dependencies, that lead back to where they start."""
    for link, word in (("parent_task_id", "parents"), ("dependencies", "dependencies")):
        if link == "parent_task_id" and log.parents_first:
            continue
        if link == "dependencies" and not any(task.get(link) for task in log.by_id.values()):
            continue
        for cycle in _cycles(log.by_id, link):
            message = f"the {word} of task {shown(cycle[0])} lead back to it: {_listed(cycle, ' → ')}"
            yield Problem(f"{log.places[cycle[0]]}/{link}", message, "take one of these links away")


def wrong_depth(log: Reading) -> Iterator[Problem]:
    """A delegation_depth that is not the number of hand-overs on the path to the task."""
    depths = log.depths
    for entries, key in ((log.tasks, "id"), (log.delegations, "task_id")):
        for entry in entries:
            found, expected = entry.get("delegation_depth"), depths.get(entry.get(key))
            if found not in (None, []) and expected is not None and found != expected:
                message = f"delegation_depth is {shown(found)}, but {expected} on the path to the task were handed over"
                yield Problem(f"{entry.pointer}/delegation_depth", message, "", shown(found), (str(expected),))


def wrong_chain(log: Reading) -> Iterator[Problem]:
    """A delegation_chain that is not the path to the task, or names another depth or agent."""
    agents: dict[str | None, set[str]] = {}
    for delegation in log.delegations:
        if delegation.get("agent") is not None:
            agents.setdefault(delegation.get("task_id"), set()).add(delegation["agent"])
    for delegation in log.delegations:
        links, task_id = delegation.fields_of("delegation_chain", "link"), delegation.get("task_id")
        if not links or task_id not in log.by_id:
            continue
        path = _path(task_id, log.by_id, len(links) + 1)
        usual = [(step, log.depths[step], log.holder(step)) for step in path]
        if [(link.get("task_id"), link.get("depth"), link.get("agent")) for link in links] == usual:
            continue
        if [link.get("task_id") for link in links] == path:
            for link, (step, depth, holder) in zip(delegation.entries("delegation_chain", "link"), usual, strict=True):
                yield from _wrong_link(link, depth, agents.get(step, set()) | {holder})
        else:
            message = f"delegation_chain is not the path to task {shown(task_id)}: {_listed(path, ' → ')}"
            yield Problem(f"{delegation.pointer}/delegation_chain", message, "", "", tuple(path[:_MOST_NAMED]))


def done_with_open_ends(log: Reading) -> Iterator[Problem]:
    """A done task with open checklist items, children or dependencies."""
    still_open = _open_below(log)
    for task in log.tasks:
        if task.get("status") != "done":
            continue
        items = [str(one.get("item")) for one in task.get("checklist") or () if one.get("done") is not True]
        if items:
            message = f"the task is done, but its checklist is not: {shown(_listed(items))}"
            yield Problem(f"{task.pointer}/checklist", message)
        below = still_open.get(task.get("id")) if still_open else None
        if below:
            yield Problem(f"{task.pointer}/status", f"the task is done, but tasks below it are open: {_listed(below)}")
        unmet = [
            one for one in task.get("dependencies") or () if log.by_id.get(one, {}).get("status", "done") != "done"
        ]
        if unmet:
            message = f"the task is done, but tasks it depends on are not: {_listed(unmet)}"
            yield Problem(f"{task.pointer}/dependencies", message)


def _open_below(log: Reading) -> dict[str | None, list[str]]:
    """The tasks that are not at their end, by the task they are a part of."""
    found: dict[str | None, list[str]] = {}
    if not log.statuses <= graph.FINAL:
        for task_id, task in log.by_id.items():
            if task.get("status", "done") not in graph.FINAL:
                found.setdefault(graph.parent_of(task, log.by_id), []).append(task_id)
    found.pop(None, None)
    return found


def no_outcome(log: Reading) -> Iterator[Problem]:
    """A delegation without an outcome, or a delegated task that no running delegation explains."""
    for delegation in log.delegations:
        if delegation.get("status") == "running":
            message = f"the delegation to {shown(delegation['agent'] or 'an agent')} has no outcome"
            yield Problem(f"{delegation.pointer}/status", message, "close it before END: success, partial or failure")
    for task in log.tasks if "delegated" in log.statuses else ():
        if task["status"] == "delegated" and task["id"] not in log.running:
            yield Problem(f"{task.pointer}/status", "the task is delegated, but no delegation of it is running")


def times_run_backwards(log: Reading) -> Iterator[Problem]:
    """A time before the one it follows."""
    yield from _backwards(log.session, "started_at", "ended_at")
    for task in log.tasks:
        created, started = task.get("created_at") or "", task.get("started_at")
        if not created <= (started or created) <= (task.get("completed_at") or started or created):
            yield from _backwards(task, "created_at", "started_at", "completed_at")
    for delegation in log.delegations:
        if (delegation.get("completed_at") or _NEVER) < (delegation.get("started_at") or ""):
            yield from _backwards(delegation, "started_at", "completed_at")
    for approval in log.entries("approvals", "approval"):
        yield from _backwards(approval, "asked_at", "answered_at")
    before = ""
    for phase in log.entries("phases", "phase"):
        at = phase["at"]
        if at and at < before:
            yield Problem(f"{phase.pointer}/at", f"at {at} is before the phase that came first, {before}", "", at)
        before = at or before


def two_working_leaves(log: Reading) -> Iterator[Problem]:
    """An agent that works on two tasks at once, neither a part of the other."""
    if "working" not in log.statuses:
        return
    working = [task_id for task_id, task in log.by_id.items() if task.get("status") == "working"]
    above: set[str] = set()
    for task_id in working:
        parent = graph.parent_of(log.by_id[task_id], log.by_id)
        while parent is not None and parent not in above:
            above.add(parent)
            parent = graph.parent_of(log.by_id[parent], log.by_id)
    first: dict[str, str] = {}
    for task_id in working:
        agent = log.holder(task_id)
        if task_id not in above and first.setdefault(agent, task_id) != task_id:
            message = f"agent {shown(agent)} works on {shown(task_id)} and on {shown(first[agent])} at once"
            yield Problem(f"{log.places[task_id]}/status", message, "name parallel instances code, code-2")


def left_open(log: Reading) -> Iterator[Problem]:
    """Work still going on when the session ended."""
    if log.statuses.isdisjoint(("working", "delegated")):
        return
    for task in log.tasks:
        status = task["status"]
        if status == "working" or (status == "delegated" and task["id"] in log.running):
            yield Problem(f"{task.pointer}/status", f"the session ended while the task was {status}", "", status)


def file_types(log: Reading) -> Iterator[Problem]:
    """Numbers in files.types that are not those of the files listed."""
    files = log.part("files", "files")
    types = files["types"]
    if types is None:
        return
    counted: dict[str, int] = {}
    for key in ("created", "modified", "deleted"):
        for file in files.fields_of(key, "file"):
            kind = file.get("type") or file_type(file.get("path") or "")
            counted[kind] = counted.get(kind, 0) + 1
    wrong = [one for one in {**types, **counted} if types.get(one, 0) != counted.get(one, 0)]
    if wrong:
        sums = [f"{one} {shown(types.get(one, 0))} for {counted.get(one, 0)}" for one in wrong]
        yield Problem("/files/types", f"types does not add up with the files listed: {_listed(sums)}")


def identity(log: Reading) -> Iterator[Problem]:
    """An id, a date, a start and a file name that tell different stories."""
    session_id, date, start = (log.session[field] for field in ("id", "date", "started_at"))
    if date and start and start[:10] != date:
        message = f"date is {shown(date)}, but the session started at {start}"
        yield Problem("/session/date", message, "", date, (start[:10],))
    dated = re.match(_DATED, session_id) if session_id and date and session_id[:10] != date else None
    if dated:
        yield Problem("/session/id", f"the id begins with {dated[1]}, but date is {shown(date)}", "", session_id)
    name = log.path.replace("\\", "/").rpartition("/")[2] if log.path else ""
    if not log.current:
        named = re.match(_DATED, name)  # older ids have no time and stand in no file name
        if named and date and named[1] != date:
            yield Problem("/session/date", f"the file is named after {named[1]}, but date is {shown(date)}", "", date)
    elif session_id and name and name.lower() != f"{session_id}.md".lower():
        message = f"the file is named {shown(name)}, but the id is {shown(session_id)}"
        yield Problem("/session/id", message, "", session_id, (name.removesuffix(".md"),))


def no_solution(log: Reading) -> Iterator[Problem]:
    """A gotcha that does not say what to do."""
    if all((one.get("solution") or "").strip() for one in log.fields_of("gotchas", "gotcha")):
        return
    for gotcha in log.entries("gotchas", "gotcha"):
        if not (gotcha["solution"] or "").strip():
            yield Problem(gotcha.pointer, "the gotcha has no solution", "say what the next session should do instead")


def dependent_members(log: Reading) -> Iterator[Problem]:
    """Members of one parallel group of which one must wait for another."""
    if not log.groups:
        return
    members: dict[str, dict[str, None]] = {}
    for task_id, task in log.by_id.items():
        members.setdefault(task.get("parallel_group") or "", {})[task_id] = None
    for group in log.groups:
        listed = [one for one in group["tasks"] or [] if one in log.by_id]
        side_by_side = {**dict.fromkeys(listed), **(members.get(group["id"] or "-", {}))}
        for waiting, needed in _waits(side_by_side, log.by_id):
            message = f"{shown(waiting)} depends on {shown(needed)}, so they cannot run side by side"
            yield Problem(group.pointer, message, "", waiting)


def outside_allowed(log: Reading) -> Iterator[Problem]:
    """An artifact of a delegation outside the files it was allowed."""
    for delegation in log.delegations:
        allowed = delegation.get("files_allowed")
        artifacts = delegation.get("artifacts")
        if not allowed or not artifacts:
            continue
        from akislog.checks.glob import within

        for number, path in enumerate(artifacts):
            if not any(within(path, pattern) for pattern in allowed):
                message = f"{shown(path)} is outside files_allowed"
                yield Problem(f"{delegation.pointer}/artifacts/{number}", message, "", path, tuple(allowed))


def other_agent(log: Reading) -> Iterator[Problem]:
    """A delegation of a task that another agent holds. Who takes a task back after a failure may hold it."""
    agents: dict[str, list[str]] = {}
    last: dict[str, Entry] = {}
    for delegation in log.delegations:
        task_id, agent = delegation.get("task_id"), delegation.get("agent")
        if agent and task_id in log.by_id:
            agents.setdefault(task_id, []).append(agent)
            last[task_id] = delegation
    for task_id, delegation in last.items():
        holder = log.by_id[task_id].get("assigned_to")
        if not holder or holder in agents[task_id] or delegation["status"] not in ("running", "success"):
            continue
        if re.sub(_INSTANCE, "", holder) not in [re.sub(_INSTANCE, "", agent) for agent in agents[task_id]]:
            message = f"task {shown(task_id)} was handed to {shown(delegation['agent'])}, but {shown(holder)} holds it"
            hint = "the delegation and assigned_to of its task name the same agent"
            yield Problem(f"{delegation.pointer}/agent", message, hint, delegation["agent"], (holder,))


def none_delegated(log: Reading) -> Iterator[Problem]:
    """Many tasks, all done by one agent."""
    if len(log.tasks) < _MANY_TASKS or log.delegations or log.part("agents", "agents")["delegated"]:
        return
    holders = {task["assigned_to"] or log.root_agent for task in log.tasks}
    if len(holders) == 1:
        message = f"{len(log.tasks)} tasks and none was delegated"
        yield Problem("/tasks", message, "gate G7 asks for parallel agents from six tasks on", str(len(log.tasks)))


def _names_no_task(log: Reading, entry: Entry, field: str) -> Iterator[Problem]:
    value = entry[field]
    for number, one in enumerate(value if isinstance(value, list) else [value]):
        if one and one not in log.by_id:
            place = f"/{number}" if isinstance(value, list) else ""
            message = f"{field} names no task {shown(one)}"
            yield Problem(f"{entry.pointer}/{field}{place}", message, log.did_you_mean(one, entry), one)


def _links(task: Mapping[str, Any], link: str) -> Sequence[str]:
    value = task.get(link) or ()
    return (value,) if isinstance(value, str) else value


def _cycles(tasks: graph.TaskMap, link: str) -> Iterator[list[str]]:
    """Each circle once, its first task again at its end; found without recursion, in one walk."""
    finished: set[str] = set()
    for root in tasks:
        trail: dict[str, Iterator[str]] = {} if root in finished else {root: iter(_links(tasks[root], link))}
        while trail:
            current = next(reversed(trail))
            following = next(trail[current], None)
            if following is None:
                finished.add(current)
                del trail[current]
            elif following in trail:
                steps = list(trail)
                yield [*steps[steps.index(following) :], following]
            elif following in tasks and following not in finished:
                trail[following] = iter(_links(tasks[following], link))


def _path(task_id: str, tasks: graph.TaskMap, longest: int) -> list[str]:
    """Ids from the root down to the task, but no more than the last ``longest`` of them."""
    path = [task_id]
    parent = graph.parent_of(tasks[task_id], tasks)
    seen = {task_id}
    while parent is not None and parent not in seen and len(path) < longest:
        path.append(parent)
        seen.add(parent)
        parent = graph.parent_of(tasks[parent], tasks)
    return path[::-1]


def _wrong_link(link: Entry, depth: int, agents: Collection[str]) -> Iterator[Problem]:
    """What is wrong with one link of a chain. A task handed over twice may name any of its agents."""
    if link["depth"] not in (None, [], depth):
        message = f"depth is {shown(link['depth'])}, but {depth} tasks up to here were handed over"
        yield Problem(f"{link.pointer}/depth", message, "", shown(link["depth"]), (str(depth),))
    if link["agent"] not in (None, [], *agents):
        known = tuple(sorted(agent for agent in agents if agent))
        message = f"the task was held by {_listed(known)}, not by {shown(link['agent'])}"
        yield Problem(f"{link.pointer}/agent", message, "", link["agent"], known)


def _backwards(entry: Entry, *fields: str) -> Iterator[Problem]:
    known = [(field, value) for field in fields if (value := entry.get(field))]
    for (earlier, before), (later, after) in pairwise(known):
        if after < before:
            message = f"{later} {after} is before {earlier} {before}"
            yield Problem(f"{entry.pointer}/{later}", message, "", after)


def _waits(members: Collection[str], tasks: graph.TaskMap) -> Iterator[tuple[str, str]]:
    """Pairs of members of which the first depends on the second, directly or through others.

    All members search at once, so that a task is looked at once only: some pairs may be left out, never all.
    """
    queue = [(member, member) for member in members]
    seen: set[str] = set()
    for origin, current in queue:
        for following in _links(tasks[current], "dependencies"):
            if following in members and following != origin:
                yield origin, following
            elif following in tasks and following not in members and following not in seen:
                seen.add(following)
                queue.append((origin, following))


def _listed(names: Sequence[str], between: str = ", ") -> str:
    more = f"{between}…" if len(names) > _MOST_NAMED else ""
    return between.join(str(name)[:64] for name in names[:_MOST_NAMED]) + more
