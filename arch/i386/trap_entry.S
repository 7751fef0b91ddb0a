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

// What of trap_frame the hardware and the stub have not pushed; then the kernel's segments.
// `clac` is patched (protection.cpp): where there is SMAP its flag is cleared, or ring 3
// could open its pages to the kernel; else it is lea 0(%esi).
    .macro enter_kernel clac
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
    .globl \clac
\clac:
    .byte 0x8d, 0x76, 0x00
    movl $KERNEL_DS, %ecx
    movl %ecx, %ds
    movl %ecx, %es
    movl $PERCPU_SELECTOR, %ecx
    movl %ecx, %fs
    xorl %ecx, %ecx                     // ring 3's may mean nothing to the next task: else
    movl %ecx, %gs                      // a trap in that one would not find back
    movl %esp, %eax
    xorl %ebp, %ebp                     // a backtrace of the handler ends here;
    .endm                               // the frame leads on

trap_common:
    enter_kernel smap_clac
    call handle_trap
    .globl trap_return
trap_return:
    popl %ebx
    popl %ecx
    popl %edx
    popl %esi
    popl %edi
    popl %ebp
    popl %eax
// Ring 3's segments may mean nothing by now: those that fault become 0, and an iret that
// faults is a general protection fault of ring 3's.
1:  popl %ds
2:  popl %es
3:  popl %fs
4:  popl %gs
    addl $8, %esp                       // vector, error code
5:  iret

    .macro zero_segment_of instruction
11: movl $0, (%esp)
    jmp \instruction
    .pushsection .extable, "a"
    .balign 4
    .long \instruction, 11b
    .popsection
    .endm
    zero_segment_of 1b
    zero_segment_of 2b
    zero_segment_of 3b
    zero_segment_of 4b
12: pushl $0
    pushl $13
    jmp trap_common
    .pushsection .extable, "a"
    .balign 4
    .long 5b, 12b
    .popsection

// int $0x80: where others have an error code this has the number, which a call that begins
// again needs once more.
    .globl system_call_entry
system_call_entry:
    pushl %eax
    pushl $0x80
    enter_kernel smap_clac_of_calls
    call handle_system_call
    jmp trap_return

// To ring 3 for the first time, by this frame. The stack below it is forgotten.
    .globl leave_to_user
leave_to_user:
    movl %eax, %esp
    jmp trap_return

// The double-fault task starts here, on its own stack, the error code pushed.
    .globl double_fault_entry
double_fault_entry:
    cld
    xorl %ebp, %ebp
    call double_fault_from_task
1:  hlt
    jmp 1b

    .section .note.GNU-stack, "", @progbits
