/** Files that FFmpeg made, damaged on purpose and repaired: FFmpeg finds the same packets, byte for byte, as far as they are there. */
import { execa } from 'execa'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clip } from '../../tests/support/clips.ts'
import { type ByteSource, memorySource } from '../bytes/source.ts'
import { concat, fourcc, u32, u64, u8, zeros } from '../bytes/write-bytes.ts'
import { MediaError } from '../errors.ts'
import { type Box, findBox, needBox, readBoxes } from '../mp4/read-box.ts'
import { box } from '../mp4/write-box.ts'
import { pieceBytes, type RepairPlan } from './model.ts'
import { repair } from './repair.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-repair-'))
})
afterAll(() => rm(folder, { recursive: true }))

const PICTURE = ['-f', 'lavfi', '-i', 'testsrc2=size=192x108:rate=25']
const SOUND = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000']
const H264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-g', '25', '-bf', '2', '-pix_fmt', 'yuv420p']
const HEVC = ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none:keyint=25:repeat-headers=1', '-tag:v', 'hev1']

const clips = new Map<string, Promise<Uint8Array>>()

/** The same bytes for the same arguments: what FFmpeg finds in them is kept, too. */
function made(extension: string, ...args: string[]): Promise<Uint8Array> {
  const key = [extension, ...args].join(' ')
  const read = async (): Promise<Uint8Array> =>
    new Uint8Array(await readFile(await clip(extension, [...PICTURE, ...SOUND, '-t', '4', ...H264, '-c:a', 'aac', ...args])))
  const bytes = clips.get(key) ?? read()
  clips.set(key, bytes)
  return bytes
}
const faststart = (): Promise<Uint8Array> => made('mp4', '-movflags', '+faststart')
const indexLast = (): Promise<Uint8Array> => made('mp4')
const fragmented = (...flags: string[]): Promise<Uint8Array> => made('mp4', '-movflags', ['+frag_keyframe+empty_moov', ...flags].join('+'))
const matroska = (): Promise<Uint8Array> => made('mkv', '-cluster_time_limit', '500')

async function output(source: ByteSource, { pieces }: RepairPlan): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for (const piece of pieces) parts.push('bytes' in piece ? piece.bytes : await source.read(piece.offset, piece.length))
  return concat(parts)
}

async function repaired(bytes: Uint8Array): Promise<{ bytes: Uint8Array; plan: RepairPlan; said: string }> {
  const source = memorySource(bytes)
  const plan = await repair(source)
  const fixed = await output(source, plan)
  expect(fixed.length).toBe(pieceBytes(plan.pieces))
  // What was repaired needs no more repair.
  expect((await repair(memorySource(fixed))).actions).toEqual([])
  return { bytes: fixed, plan, said: plan.actions.map(({ what }) => what).join('\n') }
}

/** Packets of each stream: time stamps, sizes and hashes, as FFmpeg copies them. `errors`: what it complained about. */
function packets(bytes: Uint8Array, extension = 'mp4'): Promise<Packets> {
  const known = foundIn.get(bytes) ?? findPackets(bytes, extension)
  foundIn.set(bytes, known)
  return known
}

interface Packets {
  streams: string[][]
  errors: string
}

const foundIn = new WeakMap<Uint8Array, Promise<Packets>>()

async function findPackets(bytes: Uint8Array, extension: string): Promise<Packets> {
  const file = path.join(folder, `packets.${extension}`)
  await writeFile(file, bytes)
  const { stdout, stderr } = await execa('ffmpeg', ['-v', 'warning', '-i', file, '-map', '0', '-c', 'copy', '-f', 'framemd5', '-'])
  const streams: string[][] = []
  for (const line of stdout.split('\n')) {
    if (!line.startsWith('#') && line !== '') (streams[Number.parseInt(line, 10)] ??= []).push(line.replaceAll(' ', ''))
  }
  // FFmpeg makes the last packet of a track as long as the edit list says, which counts in ticks of the movie.
  for (const lines of streams) lines.push(...lines.splice(-1).map((line) => line.replace(/^((?:[^,]*,){3})[^,]*/, '$1last')))
  return { streams, errors: stderr }
}

/** All packets but for the length of the last are those of the whole file. */
function expectPrefix(lines: string[], whole: string[] = []): void {
  const without = (line: string): string => line.replace(/^((?:[^,]*,){3})[^,]*/, '$1last')
  expect(lines.slice(0, -1)).toEqual(whole.slice(0, Math.max(0, lines.length - 1)))
  expect(lines.slice(-1)).toEqual(whole.slice(lines.length - 1, lines.length).map(without))
}

async function duration(bytes: Uint8Array, extension = 'mp4'): Promise<number> {
  const file = path.join(folder, `duration.${extension}`)
  await writeFile(file, bytes)
  const { stdout } = await execa('ffprobe', ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', file])
  return Number(stdout)
}

function top(bytes: Uint8Array, type: string): Box {
  const found = readBoxes(bytes).find((one) => one.type === type)
  if (found === undefined) throw new Error(`no ${type}`)
  return found
}

/** A copy with 32 bits changed. */
function poked(bytes: Uint8Array, at: number, change: (old: number) => number): Uint8Array {
  const copy = bytes.slice()
  const view = new DataView(copy.buffer)
  view.setUint32(at, change(view.getUint32(at)))
  return copy
}

/** Adds to every chunk offset. */
function withOffsets(bytes: Uint8Array, by: number): Uint8Array {
  const copy = bytes.slice()
  const view = new DataView(copy.buffer)
  for (const trak of readBoxes(copy, top(copy, 'moov').body, top(copy, 'moov').end).filter(({ type }) => type === 'trak')) {
    const stco = needBox(copy, trak, 'mdia', 'minf', 'stbl', 'stco')
    for (let at = stco.body + 8; at < stco.end; at += 4) view.setUint32(at, view.getUint32(at) + by)
  }
  return copy
}

describe('a file that is as it should be', () => {
  test.each([
    ['MP4', faststart],
    ['fragmented', fragmented],
    ['Matroska', matroska],
  ])('is copied: %s', async (_name, make) => {
    const bytes = await make()
    const { plan, bytes: same } = await repaired(bytes)
    expect(plan.pieces).toEqual([{ offset: 0, length: bytes.length }])
    expect(plan.actions).toEqual([])
    expect(same).toEqual(bytes)
  })
})

describe('moov', () => {
  test('is moved in front of mdat, with every chunk offset', async () => {
    const bytes = await indexLast()
    const { bytes: fixed, plan, said } = await repaired(bytes)
    expect(said).toMatch(/^moov moved in front of mdat: \d+ chunk offsets changed$/)
    expect(readBoxes(fixed).map(({ type }) => type)).toEqual(['ftyp', 'moov', 'free', 'mdat'])
    expect(await packets(fixed)).toEqual(await packets(bytes))
    expect(plan.tracks).toMatchObject([
      { codec: 'avc1', keptSamples: 100, keptSeconds: 4, lostSamples: 0 },
      { codec: 'mp4a', lostSamples: 0 },
    ])
  })

  test('is moved in front of 4 GiB: offsets that no longer fit 32 bits become 64', async () => {
    const bytes = await indexLast()
    const mdat = top(bytes, 'mdat')
    const hole = 2 ** 32 - mdat.end
    // A hole that nobody could keep in memory: zeros between ftyp and the rest, which is a free box.
    const front = concat([bytes.subarray(0, mdat.start), u32(1), fourcc('free'), u64(hole)])
    const rest = withOffsets(bytes, hole).subarray(mdat.start)
    const source: ByteSource = {
      size: mdat.start + hole + rest.length,
      read(offset, length) {
        const end = Math.min(offset + length, mdat.start + hole + rest.length)
        const part = new Uint8Array(end - offset)
        if (offset < front.length) part.set(front.subarray(offset, end))
        const at = mdat.start + hole
        if (end > at) part.set(rest.subarray(Math.max(0, offset - at), end - at), Math.max(0, at - offset))
        return Promise.resolve(part)
      },
    }
    const plan = await repair(source)
    const made64 = plan.pieces.find((piece) => 'bytes' in piece)
    if (made64 === undefined || !('bytes' in made64)) throw new Error('no moov')
    const moov = top(made64.bytes, 'moov')
    const co64 = needBox(made64.bytes, needBox(made64.bytes, moov, 'trak'), 'mdia', 'minf', 'stbl')
    expect(findBox(made64.bytes, co64, 'stco')).toBeNull()
    const table = needBox(made64.bytes, co64, 'co64')
    const last = new DataView(made64.bytes.buffer).getBigUint64(table.end - 8)
    expect(last).toBeGreaterThan(2n ** 32n)
    // The same bytes lie there: the piece of the input that the output has at this place.
    let at = 0
    for (const piece of plan.pieces) {
      const length = 'bytes' in piece ? piece.bytes.length : piece.length
      if ('offset' in piece && Number(last) >= at && Number(last) < at + length) {
        const before = needBox(bytes, needBox(bytes, top(bytes, 'moov'), 'trak'), 'mdia', 'minf', 'stbl', 'stco')
        expect(piece.offset + Number(last) - at - hole).toBe(new DataView(bytes.buffer, bytes.byteOffset).getUint32(before.end - 4))
      }
      at += length
    }
  })

  test('is moved, and the places of items in `meta` with it', async () => {
    const bytes = await indexLast()
    const mdat = top(bytes, 'mdat')
    // iloc, 8.11.3, version 0: sizes of offset and length 4, of base offset 0; one item of one extent
    const item = (offset: number): Uint8Array =>
      box('meta', u32(0), box('iloc', u32(0), u8(0x44, 0), u8(0, 1, 0, 1, 0, 0, 0, 1), u32(offset, 9)))
    const by = item(0).length
    const moved = withOffsets(bytes, by)
    const image = concat([moved.subarray(0, mdat.start), item(mdat.body + by + 50), moved.subarray(mdat.start)])
    const { bytes: fixed } = await repaired(image)
    const meta = top(fixed, 'meta')
    const offset = new DataView(fixed.buffer, fixed.byteOffset).getUint32(meta.end - 8)
    expect(offset - top(fixed, 'mdat').body).toBe(50)
    expect(await packets(fixed)).toEqual(await packets(bytes))
  })

  test('that is not there leaves nothing to save', async () => {
    const bytes = await indexLast()
    await expect(repair(memorySource(bytes.subarray(0, top(bytes, 'moov').start)))).rejects.toThrow(/there is no moov/)
    await expect(repair(memorySource(zeros(100)))).rejects.toThrow(MediaError)
    await expect(repair(memorySource(zeros(0)))).rejects.toThrow(MediaError)
  })
})

describe('sizes', () => {
  const lastOf = (bytes: Uint8Array): number => {
    const traks = readBoxes(bytes, top(bytes, 'moov').body, top(bytes, 'moov').end).filter(({ type }) => type === 'trak')
    return top(bytes, 'moov').end - (traks.at(-1)?.start ?? 0)
  }
  const inMoov = (bytes: Uint8Array, ...path_: string[]): number => needBox(bytes, top(bytes, 'moov'), ...path_).start
  test.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ['moov too small', (bytes) => poked(bytes, top(bytes, 'moov').start, (old) => old - 200)],
    ['moov too large', (bytes) => poked(bytes, top(bytes, 'moov').start, (old) => old + 77)],
    ['moov shorter by its last box', (bytes) => poked(bytes, top(bytes, 'moov').start, (old) => old - lastOf(bytes))],
    ['moov of 3', (bytes) => poked(bytes, top(bytes, 'moov').start, () => 3)],
    ['moov beyond the end', (bytes) => poked(bytes, top(bytes, 'moov').start, () => 0x7fffffff)],
    ['trak too small', (bytes) => poked(bytes, inMoov(bytes, 'trak'), (old) => old - 40)],
    ['trak too large', (bytes) => poked(bytes, inMoov(bytes, 'trak'), (old) => old + 40)],
    ['stbl too small', (bytes) => poked(bytes, inMoov(bytes, 'trak', 'mdia', 'minf', 'stbl'), () => 8)],
    ['stts too large', (bytes) => poked(bytes, inMoov(bytes, 'trak', 'mdia', 'minf', 'stbl', 'stts'), (old) => old + 1)],
    ['ctts too small', (bytes) => poked(bytes, inMoov(bytes, 'trak', 'mdia', 'minf', 'stbl', 'ctts'), (old) => old - 8)],
    ['stsz of 0', (bytes) => poked(bytes, inMoov(bytes, 'trak', 'mdia', 'minf', 'stbl', 'stsz'), () => 0)],
    ['mdat too small', (bytes) => poked(bytes, top(bytes, 'mdat').start, () => 8)],
    ['mdat too large', (bytes) => poked(bytes, top(bytes, 'mdat').start, (old) => old + 4000)],
    ['mdat of 5', (bytes) => poked(bytes, top(bytes, 'mdat').start, () => 5)],
  ])('%s, index first and last', async (_name, damage) => {
    for (const bytes of [await faststart(), await indexLast()]) {
      const { bytes: fixed, plan } = await repaired(damage(bytes))
      expect(plan.actions.some(({ kind }) => kind === 'size' || kind === 'garbage')).toBe(true)
      expect((await packets(fixed)).streams).toEqual((await packets(bytes)).streams)
    }
  })

  test('mdat "to the end of the file" while moov follows', async () => {
    const bytes = await indexLast()
    const { bytes: fixed, said } = await repaired(poked(bytes, top(bytes, 'mdat').start, () => 0))
    expect(said).toContain('said it goes to the end of the file')
    expect(await packets(fixed)).toEqual(await packets(bytes))
  })

  test('bytes behind the last box are dropped, zeros and text and half a header', async () => {
    const bytes = await faststart()
    for (const garbage of [zeros(100), new TextEncoder().encode('this is no box at all'), u8(0, 0, 1)]) {
      const { bytes: fixed, said } = await repaired(concat([bytes, garbage]))
      expect(said).toContain(`${garbage.length} bytes at ${bytes.length} that belong to no box dropped`)
      expect(fixed).toEqual(bytes)
    }
  })
})

describe('chunk offsets', () => {
  test.each([
    ['a box was added before mdat', (bytes: Uint8Array) => concat([bytes.subarray(0, 32), box('free', zeros(1000)), bytes.subarray(32)])],
    [
      'a box was removed',
      (bytes: Uint8Array) => concat([bytes.subarray(0, top(bytes, 'free').start), bytes.subarray(top(bytes, 'free').end)]),
    ],
    ['all are off, the media does not start where mdat does', (bytes: Uint8Array) => withOffsets(withPadding(bytes), 1233)],
  ])('%s', async (_name, damage) => {
    const bytes = await faststart()
    const { bytes: fixed, said } = await repaired(damage(bytes))
    expect(said).toMatch(/all \d+ chunk offsets were off by [\d,]+ bytes; corrected/)
    expect(await packets(fixed)).toEqual(await packets(bytes))
  })

  /** mdat begins with bytes of no sample. */
  function withPadding(bytes: Uint8Array): Uint8Array {
    const mdat = top(bytes, 'mdat')
    const larger = poked(withOffsets(bytes, 300), mdat.start, (old) => old + 300)
    return concat([larger.subarray(0, mdat.body), zeros(300), larger.subarray(mdat.body)])
  }

  test('damaged samples are no reason to move anything', async () => {
    const bytes = await faststart()
    const mdat = top(bytes, 'mdat')
    const noise = bytes.slice()
    for (let at = mdat.body; at < mdat.end; at += 1) noise[at] = (at * 2654435761) >>> 24
    const { plan, bytes: same } = await repaired(noise)
    expect(plan.warnings).toEqual(['samples do not look like their codec where the chunk offsets point, and no shift of them helps'])
    expect(same).toEqual(noise)
  })
})

describe('a missing end', () => {
  test.each([0.15, 0.4, 0.7, 0.99])('%f of an MP4: samples that are there are kept, and it plays without complaint', async (share) => {
    const bytes = await faststart()
    const cut = bytes.subarray(0, Math.floor(bytes.length * share))
    const { bytes: fixed, plan, said } = await repaired(cut)
    const [before, after] = [await packets(bytes), await packets(fixed)]
    expect(after.errors).toBe('')
    const [video] = plan.tracks
    if (video === undefined) throw new Error('no track')
    for (const [stream, lines] of after.streams.entries()) {
      expect(lines.length).toBe(plan.tracks[stream]?.keptSamples)
      expectPrefix(lines, before.streams[stream])
      expect(lines.length + (plan.tracks[stream]?.lostSamples ?? 0)).toBe(before.streams[stream]?.length)
    }
    expect(video.keptSamples).toBeGreaterThan(5)
    if (video.lostSamples > 0)
      expect(said).toContain(`track 1 (avc1): ${video.keptSamples} samples (${video.keptSeconds.toFixed(3)} s) kept`)
    const longest = Math.max(...plan.tracks.map(({ keptSeconds }) => keptSeconds))
    expect(Math.abs((await duration(fixed)) - longest)).toBeLessThan(0.05)
  })

  test('with no sample left there is nothing to save', async () => {
    const bytes = await faststart()
    await expect(repair(memorySource(bytes.subarray(0, top(bytes, 'mdat').body + 20)))).rejects.toThrow(/not one whole sample/)
  })

  test.each([
    ['absolute base offsets', []],
    ['default-base-is-moof', ['default_base_moof']],
    ['a global sidx', ['global_sidx', 'default_base_moof']],
  ])('of a fragmented file: cut after its last whole fragment; %s', async (_name, flags) => {
    const bytes = await fragmented(...flags)
    const moofs = readBoxes(bytes).filter(({ type }) => type === 'moof')
    const third = moofs[2]
    if (third === undefined) throw new Error('too few fragments')
    for (const at of [third.start + 5, third.start + 60, third.end + 4, third.end + 500]) {
      const { bytes: fixed, plan } = await repaired(bytes.subarray(0, at))
      expect(readBoxes(fixed).filter(({ type }) => type === 'moof').length).toBe(2)
      const [before, after] = [await packets(bytes), await packets(fixed)]
      for (const [stream, lines] of after.streams.entries()) expectPrefix(lines, before.streams[stream])
      expect(after.streams[0]?.length).toBe(50)
      expect(after.errors).toBe('')
      expect(plan.actions[0]?.kind).toMatch(/truncated|garbage/)
    }
  })

  test.each([0.3, 0.5, 0.83])('%f of a Matroska file: whole blocks are kept, Duration and Cues written', async (share) => {
    const bytes = await matroska()
    const { bytes: fixed, plan, said } = await repaired(bytes.subarray(0, Math.floor(bytes.length * share)))
    const [before, after] = [await packets(bytes, 'mkv'), await packets(fixed, 'mkv')]
    expect(after.errors).toBe('')
    for (const [stream, lines] of after.streams.entries()) {
      expectPrefix(lines, before.streams[stream])
      expect(lines.length).toBe(plan.tracks[stream]?.keptSamples)
    }
    expect(said).toMatch(/the last cluster is not there to its end: \d+ blocks? of it kept/)
    expect(said).toMatch(/Duration was 4\.\d+ s: \d\.\d+ s kept, \d\.\d+ s lost/)
    expect(said).toMatch(/there were no Cues: \d+ entr(y|ies) written/)
    const seconds = Math.max(...plan.tracks.map(({ keptSeconds }) => keptSeconds))
    expect(Math.abs((await duration(fixed, 'mkv')) - seconds)).toBeLessThan(0.1)
  })
})

const CLUSTER = u8(0x1f, 0x43, 0xb6, 0x75)

describe('Matroska', () => {
  test('from a pipe: no size, no Duration, no Cues; all are written, and seeking finds keyframes', async () => {
    const bytes = await made('webm', '-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-c:a', 'libopus', '-live', '1')
    const { bytes: fixed, said } = await repaired(bytes)
    expect(said).toContain('the Segment had no size')
    expect(said).toContain('there was no Duration: 4.0')
    expect((await packets(fixed, 'webm')).streams).toEqual((await packets(bytes, 'webm')).streams)
    expect(await duration(fixed, 'webm')).toBeGreaterThan(3.9)
    const file = path.join(folder, 'seek.webm')
    await writeFile(file, fixed)
    const args = [
      '-v',
      'error',
      '-read_intervals',
      '2%+#1',
      '-select_streams',
      'v',
      '-show_entries',
      'packet=pts_time,flags',
      '-of',
      'csv=p=0',
    ]
    const { stdout } = await execa('ffprobe', [...args, file])
    expect(stdout).toMatch(/^[12]\.\d+,K/)
  })

  test('a Segment and a cluster of the wrong size', async () => {
    const bytes = await matroska()
    // FFmpeg writes the size of the segment in eight bytes, those of clusters in as few as they need: here two.
    const segment = indexOf(bytes, u8(0x18, 0x53, 0x80, 0x67))
    const wrong = bytes.slice()
    new DataView(wrong.buffer).setUint32(segment + 8, 12345)
    const { bytes: fixed, said } = await repaired(wrong)
    expect(said).toContain('the Segment said it ends at')
    expect((await packets(fixed, 'mkv')).streams).toEqual((await packets(bytes, 'mkv')).streams)
    const second = indexOf(bytes, CLUSTER, indexOf(bytes, CLUSTER) + 4)
    const small = bytes.slice()
    small[second + 5] = (small[second + 5] ?? 0) ^ 0x3f
    const cluster = await repaired(small)
    expect(cluster.said).toMatch(/the cluster at \d+ said/)
    expect((await packets(cluster.bytes, 'mkv')).streams).toEqual((await packets(bytes, 'mkv')).streams)
  })

  test('clusters of unknown size get theirs', async () => {
    const bytes = await matroska()
    const open = bytes.slice()
    let clusters = 0
    for (let at = indexOf(open, CLUSTER); at !== -1; at = indexOf(open, CLUSTER, at + 4)) {
      // Ones in all bits of the size, however many bytes it has
      const length = Math.clz32(open[at + 4] ?? 0) - 23
      open.fill(0xff, at + 5, at + 4 + length)
      open[at + 4] = 0xff >> (length - 1)
      clusters += 1
    }
    const { bytes: fixed, said } = await repaired(open)
    expect(said).toContain(`${clusters} clusters had no size`)
    expect((await packets(fixed, 'mkv')).streams).toEqual((await packets(bytes, 'mkv')).streams)
  })

  test('garbage between clusters is passed over', async () => {
    const bytes = await matroska()
    const second = indexOf(bytes, CLUSTER, indexOf(bytes, CLUSTER) + 4)
    const { bytes: fixed, said } = await repaired(concat([bytes.subarray(0, second), zeros(333), bytes.subarray(second)]))
    expect(said).toContain(`333 bytes at ${second} that are no element dropped`)
    expect((await packets(fixed, 'mkv')).streams).toEqual((await packets(bytes, 'mkv')).streams)
  })

  test('without Tracks there is nothing to save', async () => {
    const bytes = await matroska()
    await expect(repair(memorySource(bytes.subarray(0, 60)))).rejects.toThrow(/no Tracks/)
  })

  function indexOf(bytes: Uint8Array, wanted: Uint8Array, from = 0): number {
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(wanted, from)
  }
})

describe('hev1', () => {
  const hevc = async (...args: string[]): Promise<Uint8Array> =>
    new Uint8Array(await readFile(await clip('mp4', [...PICTURE, '-t', '3', ...HEVC, ...args])))
  const tag = async (bytes: Uint8Array): Promise<string> => {
    await writeFile(path.join(folder, 'tag.mp4'), bytes)
    return (
      await execa('ffprobe', ['-v', 'error', '-show_entries', 'stream=codec_tag_string', '-of', 'csv=p=0', path.join(folder, 'tag.mp4')])
    ).stdout
  }

  test('becomes hvc1', async () => {
    const bytes = await hevc()
    const { bytes: fixed, said } = await repaired(bytes)
    expect(said).toContain('track 1: sample entry hev1 changed to hvc1')
    expect([await tag(bytes), await tag(fixed)]).toEqual(['hev1', 'hvc1'])
    expect((await packets(fixed)).streams).toEqual((await packets(bytes)).streams)
  })

  test.each([
    ['whole', []],
    ['fragmented, absolute offsets', ['-movflags', '+frag_keyframe+empty_moov']],
  ])('with its parameter sets in the samples only: they are written into hvcC; %s', async (_name, args) => {
    const bytes = await hevc(...args)
    const bare = withoutSets(bytes)
    const { bytes: fixed, said } = await repaired(bare)
    expect(said).toContain('changed to hvc1, 3 parameter sets of the first keyframe written into it')
    expect((await packets(fixed)).streams).toEqual((await packets(bytes)).streams)
    for (const offset of fragmentOffsets(fixed)) expect(readBoxes(fixed).find(({ start }) => start === offset)?.type).toBe('moof')
    // A decoder is set up by hvcC alone: the first picture comes out.
    await writeFile(path.join(folder, 'decode.mp4'), fixed)
    const decode = ['-v', 'error', '-i', path.join(folder, 'decode.mp4'), '-frames:v', '1', '-f', 'framemd5', '-']
    expect((await execa('ffmpeg', decode)).stderr).toBe('')
  })

  /** `moof_offset` of each entry of FFmpeg's `tfra` (version 1, numbers of one byte). */
  function fragmentOffsets(bytes: Uint8Array): number[] {
    const mfra = readBoxes(bytes).find(({ type }) => type === 'mfra')
    if (mfra === undefined) return []
    const [tfra] = readBoxes(bytes, mfra.body, mfra.end)
    if (tfra === undefined) throw new Error('no tfra')
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    const entries = view.getUint32(tfra.body + 12)
    expect(entries).toBeGreaterThan(1)
    return Array.from({ length: entries }, (_, index) => Number(view.getBigUint64(tfra.body + 16 + index * 19 + 8)))
  }

  test('whose keyframes bring other parameter sets than hvcC is kept', async () => {
    const bytes = await hevc()
    const entry = needBox(bytes, top(bytes, 'moov'), 'trak', 'mdia', 'minf', 'stbl', 'stsd', 'hev1')
    const hvcC = needBox(bytes, entry, 'hvcC')
    const other = bytes.slice()
    // A byte of the first parameter set, behind head, count of arrays, type, count of units and length
    other[hvcC.body + 22 + 1 + 1 + 2 + 2 + 6] = 0x55
    const plan = await repair(memorySource(other))
    expect(plan.warnings.join()).toContain('hev1 was kept')
  })

  /** hvcC with no arrays: the box becomes shorter, and a `free` fills its place, so that no offset changes. */
  function withoutSets(bytes: Uint8Array): Uint8Array {
    const entry = needBox(bytes, top(bytes, 'moov'), 'trak', 'mdia', 'minf', 'stbl', 'stsd', 'hev1')
    const hvcC = needBox(bytes, entry, 'hvcC')
    const bare = box('hvcC', bytes.subarray(hvcC.body, hvcC.body + 22), u8(0))
    const copy = bytes.slice()
    copy.set(concat([bare, box('free', zeros(hvcC.end - hvcC.start - bare.length - 8))]), hvcC.start)
    return copy
  }
})
