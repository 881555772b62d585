internal import CommandLine
internal import Endpoint
internal import MoQTCodec
internal import MoQTRelay
internal import MoQTSession
internal import QUIC
internal import Wire

extension TransportSettings {
    /// Has the sessions of `drivers` recorded, if the options say so.
    ///
    /// - Throws: when nothing can be written where they say.
    func record(_ drivers: [Driver], _ output: Output) throws(OptionFileError) {
        guard let mlogDirectory else { return }
        let directory: RecordDirectory
        do {
            directory = try RecordDirectory(mlogDirectory) { file, error in
                output.log(.warning, "--mlog: \(file.printable()): \(error); records end here")
            }
        } catch {
            throw OptionFileError(subject: "--mlog: \(mlogDirectory.printable())", words: "\(error)")
        }
        for driver in drivers {
            driver.witness = { link, peer in
                let header = MlogHeader(
                    connectionID: "\(link.connection.originalID)", role: link.connection.role, session: peer.number,
                    draft: peer.session.profile.number,
                    overWebTransport: peer.session.configuration.transport == .webTransport)
                return Mlog(peer.session.profile, header, directory.file(header.fileName(ofSession: link.sessionCount)))
            }
        }
    }
}

extension MlogHeader {
    /// - Parameter number: of the session among those of its connection, from 1.
    fileprivate func fileName(ofSession number: Int) -> String {
        "\(connectionID)_\(role)\(number > 1 ? "_\(number)" : "").mlog"
    }
}
