/** Opens the tree of a file, whatever container it is. */
import type { ByteSource } from '../bytes/source.ts'
import type { Dissector } from './model.ts'
import { dissectMp4 } from './mp4.ts'

/** Types that the first box of a file or of a segment has. */
const FIRST_BOXES: ReadonlySet<string> = new Set(
  'ftyp styp moov mdat free skip wide pnot moof sidx ssix emsg prft uuid udta meta junk pict imda'.split(' '),
)

/** The dissector of an MP4-like file, told by its first bytes; null for anything else. */
export async function dissect(source: ByteSource): Promise<Dissector | null> {
  const start = await source.read(0, Math.min(source.size, 12))
  return FIRST_BOXES.has(String.fromCharCode(...start.subarray(4, 8))) ? dissectMp4(source) : null
}
