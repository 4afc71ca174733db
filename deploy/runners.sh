#!/bin/sh
# Puts what the tests of other runners need into a folder outside the project: runners.sh FOLDER
# Prism is built by Go, Flink comes by Maven and pip; what cannot be had is said and left out.
set -u
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
home=${1:?usage: runners.sh FOLDER}
beam_version=2.77.0
mkdir -p "$home"

if [ ! -x "$home/prism" ]; then
    if command -v go >/dev/null; then
        echo "building Prism" >&2
        GOBIN="$home" go install "github.com/apache/beam/sdks/v2/go/cmd/prism@v$beam_version" >&2 ||
            echo "Prism could not be built: its tests will be skipped" >&2
    else
        echo "no Go: the tests of Prism will be skipped" >&2
    fi
fi

if command -v java >/dev/null && command -v mvn >/dev/null; then
    sh "$here/flink/install.sh" "$home" || echo "Flink could not be had: its tests will be skipped" >&2
else
    echo "no Java or no Maven: the tests of Flink will be skipped" >&2
fi
