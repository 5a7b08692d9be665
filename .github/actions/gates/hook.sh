#!/usr/bin/env bash
# Asks the gates about the checkout that a pre-commit hook runs in, with the Writ that the hook came with.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
make --directory "$root" --no-print-directory setup >&2
exec "$root/writ" gate run --repo "$PWD" "$@"
