#!/bin/sh
# Puts Flink 1.16 and Beam's job server for it into a folder: install.sh FOLDER [job-server|flink]
# Needs Java 11 or 17, Maven (job-server), Python with venv and pip (flink). Does nothing where all is there already.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
home=${1:?usage: install.sh FOLDER [job-server|flink]}
part=${2:-all}
python=${PYTHON:-python3}
flink_version=1.16.3
mkdir -p "$home"

if [ "$part" != flink ] && [ ! -e "$home/job-server/.complete" ]; then
    echo "fetching the job server with Maven" >&2
    rm -rf "$home/job-server"
    mvn --batch-mode --quiet --file "$here/pom.xml" dependency:copy-dependencies \
        -DoutputDirectory="$home/job-server" -DincludeScope=runtime
    touch "$home/job-server/.complete"
fi

if [ "$part" != job-server ] && [ ! -e "$home/flink/.complete" ]; then
    echo "fetching Flink $flink_version with pip" >&2
    rm -rf "$home/flink" "$home/download"
    mkdir -p "$home/flink" "$home/download"
    "$python" -m venv "$home/download/environment" # one that uv made has no pip
    "$home/download/environment/bin/python" -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: \
        --dest "$home/download" "apache-flink-libraries==$flink_version"
    tar -xzf "$home/download"/apache-flink-libraries-*.tar.gz -C "$home/download"
    mv "$home/download"/apache-flink-libraries-*/deps/* "$home/flink/"
    rm -rf "$home/download"
    touch "$home/flink/.complete"
fi
