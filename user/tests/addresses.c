// The classic exercise: where do the parts of a program lie? The addresses are no part of
// what is compared; their order is.
#include "report.h"

#include <unistd.h>

char initialised[65535] = {1, 2, 3};
int zero;

int main(void) {
    int local = 0;
    char* const before = sbrk(0);
    char* const memory = malloc(1000);
    memory[0] = 1;
    char* const after = sbrk(0);
    char* const much = malloc(1 << 20);
    much[0] = 1;
    if (getenv("SHOW"))
        printf("main %p array %p zero %p heap %p .. %p malloc %p, %p local %p\n",
               (void*)main, (void*)initialised, (void*)&zero, (void*)before, (void*)after,
               (void*)memory, (void*)much, (void*)&local);
    show_is("main < array", (char*)main < initialised);
    show_is("array < zero", initialised < (char*)&zero);
    show_is("zero < heap", (char*)&zero < before);
    show_is("the heap has grown or was large enough", before <= after);
    show_is("malloc is in the heap", memory < after);
    show_is("heap < local", memory < (char*)&local);
    show_is("1 MiB is in a mapping, heap < it < local",
            much > after && much < (char*)&local);
    show_is("local < 0xc0000000", (unsigned)&local < 0xc0000000u);
    show_is("zero is zero", zero == 0 && local == 0);
    printf("the array begins with %d %d %d %d\n", initialised[0], initialised[1],
           initialised[2], initialised[65534]);
    return 0;
}
