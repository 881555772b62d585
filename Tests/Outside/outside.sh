#!/bin/sh
# Builds the example as a package of its own, which depends on this one by path as anybody's would, and runs it.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
work="$root/.build-outside"
swift=${SWIFT:-$(command -v swift || echo /opt/swift/usr/bin/swift)}

mkdir -p "$work/Sources/outside"
cp "$root"/Tests/Example/*.swift "$work/Sources/outside/"
cat > "$work/Package.swift" <<END
// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "outside",
    dependencies: [.package(name: "moqt", path: "$root")],
    targets: [
        .executableTarget(
            name: "outside",
            dependencies: [
                .product(name: "MoQT", package: "moqt"), .product(name: "MoQTCodec", package: "moqt"),
            ])
    ]
)
END
"$swift" build --package-path "$work"

# expect WORDS ARGUMENT…: the program says this when it is given these arguments.
expect() {
    words=$1
    shift
    said=$("$work/.build/debug/outside" "$@")
    [ "$said" = "$words" ] || { echo "outside.sh: expected '$words', got '$said'" >&2; exit 1; }
}

expect "SETUP af000000
GOAWAY 10000300000a" messages af00000010000300000a
expect "group 5 of track 7
object 2: 3 bytes
abc" objects 14070501800203616263
echo "a package outside builds with MoQT and MoQTCodec"
