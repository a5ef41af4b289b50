/**
 * The elements of a WebM or Matroska file as a tree. Element names stand for box types; an element that RFC 9559 does not
 * know is named by its id. Bytes that are no element become a node of their own, with the problem on it; in a Segment the next
 * Cluster is looked for behind them.
 */
import type { ByteSource } from '../bytes/source.ts'
import { MediaError } from '../errors.ts'
import { type ElementHeader, MAX_HEADER_BYTES, hex, readElementHeader } from '../webm/ebml.ts'
import { elementInfo } from '../webm/elements.ts'
import { findCluster, SEARCH_BYTES } from '../webm/find-cluster.ts'
import { ID, isInCluster, isInSegment, printId } from '../webm/ids.ts'
import { elementFields, fieldBytes, type Fields } from './matroska-fields.ts'
import type { Dissector, DissectNode, Problem } from './model.ts'

/** Real files stay below ten levels; chapters and tags may nest in themselves. */
const MAX_DEPTH = 16
/** Read at once where headers lie close together. */
const WINDOW_BYTES = 65_536
/** Read at once behind a jump: from Cluster to Cluster of a long file, of which each header is all that is wanted. */
const JUMP_BYTES = 4096

/** `source`: rejects as its medium does; nothing else is thrown. */
export function dissectMatroska(source: ByteSource): Dissector {
  const bytesAt = windowed(source)

  /** The header at `at`; null for none, with what is wrong. */
  async function header(at: number, end: number): Promise<{ found: ElementHeader } | { what: string }> {
    const bytes = await bytesAt(at, Math.min(MAX_HEADER_BYTES, end - at))
    try {
      const found = readElementHeader(bytes, 0)
      return found === null ? { what: `${end - at} bytes at ${at} are no element` } : { found }
    } catch (error) {
      if (!(error instanceof MediaError)) throw error
      return { what: `the bytes at ${at} are no element` }
    }
  }

  /** Where the next Cluster begins, `end` when there is none. */
  async function nextCluster(from: number, end: number): Promise<number> {
    let at = from
    while (end - at >= SEARCH_BYTES) {
      const bytes = await bytesAt(at, Math.min(WINDOW_BYTES, end - at))
      if (bytes.length < SEARCH_BYTES) return end
      const { offset, found } = findCluster(bytes, 0, bytes.length)
      if (found) return at + offset
      at += Math.max(1, Math.min(offset, bytes.length - SEARCH_BYTES + 1))
    }
    return end
  }

  /** Where an element without a size ends: a Cluster before the next element of the Segment's level, any other with what it lies in. */
  async function endOfUnknown(id: number, body: number, end: number): Promise<number> {
    if (id !== ID.cluster) return end
    let at = body
    while (at < end) {
      const next = await header(at, end)
      if (!('found' in next)) return nextCluster(at + 1, end)
      if (isInSegment(next.found.id)) return at
      if (next.found.bodyBytes === null) return nextCluster(at + 1, end)
      at += next.found.headerBytes + next.found.bodyBytes
    }
    // A body that promises more than there is: its node says so.
    return end
  }

  async function damaged(at: number, end: number, what: string, path: string[]): Promise<DissectNode> {
    const inSegment = isSegment(path)
    const until = inSegment ? await nextCluster(at + 1, end) : end
    const type = `0x${hex(await bytesAt(at, Math.min(4, until - at)))}`
    const problem: Problem = { offset: at, length: until - at, what, severity: 'error' }
    return { type, name: '', offset: at, headerBytes: 0, size: until - at, container: false, path, problems: [problem] }
  }

  async function node(at: number, end: number, path: string[], isCut: boolean): Promise<DissectNode> {
    const read = await header(at, end)
    if (!('found' in read)) return damaged(at, end, read.what, path)
    const { id, headerBytes, bodyBytes } = read.found
    const info = elementInfo(id)
    const isGlobal = info?.parent === '*'
    if (isSegment(path) && id < 0x10000000 && !isGlobal) {
      return damaged(
        at,
        end,
        isInCluster(id) ? `${info?.name ?? printId(id)} at ${at} is outside of a Cluster` : `no element at ${at}`,
        path,
      )
    }
    const problems: Problem[] = []
    const wrong = (what: string, severity: Problem['severity']): void => {
      problems.push({ offset: at, length: headerBytes, what, severity })
    }
    const body = at + headerBytes
    const name = info?.name ?? printId(id)
    let next = bodyBytes === null ? await endOfUnknown(id, body, end) : body + bodyBytes
    if (bodyBytes === null && id !== ID.segment && id !== ID.cluster) wrong(`${name} at ${at} has no size`, 'error')
    if (next > end) {
      const parent = path.length === 0 || isCut ? 'the file' : 'its parent'
      wrong(`${name} at ${at} ends at ${next}, ${parent} at ${end}`, 'error')
      next = end
    }
    const parent = path.at(-1) ?? ''
    if (info !== null && !isGlobal && info.parent !== parent && info.name !== parent) {
      wrong(`${name} at ${at} does not belong ${parent === '' ? 'there' : `in ${parent}`}`, 'warning')
    }
    const isDeep = path.length >= MAX_DEPTH
    if (isDeep) wrong(`${name} at ${at} lies ${path.length} levels deep; what is in it is not read`, 'error')
    const container = info?.type === 'master' && !isDeep
    return { type: name, name: info === null ? '' : printId(id), offset: at, headerBytes, size: next - at, container, path, problems }
  }

  return {
    format: 'matroska',
    size: source.size,
    async *children(parent) {
      if (parent?.container === false) return
      const path = parent === null ? [] : [...parent.path, parent.type]
      const end = parent === null ? source.size : Math.min(source.size, parent.offset + parent.size)
      let at = parent === null ? 0 : parent.offset + parent.headerBytes
      while (at < end) {
        const child = await node(at, end, path, end === source.size)
        yield child
        at = child.offset + child.size
      }
    },
    async fields(from, maxEntries = 1000): Promise<Fields> {
      const bodyBytes = from.size - from.headerBytes
      const info = from.headerBytes === 0 || from.container ? null : await infoOf(from)
      if (info === null || info.type === 'master' || info.id === ID.void) return { fields: [], problems: [] }
      const offset = from.offset + from.headerBytes
      const body = await bytesAt(offset, fieldBytes(info, bodyBytes))
      return elementFields(info, body, bodyBytes, offset, maxEntries)
    },
  }

  /** What is known of a node's element; of an unknown one, that it is bytes. */
  async function infoOf({ offset, headerBytes, type }: DissectNode): Promise<ReturnType<typeof elementInfo>> {
    const read = await header(offset, offset + headerBytes)
    if (!('found' in read)) return null
    return elementInfo(read.found.id) ?? { id: read.found.id, name: type, type: 'binary', parent: '*' }
  }
}

/** Of the Segment's level, where all ids have four bytes and a Cluster can be found again. */
function isSegment(path: string[]): boolean {
  return path.length === 1 && path[0] === 'Segment'
}

/** Bytes from a window that moves over the source: headers are read by the dozen, frames between them are passed. */
function windowed(source: ByteSource): (offset: number, length: number) => Promise<Uint8Array> {
  let start = 0
  let bytes: Uint8Array = new Uint8Array()
  return async (offset, length) => {
    const end = start + bytes.length
    if (offset < start || offset + length > end) {
      const size = offset < start || offset - end > WINDOW_BYTES ? JUMP_BYTES : WINDOW_BYTES
      bytes = await source.read(offset, Math.min(Math.max(length, size), Math.max(0, source.size - offset)))
      start = offset
    }
    return bytes.subarray(offset - start, offset - start + length)
  }
}
