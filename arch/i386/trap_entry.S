// Entry stubs of all vectors that have one, and the common path; the stack they
// build is `trap_frame` in traps.hpp, from the bottom up.

#define KERNEL_DS 0x68
#define PERCPU_SELECTOR 0xd8

    .text
    .macro stub vector, has_error_code
    .balign 16
trap_stub_\vector:
    .if !\has_error_code
    pushl $0
    .endif
    pushl $\vector
    jmp trap_common
    .pushsection .rodata
    .long trap_stub_\vector
    .popsection
    .endm

    .pushsection .rodata
    .balign 4
    .globl trap_stubs, spurious_stub_address
trap_stubs:
    .popsection

    .altmacro
    .macro stubs from, to
    .set i, \from
    .rept \to - \from + 1
    // Error codes: 8, 10-14, 17, 21, 29, 30 (Intel SDM vol. 3, table 6-1; AMD's 29, 30).
    stub %i, %((0x60227d00 >> i) & (i < 32) & 1)
    .set i, i + 1
    .endr
    .endm
    stubs 0, 47

    .pushsection .rodata
spurious_stub_address:
    .popsection
    stub 255, 0

trap_common:
    pushl %gs
    pushl %fs
    pushl %es
    pushl %ds
    pushl %eax
    pushl %ebp
    pushl %edi
    pushl %esi
    pushl %edx
    pushl %ecx
    pushl %ebx
    cld
    .globl smap_clac
smap_clac:                              // where there is SMAP: clac, or ring 3 could
    .byte 0x8d, 0x76, 0x00              // open its pages to the kernel; else lea 0(%esi)
    movl $KERNEL_DS, %ecx
    movl %ecx, %ds
    movl %ecx, %es
    movl $PERCPU_SELECTOR, %ecx
    movl %ecx, %fs
    movl %esp, %eax
    xorl %ebp, %ebp                     // a backtrace of the handler ends here;
    call handle_trap                    // the frame leads on
    .globl trap_return
trap_return:
    popl %ebx
    popl %ecx
    popl %edx
    popl %esi
    popl %edi
    popl %ebp
    popl %eax
    popl %ds
    popl %es
    popl %fs
    popl %gs
    addl $8, %esp                       // vector, error code
    iret

// The double-fault task starts here, on its own stack, the error code pushed.
    .globl double_fault_entry
double_fault_entry:
    cld
    xorl %ebp, %ebp
    call double_fault_from_task
1:  hlt
    jmp 1b

    .section .note.GNU-stack, "", @progbits
