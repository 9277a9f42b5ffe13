# Scrip: everything is built from here, into build/<variant>/. `make help` says what there is to do.
#
#   BOARD=linux   which boards/<board>/board.mk to build for
#   CC=clang      another compiler        SAN=1     AddressSanitizer and UBSan
#   FUZZ=1        with CC=clang: the same, and what libFuzzer and llvm-cov need
#   WERROR=1      warnings are errors     DEPS=dir  library tarballs at hand: no network
#   P256V=library token signatures are verified by the cryptographic library
#   T=journal     only the tests with that word in their file's name       FULL=1    every power cut
#
# Sources are found by folder: a new file needs no change here. Every room is an archive of its own,
# and a program is linked with the archives that the include rules allow it, so a room that does not
# compile stops only those who stand on it.

MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:

BOARD ?= linux
# For `make size`.
ifeq ($(BOARD),all)
override BOARD := linux
endif
ifeq ($(origin CC),default)
CC := gcc
endif
HOST_CC ?= gcc
include boards/$(BOARD)/board.mk

VARIANT := $(BOARD)$(if $(findstring clang,$(CC)),-clang)$(if $(FUZZ),-fuzz,$(if $(SAN),-asan))$(if $(WERROR),-werror)$(if $(P256V),-$(P256V))
B := build/$(VARIANT)
export B DEPS
# Where nobody has said how much of the machine to use, a build uses all of it.
PARALLEL = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))

P256M := mbedtls/3rdparty/p256-m

# Flags -------------------------------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes \
    -Wmissing-prototypes -Wvla $(if $(WERROR),-Werror)
SANITIZE := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
OPTIMISE := $(if $(SAN)$(FUZZ),$(SANITIZE),$(or $(BOARD_OPTIMISE),-O2))
INCLUDES := -I. -Ifirmware -isystem build/deps/mbedtls/include -isystem build/deps/cjson \
    -isystem build/deps/qrencode -isystem build/deps/$(P256M)/p256-m
DEFINES := -DMBEDTLS_CONFIG_FILE='"boards/mbedtls_config.h"' \
    -DMBEDTLS_PSA_CRYPTO_CONFIG_FILE='"boards/psa_crypto_config.h"'
# Elliptic curves are the library's own, or p256-m's where board.mk says so (BOARD_CURVE := p256-m).
WITH_P256M := $(filter p256-m,$(BOARD_CURVE))
CURVE_CFLAGS := $(if $(WITH_P256M),-DMBEDTLS_PSA_P256M_DRIVER_ENABLED -isystem build/deps/$(P256M) \
    -isystem build/deps/mbedtls/library)
LIB_CFLAGS := -std=c11 -g $(OPTIMISE) $(BOARD_CFLAGS) $(INCLUDES) $(DEFINES) $(CURVE_CFLAGS)
# The search is guided through our code, and its coverage counted; the libraries' is not.
SEARCH := $(if $(FUZZ),-fsanitize=fuzzer-no-link -fprofile-instr-generate -fcoverage-mapping)
ROOM_CFLAGS := $(LIB_CFLAGS) $(WARNINGS) $(SEARCH)
# What runs on an operating system may use it; the agent and its contracts are plain C11.
HOSTED_CFLAGS := $(ROOM_CFLAGS) -D_GNU_SOURCE
cflags_of = $(if $(filter firmware/%,$1),$(ROOM_CFLAGS),$(HOSTED_CFLAGS))

# Rooms, and what each stands on ------------------------------------------------------------------

DIRS_base := firmware/base
DIRS_store := firmware/store
DIRS_redeem := firmware/redeem
DIRS_sync := firmware/sync
DIRS_agent := firmware/agent
DIRS_till := firmware/till
DIRS_posix := platform/posix
DIRS_sim := platform/sim
DIRS_cortexm := platform/cortexm
# Boards that differ in their processor alone share a folder.
BOARD_DIR ?= boards/$(BOARD)
DIRS_board := $(BOARD_DIR)
DIRS_scrip := tools/scrip
DIRS_host := tools/host
DIRS_selftest := firmware/images/selftest
DIRS_support := tests/support
DIRS_fake := tests/fake
ROOMS := base store redeem sync agent till posix sim cortexm board selftest scrip host support fake

AGENT := agent sync redeem store base
STANDS_ON_base := base
STANDS_ON_store := store base sim
STANDS_ON_redeem := redeem store base sim
STANDS_ON_sync := sync redeem store base sim posix
STANDS_ON_agent := $(AGENT) sim posix
STANDS_ON_till := till base fake
STANDS_ON_selftest := selftest posix base
STANDS_ON_platform := posix sim base store
STANDS_ON_host := host redeem store base sim posix
STANDS_ON_tool := scrip $(AGENT) sim posix
STANDS_ON_p256v := base
STANDS_ON_cortexm := cortexm base
STANDS_ON_power := $(AGENT) sim posix
STANDS_ON_fuzz := $(AGENT) host sim posix
STANDS_ON_nexo := till fake redeem store base sim
STANDS_ON_all := till $(AGENT) scrip host sim posix

archives = $(foreach room,$1,$(B)/lib/room-$(room).a)
LIBS := $(B)/lib/libmbedtls.a $(B)/lib/libcjson.a $(B)/lib/libqrencode.a
BOARD_PLATFORM ?= posix
BINUTILS := $(patsubst %objcopy,%,$(BOARD_OBJCOPY))

# Programs ----------------------------------------------------------------------------------------

# A program exists as soon as its main does.
PROGRAMS_posix := $(if $(wildcard tools/scrip/main.c),$(B)/scrip) \
    $(if $(wildcard tools/host/main.c),$(B)/scrip-host) \
    $(if $(wildcard firmware/images/terminal.c),$(B)/scripd)
PROGRAMS_cortexm := $(B)/terminal.elf
COUNTED := $(if $(filter cortexm,$(BOARD_PLATFORM)),$(B)/counted.elf)
PROGRAMS := $(PROGRAMS_$(BOARD_PLATFORM))
SELFTEST := $(B)/selftest$(if $(filter cortexm,$(BOARD_PLATFORM)),.elf)
# With the library in p256v's place there is nothing to see of p256v's own parts.
UNIT := $(patsubst %.c,$(B)/%,$(filter-out $(if $(filter library,$(P256V)),tests/p256v/driver_test.c tests/p256v/field_test.c),\
    $(wildcard tests/unit/*$(T)*_test.c tests/p256v/*$(T)*_test.c tests/cortexm/*$(T)*_test.c)))
POWER := $(patsubst %.c,$(B)/%,$(wildcard tests/power/*$(T)*_test.c))
VECTORS := $(patsubst %.c,$(B)/%,$(wildcard tests/vectors/*$(T)*_test.c))
CANARY := $(patsubst %.c,$(B)/%,$(wildcard tests/canary/*_test.c))
BENCH := $(patsubst %.c,$(B)/%,$(wildcard tests/bench/*_bench.c))
BENCH_JOURNAL := $(patsubst %.c,$(B)/%,$(wildcard tests/bench/journal/*_bench.c))
BENCH_TOKEN := $(B)/tests/bench/token/code_bench
# The readers of hostile bytes. Those that end in -real do without the seam of tests/fuzz/seam.c; what
# cert reads is verified inside the library, so it has no other.
REAL := token object cert
FUZZERS := $(patsubst %.c,$(B)/%,$(filter-out %/cert_fuzz.c,$(wildcard tests/fuzz/*$(T)*_fuzz.c))) \
    $(patsubst %.c,$(B)/%-real,$(wildcard $(REAL:%=tests/fuzz/%_fuzz.c)))
# The suites with planted faults, and the programs that must notice them: see tests/mutants. Those of
# the power suite belong to `make power`, those of byte order to where they show.
FAULTY := $(filter-out power big-endian,$(patsubst tests/%/mutants.txt,%,$(wildcard tests/*/mutants.txt)))
noticing = $(shell awk '!/^[ \t]*(\043|$$)/ { print "$(B)/tests/" $$1 }' /dev/null $(1:%=tests/%/mutants.txt) | sort -u)
MUTANTS := $(call noticing,$(FAULTY))
POWER_MUTANTS := $(call noticing,power)
E2E := $(filter-out tests/e2e/demo.sh tests/e2e/boards%.sh tests/e2e/%lib.sh,$(wildcard tests/e2e/*$(T)*.sh))
# What it looks like when an image ends, one way after the other.
RESTART := $(if $(filter cortexm,$(BOARD_PLATFORM)),$(B)/restart.elf)
BINARIES := $(PROGRAMS) $(SELFTEST) $(RESTART) $(COUNTED) $(UNIT) $(POWER) $(VECTORS) $(BENCH) $(BENCH_JOURNAL) $(BENCH_TOKEN) $(CANARY) $(FUZZERS)

##@ Build
all: $(PROGRAMS) ## the terminal (scripd), the host (scrip-host) and the command line (scrip)
lib: $(if $(filter cortexm,$(BOARD_PLATFORM)),setup-boards,setup-demo) ## what an integrator links: scrip.o, lib/libmbedtls.a, lib/libqrencode.a under build/<board>
	@$(MAKE) $(PARALLEL) lib-programs
	@NM=$(BINUTILS)nm OBJCOPY=$(BINUTILS)objcopy LD=$(BINUTILS)ld CALLED_BACK='$(CALLED_BACK)' \
	    tests/run-suite lib tools/check/lib
lib-programs: $(B)/scrip.o $(LIBS)
install: lib-programs ## what `make lib` makes, with headers, pkg-config and CMake files; BOARD=b, PREFIX=/usr/local, DESTDIR=
	@PREFIX=$(PREFIX) DESTDIR=$(DESTDIR) LIMITS='$(wildcard $(BOARD_DIR)/limits.h)' LIBS_PRIVATE=$(BOARD_LIBS_PRIVATE) tools/install
PREFIX ?= /usr/local
issuer: $(B)/libscrip-issuer.a $(B)/lib/libmbedtls.a ## what a back office links to sign codes and objects: redeem/mint.h
test-programs: $(SELFTEST) $(UNIT) $(POWER) $(VECTORS) $(BENCH) $(BENCH_JOURNAL) $(BENCH_TOKEN) $(CANARY) $(FUZZERS) ## every test binary, without running it

unit-programs: $(UNIT) $(FUZZERS)
fuzz-programs: $(FUZZERS)

##@ Use
demo: setup-demo ## watch one redemption live: online, offline, through a power cut
	@$(MAKE) $(PARALLEL) all
	@tests/e2e/demo.sh

##@ Prove
test: setup-test setup-big-endian ## everything that must hold: unit (ASan, UBSan), vectors, power cuts, end to end
	@rm -rf build/test
	@$(MAKE) $(PARALLEL) all $(SELFTEST) $(VECTORS) $(CANARY) $(POWER) $(MUTANTS) $(POWER_MUTANTS)
	@$(MAKE) $(PARALLEL) SAN=1 unit-programs
	@$(MAKE) $(PARALLEL) BOARD=big-endian big-endian-programs
	@$(MAKE) SAN=1 unit || :
	@$(MAKE) SAN=1 seeds || :
	@$(MAKE) vectors || :
	@tests/run-suite canary $(CANARY) tests/canary/processes.sh || :
	@$(MAKE) power || :
	@$(MAKE) mutants || :
	@$(MAKE) lib || :
	@$(MAKE) e2e || :
	@$(MAKE) selftest-faults || :
	@$(MAKE) BOARD=big-endian big-endian-run || :
	@tests/run-suite --total

unit: $(UNIT) ## only the unit tests of this variant (SAN=1 as `make test` does)
	@tests/run-suite $@ $^
seeds: $(FUZZERS) ## only the seeds of `make fuzz`, cut and changed, without a search
	@tests/run-suite $@ $^
canary: all $(CANARY) ## a thousand known identifiers go through every path and are found nowhere
	@tests/canary/run $(CANARY) tests/canary/processes.sh
vectors: $(VECTORS) ## only the public test vectors
	@tests/run-suite $@ $^
power: $(POWER) $(POWER_MUTANTS) $(if $(FULL),all) ## only the power cuts and their planted faults; FULL=1: a million cuts
	@tests/power/run $(POWER)
mutants: $(MUTANTS) ## only the other planted faults, each of which a test must notice
	@SUITES='$(FAULTY)' TEST_LIBS=-lcrypto tests/run-suite $@ $(if $^,tests/mutants)
fuzz: setup-fuzz ## search for an input that breaks a reader, FUZZ_SECONDS=60 for each
	@$(MAKE) $(PARALLEL) CC=clang FUZZ=1 fuzz-programs
	@$(MAKE) CC=clang FUZZ=1 fuzz-run
fuzz-run: $(FUZZERS)
	@tests/fuzz/run $^
e2e: all lib-programs $(SELFTEST) ## only the tests with real processes
	@tests/run-suite $@ $(E2E)

big-endian: setup-big-endian ## the unit tests and every power cut on a big-endian processor
	@$(MAKE) $(PARALLEL) BOARD=big-endian ENDIAN=all big-endian-programs
	@$(MAKE) BOARD=big-endian ENDIAN=all big-endian-run
# All but those that need the host's libraries, OpenSSL's or libpng.
BIG_ENDIAN := $(filter-out $(addprefix $(B)/tests/,p256v/% cortexm/% $(addprefix unit/,host_% session_% tool_% platform_till_%)),$(UNIT)) \
    $(B)/tests/vectors/issuer_test $(POWER)
# The quick ones of what `make test` runs: all that writes integers to flash or the wire.
BIG_ENDIAN_QUICK := $(filter $(addprefix $(B)/tests/unit/,base_% redeem_% store_% sync_%) %/issuer_test,$(BIG_ENDIAN))
big-endian-programs: $(if $(ENDIAN),$(BIG_ENDIAN),$(BIG_ENDIAN_QUICK))
big-endian-run: $(if $(ENDIAN),$(BIG_ENDIAN),$(BIG_ENDIAN_QUICK))
	@RUN_WITH='$(BOARD_RUN)' TEST_TIMEOUT_S=$${TEST_TIMEOUT_S:-1800} tests/run-suite big-endian $^
	@MUTANT_RUN_WITH='$(BOARD_RUN)' SUITES=big-endian tests/run-suite big-endian-mutants tests/mutants

ON_BOARD = BOARD=$(BOARD) BOARD_DIR=$(BOARD_DIR) BOARD_MACHINE=$(BOARD_MACHINE)
EMULATED := mps2-an385 mps2-an386 lm3s6965evb
boards: setup-boards ## the terminal on emulated boards, against the real host, and its size
	@$(MAKE) BOARD=all size
	@for board in $(EMULATED); do $(MAKE) BOARD=$$board lib || exit; done
	@$(MAKE) $(PARALLEL) BOARD=linux all
	@for board in $(EMULATED); do $(MAKE) $(PARALLEL) BOARD=$$board all && $(MAKE) BOARD=$$board run run-day restarts && $(MAKE) BOARD=$$board selftest selftest-faults || exit; done
run: all $(COUNTED) build/host/instructions.so ## BOARD=b: its emulated terminal, from boot to the last settled record, and its figures
	@$(ON_BOARD) tests/run-suite run-$(BOARD) tests/e2e/boards.sh tests/e2e/boards_count.sh
	@tests/emulated/counted-report $(BOARD) $(B)/samples
run-day: all ## BOARD=b: a longer day of it: no host, kills and resets, a dropped line, two terminals with one code
	@$(ON_BOARD) tests/run-suite $@-$(BOARD) tests/e2e/boards_day.sh tests/e2e/boards_trouble.sh $(BOARD_TESTS)
run-cuts: all ## BOARD=b: power cuts at the first 40 writes of sales and of enrolments, CUTS='1 2 3': ten minutes and more
	@$(ON_BOARD) TEST_TIMEOUT_S=7200 tests/run-suite $@-$(BOARD) tests/e2e/boards_cuts.sh
restarts: all $(RESTART) setup-boards ## BOARD=b: its watchdog and faults, and what the next start knows of them
	@BOARD=$(BOARD) BOARD_DIR=$(BOARD_DIR) BOARD_MACHINE=$(BOARD_MACHINE) tests/run-suite $@-$(BOARD) tests/e2e/boards_restart.sh

selftest: $(SELFTEST) $(if $(filter cortexm,$(BOARD_PLATFORM)),setup-boards) ## BOARD=b: whether its port keeps the contracts of hal/; PEER=HOST:PORT, CUTS=3
	@BOARD=$(BOARD) BOARD_DIR=$(BOARD_DIR) BOARD_MACHINE=$(BOARD_MACHINE) tests/selftest/run $(SELFTEST)
selftest-faults: $(SELFTEST) ## BOARD=b: faults planted in its wiring and drivers, which its selftest must name
	@BOARD=$(BOARD) BOARD_DIR=$(BOARD_DIR) BOARD_MACHINE=$(BOARD_MACHINE) \
	    LINK='$(CC) $(OPTIMISE) $(subst ",\",$(BOARD_CFLAGS)) $(if $(BOARD_END),$(BARE_LINK))' \
	    OBJECTS='$(SELFTEST_OBJECTS)' LIBS='-Wl,--start-group $(SELFTEST_ARCHIVES) $(LIBS) -Wl,--end-group $(BOARD_LIBS)' \
	    tests/run-suite selftest-$(BOARD) tests/selftest/faults

check: setup-check ## layers, format, both compilers with -Werror, clang-tidy, cppcheck
	@tools/check/run

format: setup-check ## lay the C files out as .clang-format says
	@git ls-files --cached --others --exclude-standard '*.c' '*.h' | xargs clang-format -i

##@ Measure
size: setup-boards ## flash, RAM and stack of a board's images, and the agent in them, against the budgets of its board.mk; BOARD=b or all
	@rm -rf build/size && mkdir -p build/size
	@for board in $(if $(filter linux,$(BOARD)),$(EMULATED),$(BOARD)); do \
	    $(MAKE) $(PARALLEL) BOARD=$$board size-programs && $(MAKE) BOARD=$$board size-board || exit; done
	@tools/check/budget --total build/size
size-programs: $(filter %.elf,$(PROGRAMS)) $(call archives,$(AGENT)) $(LIBS) $(B)/tests/size/memory.o
size-board: size-modules
	@BOARD=$(BOARD) FLASH=$(BUDGET_FLASH) RAM=$(BUDGET_RAM) AGENT=$(BUDGET_AGENT) SCRIP=$(BUDGET_SCRIP) \
	    tools/check/budget build/size $(IMAGES)
size-modules: size-programs ## the agent module by module and library by library, without optimisation across them; BOARD=b
	@CC='$(CC)' FLAGS='$(subst ",\",$(OPTIMISE) $(filter-out -D%,$(BOARD_CFLAGS)))' tools/check/size $(AGENT) $(if $(filter size-board,$(MAKECMDGOALS)),>$(B)/size.modules)
bench: setup-bench all $(BENCH) ## instructions of the redeem path, settled records a second
	@tests/bench/run
bench-verify: setup-test setup-boards build/host/p256v_table $(B)/tests/vectors/shared_test ## signatures on a Cortex-M3 and M4: instructions, flash, stack, beside the library
	@tests/emulated/p256v measure >build/emulated.samples && tests/emulated/report build/emulated.samples
emulated: setup-test setup-boards build/host/p256v_table $(B)/tests/vectors/shared_test ## 23,000 signatures on a Cortex-M3 and M4 against OpenSSL's answers, in C and assembly
	@tests/run-suite $@ tests/emulated/p256v-cases tests/emulated/p256v-faults
bench-journal: setup-journal $(BENCH_JOURNAL) ## the journal on a modelled flash, and on files beside SQLite and LMDB
	@$(MAKE) BOARD=size-cortex-m3 build/size-cortex-m3/lib/room-store.a
	@tests/bench/journal/run
bench-token: setup-token $(BENCH_TOKEN) ## codes beside other formats, their reading out of focus and on a Cortex-M3
	@$(MAKE) BOARD=size-cortex-m3 $(addprefix build/size-cortex-m3/lib/,room-redeem.a room-base.a libmbedtls.a)
	@tests/bench/token/run

##@ Tidy up
clean: ## remove what was built, keep the library sources
	@find build -mindepth 1 -maxdepth 1 ! -name deps -exec rm -rf {} + 2>/dev/null || :
distclean: ## remove everything that is not in the repository
	@rm -rf build
help: ## this text
	@awk 'BEGIN { FS = ":.*## " } /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	    /^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile
	@printf '\nBOARD=linux CC=clang SAN=1 FUZZ=1 WERROR=1 choose a variant: build/<variant>/.\nT=word: only the tests so named. DEPS=dir: library tarballs at hand, no network.\n'

.PHONY: FORCE boards run run-day run-cuts restarts selftest selftest-faults all lib lib-programs install issuer canary test-programs unit-programs demo test unit seeds fuzz fuzz-run \
    fuzz-programs \
    vectors power mutants e2e check format \
    size size-programs size-board size-modules bench big-endian big-endian-programs big-endian-run setup-big-endian clean distclean help setup-demo setup-test setup-boards setup-check \
    setup-bench setup-fuzz setup-journal bench-journal bench-verify emulated setup-token bench-token

# Links -------------------------------------------------------------------------------------------

# A test is linked with what its room stands on. The room is the first word of the file's name
# (tests/unit/store_journal_test.c), else the folder's (tests/power), else everything.
rooms_of = $(firstword $(foreach key,$(firstword $(subst _, ,$(notdir $1))) $(notdir $(patsubst %/,%,$(dir $1))) all,\
    $(if $(STANDS_ON_$(key)),STANDS_ON_$(key))))
# Files without the suffix are helpers of their folder's tests.
helpers_of = $(patsubst %.c,$(B)/%.o,$(filter-out %_test.c %_bench.c,$(wildcard $(patsubst $(B)/%,%,$(dir $1))*.c)))

$(B)/scrip: $(B)/tools/scrip/main.o $(call archives,scrip $(AGENT) posix sim)
$(B)/scrip-host: $(B)/tools/host/main.o $(call archives,host redeem store base)
$(B)/scripd: $(B)/firmware/images/terminal.o $(call archives,till $(AGENT) posix board)
# An image for a board without an operating system: how it ends is board.mk's choice.
IMAGES := $(PROGRAMS_cortexm)
BARE := $(IMAGES) $(filter %.elf,$(SELFTEST))
$(BARE): $(B)/%.elf: $(B)/firmware/images/%.o
$(BARE) $(COUNTED): $(B)/platform/cortexm/end/$(BOARD_END).o
$(RESTART): $(B)/tests/emulated/restart_image.o $(B)/platform/cortexm/end/reset.o
$(BARE) $(COUNTED) $(RESTART): $(call archives,cortexm board base) $(BOARD_LIBRARIES:%=$(B)/lib/lib%.a) \
    $(BOARD_DIR)/memory.ld platform/cortexm/sections.ld
$(IMAGES) $(COUNTED): $(call archives,till $(AGENT))
BARE_LINK := -nostartfiles -T$(BOARD_DIR)/memory.ld -Wl,--gc-sections -Wl,--sort-section=alignment -Wl,--fatal-warnings
$(BARE) $(COUNTED) $(RESTART): private BOARD_LIBS = $(BARE_LINK) -Wl,-Map=$(@:.elf=.map)
SELFTEST_OBJECTS := $(B)/firmware/images/selftest.o $(if $(BOARD_END),$(B)/platform/cortexm/end/$(BOARD_END).o)
SELFTEST_ARCHIVES := $(call archives,selftest $(BOARD_PLATFORM) board base) $(BOARD_LIBRARIES:%=$(B)/lib/lib%.a)
$(SELFTEST): $(SELFTEST_OBJECTS) $(SELFTEST_ARCHIVES)
# Whom the image asks for an echo, as the board sees tools/peer.
PEER ?= $(BOARD_PEER)
SELFTEST_DEFINES := -DSELFTEST_BOARD='"$(BOARD)"' -DSELFTEST_PEER='"$(PEER)"'
$(B)/firmware/images/selftest.o: private DEFINES_HERE := $(SELFTEST_DEFINES)
$(B)/firmware/images/selftest.o: $(B)/selftest.flags
# The terminal with counters between its parts, for `make run`: a call within a whole has no seam.
$(COUNTED): $(B)/firmware/images/terminal.o $(B)/tests/emulated/counted.o
$(COUNTED): private LINK_WITH = -fno-lto $(COUNTED_CALLS:%=-Wl,--wrap=%)
COUNTED_CALLS := board_open cpu_sleep image_end p256v_verify scrip_open scrip_redeem till_poll tls_connect tls_poll
$(foreach bin,$(UNIT) $(POWER) $(VECTORS) $(BENCH) $(BENCH_JOURNAL) $(BENCH_TOKEN) $(CANARY),$(eval \
    $(bin): $(bin).o $(call helpers_of,$(bin)) $(call archives,$($(call rooms_of,$(bin))) support)))

SEAM := p256v_verify crypto_hmac crypto_hkdf crypto_aead_key crypto_aead_seal crypto_aead_open
$(foreach bin,$(FUZZERS),$(eval $(bin): $(bin:%-real=%).o \
    $(addprefix $(B)/tests/fuzz/,world.o medium.o $(if $(FUZZ),search.o,replay.o)) \
    $(if $(filter %-real,$(bin)),,$(B)/tests/fuzz/seam.o) \
    $(call archives,$($(call rooms_of,$(bin))) support)))
$(FUZZERS): LINK_WITH = $(if $(FUZZ),-fsanitize=fuzzer -fprofile-instr-generate) \
    $(if $(filter %-real,$@),,$(SEAM:%=-Wl,--wrap=%))

$(B)/tests/bench/journal/files_bench: private BOARD_LIBS += -llmdb

$(BENCH_TOKEN) $(B)/tests/vectors/shared_test: LINK_LIBS = -lz

# Accidents at a chosen call.
INJECTED := $(addprefix psa_,hash_setup hash_update hash_finish import_key export_key export_public_key \
    generate_key mac_sign_setup mac_update mac_sign_finish key_derivation_setup key_derivation_input_bytes \
    key_derivation_output_bytes aead_encrypt aead_decrypt verify_hash sign_hash raw_key_agreement) \
    mbedtls_calloc
$(filter %_inject_test,$(UNIT)): LINK_WITH = $(INJECTED:%=-Wl,--wrap=%)
$(B)/tests/unit/agent_inject_test: LINK_WITH = $(patsubst %,-Wl$(comma)--wrap=%,$(INJECTED) scrip_enroll_request scrip_enroll_install)

# Its signatures are the same in every run.
$(B)/tests/vectors/issuer_test: LINK_WITH = -Wl,--wrap=crypto_sign

# The general reader beside ours, which must not find our functions of the same names.
$(B)/tests/vectors/differential_test: LINK_LIBS = -lcbor -lcrypto -Wl,--exclude-libs,ALL

# Deterministic CBOR, COSE and the writers of tokens and objects: what a back office needs of us.
$(B)/libscrip-issuer.a: $(patsubst %,$(B)/firmware/%.o,$(addprefix base/,bytes cbor cbor_window cose crypto \
    identity object span status text) $(addprefix redeem/,mint scan token token_write keyset keyset_write \
    policy_write))
	@echo "  AR  $@"
	@rm -f $@
	@$(or $(BOARD_AR),ar) rcs $@ $^


# The agent and cJSON as one object in which only the public API, and what the libraries call back,
# is global; tools/check/lib holds it to that. libqrencode stays outside, so that it can be replaced
# (LGPL), and so does mbedTLS. Functions keep their sections, for the integrator's --gc-sections.
CALLED_BACK := mbedtls_psa_external_get_random mbedtls_ms_time qr_malloc qr_calloc qr_realloc qr_free \
    $(if $(WITH_P256M),p256_ecdsa_verify)
$(B)/scrip.o: $(call archives,$(AGENT)) $(B)/lib/libcjson.a
	@echo "  LD  $@"
	@$(BINUTILS)ld -r --whole-archive -o $@ $^
	@$(BINUTILS)objcopy -w -R '.gnu.lto_*' -N '*.c.[0-9a-f]*' -G 'scrip_*' $(CALLED_BACK:%=-G %) $@

$(BINARIES): $(LIBS)
	@echo "  LD  $@"
	@$(CC) $(OPTIMISE) $(BOARD_CFLAGS) $(LINK_WITH) -o $@ $(filter %.o,$^) \
	    -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(BOARD_LIBS) $(LINK_LIBS)
# What OpenSSL says is right, p256v must say too.
$(B)/tests/p256v/%: LINK_LIBS = -lcrypto

# Loaded by the emulator.
build/host/instructions.so: tests/emulated/instructions.c
	@mkdir -p $(@D)
	@echo "  CC  $@"
	@$(HOST_CC) -std=c11 -O2 $(WARNINGS) -D_GNU_SOURCE -shared -fPIC -o $@ $<

# Archives and objects ----------------------------------------------------------------------------

# Signatures are verified by p256v.c or by the library, and p256v's kernel may be a processor's own:
# a board.mk may name it. The base point's table is made for as many teeth as a board wants: 4 to 7
# make 512 bytes to 4 KiB.
P256V_KERNEL ?= firmware/base/p256v_kernel.c
P256V_BASE_TEETH ?= 6
# What only a bare processor can do; the drivers beside it are tested on fakes of their devices.
PROCESSORS := $(addprefix platform/cortexm/,cpu.c libc.c netstack.c)
LEFT_OUT := $(if $(filter library,$(P256V)),firmware/base/p256v.c firmware/base/p256v_driver.c,firmware/base/p256v_library.c) \
    $(filter-out $(P256V_KERNEL),firmware/base/p256v_kernel.c) $(BOARD_LEFT_OUT) \
    $(if $(filter posix,$(BOARD_PLATFORM)),$(PROCESSORS))

# The folder is a prerequisite so that a file that has gone also leaves the archive. A tool's main
# stays outside, so that tests can link the rest.
$(foreach room,$(ROOMS),$(eval $(B)/lib/room-$(room).a: $(wildcard $(DIRS_$(room))) \
    $(patsubst %.c,$(B)/%.o,$(filter-out %/main.c $(LEFT_OUT),$(wildcard $(DIRS_$(room):%=%/*.c))))))

$(B)/lib/room-base.a: $(B)/gen/p256v_base$(P256V_BASE_TEETH).o $(patsubst %,$(B)/%.o,$(basename $(P256V_KERNEL)))
$(B)/gen/p256v_base$(P256V_BASE_TEETH).o: $(B)/gen/p256v_base$(P256V_BASE_TEETH).c $(B)/flags
	@echo "  CC  $<"
	@$(CC) $(ROOM_CFLAGS) -c $< -o $@
$(B)/gen/p256v_base$(P256V_BASE_TEETH).c: build/host/p256v_table $(B)/flags
	@mkdir -p $(@D)
	@$< $(P256V_BASE_TEETH) >$@
# Runs on the machine that builds.
TABLE_MAKER := tools/p256v/table.c $(foreach part,comb field invert kernel number point scalar,firmware/base/p256v_$(part).c)
build/host/p256v_table: $(TABLE_MAKER) firmware/base/p256v.h firmware/base/p256v_private.h
	@mkdir -p $(@D)
	@echo "  CC  $@"
	@$(HOST_CC) -std=c11 -O1 -I. -Ifirmware -o $@ $(TABLE_MAKER)

# Only the members with code under boards/mbedtls_config.h: a new option may need a new name here.
MBEDTLS := aes asn1parse asn1write base64 bignum bignum_core block_cipher cipher cipher_wrap constant_time ecdh \
    ecdsa ecp ecp_curves gcm md memory_buffer_alloc mps_reader oid pem pk pk_ecc pk_wrap pkparse \
    pkwrite platform platform_util psa_crypto psa_crypto_aead psa_crypto_cipher psa_crypto_client \
    psa_crypto_driver_wrappers_no_static psa_crypto_ecp psa_crypto_hash psa_crypto_mac \
    psa_crypto_rsa psa_crypto_slot_management psa_util sha256 ssl_ciphersuites ssl_client ssl_msg \
    ssl_tls ssl_tls13_client ssl_tls13_generic ssl_tls13_keys threading x509 x509_create x509_crt \
    x509_csr x509write x509write_crt x509write_csr
QRENCODE := bitstream mask mmask mqrspec qrencode qrinput qrspec rsecc split
LIB_OBJECTS_mbedtls := $(MBEDTLS:%=$(B)/lib/mbedtls/library/%.o) \
    $(if $(WITH_P256M),$(addprefix $(B)/lib/$(P256M)/,p256-m_driver_entrypoints.o p256-m/p256-m.o))
LIB_OBJECTS_cjson := $(B)/lib/cjson/cJSON.o
# Its numbers are read by firmware/base/json_number.c.
$(LIB_OBJECTS_cjson): LIB_DEFINES := -Dstrtod=json_strtod
LIB_OBJECTS_qrencode := $(QRENCODE:%=$(B)/lib/qrencode/%.o)
# What it verifies is p256v's to answer: firmware/base/p256v_driver.c.
$(B)/lib/$(P256M)/p256-m/p256-m.o: LIB_DEFINES := $(if $(filter library,$(P256V)),,-Dp256_ecdsa_verify=p256m_ecdsa_verify)
QRENCODE_VERSION := -DMAJOR_VERSION=4 -DMINOR_VERSION=1 -DMICRO_VERSION=1 -DVERSION='"4.1.1"' \
    -DSTATIC_IN_RELEASE=static
# Its memory is the arena that firmware/base/qr.c is handed, not a heap.
QRENCODE_MEMORY := -Dmalloc=qr_malloc -Dcalloc=qr_calloc -Drealloc=qr_realloc -Dfree=qr_free
$(LIB_OBJECTS_qrencode): LIB_DEFINES := $(QRENCODE_VERSION) $(QRENCODE_MEMORY)
LWIP := core/def core/dns core/inet_chksum core/init core/ip core/mem core/memp core/netif core/pbuf \
    core/tcp core/tcp_in core/tcp_out core/timeouts core/udp core/ipv4/acd core/ipv4/dhcp \
    core/ipv4/etharp core/ipv4/icmp core/ipv4/ip4 core/ipv4/ip4_addr core/ipv4/ip4_frag netif/ethernet
LIB_OBJECTS_lwip := $(LWIP:%=$(B)/lib/lwip/src/%.o)
LIB_OBJECTS := $(LIB_OBJECTS_mbedtls) $(LIB_OBJECTS_cjson) $(LIB_OBJECTS_qrencode) $(LIB_OBJECTS_lwip)
$(LIB_OBJECTS_lwip): $(wildcard platform/cortexm/lwip/*.h platform/cortexm/lwip/arch/*.h)
PINNED := build/deps/mbedtls/.pinned build/deps/cjson/.pinned build/deps/qrencode/.pinned \
    $(BOARD_LIBRARIES:%=build/deps/%/.pinned)
$(foreach lib,mbedtls cjson qrencode lwip,$(eval $(B)/lib/lib$(lib).a: $(LIB_OBJECTS_$(lib))))

$(B)/lib/%.a:
	@mkdir -p $(@D)
	@echo "  AR  $@"
	@rm -f $@
	@$(or $(BOARD_AR),ar) rcs $@ $(filter %.o,$^)

$(LIB_OBJECTS): $(B)/lib/%.o: $(PINNED) $(B)/lib/flags boards/mbedtls_config.h boards/psa_crypto_config.h
	@mkdir -p $(@D)
	@$(CC) $(LIB_CFLAGS) $(BOARD_LIBRARY_CFLAGS) $(LIB_DEFINES) -w -c build/deps/$*.c -o $@

# The compiler itself calls the first two, after the link has decided who is called at all; the third
# is read for its sizes.
$(addprefix $(B)/,platform/cortexm/cpu.o platform/cortexm/libc.o tests/size/memory.o): private HOSTED_CFLAGS += -fno-lto
$(B)/%.o: %.c $(B)/flags boards/mbedtls_config.h boards/psa_crypto_config.h | $(PINNED)
	@mkdir -p $(@D)
	@echo "  CC  $@"
	@$(CC) $(call cflags_of,$<) $(DEFINES_HERE) -MMD -MP -c $< -o $@

-include $(wildcard $(B)/*/*/*.d $(B)/*/*/*/*.d)

$(B)/%.o: %.S $(B)/flags
	@mkdir -p $(@D)
	@echo "  AS  $@"
	@$(CC) $(call cflags_of,$<) -MMD -MP -c $< -o $@

# Written only when it changes, so that other flags rebuild and the same flags do not.
$(B)/flags: export FLAGS = $(CC) $(HOSTED_CFLAGS) $(BOARD_LIBS)
$(B)/lib/flags: export FLAGS = $(CC) $(LIB_CFLAGS) $(BOARD_LIBRARY_CFLAGS) $(QRENCODE_VERSION) $(QRENCODE_MEMORY)
$(B)/selftest.flags: export FLAGS = $(SELFTEST_DEFINES)
$(B)/flags $(B)/lib/flags $(B)/selftest.flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' "$$FLAGS" | cmp -s - $@ || printf '%s\n' "$$FLAGS" >$@
# The machine: packages and library sources -------------------------------------------------------

$(PINNED) &: tools/deps | $(if $(filter cortexm,$(BOARD_PLATFORM)),setup-boards,setup-demo)
	@tools/deps mbedtls cjson qrencode $(BOARD_LIBRARIES) && touch $(PINNED)
setup-test setup-boards setup-check setup-bench setup-fuzz setup-journal setup-token setup-big-endian: | setup-demo
setup-demo setup-test setup-boards setup-check setup-bench setup-fuzz setup-journal setup-token \
    setup-big-endian:
	@tools/setup $(@:setup-%=%)

# For editors and clang-tidy ----------------------------------------------------------------------

ALL_SOURCES := $(wildcard tests/canary/*.c $(foreach room,$(ROOMS),$(DIRS_$(room):%=%/*.c)) firmware/images/*.c \
    tests/unit/*.c tests/p256v/*.c tests/cortexm/*.c tests/power/*.c tests/vectors/*.c tests/bench/*.c tests/bench/token/code_bench.c tests/size/*.c tests/fuzz/*.c)
entry = {"directory":"$(CURDIR)","file":"$1","command":"$(subst ",\",$(CC) $(call cflags_of,$1) -c $1)"}
comma := ,
compile_commands.json: build/compile_commands.json ## build/compile_commands.json
build/compile_commands.json: FORCE | $(PINNED)
	$(file >$@,[)
	$(foreach source,$(ALL_SOURCES),$(file >>$@,$(if $(filter-out $(firstword $(ALL_SOURCES)),$(source)),$(comma))$(call entry,$(source))))
	$(file >>$@,])
	@:
