#pragma once
#include <libavformat/avformat.h>
#include <libavcodec/avcodec.h>
#include <libavutil/avutil.h>
#include <libavutil/dict.h>
#include <dlfcn.h>

// libavformat brings well over a hundred libraries along. It is loaded when a media file is first opened, so that
// everything else starts without it: the functions are looked up by name, the types are the headers'.
#define CAVFORMAT_TEXT_(x) #x
#define CAVFORMAT_TEXT(x) CAVFORMAT_TEXT_(x)
#define CAVFORMAT_LIBRARY "libavformat.so." CAVFORMAT_TEXT(LIBAVFORMAT_VERSION_MAJOR)

// Why the library can't be loaded; NULL when it is there.
static inline const char *CAVFormat_load(void) {
    return dlopen(CAVFORMAT_LIBRARY, RTLD_NOW | RTLD_GLOBAL) ? NULL : dlerror();
}

// A function of the library or of those it needs; CAVFormat_load() has succeeded before.
static inline void *CAVFormat_symbol(const char *name) { return dlsym(RTLD_DEFAULT, name); }
#define CAVFORMAT(name) ((__typeof__(&name))CAVFormat_symbol(#name))

static inline void CAVFormat_log_set_level(int level) { CAVFORMAT(av_log_set_level)(level); }
static inline AVPacket *CAVFormat_packet_alloc(void) { return CAVFORMAT(av_packet_alloc)(); }
static inline void CAVFormat_packet_free(AVPacket **packet) { CAVFORMAT(av_packet_free)(packet); }
static inline void CAVFormat_packet_unref(AVPacket *packet) { CAVFORMAT(av_packet_unref)(packet); }
static inline AVFormatContext *CAVFormat_alloc_context(void) { return CAVFORMAT(avformat_alloc_context)(); }
static inline void CAVFormat_close_input(AVFormatContext **context) { CAVFORMAT(avformat_close_input)(context); }
static inline void CAVFormat_freep(void *pointer) { CAVFORMAT(av_freep)(pointer); }
static inline void *CAVFormat_malloc(size_t size) { return CAVFORMAT(av_malloc)(size); }
static inline void CAVFormat_io_free(AVIOContext **io) { CAVFORMAT(avio_context_free)(io); }
static inline AVIOContext *CAVFormat_io_alloc(unsigned char *buffer, int size, void *opaque,
                                              int (*read)(void *, uint8_t *, int),
                                              int64_t (*seek)(void *, int64_t, int)) {
    return CAVFORMAT(avio_alloc_context)(buffer, size, 0, opaque, read, NULL, seek);
}
static inline int CAVFormat_dict_set(AVDictionary **dictionary, const char *key, const char *value) {
    return CAVFORMAT(av_dict_set)(dictionary, key, value, 0);
}
static inline void CAVFormat_dict_free(AVDictionary **dictionary) { CAVFORMAT(av_dict_free)(dictionary); }
static inline AVDictionaryEntry *CAVFormat_dict_get(const AVDictionary *dictionary, const char *key) {
    return CAVFORMAT(av_dict_get)(dictionary, key, NULL, 0);
}
static inline int CAVFormat_open_input(AVFormatContext **context, const char *name, AVDictionary **options) {
    return CAVFORMAT(avformat_open_input)(context, name, NULL, options);
}
static inline int CAVFormat_find_stream_info(AVFormatContext *context) {
    return CAVFORMAT(avformat_find_stream_info)(context, NULL);
}
static inline int CAVFormat_read_frame(AVFormatContext *context, AVPacket *packet) {
    return CAVFORMAT(av_read_frame)(context, packet);
}
static inline int CAVFormat_strerror(int code, char *text, size_t size) {
    return CAVFORMAT(av_strerror)(code, text, size);
}
static inline const char *CAVFormat_media_type(enum AVMediaType type) {
    return CAVFORMAT(av_get_media_type_string)(type);
}
static inline const char *CAVFormat_codec_name(enum AVCodecID id) { return CAVFORMAT(avcodec_get_name)(id); }
static inline const uint8_t *CAVFormat_packet_side_data(const AVPacket *packet, enum AVPacketSideDataType type,
                                                        size_t *size) {
    return CAVFORMAT(av_packet_get_side_data)(packet, type, size);
}

// Macros that Swift cannot read.
static const int CAVFormat_AVERROR_EOF = AVERROR_EOF;
static const int CAVFormat_AVERROR_INVALIDDATA = AVERROR_INVALIDDATA;
static const int64_t CAVFormat_AV_NOPTS_VALUE = AV_NOPTS_VALUE;
static const int CAVFormat_AVSEEK_SIZE = AVSEEK_SIZE;

// What libavformat reads comes through one opened file: nothing that a file names is opened for it.
static int CAVFormat_refuse_open(struct AVFormatContext *context, AVIOContext **io, const char *url, int flags,
                                 AVDictionary **options) {
    (void)context; (void)io; (void)url; (void)flags; (void)options;
    return AVERROR(EACCES);
}

static inline void CAVFormat_refuse_other_files(AVFormatContext *context) {
    context->io_open = CAVFormat_refuse_open;
}

// The nine values of the stream's display matrix, or NULL.
static inline const int32_t *CAVFormat_display_matrix(const AVStream *stream) {
#if LIBAVFORMAT_VERSION_MAJOR >= 61
    const AVPacketSideData *data = CAVFORMAT(av_packet_side_data_get)(
        stream->codecpar->coded_side_data, stream->codecpar->nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
    return data && data->size >= 36 ? (const int32_t *)data->data : NULL;
#else
    size_t size = 0;
    const uint8_t *data = CAVFORMAT(av_stream_get_side_data)(stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
    return data && size >= 36 ? (const int32_t *)data : NULL;
#endif
}
