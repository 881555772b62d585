#pragma once
#include <hiredis/hiredis.h>
#include <string.h>

// Swift sees arrays in structures as tuples.

/// What is wrong with a connection, in words; NULL: nothing.
static inline const char *CHiredis_error(const redisContext *context) {
  return context->err ? context->errstr : NULL;
}
