import Foundation
import Testing

/// `moqt inspect` as its users meet it.
@Suite struct InspectTests {
    private func inspect(_ text: String, _ arguments: String...) throws -> Moqt.Finished {
        try Moqt(["inspect"] + arguments + ["-"], input: .bytes(Array(text.utf8))).wait()
    }

    @Test func aMessageIsALine() throws {
        let wrong = try inspect("0300100001046c69766505766964656f011002", "--hex", "--draft", "18")
        #expect(wrong.status == 7 && wrong.text.contains("ERROR  PROTOCOL_VIOLATION (session) in SUBSCRIBE: FORWARD "))
        let request = try inspect("1000020000", "--hex", "--draft", "18")
        #expect(request.status == 0 && request.stderr.isEmpty)
        #expect(request.text == "     0      5  GOAWAY              New Session URI \"\", Timeout 0\n")
    }

    @Test("what the bytes do not say", arguments: [["answers=REQUEST_UPDATE"], ["updates=FETCH"], ["loc=02"]])
    func context(_ entries: [String]) throws {
        let arguments = ["--hex", "--draft", "18"] + entries.flatMap { ["--context", $0] } + ["-"]
        let finished = try Moqt(["inspect"] + arguments, input: .bytes(Array("070003010805".utf8))).wait()
        #expect(finished.status == 0 && finished.text.contains("EXPIRES 5"), "\(finished.stderr)")
    }

    @Test func hexIsTakenAsPeopleHaveIt() throws {
        let forms = [
            "1000020000", "10 00 02 00 00", "0x10 0x00 0x02, 0x00 0x00", "10:00:02:00:00  # GOAWAY\n\n# nothing\n",
            "00000000: 1000 0200 00                             .....\n",
            "00000000  10 00 02 00 00                                    |.....|\n00000005\n",
            "00000000: 1000                                     ..\n00000002: 0200 00                                  ...\n",
        ]
        let expected = try inspect(forms[0], "--hex", "--draft", "18").text
        for form in forms {
            let finished = try inspect(form, "--draft", "18", "--reencode")
            #expect(finished.status == 0 && finished.text == "1000020000\n", "\(form): \(finished.stderr)")
            #expect(try inspect(form, "--draft", "18").text == expected, "\(form)")
        }
    }

    @Test(
        "what cannot be read is one line and status 8",
        arguments: [
            ("zz", "moqt inspect: stdin: line 1: expected hex digits, got 'z'"),
            ("10\n1", "moqt inspect: stdin: line 2: half a byte in '1'"),
        ])
    func unusable(_ text: String, _ line: String) throws {
        let finished = try inspect(text, "--hex")
        #expect(finished.status == 8 && finished.stdout.isEmpty && finished.stderr == line + "\n")
    }

    @Test(
        "what this build does not decode is said",
        arguments: [
            ([0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0], "a packet capture (pcap): not read by this build"),
            (Array("{\"qlog_version\":\"0.3\"}".utf8), "a qlog: not read by this build"),
            (
                Array("\u{1E}{\"file_schema\":\"urn:ietf:params:qlog:file:sequential\"}\n".utf8),
                "a qlog: not read by this build"
            ),
        ] as [([UInt8], String)])
    func foreign(_ bytes: [UInt8], _ words: String) throws {
        let finished = try Moqt(["inspect", "-"], input: .bytes(bytes)).wait()
        #expect(finished.status == 8 && finished.stderr == "moqt inspect: stdin: \(words)\n")
    }

    @Test func decodingGoesOnBehindAnError() throws {
        let finished = try inspect(
            "7e0001ff 0300100001046c69766505766964656f011002 1000020000", "--hex", "--draft", "18")
        let lines = finished.text.split(separator: "\n")
        #expect(finished.status == 7)
        #expect(lines.filter { $0.contains("ERROR") }.count == 2)
        #expect(lines.first?.contains("unknown type 0x7e") == true)
        #expect(lines.last?.contains("GOAWAY") == true)
    }

    @Test func jsonIsOneObjectPerItem() throws {
        let finished = try inspect(
            "1000020000\n0300100001046c69766505766964656f011002", "--hex", "--draft", "18", "--json")
        let objects = try finished.text.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect(finished.status == 7 && objects.count == 2)
        #expect(objects[0]["kind"] as? String == "message" && objects[0]["name"] as? String == "GOAWAY")
        #expect(objects[0]["code"] as? Int == 16 && objects[0]["draft"] as? Int == 18)
        #expect(objects[0]["offset"] as? Int == 0 && objects[0]["length"] as? Int == 5)
        #expect(objects[1]["kind"] as? String == "error" && objects[1]["scope"] as? String == "session")
        #expect(objects[1]["code"] as? String == "PROTOCOL_VIOLATION" && objects[1]["field"] as? String == "FORWARD")
        #expect(objects[1]["offset"] as? Int == 18 && objects[1]["section"] as? String == "FORWARD Parameter")
        #expect(objects[1]["bytes"] as? String == "0300100001046c69766505766964656f011002")
    }

    @Test func theTreeHasEveryFieldWithItsOffset() throws {
        let lines = try inspect("0300100001046c69766505766964656f011001", "--draft", "18", "-V").text.split(
            separator: "\n")
        #expect(lines.first == "     0     19  SUBSCRIBE (0x3)")
        #expect(lines.contains("       3      1    Request ID: 0"))
        #expect(lines.contains("       4      6    Track Namespace: (\"live\")"))
        #expect(lines.contains("      18      1            FORWARD: 1"))
    }

    @Test func countEndsTheOutput() throws {
        let text = String(repeating: "1000020000\n", count: 5)
        #expect(try inspect(text, "--draft", "18", "-c", "2").text.split(separator: "\n").count == 2)
    }
}
