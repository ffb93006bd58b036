#!/bin/sh
# Puts the CRDs of what the chart attaches to into .tools/crds/NAME-VERSION, out of the Go modules that hold them: AttachIT
# shows its rendered objects to a real API server. What can't be had is told here, and skipped there.
set -u
cd "$(dirname "$0")/../.."

go=$(command -v go || echo /usr/local/go/bin/go)
if [ ! -x "$go" ]; then
  echo "make: no go found, so there are no CRDs of meshes and gateways to check the chart against" >&2
  exit 0
fi

# fetch NAME MODULE VERSION FILE…: files and folders of the module
fetch() {
  name=$1 module=$2 version=$3
  shift 3
  folder=.tools/crds/$name-$version
  [ ! -d "$folder" ] || return 0
  echo "fetching the CRDs of $name $version"
  if ! answer=$(cd / && "$go" mod download -json "$module@$version" 2>&1); then
    echo "make: can't fetch the CRDs of $name $version; AttachIT will skip them:" >&2
    echo "$answer" | grep -i error >&2
    return 0
  fi
  source=$(echo "$answer" | sed -n 's/^.*"Dir": "\(.*\)".*$/\1/p')
  rm -rf "$folder.new" ".tools/crds/$name-"*
  mkdir -p "$folder.new"
  for file in "$@"; do
    if [ -d "$source/$file" ]; then
      cp "$source/$file"/*.yaml "$folder.new/"
    else
      cp "$source/$file" "$folder.new/"
    fi || return 0
  done
  rm -f "$folder.new/kustomization.yaml"
  chmod -R u+w "$folder.new"
  mv "$folder.new" "$folder"
}

fetch gateway-api sigs.k8s.io/gateway-api v1.6.1 config/crd/standard
fetch istio istio.io/api v1.31.4 kubernetes/customresourcedefinitions.gen.yaml
fetch envoy-gateway github.com/envoyproxy/gateway v1.9.1 charts/gateway-helm/charts/crds/crds/generated
fetch kgateway github.com/kgateway-dev/kgateway/v2 v2.2.0 \
  install/helm/kgateway-crds/templates/gateway.kgateway.dev_gatewayextensions.yaml \
  install/helm/kgateway-crds/templates/gateway.kgateway.dev_trafficpolicies.yaml
fetch contour github.com/projectcontour/contour v1.33.8 examples/contour/01-crds.yaml
fetch cert-manager github.com/cert-manager/cert-manager v1.21.2 deploy/crds/cert-manager.io_certificates.yaml
fetch prometheus-operator github.com/prometheus-operator/prometheus-operator v0.85.0 \
  example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml
