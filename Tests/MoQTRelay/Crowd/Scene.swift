@testable import MoQTRelay
import MoQTCodec
import MoQTSession
import Wire

/// What a crowd does around a relay.
enum Scene: UInt64, CaseIterable, Sendable {
    case severalTracks, sameTrack, watching, joining, fetching, rendezvous
    case lateSource, lostSource, lostSources, lastSource, sourceLeaves, sourceReplaced, sourceHalts
    case viewerLost, viewerReturns, viewerCancels, slowReader, haltedReader
    case eviction, expiry, drain, everything

    /// Bytes of the relay's cache.
    var cache: Int { self == .eviction ? 4000 : 1 << 20 }

    func play(_ crowd: Crowd) {
        switch self {
        case .severalTracks: crowd.severalTracks()
        case .sameTrack: crowd.sameTrack()
        case .watching: crowd.watching()
        case .joining: crowd.joining()
        case .fetching: crowd.fetching()
        case .rendezvous: crowd.rendezvous()
        case .lateSource: crowd.lateSource()
        case .lostSource: crowd.lostSource()
        case .lostSources: crowd.lostSources()
        case .lastSource: crowd.lastSource()
        case .sourceLeaves: crowd.sourceLeaves()
        case .sourceReplaced: crowd.sourceReplaced()
        case .sourceHalts: crowd.sourceHalts()
        case .viewerLost: crowd.viewerLost()
        case .viewerReturns: crowd.viewerReturns()
        case .viewerCancels: crowd.viewerCancels()
        case .slowReader: crowd.slowReader()
        case .haltedReader: crowd.haltedReader()
        case .eviction: crowd.eviction()
        case .expiry: crowd.expiry()
        case .drain: crowd.drain()
        case .everything: crowd.everything()
        }
    }
}

extension Crowd {
    /// Publishers of the same tracks, who are there from the beginning or come a little later.
    private func publishers(_ count: ClosedRange<Int> = 1...3, of tracks: Int = 1) {
        broadcast(tracks)
        for _ in 0..<random.number(count) {
            world.plan(in: milliseconds(0...100)) { [unowned self] in addSource(of: broadcasts) }
        }
    }

    private func someViewer(_ action: @escaping (Viewer) -> Void) -> () -> Void {
        { [unowned self] in
            if let viewer = viewers.filter(\.isSteady).randomElement(using: &random) { action(viewer) }
        }
    }

    private func someSource(_ action: @escaping (Source) -> Void) -> () -> Void {
        { [unowned self] in
            if let source = sources.filter(\.isSteady).randomElement(using: &random) { action(source) }
        }
    }

    // MARK: - In peace

    fileprivate func severalTracks() {
        broadcast(3)
        for track in broadcasts {
            world.plan(in: milliseconds(0...100)) { [unowned self] in addSource(of: [track]) }
        }
        audience(4)
    }

    fileprivate func sameTrack() {
        publishers(2...3)
        audience(4)
    }

    fileprivate func watching() {
        publishers(1...2, of: 2)
        _ = watchers(3)
        audience(1)
    }

    fileprivate func joining() {
        publishers(1...2)
        audience(4, join: true)
    }

    fileprivate func fetching() {
        publishers(1...2)
        for viewer in audience(4) {
            for _ in 0..<3 { sometime { [unowned self] in fetch(viewer, broadcasts[0]) } }
        }
    }

    /// Subscribers come before their publisher, and for some it does not come in time.
    fileprivate func rendezvous() {
        broadcast()
        world.plan(in: milliseconds(0...1500)) { [unowned self] in addSource(of: broadcasts) }
        for _ in 0..<4 {
            let viewer = addViewer()
            let patience = UInt64(random.number(1...2000))
            world.plan(in: milliseconds(0...600)) { [unowned self] in
                subscribe(viewer, to: broadcasts[0], patience: patience)
            }
        }
    }

    // MARK: - Publishers come and go

    fileprivate func lateSource() {
        publishers(1...1)
        sometime { [unowned self] in addSource(of: broadcasts) }
        audience(3)
    }

    /// One of several dies at any step: what the others send is all there.
    fileprivate func lostSource() {
        publishers(2...3)
        audience(3)
        atSomeStep(someSource { [unowned self] in lose($0) })
    }

    fileprivate func lostSources() {
        publishers(2...3)
        audience(3, join: true)
        for _ in 0..<2 { sometime(someSource { [unowned self] in lose($0) }) }
    }

    /// The only one dies at any step.
    fileprivate func lastSource() {
        publishers(1...1)
        audience(3)
        atSomeStep(someSource { [unowned self] in lose($0) })
    }

    fileprivate func sourceLeaves() {
        publishers(1...3)
        audience(3)
        atSomeStep(someSource { [unowned self] in leave($0) })
    }

    fileprivate func sourceReplaced() {
        publishers(1...2)
        audience(3)
        for _ in 0..<random.number(1...3) {
            atSomeStep(someSource { [unowned self] in replace($0, of: broadcasts) })
        }
    }

    fileprivate func sourceHalts() {
        publishers(1...2)
        audience(3)
        sometime(someSource { [unowned self] in halt($0.client.link, 10...4000) })
    }

    // MARK: - Subscribers come and go

    fileprivate func viewerLost() {
        publishers()
        audience(4, join: random.once(in: 2))
        for _ in 0..<2 { atSomeStep(someViewer { [unowned self] in lose($0) }) }
    }

    fileprivate func viewerReturns() {
        publishers(1...2)
        audience(3)
        for _ in 0..<3 {
            atSomeStep(
                someViewer { [unowned self] viewer in
                    if random.once(in: 2) { lose(viewer) } else { leave(viewer) }
                    audience(1, join: true)
                })
        }
    }

    fileprivate func viewerCancels() {
        publishers()
        for viewer in audience(4, join: true) {
            sometime { [unowned self] in fetch(viewer, broadcasts[0]) }
        }
        for _ in 0..<4 { atSomeStep(someViewer { [unowned self] in cancelSome($0) }) }
    }

    fileprivate func slowReader() {
        publishers(1...2)
        audience(3)
        viewers[0].client.link.far.bandwidth = random.number(100...800)
        sometime(someViewer { [unowned self] in pause($0, 10...3000) })
    }

    fileprivate func haltedReader() {
        publishers(1...2)
        audience(3)
        for _ in 0..<2 { sometime(someViewer { [unowned self] in halt($0.client.link, 10...6000) }) }
    }

    // MARK: - The relay's own

    /// The cache has room for little, while readers still need what is in it.
    fileprivate func eviction() {
        publishers(1...2)
        for viewer in audience(4, join: true) {
            sometime { [unowned self] in fetch(viewer, broadcasts[0]) }
        }
        for _ in 0..<2 { sometime(someViewer { [unowned self] in pause($0, 10...2000) }) }
    }

    /// What a lost publisher left is given up in time, under those who read it.
    fileprivate func expiry() {
        publishers(1...1)
        audience(3)
        atSomeStep(someSource { [unowned self] in lose($0) })
        for viewer in viewers {
            world.plan(in: milliseconds(0...12_000)) { [unowned self] in fetch(viewer, broadcasts[0]) }
            world.plan(in: milliseconds(0...12_000)) { [unowned self] in
                subscribe(viewer, to: broadcasts[0], join: .groups(before: 2))
            }
        }
    }

    /// The relay sends everybody away; some stay until they are thrown out.
    fileprivate func drain() {
        publishers(1...2)
        audience(3)
        atSomeStep { [unowned self] in
            isEnding = !random.once(in: 3)
            let timeout = UInt64(random.number(1...3000))
            for viewer in viewers { viewer.isSteady = false }
            for source in sources { source.isSteady = false }
            for link in world.links {
                link.far.peer.say { try $0.goAway(timeout: timeout, now: self.world.now) }
            }
        }
    }

    /// All of it at once.
    fileprivate func everything() {
        publishers(1...3, of: 2)
        audience(3, join: true)
        _ = watchers(1)
        let mischief: [() -> Void] = [
            someSource { [unowned self] in replace($0, of: broadcasts) }, someSource { [unowned self] in leave($0) },
            someSource { [unowned self] in halt($0.client.link, 10...4000) },
            someViewer { [unowned self] in lose($0) }, someViewer { [unowned self] in cancelSome($0) },
            someViewer { [unowned self] in pause($0, 10...3000) },
            someViewer { [unowned self] in fetch($0, broadcasts[0]) },
            { [unowned self] in audience(1) }, { [unowned self] in addSource(of: broadcasts) },
        ]
        for _ in 0..<8 {
            let action = mischief[random.number(0...mischief.count - 1)]
            if random.once(in: 2) { sometime(action) } else { atSomeStep(action) }
        }
    }
}
