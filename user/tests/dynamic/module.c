// What libraries.c loads while it runs: it has a library that it needs, variables of each
// thread, and functions that run when it comes and goes.
#include <math.h>
#include <stdio.h>

static __thread int counted = 40;

__attribute__((constructor)) static void comes(void) { puts("the module comes"); }
__attribute__((destructor)) static void goes(void) { puts("the module goes"); }

double cosine(double angle) { return cos(angle); }
int count(void) { return ++counted; }
