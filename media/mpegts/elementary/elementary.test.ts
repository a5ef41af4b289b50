/** Elementary streams out of what FFmpeg muxes, against what FFmpeg copies out of it; marks written by hand. */
import { execa } from 'execa'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { analyze, copied, probePackets } from '../../../tests/support/analyze-ts.ts'
import { clip } from '../../../tests/support/clips.ts'
import { join, packet, packets, pat, pes, pmt, sectionPacket, withCrc } from '../../../tests/support/ts-packets.ts'

const PICTURE = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25:duration=3']
const SOUND = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000:duration=3']
const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '25', '-pix_fmt', 'yuv420p']

interface Case {
  args: string[]
  /** Files that come out, and how FFmpeg copies the same. */
  files: Record<string, { map: string; format: string[] }>
  facts: RegExp[]
}

const raw = (map: string, format: string): { map: string; format: string[] } => ({ map, format: ['-f', format] })

const CASES: Record<string, Case> = {
  'H.264 with B-frames and AAC': {
    args: [...PICTURE, ...SOUND, ...H264, '-c:a', 'aac'],
    files: { 'video.h264': raw('0:v', 'h264'), 'audio.aac': raw('0:a', 'adts') },
    facts: [/^H\.264 Main, level \d\.\d, 320x180, 4:2:0, 8 bit$/, /^AAC-LC, 48 kHz, mono$/],
  },
  'H.264 interlaced with MP3': {
    args: [...PICTURE, ...SOUND, ...H264, '-flags', '+ildct+ilme', '-x264-params', 'tff=1', '-c:a', 'libmp3lame', '-ac', '2'],
    files: {
      'video.h264': raw('0:v', 'h264'),
      'audio.mp3': { map: '0:a', format: ['-write_xing', '0', '-id3v2_version', '0', '-f', 'mp3'] },
    },
    facts: [/may be interlaced$/, /^MPEG-1 layer III \(MP3\), 48 kHz, stereo$/],
  },
  'HEVC with E-AC-3': {
    args: [
      ...PICTURE,
      ...SOUND,
      '-c:v',
      'libx265',
      '-preset',
      'ultrafast',
      '-x265-params',
      'log-level=error:keyint=25',
      '-c:a',
      'eac3',
      '-ac',
      '6',
    ],
    files: { 'video.h265': raw('0:v', 'hevc'), 'audio.eac3': raw('0:a', 'eac3') },
    facts: [/^HEVC (Main|Range Extensions), level \d\.\d, 320x180, 4:\d:\d, 8 bit$/, /^E-AC-3, 48 kHz, 5\.1$/],
  },
  'MPEG-2 with MP2': {
    args: [...PICTURE, ...SOUND, '-c:v', 'mpeg2video', '-bf', '2', '-c:a', 'mp2', '-ar', '44100'],
    files: { 'video.m2v': raw('0:v', 'mpeg2video'), 'audio.mp2': raw('0:a', 'mp2') },
    facts: [/^MPEG-2 Main@Main, 320x180, 4:2:0, 8 bit$/, /^MPEG-1 layer II, 44\.1 kHz, mono$/],
  },
  'AC-3 and AAC in LATM': {
    args: [...SOUND, ...SOUND, '-map', '0', '-map', '1', '-c:a:0', 'ac3', '-ac:a:0', '6', '-c:a:1', 'aac', '-mpegts_flags', '+latm'],
    files: { 'audio.ac3': raw('0:a:0', 'ac3'), 'audio-2.latm': raw('0:a:1', 'latm') },
    facts: [/^AC-3, 48 kHz, 5\.1$/, /^AAC-LC, 48 kHz, mono$/],
  },
  'AC-3 at 44.1 kHz, E-AC-3 mono and AAC at 24 kHz': {
    args: [
      ...SOUND,
      '-map',
      '0',
      '-map',
      '0',
      '-map',
      '0',
      '-c:a:0',
      'ac3',
      '-ar:a:0',
      '44100',
      '-c:a:1',
      'eac3',
      '-c:a:2',
      'aac',
      '-ar:a:2',
      '24000',
    ],
    files: { 'audio.ac3': raw('0:a:0', 'ac3'), 'audio-2.eac3': raw('0:a:1', 'eac3'), 'audio-3.aac': raw('0:a:2', 'adts') },
    facts: [/^AC-3, 44\.1 kHz, mono$/, /^E-AC-3, 48 kHz, mono$/, /^AAC-LC, 24 kHz, mono$/],
  },
}

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-elementary-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('elementary streams', () => {
  for (const [name, { args, files, facts }] of Object.entries(CASES)) {
    it(`of ${name} are what FFmpeg copies, and are described`, async () => {
      const file = await clip('ts', args)
      const found = analyze(await readFile(file))
      // FFmpeg sends the clock of sound without a picture with its PES packets, which are long.
      expect(found.report.problems.list.filter(({ severity, code }) => severity !== 'note' && code !== 'pcr-interval')).toEqual([])
      expect(found.files.map((one) => one.name)).toEqual(Object.keys(files))
      for (const [output, { map, format }] of Object.entries(files)) {
        const bytes = found.bytes.get(output)
        expect(bytes?.equals(await copied(file, map, format)), output).toBe(true)
        expect(found.files.find((one) => one.name === output)?.bytes).toBe(bytes?.length)
      }
      for (const [index, stream] of found.report.streams.entries()) {
        expect(stream.facts?.text).toMatch(facts[index] ?? /^$/)
        const probed = await probePackets(file, stream.pid)
        expect(stream.frames, stream.codec.name).toBe(probed.length)
        expect(stream.times.firstPtsTicks).toBe(probed[0]?.pts)
        expect(stream.times.firstDtsTicks).toBe(probed[0]?.dts)
        if (stream.codec.kind !== 'video') continue
        expect(stream.times.lastDtsTicks).toBe(probed.at(-1)?.dts)
        expect(stream.times.lastPtsTicks).toBe(Math.max(...probed.map(({ pts }) => pts)))
        expect(stream.keyframes.ticks).toEqual(probed.filter(({ key }) => key).map(({ pts }) => pts))
        expect(stream.frameRate).toBeCloseTo(25, 3)
      }
    })
  }

  it('cut in the middle of a GOP: pictures from the first keyframe on, as FFmpeg has it', async () => {
    const bytes = await readFile(await clip('ts', [...PICTURE, ...SOUND, ...H264, '-c:a', 'aac']))
    const cut = path.join(folder, 'cut.ts')
    await writeFile(cut, bytes.subarray(188 * 101))
    const found = analyze(await readFile(cut))
    expect(found.bytes.get('video.h264')?.equals(await copied(cut, '0:v', ['-f', 'h264']))).toBe(true)
    expect(found.bytes.get('audio.aac')?.equals(await copied(cut, '0:a', ['-f', 'adts']))).toBe(true)
    expect(found.files[0]?.unitsLeftOut).toBeGreaterThan(0)
  })

  it('of Opus come as Ogg, packet for packet, with trims', async () => {
    for (const [channels, layout] of [
      [2, 'stereo'],
      [6, '5.1'],
    ] as const) {
      const file = await clip('ts', [...SOUND, '-c:a', 'libopus', '-ac', String(channels)])
      const found = analyze(await readFile(file))
      expect(found.report.streams[0]?.facts?.text).toBe(`Opus, 48 kHz, ${layout}`)
      expect(found.report.streams[0]?.frames).toBe((await probePackets(file, 256)).length)
      const ogg = path.join(folder, `${channels}.opus`)
      await writeFile(ogg, found.bytes.get('audio.opus') ?? '')
      const sizes = async (input: string): Promise<string> => {
        const args = ['-v', 'error', '-show_entries', 'packet=size,data_hash', '-show_data_hash', 'md5', '-of', 'csv=p=0', input]
        // Trims are side data, which leaves an empty field.
        return (await execa('ffprobe', args)).stdout.replaceAll(/,\n?,/g, ',').replaceAll('\n,', ',')
      }
      expect(await sizes(ogg)).toBe(await sizes(file))
      const probed = await execa('ffprobe', ['-v', 'warning', '-show_entries', 'stream=channels:format=duration', '-of', 'csv=p=0', ogg])
      expect(probed.stderr).toBe('')
      expect(probed.stdout.split('\n')[0]).toBe(String(channels))
      expect(Number(probed.stdout.split('\n')[1])).toBeCloseTo(3, 1)
    }
  })

  it('that are scrambled or encrypted by SAMPLE-AES are said, not written', () => {
    const payload = pes(0xc0, 90_000, new Uint8Array(100))
    payload[6] = 0x90
    const found = analyze(
      join([
        sectionPacket(0, 0, pat([[1, 0x1000]])),
        sectionPacket(
          0x1000,
          0,
          pmt(1, 0x1fff, [
            { streamType: 0x0f, pid: 0x101 },
            { streamType: 0xcf, pid: 0x102 },
            { streamType: 0x0f, pid: 0x103 },
          ]),
        ),
        ...packets(0x101, payload),
        ...packets(0x102, pes(0xc0, 90_000, new Uint8Array(100))),
        packet({ pid: 0x103, continuity: 0, unitStart: true, payload: new Uint8Array(184), scrambling: 2 }),
      ]),
    )
    expect(found.files.map(({ name, withheld, bytes }) => [name, withheld, bytes])).toEqual([
      ['audio.aac', 'scrambled', 0],
      ['audio-2.aac', 'sample-aes', 0],
    ])
    expect(found.report.problems.errors).toBe(0)
    const notes = found.report.problems.list.filter(({ severity }) => severity === 'note')
    expect(notes.map(({ code, pid }) => [code, pid])).toEqual([
      ['scrambled', 0x103],
      ['scrambled', 0x101],
      ['sample-aes', 0x102],
    ])
  })
})

describe('marks', () => {
  const cue = (command: number[], type: number, descriptors: number[] = []): Uint8Array => {
    const body = [0, 0, 0, 0, 0, 0, 0, 0xff, 0xf0 | (command.length >> 8), command.length & 0xff, type, ...command]
    const rest = [...body, descriptors.length >> 8, descriptors.length & 0xff, ...descriptors]
    return withCrc([0xfc, 0x30, rest.length + 4, ...rest])
  }
  const head = [
    sectionPacket(0, 0, pat([[1, 0x1000]])),
    sectionPacket(
      0x1000,
      0,
      pmt(1, 0x1fff, [
        { streamType: 0x86, pid: 0x500 },
        { streamType: 0x15, pid: 0x501 },
      ]),
    ),
  ]

  it('of SCTE-35: splice_insert and time_signal with their times, durations and events in words', () => {
    const insert = [0, 0, 0, 42, 0x7f, 0xef, 0xfe, 0, 0x0d, 0xbb, 0xa0, 0xfe, 0, 0x29, 0x32, 0xe0, 0, 1, 0, 0]
    const segmentation = [0x02, 20, 0x43, 0x55, 0x45, 0x49, 0, 0, 0, 7, 0x7f, 0xff, 0, 0, 0x29, 0x32, 0xe0, 0, 0, 0x34, 1, 1]
    const signal = [0xff, 0xff, 0xff, 0xff, 0xf0]
    const { report, bytes } = analyze(
      join([
        ...head,
        sectionPacket(0x500, 0, cue(insert, 5)),
        sectionPacket(0x500, 1, cue(signal, 6, segmentation)),
        sectionPacket(0x500, 2, cue([], 0)),
        sectionPacket(0x500, 3, cue([0, 0, 0, 9, 0xff], 5)),
      ]),
    )
    expect(report.events.list.map(({ ticks, text }) => [ticks, text])).toEqual([
      [900_000, 'splice_insert: event 42, out of the network for 30 s, returning by itself'],
      [8_589_934_576, 'time_signal; provider placement opportunity start, event 7 for 30 s'],
      [null, 'splice_null'],
      [null, 'splice_insert: event 9 is cancelled'],
    ])
    expect(report.events.list[0]?.fields).toMatchObject({ command: 'splice_insert', eventId: 42, durationSeconds: 30, outOfNetwork: true })
    expect(report.problems.errors).toBe(0)
    expect(bytes.get('events.jsonl')?.toString().trim().split('\n')).toHaveLength(4)
  })

  it('of SCTE-35 with a wrong CRC are an error', () => {
    const broken = cue([], 0)
    broken[8] = 1
    const { report } = analyze(join([...head, sectionPacket(0x500, 0, broken)]))
    expect(report.crcErrors).toMatchObject({ count: 1, list: [{ pid: 0x500, tableId: 0xfc, packet: 2 }] })
    expect(report.problems.list.find(({ code }) => code === 'crc')?.severity).toBe('error')
  })

  it('of ID3: their frames in words, at their time', () => {
    const frame = (id: string, content: number[]): number[] => [...Buffer.from(id), 0, 0, 0, content.length, 0, 0, ...content]
    const frames = [
      ...frame('TIT2', [3, ...Buffer.from('Blåbær')]),
      ...frame('PRIV', [...Buffer.from('com.example\0'), 1, 2, 3]),
      ...frame('TXXX', [0, ...Buffer.from('adId\0x1')]),
    ]
    const tag = Uint8Array.of(0x49, 0x44, 0x33, 4, 0, 0, 0, 0, 0, frames.length, ...frames)
    const { report, bytes } = analyze(join([...head, ...packets(0x501, pes(0xbd, 126_000, tag))]))
    expect(report.events.list).toMatchObject([
      { pid: 0x501, kind: 'id3', ticks: 126_000, text: 'TIT2 Blåbær; PRIV com.example (3 bytes); TXXX adId: x1' },
    ])
    expect(bytes.get('metadata.id3')?.equals(tag)).toBe(true)
  })
})
