/** What a repair is: pieces that make the new file, and what was done, in sentences. */

/** Bytes that were made, or a range of the input: so a file of 20 GB is never in memory. */
export type Piece = { bytes: Uint8Array } | { offset: number; length: number }

export type RepairKind =
  /** `moov`, or Matroska's index, moved to where a player finds it first. */
  | 'fast-start'
  /** A box or element that said a wrong size. */
  | 'size'
  /** Chunk offsets that were all off by the same number of bytes. */
  | 'offsets'
  /** `hev1` to `hvc1`, `avc3` to `avc1`. */
  | 'sample-entry'
  /** Bytes that belong to nothing. */
  | 'garbage'
  /** The end of the file is missing, and what pointed there is gone. */
  | 'truncated'
  /** Duration or index (Cues) written anew. */
  | 'index'

export interface RepairAction {
  kind: RepairKind
  /** "moov moved in front of mdat: 1,204 chunk offsets changed" */
  what: string
}

/** What is left of a track. */
export interface TrackOutcome {
  id: number
  /** Sample entry type or CodecID. */
  codec: string
  keptSamples: number
  keptSeconds: number
  /** As far as the file still says; 0 where all is there. */
  lostSamples: number
  lostSeconds: number
}

export interface RepairPlan {
  format: 'mp4' | 'matroska'
  /** In order. One range over the whole input when there is nothing to repair. */
  pieces: Piece[]
  /** Empty: nothing to repair. */
  actions: RepairAction[]
  /** What is not as it should be and was left so, in sentences. */
  warnings: string[]
  tracks: TrackOutcome[]
}

/** What a plan is while it is made. */
export interface Notes {
  actions: RepairAction[]
  warnings: string[]
}

/** Bytes of all pieces. */
export function pieceBytes(pieces: Piece[]): number {
  return pieces.reduce((sum, piece) => sum + ('bytes' in piece ? piece.bytes.length : piece.length), 0)
}

/** `1,204`; the same in every locale. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+(?!\d))/g, ',')
}

/** `1 sample`, `1,204 samples`. */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** `12.480 s`. */
export function inSeconds(seconds: number): string {
  return `${seconds.toFixed(3)} s`
}
