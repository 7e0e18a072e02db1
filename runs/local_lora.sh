#!/usr/bin/env bash
# The milestone: a LoRA of the embedded model, trained on this machine, and what it is worth.
#
#   runs/local_lora.sh            # up to an hour of training on two cores, and the evaluation
#   runs/local_lora_long.sh       # the same for who has the hours
#   runs/local_full.sh            # no adapter: the weights of the last layers, in the same hour
#
# What is not there is made first: the extras, and the dataset with its training tasks (`make dataset`, more than an
# hour). Stages meet in files, and each goes on where it was stopped: run the script again after a kill. Other settings
# (TOKENS, TIMES, HOUR, ROWS, SEEDS, PREPARE, TRAIN) are another run: give it another OUT, and a REPORT of its own, lest it replace the
# committed one.
set -euo pipefail
cd "$(dirname "$0")/.."
lift() { .venv/bin/lift-sys "$@"; }
# An answer that could not be measured is in the report, and in exit code 1: no reason to leave the rest undone.
unmeasured=0
evaluate() {
    local code=0
    lift evaluate "$@" || code=$?
    [ $code != 1 ] || { unmeasured=1 && return 0; }
    return $code
}

[ -e .venv/.ready-all ] || make setup EXTRAS=local,tracking
[ -f build/synthetic_v1/examples.jsonl ] && [ -f build/training_tasks/5.jsonl ] && [ -f training_data/test.jsonl ] || make dataset

# Tasks of more seeds than `make dataset` has: no row is to be met twice.
tasks=()
for seed in ${SEEDS:-2 3 4 5 6}; do
    [ -f "build/training_tasks/$seed.jsonl" ] || make "build/training_tasks/$seed.jsonl"
    tasks+=(--suite-tasks "build/training_tasks/$seed.jsonl")
done

# Some fifty minutes of two cores, more where they are slower: with products in bfloat16 (AVX512-BF16, AMX), or without.
if grep -qE 'avx512_bf16|amx_bf16' /proc/cpuinfo; then hour="${HOUR:-2000000}"; else hour=600000; fi
TOKENS="${TOKENS:-$((${TIMES:-1} * hour))}"
OUT="${OUT:-build/local_lora}"
REPORT="${REPORT:-training_data/evaluation_report.md}"

# Rows: mostly code from prompts, which is what is measured; few tokens each (one example a prompt), so that there are
# many.
PREPARE="${PREPARE:---templates 0.85 --mix prompt_to_code=0.9,prompt_to_ir=0.04,ir_to_code=0.04,repair=0.02 --examples 1}"
# shellcheck disable=SC2086  # options, a word each
lift prepare build/synthetic_v1 --out "$OUT/rows" "${tasks[@]}" --train "${ROWS:-5900}" --val 500 --test 500 --fewer \
    --prompt-characters 1600 --completion-characters 900 $PREPARE

# Training: time and memory told first; curves in build/local_lora/run/dashboard.html while it goes.
# shellcheck disable=SC2206  # options, a word each
settings=(--epochs 20 --tokens "$TOKENS" --context 768 --validation-rows 200 ${TRAIN:---batch-tokens 700 --learning-rate 2e-3})
[ -e "$OUT/run/run.json" ] || lift train "$OUT/rows" "${settings[@]}" --estimate
lift train "$OUT/rows" --out "$OUT/run" "${settings[@]}"

# Worth: greedy answers of both, then the tuned model with a search among candidates, on a part of the questions (LIMIT=0: all,
# for hours).
# On the test split of `make dataset`, whatever rows were trained on: the projects are the same ones.
evaluate --model "$OUT/run" --against local --out "$OUT/evaluation" --report "$REPORT"
evaluate --model "$OUT/run" --search "${SEARCH:-8}" --limit "${LIMIT:-50}" --no-human-eval --out "$OUT/search" \
    --report "${REPORT%.md}_search.md"
exit $unmeasured
