#pragma once
#include <microhttpd.h>

// Takes any number of arguments, which Swift does not import.

/// Serves a socket that listens, one thread per connection, so that a slow answer holds up no other. The socket is
/// closed with the daemon.
static inline struct MHD_Daemon *CMicrohttpd_start(int fd, MHD_AccessHandlerCallback answer,
                                                   MHD_RequestCompletedCallback completed, void *context,
                                                   unsigned connections, unsigned seconds) {
  return MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION, 0, NULL, NULL, answer,
                          context, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_COMPLETED, completed, context,
                          MHD_OPTION_CONNECTION_LIMIT, connections,
                          MHD_OPTION_CONNECTION_TIMEOUT, seconds, MHD_OPTION_END);
}

// Swift names the cases of enumerations by the attributes that a version's header gives them.

static inline enum MHD_Result CMicrohttpd_yes(void) { return MHD_YES; }
static inline enum MHD_Result CMicrohttpd_no(void) { return MHD_NO; }

/// A response with a copy of the bytes.
static inline struct MHD_Response *CMicrohttpd_response(size_t count, const void *bytes) {
  return MHD_create_response_from_buffer(count, (void *)bytes, MHD_RESPMEM_MUST_COPY);
}
