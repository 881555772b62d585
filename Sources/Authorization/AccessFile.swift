internal import Credentials
internal import Glibc
internal import MoQTCodec
internal import MoQTRelay
package import Wire

/// A file that says who may do what: one statement a line, words between blanks, `#` begins a comment.
///
/// - `secret NAME TEXT`: whoever shows the token TEXT; `@FILE` for what FILE holds.
/// - `jwt NAME FILE [under NAMESPACE]`: whoever shows a JSON Web Token that a key of FILE has signed.
/// - `cat NAME FILE claim N [revalidation N] [under NAMESPACE]`: the same with a Common Access Token.
/// - `certificate NAME HEX`: whoever has the certificate with this SHA-256.
/// - `authority NAME FILE [cn TEXT]`: whoever has a certificate that an authority of FILE has signed.
/// - `audience TEXT`: tokens that name whom they are for may name this.
/// - `allow WHO ACTION[,ACTION] NAMESPACE`: WHO is a NAME, or `anyone`; `*` is every namespace.
package struct AccessFile {
    /// What is wrong with a file.
    package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// With the number of the line, if it is about one.
        package let place: String
        package let words: String

        package var description: String { "\(place): \(words)" }
    }

    /// The longest one that is read, in bytes.
    private static let limit = 1 << 20

    private let path: String
    private var rules: AccessRules
    private var names: Set<String> = []
    /// Names that rules are about, and where the first of them is.
    private var subjects: [String: Int] = [:]

    /// Reads a file, and those it names; paths in it are relative to it.
    package static func read(_ path: String) throws(Failure) -> AccessRules { try read(path, time: nil) }

    /// - Parameter time: seconds since 1970 at an instant; nil: by the system's clock.
    package static func read(_ path: String, time: (@Sendable (Instant) -> Double)?) throws(Failure) -> AccessRules {
        var file = AccessFile(path: path, rules: AccessRules(time: time))
        let text: [UInt8]
        do throws(CredentialsError) { text = try FileBytes.read(path, limit: limit) } catch {
            throw Failure(place: path, words: error.words)
        }
        let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            do throws(Mistake) {
                try file.take(Self.words(String(decoding: line, as: UTF8.self)), index + 1)
            } catch {
                throw Failure(place: "\(path):\(index + 1)", words: error.words)
            }
        }
        for (name, line) in file.subjects where !file.names.contains(name) {
            throw Failure(
                place: "\(path):\(line)", words: "expected anyone, or a name that a line defines, got '\(name)'")
        }
        return file.rules
    }

    /// What is wrong with a line.
    private struct Mistake: Error {
        var words: String

        static func expected(_ what: String, got: String?) -> Self {
            Self(words: "expected \(what), got \(got.map { "'\($0)'" } ?? "the end of the line")")
        }
    }

    private static func words(_ line: String) -> [String] {
        let words = line.split { $0 == " " || $0 == "\t" || $0 == "\r" }.map(String.init)
        return Array(words.prefix { !$0.hasPrefix("#") })
    }

    // MARK: - Statements

    private mutating func take(_ words: [String], _ line: Int) throws(Mistake) {
        var rest = words[...]
        guard let verb = rest.popFirst() else { return }
        switch verb {
        case "secret": try secret(&rest)
        case "jwt": try issuer(&rest, isCommonAccess: false)
        case "cat": try issuer(&rest, isCommonAccess: true)
        case "certificate": try certificate(&rest)
        case "authority": try authority(&rest)
        case "audience": rules.audience.insert(try Self.next(&rest, "whom tokens are for"))
        case "allow": try allow(&rest, line)
        default:
            throw .expected("secret, jwt, cat, certificate, authority, audience or allow", got: verb)
        }
        if let more = rest.first { throw .expected("nothing more", got: more) }
    }

    private mutating func secret(_ rest: inout ArraySlice<String>) throws(Mistake) {
        let name = try define(&rest), text = try Self.next(&rest, "the secret, or @FILE")
        var bytes = Array(text.utf8)
        if text.hasPrefix("@") {
            bytes = try file(String(text.dropFirst()))
            while let last = bytes.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { bytes.removeLast() }
            if bytes.isEmpty { throw Mistake(words: "expected a secret in \(text.dropFirst()), got an empty file") }
        }
        rules.secrets.append(.init(name: name, digest: SHA256.digest(bytes)))
    }

    private mutating func issuer(_ rest: inout ArraySlice<String>, isCommonAccess: Bool) throws(Mistake) {
        let name = try define(&rest), path = try Self.next(&rest, "a file of keys")
        let bytes = try file(path)
        let keys: [TokenKey]
        do throws(TokenKeyError) { keys = try TokenKeyFile.keys(in: bytes) } catch {
            throw Mistake(words: "\(path): \(error)")
        }
        var kind = AccessRules.Issuer.Kind.json
        if isCommonAccess {
            try Self.keyword("claim", &rest)
            var numbers = CommonAccessToken.ClaimKeys(scopes: try Self.number(&rest))
            if rest.first == "revalidation" {
                rest.removeFirst()
                numbers.revalidation = try Self.number(&rest)
            }
            kind = .commonAccess(numbers)
        }
        var ceiling = TrackNamespace()
        if !rest.isEmpty {
            try Self.keyword("under", &rest)
            ceiling = try Self.namespace(&rest)
        }
        rules.issuers.append(.init(name: name, kind: kind, keys: keys, ceiling: ceiling))
    }

    private mutating func certificate(_ rest: inout ArraySlice<String>) throws(Mistake) {
        let name = try define(&rest), text = try Self.next(&rest, "the SHA-256 of a certificate")
        guard let fingerprint = try? Fingerprint(text) else { throw .expected("64 hex digits (SHA-256)", got: text) }
        rules.holders.append(.init(name: name, proof: .fingerprint(fingerprint)))
    }

    private mutating func authority(_ rest: inout ArraySlice<String>) throws(Mistake) {
        let name = try define(&rest), path = try Self.next(&rest, "a file of certificates")
        let bytes = try file(path)
        let authorities: CertificateAuthorities
        do throws(CredentialsError) { authorities = try CertificateAuthorities(pem: bytes, file: path) } catch {
            throw Mistake(words: "\(error)")
        }
        var commonName: String?
        if !rest.isEmpty {
            try Self.keyword("cn", &rest)
            commonName = try Self.next(&rest, "a common name")
        }
        rules.holders.append(.init(name: name, proof: .signed(by: authorities, commonName: commonName)))
    }

    private mutating func allow(_ rest: inout ArraySlice<String>, _ line: Int) throws(Mistake) {
        let who = try Self.next(&rest, "anyone, or a name")
        if who != AccessRules.anyone, subjects[who] == nil { subjects[who] = line }
        var actions: Grant.Actions = []
        let list = try Self.next(&rest, Self.actionWords)
        for word in list.split(separator: ",", omittingEmptySubsequences: false) {
            guard let action = Self.actions[String(word)] else { throw .expected(Self.actionWords, got: String(word)) }
            actions.formUnion(action)
        }
        repeat {
            let scope = NameScope(prefix: try Self.namespace(&rest))
            rules.allowed[who, default: []].append(Grant(actions, scope))
        } while !rest.isEmpty
    }

    private static let actionWords = "publish, announce, subscribe, fetch or all"
    private static let actions: [String: Grant.Actions] = [
        "publish": [.publish, .update],
        "announce": [.publishNamespace, .update],
        "subscribe": [.subscribe, .subscribeNamespace, .trackStatus, .update],
        "fetch": [.fetch, .trackStatus, .update],
        "all": [.put, .get],
    ]

    // MARK: - Words

    private mutating func define(_ rest: inout ArraySlice<String>) throws(Mistake) -> String {
        let name = try Self.next(&rest, "a name")
        guard name != AccessRules.anyone, names.insert(name).inserted else {
            throw .expected("a name that is not taken", got: name)
        }
        return name
    }

    private static func next(_ rest: inout ArraySlice<String>, _ what: String) throws(Mistake) -> String {
        guard let word = rest.popFirst() else { throw .expected(what, got: nil) }
        return word
    }

    private static func keyword(_ word: String, _ rest: inout ArraySlice<String>) throws(Mistake) {
        let got = rest.popFirst()
        guard got == word else { throw .expected(word, got: got) }
    }

    private static func number(_ rest: inout ArraySlice<String>) throws(Mistake) -> Int64 {
        let word = try next(&rest, "the number of a claim")
        guard let number = Int64(word) else { throw .expected("the number of a claim", got: word) }
        return number
    }

    private static func namespace(_ rest: inout ArraySlice<String>) throws(Mistake) -> TrackNamespace {
        let what = "a namespace such as live-cam1, or *"
        let word = try next(&rest, what)
        if word == "*" { return TrackNamespace() }
        guard let namespace = try? TrackNamespace(text: word), !namespace.isEmpty else {
            throw .expected(what, got: word)
        }
        return namespace
    }

    private func file(_ name: String) throws(Mistake) -> [UInt8] {
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let place = name.hasPrefix("/") || !path.contains("/") ? name : folder + "/" + name
        do throws(CredentialsError) { return try FileBytes.read(place, limit: Self.limit) } catch {
            throw Mistake(words: "\(place): \(error.words)")
        }
    }
}

extension CredentialsError {
    /// Without the name of the file.
    fileprivate var words: String {
        if case .unreadable(_, let reason) = self { reason } else { "\(self)" }
    }
}
