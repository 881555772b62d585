import Operations
import Testing

@Suite struct MetricsTextTests {
    @Test func `a family says help and type once, then its samples`() {
        var metrics = MetricsText()
        metrics.family("moqt_sessions", .gauge, "Open sessions.") {
            $0.add(2, ["draft": "18", "transport": "quic"])
            $0.add(1, ["draft": "14", "transport": "webtransport"])
        }
        metrics.add("moqt_sent_bytes_total", .counter, "Bytes sent.", UInt64.max)
        #expect(
            metrics.text == """
                # HELP moqt_sessions Open sessions.
                # TYPE moqt_sessions gauge
                moqt_sessions{draft="18",transport="quic"} 2
                moqt_sessions{draft="14",transport="webtransport"} 1
                # HELP moqt_sent_bytes_total Bytes sent.
                # TYPE moqt_sent_bytes_total counter
                moqt_sent_bytes_total 18446744073709551615

                """)
    }

    @Test func `a histogram adds its ranges up`() {
        var metrics = MetricsText()
        metrics.histogram("a_seconds", "Times.", bounds: [0.00005, 2.5], counts: [3, 0, 4], sum: 40.25)
        #expect(
            metrics.text == """
                # HELP a_seconds Times.
                # TYPE a_seconds histogram
                a_seconds_bucket{le="5e-05"} 3
                a_seconds_bucket{le="2.5"} 3
                a_seconds_bucket{le="+Inf"} 7
                a_seconds_sum 40.25
                a_seconds_count 7

                """)
    }

    @Test func `label values and help may hold anything`() {
        var metrics = MetricsText()
        metrics.family("a", .gauge, "one \\ \"two\"\nthree") { $0.add(Double.nan, ["b": "c\"d\\e\nf"]) }
        #expect(
            metrics.text == #"""
                # HELP a one \\ "two"\nthree
                # TYPE a gauge
                a{b="c\"d\\e\nf"} NaN

                """#)
    }
}
