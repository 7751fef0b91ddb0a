// What runs only while booting: code and data that are given back afterwards.
//
//     INIT_CODE void build_zones();          Linux's __init
//     INIT_DATA u32 entries[512];            __initdata; variables, zero or not
//     INIT_CONST const u32 widths[] = {...}  __initconst
//     INIT_CALLER void kernel_main();        __ref
//
// (Not by those names: libstdc++'s headers name parameters __init.)
//
// linker.ld collects them in whole pages, [__init_begin, __init_end), which go to
// the page allocator when the kernel is up:
//
//     __init_begin | code | __init_text_end | data | __init_end
//
// A call or a pointer that is left over by then leads into somebody else's page. So
// nothing outside may refer to what is in here, which tools/check-init proves at each
// link. The exceptions say so themselves: an INIT_CALLER is not given back and has
// reason to know that what it calls still exists. Tests are another one, they begin
// with NEEDS_INIT_MEMORY().
//
// The attribute stands at the first declaration. It is lost on templates and in
// conflict with `inline`: neither can be INIT_CODE, nor can a lambda.
#pragma once

#define INIT_CODE [[gnu::section(".init.text"), gnu::cold]]
#define INIT_DATA [[gnu::section(".init.data")]]
#define INIT_CONST [[gnu::section(".init.rodata")]]
#define INIT_CALLER [[gnu::section(".ref.text"), gnu::noinline]]

// The kernel's only: on the host nothing is given back.
extern "C" char __init_begin[], __init_text_end[], __init_end[];

// Said once, by whoever gives the pages back, before he does.
void init_memory_freed();
bool init_memory_is_freed();

// First in a test of something that is INIT_CODE; needs test.hpp.
#define NEEDS_INIT_MEMORY()     \
    if (init_memory_is_freed()) \
    SKIP_TEST("its code was given back after boot")
