import MoQTCodec
import Wire

/// What was decoded, in the words of the vector files.
struct VectorVocabulary {
    let bytes: [UInt8]
    let profile: Profile

    /// The members that `value` has, as the items say them.
    func said(by items: [InspectedItem], like value: JSON) -> JSON {
        guard case .object(let members) = value, let first = items.first else { return .null }
        var result: [String: JSON] = [:]
        for (key, expected) in members { result[key] = member(key, first, items, expected) ?? .text("absent") }
        // What the vector does not say must not be there.
        if members["name"] != nil {
            for (key, field) in Self.lists where members[key] == nil {
                guard let content = first.fields.first(where: { field.contains($0.name) })?.content else { continue }
                if !content.isEmpty { result[key] = .array(content.map { pair($0) }) }
            }
        }
        return .object(result)
    }

    private static let lists = [
        "params": ["Parameters"], "opts": ["Setup Options", "Setup Parameters"],
        "props": ["Track Properties", "Track Extensions"],
    ]

    /// Fields that are numbers or texts by themselves.
    private static let plain: [String: [String]] = [
        "req": ["Request ID"], "alias": ["Track Alias"], "code": ["Error Code"], "retry": ["Retry Interval"],
        "reason": ["Error Reason"], "status": ["Status Code"], "streams": ["Stream Count"], "last": ["Request ID"],
        "uri": ["New Session URI"], "timeout": ["Timeout"], "eot": ["End Of Track"], "tname": ["Track Name"],
        "version": ["Selected Version"], "expires": ["Expires"], "forward": ["Forward"], "order": ["Group Order"],
        "prio": ["Subscriber Priority", "Publisher Priority"],
        "ns": ["Track Namespace", "Track Namespace Prefix"], "suffix": ["Track Namespace Suffix"],
        "versions": ["Supported Versions"], "type": ["Type", "Type Flags"], "group": ["Group ID"],
        "sub": ["Subgroup ID"], "g": ["Group ID"], "id": ["Object ID"], "flags": ["Serialization Flags"],
    ]

    private func member(_ key: String, _ item: InspectedItem, _ items: [InspectedItem], _ expected: JSON) -> JSON? {
        switch key {
        case "name": return .text(item.name)
        case "params", "opts", "props":
            let names = Self.lists[key] ?? []
            let list = item.fields.first {
                names.contains($0.name) || key == "props" && Self.objectProperties.contains($0.name)
            }
            return list.map { .array($0.content.map(pair)) }
        case "end": return location(item.fields, "End Group", "End Object")
        case "largest":
            return location(item.fields, "Largest Group ID", "Largest Object ID")
                ?? location(item.fields, "Largest Group", "Largest Object") ?? .null
        case "filter": return filter(item.fields)
        case "fetch": return fetch(item.fields)
        case "redirect": return redirect(item.fields)
        case "objs": return .array(items.dropFirst().map(subgroupObject))
        case "items": return .array(items.dropFirst().map(fetchItem))
        case "stream", "dg": return .text(item.name)
        case "n": return item.field("Padding Data").map { .number(UInt64($0.length)) }
        default:
            if item.kind == .datagram { return datagram(key, item) }
            return plainMember(key, item.fields) ?? (expected == .null ? .null : nil)
        }
    }

    private func plainMember(_ key: String, _ fields: [Field]) -> JSON? {
        guard let names = Self.plain[key] else { return nil }
        return fields.first { names.contains($0.name) }.map(value)
    }

    private func value(_ field: Field) -> JSON {
        switch field.value {
        case .number(let number): .number(number)
        case .bytes(let bytes): .hex(bytes.array)
        case .list(let parts): .array(parts.filter { !$0.isFraming }.map(value))
        case .structure, .pair: .array(field.content.map(value))
        }
    }

    private func location(_ fields: [Field], _ group: String, _ object: String) -> JSON? {
        guard let first = fields.first(where: { $0.name == group }),
            let second = fields.first(where: { $0.name == object })
        else { return nil }
        return .array([value(first), value(second)])
    }

    // MARK: - Pairs

    /// `[type, value]`.
    private func pair(_ field: Field) -> JSON {
        guard case .pair(let type?, _) = field.value else { return .null }
        guard let value = field.content.first else { return .array([.number(type), .null]) }
        return .array([.number(type), pairValue(type, value, field.name)])
    }

    private func pairValue(_ type: UInt64, _ field: Field, _ name: String) -> JSON {
        switch name {
        case "SUBSCRIPTION_FILTER", "LOCATION_FILTER": return filter(field.content)
        case "FILL_PARAMETERS":
            let list = field.content.first { $0.name == "Parameters" } ?? field
            return .object(["params": .array(list.content.map(pair))])
        case "TRACK_NAMESPACE_PREFIX", "LARGEST_OBJECT": return value(field)
        default:
            if case .number(let number) = field.value { return .number(number) }
            return .hex(behindLength(field))
        }
    }

    /// The bytes of a field without the length in front of them.
    private func behindLength(_ field: Field) -> [UInt8] {
        let all = Bytes(Array(bytes[Int(field.offset)..<Int(field.offset) + field.length]))
        var position = 0
        _ = profile.integers.read(all.span, at: &position)
        return all.slice(from: position).array
    }

    /// `[type]`, `[type, [group, object]]` or `[type, [group, object], end group]` up to draft-19; a list of numbers
    /// in 20 and 21; type and fields in 22.
    private func filter(_ fields: [Field]) -> JSON {
        let parts = fields.filter {
            ["Filter Type", "Start Group", "Start Object", "End Group", "End Group Delta"].contains($0.name)
        }
        let numbers = parts.map(\.number)
        if let type = numbers.first, parts.first?.name == "Filter Type", profile.number < 20 {
            guard numbers.count > 2 else { return .array([.number(type)]) }
            let start = JSON.array([.number(numbers[1]), .number(numbers[2])])
            guard numbers.count > 3 else { return .array([.number(type), start]) }
            let end = parts[3].name == "End Group Delta" ? numbers[1] + numbers[3] : numbers[3]
            return .array([.number(type), start, .number(end)])
        }
        let all = fields.filter { !$0.isFraming }.map(\.number)
        guard fields.first(where: { !$0.isFraming })?.name == "Filter Type" else { return .array(all.map(JSON.number)) }
        return .object(["type": .number(all[0]), "fields": .array(all.dropFirst().map(JSON.number))])
    }

    // MARK: - Structures

    private func fetch(_ fields: [Field]) -> JSON? {
        guard let type = plain(fields, "Fetch Type") else { return nil }
        if type == .number(1) {
            return .array([
                type, plain(fields, "Track Namespace") ?? .null, plain(fields, "Track Name") ?? .null,
                location(fields, "Start Group", "Start Object") ?? .null,
                location(fields, "End Group", "End Object") ?? .null,
            ])
        }
        return .array([type, plain(fields, "Joining Request ID") ?? .null, plain(fields, "Joining Start") ?? .null])
    }

    private func redirect(_ fields: [Field]) -> JSON? {
        guard let parts = fields.first(where: { $0.name == "Redirect" })?.content else { return nil }
        return .array(["Connect URI", "Track Namespace", "Track Name"].map { plain(parts, $0) ?? .null })
    }

    private func plain(_ fields: [Field], _ name: String) -> JSON? { fields.first { $0.name == name }.map(value) }

    // MARK: - Objects

    private func datagram(_ key: String, _ item: InspectedItem) -> JSON? {
        switch key {
        case "payload": plain(item.fields, "Object Payload")
        case "status": plain(item.fields, "Object Status")
        case "prio": plainMember(key, item.fields) ?? .null
        default: plainMember(key, item.fields)
        }
    }

    private func subgroupObject(_ item: InspectedItem) -> JSON {
        object(item, ["id": "Object ID"])
    }

    private func fetchItem(_ item: InspectedItem) -> JSON {
        if plain(item.fields, "Object ID") != nil, plain(item.fields, "Publisher Priority") == nil {
            return .array(
                [.text("range")]
                    + ["Serialization Flags", "Group ID", "Object ID"].map { plain(item.fields, $0) ?? .null })
        }
        let names = [
            "flags": "Serialization Flags", "g": "Group ID", "sub": "Subgroup ID", "id": "Object ID",
            "prio": "Publisher Priority",
        ]
        var result = object(item, names)
        if plain(item.fields, "Subgroup ID") == nil, case .object(var members) = result {
            members["sub"] = .null
            result = .object(members)
        }
        return result
    }

    /// Status, properties and payload are there where they say something.
    private func object(_ item: InspectedItem, _ names: [String: String]) -> JSON {
        var result: [String: JSON] = [:]
        for (key, name) in names { result[key] = plain(item.fields, name) }
        if let status = plain(item.fields, "Object Status"), status != .number(0) { result["status"] = status }
        let properties = item.fields.first { Self.objectProperties.contains($0.name) }?.content ?? []
        if !properties.isEmpty { result["props"] = .array(properties.map(pair)) }
        if let payload = plain(item.fields, "Object Payload"), payload != .hex([]) { result["payload"] = payload }
        return .object(result)
    }

    private static let objectProperties: Set<String> = [
        "Properties", "Object Properties", "Extension Headers", "Extension headers", "Extensions",
    ]
}

extension Field {
    fileprivate var number: UInt64 {
        if case .number(let number) = value { number } else { 0 }
    }
}
