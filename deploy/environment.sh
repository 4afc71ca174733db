#!/bin/sh
# Makes the project's environment in .venv when it is missing or older than the lock file.
# Needs git, a shell and Python >= 3.11 with venv and pip; uses uv when it is there.
# Sourced by examples/demo/run.sh and tests/run.sh, which set $root; leaves $python behind.

# A run starts processes: without bytecode on disk each compiles some 2,400 modules again, for 5 s of CPU.
unset PYTHONDONTWRITEBYTECODE
python="${root:?}/.venv/bin/python"
stamp="$root/.venv/.rhizotron-lock"
say() { printf '%s\n' "rhizotron: $*" >&2; }

if [ -x "$python" ] && cmp -s "$stamp" "$root/uv.lock"; then
    say "using the environment in .venv"
elif command -v uv >/dev/null 2>&1; then
    say "making the environment in .venv with uv (about a minute the first time)"
    (cd "$root" && uv sync --quiet --frozen --extra dev)
    cp "$root/uv.lock" "$stamp"
else
    base=""
    for candidate in python3 python3.13 python3.12 python3.11 python; do
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null; then
            base="$candidate"
            break
        fi
    done
    if [ -z "$base" ]; then
        say "needs Python 3.11 or newer with venv and pip; found none on PATH"
        exit 1
    fi
    say "making the environment in .venv with $base and pip (a few minutes the first time)"
    "$base" -m venv "$root/.venv"
    "$python" -m pip install --quiet --disable-pip-version-check \
        --constraint "$root/deploy/constraints.txt" --editable "${root}[dev]"
    cp "$root/uv.lock" "$stamp"
fi
