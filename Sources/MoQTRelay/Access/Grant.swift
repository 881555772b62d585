package import Wire

/// What somebody may do with a part of the names, until when.
package struct Grant: Hashable, Sendable {
    package struct Actions: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) { self.rawValue = rawValue }

        package static let publishNamespace = Self(rawValue: 1 << 0)
        package static let publish = Self(rawValue: 1 << 1)
        package static let subscribeNamespace = Self(rawValue: 1 << 2)
        /// SUBSCRIBE, and tracks that SUBSCRIBE_TRACKS asks for.
        package static let subscribe = Self(rawValue: 1 << 3)
        package static let fetch = Self(rawValue: 1 << 4)
        package static let trackStatus = Self(rawValue: 1 << 5)
        /// REQUEST_UPDATE of what is allowed otherwise.
        package static let update = Self(rawValue: 1 << 6)
    }

    package var actions: Actions
    package var scope: NameScope
    /// When it ends; nil: never.
    package var end: Instant?

    package init(_ actions: Actions, _ scope: NameScope, until end: Instant? = nil) {
        self.actions = actions
        self.scope = scope
        self.end = end
    }
}
