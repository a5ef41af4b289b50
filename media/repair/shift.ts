/**
 * Chunk offsets that are all off by the same number of bytes, as when a tool added or removed a box before `mdat` and left
 * the tables alone. The samples themselves say which shift is right.
 */
import type { SampleCheck } from './plausible.ts'
import type { SampleLayout } from './sample-layout.ts'
import type { Window } from './window.ts'

export interface Checkable {
  layout: SampleLayout
  /** Null: these samples look like anything. */
  check: SampleCheck | null
}

interface Probe {
  offset: number
  size: number
  check: SampleCheck
}

const CHUNKS_A_TRACK = 12
const MAX_SAMPLE_BYTES = 2 * 1024 * 1024
/** Share of samples that have to look right for offsets to be believed. */
const ENOUGH = 0.9
/** Fewer say too little to move anything. */
const MIN_PROBES = 4
/** How far from where it should lie a picture is looked for, byte by byte. */
const REACH_BYTES = 16 * 1024

/** The shift that makes samples look like samples; 0: they do as they are, or no shift helps. `bodies` are the starts of media data. */
export async function findShift(window: Window, tracks: Checkable[], bodies: number[]): Promise<{ shift: number; wrong: boolean }> {
  const probes = tracks.flatMap(probesOf)
  if (probes.length < MIN_PROBES) return { shift: 0, wrong: false }
  if ((await score(window, probes, 0)) >= ENOUGH) return { shift: 0, wrong: false }
  const first = tracks.reduce((least, { layout }) => Math.min(least, firstOffset(layout)), Infinity)
  for (const body of bodies.slice(0, 8)) {
    const shift = body - first
    if (shift !== 0 && (await score(window, probes, shift)) >= ENOUGH) return { shift, wrong: true }
  }
  for await (const shift of nearby(
    window,
    probes,
    bodies.map((body) => body - first),
  )) {
    if ((await score(window, probes, shift)) >= ENOUGH) return { shift, wrong: true }
  }
  return { shift: 0, wrong: true }
}

/** The first samples of chunks all over the track. */
function probesOf({ layout, check }: Checkable): Probe[] {
  if (check === null) return []
  const probes: Probe[] = []
  const step = Math.max(1, Math.floor(layout.chunkCount / CHUNKS_A_TRACK))
  for (const chunk of layout.chunks()) {
    if (chunk.index % step !== 0 || probes.length >= CHUNKS_A_TRACK * 2) continue
    const size = layout.sizeOf(chunk.firstSample)
    if (size > 0 && size <= MAX_SAMPLE_BYTES) probes.push({ offset: chunk.offset, size, check })
    if (chunk.samples < 2) continue
    const second = layout.sizeOf(chunk.firstSample + 1)
    if (second > 0 && second <= MAX_SAMPLE_BYTES) probes.push({ offset: chunk.offset + size, size: second, check })
  }
  return probes
}

function firstOffset(layout: SampleLayout): number {
  let least = Infinity
  for (let chunk = 0; chunk < layout.chunkCount; chunk += 1) least = Math.min(least, layout.offsetOf(chunk))
  return least
}

/** Share of the samples that lie in the file and look right; what lies behind its end says nothing. */
async function score(window: Window, probes: Probe[], shift: number): Promise<number> {
  let seen = 0
  let right = 0
  for (const { offset, size, check } of probes) {
    const at = offset + shift
    if (at + size > window.source.size) continue
    seen += 1
    if (at >= 0 && check(await window.read(at, size), 0, size)) right += 1
    // Most of the wrong places are known by their first few samples.
    if (seen === 8 && right === 0) return 0
  }
  return seen < Math.min(MIN_PROBES, probes.length) ? 0 : right / seen
}

/** Shifts within reach at which one sample looks right. */
async function* nearby(window: Window, probes: Probe[], around: number[]): AsyncGenerator<number> {
  // The longer, the less by chance; but each place costs as much.
  const [probe] = probes.filter(({ size }) => size >= 8 && size <= REACH_BYTES).toSorted((a, b) => b.size - a.size)
  if (probe === undefined) return
  let found = 0
  for (const middle of [0, ...around].slice(0, 4)) {
    const from = Math.max(0, probe.offset + middle - REACH_BYTES)
    const to = Math.min(window.source.size, probe.offset + middle + REACH_BYTES + probe.size)
    if (from >= to) continue
    const bytes = await window.source.read(from, to - from)
    for (let at = 0; at + probe.size <= bytes.length; at += 1) {
      if (!probe.check(bytes, at, at + probe.size)) continue
      found += 1
      if (found > 32) return
      yield from + at - probe.offset
    }
  }
}
