# The first instructions of both programs, and the way into the kernel.
    .text
    .globl _start
# main(argc, argv, envp) on a stack of the program's own: the one that Linux made is for
# the random programs, who may unmap it.
_start:
    movl (%esp), %eax
    leal 4(%esp), %ecx
    leal 4(%ecx,%eax,4), %edx
    movl $own_stack_end, %esp
    pushl %edx
    pushl %ecx
    pushl %eax
    call main
    movl %eax, %ebx
    movl $252, %eax
    int $0x80

# u32 linux_call(number, a, b, c, d, e, f)
    .globl linux_call
linux_call:
    pushl %ebp
    pushl %edi
    pushl %esi
    pushl %ebx
    movl 20(%esp), %eax
    movl 24(%esp), %ebx
    movl 28(%esp), %ecx
    movl 32(%esp), %edx
    movl 36(%esp), %esi
    movl 40(%esp), %edi
    movl 44(%esp), %ebp
    int $0x80
    popl %ebx
    popl %esi
    popl %edi
    popl %ebp
    ret

# Where a signal handler returns to: Linux without a vDSO needs to be told.
    .globl signal_return
signal_return:
    movl $173, %eax
    int $0x80

    .bss
    .balign 4096
own_stack:
    .skip 65536
    .globl own_stack_end
own_stack_end:

    .section .note.GNU-stack,"",@progbits
