# Loci's one Makefile.
#
#   make               build/pae/loci.elf, PAE=0: build/nopae/loci.elf
#   make help          everything else
#
# Settings: PAE=0|1  DEBUG=0|1  CXX=clang++  CROSS=i686-elf-  PCH=0  V=1  BUILD=dir
# A changed setting rebuilds what it touches. Deleting build/ starts afresh.

PAE   ?= 1
DEBUG ?= 0
PCH   ?= 1
V     ?= 0
BUILD ?= build
CROSS ?=

ifeq ($(origin CXX),default)
CXX := $(CROSS)g++
endif
NM      := $(CROSS)nm
CXXFILT := $(CROSS)c++filt
PYTHON  ?= python3
QEMU    ?= qemu-system-i386

ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-7s %s\n'
endif

.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

# Writes the text to the target, if it is another one than stands there.
define remember
@mkdir -p $(@D)
@echo '$(1)' | cmp -s - $@ || echo '$(1)' > $@
endef

# ---- the kernel ------------------------------------------------------------------
ifeq ($(PAE),1)
mode := pae
mode_dir := arch/i386/pae
march := -march=i686
else
mode := nopae
mode_dir := arch/i386/two_level
march := -march=i486
endif
out := $(BUILD)/$(mode)

is_clang := $(findstring clang,$(CXX))

ifeq ($(DEBUG),1)
optimise := -Og
small_optimise := -Og
checks := lib/checks/debug
else
optimise := -O2
small_optimise := -Oz
checks := lib/checks/release
endif

kernel_includes := -I. -I$(mode_dir) -Iarch/i386 -Imm/map/window -I$(checks) -Ilib/test
kernel_flags = -m32 $(march) -mtune=generic -ffreestanding -fno-pie -fno-stack-protector \
  -fcf-protection=none -mno-sse -mno-mmx -fno-omit-frame-pointer \
  -fno-optimize-sibling-calls -fno-asynchronous-unwind-tables -fno-strict-aliasing \
  -fno-delete-null-pointer-checks -ffunction-sections -freg-struct-return -g
cxx_flags = -std=c++20 -fno-exceptions -fno-rtti -fno-threadsafe-statics -mregparm=3 \
  -Wall -Wextra -Werror $(optimise)
ifneq ($(is_clang),)
# clang has no `long double` without x87, and libstdc++'s headers name it.
kernel_flags += --target=i686-linux-gnu -mno-implicit-float -mstack-alignment=4
# noipa (lib/assert.hpp) is g++'s, and so is the fault that it mends.
cxx_flags += -Wthread-safety -Wno-unused-private-field -Wno-unknown-attributes
linker := -fuse-ld=lld -Wl,--no-rosegment
else
kernel_flags += -mno-80387 -mpreferred-stack-boundary=2
linker :=
endif
link_flags := -m32 -static -no-pie -nostdlib -Wl,-z,max-page-size=4096 -Wl,--build-id=none \
  -Wl,-z,noexecstack -Wl,--gc-sections $(linker)
ifneq ($(is_clang),)
link_flags += --target=i686-linux-gnu
endif

# The kernel is every source below these folders; a new file needs no line here.
kernel_folders := boot kernel fs drivers mm arch/i386 lib
other_mode := $(if $(filter pae,$(mode)),arch/i386/two_level,arch/i386/pae)
kernel_sources := $(sort $(shell find $(wildcard $(kernel_folders)) \
  -name '*.cpp' -o -name '*.S'))
kernel_sources := $(filter-out $(other_mode)/%,$(kernel_sources))
generated_sources := $(BUILD)/generated/font_data.cpp $(BUILD)/generated/builtin_archive.cpp
# Tests come last: of a function that both have, the kernel's copy is the one that stays.
packed_sources := $(filter %_test.cpp %_ktest.cpp,$(kernel_sources))
packed_objects := $(patsubst %,$(out)/obj/%.o,$(packed_sources))
kernel_objects := \
  $(patsubst %,$(out)/obj/%.o,$(filter-out $(packed_sources),$(kernel_sources))) \
  $(patsubst $(BUILD)/%,$(out)/obj/%.o,$(generated_sources)) $(packed_objects)

.PHONY: all
all: $(out)/loci.elf

# Settings that end up in objects. The file changes when they do.
settings := $(CXX) PCH=$(PCH) $(kernel_flags) $(cxx_flags) $(kernel_includes) $(small_optimise) $(link_flags)
$(out)/settings: FORCE
	$(call remember,$(settings))

# What is linked. A source that goes away changes this file, and no object.
$(out)/objects: FORCE
	$(call remember,$(kernel_objects))
.PHONY: FORCE
FORCE:

# Tests are many and run once, and people wait for what is outside mm/, lib/ and arch/
# anyhow: there the image is small rather than fast, but for what each program's coming and
# going runs.
test_objects := $(filter %test.cpp.o,$(kernel_objects))
source_objects := $(filter-out %test.cpp.o,$(filter %.cpp.o,$(kernel_objects)))
often_run := $(addprefix $(out)/obj/,kernel/sched/% kernel/process/clone% kernel/process/exit% \
  kernel/process/wait% kernel/signal/life% kernel/signal/send% kernel/signal/deliver% \
  kernel/signal/return_to_user% kernel/syscall/syscall.cpp% kernel/random/chacha20%)
small_objects := $(filter $(addprefix $(out)/obj/,drivers/% kernel/% boot/%) \
  %_command.cpp.o %_demo.cpp.o %_print.cpp.o %info.cpp.o,$(source_objects))
small_objects := $(filter-out $(often_run),$(small_objects))
fast_objects := $(filter-out $(small_objects),$(source_objects))
$(test_objects) $(small_objects): private optimise := $(small_optimise)

# The headers that nearly everyone needs are read once, compiled, which saves a third of
# the build, of clang++'s half. With PCH=0 each file reads them itself: then a file that
# forgot an #include of its own does not build.
common_headers := lib/address.hpp lib/command.hpp lib/list.hpp lib/log.hpp lib/result.hpp \
  lib/spinlock.hpp
# $(1): the headers, without .gch, which g++ finds beside them
with_headers = $(if $(is_clang),-include-pch $(1).gch,-include $(1))
ifeq ($(PCH),1)
# $(1): the headers' common name, $(2): those who begin with them
define precompiled
$(2): $(out)/$(1).gch
$(2): private common := $(call with_headers,$(out)/$(1))
$(out)/$(1).gch: $(out)/settings
	@mkdir -p $$(@D)
	$$(Q)printf '#include "%s"\n' $(3) > $(out)/$(1)
	$$(Q)$$(CXX) $$(kernel_flags) $$(cxx_flags) $$(kernel_includes) -MMD -MP -MF $(out)/$(1).d \
	  -x c++-header $(out)/$(1) -o $$@
-include $(out)/$(1).d
endef
$(out)/tests.hpp.gch $(out)/small.hpp.gch: private optimise := $(small_optimise)
$(eval $(call precompiled,fast.hpp,$(fast_objects),$(common_headers)))
$(eval $(call precompiled,small.hpp,$(small_objects),$(common_headers)))
$(eval $(call precompiled,tests.hpp,$(test_objects),$(common_headers) lib/test/test.hpp))
endif

$(out)/obj/%.cpp.o: %.cpp $(out)/settings
	@mkdir -p $(@D)
	$(Q)$(CXX) $(kernel_flags) $(cxx_flags) $(kernel_includes) $(common) -MMD -MP -c $< -o $@

$(out)/obj/%.S.o: %.S $(out)/settings
	@mkdir -p $(@D)
	$(Q)$(CXX) $(kernel_flags) $(kernel_includes) -MMD -MP -c $< -o $@

$(out)/obj/generated/%.cpp.o: $(BUILD)/generated/%.cpp $(out)/settings
	@mkdir -p $(@D)
	$(Q)$(CXX) $(kernel_flags) $(cxx_flags) $(kernel_includes) $(common) -MMD -MP -c $< -o $@

$(BUILD)/generated/font_data.cpp: drivers/screen/font.txt tools/font
	@mkdir -p $(@D)
	$(Q)$(PYTHON) tools/font $< > $@

# ---- the programs ----------------------------------------------------------------
# user/ is built for the oldest CPU, whichever kernel carries it: /bin/layout, and
# /bin/tools, which is many programs under as many names (user/lib/program.hpp).
user := $(BUILD)/user
user_library := $(sort $(wildcard user/lib/*.cpp))
layout_sources := user/programs/layout.cpp $(user_library)
tools_sources := $(sort $(filter-out %/layout.cpp,$(wildcard user/programs/*.cpp)) \
  $(wildcard user/shell/*.cpp user/demos/*.cpp)) $(user_library)
user_flags := -m32 -march=i486 -mtune=generic -std=c++20 -ffreestanding -fno-exceptions \
  -fno-rtti -fno-pie -fno-stack-protector -fcf-protection=none -fno-threadsafe-statics \
  -fno-asynchronous-unwind-tables -fno-strict-aliasing -fomit-frame-pointer -mregparm=3 \
  -mno-sse -mno-mmx -ffunction-sections -fdata-sections -Wall -Wextra -Werror -Oz -I.
user_link := -m32 -static -nostdlib -Wl,-z,max-page-size=4096 -Wl,--build-id=none \
  -Wl,-z,noexecstack -Wl,-z,noseparate-code -Wl,--gc-sections -Wl,-s
ifneq ($(is_clang),)
user_flags += --target=i686-linux-gnu -mno-implicit-float -mstack-alignment=4
user_link += --target=i686-linux-gnu -fuse-ld=lld -Wl,--image-base=0x08048000 \
  -Wl,-z,nostart-stop-gc
else
user_flags += -mno-80387 -mpreferred-stack-boundary=2
user_link += -no-pie
endif
# The names of /bin/tools: of each PROGRAM(name, ...), and its own.
program_names := tools $(sort $(shell sed -n 's/^PROGRAM.\([a-z0-9_]*\),.*/\1/p' $(tools_sources)))
comma := ,
empty :=
space := $(empty) $(empty)
tools_paths := $(subst $(space),$(comma),$(addprefix /bin/,$(program_names)))

$(user)/settings: FORCE
	$(call remember,$(CXX) $(user_flags) $(user_link))

$(user)/names: FORCE
	$(call remember,$(tools_paths) $(tools_sources) $(layout_sources))

$(user)/obj/%.cpp.o: %.cpp $(user)/settings
	@mkdir -p $(@D)
	$(Q)$(CXX) $(user_flags) -MMD -MP -c $< -o $@

$(user)/layout: $(patsubst %,$(user)/obj/%.o,$(layout_sources))
$(user)/tools: $(patsubst %,$(user)/obj/%.o,$(tools_sources))
$(user)/layout $(user)/tools: $(user)/names
	$(Q)$(CXX) $(user_link) $(filter %.o,$^) -o $@

$(BUILD)/generated/builtin_archive.cpp: $(user)/layout $(user)/tools tools/make-archive \
    tools/lib/newc.py
	@mkdir -p $(@D)
	$(Q)$(PYTHON) tools/make-archive /bin/layout=$(user)/layout \
	  $(tools_paths)=$(user)/tools > $@

.PHONY: user
user: $(user)/layout $(user)/tools
-include $(patsubst %,$(user)/obj/%.d,$(sort $(tools_sources) $(layout_sources)))

# Without libgcc: it has another calling convention (lib/freestanding/integer.cpp).
# Linked twice: once to learn where every function lies, once with that table
# in the image (for backtraces). The table comes behind all text, so text stays. Then
# the tests are packed, which moves nothing.
$(out)/loci.unnamed.elf: $(kernel_objects) linker.ld $(out)/objects tools/check-init \
    tools/lib/elf_file.py
	$(say) LINK $@
	$(Q)$(PYTHON) tools/check-init $(kernel_objects)
	$(Q)$(CXX) $(link_flags) -T linker.ld $(kernel_objects) -o $@

$(out)/symbols.S: $(out)/loci.unnamed.elf tools/symbols
	$(Q)$(NM) -n --defined-only $< | $(CXXFILT) -p | $(PYTHON) tools/symbols > $@

$(out)/loci.elf: $(out)/loci.unnamed.elf $(out)/symbols.S tools/check-tests \
    tools/pack-tests tools/lib/elf_file.py
	$(say) LINK $@
	$(Q)$(CXX) $(kernel_flags) -c $(out)/symbols.S -o $(out)/symbols.o
	$(Q)$(CXX) $(link_flags) -T linker.ld $(kernel_objects) $(out)/symbols.o -o $@
	$(Q)$(PYTHON) tools/check-tests $@ $(kernel_objects)
	$(Q)$(PYTHON) tools/pack-tests $(if $(filter 0,$(DEBUG)),--most=1572864) $@

# These run on CPUs that the rest of the kernel refuses (see the files).
required_cpu := $(out)/obj/arch/i386/pae/required_cpu.cpp.o $(out)/obj/boot/boot_main.cpp.o
$(required_cpu): private march := -march=i486
# The compiled headers are for the kernel's CPU.
$(required_cpu): private common :=

-include $(patsubst %.o,%.d,$(kernel_objects))

# ---- tests on the host -----------------------------------------------------------
# Every source of lib/, mm/, fs/ and kernel/exec/ also compiles for the host; of the others,
# each X.cpp that has an X_test.cpp beside it. *_ktest.cpp run in the kernel only.
# Those that need the machine itself:
machine_sources := mm/phys/mem_init.cpp $(addprefix mm/map/,highmem.cpp highpage.cpp init_mm.cpp \
    kernel_layout.cpp kernel_vmap.cpp pgdump.cpp kernel_fault.cpp \
    highmem_demo.cpp kmap_bench.cpp kernel_map_bench.cpp) \
  mm/slab/kmemleak_roots.cpp \
  mm/slab/slabs_demo_command.cpp mm/slab/operator_delete.cpp \
  $(addprefix mm/vm/,space_machine.cpp fault_trap.cpp vm_bench.cpp \
    walk_command.cpp)
host_sources := $(sort \
  $(filter-out %_ktest.cpp $(machine_sources),$(shell find lib mm fs kernel/exec -name '*.cpp' -not -path 'lib/freestanding/*')) \
  $(foreach t,\
    $(shell find arch/i386 drivers kernel boot -name '*_test.cpp'),\
    $(t) $(wildcard $(t:_test.cpp=.cpp))) \
  $(shell find arch/host -name '*.cpp'))
# What the host tests and fuzz programs stand on.
host_support := $(sort $(wildcard host-tests/support/*.cpp))
host_only_sources := $(sort $(shell find host-tests -name '*.cpp' -not -path '*/fuzz/*' \
  -not -path '*/bench/*'))
fuzz_sources := $(sort $(wildcard host-tests/fuzz/*_fuzz.cpp))
googletest := /usr/src/googletest/googletest

HOST_CXX ?= g++
# A host of 64 bits plays a machine with PAE, one of 32 bits one without.
format_of_64 := arch/i386/pae
format_of_32 := arch/i386/two_level
host_includes := -I. -Iarch/host -Ihost-tests/window -Ilib/checks/debug -isystem $(googletest)/include
host_flags = -std=c++20 -g $(host_optimise) -Wall -Wextra -Werror -fno-omit-frame-pointer \
  -fsanitize=address,undefined -fno-sanitize-recover=all $(host_includes)

# What is tested is optimised; the tests are not, they take long enough to build.
# X_test.cpp sees the kernel's test.hpp here, too; only what is in host-tests/ sees
# GoogleTest's. Each kind begins with its own headers, compiled once
# (NAME.hpp.gch, which the compiler finds beside NAME.hpp).
host_optimise := -O1
shared_test_sources := $(filter %_test.cpp,$(host_sources))
tested_sources := $(filter-out $(shared_test_sources),$(host_sources))

# $(1): 64 or 32
define host_rules
host$(1) := $(BUILD)/host$(1)
host$(1)_objects := $$(patsubst %,$(BUILD)/host$(1)/obj/%.o,$(host_sources) $(host_only_sources) \
  generated/font_data.cpp generated/builtin_archive.cpp)

$(BUILD)/host$(1)/settings: FORCE
	$$(call remember,$$(HOST_CXX) $$(host_flags))

$(BUILD)/host$(1)/objects: FORCE
	$$(call remember,$$(host$(1)_objects))

$(BUILD)/host$(1)/obj/%.cpp.o: %.cpp $(BUILD)/host$(1)/settings
	@mkdir -p $$(@D)
	$$(Q)$(HOST_CXX) -m$(1) -I$(format_of_$(1)) $$(host_flags) -MMD -MP -c $$< -o $$@

$(BUILD)/host$(1)/obj/generated/%.cpp.o: $(BUILD)/generated/%.cpp $(BUILD)/host$(1)/settings
	@mkdir -p $$(@D)
	$$(Q)$(HOST_CXX) -m$(1) -I$(format_of_$(1)) $(host_flags) -MMD -MP -c $$< -o $$@

$(BUILD)/host$(1)/obj/gtest-all.o: $(googletest)/src/gtest-all.cc $(BUILD)/host$(1)/settings
	@mkdir -p $$(@D)
	$$(Q)$(HOST_CXX) -m$(1) -std=c++20 -O1 -fsanitize=address,undefined \
	  -isystem $(googletest)/include -I$(googletest) \
	  -c $$< -o $$@

$(BUILD)/host$(1)/tests: $$(host$(1)_objects) $(BUILD)/host$(1)/obj/gtest-all.o \
    $(BUILD)/host$(1)/objects
	$$(say) LINK $$@
	$$(Q)$(HOST_CXX) -m$(1) -I$(format_of_$(1)) $(host_flags) $$(filter %.o,$$^) -lpthread -o $$@

-include $$(patsubst %.o,%.d,$$(host$(1)_objects))
endef
$(eval $(call host_rules,64))
$(eval $(call host_rules,32))

# $(1): 64 or 32, $(2): which sources, $(3): their flags, $(4): their common headers
define host_precompiled
$(2)$(1)_objects := $$(patsubst %,$(BUILD)/host$(1)/obj/%.o,$$($(2)_sources))
$$($(2)$(1)_objects): $(BUILD)/host$(1)/$(2).hpp.gch
$$($(2)$(1)_objects): private host_optimise := $(3) -include $(BUILD)/host$(1)/$(2).hpp
$(BUILD)/host$(1)/$(2).hpp.gch: private host_optimise := $(3)
$(BUILD)/host$(1)/$(2).hpp.gch: $(BUILD)/host$(1)/settings
	$$(Q)printf '#include "%s"\n' $(4) > $(BUILD)/host$(1)/$(2).hpp
	$$(Q)$(HOST_CXX) -m$(1) -I$(format_of_$(1)) $$(host_flags) -MMD -MP -MF $(BUILD)/host$(1)/$(2).d \
	  -x c++-header $(BUILD)/host$(1)/$(2).hpp -o $$@
-include $(BUILD)/host$(1)/$(2).d
endef
$(foreach bits,64 32,\
  $(eval $(call host_precompiled,$(bits),tested,-O1,$(common_headers))) \
  $(eval $(call host_precompiled,$(bits),shared_test,-O0 -Ilib/test,\
    $(common_headers) lib/test/test.hpp)) \
  $(eval $(call host_precompiled,$(bits),host_only,-O0 -Ihost-tests/include,\
    $(common_headers) host-tests/include/test.hpp)))

.PHONY: host-tests
host-tests: $(BUILD)/host64/tests $(BUILD)/host32/tests
	$(BUILD)/host64/tests --gtest_brief=1
	$(BUILD)/host32/tests --gtest_brief=1

# What runs on several threads, once more under ThreadSanitizer: the tests that start
# threads, and all of lib/, mm/ and fs/. It finds what ASan's run cannot, and excludes it.
tsan_flags := -std=c++20 -g -O1 -m64 -Wall -Wextra -Werror -fno-omit-frame-pointer \
  -fsanitize=thread -I$(format_of_64) $(host_includes) -Ihost-tests/include
tsan_sources := $(filter lib/% mm/% fs/% arch/host/% arch/i386/tlb.cpp,$(tested_sources)) \
  host-tests/main.cpp \
  $(host_support) \
  $(shell grep -l '<thread>' $(filter %_test.cpp,$(host_only_sources)))
tsan_objects := $(patsubst %,$(BUILD)/tsan/obj/%.o,$(tsan_sources))

$(BUILD)/tsan/settings: FORCE
	$(call remember,$(HOST_CXX) $(tsan_flags))

$(BUILD)/tsan/objects: FORCE
	$(call remember,$(tsan_objects))

$(BUILD)/tsan/obj/%.cpp.o: %.cpp $(BUILD)/tsan/settings
	@mkdir -p $(@D)
	$(Q)$(HOST_CXX) $(tsan_flags) -MMD -MP -c $< -o $@

$(BUILD)/tsan/obj/gtest-all.o: $(googletest)/src/gtest-all.cc $(BUILD)/tsan/settings
	@mkdir -p $(@D)
	$(Q)$(HOST_CXX) $(tsan_flags) -I$(googletest) -c $< -o $@

$(BUILD)/tsan/tests: $(tsan_objects) $(BUILD)/tsan/obj/gtest-all.o $(BUILD)/tsan/objects
	$(say) LINK $@
	$(Q)$(HOST_CXX) $(tsan_flags) $(filter %.o,$^) -lpthread -o $@

-include $(patsubst %.o,%.d,$(tsan_objects))

# Which lines of address spaces and of the page cache their tests run: those are compiled
# once more, with counters and nothing optimised, and linked before all others, so that of
# a header's functions the counted copy is taken.
covered_folders := mm/vm mm/cache
coverage_flags := -std=c++20 -g -O0 -m64 --coverage -I$(format_of_64) $(host_includes)
covered_sources := $(filter $(addsuffix /%,$(covered_folders)),$(tested_sources))
covered_objects := $(patsubst %,$(BUILD)/coverage/obj/%.o,$(covered_sources))
uncovered_objects := $(filter-out $(patsubst %,$(BUILD)/host64/obj/%.o,$(covered_sources)),\
  $(host64_objects))
GCOV ?= gcov

$(BUILD)/coverage/settings: FORCE
	$(call remember,$(HOST_CXX) $(coverage_flags))

$(BUILD)/coverage/obj/%.cpp.o: %.cpp $(BUILD)/coverage/settings
	@mkdir -p $(@D)
	$(Q)$(HOST_CXX) $(coverage_flags) -MMD -MP -c $< -o $@

$(BUILD)/coverage/tests: $(covered_objects) $(uncovered_objects) \
    $(BUILD)/host64/obj/gtest-all.o $(BUILD)/host64/objects
	$(say) LINK $@
	$(Q)$(HOST_CXX) $(host_flags) --coverage $(filter %.o,$^) -lpthread -o $@

-include $(patsubst %.o,%.d,$(covered_objects))

.PHONY: coverage
coverage: $(BUILD)/coverage/tests
	$(Q)$(PYTHON) tools/coverage --gcov $(GCOV) --program $< \
	  --objects $(BUILD)/coverage/obj $(covered_folders)

# One program a fuzz target, all by clang with libFuzzer.
FUZZ_CXX ?= clang++
fuzz_flags := -std=c++20 -g -O1 -fsanitize=fuzzer-no-link,address,undefined \
  -fno-sanitize-recover=all -I$(format_of_64) $(host_includes)
fuzz_library_sources := $(filter-out %_test.cpp lib/test/%,$(host_sources)) $(host_support) \
  generated/font_data.cpp generated/builtin_archive.cpp
fuzz_library := $(patsubst %,$(BUILD)/fuzz/obj/%.o,$(fuzz_library_sources))
fuzz_programs := $(patsubst host-tests/fuzz/%.cpp,$(BUILD)/fuzz/%,$(fuzz_sources))

# The machines that random programs run on, for the one target that runs them.
vm_machines := $(patsubst %,$(BUILD)/fuzz/obj/%.o,$(filter host-tests/models/% \
  host-tests/vm/%,$(filter-out %_test.cpp,$(host_only_sources))))
$(BUILD)/fuzz/vm_fuzz: $(vm_machines)

# Else each target's build would delete the others' library.
.SECONDARY: $(fuzz_library) $(vm_machines)

$(BUILD)/fuzz/settings: FORCE
	$(call remember,$(FUZZ_CXX) $(fuzz_flags))

$(BUILD)/fuzz/objects: FORCE
	$(call remember,$(fuzz_library))

$(BUILD)/fuzz/common.hpp.gch: $(BUILD)/fuzz/settings
	$(Q)printf '#include "%s"\n' $(common_headers) > $(BUILD)/fuzz/common.hpp
	$(Q)$(FUZZ_CXX) $(fuzz_flags) -MMD -MP -MF $(BUILD)/fuzz/common.d -x c++-header \
	  $(BUILD)/fuzz/common.hpp -o $@
-include $(BUILD)/fuzz/common.d

$(BUILD)/fuzz/obj/%.cpp.o: %.cpp $(BUILD)/fuzz/settings $(BUILD)/fuzz/common.hpp.gch
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CXX) $(fuzz_flags) -include-pch $(BUILD)/fuzz/common.hpp.gch -MMD -MP \
	  -c $< -o $@

$(BUILD)/fuzz/obj/generated/%.cpp.o: $(BUILD)/generated/%.cpp $(BUILD)/fuzz/settings
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CXX) $(fuzz_flags) -MMD -MP -c $< -o $@

$(BUILD)/fuzz/%_fuzz: $(BUILD)/fuzz/obj/host-tests/fuzz/%_fuzz.cpp.o $(fuzz_library) \
    $(BUILD)/fuzz/objects
	$(say) LINK $@
	$(Q)$(FUZZ_CXX) $(fuzz_flags) -fsanitize=fuzzer $(filter %.o,$^) -o $@

.PHONY: fuzz-programs
fuzz-programs: $(fuzz_programs)
-include $(wildcard $(BUILD)/fuzz/obj/*/*.d $(BUILD)/fuzz/obj/*/*/*.d $(BUILD)/fuzz/obj/*/*/*/*.d)

# kmalloc beside the allocators of this host (host-tests/bench), as fast as it can be
# built: no sanitizers, and the checks of a release. The libraries it opens want more
# thread-local memory than the loader keeps for those that come late.
bench_flags := -std=c++20 -g -O2 -Wall -Wextra -Werror -fno-pie -fcf-protection=none \
  -fno-strict-aliasing -I. -Iarch/host -Ihost-tests/window -Ilib/checks/release
bench_sources := $(filter lib/% mm/% arch/host/% arch/i386/tlb.cpp,$(filter-out lib/test/%,$(tested_sources))) \
  $(host_support) $(sort $(wildcard host-tests/bench/*.cpp))
bench_environment := GLIBC_TUNABLES=glibc.rtld.optional_static_tls=16384

# $(1): 64 or 32
define bench_rules
bench$(1)_objects := $$(patsubst %,$(BUILD)/bench$(1)/obj/%.o,$(bench_sources))

$(BUILD)/bench$(1)/settings: FORCE
	$$(call remember,$$(HOST_CXX) $$(bench_flags))

$(BUILD)/bench$(1)/objects: FORCE
	$$(call remember,$$(bench$(1)_objects))

$(BUILD)/bench$(1)/obj/%.cpp.o: %.cpp $(BUILD)/bench$(1)/settings
	@mkdir -p $$(@D)
	$$(Q)$(HOST_CXX) -m$(1) -I$(format_of_$(1)) $(bench_flags) -MMD -MP -c $$< -o $$@

$(BUILD)/bench$(1)/bench-host: $$(bench$(1)_objects) $(BUILD)/bench$(1)/objects
	$$(say) LINK $$@
	$$(Q)$(HOST_CXX) -m$(1) -no-pie $$(filter %.o,$$^) -lbenchmark -lpthread -o $$@

$$(bench$(1)_objects): | has-benchmark$(1)
.PHONY: has-benchmark$(1)
has-benchmark$(1):
	@echo 'int main() {}' | $(HOST_CXX) -m$(1) -x c++ -include benchmark/benchmark.h - \
	  -lbenchmark -o /dev/null 2> /dev/null || \
	  { echo 'Google Benchmark for $(1) bits is missing: sh tools/deps bench'; exit 1; }

-include $$(patsubst %.o,%.d,$$(bench$(1)_objects))
endef
$(eval $(call bench_rules,64))
$(eval $(call bench_rules,32))

.PHONY: bench-host
bench-host: $(BUILD)/bench64/bench-host $(BUILD)/bench32/bench-host
	$(Q)$(bench_environment) $(BUILD)/bench64/bench-host
	@echo
	$(Q)$(bench_environment) $(BUILD)/bench32/bench-host

# ---- media -----------------------------------------------------------------------
# The image, the machines it is run in, and the tests. The tools build in folders
# of their own for other compilers and DEBUG=1, so nothing here undoes your build.
MEM    ?= 64
CPU    ?= max
APPEND ?=
TIME   ?= 20
TARGET ?=

# A tool is told of BUILD and CXX, where they are not as usual.
tool_settings := BUILD='$(abspath $(BUILD))' CROSS='$(CROSS)' QEMU='$(QEMU)'
test_compiler := $(if $(filter $(CROSS)g++,$(CXX)),,--cxx '$(CXX)')
machine := $(QEMU) -accel tcg -cpu $(CPU) -m $(MEM) -nic none \
  -device isa-debug-exit,iobase=0x501,iosize=2 $(if $(SCREEN),,-display none)

.PHONY: iso
iso:
	+$(Q)$(MAKE) --no-print-directory PAE=1 all
	+$(Q)$(MAKE) --no-print-directory PAE=0 all
	$(say) ISO $(BUILD)/loci.iso
	$(Q)$(PYTHON) tools/mkiso $(BUILD)/loci.iso $(BUILD)/pae/loci.elf $(BUILD)/nopae/loci.elf

.PHONY: usb
usb: iso
	$(Q)$(PYTHON) tools/write-usb $(BUILD)/loci.iso '$(DEV)'

# The kernel leaves by the debug-exit device, N as 2N+1; an even status is QEMU's own.
.PHONY: run
run: all
	@echo 'To leave: poweroff, or Ctrl-A and then X.'
	$(Q)$(machine) -serial mon:stdio -kernel $(out)/loci.elf -append '$(APPEND)'; \
	  status=$$?; [ $$((status % 2)) = 1 ] || exit $$status; \
	  echo "Loci ended with status $$((status / 2))"

.PHONY: debug
debug: all
	@command -v gdb > /dev/null || { echo 'gdb is missing: sh tools/deps debug'; exit 1; }
	@echo 'The serial line goes to $(out)/serial.log.'
	$(Q)gdb -q -iex 'set auto-load safe-path .' -x tools/gdbinit -ex 'target remote | \
	  exec $(machine) -no-reboot -S -gdb stdio -serial file:$(out)/serial.log -monitor none \
	  -kernel $(out)/loci.elf -append "$(APPEND)"' $(out)/loci.elf

# What is measured is the release build. Linux's figures were taken with g++'s programs, so
# those are the same whichever compiler builds the kernel (user/bench).
bench_programs := $(addprefix $(user)/bench/,mmbench tiny witness)
bench_program_flags := -m32 -static -O2 -Wall -Wextra -Werror -std=c++17 -nostdlib \
  -ffreestanding -fno-pic -no-pie -fno-exceptions -fno-rtti -fno-stack-protector \
  -fno-asynchronous-unwind-tables -fcf-protection=none -mno-sse -Wl,--build-id=none \
  -Wl,-z,noseparate-code -Wl,-s
bench_headers := $(wildcard user/bench/*.hpp)
$(bench_programs): $(user)/bench/%: user/bench/%.cpp $(bench_headers)
	@mkdir -p $(@D)
	$(Q)$(CROSS)g++ $(bench_program_flags) $< -lgcc -o $@

ROWS        ?= *
BENCH_LIVE  ?= 1
BENCH_PAIRS ?= 2
.PHONY: bench bench-programs
bench-programs: $(bench_programs)
	@:
bench:
	+$(Q)$(MAKE) --no-print-directory DEBUG=0 all bench-programs
	$(Q)$(tool_settings) $(PYTHON) tools/bench --kernel $(mode) --image $(out)/loci.elf \
	  --programs $(user)/bench --rows '$(ROWS)' --words '$(APPEND)' --pairs $(BENCH_PAIRS) \
	  --svg $(BUILD)/bench.svg $(if $(filter 0,$(BENCH_LIVE)),--recorded)

.PHONY: check test test-all
check test test-all:
	$(Q)$(tool_settings) $(PYTHON) tools/run-tests $@ $(test_compiler)

.PHONY: fuzz
fuzz:
	$(Q)$(tool_settings) $(PYTHON) tools/run-tests fuzz --seconds $(TIME) --target '$(TARGET)'

.PHONY: programs
programs:
	$(Q)$(tool_settings) $(PYTHON) tools/run-tests $@ $(test_compiler) --target '$(TARGET)'

compile_commands.json: FORCE
	$(Q)$(MAKE) --no-print-directory -Bn V=1 PAE=$(PAE) all $(BUILD)/host64/tests | \
	  $(PYTHON) tools/compile-commands > $@

.PHONY: clean
clean:
	$(Q)rm -rf $(BUILD)

.PHONY: help
help:
	@echo 'make             build/pae/loci.elf, with PAE=0 build/nopae/loci.elf'
	@echo 'make run         Loci in QEMU, on this terminal (SCREEN=1: a window too)'
	@echo 'make debug       the same under gdb, from the first instruction'
	@echo 'make iso         build/loci.iso, for CD and USB, BIOS and UEFI'
	@echo 'make usb         that, on a stick: DEV=/dev/sdX'
	@echo 'make check       the tests of the inner loop, about a minute'
	@echo 'make test        the tests, half an hour on two cores'
	@echo 'make test-all    all configurations too, an hour and a half'
	@echo 'make fuzz        the fuzz targets: TIME=seconds TARGET=name'
	@echo 'make programs    programs of Linux, on Loci and here, compared: TARGET=name'
	@echo 'make user        the programs that Loci carries: $(user)/'
	@echo 'make bench       what Loci costs beside Linux, as a table and build/bench.svg:'
	@echo '                 ROWS=glob BENCH_LIVE=0 (boot no Linux) BENCH_PAIRS=2'
	@echo 'make bench-host  kmalloc beside the allocators of this host, in nanoseconds'
	@echo 'make host-tests  the tests on the host alone'
	@echo 'make coverage    which lines of mm/vm and mm/cache their tests run'
	@echo 'make compile_commands.json   for editors'
	@echo 'make clean       delete build/'
	@echo
	@echo 'Settings: PAE=0|1 DEBUG=0|1 CXX=clang++ CROSS=i686-elf- PCH=0'
	@echo '          V=1 BUILD=dir'
	@echo 'Of run and debug: MEM=MiB CPU=model APPEND="words for the kernel"'
	@echo 'By hand: tools/boot, tools/matrix, tools/bench (--help)'
