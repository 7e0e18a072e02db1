#!/bin/sh
# What a training run on Modal needs, once for an account: two volumes, a secret, and the base model.
# It can be run again: what is there stays.
#
#   HF_TOKEN=... scripts/modal_volumes.sh [MODEL]
set -eu
cd "$(dirname "$0")/.."
MODAL="${MODAL:-modal}"
MODEL="${1:-Qwen/Qwen3-30B-A3B}"

has() { "$MODAL" "$1" list --json | grep -q "\"$2\""; }

for volume in lift-sys-training lift-sys-models; do
    has volume "$volume" || "$MODAL" volume create "$volume"
done
# Qwen's weights ask for no token; the secret must be there all the same.
has secret huggingface || "$MODAL" secret create huggingface HF_TOKEN="${HF_TOKEN:-}"
"$MODAL" run -m lift_sys.training.modal_lora_training::fetch --model "$MODEL"
