#!/usr/bin/env bash
# The recipe of runs/local_lora.sh with five times the tokens and more rows: about four hours on two cores. With products in
# bfloat16 each row is met some four times, without them about once.
set -euo pipefail
cd "$(dirname "$0")/.."
TIMES="${TIMES:-5}" ROWS="${ROWS:-8000}" OUT="${OUT:-build/local_lora_long}" \
    REPORT="${REPORT:-build/local_lora_long/evaluation_report.md}" exec runs/local_lora.sh
