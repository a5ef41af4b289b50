/**
 * The samples of Matroska and WebM files, against FFmpeg's demuxer: presentation time, size, key flag and block position of
 * each packet of every file of the zoo, and the bytes themselves (MD5).
 */
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memorySource } from '../../media/bytes/source.ts'
import { concat } from '../../media/bytes/write-bytes.ts'
import type { SampleTable, Track } from '../../media/container/model.ts'
import { openMatroska } from '../../media/webm/open.ts'
import { MATROSKA_FAMILY } from '../support/zoo.ts'

interface Probed {
  streams: { index: number; time_base: string; codec_type: string; codec_name: string }[]
  packets: { stream_index: number; pts?: number; size: string; pos: string; flags: string; data_hash: string }[]
}

async function probe(file: string): Promise<Probed> {
  const entries = 'stream=index,time_base,codec_type,codec_name:packet=stream_index,pts,size,pos,flags,data_hash'
  const { stdout } = await execa('ffprobe', ['-v', 'error', '-show_data_hash', 'md5', '-show_entries', entries, '-of', 'json', file])
  return JSON.parse(stdout) as Probed
}

/** FFmpeg puts WebVTT's cue settings and ProRes' frame header into other shapes; what it says of size and bytes is not the file's. */
const RESHAPED: ReadonlySet<string> = new Set(['webvtt', 'prores'])

interface Row {
  pts: number
  size: number
  key: boolean
  md5: string
}

function rowsOf(track: Track, samples: SampleTable, bytes: Uint8Array): Row[] {
  const prefix = track.compression?.prefix ?? new Uint8Array()
  const delayTicks = track.edits[0]?.mediaTicks ?? 0
  return Array.from({ length: samples.count }, (_, at) => {
    const offset = samples.offset[at]!
    const frame = concat([prefix, bytes.subarray(offset, offset + samples.size[at]!)])
    return {
      // FFmpeg takes CodecDelay off; the model has it as an edit.
      pts: samples.presentationTicks[at]! - delayTicks,
      size: frame.length,
      key: samples.sync[at] === 1,
      md5: createHash('md5').update(frame).digest('hex'),
    }
  })
}

/** Compares a file with what ffprobe says of it. */
async function compare(file: string, isWhole = true): Promise<void> {
  const bytes = new Uint8Array(await readFile(file))
  const [probed, opened] = await Promise.all([probe(file), openMatroska(memorySource(bytes))])
  if (isWhole) expect(opened.problems).toEqual([])
  expect(opened.tracks.length).toBe(probed.streams.length)
  for (const [index, track] of opened.tracks.entries()) {
    const stream = probed.streams[index]!
    const packets = probed.packets.filter((packet) => packet.stream_index === index)
    const samples = await opened.samples(track.id)
    const [numerator, denominator] = stream.time_base.split('/').map(Number)
    const reshaped = RESHAPED.has(stream.codec_name)
    // FFmpeg calls a text that overlaps the one before no key.
    const text = track.kind === 'text'
    const expected = packets.map((packet) => ({
      pts: Math.round(((packet.pts ?? NaN) * numerator! * track.timescale) / denominator!),
      size: reshaped ? 0 : Number(packet.size),
      key: text || packet.flags.startsWith('K'),
      md5: reshaped ? '' : packet.data_hash.replace('MD5:', ''),
    }))
    const rows = rowsOf(track, samples, bytes).map((row) => (reshaped ? { ...row, size: 0, md5: '' } : row))
    expect(rows, track.codecId).toEqual(expected)
    for (const [at, packet] of packets.entries()) {
      // `pos` is the first byte of the block's body: track number, two bytes of timestamp, flags, then the frame.
      const distance = samples.offset[at]! - Number(packet.pos)
      expect(distance, `block of packet ${at}`).toBeGreaterThanOrEqual(4)
      const laced = packets.filter(({ pos }) => pos === packet.pos).length > 1
      if (!laced) expect(distance, `block of packet ${at}`).toBe(4)
    }
    expectDecodable(samples)
  }
}

/** What an MP4 of these samples needs: decode times that go up, and nothing shown before it is decoded. */
function expectDecodable({ count, decodeTicks, presentationTicks }: SampleTable): void {
  for (let at = 0; at < count; at += 1) {
    expect(decodeTicks[at]!).toBeLessThanOrEqual(presentationTicks[at]!)
    if (at > 0) expect(decodeTicks[at]!).toBeGreaterThanOrEqual(decodeTicks[at - 1]!)
  }
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-matroska-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('samples of Matroska and WebM agree with ffprobe', () => {
  for (const animal of MATROSKA_FAMILY) {
    it(`${animal.name}.${animal.extension}`, async () => compare(await animal.file()))
  }

  it('written to a pipe: the Segment has no size, and there are no Cues', async () => {
    for (const name of ['b-frames.mkv', 'vp9-opus.webm']) await compare(await changed(name, 'pipe', piped))
  })

  it('cut off in the middle of a frame', async () => {
    for (const name of ['b-frames.mkv', 'live.mkv', 'vp8-vorbis.webm', 'mjpeg-flac.mkv']) {
      await compare(await changed(name, 'cut', async (file) => (await readFile(file)).subarray(0, 33_333)), false)
    }
  })
})

/** An animal's file, changed. */
async function changed(name: string, what: string, change: (file: string) => Promise<Uint8Array>): Promise<string> {
  const animal = MATROSKA_FAMILY.find((one) => `${one.name}.${one.extension}` === name)!
  const file = await animal.file()
  const target = path.join(folder, `${what}-${name}`)
  await writeFile(target, await change(file))
  return target
}

/** What FFmpeg writes where it cannot seek back. */
async function piped(file: string): Promise<Uint8Array> {
  const format = file.endsWith('.webm') ? 'webm' : 'matroska'
  const { stdout } = await execa('ffmpeg', ['-v', 'error', '-i', file, '-c', 'copy', '-f', format, 'pipe:1'], { encoding: 'buffer' })
  return stdout
}
