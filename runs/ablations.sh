#!/usr/bin/env bash
# What a search is worth, and each element of it: the search against the model's first answer, and against itself without
# the element, paired; a report each, and one table of all.
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
compare() {
    local name="$1" code=0
    shift
    .venv/bin/lift-sys evaluate --model "$MODEL" --search "$SEARCH" --against "$MODEL" "$@" \
        --no-human-eval --limit "${LIMIT:-50}" --out "$OUT" --report "$OUT/$name.md" || code=$?
    [ "$code" -le 1 ] || exit "$code" # 1: some answers could not be measured, which the report tells
    cp "$OUT/results.json" "$OUT/$name.json"
    results+=("$OUT/$name.json")
}
results=()
compare no_search
for element in ${ELEMENTS:-specification grammar direct examples types predicates agreement repair}; do
    compare "without_$element" --against-search "$SEARCH" --against-search-without "$element"
done
.venv/bin/python scripts/ablation_table.py "${results[@]}" | tee "$OUT/ablations.md"
