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
if [ "$FETCH" = "true" ]; then
    command+=(--fetch-licences)
fi
# A pull request of a fork, or of Dependabot, has no token: what it would change is judged all the same.
outside=
if [ -n "$HEAD" ] && [ "$HEAD" != "$GITHUB_REPOSITORY" ] || [ "$GITHUB_ACTOR" = "dependabot[bot]" ]; then
    outside=yes
fi
if [ -n "$API" ] && [ -n "$outside" ] && [ -z "${ACTIONS_ID_TOKEN_REQUEST_URL:-}${WRIT_TOKEN:-}" ]; then
    echo "::warning title=Policy gates::A change from outside has no token, so the control plane is not asked and records nothing."
elif [ -n "$API" ]; then
    export WRIT_API=$API
    command+=(--api)
fi
exec "${command[@]}"
