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
# It goes through a file of our own: words of a command line are seen by every user of a machine.
if ! has secret huggingface; then
    umask 077
    secret="$(mktemp)"
    trap 'rm -f "$secret"' EXIT
    printf 'HF_TOKEN="%s"\n' "${HF_TOKEN:-}" > "$secret"
    "$MODAL" secret create huggingface --from-dotenv "$secret"
fi
"$MODAL" run -m lift_sys.training.modal_lora_training::fetch --model "$MODEL"
