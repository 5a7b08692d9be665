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
if [ -n "$API" ] && [ -n "${ACTIONS_ID_TOKEN_REQUEST_URL:-}" ]; then
    export WRIT_API=$API
    command+=(--api)
elif [ -n "$API" ]; then
    # A pull request of a fork has no such right; what it would change is judged all the same.
    echo "::warning title=Policy gates::This run has no token of its own (id-token: write), so the control plane is not asked and records nothing."
fi
exec "${command[@]}"
