#!/bin/sh
# A standalone Flink cluster with Beam's job server and pools of Python workers.
#
#   cluster.sh start FOLDER            all of it on this machine; FOLDER is install.sh's
#   cluster.sh stop FOLDER
#   cluster.sh jobmanager|taskmanager|jobserver|pool FOLDER      one of them, in the foreground
#   cluster.sh keep ROLE FOLDER        the same, started again whenever it dies, as `start` does
#
# On a real cluster every machine has FOLDER and the project's environment: one runs `jobmanager` and
# `jobserver`, the others `taskmanager` and `pool`, with the same settings:
#
#   JOBMANAGER_HOST  (localhost)  where the job manager is
#   TASKMANAGERS     (2)          task managers that `start` makes
#   SLOTS            (1)          slots of each task manager
#   REST_PORT (8081) RPC_PORT (6123) JOB_PORT (8099) ARTIFACT_PORT (8098) EXPANSION_PORT (8097) POOL_PORT (50000)
#   RUN_FOLDER       (FOLDER/run) logs, process ids, temporary files
#   PYTHON           (the first on PATH) of the project's environment
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
usage() { sed -n '2,21s/^# \{0,1\}//p' "$0" >&2; exit 2; }
if [ $# -eq 3 ] && [ "$1" = keep ]; then
    while :; do
        sh "$0" "$2" "$3" || echo "$2 ended with $?; starting it again" >&2
        sleep 1
    done
fi
[ $# -eq 2 ] || usage
role=$1
home=$(CDPATH='' cd -- "$2" && pwd)
export JOBMANAGER_HOST="${JOBMANAGER_HOST:-localhost}" SLOTS="${SLOTS:-1}"
export REST_PORT="${REST_PORT:-8081}" RPC_PORT="${RPC_PORT:-6123}"
export JOB_PORT="${JOB_PORT:-8099}" ARTIFACT_PORT="${ARTIFACT_PORT:-8098}" EXPANSION_PORT="${EXPANSION_PORT:-8097}"
export POOL_PORT="${POOL_PORT:-50000}" TASKMANAGERS="${TASKMANAGERS:-2}"
export RUN_FOLDER="${RUN_FOLDER:-$home/run}"
python=$(command -v "${PYTHON:-python}")
mkdir -p "$RUN_FOLDER/conf" "$RUN_FOLDER/tmp" "$RUN_FOLDER/blobs"

# Java 17 hides what Flink 1.16 reflects on
opens=""
for package in java.util java.lang java.nio java.net java.util.concurrent java.lang.reflect java.time java.io \
    java.text sun.net.util sun.nio.ch; do
    opens="$opens --add-opens=java.base/$package=ALL-UNNAMED"
done

write_conf() {
    "$python" -c 'import os, string, sys; print(string.Template(sys.stdin.read()).substitute(os.environ), end="")' \
        <"$here/flink-conf.yaml" >"$RUN_FOLDER/conf/flink-conf.yaml.$$"
    mv "$RUN_FOLDER/conf/flink-conf.yaml.$$" "$RUN_FOLDER/conf/flink-conf.yaml"
}

classpath="$home/flink/lib/*"

run_java() { # main class, arguments; $jvm are options
    # shellcheck disable=SC2086 # options are words
    exec java $opens $jvm -cp "$classpath" "$@"
}

case $role in
jobmanager)
    write_conf
    jvm="-Xmx600m"
    run_java org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint \
        --configDir "$RUN_FOLDER/conf"
    ;;
taskmanager)
    write_conf
    # Flink computes its memory settings in a helper; they must be the ones that it then checks
    found=$(java -cp "$home/flink/bin/bash-java-utils.jar:$home/flink/lib/*" \
        org.apache.flink.runtime.util.bash.BashJavaUtils GET_TM_RESOURCE_PARAMS \
        --configDir "$RUN_FOLDER/conf" | sed -n 's/^BASH_JAVA_UTILS_EXEC_RESULT://p')
    jvm=$(printf '%s\n' "$found" | sed -n 1p)
    dynamic=$(printf '%s\n' "$found" | sed -n 2p)
    # shellcheck disable=SC2086
    run_java org.apache.flink.runtime.taskexecutor.TaskManagerRunner --configDir "$RUN_FOLDER/conf" $dynamic
    ;;
jobserver)
    jvm="-Xmx512m"
    classpath="$home/job-server/*"
    run_java org.apache.beam.runners.flink.FlinkJobServerDriver \
        "--flink-master=$JOBMANAGER_HOST:$REST_PORT" --job-host=localhost "--job-port=$JOB_PORT" \
        "--artifact-port=$ARTIFACT_PORT" "--expansion-port=$EXPANSION_PORT" \
        "--artifacts-dir=$RUN_FOLDER/tmp/artifacts"
    ;;
pool)
    exec "$python" -m pipeline.beam.worker_pool "--service_port=$POOL_PORT"
    ;;
start)
    mkdir -p "$RUN_FOLDER/log"
    : >"$RUN_FOLDER/pids"
    roles="jobmanager jobserver pool"
    count=0
    while [ "$count" -lt "$TASKMANAGERS" ]; do
        count=$((count + 1))
        roles="$roles taskmanager"
    done
    number=0
    for each in $roles; do
        number=$((number + 1))
        setsid sh "$0" keep "$each" "$home" >"$RUN_FOLDER/log/$each-$number.log" 2>&1 </dev/null &
        echo "$! $each" >>"$RUN_FOLDER/pids"
    done
    "$python" "$here/wait_for_cluster.py" --rest-port "$REST_PORT" --job-port "$JOB_PORT" \
        --pool-port "$POOL_PORT" --slots $((TASKMANAGERS * SLOTS)) --log "$RUN_FOLDER/log"
    ;;
stop)
    if [ -e "$RUN_FOLDER/pids" ]; then
        while read -r pid each; do
            kill -- "-$pid" 2>/dev/null || true # the whole session: a pool has workers
        done <"$RUN_FOLDER/pids"
        rm -f "$RUN_FOLDER/pids"
    fi
    ;;
*) usage ;;
esac
