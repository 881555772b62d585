internal import EventLoop
public import MoQTCodec
internal import Wire

/// A MoQT session with a server: requests go out, objects come in and go out.
///
///     let session = try await Session.connect(to: "moqt://localhost:4443")
///     let subscription = try await session.subscribe(to: FullTrackName(text: "test--numbers"))
///     for try await object in subscription.objects { print(object.location) }
///
/// A session has a thread of its own, which ends with it. Everything here may be called from any task. A task that is
/// cancelled while it waits gives up what it waits for: an unanswered request is cancelled, as is a subscription whose
/// next object was waited for; it then throws an error of scope ``MoQTError/Scope/cancelled``.
///
/// Every request throws scope `request`, with the peer's code, when it is refused; `call` when the draft has no words for
/// it or the peer has sent GOAWAY; `session` or `connection` when that is over.
///
/// The session is closed by ``close(_:reason:patience:)``, or when nobody holds it nor anything that it gave out; in
/// either case what was sent is delivered first, as far as that takes no longer than two seconds. Drafts 14 to 22 are
/// spoken; what differs between them shows only in errors about what a draft has no words for.
public final class Session: Sendable {
    let core: Core
    /// The draft that was agreed on, such as `moqt-18`; a ``Profile/alpn``.
    public let draft: String

    init(_ core: Core, draft: String) {
        self.core = core
        self.draft = draft
    }

    deinit { core.perform { $0.close(.noError, "", patience: .seconds(2)) } }

    /// Connects, and returns when both SETUPs have passed.
    ///
    /// - Parameter url: `moqt://HOST[:PORT][/PATH][?QUERY]` (draft-18 "MOQT URI Scheme"), or the same with `https` for
    ///   WebTransport; the port is 443 unless it is there.
    /// - Throws: scope `call` for a URL or options that are wrong, `connection` when nobody answers or is believed or
    ///   no draft is in common, `session` when the peer closes the session at once.
    public static func connect(
        to url: String, _ options: ConnectOptions = ConnectOptions()
    ) async throws(MoQTError) -> Session {
        // Otherwise it might be there before the task looks.
        if Task.isCancelled { throw .cancelled }
        let plan = try DialPlan(url, options)
        let opening = Reply<Profile>()
        let core = try start(plan, opening)
        guard let result = await opening.wait() else {
            core.perform { $0.finish(.cancelled) }
            throw .cancelled
        }
        return Session(core, draft: try result.get().alpn)
    }

    private static func start(_ plan: DialPlan, _ opening: Reply<Profile>) throws(MoQTError) -> Core {
        do throws(SystemError) {
            let core = try Core()
            try Worker.start("moqt") {
                do throws(SystemError) {
                    try Engine(core, plan, opening).run()
                } catch {
                    let error = MoQTError(.connection, reason: "\(error)")
                    core.end(error)
                    opening.set(.failure(error))
                }
            }
            return core
        } catch {
            throw MoQTError(.connection, reason: "\(error)")
        }
    }

    // MARK: - The session as a whole

    /// GOAWAY, once the peer has sent it: it will close the session, and takes no new requests (draft-18 "GOAWAY").
    ///
    /// - Throws: why the session ended without it; `cancelled`.
    public func goAway() async throws(MoQTError) -> GoAway {
        guard let result = await core.goAway.wait() else { throw .cancelled }
        return try result.get()
    }

    /// Why the session is over, once it is: scope `session` with the code that either end closed it with, or
    /// `connection`; `cancelled` when the task is.
    public func ended() async -> MoQTError { await core.closed.wait() ?? .cancelled }

    /// Closes the session, and returns when that is said.
    ///
    /// Tracks that are published should be finished before. What was sent is delivered first, for which the peer gets
    /// `patience`.
    public func close(
        _ code: SessionCode = .noError, reason: String = "", patience: Duration = .seconds(2)
    ) async {
        core.perform { $0.close(code, reason, patience: patience.interval) }
        _ = await core.closed.wait()
    }
}
