extension InspectedItem {
    /// The same with names that readers have no part in: those of sections in the draft of `profile`, and those of
    /// properties in `container`.
    /// - Parameter container: see ``InspectionContext/containerVersion``.
    func named(by profile: Profile, _ container: LOCVersion?) -> Self {
        var item = self
        item.error = error?.cited(by: profile)
        if case .refused(let refusal)? = encoding { item.encoding = .refused(refusal.cited(by: profile)) }
        // A track's properties are the draft's first.
        let isObject = kind == .object || kind == .datagram
        let lists = ["\(profile.objects.names.properties)", "\(profile.trackPropertiesName)"]
        for index in item.fields.indices where lists.contains(item.fields[index].name) {
            item.fields[index].name(by: container ?? .newest, overrides: isObject && container != nil)
        }
        return item
    }
}

extension Field {
    /// Names the properties of a list as `container` does.
    /// - Parameter overrides: also those that have a name.
    fileprivate mutating func name(by container: LOCVersion, overrides: Bool) {
        func named(_ parts: [Field]) -> [Field] {
            parts.map { part in
                var part = part
                part.name(by: container, overrides: overrides)
                return part
            }
        }
        switch value {
        case .number, .bytes, .structure: break
        case .list(let parts): value = .list(named(parts))
        case .pair(let type, var parts):
            parts = named(parts)
            if let type, let name = container.name(ofType: type), overrides || self.name == "UNKNOWN" {
                self.name = PropertyType.capitals(name)
                if let last = parts.indices.last { parts[last].name = self.name }
            }
            value = .pair(type: type, parts)
        }
    }
}
