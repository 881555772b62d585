internal import CCrypto

/// A libcrypto object, freed with its owner.
struct Owned: ~Copyable {
    let raw: OpaquePointer
    private let free: (OpaquePointer?) -> Void

    /// Takes what `call` returned; nil becomes the error of `call`.
    init(
        _ call: String, _ raw: OpaquePointer?, free: @escaping (OpaquePointer?) -> Void
    ) throws(CredentialsError) {
        guard let raw else { throw .library(call) }
        self.raw = raw
        self.free = free
    }

    deinit { free(raw) }
}

extension CredentialsError {
    /// The failure of `call` that libcrypto's error queue tells of; empties the queue.
    static func library(_ call: String) -> Self {
        let number = ERR_get_error()
        ERR_clear_error()
        guard number != 0, let reason = ERR_reason_error_string(number) else {
            return .library(call: call, reason: "failed")
        }
        return .library(call: call, reason: String(cString: reason))
    }
}

/// Turns a status of libcrypto, 1 or more for success, into an error.
func check(_ call: String, _ status: CInt) throws(CredentialsError) {
    if status <= 0 { throw .library(call) }
}
