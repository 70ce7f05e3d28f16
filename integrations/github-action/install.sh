#!/usr/bin/env bash
# Installs akislog into an environment of its own, so that nothing of the checked project changes: the version in
# AKISLOG_VERSION, or the one that this action came with.
set -euo pipefail

if [[ -n "${AKISLOG_VERSION:-}" ]]; then
  if [[ ! "$AKISLOG_VERSION" =~ ^[0-9][0-9A-Za-z.+!_-]*$ ]]; then
    echo "::error title=akislog::the input version is no version of a package"
    exit 2
  fi
  package="akislog==$AKISLOG_VERSION"
else
  package="$GITHUB_ACTION_PATH"
fi

environment="$RUNNER_TEMP/akislog"
python3 -m venv "$environment"
"$environment/bin/python" -m pip install --quiet --disable-pip-version-check "$package"
mkdir -p "$environment/commands"
ln -sf "$environment/bin/akislog" "$environment/commands/akislog" # the commands of its dependencies stay out of PATH
echo "$environment/commands" >>"$GITHUB_PATH"
