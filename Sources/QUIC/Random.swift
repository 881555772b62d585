internal import CGnuTLS

/// Fills `bytes` with random that an observer cannot predict.
func fillRandom(_ bytes: UnsafeMutableRawBufferPointer) {
    let status = gnutls_rnd(GNUTLS_RND_RANDOM, bytes.baseAddress, bytes.count)
    precondition(status == 0, "the system gives no random bytes")
}
