// Titles of the sections that a draft names otherwise than errors do, which take the newest draft's.

extension Profile {
    /// Drafts 17 and 18.
    static let sections17 = ["Location Filters": "Subscription Filters"]

    /// Draft 16.
    static let sections16 = sections17.merging([
        "Message Parameters": "Parameters", "Setup Options": "Parameters", "SETUP": setup, "CLIENT_SETUP": setup,
        "SERVER_SETUP": setup,
        "Unidirectional Stream Types": "Data Streams and Datagrams",
        "Properties": "Extension Headers", "Object Properties": "Object Extension Headers",
    ]) { $1 }

    /// Draft 15.
    static let sections15 = sections16.merging([
        "Parameter Scope": "Version Specific Parameters", "REQUEST_UPDATE": "SUBSCRIBE_UPDATE",
        "Object Properties": "Object Extension Header", "Flags": "Fetch Header", "End of Range": "Fetch Header",
    ]) { $1 }

    /// Draft 14, which has Filter Types within SUBSCRIBE.
    static let sections14 = sections15.merging([
        "Location Filters": "SUBSCRIBE", "AUTHORIZATION TOKEN Parameter": "AUTHORIZATION TOKEN",
    ]) { $1 }

    private static let setup = "CLIENT_SETUP and SERVER_SETUP"
}
