package import Wire

/// What relays of a cluster share: which of them has a namespace, by moq-api's rules. A namespace is one relay's at a
/// time, and for a while only, unless that renews it.
///
/// Its calls wait for the network: they are for a thread that nothing else waits for.
package protocol OriginStore: AnyObject {
    /// The URL of the relay that has the namespace of a key; nil: none has.
    func origin(of key: String) throws(OriginStoreError) -> String?
    /// Says that the relay at `url` has it.
    /// - Returns: false: another has it already.
    func claim(_ key: String, for url: String, _ lifetime: Interval) throws(OriginStoreError) -> Bool
    /// Says that the relay at `url` still has it.
    func renew(_ key: String, for url: String, _ lifetime: Interval) throws(OriginStoreError) -> Renewal
    /// Nobody has it any more.
    /// - Returns: false: nobody had it before.
    func remove(_ key: String) throws(OriginStoreError) -> Bool
}

/// What came of renewing.
package enum Renewal: Hashable, Sendable { case renewed, missing, taken }

/// Why the store cannot be asked.
package struct OriginStoreError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
