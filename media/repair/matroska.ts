/** Repairs Matroska and WebM (RFC 9559): sizes, Duration, Cues and SeekHead written from what the clusters hold. */
import type { ByteSource } from '../bytes/source.ts'
import { MediaError } from '../errors.ts'
import { ID } from '../webm/ids.ts'
import { type Item, type Patch, toPieces } from './layout.ts'
import { type Cluster, type Level1, type Scan, scanMatroska } from './matroska-scan.ts'
import { longHeader, readCuePositions, writeCues, writeInfo, writeSeekHead } from './matroska-write.ts'
import { counted, grouped, inSeconds, type Notes, type RepairPlan, type TrackOutcome } from './model.ts'
import { Window } from './window.ts'

const MAX_CUES_BYTES = 64 * 1024 * 1024

/** Plans the repair of a Matroska file. Throws `MediaError` when there is nothing to save, or over the limits of its reader. */
export async function repairMatroska(source: ByteSource): Promise<RepairPlan> {
  const notes: Notes = { actions: [], warnings: [] }
  const window = new Window(source)
  const scan = await scanMatroska(window, notes)
  if (scan.torn && scan.tracks.every(({ frames }) => frames === 0))
    throw new MediaError('truncated', 'not one whole block is left in this file')
  const durationTicks = Math.max(0, ...scan.tracks.map(({ endTicks }) => endTicks))
  const cuesRight = await checkCues(window, scan, notes)
  const duration = checkDuration(scan, durationTicks, notes)
  checkSizes(scan, source.size, notes)
  const tracks = outcomes(scan, durationTicks)
  if (notes.actions.length === 0) {
    return { format: 'matroska', pieces: [{ offset: 0, length: source.size }], actions: [], warnings: notes.warnings, tracks }
  }
  const info = await readInfoBody(window, scan)
  const pieces = arrange(scan, duration ? writeInfo(info, durationTicks) : null)
  if (cuesRight) notes.actions.push({ kind: 'index', what: `Cues written anew in front of the clusters: ${entries(scan.cues.length)}` })
  return { format: 'matroska', pieces, actions: notes.actions, warnings: notes.warnings, tracks }
}

/** Whether Cues are there and right. */
async function checkCues(window: Window, scan: Scan, notes: Notes): Promise<boolean> {
  const old = scan.elements.find(({ id }) => id === ID.cues)
  if (old === undefined) {
    if (scan.cues.length > 0)
      notes.actions.push({ kind: 'index', what: `there were no Cues: ${entries(scan.cues.length)} written in front of the clusters` })
    return false
  }
  if (old.end - old.body > MAX_CUES_BYTES) throw new MediaError('too-large', `Cues of ${old.end - old.body} bytes`)
  const starts = new Set(scan.clusters.map(({ start }) => start - scan.segmentBody))
  const wrong = readCuePositions(await window.read(old.body, old.end - old.body)).filter((position) => !starts.has(position)).length
  if (wrong > 0) notes.actions.push({ kind: 'offsets', what: `${entries(wrong)} of Cues pointed to no cluster: written anew` })
  return wrong === 0
}

function entries(count: number): string {
  return count === 1 ? '1 entry' : `${grouped(count)} entries`
}

/** Whether Duration has to be written. */
function checkDuration(scan: Scan, found: number, notes: Notes): boolean {
  const { durationTicks, timestampScale } = scan
  const seconds = (ticks: number): string => inSeconds((ticks * timestampScale) / 1e9)
  if (durationTicks === null || !(durationTicks > 0)) {
    if (found === 0) return false
    notes.actions.push({ kind: 'index', what: `there was no Duration: ${seconds(found)} written` })
    return true
  }
  if (!isShort(scan) || durationTicks <= found) return false
  notes.actions.push({
    kind: 'truncated',
    what: `Duration was ${seconds(durationTicks)}: ${seconds(found)} kept, ${seconds(durationTicks - found)} lost`,
  })
  return true
}

function checkSizes({ segmentDeclaredEnd, clusters, end, torn }: Scan, size: number, notes: Notes): void {
  if (segmentDeclaredEnd === null) notes.actions.push({ kind: 'size', what: 'the Segment had no size' })
  else if (segmentDeclaredEnd !== end && !torn)
    notes.actions.push({ kind: 'size', what: `the Segment said it ends at ${segmentDeclaredEnd}, it ends at ${end} of ${size} bytes` })
  const open = clusters.filter(({ declaredEnd }) => declaredEnd === null).length
  if (open > 0) notes.actions.push({ kind: 'size', what: `${counted(open, 'cluster')} had no size` })
}

/** The end of the file is missing. */
function isShort({ torn, segmentDeclaredEnd, end }: Scan): boolean {
  return torn || (segmentDeclaredEnd !== null && segmentDeclaredEnd > end)
}

function outcomes(scan: Scan, found: number): TrackOutcome[] {
  const { tracks, timestampScale, durationTicks } = scan
  const lost = isShort(scan) && durationTicks !== null ? Math.max(0, durationTicks - found) : 0
  return tracks.map(({ id, codec, frames, firstTicks, endTicks }) => ({
    id,
    codec,
    keptSamples: frames,
    keptSeconds: frames === 0 ? 0 : ((endTicks - firstTicks) * timestampScale) / 1e9,
    // How many there were is written nowhere.
    lostSamples: 0,
    lostSeconds: (lost * timestampScale) / 1e9,
  }))
}

async function readInfoBody(window: Window, { elements }: Scan): Promise<Uint8Array> {
  const info = elements.find(({ id }) => id === ID.info)
  return info === undefined ? new Uint8Array(0) : await window.copy(info.body, info.end - info.body)
}

/** Header elements as they were, Cues, clusters; SeekHead first. `info`: with its new Duration, or null to keep it. */
function arrange(scan: Scan, info: Uint8Array | null): RepairPlan['pieces'] {
  const { segmentStart, clusters, cues } = scan
  const kept = scan.elements.filter(({ id }) => id !== ID.seekHead && id !== ID.void && id !== ID.crc32 && id !== ID.cues)
  const firstCluster = clusters[0]?.start ?? Infinity
  const lead = kept.filter(({ start }) => start < firstCluster)
  const tail = kept.filter(({ start }) => start > firstCluster)
  const hasInfo = lead.some(({ id }) => id === ID.info)
  const header: { id: number; item: Item }[] = lead.map((one) => ({ id: one.id, item: itemOf(one, info) }))
  if (!hasInfo && info !== null) header.unshift({ id: ID.info, item: { made: info, offset: 0, length: 0 } })
  const ends = tail.filter(({ id }) => id !== ID.info || !hasInfo).map((one) => ({ id: one.id, item: itemOf(one, null) }))

  const clusterItems = clusters.map((cluster) => ({
    made: longHeader(ID.cluster, cluster.end - cluster.body),
    offset: cluster.body,
    length: cluster.end - cluster.body,
  }))
  // Seek heads and Cues are as long for any positions, so their length is known from a first try with none.
  const listed = [...header, ...ends].map(({ id }) => ({ id, position: 0 }))
  const seekHeadBytes = writeSeekHead([...listed, { id: ID.cues, position: 0 }]).length
  const cuesBytes = cues.length === 0 ? 0 : writeCues(cues, () => 0).length
  const headerBytes = header.reduce((sum, { item }) => sum + itemBytes(item), 0)
  const positions: number[] = []
  let at = seekHeadBytes + headerBytes + cuesBytes
  for (const item of clusterItems) {
    positions.push(at)
    at += itemBytes(item)
  }
  const places: { id: number; position: number }[] = []
  let place = seekHeadBytes
  for (const { id, item } of header) {
    places.push({ id, position: place })
    place += itemBytes(item)
  }
  // Without cues the entry points to where the clusters begin; a reader that looks finds no Cues there and goes on.
  places.push({ id: cues.length === 0 ? ID.cluster : ID.cues, position: place })
  for (const { id, item } of ends) {
    places.push({ id, position: at })
    at += itemBytes(item)
  }
  const made = (bytes: Uint8Array): Item => ({ made: bytes, offset: 0, length: 0 })
  const items: Item[] = [
    { made: new Uint8Array(0), offset: 0, length: segmentStart },
    made(longHeader(ID.segment, at)),
    made(writeSeekHead(places)),
    ...header.map(({ item }) => item),
    ...(cues.length === 0 ? [] : [made(writeCues(cues, (cluster) => positions[cluster] ?? 0))]),
    ...clusterItems,
    ...ends.map(({ item }) => item),
  ]
  return toPieces(items, clusters.flatMap(forget))
}

/** What a cluster says of its own place, of the one before, and its checksum are not true any more: `Void` of the same size. */
function forget({ selfReferences }: Cluster): Patch[] {
  return selfReferences.map((at) => ({ at, bytes: Uint8Array.of(ID.void) }))
}

function itemOf({ id, start, end }: Level1, info: Uint8Array | null): Item {
  if (id === ID.info && info !== null) return { made: info, offset: 0, length: 0 }
  return { made: new Uint8Array(0), offset: start, length: end - start }
}

function itemBytes({ made, length }: Item): number {
  return made.length + length
}
