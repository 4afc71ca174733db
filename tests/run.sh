#!/bin/sh
# Runs the tests; arguments go to pytest.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/deploy/environment.sh"
say "running the tests"
cd "$root"
exec "$python" -m pytest -n 2 --dist loadfile "$@"
