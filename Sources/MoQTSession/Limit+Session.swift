internal import MoQTCodec
internal import Wire

extension Limit {
    /// The limit that was broken by what closes a session with `code`; nil: none.
    init?(brokenWith code: SessionCode) {
        switch code {
        case .tooManyRequests: self = .requests
        case .tooManyRequestUpdates: self = .updates
        case .authTokenCacheOverflow: self = .tokenCache
        default: return nil
        }
    }
}
