# Footbridge.  `make demo` shows it at work, `make check` runs every test; `make help` lists the rest.
# One list per room; objects in build/<variant>/, programs in build/bin/ (build/asan/bin/).

VERSION    := 0.1
PREFIX     ?= /usr/local
bindir     ?= $(PREFIX)/bin
sbindir    ?= $(PREFIX)/sbin
libexecdir ?= $(PREFIX)/libexec
mandir     ?= $(PREFIX)/share/man
datadir    ?= $(PREFIX)/share
# Where systemd and udev look, whatever the prefix is.
systemdir  ?= $(if $(filter /usr,$(PREFIX)),/usr/lib,/etc)/systemd/system
sysusersdir ?= $(if $(filter /usr,$(PREFIX)),/usr/lib,/etc)/sysusers.d
udevdir    ?= $(if $(filter /usr,$(PREFIX)),/usr/lib,/etc)/udev/rules.d

VARIANT ?= release
OUT     := build/$(VARIANT)
BIN     := $(if $(filter release,$(VARIANT)),build/bin,$(OUT)/bin)
JOBS    ?= $(shell nproc)

PACKAGES := libsystemd sqlite3 libconfig libcbor libsodium libmicrohttpd jansson libcurl gammu cmocka
APT      := build-essential pkg-config libgammu-dev libsystemd-dev libsqlite3-dev libconfig-dev \
	libcbor-dev libsodium-dev libmicrohttpd-dev libjansson-dev libcurl4-gnutls-dev libcmocka-dev
APT_TEST := systemd util-linux
APT_BENCH := gammu-smsd smstools
APT_VM   := qemu-system-x86 mmdebstrap e2fsprogs socat jq
APT_LINT := clang clang-tidy-14 clang-format-14 libclang-rt-14-dev cppcheck mandoc

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	-Wpointer-arith -Wwrite-strings -Wcast-qual -Wundef -Wvla -Wformat=2 -Wconversion \
	-Wnull-dereference -Wredundant-decls -Wimplicit-fallthrough -Wduplicated-cond \
	-Wduplicated-branches -Wlogical-op -Werror=switch -Werror=implicit -Werror=return-type \
	-Werror=incompatible-pointer-types -Werror=int-conversion
HARDEN  := -D_FORTIFY_SOURCE=2 -fstack-protector-strong
CFLAGS  ?= -O2 -g
ifeq ($(VARIANT),asan)
CFLAGS  := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
HARDEN  :=
endif
CPPFLAGS += -I. -D_GNU_SOURCE -DFOOTBRIDGE_VERSION='"$(VERSION)"' \
	-DFOOTBRIDGE_LIBEXECDIR='"$(libexecdir)/footbridge"'
ALL_CFLAGS = -std=gnu17 $(WARN) $(WERROR) $(CFLAGS) $(HARDEN) -fPIE -pthread
LDFLAGS += -pie -pthread -Wl,-z,relro,-z,now -Wl,--as-needed $(filter -fsanitize=%,$(CFLAGS))

# What a third-party header warns about is not ours: they are system headers.
pkg_cflags = $(subst -I,-isystem ,$(shell pkg-config --cflags $(1) 2>/dev/null))
pkg_libs   = $(shell pkg-config --libs $(1) 2>/dev/null)

# ---- rooms
BASE   := $(wildcard bridge/base/*.c)
CONFIG := $(wildcard config/*.c)
TEXT   := $(wildcard modem/text/*.c)
HANDLE := modem/wire.c $(wildcard modem/handle*.c modem/memoir*.c)
PLUG   := modem/ports.c modem/discover.c
WORKER := $(filter-out $(HANDLE) $(PLUG),$(wildcard modem/*.c))
LINE   := $(wildcard modem/answer*.c modem/line*.c modem/agenda*.c) modem/ask.c modem/pace.c \
	modem/reply.c modem/say.c modem/usb_reset.c
STORE  := $(wildcard bridge/store/*.c)
CORE   := $(wildcard bridge/core/*.c)
API    := $(wildcard bridge/api/*.c)
CLI    := $(wildcard bridge/cli/*.c)
FAULT  := $(filter-out tests/fault/preload.c,$(wildcard tests/fault/*.c))
CELL   := $(filter-out tests/cell/main.c,$(wildcard tests/cell/*.c))
WORLD  := $(wildcard tests/scenario/world*.c)

# ---- programs: name, sources, packages
PROGRAMS := footbridged footbridge footbridge-modem footbridge-cell footbridge-demo
SRC_footbridged      := bridge/main.c $(BASE) $(CONFIG) $(TEXT) $(HANDLE) $(PLUG) $(STORE) $(CORE) \
	$(API)
PKG_footbridged      := libsystemd sqlite3 libconfig libcbor libsodium libmicrohttpd jansson
SRC_footbridge       := $(CLI) $(BASE)
PKG_footbridge       := libsystemd libcbor jansson libcurl
SRC_footbridge-modem := $(WORKER) modem/wire.c $(wildcard modem/memoir*.c) $(TEXT) $(BASE)
PKG_footbridge-modem := libsystemd libcbor gammu
SRC_footbridge-cell  := tests/cell/main.c $(CELL)
PKG_footbridge-cell  := libsystemd jansson libconfig
SRC_footbridge-demo  := tests/demo.c $(WORLD)
PKG_footbridge-demo  := jansson

# ---- tests: one binary per file; each takes from the rooms what it uses
UNIT_TESTS     := $(patsubst tests/%.c,%,$(wildcard tests/unit/*_test.c))
CELL_TESTS     := $(patsubst tests/%.c,%,$(wildcard tests/cell/tests/*_test.c))
SCENARIO_TESTS := $(patsubst tests/%.c,%,$(wildcard tests/scenario/*_test.c))
BENCHES        := $(patsubst tests/%.c,%,$(filter-out tests/bench/bench.c,$(wildcard tests/bench/*.c)))
PKG_tests      := libsystemd sqlite3 libconfig libcbor libsodium libmicrohttpd jansson libcurl cmocka
ROOMS          := $(BASE) $(CONFIG) $(TEXT) $(HANDLE) $(PLUG) $(LINE) $(STORE) $(CORE) $(API) \
	$(filter-out bridge/cli/main.c,$(CLI)) tests/unit/journal_fixture.c $(FAULT)

obj = $(patsubst %.c,$(OUT)/%.o,$(1))
Q   := $(if $(V),,@)
say  = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2))

.PHONY: all deps demo check check-asan check-vm bench lint format install uninstall clean help tests
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:

all: $(PROGRAMS:%=$(BIN)/%)

$(OUT)/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(PKG_CFLAGS) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

PKG_CFLAGS := $(call pkg_cflags,$(PACKAGES))

define program
$(BIN)/$(1): $(call obj,$(SRC_$(1)))
	$$(call say,LD,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(CC) $$(ALL_CFLAGS) $$^ $$(LDFLAGS) $$(call pkg_libs,$(PKG_$(1))) -lutil -o $$@
endef
$(foreach p,$(PROGRAMS),$(eval $(call program,$(p))))

# the lists themselves are in the Makefile
$(OUT)/rooms.a: $(call obj,$(ROOMS)) Makefile
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $(filter %.o,$^)
$(OUT)/cell.a: $(call obj,$(CELL))
	$(Q)rm -f $@ && $(AR) rcs $@ $^
$(OUT)/world.a: $(call obj,$(WORLD))
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(OUT)/tests/unit/%: $(OUT)/tests/unit/%.o $(OUT)/rooms.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $^ $(LDFLAGS) $(call pkg_libs,$(PKG_tests)) -o $@
$(OUT)/tests/cell/tests/%: $(OUT)/tests/cell/tests/%.o $(OUT)/cell.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $^ $(LDFLAGS) $(call pkg_libs,$(PKG_tests)) -lutil -o $@
$(OUT)/tests/scenario/%_test: $(OUT)/tests/scenario/%_test.o $(OUT)/world.a $(OUT)/rooms.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $^ $(LDFLAGS) $(call pkg_libs,$(PKG_tests)) -o $@
$(OUT)/tests/bench/%: $(OUT)/tests/bench/%.o $(OUT)/tests/bench/bench.o $(OUT)/world.a $(OUT)/rooms.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $^ $(LDFLAGS) $(call pkg_libs,$(PKG_tests)) -o $@

# A bad disk and another clock to preload into whole programs (tests/fault/preload.c).
$(OUT)/fault_vfs.so: $(FAULT) tests/fault/preload.c $(wildcard tests/fault/*.h)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -std=gnu17 $(WARN) $(WERROR) -O2 -g -fPIC -shared -pthread \
		$(filter %.c,$^) $(call pkg_libs,sqlite3) -o $@

# The longest first, so that no processor waits for them at the end.
SLOW_TESTS    := scenario/soak_test unit/store_fault_test unit/store_power_test
TEST_BINARIES := $(addprefix $(OUT)/tests/,$(SLOW_TESTS) \
	$(filter-out $(SLOW_TESTS),$(SCENARIO_TESTS) $(CELL_TESTS) $(UNIT_TESTS)))
BENCH_BINARIES := $(addprefix $(OUT)/tests/,$(BENCHES))
tests: all $(TEST_BINARIES) $(OUT)/fault_vfs.so
-include $(shell find $(OUT) -type f -name '*.d' 2>/dev/null)

# ---- what people call.  deps comes first and by itself: make reads pkg-config when it starts.
deps:
	@contrib/install-deps $(APT)

demo:
	@contrib/install-deps $(APT)
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@$(BIN)/footbridge-demo $(if $(HOLD),--hold)

check:
	@contrib/install-deps $(APT) $(APT_TEST)
	@$(MAKE) --no-print-directory -j$(JOBS) tests
	@FOOTBRIDGE_BIN=$(BIN) tests/run $(TEST_BINARIES)

check-asan:
	@$(MAKE) --no-print-directory VARIANT=asan check

# Hot-plug on a real kernel, emulated.  The guest is built once.
STAGE := $(OUT)/stage
check-vm:
	@contrib/install-deps $(APT) $(APT_VM)
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@rm -rf $(STAGE)
	@$(MAKE) --no-print-directory install DESTDIR=$(STAGE) >/dev/null
	@FOOTBRIDGE_BIN=$(BIN) tests/vm/hotplug $(STAGE)

bench:
	@contrib/install-deps $(APT) $(APT_BENCH)
	@$(MAKE) --no-print-directory -j$(JOBS) all $(BENCH_BINARIES) $(OUT)/fault_vfs.so
	@for bench in $(BENCH_BINARIES); do FOOTBRIDGE_BIN=$(BIN) $$bench || exit 1; done

# ---- lint: warnings are errors
ALL_SOURCES = $(shell git ls-files '*.c' '*.h')
lint:
	@contrib/install-deps $(APT) $(APT_LINT)
	@$(MAKE) --no-print-directory -j$(JOBS) VARIANT=lint WERROR=-Werror lint-gcc
	@$(MAKE) --no-print-directory -j$(JOBS) lint-clang
	@$(MAKE) --no-print-directory lint-rest

# The long form of the chaos tests: 200 kills of each kind.
.PHONY: soak-kills
soak-kills:
	@$(MAKE) --no-print-directory -j$(JOBS) tests
	@FOOTBRIDGE_KILLS=200 TEST_TIMEOUT=900 FOOTBRIDGE_BIN=$(BIN) tests/run \
		$(filter $(OUT)/tests/scenario/chaos_%,$(TEST_BINARIES))

# Everything at once, for ten minutes; SOAK_SEED repeats a run.  `make check` has a minute of it.
SOAK_SECONDS ?= 600
.PHONY: soak
soak:
	@contrib/install-deps $(APT) $(APT_TEST)
	@$(MAKE) --no-print-directory -j$(JOBS) all $(OUT)/tests/scenario/soak_test
	@SOAK_SECONDS=$(SOAK_SECONDS) FOOTBRIDGE_BIN=$(BIN) $(OUT)/tests/scenario/soak_test

# Each workaround taken out, one by one: its test must fail.
.PHONY: check-quirks
check-quirks:
	@contrib/install-deps $(APT) $(APT_TEST)
	@CC='$(CC)' JOBS=$(JOBS) tests/quirks/run

.PHONY: lint-gcc lint-clang lint-rest fuzz
lint-gcc: tests $(BENCH_BINARIES)

TIDY := $(patsubst %.c,$(OUT)/tidy/%.ok,$(filter %.c,$(ALL_SOURCES)))
$(OUT)/tidy/%.ok: %.c .clang-tidy
	$(call say,TIDY,$<)
	$(Q)mkdir -p $(@D)
	$(Q)clang-tidy-14 --quiet $< -- $(CPPFLAGS) $(PKG_CFLAGS) -std=gnu17 2>/dev/null >$@.log || \
		{ cat $@.log; exit 1; }
	$(Q)touch $@
lint-clang: $(TIDY)

lint-rest:
	@CC='$(CC)' CPPFLAGS='$(PKG_CFLAGS)' tests/lint/headers
	@tests/lint/rooms
	@tests/lint/files
	@tests/lint/complaints
	@cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
		--suppress=missingInclude --suppress=memleak --suppress=varFuncNullUB --error-exitcode=1 -I. -j$(JOBS) $(filter %.c,$(ALL_SOURCES))
	@clang-format-14 --dry-run --Werror $(ALL_SOURCES)
	@for page in docs/man/*.[1-8]; do mandoc -T lint -W warning $$page || exit 1; done
	@echo 'lint: nothing to say.'

# ---- fuzzers: seconds each
FUZZ_SECONDS ?= 10
FUZZERS := $(patsubst tests/fuzz/%.c,build/fuzz/%,$(wildcard tests/fuzz/*_fuzz.c))
build/fuzz/%: tests/fuzz/%.c $(BASE) $(TEXT) $(LINE) modem/wire.c $(wildcard modem/memoir*.c bridge/*/*.h modem/*.h modem/text/*.h)
	$(call say,FUZZ,$@)
	$(Q)mkdir -p $(@D)
	$(Q)clang-14 $(CPPFLAGS) $(PKG_CFLAGS) -std=gnu17 -O1 -g -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=undefined $< $(FUZZ_SOURCES) $(call pkg_libs,libsystemd libcbor) -o $@
FUZZ_SOURCES = $(BASE) $(TEXT) $(LINE) modem/wire.c $(wildcard modem/memoir*.c)
fuzz:
	@contrib/install-deps $(APT) $(APT_LINT)
	@$(MAKE) --no-print-directory -j$(JOBS) $(FUZZERS)
	@for f in $(FUZZERS); do echo "  FUZZ  $$f, $(FUZZ_SECONDS) s"; \
		$$f -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=$$f- >$$f.log 2>&1 || \
		{ tail -n 50 $$f.log; exit 1; }; done

format:
	clang-format-14 -i $(ALL_SOURCES)

# ---- install
UNIT := $(DESTDIR)$(systemdir)/footbridged.service
install: all
	install -D -m 755 -t '$(DESTDIR)$(sbindir)' $(BIN)/footbridged
	install -D -m 755 -t '$(DESTDIR)$(bindir)' $(BIN)/footbridge
	install -D -m 755 -t '$(DESTDIR)$(libexecdir)/footbridge' $(BIN)/footbridge-modem
	install -D -m 644 -t '$(DESTDIR)$(mandir)/man1' docs/man/footbridge.1
	install -D -m 644 -t '$(DESTDIR)$(mandir)/man5' docs/man/footbridge.conf.5
	install -D -m 644 -t '$(DESTDIR)$(mandir)/man8' docs/man/footbridged.8
	install -D -m 644 -t '$(DESTDIR)$(datadir)/doc/footbridge' config/footbridge.conf README.md
	install -D -m 644 -t '$(DESTDIR)$(datadir)/bash-completion/completions' contrib/completion/footbridge
	install -D -m 644 contrib/footbridge.catalog \
		'$(DESTDIR)$(PREFIX)/lib/systemd/catalog/footbridge.catalog'
	install -D -m 644 -t '$(DESTDIR)$(sysusersdir)' contrib/sysusers.d/footbridge.conf
	install -D -m 644 -t '$(DESTDIR)$(udevdir)' contrib/udev/60-footbridge.rules
	install -d '$(DESTDIR)$(systemdir)'
	sed 's,@sbindir@,$(sbindir),' contrib/systemd/footbridged.service >'$(UNIT)'
	$(if $(DESTDIR),,@contrib/after-install)

uninstall:
	rm -f '$(DESTDIR)$(sbindir)/footbridged' '$(DESTDIR)$(bindir)/footbridge' \
		'$(DESTDIR)$(mandir)/man1/footbridge.1' '$(DESTDIR)$(mandir)/man5/footbridge.conf.5' \
		'$(DESTDIR)$(mandir)/man8/footbridged.8' \
		'$(DESTDIR)$(datadir)/bash-completion/completions/footbridge' \
		'$(DESTDIR)$(PREFIX)/lib/systemd/catalog/footbridge.catalog' \
		'$(DESTDIR)$(sysusersdir)/footbridge.conf' '$(DESTDIR)$(udevdir)/60-footbridge.rules' '$(UNIT)'
	rm -rf '$(DESTDIR)$(libexecdir)/footbridge' '$(DESTDIR)$(datadir)/doc/footbridge'

clean:
	rm -rf build

help:
	@echo 'make demo        installs what is missing, builds, and shows the main job (HOLD=1: stays up)'
	@echo 'make check       every test; check-asan: the same under sanitizers; fuzz: the fuzzers'
	@echo 'make soak        ten minutes of everything going wrong at once (SOAK_SECONDS, SOAK_SEED)'
	@echo 'make check-quirks  takes out each workaround for what modems do: its test must fail'
	@echo 'make check-vm    sticks plugged and pulled on a real kernel, in qemu (as root; 15 minutes)'
	@echo 'make bench       speed, beside gammu-smsd and SMSTools3 in the same run (BENCH_SECONDS)'
	@echo 'make lint        compiler, clang-tidy, cppcheck, formatting, the dependency rule'
	@echo 'make all | deps | format | install | uninstall | clean      V=1 shows the commands'
