import FuzzBodies
import Testing

/// What the fuzz targets found wrong, each input under the name of what it showed.
struct FuzzFindingTests {
    @Test func `an unknown type is refused as soon as it is complete, however it is split`() throws {
        try FuzzTarget.control.run(hex("041105fc040505160000"))
    }

    @Test func `a gap that goes back is refused, as an object is`() throws {
        try FuzzTarget.uni.run(hex("04010705081c02058001610403016208000163810c030f0c010001644c00020165"))
    }

    @Test func `a gap with nothing in it can be sent on`() throws {
        try FuzzTarget.uni.run(hex("06010705081c0200800161820c02000009"))
    }

    @Test func `a filter without ranges is refused where it removes nothing`() throws {
        try FuzzTarget.control.run(hex("0605051600171001046c6976650463616d31030a001704030a00170400"))
    }
}
