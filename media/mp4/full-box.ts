/** `FullBox(version, flags)` (ISO/IEC 14496-12 4.2.2), which most boxes with fields are. */
import type { ByteReader } from '../bytes/byte-reader.ts'

export interface FullBox {
  version: number
  /** 24 bits. */
  flags: number
}

export function readFullBox(reader: ByteReader): FullBox {
  // unsigned int(8) version = v; bit(24) flags = f;
  return { version: reader.u8(), flags: reader.u24() }
}
