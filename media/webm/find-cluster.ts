/** Finds where a Cluster begins among bytes that are damaged, or in the middle of something. */
import { MediaError } from '../errors.ts'
import { readElementHeader } from './ebml.ts'
import { ID } from './ids.ts'

/** Bytes that tell a Cluster: its header, and the id of the first element in it. */
export const SEARCH_BYTES = 13

/** What a Cluster begins with. "The Timestamp Element SHOULD be the first child element" but for a CRC-32. */
const FIRST: ReadonlySet<number> = new Set([ID.timestamp, ID.crc32, ID.void, ID.position, ID.prevSize])

/** Where the next Cluster begins, or (not `found`) from where on more bytes are needed to tell. */
export function findCluster(bytes: Uint8Array, from: number, end: number): { offset: number; found: boolean } {
  for (let at = bytes.indexOf(0x1f, from); at !== -1 && at < end; at = bytes.indexOf(0x1f, at + 1)) {
    if (isCluster(bytes, at, end)) return { offset: at, found: true }
    if (end - at < SEARCH_BYTES) return { offset: at, found: false }
  }
  return { offset: end, found: false }
}

function isCluster(bytes: Uint8Array, at: number, end: number): boolean {
  if (bytes[at + 1] !== 0x43 || bytes[at + 2] !== 0xb6 || bytes[at + 3] !== 0x75 || at + 4 > end) return false
  try {
    const header = readElementHeader(bytes, at, end)
    const first = header === null || at + header.headerBytes >= end ? undefined : bytes[at + header.headerBytes]
    return first !== undefined && FIRST.has(first)
  } catch (error) {
    if (error instanceof MediaError) return false
    throw error
  }
}
