#!/usr/bin/env bash
# What each element of the search is worth: the search against itself without that element, paired, one report each.
#
#   runs/ablations.sh [MODEL]         # by default the run of runs/local_lora.sh
#   LIMIT=0 SEARCH=16 runs/ablations.sh
#
# What the model answers is kept in one folder: the whole search is asked for once, one without an element only for what is
# new, and a stopped script goes on.
set -euo pipefail
cd "$(dirname "$0")/.."
[ -e .venv/.ready-all ] || make setup EXTRAS=local
MODEL="${1:-build/local_lora/run}" # a folder is looked for from the root of the repository
OUT="${OUT:-build/ablations}"
SEARCH="${SEARCH:-8}"
for element in ${ELEMENTS:-specification grammar direct examples types predicates agreement repair}; do
    code=0
    .venv/bin/lift-sys evaluate --model "$MODEL" --search "$SEARCH" \
        --against "$MODEL" --against-search "$SEARCH" --against-search-without "$element" \
        --no-human-eval --limit "${LIMIT:-50}" --out "$OUT" --report "$OUT/without_$element.md" || code=$?
    [ "$code" -le 1 ] || exit "$code" # 1: some answers could not be measured, which the report tells
done
