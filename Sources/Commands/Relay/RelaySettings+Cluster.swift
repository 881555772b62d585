internal import CommandLine
internal import EventLoop
internal import Operations

extension RelaySettings {
    /// What tells the cluster of this relay, and this relay of the cluster; nil: there is none.
    func registry(_ output: Output) throws(SystemError) -> Registry? {
        guard let cluster else { return nil }
        let words = "\(cluster)".printable()
        return try Registry({ cluster.store }, url: node?.description, lifetime: clusterLifetime) {
            output.log($1 ? .warning : .notice, "\(words): \($0)")
        }
    }

    /// What `--http` serves of the registry; nil: nothing.
    var origins: OriginPages? {
        guard case .redis(let location) = cluster, servedOrigins != .none else { return nil }
        return OriginPages(RedisOrigins(location), lifetime: clusterLifetime, isWritable: servedOrigins == .write)
    }
}
