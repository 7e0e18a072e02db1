#!/usr/bin/env bash
# Make sure that bubblewrap is there: through apt where that is permitted, else say what to do. With the argument `browser`,
# Chromium as well: a few tests look at pages in it and are skipped without, so that never fails.
set -euo pipefail

installed() { # PACKAGE: through apt, where that is permitted
  local as_root=()
  command -v apt-get >/dev/null 2>&1 || return 1
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null || return 1
    as_root=(sudo -n)
  fi
  echo "installing $1"
  "${as_root[@]}" apt-get update -qq >/dev/null 2>&1 || true
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1" >/dev/null
}

runs_chromium() { # some systems have a script of that name that only says how to install it
  local name
  for name in chromium chromium-browser google-chrome; do
    "$name" --version >/dev/null 2>&1 && return 0
  done
  return 1
}

if ! command -v bwrap >/dev/null 2>&1 && ! installed bubblewrap; then
  echo "bubblewrap (the program bwrap) is missing and can't be installed from here." >&2
  echo "Ask an administrator for: apt-get install bubblewrap   (dnf install bubblewrap, apk add bubblewrap)" >&2
  exit 3
fi

if [ "${1:-}" = browser ] && ! runs_chromium && ! { installed chromium 2>/dev/null && runs_chromium; }; then
  echo "no Chromium, and it can't be installed from here: the tests in a browser are skipped" >&2
fi
