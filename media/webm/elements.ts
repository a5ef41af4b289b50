/**
 * Every element of Matroska (RFC 9559, deprecated ones included), of EBML's header (RFC 8794) and of WebM, which is a part of
 * them: id, name, type, and the element it lies in. Names are those of the RFC; files and older tools say `Timecode` for
 * `Timestamp` and `UID` for `UUID`.
 */
import { type ElementType, type Rows, TRACK_ELEMENTS } from './track-elements.ts'

export interface ElementInfo {
  id: number
  name: string
  type: ElementType
  /** Name of the element it lies in; '' for the file itself, '*' for any. `ChapterAtom` and `SimpleTag` lie in themselves, too. */
  parent: string
}

const CHILDREN: Readonly<Record<string, Rows>> = {
  '': [
    [0x1a45dfa3, 'EBML', 'master'],
    [0x18538067, 'Segment', 'master'],
  ],
  '*': [
    [0xec, 'Void', 'binary'],
    [0xbf, 'CRC-32', 'binary'],
    // Signatures were never used; EBML kept the ids.
    [0x1b538667, 'SignatureSlot', 'master'],
  ],
  SignatureSlot: [
    [0x7e8a, 'SignatureAlgo', 'uint'],
    [0x7e9a, 'SignatureHash', 'uint'],
    [0x7ea5, 'SignaturePublicKey', 'binary'],
    [0x7eb5, 'Signature', 'binary'],
    [0x7e5b, 'SignatureElements', 'master'],
  ],
  SignatureElements: [[0x7e7b, 'SignatureElementList', 'master']],
  SignatureElementList: [[0x6532, 'SignedElement', 'binary']],
  EBML: [
    [0x4286, 'EBMLVersion', 'uint'],
    [0x42f7, 'EBMLReadVersion', 'uint'],
    [0x42f2, 'EBMLMaxIDLength', 'uint'],
    [0x42f3, 'EBMLMaxSizeLength', 'uint'],
    [0x4282, 'DocType', 'string'],
    [0x4287, 'DocTypeVersion', 'uint'],
    [0x4285, 'DocTypeReadVersion', 'uint'],
    [0x4281, 'DocTypeExtension', 'master'],
  ],
  DocTypeExtension: [
    [0x4283, 'DocTypeExtensionName', 'string'],
    [0x4284, 'DocTypeExtensionVersion', 'uint'],
  ],
  Segment: [
    [0x114d9b74, 'SeekHead', 'master'],
    [0x1549a966, 'Info', 'master'],
    [0x1654ae6b, 'Tracks', 'master'],
    [0x1043a770, 'Chapters', 'master'],
    [0x1f43b675, 'Cluster', 'master'],
    [0x1c53bb6b, 'Cues', 'master'],
    [0x1941a469, 'Attachments', 'master'],
    [0x1254c367, 'Tags', 'master'],
  ],
  SeekHead: [[0x4dbb, 'Seek', 'master']],
  Seek: [
    [0x53ab, 'SeekID', 'binary'],
    [0x53ac, 'SeekPosition', 'uint'],
  ],
  Info: [
    [0x73a4, 'SegmentUUID', 'binary'],
    [0x7384, 'SegmentFilename', 'utf-8'],
    [0x3cb923, 'PrevUUID', 'binary'],
    [0x3c83ab, 'PrevFilename', 'utf-8'],
    [0x3eb923, 'NextUUID', 'binary'],
    [0x3e83bb, 'NextFilename', 'utf-8'],
    [0x4444, 'SegmentFamily', 'binary'],
    [0x6924, 'ChapterTranslate', 'master'],
    [0x2ad7b1, 'TimestampScale', 'uint'],
    [0x4489, 'Duration', 'float'],
    [0x4461, 'DateUTC', 'date'],
    [0x7ba9, 'Title', 'utf-8'],
    [0x4d80, 'MuxingApp', 'utf-8'],
    [0x5741, 'WritingApp', 'utf-8'],
  ],
  ChapterTranslate: [
    [0x69a5, 'ChapterTranslateID', 'binary'],
    [0x69bf, 'ChapterTranslateCodec', 'uint'],
    [0x69fc, 'ChapterTranslateEditionUID', 'uint'],
  ],
  Cluster: [
    [0xe7, 'Timestamp', 'uint'],
    [0x5854, 'SilentTracks', 'master'],
    [0xa7, 'Position', 'uint'],
    [0xab, 'PrevSize', 'uint'],
    [0xa3, 'SimpleBlock', 'binary'],
    [0xa0, 'BlockGroup', 'master'],
    [0xaf, 'EncryptedBlock', 'binary'],
  ],
  SilentTracks: [[0x58d7, 'SilentTrackNumber', 'uint']],
  BlockGroup: [
    [0xa1, 'Block', 'binary'],
    [0xa2, 'BlockVirtual', 'binary'],
    [0x75a1, 'BlockAdditions', 'master'],
    [0x9b, 'BlockDuration', 'uint'],
    [0xfa, 'ReferencePriority', 'uint'],
    [0xfb, 'ReferenceBlock', 'int'],
    [0xfd, 'ReferenceVirtual', 'int'],
    [0xa4, 'CodecState', 'binary'],
    [0x75a2, 'DiscardPadding', 'int'],
    [0x8e, 'Slices', 'master'],
    [0xc8, 'ReferenceFrame', 'master'],
  ],
  BlockAdditions: [[0xa6, 'BlockMore', 'master']],
  BlockMore: [
    [0xa5, 'BlockAdditional', 'binary'],
    [0xee, 'BlockAddID', 'uint'],
  ],
  Slices: [[0xe8, 'TimeSlice', 'master']],
  TimeSlice: [
    [0xcc, 'LaceNumber', 'uint'],
    [0xcd, 'FrameNumber', 'uint'],
    [0xcb, 'BlockAdditionID', 'uint'],
    [0xce, 'Delay', 'uint'],
    [0xcf, 'SliceDuration', 'uint'],
  ],
  ReferenceFrame: [
    [0xc9, 'ReferenceOffset', 'uint'],
    [0xca, 'ReferenceTimestamp', 'uint'],
  ],
  Tracks: [[0xae, 'TrackEntry', 'master']],
  ...TRACK_ELEMENTS,
  Cues: [[0xbb, 'CuePoint', 'master']],
  CuePoint: [
    [0xb3, 'CueTime', 'uint'],
    [0xb7, 'CueTrackPositions', 'master'],
  ],
  CueTrackPositions: [
    [0xf7, 'CueTrack', 'uint'],
    [0xf1, 'CueClusterPosition', 'uint'],
    [0xf0, 'CueRelativePosition', 'uint'],
    [0xb2, 'CueDuration', 'uint'],
    [0x5378, 'CueBlockNumber', 'uint'],
    [0xea, 'CueCodecState', 'uint'],
    [0xdb, 'CueReference', 'master'],
  ],
  CueReference: [
    [0x96, 'CueRefTime', 'uint'],
    [0x97, 'CueRefCluster', 'uint'],
    [0x535f, 'CueRefNumber', 'uint'],
    [0xeb, 'CueRefCodecState', 'uint'],
  ],
  Attachments: [[0x61a7, 'AttachedFile', 'master']],
  AttachedFile: [
    [0x467e, 'FileDescription', 'utf-8'],
    [0x466e, 'FileName', 'utf-8'],
    [0x4660, 'FileMediaType', 'string'],
    [0x465c, 'FileData', 'binary'],
    [0x46ae, 'FileUID', 'uint'],
    [0x4675, 'FileReferral', 'binary'],
    [0x4661, 'FileUsedStartTime', 'uint'],
    [0x4662, 'FileUsedEndTime', 'uint'],
  ],
  Chapters: [[0x45b9, 'EditionEntry', 'master']],
  EditionEntry: [
    [0x45bc, 'EditionUID', 'uint'],
    [0x45bd, 'EditionFlagHidden', 'uint'],
    [0x45db, 'EditionFlagDefault', 'uint'],
    [0x45dd, 'EditionFlagOrdered', 'uint'],
    [0x4520, 'EditionDisplay', 'master'],
    [0xb6, 'ChapterAtom', 'master'],
  ],
  EditionDisplay: [
    [0x4521, 'EditionString', 'utf-8'],
    [0x45e4, 'EditionLanguageIETF', 'string'],
  ],
  ChapterAtom: [
    [0x73c4, 'ChapterUID', 'uint'],
    [0x5654, 'ChapterStringUID', 'utf-8'],
    [0x91, 'ChapterTimeStart', 'uint'],
    [0x92, 'ChapterTimeEnd', 'uint'],
    [0x98, 'ChapterFlagHidden', 'uint'],
    [0x4598, 'ChapterFlagEnabled', 'uint'],
    [0x6e67, 'ChapterSegmentUUID', 'binary'],
    [0x4588, 'ChapterSkipType', 'uint'],
    [0x6ebc, 'ChapterSegmentEditionUID', 'uint'],
    [0x63c3, 'ChapterPhysicalEquiv', 'uint'],
    [0x8f, 'ChapterTrack', 'master'],
    [0x80, 'ChapterDisplay', 'master'],
    [0x6944, 'ChapProcess', 'master'],
  ],
  ChapterTrack: [[0x89, 'ChapterTrackUID', 'uint']],
  ChapterDisplay: [
    [0x85, 'ChapString', 'utf-8'],
    [0x437c, 'ChapLanguage', 'string'],
    [0x437d, 'ChapLanguageBCP47', 'string'],
    [0x437e, 'ChapCountry', 'string'],
  ],
  ChapProcess: [
    [0x6955, 'ChapProcessCodecID', 'uint'],
    [0x450d, 'ChapProcessPrivate', 'binary'],
    [0x6911, 'ChapProcessCommand', 'master'],
  ],
  ChapProcessCommand: [
    [0x6922, 'ChapProcessTime', 'uint'],
    [0x6933, 'ChapProcessData', 'binary'],
  ],
  Tags: [[0x7373, 'Tag', 'master']],
  Tag: [
    [0x63c0, 'Targets', 'master'],
    [0x67c8, 'SimpleTag', 'master'],
  ],
  Targets: [
    [0x68ca, 'TargetTypeValue', 'uint'],
    [0x63ca, 'TargetType', 'string'],
    [0x63c5, 'TagTrackUID', 'uint'],
    [0x63c9, 'TagEditionUID', 'uint'],
    [0x63c4, 'TagChapterUID', 'uint'],
    [0x63c6, 'TagAttachmentUID', 'uint'],
  ],
  SimpleTag: [
    [0x45a3, 'TagName', 'utf-8'],
    [0x447a, 'TagLanguage', 'string'],
    [0x447b, 'TagLanguageBCP47', 'string'],
    [0x4484, 'TagDefault', 'uint'],
    [0x44b4, 'TagDefaultBogus', 'uint'],
    [0x4487, 'TagString', 'utf-8'],
    [0x4485, 'TagBinary', 'binary'],
  ],
}

const BY_ID: ReadonlyMap<number, ElementInfo> = new Map(
  Object.entries(CHILDREN).flatMap(([parent, rows]) => rows.map(([id, name, type]) => [id, { id, name, type, parent }] as const)),
)

/** What the standard says of an id; null for an id it does not know. */
export function elementInfo(id: number): ElementInfo | null {
  return BY_ID.get(id) ?? null
}
