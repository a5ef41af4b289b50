/** Repairs MP4 and QuickTime files (ISO/IEC 14496-12): the boxes first, then the tables, then where everything lies. */
import { concat, fourcc, u32, u64 } from '../bytes/write-bytes.ts'
import type { ByteSource } from '../bytes/source.ts'
import { MediaError } from '../errors.ts'
import { patchBases, patchIndexes } from './absolute-offsets.ts'
import { allWithin, type TreeBox, treeBytes, within, writeTree } from './box-tree.ts'
import { cutTables, reachable, samplesThere, ticksOf } from './cut.ts'
import { shortenMovie, shortenTrack, timescaleOf, trackIdOf } from './durations.ts'
import { type FragmentTrack } from './fragments.ts'
import { cutFragments } from './cut-fragments.ts'
import { firstOfFragments, keyframesOf } from './keyframes.ts'
import { type Item, Relocation, toPieces, widenOffsets, writeOffsets } from './layout.ts'
import { counted, inSeconds, type Notes, type RepairPlan, type TrackOutcome } from './model.ts'
import { isInBand, promise } from './parameter-sets.ts'
import { checkFor } from './plausible.ts'
import { readSampleEntries } from './sample-entries.ts'
import { SampleLayout } from './sample-layout.ts'
import { findShift } from './shift.ts'
import { readTopLevel, settleMdat, type TopBox } from './top-level.ts'
import { Window } from './window.ts'

/** Broadcast multiplexes have dozens. */
const MAX_TRACKS = 1024

interface Track {
  trak: TreeBox
  stbl: TreeBox
  id: number
  codec: string
  timescale: number
  /** As the file came. */
  layout: SampleLayout
  /** Its samples lie in another file. */
  external: boolean
  outcome: TrackOutcome
}

/** Plans the repair of an MP4 file. Throws `MediaError` when there is nothing to save, or over the limits of its reader. */
export async function repairMp4(source: ByteSource): Promise<RepairPlan> {
  const notes: Notes = { actions: [], warnings: [] }
  const window = new Window(source)
  const all = await readTopLevel(window)
  const moov = all.find(({ type, tree }) => type === 'moov' && tree !== null && allWithin(tree, 'trak').length > 0)
  if (moov === undefined || moov.tree === null) throw noIndex(all)
  const duplicates = all.filter((box) => box.type === 'moov' && box !== moov)
  if (duplicates.length > 0)
    notes.actions.push({ kind: 'garbage', what: `${counted(duplicates.length, 'moov')} besides the first dropped` })
  const before = writeTree(moov.tree)
  const tracks = readTracks(moov.tree)
  const cut = cutFragments(
    all.filter((box) => !duplicates.includes(box)),
    moov.tree,
    source.size,
    notes,
  )
  const { boxes } = cut
  for (const { actions } of boxes) for (const action of actions) notes.actions.push(action)
  for (const track of tracks) addFragments(track, cut.kept, cut.lost)

  const shift = await shiftOffsets(window, tracks, boxes, notes)
  const dataEnd = Math.max(cut.dataEnd, ...tracks.map((track) => endOf(track, shift)))
  settleMdat(boxes, cut.end, dataEnd, notes)
  cutTail(moov.tree, tracks, boxes, source.size, shift, notes)
  if (cut.lostAny) shortenFragmented(moov.tree, tracks, cut.kept)
  sayLost(tracks, notes)
  for (const track of tracks) await promiseParameterSets(window, track, cut.kept, shift, notes)

  const { items, moved, changedOffsets } = arrange(moov, moov.tree, tracks, boxes, shift)
  const isLate = boxes.some((box) => box.type === 'mdat' && box.start < moov.start)
  if (isLate)
    notes.actions.push({ kind: 'fast-start', what: `moov moved in front of mdat: ${counted(changedOffsets, 'chunk offset')} changed` })
  const same = !isLate && !moov.rewrite && notes.actions.length === 0 && equal(before, writeTree(moov.tree))
  const pieces = same
    ? [{ offset: 0, length: source.size }]
    : toPieces(items, moved.still ? [] : [...patchBases(cut.kept, moved), ...(await patchIndexes(window, boxes, moved))])
  const outcomes = tracks.map(({ outcome }) => outcome)
  return { format: 'mp4', pieces, actions: notes.actions, warnings: notes.warnings, tracks: outcomes }
}

function noIndex(boxes: TopBox[]): MediaError {
  const cut = boxes.find(({ type }) => type === 'moov')
  if (cut !== undefined) return new MediaError('truncated', 'moov has no whole track: where the samples lie cannot be known')
  const media = boxes.some(({ type }) => type === 'mdat')
  return media
    ? new MediaError(
        'truncated',
        'there is no moov: the recording was never finished or its end is missing, and with it where the samples lie',
      )
    : new MediaError('malformed', 'there is neither moov nor mdat in this file')
}

function readTracks(moov: TreeBox): Track[] {
  const traks = allWithin(moov, 'trak')
  if (traks.length > MAX_TRACKS) throw new MediaError('too-large', `${traks.length} tracks; the limit is ${MAX_TRACKS}`)
  return traks.flatMap((trak) => {
    const minf = within(trak, 'mdia', 'minf')
    const stbl = minf === null ? null : within(minf, 'stbl')
    if (minf === null || stbl === null) return []
    const codec = readSampleEntries(within(stbl, 'stsd')?.body ?? new Uint8Array(0))[0]?.type ?? ''
    const id = trackIdOf(trak)
    const layout = new SampleLayout(stbl)
    const timescale = timescaleOf(within(trak, 'mdia', 'mdhd'))
    // "flags with one value (0x000001) … the media data is in the same file"; entries from byte 8 of dref on
    const dref = within(minf, 'dinf', 'dref')?.body
    const external = dref !== undefined && dref.length >= 20 && ((dref[19] ?? 1) & 1) === 0
    const outcome = { id, codec, keptSamples: 0, keptSeconds: 0, lostSamples: 0, lostSeconds: 0 }
    return [{ trak, stbl, id, codec, timescale, layout, external, outcome }]
  })
}

function addFragments({ id, timescale, outcome }: Track, kept: FragmentTrack[], lost: FragmentTrack[]): void {
  for (const fragment of kept) {
    if (fragment.trackId !== id) continue
    outcome.keptSamples += fragment.samples
    outcome.keptSeconds += fragment.ticks / timescale
  }
  for (const fragment of lost) {
    if (fragment.trackId !== id) continue
    outcome.lostSamples += fragment.samples
    outcome.lostSeconds += fragment.ticks / timescale
  }
}

async function shiftOffsets(window: Window, tracks: Track[], boxes: TopBox[], notes: Notes): Promise<number> {
  const own = tracks.filter(({ external, layout }) => !external && layout.sampleCount > 0)
  const checkable = own.map(({ stbl, layout }) => {
    const [entry] = readSampleEntries(within(stbl, 'stsd')?.body ?? new Uint8Array(0))
    return { layout, check: entry === undefined ? null : checkFor(entry) }
  })
  const bodies = boxes.filter(({ type }) => type === 'mdat').map(({ start, headerBytes }) => start + headerBytes)
  const { shift, wrong } = await findShift(window, checkable, bodies)
  if (wrong && shift === 0)
    notes.warnings.push('samples do not look like their codec where the chunk offsets point, and no shift of them helps')
  if (shift === 0) return 0
  const chunks = own.reduce((sum, { layout }) => sum + layout.chunkCount, 0)
  notes.actions.push({
    kind: 'offsets',
    what: `all ${counted(chunks, 'chunk offset')} were off by ${counted(Math.abs(shift), 'byte')}; corrected`,
  })
  return shift
}

/** One past the last byte of a track's samples. */
function endOf({ layout, external }: Track, shift: number, samples = Infinity): number {
  let end = 0
  if (external) return end
  for (const chunk of layout.chunks()) {
    if (chunk.firstSample >= samples) break
    const count = Math.min(chunk.samples, samples - chunk.firstSample)
    end = Math.max(end, chunk.offset + shift + layout.bytesOf(chunk.firstSample, count))
  }
  return end
}

/** Tables of samples that are not there any more are cut, and `mdat` to the last sample. Throws when no sample is left. */
function cutTail(moov: TreeBox, tracks: Track[], boxes: TopBox[], size: number, shift: number, notes: Notes): void {
  const movieTimescale = timescaleOf(within(moov, 'mvhd'))
  let any = false
  let movieTicks = 0
  for (const track of tracks) {
    const { trak, stbl, layout, outcome, timescale } = track
    const total = reachable(layout)
    const there = track.external ? total : samplesThere(layout, size, shift)
    outcome.keptSamples += there
    outcome.keptSeconds += ticksOf(stbl, there) / timescale
    outcome.lostSamples += total - there
    outcome.lostSeconds += (ticksOf(stbl, total) - ticksOf(stbl, there)) / timescale
    if (there < total) {
      any = true
      cutTables(stbl, layout, there)
      movieTicks = Math.max(movieTicks, shortenTrack(trak, ticksOf(stbl, there), movieTimescale))
    } else movieTicks = Math.max(movieTicks, shownTicks(trak))
  }
  if (tracks.every(({ outcome }) => outcome.keptSamples === 0) && tracks.some(({ outcome }) => outcome.lostSamples > 0))
    throw new MediaError('truncated', 'not one whole sample is left in this file')
  if (!any) return
  shortenMovie(moov, movieTicks)
  dropEmpty(moov, tracks, notes)
  const kept = Math.max(...tracks.map((track) => endOf(track, shift, track.outcome.keptSamples)))
  const last = boxes.findLast(({ type }) => type === 'mdat')
  if (last !== undefined && last.end === size) last.end = Math.max(last.start + last.headerBytes, Math.min(size, kept))
}

/** Duration that `tkhd` says. */
function shownTicks(trak: TreeBox): number {
  const body = within(trak, 'tkhd')?.body
  if (body === undefined || body.length < 36) return 0
  const view = new DataView(body.buffer, body.byteOffset)
  return body[0] === 1 ? Number(view.getBigUint64(28)) : view.getUint32(20)
}

/** A track of which nothing is left would make players wait for it. */
function dropEmpty(moov: TreeBox, tracks: Track[], notes: Notes): void {
  for (const { trak, outcome } of tracks) {
    if (outcome.keptSamples > 0 || outcome.lostSamples === 0) continue
    moov.children = (moov.children ?? []).filter((child) => child !== trak)
    notes.actions.push({ kind: 'truncated', what: `track ${outcome.id} (${outcome.codec}) dropped: none of its samples is left` })
  }
}

/** `mehd` says what the fragments that are left say. */
function shortenFragmented(moov: TreeBox, tracks: Track[], kept: FragmentTrack[]): void {
  const movieTimescale = timescaleOf(within(moov, 'mvhd'))
  const ends = tracks.map(({ id, timescale }) => {
    const own = kept.filter(({ trackId }) => trackId === id)
    return own.reduce((end, { decodeTicks, ticks }) => Math.max(end, (decodeTicks ?? end) + ticks), 0) / timescale
  })
  const mehd = within(moov, 'mvex', 'mehd')
  if (mehd === null) return
  const ticks = Math.round(Math.max(0, ...ends) * movieTimescale)
  mehd.body = concat([mehd.body.subarray(0, 4), mehd.body[0] === 1 ? u64(ticks) : u32(ticks)])
}

function sayLost(tracks: Track[], notes: Notes): void {
  for (const { outcome } of tracks) {
    const { id, codec, lostSamples, lostSeconds, keptSamples, keptSeconds } = outcome
    if (lostSamples === 0) continue
    const kept = `${counted(keptSamples, 'sample')} (${inSeconds(keptSeconds)}) kept`
    const what = `track ${id} (${codec}): ${kept}, ${counted(lostSamples, 'sample')} (${inSeconds(lostSeconds)}) lost`
    notes.actions.push({ kind: 'truncated', what })
  }
}

async function promiseParameterSets(window: Window, track: Track, fragments: FragmentTrack[], shift: number, notes: Notes): Promise<void> {
  const stsd = within(track.stbl, 'stsd')
  const entries = readSampleEntries(stsd?.body ?? new Uint8Array(0))
  const [entry] = entries
  if (stsd === null || entry === undefined || !isInBand(entry) || track.external) return
  if (entries.length > 1) {
    notes.warnings.push(`${entry.type} was kept: track ${track.id} has ${entries.length} sample entries`)
    return
  }
  const own = Math.min(track.outcome.keptSamples, reachable(track.layout))
  const keyframes = own > 0 ? keyframesOf(window, track.stbl, own, shift) : firstOfFragments(window, fragments, track.id)
  const made = await promise(entry, keyframes)
  if ('refused' in made) {
    notes.warnings.push(made.refused)
    return
  }
  stsd.body = concat([stsd.body.subarray(0, 8), made.bytes])
  const to = entry.type === 'hev1' ? 'hvc1' : 'avc1'
  const moved = made.moved === 0 ? '' : `, ${counted(made.moved, 'parameter set')} of the first keyframe written into it`
  notes.actions.push({ kind: 'sample-entry', what: `track ${track.id}: sample entry ${entry.type} changed to ${to}${moved}` })
}

/** The output in order, with all offsets of `moov` written. */
function arrange(
  moov: TopBox,
  tree: TreeBox,
  tracks: Track[],
  boxes: TopBox[],
  shift: number,
): { items: Item[]; moved: Relocation; changedOffsets: number } {
  const rest = boxes.filter((box) => box !== moov)
  const isLate = rest.some((box) => box.type === 'mdat' && box.start < moov.start)
  const place = isLate ? rest.findIndex(({ type }) => type === 'ftyp') + 1 : rest.filter(({ start }) => start < moov.start).length
  const items = rest.map((box, index) => itemOf(box, index === rest.length - 1))
  const placeholder: Item = { made: new Uint8Array(0), offset: 0, length: 0 }
  items.splice(place, 0, placeholder)
  const own = tracks.filter(({ external }) => !external)
  const offsetsFrom = (moved: Relocation) => (stored: number) => moved.map(stored + shift) ?? stored
  for (;;) {
    placeholder.made = new Uint8Array(treeBytes(tree))
    const moved = new Relocation(items)
    // moov grows by each table that is widened, so all are looked at again.
    if (own.filter(({ stbl }) => widenOffsets(stbl, offsetsFrom(moved))).length > 0) continue
    const changedOffsets = own.reduce((sum, { stbl }) => sum + writeOffsets(stbl, offsetsFrom(moved)), 0)
    placeholder.made = writeTree(tree)
    return { items, moved, changedOffsets }
  }
}

function itemOf(box: TopBox, isLast: boolean): Item {
  const { type, start, headerBytes, end, declaredEnd, tree, rewrite } = box
  const nothing = new Uint8Array(0)
  if (tree !== null && rewrite) {
    const made = writeTree(tree)
    // What moof counts from its own start must not move.
    const missing = end - start - made.length
    const pad = missing >= 8 ? concat([u32(missing), fourcc('free'), new Uint8Array(missing - 8)]) : nothing
    return { made: concat([made, pad]), offset: start, length: 0 }
  }
  if (box.hidden === true) return { made: concat([u32(end - start), fourcc('free')]), offset: start + 8, length: end - start - 8 }
  if (type !== 'mdat' || declaredEnd === end || (declaredEnd === null && isLast))
    return { made: nothing, offset: start, length: end - start }
  const payload = end - start - headerBytes
  const made = payload + 8 > 0xffffffff ? concat([u32(1), fourcc('mdat'), u64(payload + 16)]) : concat([u32(payload + 8), fourcc('mdat')])
  return { made, offset: start + headerBytes, length: payload }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
