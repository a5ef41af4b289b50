/** What is fuzzed: every reader of bytes from outside, used to the full. A target throws `MediaError` or nothing. */
import { memorySource } from '../../media/bytes/source.ts'
import { concat } from '../../media/bytes/write-bytes.ts'
import { openMedia } from '../../media/container/open.ts'
import { dissectMatroska } from '../../media/dissect/matroska.ts'
import type { Dissector, DissectNode } from '../../media/dissect/model.ts'
import { dissectMp4 } from '../../media/dissect/mp4.ts'
import { describeFile } from '../../media/dissect/report.ts'
import { MediaError } from '../../media/errors.ts'
import { readPlaylist } from '../../media/hls/read.ts'
import { readMfhd, readTfdt, readTfhd, readTrun } from '../../media/mp4/fragment-boxes.ts'
import * as movie from '../../media/mp4/movie-boxes.ts'
import { openMp4 } from '../../media/mp4/open.ts'
import { type Box, childrenOf, MAX_DEPTH, readBody, readBoxes } from '../../media/mp4/read-box.ts'
import { TsAnalyzer } from '../../media/mpegts/analyze/analyzer.ts'
import { ElementaryWriter } from '../../media/mpegts/elementary/elementary-writer.ts'
import { findPackets, PACKET_BYTES, readPacketHeader } from '../../media/mpegts/packets.ts'
import { readPesHeader } from '../../media/mpegts/pes.ts'
import { readPat, readPmt, SectionAssembler } from '../../media/mpegts/sections.ts'
import { TsTransmuxer } from '../../media/mpegts/transmux/transmuxer.ts'
import { CmafSplitter } from '../../media/packaging/cmaf-splitter.ts'
import { pieceBytes } from '../../media/repair/model.ts'
import { repair } from '../../media/repair/repair.ts'
import { buildIndex } from '../../media/source-index/build.ts'
import { openScanned, SOURCE_SCANNER } from '../../media/source-index/scan-source.ts'
import { Scan } from '../../media/source-index/scan.ts'
import { openMatroska } from '../../media/webm/open.ts'
import type { FixtureKind } from './fixtures.ts'

export interface Target {
  name: string
  /** What it reads when nothing is wrong with it. */
  kinds: readonly FixtureKind[]
  /** `slices`: how many pieces a stream comes in. */
  run(bytes: Uint8Array, slices: number): Promise<void>
}

export const TARGETS: readonly Target[] = [
  { name: 'mp4-boxes', kinds: ['mp4'], run: async (bytes) => walkBoxes(bytes, readBoxes(bytes), 0) },
  { name: 'mp4-open', kinds: ['mp4'], run: async (bytes) => readAll(await openMp4(memorySource(bytes))) },
  { name: 'mp4-dissect', kinds: ['mp4'], run: (bytes) => walkTree(dissectMp4(memorySource(bytes))) },
  { name: 'mp4-report', kinds: ['mp4'], run: (bytes) => report(bytes, dissectMp4(memorySource(bytes))) },
  { name: 'mp4-repair', kinds: ['mp4'], run: repairTwice },
  { name: 'packaging', kinds: ['cmaf'], run: split },
  { name: 'webm-open', kinds: ['matroska'], run: async (bytes) => readAll(await openMatroska(memorySource(bytes))) },
  { name: 'webm-dissect', kinds: ['matroska'], run: (bytes) => walkTree(dissectMatroska(memorySource(bytes))) },
  { name: 'webm-report', kinds: ['matroska'], run: (bytes) => report(bytes, dissectMatroska(memorySource(bytes))) },
  { name: 'webm-repair', kinds: ['matroska'], run: repairTwice },
  { name: 'source-scan', kinds: ['mp4', 'matroska'], run: scanSource },
  {
    name: 'source-index',
    kinds: ['mp4', 'matroska'],
    run: async (bytes) => void (await buildIndex(await openMedia(memorySource(bytes)), bytes.length)),
  },
  { name: 'ts-core', kinds: ['ts'], run: async (bytes) => readPackets(bytes) },
  { name: 'ts-analyze', kinds: ['ts'], run: analyze },
  { name: 'ts-transmux', kinds: ['ts'], run: transmux },
  { name: 'hls', kinds: ['hls'], run: async (bytes) => void readPlaylist(new TextDecoder().decode(bytes)) },
]

/** Bodies of boxes with the reader of each. */
const READERS: Readonly<Record<string, (reader: Parameters<typeof movie.readMvhd>[0]) => unknown>> = {
  ...{ ftyp: movie.readFtyp, mvhd: movie.readMvhd, mdhd: movie.readMdhd, tkhd: movie.readTkhd, hdlr: movie.readHdlr, elst: movie.readElst },
  ...{ trex: movie.readTrex, mfhd: readMfhd, tfhd: readTfhd, tfdt: readTfdt },
  ...{ avc1: movie.readVisualSampleEntry, hev1: movie.readVisualSampleEntry, mp4a: movie.readAudioSampleEntry },
}

function walkBoxes(bytes: Uint8Array, boxes: Box[], depth: number): void {
  if (depth > MAX_DEPTH) return
  for (const box of boxes) {
    refusing(() => {
      const read = READERS[box.type]
      if (read !== undefined) readBody(bytes, box, read)
      if (box.type === 'trun') readBody(bytes, box, (reader) => readTrun(reader, 4096 + bytes.length / 64))
    })
    refusing(() => walkBoxes(bytes, childrenOf(bytes, box), depth + 1))
  }
}

/** Damage in one part is no reason not to look at the others. */
function refusing(read: () => void): void {
  try {
    read()
  } catch (error) {
    if (!(error instanceof MediaError)) throw error
  }
}

async function readAll(file: Awaited<ReturnType<typeof openMp4>>): Promise<void> {
  for (const { id } of file.tracks) {
    try {
      const { count, offset, size, presentationTicks, decodeTicks, durationTicks, sync } = await file.samples(id)
      for (const field of [offset, size, presentationTicks, decodeTicks, durationTicks, sync]) {
        if (field.length !== count) throw new Error(`track ${id}: ${field.length} entries for ${count} samples`)
      }
    } catch (error) {
      if (!(error instanceof MediaError)) throw error
    }
  }
}

/** "Nothing here throws a `MediaError`": one is a bug, too. */
async function walkTree(dissector: Dissector): Promise<void> {
  const walk = async (parent: DissectNode | null): Promise<void> => {
    for await (const node of dissector.children(parent)) {
      if (node.offset + node.size > dissector.size) throw new Error(`'${node.type}' at ${node.offset} reaches out of the file`)
      await dissector.fields(node)
      if (node.container) await walk(node)
    }
  }
  try {
    await walk(null)
  } catch (error) {
    throw error instanceof MediaError ? new Error(`a dissector threw: ${error.message}`, { cause: error }) : error
  }
}

async function report(bytes: Uint8Array, dissector: Dissector): Promise<void> {
  JSON.stringify(await describeFile(memorySource(bytes), dissector, () => openMedia(memorySource(bytes))))
}

/** Pieces lie in the input, and what was repaired can be read by the repair again. */
async function repairTwice(bytes: Uint8Array): Promise<void> {
  const { pieces } = await repair(memorySource(bytes))
  // What was asked to be written need not be in memory.
  if (pieceBytes(pieces) > bytes.length * 2 + 65_536) throw new Error(`${pieceBytes(pieces)} bytes out of ${bytes.length}`)
  for (const piece of pieces) {
    if ('offset' in piece && (piece.offset < 0 || piece.length < 0 || piece.offset + piece.length > bytes.length))
      throw new Error(`a piece at ${piece.offset} of ${piece.length} bytes`)
  }
  const repaired = concat(
    pieces.map((piece) => ('bytes' in piece ? piece.bytes : bytes.subarray(piece.offset, piece.offset + piece.length))),
  )
  await repair(memorySource(repaired))
}

function* sliced(bytes: Uint8Array, slices: number): Generator<Uint8Array> {
  const step = Math.max(1, Math.ceil(bytes.length / slices))
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step)
}

async function split(bytes: Uint8Array, slices: number): Promise<void> {
  const grouping =
    slices % 2 === 0 ? ({ by: 'gops', gopsPerSegment: 1 } as const) : ({ by: 'time', segmentSeconds: { num: 1, den: 2 } } as const)
  const splitter = new CmafSplitter({ baseDecodeTicks: 0, grouping })
  for (const slice of sliced(bytes, slices)) for (const output of splitter.push(slice)) void output
  for (const output of splitter.end()) void output
}

async function scanSource(bytes: Uint8Array, slices: number): Promise<void> {
  let scan = new Scan(SOURCE_SCANNER, null)
  const batches: Uint8Array[] = []
  let saved = scan.save()
  let number = 0
  for (const slice of sliced(bytes, slices)) {
    scan.push(slice)
    number += 1
    // The process that watches may be gone by the next piece.
    if (number % 8 !== 0 && number < slices) continue
    saved = scan.save()
    batches.push(...saved.samples)
    scan = new Scan(SOURCE_SCANNER, saved)
  }
  const last = scan.save()
  saved = { ...last, samples: [] }
  batches.push(...last.samples)
  const file = openScanned(saved, () => batches, bytes.length)
  if (file !== null) await readAll(file)
}

function readPackets(bytes: Uint8Array): void {
  const layout = findPackets(bytes)
  if (layout === null) return
  const assembler = new SectionAssembler()
  for (let at = layout.firstSync; at + PACKET_BYTES <= bytes.length; at += layout.strideBytes) {
    const { payload, unitStart } = readPacketHeader(bytes, at)
    readPesHeader(bytes, payload, at + PACKET_BYTES)
    for (const section of assembler.push(bytes.subarray(payload, at + PACKET_BYTES), unitStart)) {
      refusing(() => void readPat(section))
      refusing(() => void readPmt(section))
    }
  }
}

async function analyze(bytes: Uint8Array, slices: number): Promise<void> {
  let written = 0
  const writer = new ElementaryWriter((_name, part) => {
    written += part.length
  })
  const analyzer = new TsAnalyzer(writer)
  for (const slice of sliced(bytes, slices)) analyzer.push(slice)
  JSON.stringify(analyzer.end())
  writer.end()
  // Ogg pages and lines of JSON around what came in
  if (written > bytes.length * 8 + 65_536) throw new Error(`${written} bytes of elementary streams out of ${bytes.length}`)
}

async function transmux(bytes: Uint8Array, slices: number): Promise<void> {
  const transmuxer = new TsTransmuxer()
  for (const slice of sliced(bytes, slices)) transmuxer.push(slice)
  transmuxer.flush()
  // The next segment, after one that was damaged
  transmuxer.push(bytes)
  transmuxer.discontinuity()
}
