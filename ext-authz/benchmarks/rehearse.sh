#!/bin/sh
# rehearse.sh DISTRIBUTION WORK: leaves DISTRIBUTION/lib/sallyport.aot, with which Sallyport starts in a third of the
# time. It works without, so a failure is told and forgiven. Both modules have to be built; WORK is emptied.
set -u

usage='usage: rehearse.sh DISTRIBUTION WORK'
distribution=${1:?$usage}
work=${2:?$usage}
here=$(cd "$(dirname "$0")" && pwd)

rm -rf "$work" && mkdir -p "$work" &&
  "${JAVA_HOME:?needs JAVA_HOME, a JDK 25}/bin/java" \
    --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
    -cp "$here/target/classes:$here/target/lib/*" dev.sallyport.benchmarks.Rehearsal \
    "$distribution" "$work" ||
  echo "rehearse.sh: no AOT cache was made, so Sallyport will start slower" >&2
