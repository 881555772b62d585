@testable import MoQTRelay
import MoQTCodec
import Testing
import Wire

@Suite struct SimulationTests {
    private static let scenarios: [Scenario] = Scenario.allCases
    /// Of each pair of drafts; with 81 pairs more than a thousand.
    private static let seeds: UInt64 = 13

    @Test(arguments: Self.scenarios, Profile.spoken)
    func `whatever the network does, nothing is lost, doubled or left behind`(scenario: Scenario, publisher: Profile) {
        for (number, subscriber) in Profile.spoken.enumerated() {
            for round in 0..<Self.seeds {
                let seed = (round * 9 + UInt64(number)) * 100 + UInt64(publisher.name.utf8.last ?? 0)
                let simulation = Simulation(scenario, publisher, subscriber, seed: seed)
                if !simulation.run().isEmpty {
                    Issue.record("\(simulation.description)")
                    return
                }
            }
        }
    }

    @Test(arguments: Self.scenarios)
    func `the same seed gives the same course of events`(scenario: Scenario) {
        for (number, publisher) in Profile.spoken.enumerated() {
            let subscriber = Profile.spoken[(number * 4 + 1) % Profile.spoken.count]
            let runs = (0..<2).map { _ in
                let simulation = Simulation(scenario, publisher, subscriber, seed: UInt64(number))
                _ = simulation.run()
                return simulation.trace.hash
            }
            #expect(runs[0] == runs[1], "seed \(number), from \(publisher.name) to \(subscriber.name)")
        }
    }

    /// With a subscription that brings nothing; no timer of theirs ends them.
    @Test(arguments: Profile.spoken) func `idle sessions last for eight hours`(profile: Profile) {
        let world = World()
        let source = world.publisher("live", profile)
        let log = source.add(track("a"))
        let subscriber = world.subscriber(profile)
        subscriber.subscribe(track("a"))
        world.run()
        let end = world.now + .seconds(8 * 3600)
        while world.now < end {
            for link in world.links { #expect(link.deadline == nil) }
            world.step(.seconds(30))
        }
        log.putGroup(0, objects: 2, size: 100)
        world.run()
        #expect(subscriber.objects.count == 2)
        #expect(!subscriber.ledger.isClosed)
    }
}
