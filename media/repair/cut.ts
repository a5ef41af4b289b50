/** A track's tables cut to its first samples (ISO/IEC 14496-12 8.6, 8.7, 8.9), for a file whose end is missing. */
import { concat, u32 } from '../bytes/write-bytes.ts'
import { type TreeBox, within } from './box-tree.ts'
import { type SampleLayout, Table } from './sample-layout.ts'

/** How many of a track's samples, from the first on, lie in the file with all of their bytes. */
export function samplesThere(layout: SampleLayout, size: number, shift: number): number {
  for (const chunk of layout.chunks()) {
    const offset = chunk.offset + shift
    const fit = offset < 0 ? 0 : layout.fitting(chunk, size - offset)
    if (fit < chunk.samples) return chunk.firstSample + fit
  }
  return reachable(layout)
}

/** Samples that the chunks hold; more sizes than that are no samples. */
export function reachable(layout: SampleLayout): number {
  let end = 0
  for (const chunk of layout.chunks()) end = chunk.firstSample + chunk.samples
  return end
}

/** Ticks of the first samples by `stts`. */
export function ticksOf(stbl: TreeBox, samples: number): number {
  const stts = new Table(within(stbl, 'stts'), 8)
  let left = samples
  let ticks = 0
  for (let index = 0; index < stts.count && left > 0; index += 1) {
    const taken = Math.min(left, stts.u32(index))
    ticks += taken * stts.u32(index, 4)
    left -= taken
  }
  return ticks
}

/** Rewrites every table of `stbl` that has something for each sample or chunk. */
export function cutTables(stbl: TreeBox, layout: SampleLayout, samples: number): void {
  // Chunks are read from the tables that the loop below replaces.
  const cut = cutChunks(layout, samples)
  for (const box of stbl.children ?? []) {
    const made = cutTable(box, samples)
    if (made !== null) box.body = made
  }
  const stco = within(stbl, 'stco')
  const co64 = within(stbl, 'co64')
  const stsc = within(stbl, 'stsc')
  if (stco !== null) stco.body = concat([stco.body.subarray(0, 4), u32(cut.chunks), stco.body.subarray(8, 8 + cut.chunks * 4)])
  else if (co64 !== null) co64.body = concat([co64.body.subarray(0, 4), u32(cut.chunks), co64.body.subarray(8, 8 + cut.chunks * 8)])
  if (stsc !== null) {
    const body = new Uint8Array(8 + cut.runs.length * 4)
    body.set(stsc.body.subarray(0, 4))
    const view = new DataView(body.buffer)
    view.setUint32(4, cut.runs.length / 3)
    for (const [index, value] of cut.runs.entries()) view.setUint32(8 + index * 4, value)
    stsc.body = body
  }
}

function cutTable({ type, body }: TreeBox, samples: number): Uint8Array | null {
  switch (type) {
    case 'stts':
    case 'ctts':
      return body.length < 8 ? null : cutRuns(body, samples)
    case 'stss':
    case 'stps':
      return body.length < 8 ? null : cutNumbers(body, samples)
    case 'stsz':
      // sample_size, sample_count, sizes where sample_size is 0
      if (body.length < 12) return null
      return concat([body.subarray(0, 8), u32(samples), body.length > 12 ? body.subarray(12, 12 + samples * 4) : body.subarray(12)])
    case 'stz2':
      if (body.length < 12) return null
      return concat([body.subarray(0, 8), u32(samples), body.subarray(12, 12 + Math.ceil((samples * (body[7] ?? 8)) / 8))])
    // One byte, two bytes a sample, no count of their own
    case 'sdtp':
      return body.slice(0, 4 + samples)
    case 'stdp':
      return body.slice(0, 4 + samples * 2)
    case 'sbgp':
      return cutGroups(body, samples)
    case 'saiz':
      return cutAuxiliary(body, samples)
    default:
      return null
  }
}

/** `stts` and `ctts`: entries of (sample_count, value). */
function cutRuns(body: Uint8Array, samples: number, head = 8): Uint8Array {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  const entries = Math.min(view.getUint32(head - 4), Math.floor((body.length - head) / 8))
  let left = samples
  let kept = 0
  let last = 0
  for (; kept < entries && left > 0; kept += 1) {
    last = Math.min(left, view.getUint32(head + kept * 8))
    left -= last
  }
  const made = body.slice(0, head + kept * 8)
  const out = new DataView(made.buffer)
  out.setUint32(head - 4, kept)
  if (kept > 0) out.setUint32(head + (kept - 1) * 8, last)
  return made
}

/** `stss`: numbers of samples, from 1, ascending. */
function cutNumbers(body: Uint8Array, samples: number): Uint8Array {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  const entries = Math.min(view.getUint32(4), Math.floor((body.length - 8) / 4))
  let kept = 0
  while (kept < entries && view.getUint32(8 + kept * 4) <= samples) kept += 1
  const made = body.slice(0, 8 + kept * 4)
  new DataView(made.buffer).setUint32(4, kept)
  return made
}

/** `sbgp`, 8.9.2: grouping_type, in version 1 grouping_type_parameter, then runs of (sample_count, group_description_index). */
function cutGroups(body: Uint8Array, samples: number): Uint8Array | null {
  const head = body[0] === 1 ? 16 : 12
  return body.length < head ? null : cutRuns(body, samples, head)
}

/** `saiz`, 8.7.8: (aux_info_type, aux_info_type_parameter) by flag 1, default_sample_info_size, sample_count, sizes. */
function cutAuxiliary(body: Uint8Array, samples: number): Uint8Array | null {
  const at = 4 + ((body[3] ?? 0) & 1 ? 8 : 0)
  if (body.length < at + 5) return null
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  const count = Math.min(samples, view.getUint32(at + 1))
  return concat([body.subarray(0, at + 1), u32(count), body.subarray(at + 5, view.getUint8(at) === 0 ? at + 5 + count : body.length)])
}

/** How many chunks are left, and entries of `stsc` for them: the last may have become shorter. */
function cutChunks(layout: SampleLayout, samples: number): { chunks: number; runs: Uint32Array } {
  // first_chunk, samples_per_chunk, sample_description_index
  const runs: number[] = []
  let chunks = 0
  for (const chunk of layout.chunks()) {
    if (chunk.firstSample >= samples) break
    const perChunk = Math.min(chunk.samples, samples - chunk.firstSample)
    if (runs.at(-2) !== perChunk || runs.at(-1) !== chunk.description) runs.push(chunk.index + 1, perChunk, chunk.description)
    chunks = chunk.index + 1
  }
  return { chunks, runs: Uint32Array.from(runs) }
}
