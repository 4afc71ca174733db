#!/bin/sh
# What deploy/Dockerfile does inside the image: image.sh FOLDER [EXTRAS]
# FOLDER holds the wheel and constraints.txt. Works in any environment, so it can be tried without Docker:
#
#   python -m venv /tmp/clean && PYTHON=/tmp/clean/bin/python sh deploy/image.sh FOLDER
#
#   PYTHON           (python3)
#   RHIZOTRON_CACHE  where the compiled kernels go; workers must have the same
set -eu
folder=${1:?usage: image.sh FOLDER [EXTRAS]}
extras=${2-gcs}
python=${PYTHON:-python3}
set -- "$folder"/rhizotron-*.whl
if [ $# -ne 1 ] || [ ! -e "$1" ]; then
    echo "image.sh: needs one wheel in $folder: python -m build --wheel" >&2
    exit 1
fi
"$python" -m pip install --no-cache-dir --disable-pip-version-check --quiet \
    --constraint "$folder/constraints.txt" "$1${extras:+[$extras]}"
"$python" -m pip check --disable-pip-version-check
"$python" -m pipeline.beam.warm
# workers may run as another user, who must be able to add to the cache
if [ -n "${RHIZOTRON_CACHE:-}" ]; then
    chmod -R a+rwX "$RHIZOTRON_CACHE"
fi
