// Threads of the C library: mutexes and conditions over futex(), memory of one's own, ends.
#include "report.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

enum { threads = 8, rounds = 5000 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_barrier_t barrier;
static __thread int own = 1;
static int sum, turn, initialised;

static void initialise(void) { initialised++; }

static void* add(void* of) {
    pthread_once(&once, initialise);
    for (int i = 0; i < rounds; i++) {
        pthread_mutex_lock(&mutex);
        sum++;
        pthread_mutex_unlock(&mutex);
        own++;
    }
    pthread_barrier_wait(&barrier);
    return (void*)(own + *(int*)of);
}

// Each waits until it is its turn.
static void* in_turn(void* of) {
    const int number = *(int*)of;
    for (int round = 0; round < 3; round++) {
        pthread_mutex_lock(&mutex);
        while (turn % threads != number) pthread_cond_wait(&condition, &mutex);
        if (round == 1) printf("thread %d\n", number);
        turn++;
        pthread_cond_broadcast(&condition);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static void unlock(void* of) { pthread_mutex_unlock(of); }
static void* wait_for_ever(void* of) {
    pthread_mutex_lock(&mutex);
    pthread_cleanup_push(unlock, &mutex);
    *(int*)of = 1;
    for (;;) pthread_cond_wait(&condition, &mutex);
    pthread_cleanup_pop(1);
    return NULL;
}

static sem_t semaphore;
static void on_signal(int signal) {
    (void)signal;
    sem_post(&semaphore);
}
static void* pause_for_ever(void* of) {
    (void)of;
    for (;;) pause();
    return NULL;
}

int main(void) {
    pthread_t all[threads];
    int numbers[threads];
    void* result = NULL;
    pthread_barrier_init(&barrier, NULL, threads);
    for (int i = 0; i < threads; i++) {
        numbers[i] = i;
        show("create", pthread_create(&all[i], NULL, add, &numbers[i]));
    }
    for (int i = 0; i < threads; i++) {
        pthread_join(all[i], &result);
        printf("thread %d gave %d\n", i, (int)result);
    }
    printf("sum %d, initialised %d time, own %d\n", sum, initialised, own);
    for (int i = 0; i < threads; i++) pthread_create(&all[i], NULL, in_turn, &numbers[i]);
    for (int i = 0; i < threads; i++) pthread_join(all[i], NULL);
    printf("%d turns\n", turn);

    struct timespec soon;
    clock_gettime(CLOCK_REALTIME, &soon);
    soon.tv_nsec += 20000000;
    if (soon.tv_nsec >= 1000000000) soon.tv_sec++, soon.tv_nsec -= 1000000000;
    pthread_mutex_lock(&mutex);
    const int late = pthread_cond_timedwait(&condition, &mutex, &soon);
    printf("timedwait: %s\n", errno_name(late));
    pthread_mutex_unlock(&mutex);

    int waiting = 0;
    pthread_create(&all[0], NULL, wait_for_ever, &waiting);
    while (!__atomic_load_n(&waiting, __ATOMIC_SEQ_CST)) usleep(1000);
    pthread_cancel(all[0]);
    pthread_join(all[0], &result);
    show_is("cancelled", result == PTHREAD_CANCELED);
    printf("the mutex is free: %d\n", pthread_mutex_trylock(&mutex));

    sem_init(&semaphore, 0, 0);
    signal(SIGUSR1, on_signal);
    pthread_create(&all[0], NULL, pause_for_ever, NULL);
    pthread_kill(all[0], SIGUSR1);
    show("a signal to a thread", sem_wait(&semaphore));
    printf("ends with a thread running\n");
    return 3;
}
