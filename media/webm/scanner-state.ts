/** What a scan of a Matroska file remembers: plain values and bytes, to be kept anywhere and taken up again. */
import type { Problem } from '../dissect/model.ts'
import type { HeaderParts } from './header.ts'

/** A frame, as soon as the head of its block was seen. */
export interface FoundSample {
  /** TrackNumber. */
  trackId: number
  /** Bytes from the start of the file. */
  offset: number
  /** Bytes in the file: encryption, compression and a stripped head are as they are. */
  size: number
  /** Of its block, ticks of TimestampScale: laced frames have the same, and lie right behind each other. */
  timestampTicks: number
  /** BlockDuration, shared out among laced frames; null where none is stored. */
  durationTicks: number | null
  /** SimpleBlock: the keyframe flag; Block: it references no other. */
  sync: boolean
  /** DiscardPadding: to be cut from the end of the decoded sound, nanoseconds; negative from its beginning. */
  discardNs?: number
}

export interface OpenCluster {
  /** Bytes from the start of the file, of its header. */
  start: number
  /** Null: unknown size. */
  end: number | null
  ticks: number
}

export interface OpenGroup {
  end: number
  samples: FoundSample[]
  durationTicks: number | null
  references: boolean
  discardNs: number
}

export interface ScannerState {
  version: 1
  /** Where the next element's header begins, bytes from the start of the file. */
  at: number
  /** Bytes from `at` on that are not enough to go on, and how many are. */
  held: Uint8Array
  need: number
  phase: 'ebml' | 'segment' | 'elements' | 'search' | 'done'
  fileSize: number | null
  format: 'webm' | 'matroska' | null
  /** First byte of the Segment's body; positions of SeekHead and Cues count from here. */
  segmentBody: number
  segmentEnd: number | null
  cluster: OpenCluster | null
  group: OpenGroup | null
  parts: HeaderParts
  /** Of the first Cluster's header. */
  firstCluster: number | null
  /** `Tracks` came before it. */
  headerFirst: boolean
  /** A Cluster or the Segment has no size: it was written live, or its writer was stopped. */
  unknownSizes: boolean
  /** Of the first keyframe of a track, its first bytes: TrackNumber and bytes. */
  firstFrames: [number, Uint8Array][]
  /** Frames whose bytes end at `end`: given out when it is known that the file has them. */
  block: { end: number; samples: FoundSample[] } | null
  found: FoundSample[]
  problems: Problem[]
}

export function newState(fileSize: number | null): ScannerState {
  return {
    version: 1,
    at: 0,
    held: new Uint8Array(),
    need: 0,
    phase: 'ebml',
    fileSize,
    format: null,
    segmentBody: 0,
    segmentEnd: null,
    cluster: null,
    group: null,
    parts: {},
    firstCluster: null,
    headerFirst: false,
    unknownSizes: false,
    firstFrames: [],
    block: null,
    found: [],
    problems: [],
  }
}
