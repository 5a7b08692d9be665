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
    mkdir -p "$root/.writ"
    jq -n --arg api "$API" \
        '{env: "ci", api_url: $api, region: "none", bus_name: "none", log_origin: "none"}' > "$root/.writ/run.json"
    command+=(--api)
fi
exec "${command[@]}"
