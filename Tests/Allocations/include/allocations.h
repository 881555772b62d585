// Counts what a thread allocates, by standing before the C library's allocator in the programs that link this.

#ifndef ALLOCATIONS_H
#define ALLOCATIONS_H

struct allocations {
    /// Blocks allocated, reallocated ones too.
    long count;
    /// Most bytes held at a time, beyond those held at the beginning.
    long peak;
};

/// Whether anything is counted: not under a sanitizer, which has an allocator of its own.
int allocations_counted(void);

/// Begins to count what this thread allocates.
void allocations_begin(void);

/// Ends it.
struct allocations allocations_end(void);

#endif
