#include "allocations.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif

#ifdef SANITIZED

int allocations_counted(void) { return 0; }
void allocations_begin(void) {}
long allocations_peak(void) { return 0; }
long allocations_end(void) { return 0; }

#else

#include <errno.h>
#include <malloc.h>
#include <stddef.h>

// The C library's own, under the names it keeps for those who replace the others.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

// Initial-exec: an access to it must not allocate.
#define LOCAL static __thread __attribute__((tls_model("initial-exec")))
LOCAL int counting;
LOCAL long count;
LOCAL long held;
LOCAL long peak;

int allocations_counted(void) { return 1; }

void allocations_begin(void) {
    count = held = peak = 0;
    counting = 1;
}

long allocations_peak(void) {
    long most = peak;
    peak = held;
    return most;
}

long allocations_end(void) {
    counting = 0;
    return count;
}

static void *taken(void *block) {
    if (counting && block) {
        count += 1;
        held += (long)malloc_usable_size(block);
        if (held > peak) peak = held;
    }
    return block;
}

static void given(void *block) {
    if (counting && block) held -= (long)malloc_usable_size(block);
}

void *malloc(size_t size) { return taken(__libc_malloc(size)); }

void *calloc(size_t count, size_t size) { return taken(__libc_calloc(count, size)); }

void free(void *block) {
    given(block);
    __libc_free(block);
}

void *realloc(void *block, size_t size) {
    long before = counting && block ? (long)malloc_usable_size(block) : 0;
    void *moved = __libc_realloc(block, size);
    if (counting && (moved || !size)) held -= before;
    return taken(moved);
}

void *memalign(size_t alignment, size_t size) { return taken(__libc_memalign(alignment, size)); }

void *aligned_alloc(size_t alignment, size_t size) { return taken(__libc_memalign(alignment, size)); }

int posix_memalign(void **block, size_t alignment, size_t size) {
    *block = taken(__libc_memalign(alignment, size));
    return *block || !size ? 0 : ENOMEM;
}

#endif
