/** Files that FFmpeg does not write: what old, other and hostile programs put into boxes. And what opening a large one costs. */
import { describe, expect, test } from 'vitest'
import { memorySource, type ByteSource } from '../bytes/source.ts'
import { concat, fourcc, u16, u32, u64, u8, zeros } from '../bytes/write-bytes.ts'
import { openMedia } from '../container/open.ts'
import { MediaError } from '../errors.ts'
import { openMp4 } from './open.ts'
import { box, fullBox } from './write-box.ts'

const MATRIX = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)

interface TrakOptions {
  id?: number
  handler?: string
  entry?: Uint8Array
  stbl?: Uint8Array[]
  matrix?: Uint8Array
  edits?: Uint8Array
  udta?: Uint8Array
  language?: number
  tref?: Uint8Array
}

function videoEntry(type = 'xxxx', ...boxes: Uint8Array[]): Uint8Array {
  return box(type, zeros(6), u16(1), zeros(16), u16(320, 240), zeros(50), ...boxes)
}

function trak(options: TrakOptions = {}): Uint8Array {
  const { id = 1, handler = 'vide', entry = videoEntry(), stbl = [], matrix = MATRIX, language = 0x55c4 } = options
  return box(
    'trak',
    fullBox('tkhd', 0, 1, u32(0, 0, id, 0, 0), zeros(16), matrix, u32(320 << 16, 240 << 16)),
    ...(options.edits === undefined ? [] : [box('edts', options.edits)]),
    ...(options.tref === undefined ? [] : [box('tref', options.tref)]),
    box(
      'mdia',
      fullBox('mdhd', 0, 0, u32(0, 0, 1000, 5000), u16(language, 0)),
      fullBox('hdlr', 0, 0, u32(0), fourcc(handler), zeros(12), u8(0)),
      box('minf', box('stbl', fullBox('stsd', 0, 0, u32(1), entry), ...stbl)),
    ),
    ...(options.udta === undefined ? [] : [options.udta]),
  )
}

function moov(...children: Uint8Array[]): Uint8Array {
  return box('moov', fullBox('mvhd', 0, 0, u32(0, 0, 600, 3000), zeros(16), MATRIX, zeros(28)), ...children)
}

const FTYP = box('ftyp', fourcc('isom'), u32(0))
const stts = (...runs: number[]): Uint8Array => fullBox('stts', 0, 0, u32(runs.length / 2, ...runs))
const stsc = (...runs: number[]): Uint8Array => fullBox('stsc', 0, 0, u32(runs.length / 3, ...runs))
const stsz = (...sizes: number[]): Uint8Array => fullBox('stsz', 0, 0, u32(0, sizes.length, ...sizes))
const stco = (...offsets: number[]): Uint8Array => fullBox('stco', 0, 0, u32(offsets.length, ...offsets))
const list = (type: string, ...entries: number[]): Uint8Array => fullBox(type, 0, 0, u32(entries.length, ...entries))
const TABLES = [stts(4, 10), stsc(1, 2, 1), stsz(5, 6, 7, 8), stco(1000, 2000)]

const samplesOf = async (...stbl: Uint8Array[]) => (await openMp4(memorySource(concat([FTYP, moov(trak({ stbl }))])))).samples(1)

describe('tables', () => {
  test('chunks, sizes, times', async () => {
    const table = await samplesOf(...TABLES, fullBox('ctts', 0, 0, u32(2, 1, 20, 3, -5)), list('stss', 1, 3))
    expect([...table.offset]).toEqual([1000, 1005, 2000, 2007])
    expect([...table.size]).toEqual([5, 6, 7, 8])
    expect([...table.decodeTicks]).toEqual([0, 10, 20, 30])
    expect([...table.presentationTicks]).toEqual([20, 5, 15, 25])
    expect([...table.sync]).toEqual([1, 0, 1, 0])
  })

  test.each([
    [4, u8(0x56, 0x78)],
    [8, u8(5, 6, 7, 8)],
    [16, u16(5, 6, 7, 8)],
  ])('compact sizes of %i bits', async (bits, sizes) => {
    const table = await samplesOf(stts(4, 10), stsc(1, 2, 1), stco(1000, 2000), fullBox('stz2', 0, 0, u32(bits, 4), sizes))
    expect([...table.size]).toEqual([5, 6, 7, 8])
  })

  test('offsets of 64 bits, runs of chunks, one size for all', async () => {
    const co64 = fullBox('co64', 0, 0, u32(3), u64(2 ** 33), u64(2 ** 34), u64(2 ** 35))
    const table = await samplesOf(stts(1, 10, 4, 20), stsc(1, 1, 1, 2, 2, 1), fullBox('stsz', 0, 0, u32(9, 5)), co64)
    expect([...table.offset]).toEqual([2 ** 33, 2 ** 34, 2 ** 34 + 9, 2 ** 35, 2 ** 35 + 9])
    expect([...table.decodeTicks]).toEqual([0, 10, 30, 50, 70])
  })

  test('sync samples counted from 0; partial sync samples; random access points', async () => {
    expect([...(await samplesOf(...TABLES, list('stss', 0, 2))).sync]).toEqual([1, 0, 1, 0])
    expect([...(await samplesOf(...TABLES, list('stss', 1), list('stps', 4))).sync]).toEqual([1, 0, 0, 1])
    const sbgp = fullBox('sbgp', 0, 0, fourcc('rap '), u32(2, 2, 0, 1, 1))
    expect([...(await samplesOf(...TABLES, list('stss', 1), sbgp)).sync]).toEqual([1, 0, 1, 0])
    expect([...(await samplesOf(...TABLES, list('stss', 1), fullBox('sbgp', 0, 0, fourcc('roll'), u32(1, 4, 1)))).sync]).toEqual([
      1, 0, 0, 0,
    ])
    expect([...(await samplesOf(...TABLES, list('stss'))).sync]).toEqual([1, 0, 0, 0])
  })

  test('fewer chunks than samples: those with a place; times end early: the rest as long as the last', async () => {
    const table = await samplesOf(stts(1, 10), stsc(1, 2, 1), stsz(5, 6, 7, 8), stco(1000))
    expect(table.count).toBe(2)
    expect([...table.decodeTicks]).toEqual([0, 10])
  })

  test('no tables, no samples', async () => {
    expect((await samplesOf()).count).toBe(0)
  })

  test.each<[string, Uint8Array[]]>([
    ['a billion samples of one size', [stts(1e9, 1), stsc(1, 1e9, 1), stco(0), fullBox('stsz', 0, 0, u32(1, 1e9))]],
    ['a count beyond the table', [stts(4, 10), stsc(1, 2, 1), stco(0), fullBox('stsz', 0, 0, u32(0, 0xffffffff, 1))]],
    ['a time table that is cut', [fullBox('stts', 0, 0, u32(9, 1, 1)), stsc(1, 2, 1), stco(0), stsz(1, 2)]],
    ['sizes of three bits', [stts(4, 10), stsc(1, 2, 1), stco(0), fullBox('stz2', 0, 0, u32(3, 4), zeros(9))]],
  ])('refused before anything is allocated: %s', async (_name, stbl) => {
    await expect(samplesOf(...stbl)).rejects.toThrow(MediaError)
  })
})

describe('QuickTime', () => {
  /** Sound description of version 0, 1 or 2. */
  const soundEntry = (type: string, version: number, channels: number, bits: number, rest: Uint8Array): Uint8Array =>
    box(type, zeros(6), u16(1), u16(version, 0), u32(0), u16(channels, bits, 0, 0), u16(44100, 0), rest)
  const sound = (entry: Uint8Array, each: number, perChunk: number): Uint8Array =>
    trak({ handler: 'soun', entry, stbl: [stts(perChunk, 1), stsc(1, perChunk, 1), fullBox('stsz', 0, 0, u32(each, perChunk)), stco(500)] })
  const open = async (entry: Uint8Array, each: number, perChunk: number) => {
    const file = await openMp4(memorySource(concat([moov(sound(entry, each, perChunk)), zeros(100_000)])))
    return { file, table: await file.samples(1) }
  }

  test('PCM says "one byte each": the size is in the entry, rows are 1024 frames', async () => {
    const { file, table } = await open(soundEntry('twos', 0, 2, 16, zeros(0)), 1, 2500)
    expect(file.format).toBe('mov')
    expect([...table.size]).toEqual([4096, 4096, 1808])
    expect([...table.offset]).toEqual([500, 4596, 8692])
    expect([...table.decodeTicks]).toEqual([0, 1024, 2048])
    expect(file.tracks[0]).toMatchObject({ sampleCount: 3, codec: null, audio: { channels: 2, sampleRateHz: 44100 } })
  })

  test('version 1: packets of several samples', async () => {
    const { table } = await open(soundEntry('ima4', 1, 2, 16, u32(64, 34, 68, 2)), 1, 2048)
    expect([...table.size]).toEqual([1088, 1088])
  })

  test('version 2: a rate and channels of their own', async () => {
    const rate = new Uint8Array(8)
    new DataView(rate.buffer).setFloat64(0, 192_000)
    const rest = concat([u32(72), rate, u32(6, 0x7f000000, 24, 0x0c, 18, 1)])
    const { file, table } = await open(soundEntry('lpcm', 2, 3, 16, rest), 18, 1500)
    expect(file.tracks[0]?.audio).toEqual({ channels: 6, sampleRateHz: 192_000 })
    expect([...table.size]).toEqual([1024 * 18, 476 * 18])
  })

  test('AAC in wave, and an entry of version 1 with no fields of version 1 in an MP4', async () => {
    // ES, DecoderConfig (MPEG-4 audio), AudioSpecificConfig: AAC LC, 48 kHz, stereo
    const esds = fullBox('esds', 0, 0, u8(3, 22, 0, 0, 0, 4, 17, 0x40, 0x15), zeros(11), u8(5, 2, 0x11, 0x90))
    const wave = box('wave', box('frma', fourcc('mp4a')), esds, u32(8, 0))
    const { file } = await open(soundEntry('mp4a', 1, 2, 16, concat([u32(1024, 0, 0, 2), wave])), 1, 1)
    expect(file.tracks[0]).toMatchObject({ codec: 'mp4a.40.2', audio: { channels: 2, sampleRateHz: 48000 } })
    const bare = await open(soundEntry('mp4a', 1, 2, 16, esds), 1, 1)
    expect(bare.file.tracks[0]).toMatchObject({ codec: 'mp4a.40.2' })
  })

  test('mdat before ftyp, wide, skip, a 64-bit size, zeros that end a list, a last box of size 0', async () => {
    const mdat = concat([u32(1), fourcc('mdat'), u64(20), zeros(4)])
    const udta = box('udta', box('name', fourcc('left')), u32(0))
    const header = moov(trak({ stbl: TABLES, udta }), box('udta', u32(0)))
    const file = await openMp4(
      memorySource(concat([box('wide'), mdat, FTYP, box('skip', zeros(5)), header, u32(0), fourcc('free'), zeros(9)])),
    )
    expect(file).toMatchObject({ format: 'mp4', headerFirst: false, fragmented: false, durationSeconds: 5 })
    expect(file.tracks[0]).toMatchObject({ name: 'left', sampleCount: 4 })
  })

  test('a compressed movie header is refused in words', async () => {
    const file = box('moov', box('cmov', box('dcom', fourcc('zlib')), box('cmvd', zeros(20))))
    await expect(openMp4(memorySource(file))).rejects.toThrow('compressed')
  })

  test('Macintosh languages', async () => {
    const languageOf = async (language: number) => (await openMp4(memorySource(moov(trak({ language }))))).tracks[0]?.language
    expect(await languageOf(2)).toBe('deu')
    expect(await languageOf(0x7fff)).toBeNull()
    expect(await languageOf(0x55c4)).toBeNull()
    expect(await languageOf(0x15c7)).toBe('eng')
  })
})

describe('pictures', () => {
  const turned = (a: number, b: number, c: number, d: number): Uint8Array => {
    return u32(a * 0x10000, b * 0x10000, 0, c * 0x10000, d * 0x10000, 0, 0, 0, 0x40000000)
  }
  const videoOf = async (options: TrakOptions) => (await openMp4(memorySource(moov(trak(options))))).tracks[0]?.video

  test.each([
    [0, turned(1, 0, 0, 1)],
    [90, turned(0, 1, -1, 0)],
    [180, turned(-1, 0, 0, -1)],
    [270, turned(0, -1, 1, 0)],
  ])('turned by %i degrees', async (rotation, matrix) => {
    expect(await videoOf({ matrix })).toMatchObject({ rotation, width: 320, height: 240 })
  })

  test('pixel aspect, clean aperture, colour of both kinds', async () => {
    const entry = videoEntry(
      'xxxx',
      box('pasp', u32(4, 3)),
      box('clap', u32(600, 2, 200, 1), zeros(16)),
      box('colr', fourcc('nclc'), u16(9, 16, 9)),
    )
    expect(await videoOf({ entry })).toMatchObject({
      ...{ displayWidth: 400, displayHeight: 200, colour: { primaries: 9, transfer: 16, matrix: 9, fullRange: false } },
    })
    const full = videoEntry('xxxx', box('colr', fourcc('prof'), zeros(30)), box('colr', fourcc('nclx'), u16(1, 13, 6), u8(0x80)))
    expect((await videoOf({ entry: full }))?.colour).toEqual({ primaries: 1, transfer: 13, matrix: 6, fullRange: true })
  })

  test('encrypted: what it was before, scheme and key', async () => {
    const tenc = fullBox(
      'tenc',
      1,
      0,
      u8(0, 0x19, 1, 8),
      Uint8Array.from({ length: 16 }, (_, index) => index),
    )
    const sinf = box('sinf', box('frma', fourcc('avc1')), fullBox('schm', 0, 0, fourcc('cbcs'), u32(0x10000)), box('schi', tenc))
    const entry = videoEntry('encv', box('avcC', u8(1, 0x64, 0, 0x1f)), sinf)
    const { tracks } = await openMp4(memorySource(moov(trak({ entry }))))
    expect(tracks[0]).toMatchObject({
      ...{ codecId: 'avc1', codec: 'avc1.64001f' },
      encryption: { scheme: 'cbcs', defaultKeyId: '000102030405060708090a0b0c0d0e0f' },
    })
  })

  test('Dolby Vision, AVC without parameter sets, a set-up that is cut', async () => {
    const codecOf = async (entry: Uint8Array) => (await openMp4(memorySource(moov(trak({ entry }))))).tracks[0]?.codec
    expect(await codecOf(videoEntry('dvh1', box('hvcC', zeros(23)), box('dvcC', u8(1, 0, 5 << 1, 6 << 3))))).toBe('dvh1.05.06')
    expect(await codecOf(videoEntry('avc3', box('avcC', u8(1, 0x4d, 0x40, 0x1e))))).toBe('avc3.4d401e')
    expect(await codecOf(videoEntry('avc1', box('avcC', u8(1, 0x4d))))).toBeNull()
    expect(await codecOf(videoEntry('avc1'))).toBeNull()
  })
})

describe('fragments', () => {
  const TREX = fullBox('trex', 0, 0, u32(1, 1, 10, 4, 0x01010000))
  const header = moov(trak(), trak({ id: 2, handler: 'soun', entry: box('Opus', zeros(28)) }), box('mvex', TREX))
  const moof = (...trafs: Uint8Array[]): Uint8Array => box('moof', fullBox('mfhd', 0, 0, u32(1)), ...trafs)
  const traf = (...boxes: Uint8Array[]): Uint8Array => box('traf', ...boxes)
  const tfhd = (id: number, flags: number, ...fields: number[]): Uint8Array => fullBox('tfhd', 0, flags, u32(id, ...fields))
  const trun = (flags: number, count: number, ...fields: number[]): Uint8Array => fullBox('trun', 0, flags, u32(count, ...fields))
  const open = async (...rest: Uint8Array[]) => openMp4(memorySource(concat([FTYP, header, ...rest])))
  const start = FTYP.length + header.length

  test('defaults of trex; no tfdt: what came before goes on; runs without an offset follow each other', async () => {
    const first = moof(traf(tfhd(1, 0), fullBox('tfdt', 1, 0, u64(2 ** 33)), trun(1, 2, 200), trun(0x204, 2, 0x02000000, 9, 8)))
    const second = moof(traf(tfhd(1, 0x28, 7, 0), trun(1, 1, 300)))
    const file = await open(first, second)
    const table = await file.samples(1)
    expect([...table.decodeTicks].map((ticks) => ticks - 2 ** 33)).toEqual([0, 10, 20, 30, 40])
    expect([...table.offset].map((offset) => offset - start)).toEqual([200, 204, 208, 217, first.length + 300])
    expect([...table.size]).toEqual([4, 4, 9, 8, 4])
    expect([...table.sync]).toEqual([0, 0, 1, 0, 1])
    expect(file).toMatchObject({ fragmented: true, durationSeconds: (2 ** 33 + 47) / 1000 })
    expect((await file.samples(2)).count).toBe(0)
  })

  test('offsets count from the data before (no flag), from moof (default-base-is-moof), from where tfhd says', async () => {
    const bytes = moof(
      traf(tfhd(1, 0), trun(1, 1, 500)),
      traf(tfhd(2, 0x10, 6), trun(0, 1)),
      traf(tfhd(2, 0x20010, 6, 0), trun(1, 1, 700)),
      traf(fullBox('tfhd', 0, 0x11, u32(2), u64(2 ** 40), u32(6)), trun(1, 1, 5)),
    )
    const file = await open(bytes)
    expect([...(await file.samples(1)).offset]).toEqual([start + 500])
    expect([...(await file.samples(2)).offset]).toEqual([start + 504, start + 700, 2 ** 40 + 5])
  })

  test('a moof that the file cuts off ends the list', async () => {
    const whole = moof(traf(tfhd(1, 0), trun(1, 1, 200)))
    const file = await open(whole, whole.subarray(0, 30))
    expect((await file.samples(1)).count).toBe(1)
  })

  test.each([
    ['a run of a billion samples without fields', moof(traf(tfhd(1, 0), trun(0, 1e9)))],
    ['a run that is cut', moof(traf(tfhd(1, 0), trun(0x200, 9, 1)))],
    ['a traf without tfhd', moof(traf(trun(0, 1)))],
  ])('refused: %s', async (_name, bytes) => {
    await expect(open(bytes)).rejects.toThrow(MediaError)
  })

  test('a segment without its initialization', async () => {
    await expect(openMedia(memorySource(moof(traf(tfhd(1, 0)))))).rejects.toThrow('without its initialization')
  })
})

describe('what it costs', () => {
  /** A file of which only some places are not zero. */
  function sparse(size: number, places: [number, Uint8Array][]): ByteSource & { reads: number; bytes: number } {
    const source = {
      ...{ size, reads: 0, bytes: 0 },
      read(offset: number, length: number): Promise<Uint8Array> {
        const bytes = new Uint8Array(Math.max(0, Math.min(length, size - offset)))
        for (const [at, data] of places) {
          const from = Math.max(at, offset)
          const to = Math.min(at + data.length, offset + bytes.length)
          if (from < to) bytes.set(data.subarray(from - at, to - at), from - offset)
        }
        source.reads += 1
        source.bytes += bytes.length
        return Promise.resolve(bytes)
      },
    }
    return source
  }
  const big = moov(trak({ stbl: [...TABLES, box('free', zeros(3_000_000))] }))

  test('4 GB with moov at the end: three reads, moov and 64 KiB', async () => {
    const mdatBytes = 4 * 2 ** 30
    const head = concat([FTYP, u32(1), fourcc('mdat'), u64(mdatBytes)])
    const moovAt = FTYP.length + mdatBytes
    const source = sparse(moovAt + big.length, [
      [0, head],
      [moovAt, big],
    ])
    const file = await openMedia(source)
    expect(file.headerFirst).toBe(false)
    expect(source.reads).toBeLessThanOrEqual(3)
    expect(source.bytes).toBeLessThanOrEqual(big.length + 64 * 1024)
    await file.samples(1)
    expect(source.reads, 'samples are in moov').toBeLessThanOrEqual(3)
  })

  test('moov first: two reads, however large the file', async () => {
    const source = sparse(20 * 2 ** 30, [[0, concat([FTYP, big, u32(1), fourcc('mdat'), u64(2 ** 34)])]])
    expect((await openMedia(source)).headerFirst).toBe(true)
    expect(source.reads).toBe(2)
    expect(source.bytes).toBeLessThanOrEqual(big.length + 64 * 1024)
  })

  test('fragments with mfra at the end are not walked to know the duration', async () => {
    const header = moov(trak(), box('mvex', fullBox('trex', 0, 0, u32(1, 1, 10, 4, 0))))
    const fragment = box(
      'moof',
      box('traf', fullBox('tfhd', 0, 0, u32(1)), fullBox('tfdt', 0, 0, u32(7000)), fullBox('trun', 0, 0, u32(5))),
    )
    const at = 3 * 2 ** 30
    const tfra = fullBox('tfra', 1, 0, u32(1, 0, 1), u64(7000), u64(at), u8(1, 1, 1))
    const mfra = box('mfra', tfra, fullBox('mfro', 0, 0, u32(8 + tfra.length + 16)))
    const size = at + fragment.length + mfra.length
    const source = sparse(size, [
      [0, concat([FTYP, header, u32(1), fourcc('mdat'), u64(at - FTYP.length - header.length)])],
      [at, concat([fragment, mfra])],
    ])
    expect((await openMedia(source)).durationSeconds).toBe(7.05)
    expect(source.reads).toBeLessThanOrEqual(5)
  })
})

describe('not a file', () => {
  test.each([
    ['nothing', zeros(0), 'an empty file'],
    ['zeros', zeros(4000), 'not a media file'],
    ['a WAV file', fourcc('RIFF', '0000', 'WAVE'), 'AVI or WAV'],
    ['a transport stream', Uint8Array.from({ length: 400 }, (_, index) => (index % 188 === 0 ? 0x47 : 1)), 'transport stream'],
    ['a web page', new TextEncoder().encode('<!doctype html>'), 'HTML'],
  ])('%s', async (_name, bytes, words) => {
    await expect(openMedia(memorySource(bytes))).rejects.toThrow(words)
  })

  test('mdat to the end, no moov; and one that was cut', async () => {
    await expect(openMp4(memorySource(concat([FTYP, u32(0), fourcc('mdat'), zeros(99)])))).rejects.toThrow('no moov')
    await expect(openMp4(memorySource(concat([FTYP, u32(1000), fourcc('mdat'), zeros(99)])))).rejects.toMatchObject({ code: 'truncated' })
    await expect(openMp4(memorySource(concat([FTYP, moov(trak())]).subarray(0, 200)))).rejects.toMatchObject({ code: 'truncated' })
  })

  test('a file of one track; another is not there', async () => {
    const file = await openMp4(memorySource(moov(trak())))
    await expect(file.samples(9)).rejects.toThrow(RangeError)
  })
})
