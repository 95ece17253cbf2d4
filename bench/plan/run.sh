#!/usr/bin/env bash
# Measures planners side by side on graphs made to be hard, the benchmark's heavy operation and the operations of
# the end-to-end tests, and prints tables. Settings:
#
#   ROUNDS=5 LIMIT=120 CASES="alike interface" bench/plan/run.sh
#
# LIMIT is how many seconds a planner has for one hard operation, CASES which of these are planned. It needs node;
# the other planners are installed as package-lock.json says. The lines of results go to RESULTS.
set -euo pipefail

ROUNDS=${ROUNDS:-5}
LIMIT=${LIMIT:-120}
CASES=${CASES:-"alike alike3 interface many same heavy"}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
RESULTS=${RESULTS:-$work/results}

cd "$here"
[ -d node_modules ] || npm ci >&2
(cd .. && go build -o "$work/plan" ./plan)
"$work/plan" -write "$work/cases" >"$work/names"
mapfile -t ordinary < <(grep '^ordinary' "$work/names" | sed "s|^|$work/cases/|")

"$work/plan" -rounds "$ROUNDS" >"$RESULTS"
for planner in apollo hive; do
	node plan.mjs "$planner" "$ROUNDS" "${ordinary[@]}" >>"$RESULTS"
	for name in $CASES; do
		timeout "$LIMIT" node plan.mjs "$planner" "$ROUNDS" "$work/cases/$name" >>"$RESULTS" ||
			echo "{\"planner\":\"$planner\",\"case\":\"$name\",\"error\":\"over $LIMIT s\"}" >>"$RESULTS"
	done
done
"$work/plan" -tables "$RESULTS"
