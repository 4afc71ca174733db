#!/bin/sh
# Runs the main job on the bundled corpus; arguments go to `rhizotron demo`.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
. "$root/deploy/environment.sh"
say "running the demo: real text in 46 languages, about a minute"
exec "$root/.venv/bin/rhizotron" demo "$@"
