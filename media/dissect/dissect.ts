/** Opens the tree of a file, whatever container it is. */
import type { ByteSource } from '../bytes/source.ts'
import { dissectMatroska } from './matroska.ts'
import type { Dissector } from './model.ts'
import { dissectMp4 } from './mp4.ts'

/** Types that the first box of a file or of a segment has. */
const FIRST_BOXES: ReadonlySet<string> = new Set(
  'ftyp styp moov mdat free skip wide pnot moof sidx ssix emsg prft uuid udta meta junk pict imda'.split(' '),
)

/** Element ID of EBML (RFC 8794 11.2.1), with which WebM and Matroska begin. */
const EBML = '\u001aE\u00df\u00a3'

/** The dissector of an MP4-like or EBML file, told by its first bytes; null for anything else. */
export async function dissect(source: ByteSource): Promise<Dissector | null> {
  const start = String.fromCharCode(...(await source.read(0, Math.min(source.size, 12))))
  if (start.startsWith(EBML)) return dissectMatroska(source)
  return FIRST_BOXES.has(start.slice(4, 8)) ? dissectMp4(source) : null
}
