#!/usr/bin/env bash
# Asks the gates as the inputs of action.yml say.
set -euo pipefail
root=$(cd "$ACTION/../../.." && pwd)
command=("$root/writ" gate run --repo "$CHECKOUT" --format "$FORMAT")
if [ -n "$BASE" ]; then
    command+=(--base "$BASE")
fi
read -r -a gates <<< "$ONLY"
for gate in "${gates[@]}"; do
    command+=(--only "$gate")
done
if [ -n "$API" ]; then
    export WRIT_API=$API
    command+=(--api)
fi
exec "${command[@]}"
