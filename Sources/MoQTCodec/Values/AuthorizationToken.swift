public import Wire

/// One authorization token, by value or by alias (draft-18 "AUTHORIZATION TOKEN Parameter").
public enum AuthorizationToken: Hashable, Sendable {
    /// Retires `alias`.
    case delete(alias: UInt64)
    /// Binds `alias` to the token for the session, and uses it.
    case register(alias: UInt64, type: UInt64, value: Bytes)
    /// Uses the token registered under `alias`.
    case useAlias(UInt64)
    /// Uses the token given. Type 0 is agreed out of band.
    case useValue(type: UInt64, value: Bytes)

    /// Alias type, alias, token type and value; 0 and empty for those it lacks.
    var parts: (UInt64, UInt64, UInt64, Bytes) {
        switch self {
        case .delete(let alias): (0, alias, 0, Bytes())
        case .register(let alias, let type, let value): (1, alias, type, value)
        case .useAlias(let alias): (2, alias, 0, Bytes())
        case .useValue(let type, let value): (3, 0, type, value)
        }
    }

    /// - Parameter kind: the alias type, 0 through 3.
    init(_ kind: UInt64, alias: UInt64, type: UInt64, value: Bytes) {
        switch kind {
        case 0: self = .delete(alias: alias)
        case 1: self = .register(alias: alias, type: type, value: value)
        case 2: self = .useAlias(alias)
        default: self = .useValue(type: type, value: value)
        }
    }
}
