# moqt: build, test and install. Every target first sees to its Debian packages (.ci/deps).
#
#   make build                    .build/release/moqt, without Swift's shared libraries
#   make test                     all tests; SANITIZE=address or SANITIZE=thread runs them under a sanitizer,
#                                 NGTCP2=distro with the distribution's own ngtcp2, unpacked for that alone
#   make simulate                 crowds and fetches around a relay in virtual time, SEEDS (default 1000) of each scene
#   make check                    formatting, file sizes, the tests the drafts' rules name, a build in which
#                                 warnings are errors, and a package outside that uses the libraries
#   make fuzz                     codec and session under libFuzzer; FUZZ_SECONDS (default 60) are shared by six targets
#   make bench-codec              allocations and instructions of the codec against its baseline; UPDATE=1 writes that
#   make bench-relay              memory of idle connections, CPU time of handshakes beside ngtcp2's example server,
#                                 and latency beside a subscriber on a bad link
#   make interop                  other people's clients and relays against ours; CASES='--draft 18' chooses some
#   make soak                     a crowd that joins, leaves, dies and misbehaves, for SOAK_SECONDS (default 600);
#                                 SANITIZE=address has the relay run under it
#   make demo                     a movie from a publisher through a relay to a subscriber
#   make install                  PREFIX (default /usr/local) and DESTDIR are honoured
#   make deps                     NGTCP2=distro keeps Debian 12's own ngtcp2

SWIFT := $(shell command -v swift || echo /opt/swift/usr/bin/swift)
PREFIX ?= /usr/local
SHARE := $(DESTDIR)$(PREFIX)/share

# The arrows between the targets are checked by the compiler.
BUILD := $(SWIFT) build --explicit-target-dependency-import-check error
RELEASE := $(BUILD) -c release --static-swift-stdlib --product moqt

SANITIZE ?=
FUZZ_SECONDS ?= 60
SOAK_SECONDS ?= 600
SEEDS ?= 1000
SANITIZED := $(if $(SANITIZE),--sanitize $(SANITIZE) --scratch-path .build-$(SANITIZE))
NGTCP2 ?=
ifeq ($(NGTCP2),distro)
DISTRO := $(CURDIR)/.build-distro
SANITIZED := --scratch-path $(DISTRO)
test: export PKG_CONFIG_PATH = $(DISTRO)/ngtcp2/lib/pkgconfig
test: export LD_LIBRARY_PATH = $(DISTRO)/ngtcp2/lib
endif

.PHONY: all deps build test simulate check fuzz bench-codec bench-relay interop soak demo install clean

all: build

deps:
	@.ci/deps

build: deps
	$(RELEASE)

# A crash is reported at once, without waiting for Swift's backtracer.
test: export SWIFT_BACKTRACE = enable=no
test: export LSAN_OPTIONS = suppressions=$(CURDIR)/Tests/leaks.supp:print_suppressions=0
test: export TSAN_OPTIONS = halt_on_error=1
test: export MOQT_SANITIZER = $(SANITIZE)
# A seed gives the same course of events in every run.
test: export SWIFT_DETERMINISTIC_HASHING = 1
test: deps
	$(if $(DISTRO),.ci/distro-ngtcp2 $(DISTRO)/ngtcp2)
	$(BUILD) $(SANITIZED) --build-tests
	$(SWIFT) test $(SANITIZED) --skip-build --disable-xctest

# Crowds and fetches around a relay, with SEEDS of each scene; optimized, which is four times as fast.
simulate: export SWIFT_DETERMINISTIC_HASHING = 1
simulate: export MOQT_SEEDS = $(SEEDS)
simulate: deps
	$(BUILD) -c release -Xswiftc -enable-testing --scratch-path .build-simulate --build-tests
	$(SWIFT) test -c release --scratch-path .build-simulate --skip-build --disable-xctest --filter 'CrowdTests|FetchModelTests'

check: deps
	$(SWIFT) format lint --strict --recursive --parallel Sources Tests Package.swift
	.ci/sizes
	.ci/musts
	$(BUILD) --build-tests
	$(RELEASE)
	SWIFT=$(SWIFT) Tests/Outside/outside.sh

fuzz: deps
	FUZZ_SECONDS=$(FUZZ_SECONDS) Tests/Fuzz/fuzz.sh

bench-codec: deps
	UPDATE=$(UPDATE) Tests/Benchmarks/codec.sh

bench-relay: build
	Tests/Benchmarks/relay.sh

interop: build
	Tests/Interop/interop.sh $(CASES)

# The quarantine of AddressSanitizer would look like a leak.
soak: export ASAN_OPTIONS = quarantine_size_mb=1:thread_local_quarantine_size_kb=64
soak: build
	$(if $(SANITIZE),$(BUILD) $(SANITIZED) --product moqt)
	python3 Tests/Soak/soak.py .build/release/moqt $(if $(SANITIZE),--relay .build-$(SANITIZE)/debug/moqt) \
		--seconds $(SOAK_SECONDS) $(SOAK)

demo: deps build
	Tests/Demo/demo.sh

install: build
	install -D -m 755 .build/release/moqt $(DESTDIR)$(PREFIX)/bin/moqt
	install -d $(SHARE)/man/man1
	install -m 644 man/*.1 $(SHARE)/man/man1
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|@PREFIX@|$(PREFIX)|' Sources/Commands/Relay/moqt-relay.service \
		> $(DESTDIR)$(PREFIX)/lib/systemd/system/moqt-relay.service
	install -D -m 644 completions/moqt.bash $(SHARE)/bash-completion/completions/moqt
	install -D -m 644 completions/_moqt $(SHARE)/zsh/site-functions/_moqt
	install -D -m 644 completions/moqt.fish $(SHARE)/fish/vendor_completions.d/moqt.fish

clean:
	rm -rf .build .build-address .build-thread .build-simulate .build-distro .build-fuzz .build-interop .build-outside .build-bench
