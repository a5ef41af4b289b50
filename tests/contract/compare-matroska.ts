/**
 * The samples of a Matroska or WebM file against FFmpeg's demuxer: presentation time, size, key flag and block position of
 * each packet, and the bytes themselves (MD5).
 */
import { execa } from 'execa'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { memorySource } from '../../media/bytes/source.ts'
import { concat } from '../../media/bytes/write-bytes.ts'
import type { SampleTable, Track } from '../../media/container/model.ts'
import { openMatroska } from '../../media/webm/open.ts'
import { differences } from './differences.ts'

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

/** What differs, a sentence each; empty: nothing. `isWhole`: our reader must have nothing to complain about either. */
export async function matroskaDifferences(file: string, isWhole = true): Promise<string[]> {
  const bytes = new Uint8Array(await readFile(file))
  const [probed, opened] = await Promise.all([probe(file), openMatroska(memorySource(bytes))])
  const found = isWhole ? opened.problems.map(({ what }) => `a problem: ${what}`) : []
  if (opened.tracks.length !== probed.streams.length)
    return [...found, `${opened.tracks.length} tracks, ffprobe has ${probed.streams.length}`]
  for (const [index, track] of opened.tracks.entries()) {
    const stream = probed.streams[index]
    if (stream === undefined) continue
    const packets = probed.packets.filter((packet) => packet.stream_index === index)
    const samples = await opened.samples(track.id)
    const name = `track ${track.id} (${track.codecId})`
    const [numerator = 1, denominator = 1] = stream.time_base.split('/').map(Number)
    const reshaped = RESHAPED.has(stream.codec_name)
    // FFmpeg calls a text that overlaps the one before no key.
    const text = track.kind === 'text'
    const expected = packets.map(({ pts = NaN, size, flags, data_hash: hash }) => {
      const ticks = Math.round((pts * numerator * track.timescale) / denominator)
      return line(ticks, text || flags.startsWith('K'), reshaped ? '' : `${size} ${hash.replace('MD5:', '')}`)
    })
    found.push(...differences(name, linesOf(track, samples, reshaped ? null : bytes), expected), ...placesOf(name, samples, packets))
    found.push(...undecodable(name, samples))
  }
  return found
}

function line(pts: number, key: boolean, frame: string): string {
  return `pts ${pts} ${key ? 'K' : '_'} ${frame}`
}

function linesOf(track: Track, samples: SampleTable, bytes: Uint8Array | null): string[] {
  const prefix = track.compression?.prefix ?? new Uint8Array()
  // FFmpeg takes CodecDelay off; the model has it as an edit.
  const delayTicks = track.edits[0]?.mediaTicks ?? 0
  return Array.from({ length: samples.count }, (_, at) => {
    const offset = samples.offset[at] ?? 0
    const frame = bytes === null ? null : concat([prefix, bytes.subarray(offset, offset + (samples.size[at] ?? 0))])
    const facts = frame === null ? '' : `${frame.length} ${createHash('md5').update(frame).digest('hex')}`
    return line((samples.presentationTicks[at] ?? 0) - delayTicks, samples.sync[at] === 1, facts)
  })
}

/** `pos` is the first byte of the block's body: track number, two bytes of timestamp, flags, then the frame. */
function placesOf(name: string, { offset }: SampleTable, packets: Probed['packets']): string[] {
  return packets.flatMap(({ pos }, at) => {
    const distance = (offset[at] ?? 0) - Number(pos)
    // Laced: of a block of many frames
    const alone = packets[at - 1]?.pos !== pos && packets[at + 1]?.pos !== pos
    return distance === 4 || (distance > 4 && !alone) ? [] : [`${name}, packet ${at}: ${distance} bytes behind the start of its block`]
  })
}

/** What an MP4 of these samples needs: decode times that go up, and nothing shown before it is decoded. */
function undecodable(name: string, { count, decodeTicks, presentationTicks }: SampleTable): string[] {
  const found: string[] = []
  for (let at = 0; at < count; at += 1) {
    const [decoded = 0, shown = 0, before = -Infinity] = [decodeTicks[at], presentationTicks[at], decodeTicks[at - 1]]
    if (decoded > shown) found.push(`${name}, packet ${at}: decoded at ${decoded}, shown at ${shown}`)
    if (decoded < before) found.push(`${name}, packet ${at}: decoded at ${decoded}, the one before at ${before}`)
  }
  return found
}
