#!/usr/bin/env bash
# Measures what ordinary clients notice of one that attacks the server; see README.md and --help.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")"
case " $* " in
*" --server"* | *" --start"* | *" --help "* | *" -h "*) ;;
*) ../start.sh --build-only >&2 ;;
esac
exec python3 bystanders.py "$@"
