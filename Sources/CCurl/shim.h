#pragma once
#include <curl/curl.h>

// Take any number of arguments, which Swift does not import.

static inline CURLcode CCurl_setNumber(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}

/// The text is copied.
static inline CURLcode CCurl_setText(CURL *handle, CURLoption option, const char *text) {
  return curl_easy_setopt(handle, option, text);
}

static inline CURLcode CCurl_setHeaders(CURL *handle, struct curl_slist *headers) {
  return curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
}

/// `received` is told of bytes of the body, and returns how many it has taken.
static inline CURLcode CCurl_setReceiver(CURL *handle, size_t (*received)(char *, size_t, size_t, void *),
                                         void *context) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, received);
  return code == CURLE_OK ? curl_easy_setopt(handle, CURLOPT_WRITEDATA, context) : code;
}

/// Of the last answer; 0: there is none.
static inline long CCurl_status(CURL *handle) {
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  return status;
}
