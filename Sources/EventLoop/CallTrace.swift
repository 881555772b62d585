internal import CLinux
internal import Glibc

/// The calls that led to an abort: their addresses are written by the thread that is aborted, and their names, which
/// nothing can find out safely there, by another one.
enum CallTrace {
    /// Has aborts traced from now on, unless something else does that.
    static func begin() { _ = tracesAborts }

    /// Done once: were it done again while a trace is written, the signal would never take its course.
    private static let tracesAborts: Void = CLinux_traceAborts()

    /// Names the calls of the abort that another thread is in, and lets it end the process.
    static func nameCalls() {
        defer {
            CLinux_setNamed()
            // Its end: nothing else is to be said.
            usleep(100_000)
        }
        // When something else traces aborts, the process ends meanwhile.
        for _ in 0..<200 where CLinux_traced() == 0 { usleep(10_000) }
        guard let symbols = SymbolTable() else { return }
        for index in 0..<CLinux_traced() {
            // Where a call returns to may be the next function already.
            guard let name = symbols.name(at: CLinux_call(index) &- 1) else { continue }
            let line = "  \(demangled(name))\n"
            _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
        }
    }

    private static func demangled(_ name: String) -> String {
        guard let words = swift_demangle(name, name.utf8.count, nil, nil, 0) else { return name }
        defer { free(words) }
        return String(cString: words)
    }
}

/// The functions of the program itself, as the symbol table of its file names them.
struct SymbolTable {
    /// The file in memory, for good.
    private let file: UnsafeRawBufferPointer
    /// Where the program was loaded.
    private let base: UInt
    private let symbols: Range<Int>
    /// Text of the names, and where it begins.
    private let names: Range<Int>

    /// Bytes of a symbol in the table of a 64-bit program.
    private static let symbolSize = 24

    /// Nil: the program has none (it was stripped), or its file cannot be read.
    init?() {
        guard let file = Self.map("/proc/self/exe"), let section = Self.table(file) else { return nil }
        self.file = file
        symbols = section.symbols
        names = section.names
        guard let headers: UInt64 = Self.load(file, 32) else { return nil }
        base = UInt(getauxval(UInt(AT_PHDR))) &- UInt(headers)
    }

    /// The function that an address is in; nil: none of the program's.
    func name(at address: Int) -> String? {
        let place = UInt64(UInt(bitPattern: address) &- base)
        for start in stride(from: symbols.lowerBound, to: symbols.upperBound - Self.symbolSize + 1, by: Self.symbolSize)
        {
            guard let value: UInt64 = Self.load(file, start + 8), value != 0, value <= place,
                let size: UInt64 = Self.load(file, start + 16), place - value < size
            else { continue }
            guard let offset: UInt32 = Self.load(file, start) else { return nil }
            return text(names.lowerBound + Int(offset))
        }
        return nil
    }

    private func text(_ start: Int) -> String? {
        guard names.contains(start) else { return nil }
        return String(decoding: file[start..<names.upperBound].prefix { $0 != 0 }, as: UTF8.self)
    }

    private static func map(_ path: String) -> UnsafeRawBufferPointer? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let size = Int(lseek(descriptor, 0, SEEK_END))
        guard size > 0, let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
            return nil
        }
        return UnsafeRawBufferPointer(start: start, count: size)
    }

    /// The symbol table among the sections of a 64-bit ELF file.
    private static func table(_ file: UnsafeRawBufferPointer) -> (symbols: Range<Int>, names: Range<Int>)? {
        guard file.starts(with: [0x7F, 0x45, 0x4C, 0x46, 2, 1]), let sections: UInt64 = load(file, 40),
            let size: UInt16 = load(file, 58), let count: UInt16 = load(file, 60)
        else { return nil }
        func section(_ index: Int) -> Int { Int(truncatingIfNeeded: sections) &+ index * Int(size) }
        for index in 0..<Int(count) {
            guard let type: UInt32 = load(file, section(index) + 4), type == symbolTableType,
                let symbols = contents(file, section(index)), let link: UInt32 = load(file, section(index) + 40),
                let names = contents(file, section(Int(link)))
            else { continue }
            return (symbols, names)
        }
        return nil
    }

    private static let symbolTableType: UInt32 = 2

    private static func contents(_ file: UnsafeRawBufferPointer, _ section: Int) -> Range<Int>? {
        guard let offset: UInt64 = load(file, section + 24), let size: UInt64 = load(file, section + 32),
            offset <= UInt64(file.count), size <= UInt64(file.count) - offset
        else { return nil }
        return Int(offset)..<Int(offset + size)
    }

    private static func load<Number: BitwiseCopyable>(_ file: UnsafeRawBufferPointer, _ offset: Int) -> Number? {
        guard offset >= 0, offset <= file.count - MemoryLayout<Number>.size else { return nil }
        return file.loadUnaligned(fromByteOffset: offset, as: Number.self)
    }
}
