import FuzzBodies
import Testing

/// What the fuzz targets found wrong, each input under the name of what it showed.
struct FuzzFindingTests {
    @Test func `an unknown type is refused as soon as it is complete, however it is split`() throws {
        try FuzzTarget.control.run(hex("041105fc040505160000"))
    }
}
