/** The transmuxer on streams put together for what is wrong or special with them. */
import { execa } from 'execa'
import fc from 'fast-check'
import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { clip } from '../../../tests/support/clips.ts'
import { section, type TestUnit, transportStream } from '../../../tests/support/transport-stream.ts'
import { MediaError } from '../../errors.ts'
import { readTfdt, readTrun } from '../../mp4/fragment-boxes.ts'
import { needBox, readBody, readBoxes } from '../../mp4/read-box.ts'
import { silentAac } from './audio/silence.ts'
import type { MediaFragment, TransmuxOutput } from './model.ts'
import { readSei } from './sei.ts'
import { TsTransmuxer } from './transmuxer.ts'

const VIDEO = 0x100
const AUDIO = 0x101
const FRAME = 3003
const STREAMS = [
  { pid: VIDEO, streamType: 0x1b },
  { pid: AUDIO, streamType: 0x0f },
]

/** Access units of a short H.264 stream in Annex B, as x264 writes them: 24 of them, a keyframe each twelve. */
let pictures: Uint8Array[] = []
/** ADTS frames, 48 kHz stereo. */
const frames: Uint8Array[] = []
let real: Uint8Array = new Uint8Array()

beforeAll(async () => {
  const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=128x96:rate=30000/1001']
  const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '0', '-g', '12', '-pix_fmt', 'yuv420p', '-frames:v', '24']
  const video = await readFile(await clip('h264', [...picture, ...h264, '-bsf:v', 'h264_metadata=aud=insert']))
  pictures = splitAt(video, (at) => (video.readUIntBE(at, 5) === 0x0000000109 ? at : -1))
  const audio = await readFile(
    await clip('adts', ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000', '-t', '1', '-c:a', 'aac', '-ac', '2']),
  )
  for (let at = 0; at + 7 <= audio.length;) {
    const length = (audio.readUIntBE(at + 3, 3) >> 5) & 0x1fff
    frames.push(new Uint8Array(audio.subarray(at, at + length)))
    at += length
  }
  real = new Uint8Array(
    await readFile(
      await clip('ts', [
        ...picture,
        '-f',
        'lavfi',
        '-i',
        'sine',
        ...h264.slice(0, -2),
        '-t',
        '2',
        '-c:a',
        'aac',
        '-metadata',
        'service_name=x',
      ]),
    ),
  )
})

function splitAt(bytes: Buffer, isStart: (at: number) => number): Uint8Array[] {
  const starts: number[] = []
  for (let at = 0; at + 5 <= bytes.length; at += 1) if (isStart(at) !== -1) starts.push(at)
  return starts.map((start, index) => bytes.subarray(start, starts[index + 1] ?? bytes.length))
}

function picturesAt(origin: number, list = pictures): TestUnit[] {
  return list.map((data, index) => ({ pid: VIDEO, streamId: 0xe0, pts: origin + index * FRAME, data }))
}

function run(...segments: Uint8Array[]): TransmuxOutput[] {
  const transmuxer = new TsTransmuxer()
  return segments.flatMap((segment) => [...transmuxer.push(segment), ...transmuxer.flush()])
}

function fragmentsOf(outputs: TransmuxOutput[], kind: 'video' | 'audio'): MediaFragment[] {
  return outputs.filter((output): output is MediaFragment => output.type === 'fragment' && output.kind === kind)
}

function codesOf(outputs: TransmuxOutput[]): string[] {
  return outputs.flatMap((output) => (output.type === 'warning' ? [output.code] : []))
}

function samplesOf(fragment: MediaFragment): {
  decodeTicks: number
  samples: { duration: number | null; size: number | null; data: Uint8Array }[]
} {
  const { bytes } = fragment
  const [moof, mdat] = readBoxes(bytes)
  if (moof === undefined || mdat === undefined) throw new Error('no moof and mdat')
  const traf = needBox(bytes, moof, 'traf')
  let at = mdat.body
  const { samples } = readBody(bytes, needBox(bytes, traf, 'trun'), (reader) => readTrun(reader, bytes.length))
  return {
    decodeTicks: readBody(bytes, needBox(bytes, traf, 'tfdt'), readTfdt).baseMediaDecodeTime,
    samples: samples.map(({ duration, size }) => {
      at += size ?? 0
      return { duration, size, data: bytes.subarray(at - (size ?? 0), at) }
    }),
  }
}

/** All samples of a kind, in order. */
function dataOf(outputs: TransmuxOutput[], kind: 'video' | 'audio'): Uint8Array[] {
  return fragmentsOf(outputs, kind).flatMap((fragment) => samplesOf(fragment).samples.map(({ data }) => data))
}

describe('slicing', () => {
  test('any slicing of the input gives the same outputs', () => {
    const whole = run(real)
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 0, max: 3 }),
        (sizes, shift) => {
          const transmuxer = new TsTransmuxer()
          const outputs: TransmuxOutput[] = []
          // Chunks at every alignment in memory
          const room = new Uint8Array(real.length + 4)
          room.set(real, shift)
          for (let at = 0, index = 0; at < real.length; index += 1) {
            const size = sizes[index % sizes.length] ?? 1
            outputs.push(...transmuxer.push(room.subarray(shift + at, shift + Math.min(real.length, at + size))))
            at += size
          }
          outputs.push(...transmuxer.flush())
          expect(outputs).toEqual(whole)
        },
      ),
      { numRuns: 40 },
    )
  })

  test('damaged input gives the same outputs however it is sliced, and nothing but a MediaError is thrown', () => {
    const damage = fc.array(fc.tuple(fc.nat(real.length - 1), fc.nat(255), fc.constantFrom('set', 'insert', 'remove', 'swap')), {
      minLength: 1,
      maxLength: 30,
    })
    fc.assert(
      fc.property(damage, fc.integer({ min: 1, max: 5000 }), (changes, size) => {
        let bytes = real.slice()
        for (const [place, value, how] of changes) {
          const at = place % bytes.length
          if (how === 'set') bytes[at] = value
          else if (how === 'insert')
            bytes = Uint8Array.from([...bytes.subarray(0, at), ...new Uint8Array(value).fill(0x47), ...bytes.subarray(at)])
          else if (how === 'remove') bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + value)])
          else bytes.copyWithin(at, place >> 1, (place >> 1) + 188 * (value & 7))
        }
        const outcome = (slices: number): TransmuxOutput[] | string => {
          const transmuxer = new TsTransmuxer()
          const outputs: TransmuxOutput[] = []
          try {
            for (let at = 0; at < bytes.length; at += slices) outputs.push(...transmuxer.push(bytes.subarray(at, at + slices)))
            outputs.push(...transmuxer.flush())
          } catch (error) {
            if (!(error instanceof MediaError)) throw error
            return error.message
          }
          for (const output of outputs) if (output.type === 'fragment') samplesOf(output)
          return outputs
        }
        expect(outcome(size)).toEqual(outcome(bytes.length))
      }),
      { numRuns: 120 },
    )
  })

  test('what was handed out is not written again', () => {
    const transmuxer = new TsTransmuxer()
    const outputs = [...transmuxer.push(real), ...transmuxer.flush()]
    const kept = outputs.map((output) => ('bytes' in output ? output.bytes.slice() : null))
    transmuxer.push(real)
    transmuxer.flush()
    expect(outputs.map((output) => ('bytes' in output ? output.bytes : null))).toEqual(kept)
  })

  test('no packets at all is an error that says so; nothing at all is not', () => {
    const transmuxer = new TsTransmuxer()
    expect(transmuxer.flush()).toEqual([])
    expect(transmuxer.push(new TextEncoder().encode('<html>'.repeat(1000)))).toEqual([])
    expect(() => transmuxer.flush()).toThrow(MediaError)
    expect(fragmentsOf([...transmuxer.push(real), ...transmuxer.flush()], 'video').length).toBeGreaterThan(0)
  })
})

describe('access units', () => {
  test('one a PES packet', () => {
    const outputs = run(transportStream(STREAMS, picturesAt(90_000)))
    expect(codesOf(outputs)).toEqual([])
    expect(fragmentsOf(outputs, 'video').map(({ sampleCount }) => sampleCount)).toEqual([12, 12])
  })

  test('cut anywhere into PES packets, of which only the first has to have a time', () => {
    const reference = dataOf(run(transportStream(STREAMS, picturesAt(90_000))), 'video')
    const stream = Buffer.concat(pictures)
    const starts = pictures.map((_, index) => pictures.slice(0, index).reduce((sum, { length }) => sum + length, 0))
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: stream.length }), { maxLength: 60 }), (places) => {
        // Not behind a zero_byte: nobody can tell it from one that trails the picture before
        const cuts = [...new Set([0, ...places, stream.length])].filter((place) => !starts.includes(place - 1)).toSorted((a, b) => a - b)
        const units = cuts.slice(0, -1).map((from, index): TestUnit => {
          const to = cuts[index + 1] ?? from
          // "the first access unit that commences in this PES packet"
          const first = starts.findIndex((start) => start >= from && start < to)
          return { pid: VIDEO, streamId: 0xe0, pts: first === -1 ? null : 90_000 + first * FRAME, data: stream.subarray(from, to) }
        })
        const outputs = run(transportStream(STREAMS, units))
        expect(dataOf(outputs, 'video')).toEqual(reference)
        expect(fragmentsOf(outputs, 'video')[0]?.startSeconds).toBe(1)
      }),
      { numRuns: 60 },
    )
  })

  test('without delimiters, and with three-byte start codes only', () => {
    const reference = dataOf(run(transportStream(STREAMS, picturesAt(90_000))), 'video')
    const bare = pictures.map((picture) => {
      const hex = Buffer.from(picture.subarray(6)).toString('latin1').replaceAll('\0\0\0\u0001', '\0\0\u0001')
      return Buffer.from(hex, 'latin1')
    })
    const outputs = run(transportStream(STREAMS, picturesAt(90_000, bare)))
    expect(dataOf(outputs, 'video')).toEqual(reference)
  })

  test('pictures before the first keyframe are left out, and that is said', () => {
    const outputs = run(transportStream(STREAMS, picturesAt(90_000).slice(5)))
    expect(codesOf(outputs)).toEqual(['dropped-pictures'])
    expect(fragmentsOf(outputs, 'video')).toMatchObject([{ keyframe: true, sampleCount: 12 }])
    expect(fragmentsOf(outputs, 'video')[0]?.startSeconds).toBeCloseTo(1 + (12 * FRAME) / 90_000, 9)
  })

  test('decode times before zero: the whole timeline is one turn of the clock later', () => {
    const units = picturesAt(0).map((unit, index) => ({ ...unit, dts: (index - 2) * FRAME }))
    const [first] = fragmentsOf(run(transportStream(STREAMS, units)), 'video')
    expect(first?.startSeconds).toBe(2 ** 33 / 90_000)
    if (first) expect(samplesOf(first).decodeTicks).toBe(2 ** 33 - 2 * FRAME)
  })

  test('a clock that turns over many times: days later the next segment still follows', () => {
    const transmuxer = new TsTransmuxer()
    let expected = 95_000
    for (let hour = 0; hour < 80; hour += 1) {
      const outputs = [...transmuxer.push(transportStream(STREAMS, picturesAt(expected * 90_000))), ...transmuxer.flush()]
      expect(fragmentsOf(outputs, 'video')[0]?.startSeconds).toBeCloseTo(expected, 6)
      expected += 3600
    }
    expect(expected).toBeGreaterThan(3 * 86_400)
  })

  test('a discontinuity begins a timeline with initialization segments of its own', () => {
    const transmuxer = new TsTransmuxer()
    const first = [...transmuxer.push(transportStream(STREAMS, picturesAt(900_000))), ...transmuxer.discontinuity()]
    const second = [...transmuxer.push(transportStream(STREAMS, picturesAt(90_000))), ...transmuxer.flush()]
    expect(fragmentsOf(first, 'video').map(({ timeline }) => timeline)).toEqual([0, 0])
    expect(fragmentsOf(second, 'video').map(({ timeline }) => timeline)).toEqual([1, 1])
    expect(second[0]).toMatchObject({ type: 'init', kind: 'video' })
    expect(fragmentsOf(second, 'video')[0]?.startSeconds).toBe(1)
    expect(codesOf([...first, ...second])).toEqual([])
  })

  test('after a seek nothing of before is left', () => {
    const transmuxer = new TsTransmuxer()
    transmuxer.push(transportStream(STREAMS, picturesAt(900_000)))
    transmuxer.reset()
    expect([...transmuxer.push(transportStream(STREAMS, picturesAt(90_000))), ...transmuxer.flush()]).toEqual(
      run(transportStream(STREAMS, picturesAt(90_000))),
    )
  })
})

describe('sound', () => {
  /** A PES packet a frame. */
  function soundAt(origin: number, list: Uint8Array[]): TestUnit[] {
    return list.map((data, index) => ({
      pid: AUDIO,
      streamId: 0xc0,
      pts: Math.round(origin + (index * 1024 * 90_000) / 48_000),
      data,
      bounded: true,
    }))
  }
  const only = [{ pid: AUDIO, streamType: 0x0f }]

  test('frames cut across PES packets', () => {
    const reference = dataOf(run(transportStream(only, soundAt(90_000, frames))), 'audio')
    expect(reference).toEqual(frames.map((frame) => frame.subarray(7)))
    const bytes = Buffer.concat(frames)
    const units: TestUnit[] = []
    for (let at = 0; at < bytes.length; at += 500)
      units.push({ pid: AUDIO, streamId: 0xc0, pts: at === 0 ? 90_000 : null, data: bytes.subarray(at, at + 500), bounded: true })
    const outputs = run(transportStream(only, units))
    expect(dataOf(outputs, 'audio')).toEqual(reference)
    expect(codesOf(outputs)).toEqual([])
  })

  test('a frame that goes on in the next segment is not lost', () => {
    const bytes = Buffer.concat(frames.slice(0, 10))
    const middle = Buffer.concat(frames.slice(0, 5)).length + 50
    const first = transportStream(only, [{ pid: AUDIO, streamId: 0xc0, pts: 90_000, data: bytes.subarray(0, middle), bounded: true }])
    const second = transportStream(only, [
      { pid: AUDIO, streamId: 0xc0, pts: 90_000 + 6 * 1920, data: bytes.subarray(middle), bounded: true },
    ])
    const outputs = run(first, second)
    expect(dataOf(outputs, 'audio')).toHaveLength(10)
    expect(codesOf(outputs)).toEqual([])
  })

  test('time stamps some ticks off move nothing', () => {
    const units = soundAt(90_000, frames).map((unit, index) =>
      'pts' in unit ? { ...unit, pts: (unit.pts ?? 0) + ((index * 7) % 11) * 80 - 400 } : unit,
    )
    const outputs = run(transportStream(only, units))
    expect(codesOf(outputs)).toEqual([])
    const ends = fragmentsOf(outputs, 'audio')
    expect((ends.at(-1)?.endSeconds ?? 0) - (ends[0]?.startSeconds ?? 0)).toBeCloseTo((frames.length * 1024) / 48_000, 6)
  })

  test('missing sound is filled with silence, to the sample', () => {
    const units = soundAt(90_000, frames)
    const outputs = run(transportStream(only, [...units.slice(0, 10), ...units.slice(14)]))
    expect(codesOf(outputs)).toEqual(['audio-gap'])
    const data = dataOf(outputs, 'audio')
    expect(data).toHaveLength(frames.length)
    expect(data.slice(10, 14)).toEqual(Array.from({ length: 4 }, () => silentAac(2)))
    expect(fragmentsOf(outputs, 'audio').at(-1)?.endSeconds).toBeCloseTo(1 + (frames.length * 1024) / 48_000, 6)
  })

  test('sound that is missing at a join, and is no multiple of a frame: the last silent frame takes the rest', () => {
    const later = 90_000 + 10 * 1920 + 2600
    const outputs = run(
      transportStream(only, soundAt(90_000, frames.slice(0, 10))),
      transportStream(only, soundAt(later, frames.slice(10, 20))),
    )
    expect(codesOf(outputs)).toEqual(['audio-gap'])
    const [first, second] = fragmentsOf(outputs, 'audio')
    expect(second?.startSeconds).toBeCloseTo(first?.endSeconds ?? 0, 6)
    expect(second?.endSeconds).toBeCloseTo(later / 90_000 + (10 * 1024) / 48_000, 4)
  })

  test('sound that is there twice is left out', () => {
    const units = soundAt(90_000, frames)
    const outputs = run(transportStream(only, units.slice(0, 20)), transportStream(only, units.slice(17, 40)))
    expect(codesOf(outputs)).toEqual(['audio-overlap', 'audio-overlap', 'audio-overlap'])
    expect(dataOf(outputs, 'audio')).toEqual(frames.slice(0, 40).map((frame) => frame.subarray(7)))
  })

  test('another rate in the middle: a new initialization segment and no hole', async () => {
    const other = await readFile(
      await clip('adts', ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=44100', '-t', '1', '-c:a', 'aac', '-ac', '1']),
    )
    const units: TestUnit[] = [
      ...soundAt(90_000, frames.slice(0, 20)),
      { pid: AUDIO, streamId: 0xc0, pts: 90_000 + 20 * 1920, data: other, bounded: true },
    ]
    const outputs = run(transportStream(only, units))
    expect(outputs.flatMap((output) => (output.type === 'init' ? [output.audio] : []))).toEqual([
      { channels: 2, sampleRateHz: 48_000 },
      { channels: 1, sampleRateHz: 44_100 },
    ])
    const [first, second] = fragmentsOf(outputs, 'audio')
    expect(second?.startSeconds).toBeCloseTo(first?.endSeconds ?? 0, 4)
  })

  test.each([1, 2, 3, 4, 5, 6, 7])('silence of channelConfiguration %i is decoded to zeros', async (configuration) => {
    const silence = silentAac(configuration)
    if (silence === null) throw new Error('no silence')
    const length = silence.length + 7
    const header = [
      0xff,
      0xf1,
      0x4c | (configuration >> 2),
      ((configuration & 3) << 6) | (length >> 11),
      (length >> 3) & 0xff,
      ((length & 7) << 5) | 0x1f,
      0xfc,
    ]
    const input = Buffer.concat(Array.from({ length: 5 }, () => Buffer.from([...header, ...silence])))
    const { stdout, stderr } = await execa('ffmpeg', ['-v', 'error', '-f', 'aac', '-i', '-', '-f', 's16le', '-'], {
      input,
      encoding: 'buffer',
    })
    expect(Buffer.from(stderr).toString()).toBe('')
    expect(stdout.length).toBe(5 * 1024 * 2 * (configuration === 7 ? 8 : configuration))
    expect(stdout.every((byte) => byte === 0)).toBe(true)
  })
})

describe('what is passed on', () => {
  test('ID3 tags with their times', () => {
    const tag = new TextEncoder().encode(`ID3${'x'.repeat(400)}`)
    const streams = [
      ...STREAMS,
      {
        pid: 0x102,
        streamType: 0x15,
        descriptors: Uint8Array.from([0x26, 13, 0xff, 0xff, 0x49, 0x44, 0x33, 0x20, 0xff, 0x49, 0x44, 0x33, 0x20, 0, 0x0f]),
      },
    ]
    const units: TestUnit[] = [...picturesAt(90_000), { pid: 0x102, streamId: 0xbd, pts: 135_000, data: tag, bounded: true }]
    const outputs = run(transportStream(streams, units))
    expect(outputs.filter(({ type }) => type === 'metadata')).toEqual([
      { type: 'metadata', kind: 'id3', bytes: tag, seconds: 1.5, timeline: 0 },
    ])
  })

  test('SCTE-35 sections', () => {
    const splice = section(0xfc, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8])
    const streams = [...STREAMS, { pid: 0x103, streamType: 0x86 }]
    const units: TestUnit[] = [...picturesAt(90_000).slice(0, 3), { pid: 0x103, section: splice }, ...picturesAt(90_000).slice(3)]
    const outputs = run(transportStream(streams, units))
    expect(outputs.filter(({ type }) => type === 'metadata')).toEqual([
      { type: 'metadata', kind: 'scte-35', bytes: splice, seconds: 1 + (2 * FRAME) / 90_000, timeline: 0 },
    ])
  })

  test('captions out of SEI, with the time of their picture', () => {
    const cc = [0xb5, 0x00, 0x31, 0x47, 0x41, 0x39, 0x34, 0x03, 0x41, 0xff, 0xfc, 0x94, 0x20, 0xff]
    const sei = Uint8Array.from([0, 0, 0, 1, 6, 4, cc.length, ...cc, 0x80])
    const withCaptions = pictures.map((picture, index) =>
      index === 3 ? Buffer.concat([picture.subarray(0, 6), sei, picture.subarray(6)]) : picture,
    )
    const outputs = run(transportStream(STREAMS, picturesAt(90_000, withCaptions)))
    expect(outputs.filter(({ type }) => type === 'metadata')).toEqual([
      { type: 'metadata', kind: 'captions', bytes: Uint8Array.from(cc), seconds: 1 + (3 * FRAME) / 90_000, timeline: 0 },
    ])
    expect(codesOf(outputs)).toEqual([])
  })

  test('SEI: recovery points, several messages, emulation prevention, sizes that lie', () => {
    expect(readSei(Uint8Array.from([6, 6, 1, 0xc0, 0x80]), 1).recoveryFrames).toBe(0)
    expect(readSei(Uint8Array.from([6, 5, 3, 0, 0, 3, 1, 6, 1, 0x40, 0x80]), 1).recoveryFrames).toBe(1)
    expect(readSei(Uint8Array.from([6, 4, 200, 0xb5, 0x80]), 1)).toEqual({ recoveryFrames: null, captions: [] })
  })

  test('SAMPLE-AES and codecs that are not handled are said', () => {
    const outputs = run(
      transportStream(
        [
          { pid: VIDEO, streamType: 0xdb },
          { pid: AUDIO, streamType: 0xcf },
          { pid: 0x104, streamType: 0x02 },
        ],
        picturesAt(90_000),
      ),
    )
    expect(codesOf(outputs)).toEqual(['unsupported', 'unsupported', 'unsupported'])
  })

  test('other streams in a PMT in the middle: what there was goes out, the new ones follow', () => {
    const first = transportStream(STREAMS, picturesAt(90_000).slice(0, 12))
    const second = transportStream(
      [{ pid: 0x200, streamType: 0x1b }],
      picturesAt(90_000 + 12 * FRAME, pictures.slice(12)).map((unit) => ({ ...unit, pid: 0x200 })),
      1,
    )
    const transmuxer = new TsTransmuxer()
    const outputs = [...transmuxer.push(Buffer.concat([first, second])), ...transmuxer.flush()]
    expect(fragmentsOf(outputs, 'video').map(({ sampleCount }) => sampleCount)).toEqual([12, 12])
    expect(outputs.filter(({ type }) => type === 'init')).toHaveLength(2)
  })
})
