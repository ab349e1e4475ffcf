#!/usr/bin/env bash
# Keeps three nodes of a Galera cluster for the tests: reads commands from its standard input, and ends everything when that
# closes, also because the tests were killed. Its arguments are four ports for each node: SQL, group, IST, SST. It prints
# its directory first.
#
# start N [OPTION...]   starts a node that has ended, where it crashed from the position that its tables were left at
# signal N NAME         sends a signal to a node
set -eu
ports=("$@")
dir=$(mktemp -d /tmp/vicishim_galera_XXXXXX)

# Root's rsync gives the files of a state transfer to "nobody": a node runs as Debian's own account then.
as=(setpriv --pdeathsig KILL)
account=$(id -un)
if [ "$(id -u)" -eq 0 ]; then
    account=mysql
    as=(setpriv --reuid=mysql --regid=mysql --clear-groups --pdeathsig KILL)
fi

declare -A servers=()
finish() {
    local server
    for server in "${servers[@]}"; do
        while kill -9 "$server" 2>/dev/null; do sleep 0.02; done
    done
    rm -rf "$dir"
}
trap finish EXIT

library() {
    local file
    for file in /usr/lib/galera/libgalera_smm.so /usr/lib64/galera-4/libgalera_smm.so /usr/lib64/galera/libgalera_smm.so; do
        if [ -e "$file" ]; then
            echo "$file"
            return
        fi
    done
    echo "there is no libgalera_smm.so: install galera-4" >&2
    return 1
}
provider=$(library)

# Sets `options` to those of a node.
options_of() {
    local first=$((4 * $1)) peers="" node
    for node in 0 1 2; do
        peers+=",127.0.0.1:${ports[4 * node + 1]}"
    done
    local group=(
        "base_port=${ports[first + 1]}" "gmcast.listen_addr=tcp://127.0.0.1:${ports[first + 1]}"
        "ist.recv_addr=127.0.0.1:${ports[first + 2]}" "gcache.size=64M" "gcache.page_size=16M" "pc.recovery=false"
        # A node is expelled after 3 seconds of silence: less than the default, and more than a busy machine makes it wait.
        "evs.keepalive_period=PT0.5S" "evs.inactive_check_period=PT0.5S" "evs.suspect_timeout=PT3S"
        "evs.inactive_timeout=PT6S" "evs.install_timeout=PT6S"
    )
    options=(
        --no-defaults --datadir="$dir/$1/data" --tmpdir="$dir/$1/tmp" --socket="$dir/$1/socket" --pid-file="$dir/$1/pid"
        --bind-address=127.0.0.1 --port="${ports[first]}" --max-connections=200
        --skip-log-bin --binlog-format=ROW --innodb-autoinc-lock-mode=2
        --innodb-buffer-pool-size=64M --innodb-log-file-size=32M --innodb-temp-data-file-path=ibtmp1:4M:autoextend
        --innodb-flush-log-at-trx-commit=0 --character-set-server=utf8mb3 --collation-server=utf8mb3_unicode_ci
        --sql-mode=NO_ENGINE_SUBSTITUTION
        --wsrep-on=ON --wsrep-provider="$provider" --wsrep-cluster-name=vicishim_test --wsrep-node-name="node$1"
        --wsrep-cluster-address="gcomm://${peers#,}" --wsrep-node-address=127.0.0.1
        --wsrep-sst-method=rsync --wsrep-sst-receive-address="127.0.0.1:${ports[first + 3]}"
        --wsrep-provider-options="$(IFS=';'; echo "${group[*]}")"
    )
}

# Waits until a node's server has ended, and kills it where it does not, as a service manager would: one that hangs on its way
# out holds its tables.
end() {
    local server=${servers[$1]:-} wait
    if [ -z "$server" ]; then return; fi
    for wait in {1..400}; do
        if ! kill -0 "$server" 2>/dev/null; then return; fi
        sleep 0.05
    done
    echo "the server did not end: it is killed" >>"$dir/$1/server.log"
    while kill -9 "$server" 2>/dev/null; do sleep 0.02; done
}

start() {
    local node=$1 position=() recovered
    shift
    end "$node"
    options_of "$node"
    if grep -qs 'seqno: *-1' "$dir/$node/data/grastate.dat"; then
        timeout --kill-after=1 30 "${as[@]}" mariadbd "${options[@]}" --skip-networking --wsrep-recover \
            >"$dir/$node/recovery.log" 2>&1 || tail -n 5 "$dir/$node/recovery.log" >>"$dir/$node/server.log"
        recovered=$(sed -n 's/.*Recovered position: *//p' "$dir/$node/recovery.log")
        position=(${recovered:+--wsrep-start-position="$recovered"})
    fi
    "${as[@]}" mariadbd "${options[@]}" "${position[@]}" "$@" >>"$dir/$node/server.log" 2>&1 &
    servers[$node]=$!
    # Nothing is said when it ends.
    disown
}

mkdir "$dir"/{0,1,2} "$dir"/{0,1,2}/{data,tmp}
# A server that starts sweeps the temporary tables of others from a shared directory.
TMPDIR="$dir/0/tmp" mariadb-install-db --no-defaults --datadir="$dir/0/data" --auth-root-authentication-method=normal --skip-test-db \
    --innodb-log-file-size=32M --user="$(id -un)" >"$dir/install.log" 2>&1 || { cat "$dir/install.log" >&2; exit 1; }
if [ "$account" != "$(id -un)" ]; then chown -R "$account" "$dir"; fi
echo "$dir"

while read -r command node rest; do
    read -ra words <<<"$rest"
    case $command in
        start) start "$node" "${words[@]}" ;;
        signal) kill "-${words[0]}" "${servers[$node]}" ;;
    esac
done
