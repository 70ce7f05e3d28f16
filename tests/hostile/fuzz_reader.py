"""Coverage-guided fuzzing of the reader, with atheris (`pip install atheris`).

    python tests/hostile/fuzz_reader.py CORPUS -runs=100000     # CORPUS: a folder that keeps what was interesting

``target`` is also what the tests call, with the files of ``regressions/`` and the attack lists.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from akislog.checks.registry import run
from akislog.text.document import parse, render

REGRESSIONS = Path(__file__).parent / "regressions"


def target(data: bytes) -> None:
    """Read, check and render: findings are the only way to complain, and what is rendered once reads back."""
    document = parse(data, "x.md")
    assert document.split.join() == data
    assert document.log is not None or document.findings
    for finding in document.findings:
        assert finding.code.startswith("AKL")
        assert (finding.line or 1) >= 1 <= (finding.column or 1)
    if document.front.value is not None:
        json.dumps(document.front.value)
    if document.log is not None:
        run(document.log.record, "x.md")
        again = parse(render(document.log.record))
        assert again.log is not None or again.findings


def seeds(folder: Path) -> None:
    """Start the corpus with the kept regressions and with small attacks."""
    from akislog.resources import example_logs
    from tests.hostile.attacks import documents

    folder.mkdir(parents=True, exist_ok=True)
    for path in (*REGRESSIONS.glob("*.md"), *example_logs().glob("*.md")):
        (folder / path.name).write_bytes(path.read_bytes()[:4000])
    for number, data in enumerate(documents(300).values()):
        (folder / f"attack-{number}").write_bytes(data)


def main() -> None:
    import atheris

    folder = next((Path(one) for one in sys.argv[1:] if not one.startswith("-")), None)
    if folder is not None:
        seeds(folder)
    # The package is already imported: its functions are instrumented one by one.
    atheris.instrument_all()
    atheris.Setup([*sys.argv, "-max_len=4096", "-timeout=20"], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
