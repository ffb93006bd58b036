#!/bin/sh
# link.sh DISTRIBUTION TARGET: copies the distribution to TARGET, with a Java of its own beside it in TARGET/runtime,
# so that nothing else is needed to run TARGET/bin/sallyport. Called by the Containerfile and by `make runtime`.
set -eu

usage='usage: link.sh DISTRIBUTION TARGET (which must not exist yet)'
distribution=${1:?$usage}
target=${2:?$usage}
java_home=${JAVA_HOME:?needs JAVA_HOME, a JDK 25}
[ ! -e "$target" ] || { echo "link.sh: $target exists" >&2; exit 2; }

# What jdeps finds in the class path, less java.desktop, of which Jackson would only read two annotations; and what is
# found by name: jdk.management for the metrics of a container, jdk.net for keep-alive of sockets.
modules=java.base,java.logging,java.management,java.naming,java.net.http,java.sql,java.xml
modules=$modules,jdk.crypto.ec,jdk.httpserver,jdk.jfr,jdk.management,jdk.net,jdk.unsupported

mkdir -p "$target/lib"
# With their times: the AOT cache compares them. A cache that is there belongs to another Java.
cp -Rp "$distribution/bin" "$target/"
cp -p "$distribution"/lib/*.jar "$distribution/lib/java.options" "$target/lib/"
"$java_home/bin/jlink" --add-modules "$modules" --no-header-files --no-man-pages --output "$target/runtime"
