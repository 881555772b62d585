// Counts what a thread allocates, by standing before the C library's allocator in the programs that link this.

#ifndef ALLOCATIONS_H
#define ALLOCATIONS_H

/// Whether anything is counted: not under a sanitizer, which has an allocator of its own.
int allocations_counted(void);

/// Begins to count what this thread allocates.
void allocations_begin(void);

/// Most bytes held at a time since the beginning, or since the last call of this, beyond those held at the beginning.
long allocations_peak(void);

/// Ends it. Returns how many blocks were allocated, reallocated ones too.
long allocations_end(void);

#endif
