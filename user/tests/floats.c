// What the processor keeps for floating point is each thread's own, and survives signals,
// switches and fork.
#include "report.h"

#include <fenv.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile double seed = 1.5;

// A sum that takes long enough to be interrupted often.
static double sum_of(int number) {
    double sum = 0, x = seed + number;
    for (int i = 1; i < 200000; i++) {
        sum += sqrt(x * i) / (i + number);
        if (i % 1000 == 0) sched_yield();
    }
    return sum;
}

static void* in_thread(void* of) {
    static double results[4];
    const int number = *(int*)of;
    results[number] = sum_of(number);
    return &results[number];
}

static void on_signal(int signal) {
    (void)signal;
    volatile double x = 3;
    x = x / 7;
    fesetround(FE_UPWARD);
}

int main(void) {
    printf("%.12f\n", sum_of(7));
    pthread_t threads[4];
    int numbers[4];
    for (int i = 0; i < 4; i++) {
        numbers[i] = i;
        pthread_create(&threads[i], NULL, in_thread, &numbers[i]);
    }
    for (int i = 0; i < 4; i++) {
        void* result = NULL;
        pthread_join(threads[i], &result);
        printf("thread %d: %.12f\n", i, *(double*)result);
    }
    fesetround(FE_DOWNWARD);
    signal(SIGUSR1, on_signal);
    raise(SIGUSR1);
    show_is("rounding is as before the signal", fegetround() == FE_DOWNWARD);
    if (fork() == 0) {
        show_is("the child's, too", fegetround() == FE_DOWNWARD);
        _exit(0);
    }
    wait(NULL);
    fesetround(FE_TONEAREST);
    volatile double zero = 0;
    printf("%f %f %f\n", 1 / zero, -1 / zero, zero);
    return 0;
}
