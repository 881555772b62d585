// swift-tools-version: 6.2
import PackageDescription

/// Settings of every Swift target: Swift 6 mode, explicit imports, no warnings.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]
/// Settings of the layers that hold no C: every unsafe operation is marked where it stands.
let pure: [SwiftSetting] = strict + [.strictMemorySafety()]

/// A target of `Sources/NAME` together with its tests in `Tests/NAME`; `data` is what lies there without
/// being a source, `files` what does among the sources.
func layer(
    _ name: String, _ dependencies: [Target.Dependency], _ settings: [SwiftSetting],
    testing: [Target.Dependency] = [], data: [String] = [], files: [String] = []
) -> [Target] {
    let tested: [Target.Dependency] = [.init(stringLiteral: name)]
    return [
        .target(name: name, dependencies: dependencies, exclude: files, swiftSettings: settings),
        .testTarget(
            name: name + "Tests", dependencies: tested + dependencies + testing,
            path: "Tests/" + name, exclude: data, swiftSettings: strict),
    ]
}

let layers: [[Target]] = [
    // Lifetimes: for `Bytes.span`, the one borrowed view of our own.
    layer("Wire", [], pure + [.enableExperimentalFeature("Lifetimes")]),
    layer(
        "MoQTCodec", ["Wire"], pure, testing: ["CAllocations", "FuzzBodies"], data: ["Musts.md", "Sections", "Vectors"]),
    layer("MoQTSession", ["MoQTCodec", "Wire"], pure, testing: ["Breaches"]),
    layer("MoQTRelay", ["MoQTSession", "MoQTCodec", "Wire"], pure, testing: ["Authorization", "Credentials"]),
    layer("MoQTMedia", ["Wire"], pure),
    layer("QUIC", ["Wire", "CNgtcp2", "CGnuTLS"], strict, testing: ["Credentials"]),
    layer("WebTransport", ["Wire", "CNghttp3"], strict),
    layer("EventLoop", ["Wire", "CLinux"], strict),
    layer("Credentials", ["CCrypto"], strict),
    layer("Operations", ["EventLoop", "Wire", "CMicrohttpd", "CHiredis", "CCurl"], strict),
    layer("Authorization", ["Credentials", "MoQTRelay", "MoQTCodec", "Wire"], strict),
    layer("MediaFiles", ["MoQTMedia", "Wire", "CAVFormat"], strict),
    layer(
        "Endpoint", ["EventLoop", "QUIC", "WebTransport", "MoQTRelay", "MoQTSession", "MoQTCodec", "Wire"], strict,
        testing: ["Breaches", "Credentials"]),
    layer(
        "MoQT",
        ["Endpoint", "EventLoop", "QUIC", "WebTransport", "MoQTRelay", "MoQTSession", "MoQTCodec", "Wire"], strict,
        testing: ["Credentials"]),
    layer(
        "CommandLine", [], pure,
        testing: [
            "Commands", "Credentials", "Endpoint", "EventLoop", "MoQT", "MoQTCodec", "MoQTRelay", "MoQTSession", "QUIC",
            "WebTransport", "Wire",
        ]),
    layer(
        "Commands",
        [
            "CommandLine", "MediaFiles", "MoQTMedia", "Authorization", "Credentials", "Operations", "Endpoint",
            "EventLoop",
            "QUIC", "WebTransport", "MoQTRelay", "MoQTSession", "MoQTCodec", "Wire",
        ], strict, files: ["Relay/moqt-relay.service"]),
]

/// What peers may not do, for the tests of sessions and of connections.
let breaches: Target = .target(
    name: "Breaches", dependencies: ["MoQTSession", "MoQTCodec", "Wire"], path: "Tests/Breaches", swiftSettings: strict)

/// What `make fuzz` runs and the tests replay.
let fuzzing: [Target] =
    [
        .target(
            name: "FuzzBodies", dependencies: ["MoQTRelay", "MoQTSession", "MoQTCodec", "Wire"],
            path: "Tests/Fuzz/Bodies", swiftSettings: pure)
    ]
    + (Context.environment["MOQT_FUZZ"] == nil
        ? [] : ["control", "uni", "datagram", "fetch", "client", "server"].map(fuzzer))

/// A program whose main function is libFuzzer's, so that it links only under `--sanitize fuzzer`.
func fuzzer(_ name: String) -> Target {
    .executableTarget(
        name: "fuzz-" + name, dependencies: ["FuzzBodies"], path: "Tests/Fuzz/Targets/" + name,
        swiftSettings: strict)
}

/// What `make bench-codec` and `make bench-relay` run, and what counts allocations there and in the tests.
let measuring: [Target] =
    [.target(name: "CAllocations", path: "Tests/Allocations")]
    + (Context.environment["MOQT_BENCH"] == nil
        ? []
        : [
            .executableTarget(
                name: "bench-codec", dependencies: ["CAllocations", "MoQTCodec", "Wire"],
                path: "Tests/Benchmarks/Codec", swiftSettings: strict),
            .executableTarget(
                name: "bench-connections",
                dependencies: ["Endpoint", "EventLoop", "QUIC", "MoQTRelay", "MoQTSession", "MoQTCodec", "Wire"],
                path: "Tests/Benchmarks/Connections", swiftSettings: strict),
        ])

let clibraries: [Target] = [
    .systemLibrary(
        name: "CNgtcp2", pkgConfig: "libngtcp2",
        providers: [.apt(["libngtcp2-dev", "libngtcp2-crypto-gnutls-dev"])]),
    .systemLibrary(name: "CNghttp3", pkgConfig: "libnghttp3", providers: [.apt(["libnghttp3-dev"])]),
    .systemLibrary(name: "CGnuTLS", pkgConfig: "gnutls", providers: [.apt(["libgnutls28-dev"])]),
    .systemLibrary(name: "CMicrohttpd", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
    .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
    .systemLibrary(name: "CCurl", providers: [.apt(["libcurl4-gnutls-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    // No pkgConfig: it is loaded when needed, not linked.
    .systemLibrary(
        name: "CAVFormat",
        providers: [.apt(["libavformat-dev", "libavcodec-dev", "libavutil-dev"])]),
    .systemLibrary(name: "CLinux"),
]

let package = Package(
    name: "moqt",
    products: [
        .executable(name: "moqt", targets: ["moqt"]),
        // Bytes, which messages hold, are Wire's.
        .library(name: "MoQTCodec", targets: ["MoQTCodec", "Wire"]),
        .library(name: "MoQT", targets: ["MoQT", "MoQTCodec", "Wire"]),
    ],
    targets: clibraries + layers.flatMap { $0 } + fuzzing + measuring + [
        breaches,
        .executableTarget(name: "moqt", dependencies: ["Commands"], swiftSettings: strict),
        .executableTarget(
            name: "moqt-example", dependencies: ["MoQT", "MoQTCodec", "Wire"], path: "Tests/Example",
            swiftSettings: strict),
    ]
)
