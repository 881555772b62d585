#pragma once
#include <gnutls/gnutls.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>

/// Frees what GnuTLS allocated; `gnutls_free` itself is a mutable global, which Swift does not let pass.
static inline void CGnuTLS_free(void *memory) { gnutls_free(memory); }
