package import Wire

/// What LOC says of an object, or of a whole track (draft-ietf-moq-loc-04 "Properties").
package struct LOCProperties: Hashable, Sendable {
    /// Microseconds since the Unix epoch; with a timescale, in its units from an epoch of the application's. nil: not
    /// stated.
    package var timestamp: UInt64?
    /// Units a second; nil: not stated here. A track's holds for its objects.
    package var timescale: UInt64?
    /// A decoder's description of video, such as an avcC; nil: not stated here.
    package var videoConfig: Bytes?
    /// A decoder's description of audio, such as an AudioSpecificConfig; nil: not stated here.
    package var audioConfig: Bytes?
    /// nil: not stated, or not readable.
    package var videoFrameMarking: VideoFrameMarking?
    /// nil: not stated.
    package var audioLevel: AudioLevel?

    /// Nothing stated.
    package init() {}

    /// What `properties` say when they follow `version`. What cannot be read counts as not stated: LOC never makes a
    /// track malformed.
    package init(_ properties: Properties, version: LOCVersion) {
        let types = version.types
        timestamp = properties.integer(types.timestamp)
        timescale = types.timescale.flatMap(properties.integer)
        videoConfig = properties.bytes(types.videoConfig)
        audioConfig = types.audioConfig.flatMap(properties.bytes)
        audioLevel = types.audioLevel.flatMap(properties.integer).map {
            AudioLevel(octet: UInt8(truncatingIfNeeded: $0))
        }
        videoFrameMarking =
            types.videoFrameMarking & 1 == 0
            ? properties.integer(types.videoFrameMarking).flatMap(VideoFrameMarking.init(number:))
            : properties.bytes(types.videoFrameMarking).flatMap { VideoFrameMarking(bytes: $0.array) }
    }

    /// The properties of `version`, in ascending order of type.
    ///
    /// - Throws: ``CodecError`` of scope `caller` for what the version has no property for.
    package func entries(_ version: LOCVersion) throws(CodecError) -> [KeyValue] {
        let types = version.types
        var entries: [KeyValue] = []
        if let timestamp { entries.append(KeyValue(type: types.timestamp, integer: timestamp)) }
        if let timescale {
            entries.append(KeyValue(type: try known(types.timescale, "Timescale"), integer: timescale))
        }
        if let videoConfig { entries.append(KeyValue(type: types.videoConfig, bytes: videoConfig)) }
        if let audioConfig {
            entries.append(KeyValue(type: try known(types.audioConfig, "Audio Config"), bytes: audioConfig))
        }
        if let audioLevel {
            entries.append(
                KeyValue(type: try known(types.audioLevel, "Audio Level"), integer: UInt64(audioLevel.octet)))
        }
        if let videoFrameMarking {
            let type = types.videoFrameMarking
            entries.append(
                type & 1 == 0
                    ? KeyValue(type: type, integer: videoFrameMarking.number)
                    : KeyValue(type: type, bytes: Bytes(videoFrameMarking.bytes)))
        }
        return entries.sorted { $0.type < $1.type }
    }

    private func known(_ type: UInt64?, _ name: String) throws(CodecError) -> UInt64 {
        guard let type else {
            throw .inexpressible("this version of LOC has none", field: name, section: "Properties")
        }
        return type
    }
}

/// How loud an object's audio is (RFC 6464).
package struct AudioLevel: Hashable, Sendable {
    /// The encoder heard a voice.
    package var isVoice: Bool
    /// Decibels below the loudest there is: 0 (loudest) to 127 (silence).
    package var attenuation: UInt8

    /// - Parameter attenuation: at most 127.
    package init(isVoice: Bool, attenuation: UInt8) {
        precondition(attenuation <= 127, "a level has seven bits")
        self.isVoice = isVoice
        self.attenuation = attenuation
    }

    init(octet: UInt8) {
        isVoice = octet & 0x80 != 0
        attenuation = octet & 0x7F
    }

    var octet: UInt8 { attenuation | (isVoice ? 0x80 : 0) }
}

/// What a frame is to the frames around it (RFC 9626).
package struct VideoFrameMarking: Hashable, Sendable {
    /// The place of a frame in a scalable stream.
    package struct Layers: Hashable, Sendable {
        /// The frame depends on the base layer alone.
        package var isBaseLayerSync: Bool
        /// Temporal layer, 0 to 7; 0 is the base layer.
        package var temporal: UInt8
        /// Spatial and quality layer, as the codec numbers them; nil: not stated.
        package var spatial: UInt8?
        /// Running number of the base layer's frames; nil: not stated, as it must be where `spatial` is not.
        package var baseLayerPicture: UInt8?

        package init(
            isBaseLayerSync: Bool = false, temporal: UInt8, spatial: UInt8? = nil, baseLayerPicture: UInt8? = nil
        ) {
            precondition(temporal <= 7, "a temporal layer has three bits")
            precondition(spatial != nil || baseLayerPicture == nil, "a picture number follows a layer")
            self.isBaseLayerSync = isBaseLayerSync
            self.temporal = temporal
            self.spatial = spatial
            self.baseLayerPicture = baseLayerPicture
        }
    }

    /// The object holds the first bytes of the frame.
    package var isStart: Bool
    /// The object holds the last bytes of the frame.
    package var isEnd: Bool
    /// The frame can be decoded without others.
    package var isIndependent: Bool
    /// No other frame needs this one.
    package var isDiscardable: Bool
    /// All zero, and one byte long, where the stream is not scalable.
    package var layers: Layers

    package init(
        isStart: Bool = true, isEnd: Bool = true, isIndependent: Bool, isDiscardable: Bool,
        layers: Layers = Layers(temporal: 0)
    ) {
        self.isStart = isStart
        self.isEnd = isEnd
        self.isIndependent = isIndependent
        self.isDiscardable = isDiscardable
        self.layers = layers
    }

    /// nil unless there are 1 to 4 bytes; a fourth has no meaning here.
    init?(bytes: [UInt8]) {
        guard let first = bytes.first, bytes.count <= 4 else { return nil }
        self.init(
            isStart: first & 0x80 != 0, isEnd: first & 0x40 != 0, isIndependent: first & 0x20 != 0,
            isDiscardable: first & 0x10 != 0,
            layers: Layers(
                isBaseLayerSync: first & 0x08 != 0, temporal: first & 0x07,
                spatial: bytes.count > 1 ? bytes[1] : nil, baseLayerPicture: bytes.count > 2 ? bytes[2] : nil))
    }

    /// The bytes as one number, the last of them lowest, as older versions sent them; nil above three bytes.
    init?(number: UInt64) {
        guard number < 1 << 24 else { return nil }
        let count = number < 1 << 8 ? 1 : number < 1 << 16 ? 2 : 3
        self.init(bytes: (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64(count - 1 - $0))) })
    }

    var bytes: [UInt8] {
        var first = layers.temporal
        if isStart { first |= 0x80 }
        if isEnd { first |= 0x40 }
        if isIndependent { first |= 0x20 }
        if isDiscardable { first |= 0x10 }
        if layers.isBaseLayerSync { first |= 0x08 }
        return [first] + [layers.spatial, layers.baseLayerPicture].compactMap { $0 }
    }

    var number: UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
}
