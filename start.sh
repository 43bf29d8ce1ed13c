#!/bin/sh
# Builds the server when its sources are newer than the last build, and becomes it.
#
#   ./start.sh --port 2181 --data ./data     options: ./start.sh --help
#   ./start.sh --silo                        an Orleans silo that serves the same ports
#   ./start.sh --build-only                  builds, and does not start
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
kind=server
project=OrleansZk.Server
if [ "${1:-}" = --silo ]; then
    shift
    kind=silo
    project=OrleansZk.Silo
fi

out=$root/artifacts/$kind
program=$out/orleanszk-$kind
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

say() { echo "start.sh: $*" >&2; }

find_dotnet() {
    for candidate in "$(command -v dotnet || true)" "${DOTNET_ROOT:-}/dotnet" "${HOME:-}/.dotnet/dotnet" /usr/share/dotnet/dotnet /usr/lib/dotnet/dotnet; do
        if [ -x "$candidate" ]; then
            echo "$candidate"
            return
        fi
    done
}

# All files that the build reads. Their number and names tell of files that are gone, their times of files that are new.
sources() {
    find "$root/src" "$root/Directory.Build.props" "$root/Directory.Packages.props" "$root/global.json" \
        \( -name bin -o -name obj \) -prune -o -type f "$@" -print
}

is_current() {
    [ -x "$program" ] && [ -f "$out/.sources" ] \
        && [ -z "$(sources -newer "$out/.sources" | head -n 1)" ] \
        && [ "$(cat "$out/.sources")" = "$(sources | LC_ALL=C sort | cksum)" ]
}

# The compiler's folders are apart from those of `dotnet build`, which would otherwise restore again after each start. Analyzers are
# for those who change the code, and must not keep a newer SDK from building it.
publish() {
    "$dotnet" publish "$root/src/$project/$project.csproj" --configuration Release --use-current-runtime --self-contained false \
        --artifacts-path "$root/artifacts/build-$kind" --output "$next" --disable-build-servers --verbosity quiet \
        -p:RunAnalyzers=false -p:TreatWarningsAsErrors=false "$@" >"$log" 2>&1 9>&-
}

build() {
    if [ -z "$dotnet" ]; then
        say "the .NET SDK 10 is needed to build: there is no 'dotnet' on the path (https://dot.net/download)"
        exit 1
    fi

    say "building the $kind (once, and after changes) ..."
    next=$out.next
    log=$root/artifacts/build-$kind.log
    rm -rf "$next"
    mkdir -p "$next"

    # Of the time before the build: what changes meanwhile is built the next time.
    sources | LC_ALL=C sort | cksum >"$next/.sources"
    if ! publish -p:PublishReadyToRun=true; then
        if ! grep -qiE 'crossgen|NU1101|NU1102|NU1301' "$log"; then
            cat "$log" >&2
            say "the build failed"
            exit 1
        fi

        say "the ReadyToRun compiler cannot be had; building without it, so the server starts more slowly"
        if ! publish; then
            cat "$log" >&2
            say "the build failed"
            exit 1
        fi
    fi

    # A server that still runs keeps the files that it has open.
    rm -rf "$out.last"
    if [ -d "$out" ]; then
        mv "$out" "$out.last"
    fi

    mv "$next" "$out"
}

dotnet=$(find_dotnet)
if ! is_current; then
    mkdir -p "$root/artifacts"
    exec 9>"$root/artifacts/.lock-$kind"
    if command -v flock >/dev/null; then
        flock 9
    fi

    # Another start may have built it while this one waited.
    is_current || build
    exec 9>&-
fi

if [ "${1:-}" = --build-only ]; then
    exit 0
fi

# A runtime that is not where the system has it must be named.
if [ -z "${DOTNET_ROOT:-}" ] && [ -n "$dotnet" ]; then
    folder=$(dirname -- "$(readlink -f -- "$dotnet")")
    if [ -d "$folder/shared" ]; then
        export DOTNET_ROOT="$folder"
    fi
fi

# In an ensemble the threads of three processes and of the database share the processor: one that waits for work must not spin meanwhile.
# A server that stands alone is faster when it does.
case "${OrleansZk__Ensemble:-}${OrleansZk__EnsembleFile:-} $*" in
*"--ensemble"* | [!\ ]*)
    export DOTNET_ThreadPool_UnfairSemaphoreSpinLimit="${DOTNET_ThreadPool_UnfairSemaphoreSpinLimit:-0}"
    ;;
esac

exec "$program" "$@"
