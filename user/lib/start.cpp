// From the kernel to main(), from main() to the kernel, and the two ways in between.
//
// At the first instruction of a program, the stack holds
//
//     esp -->  argc, argv[0] ... argv[argc - 1], 0, environment ..., 0, auxiliary vector
#include "user/lib/start.hpp"

#include "user/lib/calls.hpp"

int main(int argc, char** argv);

char** environment;

asm(R"(
    .globl _start
_start:
    xor %ebp, %ebp              # here backtraces end
    mov %esp, %eax
    push %eax
    call start_program

    .globl call_kernel
call_kernel:
    push %ebp
    push %edi
    push %esi
    push %ebx
    mov 20(%esp), %eax
    mov 24(%esp), %ebx
    mov 28(%esp), %ecx
    mov 32(%esp), %edx
    mov 36(%esp), %esi
    mov 40(%esp), %edi
    mov 44(%esp), %ebp
    int $0x80
    pop %ebx
    pop %esi
    pop %edi
    pop %ebp
    ret

    .globl return_from_signal
return_from_signal:
    mov $173, %eax              # rt_sigreturn
    int $0x80

    # start_thread(flags, stack, parent_tid, child_tid): on the new stack lie the function
    # and its argument. The old stack may be in use by both: the new thread leaves it alone.
    .globl start_thread
start_thread:
    push %ebx
    push %esi
    push %edi
    mov $120, %eax              # clone
    mov 16(%esp), %ebx
    mov 20(%esp), %ecx
    mov 24(%esp), %edx
    xor %esi, %esi
    mov 28(%esp), %edi
    int $0x80
    test %eax, %eax
    jz 1f
    pop %edi
    pop %esi
    pop %ebx
    ret
1:  pop %eax
    call *%eax
    xor %ebx, %ebx
    mov $1, %eax                # exit: of this thread only
    int $0x80
)");

static_assert(u32(call_number::rt_sigreturn) == 173 && u32(call_number::clone) == 120 &&
              u32(call_number::exit) == 1);

extern "C" [[noreturn, gnu::regparm(0), gnu::used]] void start_program(u32* stack) {
    const int argc = int(stack[0]);
    char** const argv = reinterpret_cast<char**>(stack + 1);
    environment = argv + argc + 1;
    exit(main(argc, argv));
}
