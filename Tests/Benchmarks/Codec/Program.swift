import Glibc

/// `bench-codec` measures the codec: allocations and time of every case, or one case for a profiler to count.
///
/// ```
/// bench-codec                 a table of all cases
/// bench-codec names           the cases, with a number of operations fit for callgrind
/// bench-codec NAME COUNT      COUNT operations of one case, and nothing else
/// ```
@main
enum Program {
    static func main() throws {
        let cases = try controlCases() + dataCases() + integerCases()
        let arguments = CommandLine.arguments
        switch arguments.count {
        case 1:
            print(Measurement.heading)
            for benchmark in cases { print(Measurement(benchmark)) }
        case 2 where arguments[1] == "names":
            for benchmark in cases { print(benchmark.name, benchmark.profiledCount) }
        default:
            guard arguments.count == 3, let count = Int(arguments[2]),
                let benchmark = cases.first(where: { $0.name == arguments[1] })
            else {
                print("usage: bench-codec [names | NAME COUNT]")
                exit(2)
            }
            benchmark.run(count)
        }
    }
}
