#pragma once
#include <arpa/inet.h>
#include <execinfo.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// glibc declares these for _GNU_SOURCE only, which Swift's importer does not set.
struct CLinux_mmsghdr {
    struct msghdr msg_hdr;
    unsigned int msg_len;
};
struct CLinux_in6_pktinfo {
    struct in6_addr ipi6_addr;
    unsigned int ipi6_ifindex;
};
_Static_assert(sizeof(struct CLinux_mmsghdr) == sizeof(struct msghdr) + sizeof(size_t), "layout of struct mmsghdr");
_Static_assert(sizeof(struct CLinux_in6_pktinfo) == 20, "layout of struct in6_pktinfo");

extern int CLinux_recvmmsg(int fd, struct CLinux_mmsghdr *messages, unsigned int count, int flags,
                           struct timespec *timeout) __asm__("recvmmsg");
extern int CLinux_sendmmsg(int fd, struct CLinux_mmsghdr *messages, unsigned int count, int flags) __asm__("sendmmsg");

// Macros with arguments are invisible to Swift.
static inline struct cmsghdr *CLinux_CMSG_FIRSTHDR(struct msghdr *message) { return CMSG_FIRSTHDR(message); }
static inline struct cmsghdr *CLinux_CMSG_NXTHDR(struct msghdr *message, struct cmsghdr *control) {
    return CMSG_NXTHDR(message, control);
}
static inline unsigned char *CLinux_CMSG_DATA(struct cmsghdr *control) { return CMSG_DATA(control); }
static inline size_t CLinux_CMSG_SPACE(size_t length) { return CMSG_SPACE(length); }
static inline size_t CLinux_CMSG_LEN(size_t length) { return CMSG_LEN(length); }

// Takes any number of arguments, which Swift does not import.
static inline void CLinux_setThreadName(const char *name) { prctl(PR_SET_NAME, name); }

// Gives each datagram of a port that several sockets share to the socket whose number, in the order in which they were
// bound, is the first byte of the QUIC destination connection id. In long headers that holds for ids of the length
// that this end issues. What names no socket goes where the kernel's hash of the addresses sends it.
static inline int CLinux_steer(int fd, unsigned char count, unsigned char id_length) {
    struct sock_filter code[] = {
        {BPF_LD | BPF_B | BPF_ABS, 0, 0, 0},          // the first byte of the packet
        {BPF_JMP | BPF_JSET | BPF_K, 2, 0, 0x80},     // a long header?
        {BPF_LD | BPF_B | BPF_ABS, 0, 0, 1},          // short: the id follows
        {BPF_JMP | BPF_JA, 0, 0, 3},
        {BPF_LD | BPF_B | BPF_ABS, 0, 0, 5},          // long: version, length of the id, id
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 3, id_length},
        {BPF_LD | BPF_B | BPF_ABS, 0, 0, 6},
        {BPF_JMP | BPF_JGE | BPF_K, 1, 0, count},
        {BPF_RET | BPF_A, 0, 0, 0},
        {BPF_RET | BPF_K, 0, 0, 0xffffffff},
    };
    struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof(program));
}

static inline int CLinux_gettid(void) { return (int)syscall(SYS_gettid); }
static inline int CLinux_tgkill(int process, int thread, int signal) {
    return (int)syscall(SYS_tgkill, process, thread, signal);
}

/// Has SIGABRT reach the calling thread even if it was started with the signal blocked.
static inline void CLinux_takeAborts(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGABRT);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/// The calls that led to an abort, how many they are, and whether somebody has named them; for one source file alone,
/// since each has its own.
struct CLinux_trace {
    void *calls[64];
    int count;
    int areNamed;
};
static inline struct CLinux_trace *CLinux_theTrace(void) {
    static struct CLinux_trace trace;
    return &trace;
}

/// Writes the calls that led to a signal, gives another thread some time to name them, and lets the signal take its
/// course.
static inline void CLinux_traceSignal(int signal) {
    struct CLinux_trace *trace = CLinux_theTrace();
    int count = backtrace(trace->calls, 64);
    backtrace_symbols_fd(trace->calls, count, STDERR_FILENO);
    __atomic_store_n(&trace->count, count, __ATOMIC_RELEASE);
    struct timespec pause = {0, 10000000};
    for (int left = 500; left > 0 && !__atomic_load_n(&trace->areNamed, __ATOMIC_ACQUIRE); left--) {
        nanosleep(&pause, NULL);
    }
    raise(signal);
}

/// How many calls there are; 0: nothing was traced yet.
static inline int CLinux_traced(void) { return __atomic_load_n(&CLinux_theTrace()->count, __ATOMIC_ACQUIRE); }
static inline size_t CLinux_call(int index) { return (size_t)CLinux_theTrace()->calls[index]; }
static inline void CLinux_setNamed(void) { __atomic_store_n(&CLinux_theTrace()->areNamed, 1, __ATOMIC_RELEASE); }

/// Of Swift's runtime.
char *swift_demangle(const char *name, size_t length, char *buffer, size_t *bufferSize, uint32_t flags);

/// Has aborts traced, unless something else does that.
static inline void CLinux_traceAborts(void) {
    struct sigaction now, action = {0};
    if (sigaction(SIGABRT, NULL, &now) != 0 || now.sa_handler != SIG_DFL) return;
    // The first call loads what the others need, which must not happen in a signal handler.
    void *calls[1];
    backtrace(calls, 1);
    action.sa_handler = CLinux_traceSignal;
    action.sa_flags = SA_RESETHAND;
    sigaction(SIGABRT, &action, NULL);
}
