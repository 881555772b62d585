#pragma once
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

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
