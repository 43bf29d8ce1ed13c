#!/usr/bin/env bash
# Compares OrleansZk with Apache ZooKeeper on this machine; see README.md and --help.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")"
dotnet build OrleansZk.LoadGenerator -c Release --nologo -v quiet >&2
exec python3 compare.py "$@"
