#!/usr/bin/env bash
# The whole system in one page: repositories in, an evaluated model out. Every stage reads files and writes files, so
# this list is the architecture. Stopped anywhere, the same command goes on.
#
#   runs/end_to_end.sh                        # small: 12 projects, minutes of training
#   SIZE=full runs/end_to_end.sh              # the published dataset and the committed recipe: a few hours
set -euo pipefail
cd "$(dirname "$0")/.."
lift() { .venv/bin/lift-sys "$@"; }

if [ "${SIZE:-small}" = full ]; then
    make dataset            # sources -> rows -> manifest -> training tasks -> splits
    exec runs/local_lora.sh # rows -> adapter -> report
fi

[ -e .venv/.ready-all ] || make setup EXTRAS=local
OUT="${OUT:-build/end_to_end}"
mkdir -p "$OUT"

# 1. Repositories -> functions -> IR -> prompt -> tests -> verdict -> dataset.
lift generate --lock demo/demo.lock.json --cache build/cache --out "$OUT/dataset" --suite tests/synthetic/suite_v1.jsonl
# 2. Each row judged again, in other environments, by another process tree.
lift verify "$OUT/dataset" --sample 100
# 3. Tasks to train on, from templates: never the suite's, never of a held-out template.
[ -f "$OUT/tasks.jsonl" ] || lift tests generate --training --seed 2 --count 140 --out "$OUT/tasks.jsonl"
# 4. Instruction rows, split by project and cluster.
lift prepare "$OUT/dataset" --suite-tasks "$OUT/tasks.jsonl" --train 1000 --val 60 --test 60 --fewer --out "$OUT/rows"
# 5. An adapter.
lift train "$OUT/rows" --out "$OUT/run" --tokens "${TOKENS:-40000}"
# 6. What it is worth: the suite and unseen projects, against the base.
lift evaluate --model "$OUT/run" --against local --limit "${LIMIT:-30}" --dataset "$OUT/dataset" \
    --rows "$OUT/rows/test.jsonl" --out "$OUT/evaluation" --report "$OUT/evaluation_report.md" || measured=$?
[ "${measured:-0}" -le 1 ] || exit "$measured" # 1: some answers could not be measured, which the report tells
# 7. One prompt to code, with evidence. Exit code 1 says that something shown does not hold: this is a short training.
lift synthesize-code --model "$OUT/run" 'Write `halves(values: list[int]) -> list[int]`: each member divided by two,
rounded down. Examples: halves([1, 4, -3]) == [0, 2, -2]; halves([]) == []' || [ $? = 1 ]
