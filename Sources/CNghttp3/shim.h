#pragma once
#include <nghttp3/nghttp3.h>

// QPACK alone, and every difference between nghttp3 0.8 and 1.x: the constness of a field's pointers.

/// A field to encode; name and value are lent.
static inline nghttp3_nv CNghttp3_nv(const uint8_t *name, size_t name_count, const uint8_t *value,
                                     size_t value_count) {
  nghttp3_nv field = {0};
  field.name = (uint8_t *)name;
  field.namelen = name_count;
  field.value = (uint8_t *)value;
  field.valuelen = value_count;
  return field;
}

/// Bytes written to a buffer and not taken.
static inline size_t CNghttp3_buf_count(const nghttp3_buf *buffer) { return (size_t)(buffer->last - buffer->pos); }
