/** ContentEncodings of a track (RFC 9559 5.1.4.1.31): what was done to its frames, and what it takes to undo it. */
import type { EncryptionFacts, FrameCompression } from '../container/model.ts'
import { hex } from './ebml.ts'
import type { Master } from './master.ts'

export interface Encodings {
  encryption: EncryptionFacts | null
  /** Of the frames. */
  compression: FrameCompression | null
  /** Bytes that were stripped from CodecPrivate; null where it was compressed in another way. */
  configPrefix: Uint8Array | null
}

/** ContentCompAlgo. */
const COMPRESSIONS = ['zlib', 'bzlib', 'lzo1x', 'header-stripping'] as const
/** ContentEncAlgo. */
const CIPHERS: readonly string[] = ['', 'des', '3des', 'twofish', 'blowfish', 'aes']
/** Bits of ContentEncodingScope. */
const FRAMES = 1
const CONFIG = 2

const NOTHING = new Uint8Array()

/** `entry`: a TrackEntry. */
export function readEncodings(entry: Master): Encodings {
  const found: Encodings = { encryption: null, compression: null, configPrefix: NOTHING }
  const all = entry.master(0x6d80)
  if (all === null) return found
  for (const encoding of all.masters(0x6240)) {
    const scope = encoding.uint(0x5032, FRAMES)
    // ContentEncodingType: 0 is compression, 1 encryption
    if (encoding.uint(0x5033, 0) === 1) found.encryption ??= readEncryption(encoding.master(0x5035))
    else {
      const settings = encoding.master(0x5034)
      const algorithm = COMPRESSIONS[settings?.uint(0x4254, 0) ?? 0] ?? 'zlib'
      const prefix = algorithm === 'header-stripping' ? (settings?.binary(0x4255) ?? NOTHING).slice() : NOTHING
      if (scope & FRAMES) found.compression ??= { algorithm, prefix }
      if (scope & CONFIG) found.configPrefix = algorithm === 'header-stripping' ? prefix : null
    }
  }
  return found
}

function readEncryption(settings: Master | null): EncryptionFacts {
  // ContentEncAlgo 0: "Not encrypted", of a signature alone; still nothing that plays
  const scheme = CIPHERS[settings?.uint(0x47e1, 0) ?? 0] ?? ''
  const key = settings?.binary(0x47e2) ?? null
  return { scheme: scheme === '' ? 'unknown' : scheme, defaultKeyId: key?.length === 16 ? hex(key) : null }
}
