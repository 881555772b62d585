internal import MoQTCodec

/// Deployed software that breaks a rule in a way that harms nobody, by the MOQT_IMPLEMENTATION it says: of it alone the
/// session takes what would otherwise close it.
enum KnownPeers {
    /// moq-net asks for all namespaces with a Track Namespace Prefix of no fields in drafts 14 and 15, too, which close
    /// for that (draft-15 "SUBSCRIBE_NAMESPACE"); it is read as from draft-16 on, where it matches every namespace.
    static func sendsEmptyPrefixes(_ setup: Setup) -> Bool { setup.implementation == "moq-lite-rs" }
}
