#!/usr/bin/env bash
# Measures gateways side by side on the bench's two operations and prints the medians of some rounds,
# each beside its ratio to the floor. Everything runs on 127.0.0.1 and ends with this script.
#
#   GATEWAYS="floor weft" ROUNDS=3 DURATION=5s WARMUP=3s CONNECTIONS=50 DELAY=0s bench/run.sh
#
# PORT is the first of the four ports that it uses. RESULTS keeps the raw figures, one JSON a line.
set -euo pipefail

GATEWAYS=${GATEWAYS:-"floor weft"}
ROUNDS=${ROUNDS:-3}
DURATION=${DURATION:-5s}
WARMUP=${WARMUP:-3s}
CONNECTIONS=${CONNECTIONS:-50}
DELAY=${DELAY:-0s}
PORT=${PORT:-4300}

bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
results=${RESULTS:-$work/results.jsonl}
subgraphs=127.0.0.1:$PORT
declare -A port=([floor]=$((PORT + 1)) [weft]=$((PORT + 2)))
admin=127.0.0.1:$((PORT + 3))
declare -A pid=()

die() {
	echo "bench: $*" >&2
	exit 1
}

finish() {
	local name
	for name in "${!pid[@]}"; do stop "$name"; done
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# start NAME PORT COMMAND...: starts a server and waits until its port answers. A port in use belongs
# to another run: measuring that one by mistake would be worse than stopping.
start() {
	local name=$1 port=$2
	shift 2
	if answers "$port"; then die "port $port is in use: set PORT to the first of four free ports"; fi
	"$@" >"$work/$name.log" 2>&1 </dev/null &
	pid[$name]=$!
	for _ in {1..100}; do
		if ! kill -0 "${pid[$name]}" 2>/dev/null; then break; fi
		if answers "$port"; then return; fi
		sleep 0.1
	done
	cat "$work/$name.log" >&2
	die "$name did not begin to listen on port $port within 10 s"
}

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

stop() {
	kill "${pid[$1]}" 2>/dev/null || :
	wait "${pid[$1]}" 2>/dev/null || :
	unset "pid[$1]"
}

# start_floor OPERATION
start_floor() {
	start floor "${port[floor]}" "$work/bin/floor" -listen "127.0.0.1:${port[floor]}" \
		-subgraphs "http://$subgraphs" -operation "$1" -answer "$bench/expected-$1.json"
}

# Weft's schema is composed once, from the SDL that the subgraphs write of themselves.
prepare_weft() {
	(cd "$bench/.." && go build -o "$work/bin/weft" ./cmd/weft)
	mkdir "$work/sdl"
	"$work/bin/subgraphs" -write "$work/sdl"
	local name
	{
		echo "subgraphs:"
		for name in accounts inventory products reviews; do
			echo "  $name:"
			echo "    routing_url: http://$subgraphs/$name"
			echo "    schema:"
			echo "      file: sdl/$name.graphql"
		done
	} >"$work/supergraph.yaml"
	"$work/bin/weft" compose --config "$work/supergraph.yaml" --output "$work/supergraph.graphql"
	cat >"$work/weft.yaml" <<-END
		listen: 127.0.0.1:${port[weft]}
		admin:
		  listen: $admin
		supergraph:
		  file: $work/supergraph.graphql
		headers:
		  request:
		    - forward:
		        name: Authorization
		log:
		  level: warn
	END
}

start_weft() {
	start weft "${port[weft]}" "$work/bin/weft" serve --config "$work/weft.yaml"
	for _ in {1..100}; do
		if curl -sf -o "$work/ready" "http://127.0.0.1:${port[weft]}/health/ready"; then return; fi
		sleep 0.1
	done
	cat "$work/weft.log" >&2
	die "weft was not ready within 10 s"
}

# measure GATEWAY OPERATION: one run of load, and what the subgraphs saw of it, appended to the results.
measure() {
	local gateway=$1 operation=$2 file=$2 load
	if [ "$operation" = heavy ]; then file=operation; fi
	curl -sf -o "$work/ignored" "http://$subgraphs/stats" # counts from here
	# load ends with status 1 when a request failed, and says so in its figures: the report shows them.
	load=$("$work/bin/load" -name "$gateway" -url "http://127.0.0.1:${port[$gateway]}/graphql" -pid "${pid[$gateway]}" \
		-operation "$bench/$file.graphql" -expect "$bench/expected-$operation.json" \
		-c "$CONNECTIONS" -d "$DURATION" -warmup "$WARMUP") || [ -n "$load" ]
	echo "{\"gateway\":\"$gateway\",\"operation\":\"$operation\",\"load\":$load,\"subgraphs\":$(curl -sf "http://$subgraphs/stats")}" >>"$results"
}

command -v curl >/dev/null || die "curl is needed: apt-get install curl"
for gateway in $GATEWAYS; do
	[ -n "${port[$gateway]:-}" ] || die "GATEWAYS: $gateway is unknown; known are: ${!port[*]}"
done

mkdir "$work/bin"
(cd "$bench" && go build -o "$work/bin/" ./floor ./load ./subgraphs ./report)
if [[ " $GATEWAYS " == *" weft "* ]]; then prepare_weft; fi
: >"$results"
start subgraphs "$PORT" "$work/bin/subgraphs" -listen "$subgraphs" -delay "$DELAY" -require-authorization

# Each operation gets processes of its own, so that their peak memory is that operation's. The
# gateways take turns, so that a slow spell of the machine meets all of them.
for operation in heavy small; do
	for gateway in $GATEWAYS; do "start_$gateway" "$operation"; done
	for ((round = 1; round <= ROUNDS; round++)); do
		for gateway in $GATEWAYS; do
			echo "bench: $operation, round $round of $ROUNDS: $gateway" >&2
			measure "$gateway" "$operation"
		done
	done
	for gateway in $GATEWAYS; do stop "$gateway"; done
done

"$work/bin/report" "$results"
