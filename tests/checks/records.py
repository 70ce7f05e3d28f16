"""Small records for the tests of the checks: whole and in order, with parts put in their place."""

from __future__ import annotations

from typing import Any

SESSION_ID = "2026-03-04_101500_parser-limits_5be1c0de"


def record(**sections: Any) -> dict[str, Any]:
    """A record that breaks no rule, with these sections instead of its own; ``session`` is merged."""
    session = {
        "id": SESSION_ID,
        "date": "2026-03-04",
        "complexity": "simple",
        "domain": "backend_only",
        "title": "Limit what the parser takes",
        "outcome": "completed",
        "agent": "lead",
        "started_at": "2026-03-04T10:15:00Z",
        "ended_at": "2026-03-04T11:00:00Z",
    }
    whole = {
        "session": {**session, **sections.pop("session", {})},
        "skills": {"loaded": ["parsing"], "suggested": []},
        "files": {"modified": [{"path": "src/parse.py", "type": "py", "domain": "src"}], "types": {"py": 1}},
        "root_causes": [],
        "gotchas": [{"pattern": "deep nesting", "warning": "the stack ends", "solution": "count the depth"}],
        "gates": {"passed": ["G1"], "violations": []},
        "agents": {"delegated": []},
        "tasks": [task("t1")],
        "provenance": {"format": 1, "writer": "akislog 0.1.0", "source": "live", "inferred": [], "dropped": {}},
    }
    return {**whole, **sections}


def task(task_id: str, **fields: Any) -> dict[str, Any]:
    """A done task with these fields besides."""
    return {"id": task_id, "description": f"Task {task_id}", "status": "done", **fields}


def delegation(delegation_id: str, task_id: str, **fields: Any) -> dict[str, Any]:
    """A delegation that succeeded, with these fields besides."""
    return {"id": delegation_id, "task_id": task_id, "agent": "code", "status": "success", **fields}
