/** The analyser on transport streams that FFmpeg makes, whole and damaged on purpose. */
import { execa } from 'execa'
import fc from 'fast-check'
import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { analyze, probePackets } from '../../../tests/support/analyze-ts.ts'
import { clip } from '../../../tests/support/clips.ts'
import { join, packet, packets, pat, pes, pmt, sectionPacket } from '../../../tests/support/ts-packets.ts'
import { PTS_WRAP } from '../pes.ts'
import { parityOf } from './reed-solomon.fixture.ts'
import type { TsReport } from './report.ts'

const INPUTS = [
  '-f',
  'lavfi',
  '-i',
  'testsrc2=size=320x180:rate=25',
  '-f',
  'lavfi',
  '-i',
  'sine=frequency=440:sample_rate=48000',
  '-t',
  '3',
]
const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '25', '-pix_fmt', 'yuv420p', '-c:a', 'aac']
const HEVC = ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=error', '-pix_fmt', 'yuv420p', '-c:a', 'libmp3lame']

let file = ''
let clean: Uint8Array = new Uint8Array(0)
beforeAll(async () => {
  file = await clip('ts', [...INPUTS, ...H264])
  clean = new Uint8Array(await readFile(file))
})

const codes = ({ problems }: TsReport): string[] => problems.list.map(({ code }) => code)
const pidOf = (report: TsReport, pid: number): TsReport['pids'][number] | undefined => report.pids.find((one) => one.pid === pid)
/** The bytes with the packets of these numbers left out. */
const without = (bytes: Uint8Array, ...numbers: number[]): Uint8Array =>
  join(
    Array.from({ length: bytes.length / 188 }, (_, index) =>
      numbers.includes(index) ? new Uint8Array(0) : bytes.subarray(index * 188, (index + 1) * 188),
    ),
  )
/** Numbers of the packets of a PID. */
const numbersOf = (bytes: Uint8Array, pid: number): number[] =>
  Array.from({ length: bytes.length / 188 }, (_, index) => index).filter(
    (index) => ((((bytes[index * 188 + 1] ?? 0) & 0x1f) << 8) | (bytes[index * 188 + 2] ?? 0)) === pid,
  )

describe('a clean stream', () => {
  it('is described: layout, tables, PIDs, clock, skew', () => {
    const { report } = analyze(clean)
    expect(report).toMatchObject({
      ...{ bytes: clean.length, packets: clean.length / 188, strideBytes: 188, continuityErrors: 0, arrival: null, parity: null },
      problems: { count: 0, errors: 0 },
      programs: [{ program: 1, pmtPid: 0x1000, pcrPid: 0x100, serviceName: 'Service01' }],
    })
    expect(report.pids.map(({ pid, role }) => [pid, role])).toEqual([
      [0, 'PAT'],
      [0x11, 'SDT'],
      [0x100, 'H.264'],
      [0x101, 'AAC (ADTS)'],
      [0x1000, 'PMT of program 1'],
    ])
    for (const { pid, packets: count } of report.pids) expect(count).toBe(numbersOf(clean, pid).length)
    const pcr = pidOf(report, 0x100)?.pcr
    expect(pcr?.durationSeconds).toBeCloseTo(2.9, 0)
    expect(pcr?.intervalMaxMs).toBeLessThanOrEqual(100)
    expect(report.bitrateBps).toBeCloseTo((clean.length * 8) / 3, -5)
    expect(report.programs[0]?.skews[0]).toMatchObject({ videoPid: 0x100, audioPid: 0x101 })
    expect(Math.abs(report.programs[0]?.skews[0]?.driftSeconds ?? 1)).toBeLessThan(0.001)
  })

  it('gives the same report and the same files in any slices', () => {
    const damaged = join([
      Uint8Array.of(1, 0x47, 3),
      clean.subarray(0, 188 * 400),
      new Uint8Array(77).fill(0x47),
      clean.subarray(188 * 401),
    ])
    for (const bytes of [clean, damaged]) {
      const whole = analyze(bytes, [bytes.length])
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 8 }), (slices) => {
          const sliced = analyze(bytes, slices)
          expect(sliced.report).toEqual(whole.report)
          expect(sliced.bytes).toEqual(whole.bytes)
        }),
        { numRuns: 12 },
      )
    }
    const short = clean.subarray(0, 188 * 60)
    expect(analyze(short, [1]).report).toEqual(analyze(short, [short.length]).report)
  })
})

describe('layouts', () => {
  it('192: arrival stamps, and jitter against them', async () => {
    const stamped = (...more: string[]): Promise<string> =>
      clip('m2ts', [...INPUTS, ...H264, '-f', 'mpegts', '-mpegts_m2ts_mode', '1', ...more])
    const bytes = new Uint8Array(await readFile(await stamped('-muxrate', '3M')))
    const { report, bytes: files } = analyze(bytes)
    expect(report).toMatchObject({ strideBytes: 192, packets: bytes.length / 192, garbage: { count: 0 }, problems: { errors: 0 } })
    expect(report.arrival?.durationSeconds).toBeCloseTo(3, 0)
    const pcr = report.pids.find((one) => one.pcr !== null)?.pcr
    expect(pcr?.jitterAgainst).toBe('arrival')
    expect(pcr?.jitterMs).toBeLessThan(1)
    expect(files.get('video.h264')?.equals(analyze(clean).bytes.get('video.h264') ?? Buffer.alloc(0))).toBe(true)
    // Without a mux rate FFmpeg's stamps are no times; that is said, and nothing is measured by them.
    const wild = analyze(await readFile(await stamped())).report
    expect(wild).toMatchObject({
      strideBytes: 192,
      arrival: { runsWithClock: false },
      problems: { errors: 0, list: [{ code: 'arrival' }] },
    })
    expect(wild.pids.find((one) => one.pcr !== null)?.pcr?.jitterAgainst).toBe('interval')
  })

  it('204: parity is checked', () => {
    const count = 300
    const parted = Array.from({ length: count }, (_, index) => clean.subarray(index * 188, (index + 1) * 188))
    const withParity = join(parted.flatMap((bytes) => [bytes, parityOf(bytes)]))
    expect(analyze(withParity).report).toMatchObject({
      strideBytes: 204,
      packets: count,
      parity: { checked: count, wrong: 0 },
      problems: { errors: 0 },
    })
    // One bit of a payload: nothing else would tell.
    withParity[204 * 40 + 150] = (withParity[204 * 40 + 150] ?? 0) ^ 4
    const { report } = analyze(withParity)
    expect(report.parity).toEqual({ checked: count, wrong: 1 })
    expect(codes(report)).toContain('parity')
    const dummy = join(parted.flatMap((bytes) => [bytes, new Uint8Array(16)]))
    expect(analyze(dummy).report.problems.list).toMatchObject([{ severity: 'note', code: 'no-parity' }])
  })

  it('that change in the middle are followed', () => {
    const stamped = join(
      Array.from({ length: 300 }, (_, index) =>
        join([Uint8Array.of(0, 0, index >> 8, index & 0xff), clean.subarray((200 + index) * 188, (201 + index) * 188)]),
      ),
    )
    const { report } = analyze(join([clean.subarray(0, 200 * 188), stamped]))
    expect(report).toMatchObject({ strideBytes: 188, packets: 500, continuityErrors: 0, garbage: { bytes: 0 } })
    expect(report.layoutChanges).toEqual([{ offset: 200 * 188 + 4, strideBytes: 192 }])
  })
})

describe('damage', () => {
  it('of one sync byte costs one packet, and says where', () => {
    const bytes = clean.slice()
    const [, , third = 0] = numbersOf(clean, 0x100)
    bytes[third * 188] = 0x46
    const { report } = analyze(bytes)
    expect(report.garbage).toEqual({ count: 1, bytes: 188, ranges: [{ offset: third * 188, length: 188, kind: 'damaged-sync' }] })
    expect(report.packets).toBe(clean.length / 188 - 1)
    // What follows it on its PID is one packet earlier by count.
    expect(pidOf(report, 0x100)?.continuityErrors.list.map(({ packet: number }) => number)).toEqual([
      numbersOf(clean, 0x100)[3] === undefined ? 0 : (numbersOf(clean, 0x100)[3] ?? 0) - 1,
    ])
  })

  it('of the first sync bytes does not cost the packets beside them', () => {
    for (const damaged of [0, 1, 2, 3]) {
      const bytes = clean.slice()
      bytes[damaged * 188] = 0
      const { report } = analyze(bytes)
      expect(report.garbage.ranges.map(({ offset, length }) => [offset, length])).toEqual([[damaged * 188, 188]])
    }
  })

  const withGarbage = (garbage: Uint8Array, place: number): TsReport =>
    analyze(join([clean.subarray(0, place * 188), garbage, clean.subarray(place * 188)])).report

  it('by garbage between packets is passed over, byte for byte', () => {
    // Without 0x47: a sync byte where a packet is due is a packet, by all that its framing says.
    const noSync = fc.integer({ min: 0, max: 255 }).map((byte) => (byte === 0x47 ? 0x46 : byte))
    const garbage = fc.array(noSync, { minLength: 1, maxLength: 2000, size: 'max' }).map((bytes) => Uint8Array.from(bytes))
    fc.assert(
      fc.property(garbage, fc.integer({ min: 5, max: 500 }), (bytes, place) => {
        const report = withGarbage(bytes, place)
        expect(report.packets).toBe(clean.length / 188)
        expect(report.garbage).toMatchObject({ count: 1, bytes: bytes.length, ranges: [{ offset: place * 188, length: bytes.length }] })
        expect(report.continuityErrors).toBe(0)
      }),
      { numRuns: 20 },
    )
  })

  it('by garbage that begins like a packet costs the packet behind it, and no more', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 186 }), fc.integer({ min: 5, max: 500 }), (rest, place) => {
        const report = withGarbage(Uint8Array.of(0x47, ...rest), place)
        // A false packet may stand for the one that it hides; a sync byte by chance at the end hides one more.
        expect(Math.abs(report.packets - clean.length / 188)).toBeLessThanOrEqual(2)
        expect(report.garbage.bytes).toBeLessThanOrEqual(2 * 188)
        expect(report.continuityErrors).toBeLessThanOrEqual(4)
      }),
      { numRuns: 20 },
    )
  })

  it('by lost packets is counted with their numbers, and nothing else is', () => {
    const video = numbersOf(clean, 0x100)
    const audio = numbersOf(clean, 0x101)
    const [one = 0, two = 0, three = 0] = [video[50], video[51], audio[10]]
    const { report } = analyze(without(clean, one, two, three))
    expect(report.continuityErrors).toBe(2)
    const [error] = pidOf(report, 0x100)?.continuityErrors.list ?? []
    expect(error?.packet).toBe((video[52] ?? 0) - 2 - (three < (video[52] ?? 0) ? 1 : 0))
    expect(((error?.found ?? 0) - (error?.expected ?? 0) + 16) % 16).toBe(2)
    expect(codes(report).filter((code) => code === 'continuity')).toHaveLength(2)
    expect(report.streams.map(({ pes: { damaged } }) => damaged)).toEqual([1, 1])
  })

  it('that is none: a packet sent twice; three times is', () => {
    const [, , third = 0] = numbersOf(clean, 0x100)
    const same = clean.subarray(third * 188, third * 188 + 188)
    const twice = analyze(join([clean.subarray(0, third * 188), same, clean.subarray(third * 188)]))
    expect(twice.report).toMatchObject({ continuityErrors: 0, problems: { errors: 0 } })
    expect(pidOf(twice.report, 0x100)?.duplicates).toBe(1)
    expect(twice.bytes).toEqual(analyze(clean).bytes)
    const thrice = analyze(join([clean.subarray(0, third * 188), same, same, clean.subarray(third * 188)]))
    expect(thrice.report.continuityErrors).toBe(1)
  })

  it('that is announced by discontinuity_indicator is none', () => {
    const head = [sectionPacket(0, 0, pat([[1, 0x1000]])), sectionPacket(0x1000, 0, pmt(1, 0x101, [{ streamType: 0x0f, pid: 0x101 }]))]
    const jump = packet({ pid: 0x101, continuity: 9, unitStart: true, adaptation: [0x80], payload: pes(0xc0, 900_000, new Uint8Array(20)) })
    const { report } = analyze(join([...head, ...packets(0x101, pes(0xc0, 90_000, new Uint8Array(20))), jump]))
    expect(report.continuityErrors).toBe(0)
    expect(pidOf(report, 0x101)?.discontinuities).toBe(1)
    const silent = packet({ pid: 0x101, continuity: 9, unitStart: true, payload: pes(0xc0, 900_000, new Uint8Array(20)) })
    expect(analyze(join([...head, ...packets(0x101, pes(0xc0, 90_000, new Uint8Array(20))), silent])).report.continuityErrors).toBe(1)
  })

  it('of a table is a CRC error, and the table before stays in force', () => {
    const bytes = clean.slice()
    const [, second = 0] = numbersOf(clean, 0x1000)
    bytes[second * 188 + 20] = (bytes[second * 188 + 20] ?? 0) ^ 0x10
    const { report } = analyze(bytes)
    expect(report.crcErrors).toEqual({ count: 1, list: [{ pid: 0x1000, tableId: 2, packet: second }] })
    expect(report.streams).toHaveLength(2)
    expect(report.problems.errors).toBe(1)
  })

  it('that a demodulator marked is counted by PID; a cut tail is said', () => {
    const bytes = clean.slice(0, clean.length - 100)
    const [, second = 0] = numbersOf(clean, 0x101)
    bytes[second * 188 + 1] = (bytes[second * 188 + 1] ?? 0) | 0x80
    const { report } = analyze(bytes)
    expect(report.transportErrors).toBe(1)
    expect(pidOf(report, 0x101)?.transportErrors).toBe(1)
    expect(report.garbage.ranges).toEqual([{ offset: clean.length - 188, length: 88, kind: 'truncated' }])
  })

  it('of any kind: no crash, every byte is accounted for', () => {
    const base = clean.subarray(0, 188 * 120)
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: base.length - 1 }), fc.integer({ min: 0, max: 255 })), { maxLength: 200 }),
        (changes) => {
          const bytes = base.slice()
          for (const [at, value] of changes) bytes[at] = value
          const { report } = analyze(bytes)
          expect(report.packets * 188 + report.garbage.bytes).toBe(bytes.length)
        },
      ),
      { numRuns: 150 },
    )
    fc.assert(fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => void analyze(bytes)))
  })
})

describe('time', () => {
  it('goes on where the 33 bits wrap, as ffprobe has it but for whole wraps', async () => {
    const wrapping = await clip('ts', [...INPUTS, ...H264, '-output_ts_offset', '95442'])
    const { report } = analyze(await readFile(wrapping))
    expect(codes(report).filter((code) => code !== 'wrap')).toEqual([])
    for (const stream of report.streams) {
      expect(stream.times.wraps).toBe(1)
      expect(stream.times.lastPtsTicks).toBeGreaterThan(PTS_WRAP)
      const probed = await probePackets(wrapping, stream.pid)
      expect(modulo(stream.times.firstPtsTicks)).toBe(modulo(probed[0]?.pts ?? null))
      expect(modulo(stream.times.lastDtsTicks)).toBe(
        modulo(stream.codec.kind === 'video' ? (probed.at(-1)?.dts ?? null) : stream.times.lastDtsTicks),
      )
    }
    expect(pidOf(report, 0x100)?.pcr?.jumps).toEqual({ announced: 0, unannounced: 0 })
    expect(report.programs[0]?.durationSeconds).toBeCloseTo(2.9, 0)
  })

  it('that jumps where two files are joined is said', async () => {
    const later = new Uint8Array(await readFile(await clip('ts', [...INPUTS, ...H264, '-output_ts_offset', '100'])))
    const { report } = analyze(join([clean, later]))
    const [video] = report.streams
    expect(video?.times.jumps.list).toHaveLength(1)
    expect(video?.times.jumps.list[0]).toMatchObject({ announced: false, packet: clean.length / 188 + 3 })
    expect(pidOf(report, 0x100)?.pcr?.jumps.unannounced).toBe(1)
    expect(codes(report)).toEqual(expect.arrayContaining(['time-jump', 'pcr-jump']))
  })

  it('with a hole is a gap of the right length', async () => {
    const holed = await clip('ts', [
      ...INPUTS,
      '-vf',
      "select='not(between(n,30,34))'",
      '-fps_mode',
      'passthrough',
      '-af',
      "aselect='not(between(n,20,23))'",
      ...H264,
      '-bf',
      '0',
    ])
    const { report } = analyze(await readFile(holed))
    const [video, sound] = report.streams
    expect(video?.times.gaps.list).toMatchObject([{ ticks: 5 * 3600 }])
    expect(sound?.times.gaps.count).toBeGreaterThanOrEqual(1)
    expect(report.problems.errors).toBe(0)
  })

  it('of a constant mux rate has its jitter measured, and null packets counted', async () => {
    const constant = await clip('ts', [...INPUTS, ...H264, '-muxrate', '3M'])
    const { report } = analyze(await readFile(constant))
    expect(report.nullPackets).toBeGreaterThan(100)
    expect(report.bitrateBps).toBeCloseTo(3e6, -4)
    const pcr = pidOf(report, 0x100)?.pcr
    expect(pcr).toMatchObject({ constantRate: true, jitterAgainst: 'rate' })
    expect(pcr?.jitterMs).toBeLessThan(1)
  })
})

describe('tables', () => {
  it('that change in the middle: other codecs, streams that come and go', async () => {
    const other = new Uint8Array(await readFile(await clip('ts', [...INPUTS, ...HEVC])))
    const mute = new Uint8Array(await readFile(await clip('ts', [...INPUTS, ...H264, '-an'])))
    const { report, files } = analyze(join([clean, other, mute]))
    expect(report.streams.map(({ pid, codec: { codec }, fromPacket }) => [pid, codec, fromPacket])).toEqual([
      [0x100, 'h264', 2],
      [0x101, 'aac', 2],
      [0x100, 'hevc', clean.length / 188 + 2],
      [0x101, 'mp3', clean.length / 188 + 2],
      [0x100, 'h264', (clean.length + other.length) / 188 + 2],
    ])
    expect(files.map(({ name }) => name)).toEqual(['video.h264', 'audio.aac', 'video-2.h265', 'audio-2.mp3', 'video-3.h264'])
    expect(report.tables.list.filter(({ table }) => table === 'PMT').map(({ text }) => text)[1]).toMatch(
      /PID 0x0100 changes from H.264 to HEVC, .*the version number stays the same/,
    )
    expect(report.streams[1]?.frames).toBe(analyze(clean).report.streams[1]?.frames)
  })

  it('of several programs', async () => {
    const two = await clip('ts', [
      ...[...INPUTS, '-map', '0:v', '-map', '1:a', '-map', '0:v', '-map', '1:a', ...H264],
      ...['-program', 'title=One:program_num=1:st=0:st=1', '-program', 'title=Two:program_num=2:st=2:st=3'],
    ])
    const { report } = analyze(await readFile(two))
    expect(report.programs.map(({ program, serviceName, streams, skews }) => [program, serviceName, streams.length, skews.length])).toEqual(
      [
        [1, 'One', 2, 1],
        [2, 'Two', 2, 1],
      ],
    )
    expect(report.problems.errors).toBe(0)
    const { stdout } = await execa('ffprobe', ['-v', 'error', '-show_programs', '-of', 'json', two])
    const { programs } = JSON.parse(stdout) as { programs: { program_num: number; pmt_pid: number; pcr_pid: number }[] }
    expect(report.programs.map(({ program, pmtPid, pcrPid }) => [program, pmtPid, pcrPid])).toEqual(
      programs.map((one) => [one.program_num, one.pmt_pid, one.pcr_pid]),
    )
  })

  it('that are missing are errors', () => {
    expect(codes(analyze(join(packets(0x100, new Uint8Array(184 * 20)))).report)).toContain('no-pat')
    expect(codes(analyze(join([0, 1, 2, 3, 4, 5].map((count) => sectionPacket(0, count, pat([[1, 0x1000]]))))).report)).toContain('no-pmt')
  })

  it('that come late: what came before them is not lost', () => {
    const [firstPat = 0, firstPmt = 0] = [numbersOf(clean, 0)[0], numbersOf(clean, 0x1000)[0]]
    const late = join([
      clean.subarray(188 * 3, 188 * 40),
      clean.subarray(firstPat * 188, (firstPat + 1) * 188),
      clean.subarray(firstPmt * 188, (firstPmt + 1) * 188),
      clean.subarray(188 * 40),
    ])
    const found = analyze(late)
    expect(found.bytes.get('video.h264')).toEqual(analyze(clean).bytes.get('video.h264'))
  })

  it('that are not current yet change nothing', () => {
    const next = pmt(1, 0x101, [{ streamType: 0x1b, pid: 0x101 }])
    next[5] = (next[5] ?? 0) & 0xfe
    const head = [sectionPacket(0, 0, pat([[1, 0x1000]])), sectionPacket(0x1000, 0, pmt(1, 0x101, [{ streamType: 0x0f, pid: 0x101 }]))]
    const { report } = analyze(join([...head, sectionPacket(0x1000, 1, next)]))
    expect(report.streams.map(({ codec: { codec } }) => codec)).toEqual(['aac'])
  })
})

function modulo(ticks: number | null): number | null {
  return ticks === null ? null : ((ticks % PTS_WRAP) + PTS_WRAP) % PTS_WRAP
}
