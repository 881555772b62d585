extension CodeTables {
    /// draft-19 "Error Codes".
    package static let draft19: CodeTables = {
        var tables = draft18
        tables.session = tables.session.adding([.tooManyRequestUpdates])
        tables.request = tables.request.adding(
            [.conflictingFilters, .invalidFilter], removing: [.duplicateSubscription])
        return tables
    }()

    /// draft-22 "Error Codes", the same since draft-20.
    package static let draft20: CodeTables = {
        var tables = draft19
        tables.session = tables.session.adding([], removing: [.versionNegotiationFailed])
        tables.request = tables.request.adding([], removing: [.invalidJoiningRequestID])
        tables.publishDone = tables.publishDone.adding([], removing: [.subscriptionEnded])
        return tables
    }()
}
