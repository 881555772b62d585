/// Why bytes or text are no track name (draft-18 "Track Naming", "Parsing Serialized Names").
public struct NameError: Error, Hashable, Sendable {
    /// What is wrong.
    public enum Reason: Hashable, Sendable {
        /// More than ``TrackNamespace/maximumFieldCount`` fields.
        case tooManyFields
        /// A namespace field without a byte.
        case emptyField
        /// More than ``FullTrackName/maximumLength`` bytes in all.
        case tooLong
        /// A character that must be written as an escape, or a hyphen inside the track name.
        case invalidCharacter
        /// A period that two hex digits do not follow.
        case truncatedEscape
        /// A hex digit A to F; only lower case is canonical.
        case upperCaseHex
        /// An escape of a byte that stands for itself.
        case redundantEscape
        /// No `--` between namespace and track name.
        case missingSeparator
    }

    /// What is wrong.
    public var reason: Reason
    /// Byte of the text that is wrong, from 0; for names given as fields, the number of the field.
    public var offset: Int

    /// For a name that was found wrong.
    public init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }
}

extension NameError: CustomStringConvertible {
    /// In words, without the name.
    public var description: String {
        switch reason {
        case .tooManyFields: "a namespace has at most \(TrackNamespace.maximumFieldCount) fields"
        case .emptyField: "empty namespace field at byte \(offset)"
        case .tooLong: "a full track name has at most \(FullTrackName.maximumLength) bytes"
        case .invalidCharacter: "byte \(offset) must be written as '.' and two hex digits"
        case .truncatedEscape: "'.' at byte \(offset) needs two hex digits after it"
        case .upperCaseHex: "upper-case hex digit at byte \(offset)"
        case .redundantEscape: "the escape at byte \(offset) stands for a character that needs none"
        case .missingSeparator: "expected '--' between namespace and track name"
        }
    }
}
