#!/usr/bin/env bash
# One `akislog check` for GitHub: annotations on stdout, a summary of the step, SARIF if asked. Inputs arrive in the
# environment and are never read as code.
set -euo pipefail

refuse() {
  echo "::error title=akislog::$1"
  exit 2
}

# Fills the array `lines` with the lines of a text that hold something.
split() {
  lines=()
  local line
  while IFS= read -r line || [[ -n "$line" ]]; do
    line="${line%$'\r'}"
    if [[ -n "${line//[[:space:]]/}" ]]; then lines+=("$line"); fi
  done <<<"$1"
}

summary="$RUNNER_TEMP/akislog-summary.md"
rm -f "$summary"
command=(akislog check --format github --format "md:$summary" "--fail-on=$CHECK_FAIL_ON")
if [[ -n "$CHECK_BASELINE" ]]; then command+=("--baseline=$CHECK_BASELINE"); fi
if [[ -n "$CHECK_SARIF_FILE" ]]; then
  if [[ "$CHECK_SARIF_FILE" == *$'\n'* ]]; then refuse "the input sarif-file is more than one line"; fi
  command+=(--format "sarif:$CHECK_SARIF_FILE")
fi
split "$CHECK_ARGS"
for option in ${lines[@]+"${lines[@]}"}; do
  if [[ "$option" != -* ]]; then refuse "the input args takes one option a line, such as --changed-since=origin/main"; fi
  command+=("$option")
done
split "$CHECK_PATHS"
command+=(-- ${lines[@]+"${lines[@]}"})

status=0
"${command[@]}" || status=$?
if [[ -f "$summary" ]]; then cat "$summary" >>"$GITHUB_STEP_SUMMARY"; fi
if [[ -n "$CHECK_SARIF_FILE" && -f "$CHECK_SARIF_FILE" ]]; then
  echo "sarif-file=$CHECK_SARIF_FILE" >>"$GITHUB_OUTPUT"
fi
exit "$status"
