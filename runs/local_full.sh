#!/usr/bin/env bash
# The recipe of runs/local_lora.sh for the weights of the last layers in place of an adapter: in the same hour more is learnt
# (docs/experiment_log.md). The result is a model of its own, not an adapter to be swapped.
#
# Rows as short as they go: no examples in prompts, no docstrings in answers.
set -euo pipefail
cd "$(dirname "$0")/.."
export PREPARE="${PREPARE:---templates 0.88 --mix prompt_to_code=0.94,prompt_to_ir=0.03,ir_to_code=0.02,repair=0.01 --examples 0 --no-docstrings}"
export TRAIN="${TRAIN:---full --layers 20 --batch-tokens 1024 --learning-rate 3e-4}"
export HOUR="${HOUR:-2400000}" ROWS="${ROWS:-4600}" OUT="${OUT:-build/local_full}" REPORT="${REPORT:-training_data/full_evaluation_report.md}"
exec runs/local_lora.sh
