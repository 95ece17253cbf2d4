#!/usr/bin/env bash
# Measures composers side by side on generated graphs and prints two tables: composing again and again in one
# process, and the whole process that composes once. Sizes and rounds are settings:
#
#   SUBGRAPHS="10 50 150 300" ROUNDS=5 bench/compose/run.sh
#
# It needs node; the other composers are installed as package-lock.json says.
set -euo pipefail

SUBGRAPHS=${SUBGRAPHS:-"10 50 150 300"}
ROUNDS=${ROUNDS:-5}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$here"
[ -d node_modules ] || npm ci >&2
(cd .. && go build -o "$work/compose" ./compose)
(cd ../.. && go build -o "$work/weft" ./cmd/weft)

for n in $SUBGRAPHS; do
	"$work/compose" -subgraphs "$n" -write "$work/$n"
done

echo "In one process, medians of $ROUNDS: milliseconds of wall clock, of CPU"
for n in $SUBGRAPHS; do
	"$work/compose" -subgraphs "$n" -rounds "$ROUNDS"
	node compose.mjs apollo "$work/$n" "$ROUNDS"
	node compose.mjs guild "$work/$n" "$ROUNDS"
done

# process COMPOSER SUBGRAPHS COMMAND...: one whole process
process() {
	local composer=$1 n=$2
	shift 2
	local TIMEFORMAT="{\"composer\":\"$composer\",\"subgraphs\":$n,\"wall_s\":%3R,\"user_s\":%3U,\"system_s\":%3S}"
	{ time "$@" >"$work/out" 2>"$work/err" 3>&-; } 2>&1 || { cat "$work/err" >&2; exit 1; }
}

echo "A whole process, once: seconds of wall clock, of CPU"
for n in $SUBGRAPHS; do
	process weft "$n" "$work/weft" compose --config "$work/$n/supergraph.yaml"
	process apollo "$n" node compose.mjs apollo "$work/$n" 0
	process guild "$n" node compose.mjs guild "$work/$n" 0
done
