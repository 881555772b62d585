import FuzzBodies

/// What libFuzzer calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do { try FuzzTarget.server.run(Array(UnsafeBufferPointer(start: start, count: count))) } catch {
        fatalError("\(error)")
    }
    return 0
}
