internal import CLinux
internal import Glibc

/// Tells when addresses or routes of this host change (rtnetlink). Belongs to its loop's thread.
package final class RouteWatch {
    private let descriptor: CInt
    private let loop: EventLoop
    private var registration: Registration?
    private let changed: () -> Void

    /// Throws where the kernel does not tell, as in some sandboxes.
    ///
    /// - Parameter changed: called once per wake for any number of changes, of any address and any route.
    package init(_ loop: EventLoop, changed: @escaping () -> Void) throws(SystemError) {
        self.loop = loop
        self.changed = changed
        let type = SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        descriptor = socket(AF_NETLINK, CInt(type), NETLINK_ROUTE)
        if descriptor < 0 { throw SystemError("socket", "netlink") }
        try bind()
        registration = try loop.register(descriptor, .readable) { [weak self] _ in self?.ready() }
    }

    deinit {
        if let registration { loop.cancel(registration) }
        close(descriptor)
    }

    private func bind() throws(SystemError) {
        var address = sockaddr_nl()
        address.nl_family = sa_family_t(AF_NETLINK)
        address.nl_groups = UInt32(
            RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE)
        let status = withUnsafeBytes(of: &address) { bytes in
            Glibc.bind(
                descriptor, bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
        }
        if status != 0 { throw SystemError("bind", "netlink") }
    }

    /// What has changed is not read: it takes a look at the routes to know what it means.
    private func ready() {
        var message: UInt64 = 0
        var hasNews = false
        while true {
            let count = recv(descriptor, &message, MemoryLayout<UInt64>.size, CInt(MSG_TRUNC))
            // ENOBUFS: there was more than the socket could hold.
            if count < 0, errno != EINTR, errno != ENOBUFS { break }
            hasNews = true
        }
        if hasNews { changed() }
    }
}
