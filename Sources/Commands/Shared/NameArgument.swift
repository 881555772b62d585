package import CommandLine
package import MoQTCodec

/// What a NAME stands for.
package enum NameArgument: Hashable, Sendable, CustomStringConvertible {
    case track(FullTrackName)
    case namespace(TrackNamespace)

    /// The draft's text form: with `--` it is one track, otherwise a namespace of at least one field.
    package init(_ text: String) throws(UsageError) {
        guard !text.isEmpty else { throw .expected(Self.form, got: text) }
        do {
            self =
                text.contains("--") ? .track(try FullTrackName(text: text)) : .namespace(try TrackNamespace(text: text))
        } catch {
            throw UsageError("\(error), got '\(text.printable())'")
        }
    }

    /// In the draft's text form.
    package var description: String {
        switch self {
        case .track(let track): track.description
        case .namespace(let namespace): namespace.description
        }
    }

    fileprivate static let form = "NAMESPACE or NAMESPACE--TRACK in the draft's form, such as live-cam1--video"
}

/// A NAME operand, or the plain text of `--namespace` and `--name` instead.
package struct NameSettings: Hashable, Sendable {
    /// Fields in their order, as plain text.
    package var fields: [String] = []
    /// Track name as plain text.
    package var track: String?
    package var operand: NameArgument?

    package var isGivenByOptions: Bool { !fields.isEmpty || track != nil }

    /// The name that was given, one way or the other.
    package func resolved() throws(UsageError) -> NameArgument {
        if let operand { return operand }
        guard !fields.isEmpty else { throw UsageError.expected("--namespace beside it", got: nil).about("--name") }
        do {
            let namespace = try TrackNamespace(fields.map { Array($0.utf8) })
            guard let track else { return .namespace(namespace) }
            return .track(try FullTrackName(namespace: namespace, name: TrackName(utf8: track)))
        } catch {
            throw UsageError("\(error)", subject: "--namespace")
        }
    }

    package static let options = [
        Option<NameSettings>.value(
            "namespace", .text("FIELD"), "Namespace field in plain text, instead of NAME", repeatable: true
        ) { $0.fields.append($1) },
        .value("name", .text("TEXT"), "Track name in plain text, instead of NAME") { $0.track = $1 },
    ]
}

extension ValueType where Value == NameArgument {
    package static var name: Self {
        Self("NAME", expects: NameArgument.form) { (text) throws(UsageError) in try NameArgument(text) }
    }
}
