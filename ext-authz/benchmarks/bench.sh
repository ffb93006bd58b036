#!/bin/sh
# Measures the built distribution: JMH for each stage, then a gRPC load against a server that decides nothing.
#
#   bench.sh [jmh|load|credentials|payload|costs|cluster|all]
#
# `make bench` builds and calls it; `make bench ARGS=load` leaves JMH out,
# ARGS=cluster measures on an API server, which `make tools` builds; it and ARGS=costs are not in `all`. BENCH=full takes longer and is steadier.
# The tables are printed and left in target/bench/*.md.
set -eu

part=${1:-all}
here=$(cd "$(dirname "$0")" && pwd -P)
distribution=$here/../server/target/sallyport
work=$here/target/bench
java=${JAVA_HOME:+$JAVA_HOME/bin/}java

fail() {
  echo "bench: $1" >&2
  exit 1
}

case $part in
  jmh | load | credentials | payload | costs | cluster | all) ;;
  *) fail "unknown part \`$part\`: say jmh, load, credentials, payload, costs, cluster or all" ;;
esac
[ -x "$distribution/bin/sallyport" ] && [ -d "$here/target/lib" ] || fail 'nothing is built: run make build'
command -v taskset >/dev/null || fail 'no taskset found: install util-linux (Linux only)'
[ "$(nproc)" -ge 2 ] || fail 'two cores are needed, one for the server and one for the load'
if [ "$part" != jmh ] && [ "$part" != costs ] && [ "$part" != cluster ]; then
  command -v h2load >/dev/null || fail 'no h2load found: install nghttp2 (Debian: apt-get install nghttp2-client)'
fi
busy=$(awk '{ print ($1 > 0.5) ? $1 : "" }' /proc/loadavg)
[ -z "$busy" ] || echo "bench: the machine is busy (load $busy): only ratios mean something, and not much" >&2

rm -rf "$work"
mkdir -p "$work"

run() {
  taskset -c "$1" "$java" \
    -XX:+UseSerialGC \
    --enable-native-access=ALL-UNNAMED \
    --sun-misc-unsafe-memory-access=allow \
    -cp "$here/target/classes:$here/target/lib/*" \
    "$2" "$3" "$4"
}

if [ "$part" = jmh ] || [ "$part" = all ]; then
  run 0 dev.sallyport.benchmarks.MicroBenchmark "$work/stages.md" "${BENCH_ONLY:-dev\\.sallyport\\.benchmarks\\.}"
fi
if [ "$part" = load ] || [ "$part" = all ]; then
  run 1 dev.sallyport.benchmarks.LoadBenchmark "$distribution" "$work"
fi
if [ "$part" = credentials ] || [ "$part" = all ]; then
  run 1 dev.sallyport.benchmarks.CredentialBenchmark "$distribution" "$work"
fi
if [ "$part" = payload ] || [ "$part" = all ]; then
  run 1 dev.sallyport.benchmarks.PayloadBenchmark "$distribution" "$work"
fi
if [ "$part" = costs ]; then
  taskset -c 1 "$java" @"$distribution/lib/java.options" -XX:+UseSerialGC \
    -cp "$here/target/classes:$here/target/lib/*" dev.sallyport.benchmarks.CostBenchmark "$work/costs.md"
fi
if [ "$part" = cluster ]; then
  run 0,1 dev.sallyport.benchmarks.ClusterBenchmark "$distribution" "$work"
fi
