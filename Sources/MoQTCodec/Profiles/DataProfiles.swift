// The data plane's tables, one a draft and named after the first draft that has it.

extension StreamTypes {
    /// Drafts 14 (draft-14 "Data Streams and Datagrams").
    package static let draft14: Self = {
        var types = draft15
        types.defaultPriority = 0
        return types
    }()

    /// Drafts 15 and 16. The tables of drafts 15 to 17 leave out 0x30 to 0x3D, which "Subgroup Header" defines.
    package static let draft15: Self = {
        var types = draft17
        types.setup = nil
        return types
    }()

    /// Draft 17.
    package static let draft17: Self = {
        var types = draft18
        types.padding = nil
        types.firstObject = 0
        return types
    }()

    /// Drafts since 18.
    package static let draft18 = Self()
}

extension DatagramTypes {
    /// Draft 14: ten types (draft-14 "Object Datagram").
    package static let draft14: Self = {
        var types = draft15
        types.defaultPriority = 0
        types.notWithStatus |= types.zeroObjectID
        return types
    }()

    /// Drafts 15 to 17. The table of draft 15 gives 0x2C and 0x2D an Object ID, against the bit they have; draft 16
    /// does not.
    package static let draft15: Self = {
        var types = draft18
        types.padding = nil
        return types
    }()

    /// Drafts since 18.
    package static let draft18 = Self()
}

extension FetchForm {
    /// Draft 14: every field of every object (draft-14 "Fetch Header").
    package static let draft14: Self = {
        var form = draft15
        form.flags = .none
        return form
    }()

    /// Draft 15: one byte of flags (draft-15 "Fetch Header").
    package static let draft15: Self = {
        var form = draft16
        form.flags = .octet
        form.hasStatus = true
        form.datagram = 0
        form.gaps = []
        form.onePriorityPerSubgroup = false
        return form
    }()

    /// Draft 16 (draft-16 "Flags", "End of Range").
    package static let draft16: Self = {
        var form = draft17
        form.gapsArePrior = false
        return form
    }()

    /// Draft 17 (draft-17 "Flags").
    package static let draft17: Self = {
        var form = draft18
        form.isDelta = false
        return form
    }()

    /// Drafts 18 and 19 (draft-18 "Flags").
    package static let draft18 = Self()

    /// Drafts since 20.
    package static let draft20: Self = {
        var form = draft18
        form.gaps.insert(.timedOut)
        return form
    }()
}

extension ObjectRules {
    /// Draft 14 (draft-14 "Object Status", "Object Extension Header").
    package static let draft14: Self = {
        var rules = draft15
        rules.statusesWithProperties = [.normal, .endOfGroup, .endOfTrack]
        rules.repeatsImmutables = true
        rules.fetch = .draft14
        return rules
    }()

    /// Draft 15 (draft-15 "Object Status", "Object Extension Header").
    package static let draft15: Self = {
        var rules = draft16
        rules.statuses.insert(.doesNotExist)
        rules.fetch = .draft15
        rules.names.properties = "Extension headers"
        return rules
    }()

    /// Draft 16 (draft-16 "Object Status", "Object Extension Headers").
    package static let draft16: Self = {
        var rules = draft17
        rules.fetch = .draft16
        rules.names.propertiesLength = "Extension Headers Length"
        rules.names.properties = "Extension Headers"
        rules.names.immutableProperties = "Immutable Extensions"
        return rules
    }()

    /// Draft 17.
    package static let draft17: Self = {
        var rules = draft18
        rules.mandatoryProperties = nil
        rules.fetch = .draft17
        rules.names.fetchGroup = "Group ID"
        rules.names.fetchObject = "Object ID"
        return rules
    }()

    /// Drafts 18 and 19.
    package static let draft18 = Self()

    /// Drafts since 20.
    package static let draft20: Self = {
        var rules = draft18
        rules.fetch = .draft20
        rules.names.type = "Type Flags"
        return rules
    }()
}
