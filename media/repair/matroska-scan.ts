/** Walks a damaged Matroska file (RFC 9559): elements of the segment, and blocks of its clusters as far as they are there. */
import { MediaError } from '../errors.ts'
import { elementsOf, type ElementHeader, MAX_HEADER_BYTES, readElementHeader, readFloat, readUint, readVint } from '../webm/ebml.ts'
import { ID } from '../webm/ids.ts'
import { counted, type Notes } from './model.ts'
import type { Cue } from './matroska-write.ts'
import type { Window } from './window.ts'

/** An element of the segment other than a cluster. */
export interface Level1 {
  id: number
  start: number
  body: number
  end: number
}

export interface Cluster {
  start: number
  body: number
  /** One past its last whole child. */
  end: number
  /** Where its header says it ends; null: unknown. */
  declaredEnd: number | null
  /** Ids of children that say where it lies or what its checksum is: one byte each. */
  selfReferences: number[]
  blocks: number
}

export interface ScannedTrack {
  id: number
  codec: string
  video: boolean
  /** Ticks; 0 where the track does not say. */
  defaultTicks: number
  frames: number
  firstTicks: number
  lastTicks: number
  endTicks: number
}

export interface Scan {
  segmentStart: number
  segmentBody: number
  segmentDeclaredEnd: number | null
  elements: Level1[]
  clusters: Cluster[]
  cues: Cue[]
  tracks: ScannedTrack[]
  timestampScale: number
  /** Ticks; null where Info does not say. */
  durationTicks: number | null
  /** One past the last whole element. */
  end: number
  /** The last element was not there to its end. */
  torn: boolean
}

const LEVEL1: ReadonlySet<number> = new Set([
  ...[ID.seekHead, ID.info, ID.tracks, ID.chapters, ID.cluster, ID.cues, ID.attachments, ID.tags, ID.void, ID.crc32],
])
const SILENT_TRACKS = 0x5854
const ENCRYPTED_BLOCK = 0xaf
const IN_CLUSTER: ReadonlySet<number> = new Set([
  ...[ID.timestamp, ID.position, ID.prevSize, ID.simpleBlock, ID.blockGroup, ID.void, ID.crc32, SILENT_TRACKS, ENCRYPTED_BLOCK],
])
const TRACK = { entry: 0xae, number: 0xd7, type: 0x83, codecId: 0x86, defaultDuration: 0x23e383 }
/** Info, Tracks and Cues that are read whole. */
const MAX_HEADER_ELEMENT = 16 * 1024 * 1024
const MAX_ELEMENTS = 500_000
/** Places to seek to need not lie closer. */
const CUE_SECONDS = 0.25

/** Throws `MediaError` when there is no segment, or no track. */
export async function scanMatroska(window: Window, notes: Notes): Promise<Scan> {
  const { size } = window.source
  const ebml = await headerAt(window, 0)
  const segmentStart = ebml?.bodyBytes === undefined || ebml.bodyBytes === null ? size : ebml.headerBytes + ebml.bodyBytes
  const segment = await headerAt(window, segmentStart)
  if (segment?.id !== ID.segment) throw new MediaError('malformed', 'there is no Segment behind the EBML header')
  const segmentBody = segmentStart + segment.headerBytes
  const scan: Scan = {
    segmentStart,
    segmentBody,
    segmentDeclaredEnd: segment.bodyBytes === null ? null : segmentBody + segment.bodyBytes,
    ...{ elements: [], clusters: [], cues: [], tracks: [], timestampScale: 1_000_000, durationTicks: null },
    ...{ end: segmentBody, torn: false },
  }
  let at = segmentBody
  while (at < size) {
    if (scan.elements.length + scan.clusters.length > MAX_ELEMENTS) throw new MediaError('too-large', `more than ${MAX_ELEMENTS} elements`)
    const header = await headerAt(window, at)
    // "Any EBML Element of the Top-Level": a second document in the same file is not part of this one.
    if (header?.id === ID.ebml || header?.id === ID.segment) {
      notes.warnings.push(`another document begins at ${at}; what follows was dropped`)
      break
    }
    if (header === null || !LEVEL1.has(header.id)) {
      const next = await findCluster(window, at + 1, size)
      notes.actions.push({ kind: 'garbage', what: `${counted((next ?? size) - at, 'byte')} at ${at} that are no element dropped` })
      if (next === null) break
      at = next
      continue
    }
    at = header.id === ID.cluster ? await readCluster(window, at, header, scan, notes) : await readLevel1(window, at, header, scan, notes)
  }
  scan.end = Math.min(at, size)
  if (scan.tracks.length === 0) throw new MediaError('truncated', 'there are no Tracks: nothing says what the blocks are')
  return scan
}

async function headerAt(window: Window, at: number): Promise<ElementHeader | null> {
  try {
    return readElementHeader(await window.read(at, MAX_HEADER_BYTES), 0)
  } catch (error) {
    if (error instanceof MediaError) return null
    throw error
  }
}

async function readLevel1(window: Window, at: number, header: ElementHeader, scan: Scan, notes: Notes): Promise<number> {
  const { size } = window.source
  const body = at + header.headerBytes
  const end = header.bodyBytes === null ? size : body + header.bodyBytes
  if (end > size) {
    scan.torn = true
    notes.actions.push({ kind: 'truncated', what: `element 0x${header.id.toString(16)} at ${at} is not there to its end and was dropped` })
    return size
  }
  scan.elements.push({ id: header.id, start: at, body, end })
  if (header.id !== ID.info && header.id !== ID.tracks) return end
  if (end - body > MAX_HEADER_ELEMENT) throw new MediaError('too-large', `a header element of ${end - body} bytes`)
  const bytes = await window.read(body, end - body)
  if (header.id === ID.info) readInfo(bytes, scan)
  else if (scan.tracks.length === 0) readTracks(bytes, scan)
  return end
}

function readInfo(bytes: Uint8Array, scan: Scan): void {
  for (const { id, body, end } of elementsOf(bytes)) {
    if (id === ID.timestampScale) scan.timestampScale = readUint(bytes.subarray(body, end)) || 1_000_000
    if (id === ID.duration) scan.durationTicks = readFloat(bytes.subarray(body, end))
  }
}

function readTracks(bytes: Uint8Array, scan: Scan): void {
  for (const entry of elementsOf(bytes)) {
    if (entry.id !== TRACK.entry || scan.tracks.length >= 127) continue
    const track = { id: 0, codec: '', video: false, defaultTicks: 0, frames: 0, firstTicks: Infinity, lastTicks: -Infinity, endTicks: 0 }
    for (const { id, body, end } of elementsOf(bytes, entry.body, entry.end)) {
      const value = bytes.subarray(body, Math.min(end, body + 64))
      if (id === TRACK.number) track.id = readUint(value)
      if (id === TRACK.type) track.video = readUint(value) === 1
      if (id === TRACK.codecId) track.codec = String.fromCharCode(...value)
      // Nanoseconds
      if (id === TRACK.defaultDuration) track.defaultTicks = readUint(value) / scan.timestampScale
    }
    scan.tracks.push(track)
  }
}

/** Reads a cluster by its children, whatever its size says; answers where the next element begins. */
async function readCluster(window: Window, start: number, header: ElementHeader, scan: Scan, notes: Notes): Promise<number> {
  const { size } = window.source
  const body = start + header.headerBytes
  const declaredEnd = header.bodyBytes === null ? null : body + header.bodyBytes
  const cluster: Cluster = { start, body, end: body, declaredEnd, selfReferences: [], blocks: 0 }
  scan.clusters.push(cluster)
  let ticks = 0
  let at = body
  while (at < size) {
    const child = await headerAt(window, at)
    const end = child === null || child.bodyBytes === null ? null : at + child.headerBytes + child.bodyBytes
    const isOurs = child !== null && IN_CLUSTER.has(child.id)
    if (child === null || (!isOurs && LEVEL1.has(child.id)) || child.id === ID.ebml || child.id === ID.segment) break
    // An element that no standard knows is believed inside the cluster's own size.
    if (end === null || (!isOurs && (declaredEnd === null || end > declaredEnd))) break
    // Void and CRC-32 stand on every level: behind the size they belong to the segment.
    if ((child.id === ID.void || child.id === ID.crc32) && declaredEnd !== null && at >= declaredEnd) break
    if (end > size) {
      at = size
      break
    }
    if (child.id === ID.timestamp) ticks = readUint(await window.read(at + child.headerBytes, Math.min(8, end - at - child.headerBytes)))
    if (child.id === ID.position || child.id === ID.prevSize || child.id === ID.crc32) cluster.selfReferences.push(at)
    if (child.id === ID.simpleBlock) await readBlock(window, at + child.headerBytes, end, ticks, null, scan)
    if (child.id === ID.blockGroup) await readGroup(window, at + child.headerBytes, end, ticks, scan)
    if (child.id === ID.simpleBlock || child.id === ID.blockGroup) cluster.blocks += 1
    at = end
    cluster.end = at
  }
  if (cluster.end < size && at === size) {
    scan.torn = true
    const kept = counted(cluster.blocks, 'block')
    notes.actions.push({
      kind: 'truncated',
      what: `the last cluster is not there to its end: ${kept} of it kept, ${counted(size - cluster.end, 'byte')} dropped`,
    })
  } else if (declaredEnd !== null && declaredEnd !== cluster.end) {
    const [said, has] = [declaredEnd - body, cluster.end - body]
    if (declaredEnd > size && cluster.end === size) scan.torn = true
    notes.actions.push({ kind: 'size', what: `the cluster at ${start} said ${counted(said, 'byte')}, it has ${counted(has, 'byte')}` })
  }
  return Math.max(at, cluster.end)
}

/** SimpleBlock and Block, 10.1 and 10.2: track, relative time, flags. `keyframe` null: the flags say. */
async function readBlock(
  window: Window,
  at: number,
  end: number,
  clusterTicks: number,
  group: { keyframe: boolean; durationTicks: number | null } | null,
  scan: Scan,
): Promise<void> {
  const bytes = await window.read(at, Math.min(13, end - at))
  const number = readVintOrNull(bytes)
  if (number === null || bytes.length < number.length + 3) return
  const track = scan.tracks.find(({ id }) => id === number.value)
  if (track === undefined) return
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const ticks = clusterTicks + view.getInt16(number.length)
  const flags = view.getUint8(number.length + 2)
  const frames = flags & 0x06 ? (bytes[number.length + 3] ?? 0) + 1 : 1
  const step = track.defaultTicks || (ticks > track.lastTicks && track.frames > 0 ? ticks - track.lastTicks : 0)
  track.frames += frames
  track.firstTicks = Math.min(track.firstTicks, ticks)
  track.lastTicks = Math.max(track.lastTicks, ticks)
  track.endTicks = Math.max(track.endTicks, ticks + (group?.durationTicks ?? step * frames))
  const isKey = group?.keyframe ?? (flags & 0x80) !== 0
  if (isKey && ticks >= 0 && isIndexed(track, scan)) addCue(scan, ticks, track.id)
}

function readVintOrNull(bytes: Uint8Array): { value: number; length: number } | null {
  try {
    return readVint(bytes, 0)
  } catch (error) {
    if (error instanceof MediaError) return null
    throw error
  }
}

/** The first video track is; without one, the first track. */
function isIndexed(track: ScannedTrack, scan: Scan): boolean {
  return (scan.tracks.find(({ video }) => video) ?? scan.tracks[0]) === track
}

function addCue(scan: Scan, ticks: number, track: number): void {
  const last = scan.cues.at(-1)
  const gap = (CUE_SECONDS * 1e9) / scan.timestampScale
  const cluster = scan.clusters.length - 1
  if (last === undefined || ticks - last.ticks >= gap) scan.cues.push({ ticks, track, cluster })
}

async function readGroup(window: Window, start: number, end: number, clusterTicks: number, scan: Scan): Promise<void> {
  let block: { at: number; end: number } | null = null
  const group: { keyframe: boolean; durationTicks: number | null } = { keyframe: true, durationTicks: null }
  let at = start
  while (at < end) {
    const child = await headerAt(window, at)
    if (child === null || child.bodyBytes === null) break
    const body = at + child.headerBytes
    const next = body + child.bodyBytes
    if (next > end) break
    if (child.id === ID.block) block ??= { at: body, end: next }
    if (child.id === ID.referenceBlock) group.keyframe = false
    if (child.id === ID.blockDuration) group.durationTicks = readUint(await window.read(body, Math.min(8, child.bodyBytes)))
    at = next
  }
  if (block !== null) await readBlock(window, block.at, block.end, clusterTicks, group, scan)
}

const SEARCH_BYTES = 1024 * 1024

async function findCluster(window: Window, from: number, to: number): Promise<number | null> {
  for (let at = from; at < to; at += SEARCH_BYTES) {
    const bytes = await window.source.read(at, Math.min(SEARCH_BYTES + 3, to - at))
    for (let place = bytes.indexOf(0x1f); place !== -1; place = bytes.indexOf(0x1f, place + 1)) {
      if (bytes[place + 1] === 0x43 && bytes[place + 2] === 0xb6 && bytes[place + 3] === 0x75) return at + place
    }
  }
  return null
}
