#!/usr/bin/env bash
# Make sure that bubblewrap is there: through apt where that is permitted, else say what to do.
set -euo pipefail
command -v bwrap >/dev/null 2>&1 && exit 0
as_root=""
if [ "$(id -u)" -ne 0 ]; then
  if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then as_root="sudo -n"; else as_root="no"; fi
fi
if [ "$as_root" != "no" ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing bubblewrap"
  $as_root apt-get update -qq >/dev/null 2>&1 || true
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq bubblewrap >/dev/null && exit 0
fi
echo "bubblewrap (the program bwrap) is missing and can't be installed from here." >&2
echo "Ask an administrator for: apt-get install bubblewrap   (dnf install bubblewrap, apk add bubblewrap)" >&2
exit 3
