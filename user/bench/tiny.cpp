// What mmbench executes: a program that only ends.
#include "runtime.hpp"

extern "C" int cmain(long* stack) {
    (void)stack;
    return 0;
}
