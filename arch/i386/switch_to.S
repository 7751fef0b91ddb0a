// From one task's kernel stack to another's: thread.hpp draws it.

    .text
// thread_struct* switch_stacks(thread_struct* prev, thread_struct* next)
// eax is still `prev` when the other task returns from here: so that one learns who ran
// before it.
    .globl switch_stacks
switch_stacks:
    pushl %ebp
    pushl %ebx
    pushl %esi
    pushl %edi
    pushfl
    movl %esp, (%eax)
    movl (%edx), %esp
    popfl
    popl %edi
    popl %esi
    popl %ebx
    popl %ebp
    ret

// Where a new task's first switch returns to, with prepare_thread's frame in the registers.
    .globl kernel_thread_start
kernel_thread_start:
    pushl %ebp                          // 0: a backtrace ends here, with
    pushl %ebp                          // ... a return address of 0
    movl %esp, %ebp
    call schedule_tail                  // eax: who ran before
    movl %esi, %eax
    call *%ebx
    ud2

    .section .note.GNU-stack, "", @progbits
