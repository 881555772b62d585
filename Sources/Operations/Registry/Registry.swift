package import EventLoop
package import Wire

/// What a relay says to the cluster's registry, and asks of it, on a thread of its own: loops never wait for it.
///
/// While the registry is away nothing ends: claims are made again when it is back, and what was found before is
/// believed for as long as it lives.
package final class Registry: Sendable {
    /// What came of looking for a namespace.
    package enum Lookup: Hashable, Sendable {
        /// The URL of the relay that has it.
        case at(String)
        /// No relay has it, or this one.
        case nobody
        /// The registry is away, and nothing is remembered.
        case unknown
    }

    /// How it goes, in numbers.
    package struct Figures: Hashable, Sendable {
        /// The registry has answered when it was last asked.
        package var isUp = true
        /// Namespaces of this relay that are registered as its own.
        package var held = 0
        /// Those that are another relay's in the registry.
        package var taken = 0
        /// Those that wait for the registry.
        package var pending = 0
        package var found: UInt64 = 0
        package var missed: UInt64 = 0
        package var failed: UInt64 = 0
    }

    enum Order: Sendable {
        case publish(String), withdraw(String)
        case find([String], answer: @Sendable (Lookup) -> Void)
        /// Gives all up, and claims nothing any more.
        case retire
        case stop(Gathering<Bool>)
    }

    private let orders: Mailbox<Order>
    private let latest = Guarded(Figures())

    /// - Parameters:
    ///   - store: made on the thread that uses it.
    ///   - url: of this relay, for others; nil: it tells nobody what it has.
    ///   - lifetime: how long a claim is good without being renewed, which happens at half of it.
    ///   - log: told of what a reader of the log wants to know, with true for what is wrong.
    package init(
        _ store: @escaping @Sendable () -> any OriginStore, url: String?, lifetime: Interval,
        log: @escaping @Sendable (String, _ isWrong: Bool) -> Void
    ) throws(SystemError) {
        orders = try Mailbox()
        let (orders, latest) = (orders, latest)
        try Worker.start("registry") {
            let clerk = RegistryClerk(store(), url, lifetime, log) { figures in latest.withLock { $0 = figures } }
            clerk.run(orders)
        }
    }

    package var figures: Figures { latest.withLock { $0 } }

    /// The namespace of a key is this relay's until the claim that is returned, and all others for it, are let go.
    package func claim(_ key: String) -> any AnyObject & Sendable {
        orders.post(.publish(key))
        return Claim(key, orders)
    }

    /// Looks for the first of `keys` that has a relay. `answer` is called on another thread.
    package func find(_ keys: [String], _ answer: @escaping @Sendable (Lookup) -> Void) {
        orders.post(.find(keys, answer: answer))
    }

    /// Nobody is to be sent here any more.
    package func retire() { orders.post(.retire) }

    /// Gives up what is claimed, and ends; waits for that, but not for ever.
    package func stop() {
        guard let ended = try? Gathering<Bool>(count: 1) else { return }
        orders.post(.stop(ended))
        _ = ended.wait(.seconds(3))
    }

    private final class Claim: Sendable {
        private let key: String
        private let orders: Mailbox<Order>

        init(_ key: String, _ orders: Mailbox<Order>) {
            self.key = key
            self.orders = orders
        }

        deinit { orders.post(.withdraw(key)) }
    }
}
