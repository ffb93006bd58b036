#!/bin/sh
# Puts kube-apiserver, etcd, kubectl and helm into .tools/bin. The first three are taken from KUBEBUILDER_ASSETS and helm
# is HELM_BIN where these are set; else they are built from their Go modules, once a version.
set -eu
cd "$(dirname "$0")/../.."
mkdir -p .tools/bin .tools/built

fail() {
  echo "make: $1" >&2
  exit 1
}

# pinned MODULE PATH: the version of a path in e2e/tools/MODULE/go.mod
pinned() {
  sed -n "s|^.*[[:space:]]$2 \(v[^ ]*\).*|\1|p" "e2e/tools/$1/go.mod" | head -n 1
}

# take NAME FILE VARIABLE: links a program that somebody named
take() {
  [ -f "$2" ] && [ -x "$2" ] || fail "$3 is \`$(printenv "$3")\`, but \`$2\` can't be run"
  ln -sfn "$(cd "$(dirname "$2")" && pwd)/$(basename "$2")" ".tools/bin/$1"
}

# build NAME VERSION MODULE PACKAGE LDFLAGS
build() {
  built=.tools/built/$1-$2
  if [ ! -x "$built" ]; then
    find_go
    echo "building $1 $2 from its Go module"
    # Without cgo, so that neither a C compiler nor its headers are needed.
    (cd "e2e/tools/$3" && CGO_ENABLED=0 "$go" build -ldflags "-s -w $5" -o "../../../$built.new" "$4") ||
      fail "can't build $1: see what go says above"
    mv "$built.new" "$built"
  fi
  ln -sfn "../built/$1-$2" ".tools/bin/$1"
}

# Sets $go. A Go since 1.21 fetches a newer one by itself where a go.mod wants it; an older one, as Debian 12 has it, can
# at least fetch the module that the newer one is.
find_go() {
  go=$(command -v go || echo /usr/local/go/bin/go)
  [ -x "$go" ] || fail "no go found, with which the API server for tests is built: install one (Debian: golang-go; it fetches Go 1.26 by itself), or name the folder of kube-apiserver, etcd and kubectl in KUBEBUILDER_ASSETS and a Helm 4 in HELM_BIN"
  [ -z "$("$go" env GOTOOLCHAIN)" ] || return 0
  toolchain=golang.org/toolchain@v0.0.1-go1.26.8.$("$go" env GOOS)-$("$go" env GOARCH)
  echo "fetching Go 1.26.8"
  (cd / && "$go" mod download "$toolchain") || fail "can't fetch Go 1.26.8 by $("$go" version): install Go 1.26 or newer"
  home=$("$go" env GOMODCACHE)/$toolchain
  chmod -R u+x "$home/bin" "$home/pkg/tool"
  go=$home/bin/go
}

if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
  for name in kube-apiserver etcd kubectl; do
    take "$name" "$KUBEBUILDER_ASSETS/$name" KUBEBUILDER_ASSETS
  done
else
  version=$(pinned kube k8s.io/kubernetes)
  major=${version#v}
  major=${major%%.*}
  minor=${version#*.}
  minor=${minor%%.*}
  # Charts compare the server's version, which is no version unless it is linked in.
  stamp=k8s.io/component-base/version
  stamps="-X $stamp.gitVersion=$version -X $stamp.gitMajor=$major -X $stamp.gitMinor=$minor -X $stamp.gitTreeState=clean -X $stamp.gitCommit=release"
  build kube-apiserver "$version" kube k8s.io/kubernetes/cmd/kube-apiserver "$stamps"
  build kubectl "$version" kube k8s.io/kubernetes/cmd/kubectl "$stamps"
  build etcd "$(pinned etcd go.etcd.io/etcd/server/v3)" etcd go.etcd.io/etcd/server/v3 ''
fi

if [ -n "${HELM_BIN:-}" ]; then
  take helm "$HELM_BIN" HELM_BIN
else
  version=$(pinned helm helm.sh/helm/v4)
  build helm "$version" helm helm.sh/helm/v4/cmd/helm "-X helm.sh/helm/v4/internal/version.version=$version"
fi
