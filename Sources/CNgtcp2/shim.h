#pragma once
#include <string.h>
#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <gnutls/crypto.h>
#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>

// Function-like macros, which Swift does not import, and every difference between ngtcp2 0.12 and 1.x.

#if NGTCP2_VERSION_NUM >= 0x010000
#  define CNGTCP2_MODERN 1
#else
#  define CNGTCP2_MODERN 0
#endif

#if CNGTCP2_MODERN
typedef ngtcp2_ccerr CNgtcp2_ccerr;
#else
typedef ngtcp2_connection_close_error CNgtcp2_ccerr;
#endif

/// What ended a connection, as ngtcp2 says it.
typedef enum CNgtcp2_ccerr_kind {
  CNGTCP2_CCERR_TRANSPORT,
  CNGTCP2_CCERR_APPLICATION,
  CNGTCP2_CCERR_OTHER,
} CNgtcp2_ccerr_kind;

static inline void CNgtcp2_settings_default(ngtcp2_settings *settings) { ngtcp2_settings_default(settings); }

static inline void CNgtcp2_settings_set_qlog(ngtcp2_settings *settings, const ngtcp2_cid *odcid,
                                             ngtcp2_qlog_write write) {
#if CNGTCP2_MODERN
  (void)odcid;
  settings->qlog_write = write;
#else
  settings->qlog.odcid = *odcid;
  settings->qlog.write = write;
#endif
}

/// UDP payload sizes that path MTU discovery tries, in order; without effect where ngtcp2 knows only its own.
static inline void CNgtcp2_settings_set_probes(ngtcp2_settings *settings, const uint16_t *sizes, size_t count) {
#ifdef NGTCP2_SETTINGS_V2
  settings->pmtud_probes = sizes;
  settings->pmtud_probeslen = count;
#else
  (void)settings;
  (void)sizes;
  (void)count;
#endif
}

/// The token must stay valid until the connection has been made; `retry` tells whether a Retry packet brought it, and not
/// a NEW_TOKEN frame.
static inline void CNgtcp2_settings_set_token(ngtcp2_settings *settings, const uint8_t *token, size_t count,
                                              int retry) {
#if CNGTCP2_MODERN
  settings->token = token;
  settings->tokenlen = count;
  settings->token_type = retry ? NGTCP2_TOKEN_TYPE_RETRY : NGTCP2_TOKEN_TYPE_NEW_TOKEN;
#else
  (void)retry;
  settings->token.base = (uint8_t *)token;
  settings->token.len = count;
#endif
}

/// The token of an Initial packet; it points into the packet.
static inline ngtcp2_vec CNgtcp2_pkt_hd_token(const ngtcp2_pkt_hd *header) {
#if CNGTCP2_MODERN
  ngtcp2_vec token = {(uint8_t *)header->token, header->tokenlen};
  return token;
#else
  return header->token;
#endif
}

static inline void CNgtcp2_transport_params_default(ngtcp2_transport_params *params) {
  ngtcp2_transport_params_default(params);
}

/// What a server says of the handshake's connection ids; `retry_scid` is NULL when no Retry was sent.
static inline void CNgtcp2_transport_params_set_server(ngtcp2_transport_params *params, const ngtcp2_cid *odcid,
                                                       const ngtcp2_cid *retry_scid, const uint8_t *reset_token) {
  params->original_dcid = *odcid;
#if CNGTCP2_MODERN
  params->original_dcid_present = 1;
#endif
  if (retry_scid) {
    params->retry_scid = *retry_scid;
    params->retry_scid_present = 1;
  }
  memcpy(params->stateless_reset_token, reset_token, NGTCP2_STATELESS_RESET_TOKENLEN);
  params->stateless_reset_token_present = 1;
}

static inline void CNgtcp2_random(uint8_t *dest, size_t count, const ngtcp2_rand_ctx *context) {
  (void)context;
  (void)gnutls_rnd(GNUTLS_RND_NONCE, dest, count);
}

/// Sets the callbacks that the crypto helper implements, except `decrypt`.
static inline void CNgtcp2_callbacks_set_crypto(ngtcp2_callbacks *callbacks, int server) {
  if (server) {
    callbacks->recv_client_initial = ngtcp2_crypto_recv_client_initial_cb;
  } else {
    callbacks->client_initial = ngtcp2_crypto_client_initial_cb;
    callbacks->recv_retry = ngtcp2_crypto_recv_retry_cb;
  }
  callbacks->recv_crypto_data = ngtcp2_crypto_recv_crypto_data_cb;
  callbacks->encrypt = ngtcp2_crypto_encrypt_cb;
  callbacks->hp_mask = ngtcp2_crypto_hp_mask_cb;
  callbacks->update_key = ngtcp2_crypto_update_key_cb;
  callbacks->delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb;
  callbacks->delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb;
  callbacks->get_path_challenge_data = ngtcp2_crypto_get_path_challenge_data_cb;
  callbacks->version_negotiation = ngtcp2_crypto_version_negotiation_cb;
  callbacks->rand = CNgtcp2_random;
}

static inline int CNgtcp2_conn_client_new(ngtcp2_conn **conn, const ngtcp2_cid *dcid, const ngtcp2_cid *scid,
                                          const ngtcp2_path *path, const ngtcp2_callbacks *callbacks,
                                          const ngtcp2_settings *settings, const ngtcp2_transport_params *params,
                                          void *user) {
  return ngtcp2_conn_client_new(conn, dcid, scid, path, NGTCP2_PROTO_VER_V1, callbacks, settings, params, NULL,
                                user);
}

static inline int CNgtcp2_conn_server_new(ngtcp2_conn **conn, const ngtcp2_cid *dcid, const ngtcp2_cid *scid,
                                          const ngtcp2_path *path, uint32_t version,
                                          const ngtcp2_callbacks *callbacks, const ngtcp2_settings *settings,
                                          const ngtcp2_transport_params *params, void *user) {
  return ngtcp2_conn_server_new(conn, dcid, scid, path, version, callbacks, settings, params, NULL, user);
}

static inline int CNgtcp2_conn_read_pkt(ngtcp2_conn *conn, const ngtcp2_path *path, uint8_t ecn,
                                        const uint8_t *packet, size_t count, ngtcp2_tstamp now) {
  ngtcp2_pkt_info info = {0};
  info.ecn = ecn;
  return ngtcp2_conn_read_pkt(conn, path, &info, packet, count, now);
}

static inline ngtcp2_ssize CNgtcp2_conn_writev_stream(ngtcp2_conn *conn, ngtcp2_path *path, ngtcp2_pkt_info *info,
                                                      uint8_t *dest, size_t room, ngtcp2_ssize *taken,
                                                      uint32_t flags, int64_t stream, const ngtcp2_vec *vec,
                                                      size_t count, ngtcp2_tstamp now) {
  return ngtcp2_conn_writev_stream(conn, path, info, dest, room, taken, flags, stream, vec, count, now);
}

static inline ngtcp2_ssize CNgtcp2_conn_writev_datagram(ngtcp2_conn *conn, ngtcp2_path *path, ngtcp2_pkt_info *info,
                                                        uint8_t *dest, size_t room, int *accepted, uint32_t flags,
                                                        const ngtcp2_vec *vec, size_t count, ngtcp2_tstamp now) {
  return ngtcp2_conn_writev_datagram(conn, path, info, dest, room, accepted, flags, 0, vec, count, now);
}

static inline ngtcp2_ssize CNgtcp2_conn_write_close(ngtcp2_conn *conn, ngtcp2_path *path, ngtcp2_pkt_info *info,
                                                    uint8_t *dest, size_t room, const CNgtcp2_ccerr *error,
                                                    ngtcp2_tstamp now) {
  return ngtcp2_conn_write_connection_close(conn, path, info, dest, room, error, now);
}

static inline int CNgtcp2_conn_shutdown_read(ngtcp2_conn *conn, int64_t stream, uint64_t code) {
#if CNGTCP2_MODERN
  return ngtcp2_conn_shutdown_stream_read(conn, 0, stream, code);
#else
  return ngtcp2_conn_shutdown_stream_read(conn, stream, code);
#endif
}

static inline int CNgtcp2_conn_shutdown_write(ngtcp2_conn *conn, int64_t stream, uint64_t code) {
#if CNGTCP2_MODERN
  return ngtcp2_conn_shutdown_stream_write(conn, 0, stream, code);
#else
  return ngtcp2_conn_shutdown_stream_write(conn, stream, code);
#endif
}

static inline void CNgtcp2_ccerr_set_transport(CNgtcp2_ccerr *error, uint64_t code, const uint8_t *reason,
                                               size_t count) {
#if CNGTCP2_MODERN
  ngtcp2_ccerr_set_transport_error(error, code, reason, count);
#else
  ngtcp2_connection_close_error_set_transport_error(error, code, reason, count);
#endif
}

static inline void CNgtcp2_ccerr_set_application(CNgtcp2_ccerr *error, uint64_t code, const uint8_t *reason,
                                                 size_t count) {
#if CNGTCP2_MODERN
  ngtcp2_ccerr_set_application_error(error, code, reason, count);
#else
  ngtcp2_connection_close_error_set_application_error(error, code, reason, count);
#endif
}

/// The received CONNECTION_CLOSE; `reason` points into the connection.
static inline CNgtcp2_ccerr_kind CNgtcp2_conn_get_ccerr(ngtcp2_conn *conn, uint64_t *code, uint64_t *frame,
                                                        const uint8_t **reason, size_t *count) {
#if CNGTCP2_MODERN
  const ngtcp2_ccerr *error = ngtcp2_conn_get_ccerr(conn);
  int transport = error->type == NGTCP2_CCERR_TYPE_TRANSPORT;
  int application = error->type == NGTCP2_CCERR_TYPE_APPLICATION;
#else
  ngtcp2_connection_close_error copy, *error = &copy;
  ngtcp2_conn_get_connection_close_error(conn, error);
  int transport = error->type == NGTCP2_CONNECTION_CLOSE_ERROR_CODE_TYPE_TRANSPORT;
  int application = error->type == NGTCP2_CONNECTION_CLOSE_ERROR_CODE_TYPE_APPLICATION;
#endif
  *code = error->error_code;
  *frame = error->frame_type;
  *reason = error->reason;
  *count = error->reason ? error->reasonlen : 0;
  return transport ? CNGTCP2_CCERR_TRANSPORT : application ? CNGTCP2_CCERR_APPLICATION : CNGTCP2_CCERR_OTHER;
}

/// Round-trip times in nanoseconds, windows in bytes.
typedef struct CNgtcp2_figures {
  uint64_t latest_rtt, min_rtt, smoothed_rtt, rtt_variation, congestion_window, bytes_in_flight;
} CNgtcp2_figures;

static inline CNgtcp2_figures CNgtcp2_conn_get_figures(ngtcp2_conn *conn) {
#if CNGTCP2_MODERN
  ngtcp2_conn_info info;
  ngtcp2_conn_get_conn_info(conn, &info);
#else
  ngtcp2_conn_stat info;
  ngtcp2_conn_get_conn_stat(conn, &info);
#endif
  CNgtcp2_figures figures = {info.latest_rtt, info.min_rtt, info.smoothed_rtt,
                             info.rttvar,     info.cwnd,    info.bytes_in_flight};
  return figures;
}

/// Told of the payload of a NEW_TOKEN frame.
typedef int (*CNgtcp2_recv_new_token)(ngtcp2_conn *conn, const uint8_t *token, size_t count, void *user);

#if !CNGTCP2_MODERN
/// Where the handler is kept: all connections of a process have the same.
static inline CNgtcp2_recv_new_token *CNgtcp2_new_token_handler(void) {
  static CNgtcp2_recv_new_token handler;
  return &handler;
}

static inline int CNgtcp2_forward_new_token(ngtcp2_conn *conn, const ngtcp2_vec *token, void *user) {
  return (*CNgtcp2_new_token_handler())(conn, token->base, token->len, user);
}
#endif

static inline void CNgtcp2_callbacks_set_new_token(ngtcp2_callbacks *callbacks, CNgtcp2_recv_new_token handler) {
#if CNGTCP2_MODERN
  callbacks->recv_new_token = handler;
#else
  *CNgtcp2_new_token_handler() = handler;
  callbacks->recv_new_token = CNgtcp2_forward_new_token;
#endif
}

/// The server's transport parameters that early data of a later connection keeps to; returns their length, or a negative
/// error.
static inline ngtcp2_ssize CNgtcp2_conn_encode_early_params(ngtcp2_conn *conn, uint8_t *dest, size_t room) {
#if CNGTCP2_MODERN
  return ngtcp2_conn_encode_0rtt_transport_params(conn, dest, room);
#else
  const ngtcp2_transport_params *from = ngtcp2_conn_get_remote_transport_params(conn);
  if (!from) return NGTCP2_ERR_INVALID_STATE;
  ngtcp2_transport_params params;
  ngtcp2_transport_params_default(&params);
  params.initial_max_streams_bidi = from->initial_max_streams_bidi;
  params.initial_max_streams_uni = from->initial_max_streams_uni;
  params.initial_max_stream_data_bidi_local = from->initial_max_stream_data_bidi_local;
  params.initial_max_stream_data_bidi_remote = from->initial_max_stream_data_bidi_remote;
  params.initial_max_stream_data_uni = from->initial_max_stream_data_uni;
  params.initial_max_data = from->initial_max_data;
  params.active_connection_id_limit = from->active_connection_id_limit;
  params.max_datagram_frame_size = from->max_datagram_frame_size;
  return ngtcp2_encode_transport_params(dest, room, NGTCP2_TRANSPORT_PARAMS_TYPE_CLIENT_HELLO, &params);
#endif
}

/// Lets a client send early data as the remembered parameters allow; returns nonzero when they cannot be read.
static inline int CNgtcp2_conn_set_early_params(ngtcp2_conn *conn, const uint8_t *data, size_t count) {
#if CNGTCP2_MODERN
  return ngtcp2_conn_decode_and_set_0rtt_transport_params(conn, data, count);
#else
  ngtcp2_transport_params params;
  int status =
      ngtcp2_decode_transport_params(&params, NGTCP2_TRANSPORT_PARAMS_TYPE_CLIENT_HELLO, data, count);
  if (status == 0) ngtcp2_conn_set_early_remote_transport_params(conn, &params);
  return status;
#endif
}

/// Tells that the server took no early data: what was sent and opened so far is forgotten.
static inline int CNgtcp2_conn_early_data_rejected(ngtcp2_conn *conn) {
#if CNGTCP2_MODERN
  return ngtcp2_conn_tls_early_data_rejected(conn);
#else
  return ngtcp2_conn_early_data_rejected(conn);
#endif
}

/// Writes a socket address (`bytes` is 4 or 16 long) and returns its length.
static inline ngtcp2_socklen CNgtcp2_sockaddr_make(ngtcp2_sockaddr_union *to, int ipv6, const uint8_t *bytes,
                                                   uint16_t port, uint32_t scope) {
  memset(to, 0, sizeof *to);
  if (ipv6) {
    to->in6.sin6_family = AF_INET6;
    to->in6.sin6_port = htons(port);
    to->in6.sin6_scope_id = scope;
    memcpy(&to->in6.sin6_addr, bytes, 16);
    return sizeof to->in6;
  }
  to->in.sin_family = AF_INET;
  to->in.sin_port = htons(port);
  memcpy(&to->in.sin_addr, bytes, 4);
  return sizeof to->in;
}

/// Reads a socket address into 16 zeroed bytes; returns nonzero for IPv6.
static inline int CNgtcp2_sockaddr_read(const ngtcp2_sockaddr *from, uint8_t *bytes, uint16_t *port,
                                        uint32_t *scope) {
  if (from->sa_family == AF_INET6) {
    const ngtcp2_sockaddr_in6 *in6 = (const ngtcp2_sockaddr_in6 *)from;
    memcpy(bytes, &in6->sin6_addr, 16);
    *port = ntohs(in6->sin6_port);
    *scope = in6->sin6_scope_id;
    return 1;
  }
  const ngtcp2_sockaddr_in *in = (const ngtcp2_sockaddr_in *)from;
  memcpy(bytes, &in->sin_addr, 4);
  *port = ntohs(in->sin_port);
  *scope = 0;
  return 0;
}
