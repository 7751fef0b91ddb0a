// The first instructions, and the two headers that loaders look for.
//
// A loader leaves us in 32-bit protected mode with paging off, at the physical
// address we were linked to here (.boot: virtual = physical), eax = its magic
// number, ebx = the physical address of its information.
//
// Everything else is linked at PAGE_OFFSET. It runs at once all the same, before
// there are page tables, because segmentation comes first (spec A1): with
// segments that begin at 0x40000000,
//
//      logical 0xC01xxxxx  +  base 0x40000000  =  linear 0x001xxxxx (mod 2^32)
//
// and without paging linear is physical. So one C++ kernel, linked once, runs on
// both sides of the switch, and phys_to_virt() reaches all 4 GiB meanwhile.

#define MULTIBOOT1_MAGIC 0x1BADB002
#define MULTIBOOT1_FLAGS 0x3            // modules page-aligned; tell us of memory
#define MULTIBOOT2_MAGIC 0xE85250D6

    .section .multiboot, "a"
    .balign 4
    .long MULTIBOOT1_MAGIC
    .long MULTIBOOT1_FLAGS
    .long -(MULTIBOOT1_MAGIC + MULTIBOOT1_FLAGS)

    .balign 8
multiboot2_start:
    .long MULTIBOOT2_MAGIC
    .long 0                             // i386, protected mode
    .long multiboot2_end - multiboot2_start
    .long -(MULTIBOOT2_MAGIC + (multiboot2_end - multiboot2_start))
    .short 6, 0                         // modules page-aligned
    .long 8
    .short 5, 1                         // a framebuffer if you like, of any size
    .long 20
    .long 0, 0, 0
    .balign 8
    .short 0, 0                         // end
    .long 8
multiboot2_end:

    .section .boot, "ax"
    .globl _start
_start:
    cli
    cld
    lgdt boot_gdt_pointer
    ljmp $0x08, $start_high

    .balign 8
boot_gdt:
    .quad 0
    .quad 0x40cf9b000000ffff            // code, base 0x40000000, 4 GiB
    .quad 0x40cf93000000ffff            // data, likewise
boot_gdt_pointer:
    .short . - boot_gdt - 1
    .long boot_gdt

    .text
start_high:
    movl $0x10, %ecx
    movl %ecx, %ds
    movl %ecx, %es
    movl %ecx, %fs
    movl %ecx, %gs
    movl %ecx, %ss
    movl $init_stack_end, %esp
    pushl $0
    popfl
    xorl %ebp, %ebp                     // a backtrace ends here
    pushl %ebp                          // ... with a return address of 0
    movl %ebx, %edx
    jmp boot_main                       // (eax: magic, edx: information)

// void enter_paged_mode(u32 cr3, u32 cr4): regparm(3), so eax and edx.
// Called with the page tables built, low memory mapped at 0 and at PAGE_OFFSET.
// After CR0.PG the old segments still work (linear is low, and mapped there);
// flat ones then make linear = logical = high. cr4 of 0: leave CR4 alone.
    .globl enter_paged_mode
enter_paged_mode:
    testl %edx, %edx
    jz 1f
    movl %edx, %cr4
1:  movl %eax, %cr3
    movl %cr0, %eax
    orl $0x80010000, %eax               // PG, WP
    movl %eax, %cr0
    lgdt flat_gdt_pointer
    ljmp $0x08, $2f
2:  movl $0x10, %ecx
    movl %ecx, %ds
    movl %ecx, %es
    movl %ecx, %fs
    movl %ecx, %gs
    movl %ecx, %ss
    ret

    .section .rodata, "a"
    .balign 8
flat_gdt:
    .quad 0
    .quad 0x00cf9b000000ffff
    .quad 0x00cf93000000ffff
flat_gdt_pointer:
    .short . - flat_gdt - 1
    .long flat_gdt

// void switch_stack_and_call(u32 stack_top, void (*function)(u32), u32 argument)
// Never returns; the new stack ends in an empty frame.
    .text
    .globl switch_stack_and_call
switch_stack_and_call:
    movl %eax, %esp
    xorl %ebp, %ebp
    pushl %ebp
    pushl %ebp
    movl %ecx, %eax
    call *%edx
1:  cli
    hlt
    jmp 1b

// The first stack: two pages, as every kernel stack. From paging on it is used
// through a second mapping with an unmapped page below it.
    .section .bss.page_aligned, "aw", @nobits
    .balign 4096
    .globl init_stack, init_stack_end
init_stack:
    .skip 8192
init_stack_end:

    .section .note.GNU-stack, "", @progbits
