package mkv

// Element IDs, length marker included, as in RFC 8794 section 17.1 and RFC 9559 section 27.1.
const (
	idEBML              = 0x1A45DFA3
	idEBMLVersion       = 0x4286
	idEBMLReadVersion   = 0x42F7
	idEBMLMaxIDLength   = 0x42F2
	idEBMLMaxSizeLength = 0x42F3
	idDocType           = 0x4282
	idDocTypeVersion    = 0x4287
	idDocTypeRead       = 0x4285
	idVoid              = 0xEC
	idCRC32             = 0xBF

	idSegment     = 0x18538067
	idSeekHead    = 0x114D9B74
	idSeek        = 0x4DBB
	idSeekID      = 0x53AB
	idSeekPos     = 0x53AC
	idInfo        = 0x1549A966
	idTracks      = 0x1654AE6B
	idCluster     = 0x1F43B675
	idCues        = 0x1C53BB6B
	idAttachments = 0x1941A469
	idChapters    = 0x1043A770
	idTags        = 0x1254C367

	idTimestampScale = 0x2AD7B1
	idDuration       = 0x4489
	idMuxingApp      = 0x4D80
	idWritingApp     = 0x5741

	idTrackEntry       = 0xAE
	idTrackNumber      = 0xD7
	idTrackUID         = 0x73C5
	idTrackType        = 0x83
	idFlagLacing       = 0x9C
	idDefaultDuration  = 0x23E383
	idTrackScale       = 0x23314F
	idCodecID          = 0x86
	idCodecPrivate     = 0x63A2
	idVideo            = 0xE0
	idPixelWidth       = 0xB0
	idPixelHeight      = 0xBA
	idColour           = 0x55B0
	idMatrix           = 0x55B1
	idRange            = 0x55B9
	idTransfer         = 0x55BA
	idPrimaries        = 0x55BB
	idContentEncodings = 0x6D80
	idContentEncoding  = 0x6240
	idEncodingScope    = 0x5032
	idEncodingType     = 0x5033
	idCompression      = 0x5034
	idCompAlgo         = 0x4254
	idCompSettings     = 0x4255

	idTimestamp      = 0xE7
	idSimpleBlock    = 0xA3
	idBlockGroup     = 0xA0
	idBlock          = 0xA1
	idBlockDuration  = 0x9B
	idReferenceBlock = 0xFB

	idCuePoint       = 0xBB
	idCueTime        = 0xB3
	idCueTrackPos    = 0xB7
	idCueTrack       = 0xF7
	idCueClusterPos  = 0xF1
	idCueRelativePos = 0xF0
)

// What the format says where a file does not, and what is more than a sound file has.
const (
	trackTypeVideo   = 1
	defaultTimeScale = 1_000_000 // nanoseconds in a tick
	maxPacket        = 256 << 20 // bytes; a raw 8K picture of 16 bits a sample still fits
	maxPrivate       = 16 << 20  // bytes of CodecPrivate
	maxStripped      = 64 << 10  // bytes that were taken from the front of each packet
	maxTracks        = 1024      // video tracks, and entries of a SeekHead; FFmpeg stops at 1000 streams
	maxSeekHeads     = 8         // SeekHeads that are followed
)

// unknown is the size of an element that ends where its parent's next child begins.
const unknown int64 = -1

// atSegment reports whether an element of this ID stands directly in a Segment or outside it, and so ends a
// Cluster of unknown size (RFC 8794 section 6.2).
func atSegment(id uint32) bool {
	switch id {
	case idEBML, idSegment, idSeekHead, idInfo, idTracks, idCluster, idCues, idAttachments, idChapters, idTags:
		return true
	}
	return false
}
