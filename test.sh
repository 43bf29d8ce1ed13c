#!/usr/bin/env bash
# Builds everything and runs every test that can run on this machine. Ends with "N passed, N failed, N skipped".
#
#   ./test.sh                 all of it, under 15 minutes
#   ./test.sh Unit Model      only these projects under tests/
#   CRASH_ROUNDS=200 MODEL_RUNS=20000 ./test.sh Crash Model     the long forms
#   SIMULATION_SEED=784 ./test.sh Simulation     a scenario that failed, once more
set -uo pipefail
cd "$(dirname "$0")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_USE_MSBUILD_SERVER=0

left_out=()

# The real clients and the real ZooKeeper that the interop tests need, a PostgreSQL, and kubectl, which renders what is under deploy/.
# Tests start a cluster of their own; the one that Debian's package makes is not wanted.
packages=(postgresql python3-kazoo libzookeeper-java zookeeper zookeeper-bin default-jdk-headless nodejs npm kubernetes-client)
declare -A proof=(
    [python3-kazoo]=/usr/lib/python3/dist-packages/kazoo/__init__.py
    [libzookeeper-java]=/usr/share/java/zookeeper.jar
    [zookeeper]=/usr/share/zookeeper/bin/zkServer.sh
    [zookeeper-bin]=/usr/lib/zookeeper/bin/cli_mt
)
declare -A tool=([default-jdk-headless]=javac [nodejs]=node [npm]=npm [kubernetes-client]=kubectl)
missing=()
for package in "${packages[@]}"; do
    if [[ $package == postgresql ]]; then
        compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || missing+=(postgresql)
    elif [[ -n ${tool[$package]:-} ]]; then
        command -v "${tool[$package]}" >/dev/null || missing+=("$package")
    elif [[ ! -e ${proof[$package]} ]]; then
        missing+=("$package")
    fi
done
if ((${#missing[@]})); then
    if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
        echo "Installing what the tests need: ${missing[*]}"
        if [[ " ${missing[*]} " == *" postgresql "* && ! -e /etc/postgresql-common/createcluster.conf ]]; then
            mkdir -p /etc/postgresql-common && echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
        fi
        install() {
            apt-get update || return
            local package known=()
            for package in "${missing[@]}"; do
                # One that this system's archive does not have must not keep the others out.
                apt-cache show "$package" >/dev/null && known+=("$package")
            done
            DEBIAN_FRONTEND=noninteractive apt-get install -y -o Dpkg::Options::=--force-confold --no-install-recommends "${known[@]}" \
                && ((${#known[@]} == ${#missing[@]}))
        }
        install >/tmp/orleanszk-apt.$$ 2>&1 \
            || { tail -5 /tmp/orleanszk-apt.$$; left_out+=("cases of clients that could not be installed (${missing[*]})"); }
        rm -f /tmp/orleanszk-apt.$$
    else
        left_out+=("cases of clients that are not installed (Debian: ${missing[*]})")
    fi
fi

if ! command -v dotnet >/dev/null; then
    echo "The .NET SDK 10 is needed: there is no 'dotnet' on the path." >&2
    exit 1
fi

# The Orleans projects need packages that not every machine can restore.
solution=OrleansZk.sln
if ! restore=$(dotnet restore OrleansZk.sln --nologo -v quiet 2>&1); then
    solution=OrleansZk.Standalone.slnf
    left_out+=("the silo's tests, since $(grep -oE 'NU[0-9]+: .*' <<<"$restore" | head -1 || echo 'the solution does not restore')")
fi

dotnet build "$solution" -c Release --nologo -v quiet || exit 1

# The very programs that users start.
./start.sh --build-only || exit 1
export ORLEANSZK_SERVER=$PWD/artifacts/server/orleanszk-server
if [[ $solution == OrleansZk.sln ]]; then
    ./start.sh --silo --build-only || exit 1
    export ORLEANSZK_SILO=$PWD/artifacts/silo/orleanszk-silo
fi

projects=("$@")
if ((!${#projects[@]})); then
    for folder in tests/*/; do
        name=$(basename "$folder")
        [[ $name == OrleansZk.Silo.Tests && $solution != OrleansZk.sln ]] && continue
        [[ -e $folder/$name.csproj ]] && grep -q '<OutputType>Exe' "$folder/$name.csproj" && projects+=("${name#OrleansZk.}")
    done
fi

passed=0 failed=0 skipped=0
run() {
    local title=$1 name=OrleansZk.$2 log
    shift 2
    echo "== $title"
    log=$(mktemp)
    dotnet "tests/$name/bin/Release/net10.0/$name.dll" --no-progress --no-ansi "$@" >"$log" 2>&1
    status=$?
    total() { sed -nE "s/^ *$1: ([0-9]+).*/\1/p" "$log" | tail -1; }
    p=$(total succeeded) f=$(total failed) s=$(total skipped)
    if [[ -z $p ]]; then
        # It ended before it could count: that is a failure, whatever the reason.
        p=0 f=1 s=0
    elif ((status != 0 && f == 0)); then
        f=1
    fi
    if ((f > 0)); then
        cat "$log"
    else
        grep -iE '^ *(seed|skipped) ' "$log"
        echo "   $p passed, $s skipped"
    fi
    rm -f "$log"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

for project in "${projects[@]}"; do
    run "OrleansZk.$project" "$project"
done

# What holds for servers holds for silos: the same clients, kills and checks, on their ports.
if [[ -n ${ORLEANSZK_SILO:-} ]] && (($# == 0)); then
    export ORLEANSZK_SERVER=$ORLEANSZK_SILO
    run "OrleansZk.Interop, on silos" Interop
    run "OrleansZk.Ensemble, of silos" Ensemble --filter-class '*ChaosTests' '*FailoverTests' '*LeaderKillTableTests' '*FormationTests' '*KazooTests'
fi

if ((${#left_out[@]})); then
    (IFS=';'; echo "Left out: ${left_out[*]}")
fi
echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0))
