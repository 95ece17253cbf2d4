#!/usr/bin/env bash
# Measures gateways side by side on the bench's operations and prints the medians of some rounds, each
# beside its ratio to the floor. Everything runs on 127.0.0.1 and ends with this script.
#
#   GATEWAYS="floor weft" OPERATIONS="heavy small wide" ROUNDS=3 DURATION=5s WARMUP=3s CONNECTIONS=50 DELAY=0s bench/run.sh
#   OPERATIONS="bulk joined" CONNECTIONS=4 bench/run.sh    # answers of 8 MiB, beside net/http's reverse proxy
#   GATEWAYS="floor weft apollo-gateway hive-gateway hive-router" bench/run.sh    # peers/README.md says what they need
#
# PORT is the first of the seven ports that it uses. RESULTS keeps the raw figures, one JSON a line.
# CORES is how many threads every gateway may run at once (GOMAXPROCS, worker threads), 2 unless it is set.
set -euo pipefail

GATEWAYS=${GATEWAYS:-"floor weft"}
OPERATIONS=${OPERATIONS:-"heavy small wide"}
ROUNDS=${ROUNDS:-3}
DURATION=${DURATION:-5s}
WARMUP=${WARMUP:-3s}
CONNECTIONS=${CONNECTIONS:-50}
DELAY=${DELAY:-0s}
PORT=${PORT:-4300}
export GOMAXPROCS=${CORES:-2}
unset GOGC GOMEMLIMIT # Go's defaults for all

bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
results=${RESULTS:-$work/results.jsonl}
subgraphs=127.0.0.1:$PORT
declare -A port=([floor]=$((PORT + 1)) [weft]=$((PORT + 2))
	[apollo-gateway]=$((PORT + 4)) [hive-gateway]=$((PORT + 5)) [hive-router]=$((PORT + 6)))
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
	if answers "$port"; then die "port $port is in use: set PORT to the first of seven free ports"; fi
	"$@" >"$work/$name.log" 2>&1 </dev/null &
	pid[$name]=$!
	for _ in {1..300}; do
		if ! kill -0 "${pid[$name]}" 2>/dev/null; then break; fi
		if answers "$port"; then return; fi
		sleep 0.1
	done
	cat "$work/$name.log" >&2
	die "$name did not begin to listen on port $port within 30 s"
}

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

stop() {
	kill "${pid[$1]}" 2>/dev/null || :
	wait "${pid[$1]}" 2>/dev/null || :
	unset "pid[$1]"
}

# start_floor OPERATION
start_floor() {
	local what=(-operation "$1" -answer "$work/expected-$1.json")
	case $1 in bulk | joined) what=(-proxy reviews) ;; esac
	start floor "${port[floor]}" "$work/bin/floor" -listen "127.0.0.1:${port[floor]}" -subgraphs "http://$subgraphs" "${what[@]}"
}

# The supergraph is composed once, from the SDL that the subgraphs write of themselves; all gateways use it.
compose() {
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
}

prepare_weft() {
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

prepare_apollo-gateway() { node_modules; }

start_apollo-gateway() {
	start apollo-gateway "${port[apollo-gateway]}" node "$bench/peers/apollo-gateway.mjs" "$work/supergraph.graphql" "${port[apollo-gateway]}"
}

prepare_hive-gateway() { node_modules; }

# Node runs it on one thread, and its planner in Rust on others.
start_hive-gateway() {
	SUPERGRAPH="$work/supergraph.graphql" HIVE_ROUTER_RUNTIME=1 start hive-gateway "${port[hive-gateway]}" \
		"$bench/peers/node_modules/.bin/hive-gateway" supergraph --config-path "$bench/peers/hive-gateway.config.mjs" \
		--host 127.0.0.1 --port "${port[hive-gateway]}"
}

prepare_hive-router() {
	command -v "${HIVE_ROUTER:-hive_router}" >/dev/null ||
		die "hive-router: not found; peers/README.md says how to build it. Set HIVE_ROUTER to its binary"
	sed -e "s|SUPERGRAPH|$work/supergraph.graphql|" -e "s|PORT|${port[hive-router]}|" "$bench/peers/hive-router.yaml" >"$work/hive-router.yaml"
}

start_hive-router() {
	# It would take this script's PORT for its own.
	start hive-router "${port[hive-router]}" env -u PORT -u HOST ROUTER_CONFIG_FILE_PATH="$work/hive-router.yaml" \
		TOKIO_WORKER_THREADS="$GOMAXPROCS" "${HIVE_ROUTER:-hive_router}"
}

node_modules() {
	command -v node >/dev/null || die "the peers in JavaScript need node"
	[ -d "$bench/peers/node_modules" ] || (cd "$bench/peers" && npm ci --no-audit --no-fund >&2)
}

# measure GATEWAY OPERATION: one run of load, and what the subgraphs saw of it, appended to the results.
measure() {
	local gateway=$1 operation=$2 asked=$2 load
	# A proxy joins nothing: it is measured on the answer that the entities are joined to.
	if [ "$gateway $operation" = "floor joined" ]; then asked=bulk; fi
	curl -sf -o "$work/ignored" "http://$subgraphs/stats" # counts from here
	# load ends with status 1 when a request failed, and says so in its figures: the report shows them.
	load=$("$work/bin/load" -name "$gateway" -url "http://127.0.0.1:${port[$gateway]}/graphql" -pid "${pid[$gateway]}" \
		-operation "$(file "$asked")" -expect "$work/expected-$asked.json" \
		-c "$CONNECTIONS" -d "$DURATION" -warmup "$WARMUP") || [ -n "$load" ]
	echo "{\"gateway\":\"$gateway\",\"operation\":\"$operation\",\"load\":$load,\"subgraphs\":$(curl -sf "http://$subgraphs/stats")}" >>"$results"
}

# file OPERATION: where it is.
file() {
	local name=$1
	if [ "$name" = heavy ]; then name=operation; fi
	echo "$bench/$name.graphql"
}

# expect OPERATION: what has to be answered, found without a gateway.
expect() { "$work/bin/subgraphs" -answer "$(file "$1")" >"$work/expected-$1.json"; }

command -v curl >/dev/null || die "curl is needed: apt-get install curl"
for gateway in $GATEWAYS; do
	[ -n "${port[$gateway]:-}" ] || die "GATEWAYS: $gateway is unknown; known are: ${!port[*]}"
done

mkdir "$work/bin"
(cd "$bench" && go build -o "$work/bin/" ./floor ./load ./subgraphs ./report)
compose
for gateway in $GATEWAYS; do
	if declare -F "prepare_$gateway" >/dev/null; then "prepare_$gateway"; fi
done
: >"$results"
start subgraphs "$PORT" "$work/bin/subgraphs" -listen "$subgraphs" -delay "$DELAY" -require-authorization

# Each operation gets processes of its own, so that their peak memory is that operation's. The
# gateways take turns, so that a slow spell of the machine meets all of them.
for operation in $OPERATIONS; do
	expect "$operation"
	if [ "$operation" = joined ]; then expect bulk; fi
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
