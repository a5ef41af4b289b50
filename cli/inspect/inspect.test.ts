/** `sluice inspect` as a person runs it, on real files and a real server. */
import { execFile, spawn } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { copyFile, mkdtemp, open, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chooseRanges, contentRange } from '../../media/http/range.ts'
import type { ReportTree } from '../../media/dissect/report-tree.ts'
import { Failure } from '../failure.ts'
import { inspect } from './inspect.ts'
import { clip } from '../../tests/support/clips.ts'

const run = promisify(execFile)
const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))

interface Ran {
  code: number
  stdout: string
  stderr: string
}
async function sluice(args: string[], env: Record<string, string> = {}): Promise<Ran> {
  const options = { env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 }
  return run(process.execPath, [MAIN, 'inspect', ...args], options).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: unknown) => error as Ran,
  )
}
async function lines(...args: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await sluice(args)
  expect([code, stderr]).toEqual([0, ''])
  return stdout.trimEnd().split('\n')
}

let folder = ''
let film = ''
const at = (name: string): string => path.join(folder, name)

/** 24 frames per second and a keyframe every 48, `moov` behind the media and larger than 64 KiB. */
const FILM = [
  ...['-f', 'lavfi', '-i', 'color=s=64x36:r=24:d=200', '-f', 'lavfi', '-i', 'sine=440:sample_rate=48000:d=200'],
  ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '48', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-ac', '2'],
]

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-inspect-'))
  film = await clip('mp4', FILM)
}, 60_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('sluice inspect FILE', () => {
  it('draws the file', async () => {
    const printed = await lines(film)
    const has = (pattern: RegExp): void => {
      expect(
        printed.some((line) => pattern.test(line)),
        String(pattern),
      ).toBe(true)
    }
    expect(printed[0]).toBe(`MP4 File Analysis: ${film}`)
    has(/^File size: [\d,]+ bytes$/)
    expect(printed).toContain('Duration: 3:20.000')
    has(/^Track 1: Video, H\.264 .*level .*\(avc1\.\w{6}\), 64x36, 24 fps, .*4,800 samples$/)
    has(/^Track 2: Audio, AAC LC, stereo, 48 kHz \(mp4a\.40\.2\)/)
    has(/^├── ftyp \(File Type\): isom, iso2, avc1, mp41 +32 @ 0$/)
    has(/^└── moov \(Movie\) +[\d,]+ @ [\d,]+$/)
    has(/^ {4}│ {3}├── Timescale: 1000$/)
    has(/^ {4}│ {3}└── Duration: 200000 \(3:20\.000\)$/)
    has(/^ {4}├── trak \(Track 1: Video\) /)
    has(/hdlr.*: vide \(VideoHandler\)/)
    has(/stts.*: 4,800 samples, 512 ticks each/)
    has(/stss.*: 100 keyframes \(every 48 frames\)/)
    has(/stco.*: [\d,]+ chunks/)
    expect(printed).toContainEqual(expect.stringMatching(/^Keyframe positions: 0\.0s, 2\.0s, 4\.0s, .*38\.0s … and 80 more$/))
    has(/^✗ Starts slowly: /)
    has(/^✓ Seeks to 100 keyframes/)
    has(/^✓ Plays in every browser/)
  })

  it('as wide as there is room, and without colours where there is no terminal', async () => {
    for (const columns of [80, 120]) {
      const { stdout } = await sluice([film], { COLUMNS: String(columns) })
      const tree = stdout.split('\n').filter((line) => /^[ │]*[├└]/.test(line))
      expect(tree.length).toBeGreaterThan(30)
      for (const line of tree) expect(line.length).toBeLessThanOrEqual(columns)
      expect(stdout).not.toContain('\u001B')
    }
  })

  it('as JSON: all of it, in one value', async () => {
    const report = JSON.parse((await lines(film, '--json')).join('\n')) as Record<string, unknown> & {
      keyframes: { seconds: number[] }
      tracks: Record<string, unknown>[]
      tree: ReportTree['nodes']
    }
    expect(Object.keys(report)).toEqual([
      ...['file', 'format', 'sizeBytes', 'durationSeconds', 'fragmented', 'headerFirst', 'tracks', 'chapters', 'keyframes', 'verdict'],
      ...['problems', 'unreadable', 'unreadFrom', 'tree', 'traffic'],
    ])
    expect(report).toMatchObject({
      format: 'mp4',
      durationSeconds: 200,
      fragmented: false,
      headerFirst: false,
      problems: [],
      unreadable: null,
    })
    expect(report.keyframes.seconds).toEqual(Array.from({ length: 100 }, (_, index) => index * 2))
    expect(report.tracks[0]).toMatchObject({ id: 1, kind: 'video', sampleCount: 4800, keyframeCount: 100, frameRate: 24, firstSeconds: 0 })
    expect(report.tree.map((node) => 'type' in node && node.type)).toEqual(['ftyp', 'free', 'mdat', 'moov'])
  })

  it('as a flat list, whose paths --hex takes', async () => {
    const boxes = (await lines(film, '--boxes', '--json')).map((line) => JSON.parse(line) as { offset: number; size: number; path: string })
    const second = boxes.find((box) => box.path === 'moov/trak[2]/mdia/mdhd')
    expect(second?.size).toBe(32)
    const printed = await lines(film, '--hex', 'moov/trak[2]/mdia/mdhd')
    expect(printed[0]).toMatch(/^moov\/trak\[2\]\/mdia\/mdhd \(Media Header Box\): 32 bytes @ offset [\d,]+$/)
    expect(printed[2]).toMatch(/^[\da-f]{8} {2}00 00 00 20 6d 64 68 64 {2}.*\|\.\.\. mdhd/)
    expect(printed.find((line) => line.includes('timescale'))).toMatch(/^[\d,]+ {2}00 00 bb 80 +timescale: 48000/)
    const bytes = await readFile(film)
    const json = JSON.parse((await lines(film, '--hex', 'moov/trak[2]/mdia/mdhd', '--json')).join('\n')) as { offset: number; hex: string }
    expect(json).toMatchObject({ offset: second?.offset, hex: bytes.subarray(json.offset, json.offset + 32).toString('hex') })
    // A type alone is the first there is; large boxes are cut.
    expect((await lines(film, '--hex', 'avcC'))[0]).toMatch(/^moov\/trak\/mdia\/minf\/stbl\/stsd\/avc1\/avcC /)
    expect((await lines(film, '--hex', 'mdat', '--max-bytes', '32')).join('\n')).toMatch(/… [\d,]+ bytes more/)
    const missing = await sluice([film, '--hex', 'moov/trak[3]'])
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('moov has no trak[3], only 2')])
  })

  it('its samples and keyframes, as ffprobe has them', async () => {
    const probed = await run('ffprobe', [
      ...['-v', 'error', '-select_streams', 'v', '-show_entries', 'packet=pts_time,dts_time,size,pos,flags', '-of', 'json', film],
    ])
    const { packets } = JSON.parse(probed.stdout) as { packets: Record<'pts_time' | 'dts_time' | 'size' | 'pos' | 'flags', string>[] }
    const samples = (await lines(film, '--samples', 'track=1', '--json')).map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(samples).toEqual(
      packets.map(({ pts_time, dts_time, size, pos, flags }, index) => ({
        ...{ number: index + 1, offset: Number(pos), size: Number(size), dts: Number(dts_time), pts: Number(pts_time) },
        ...{ duration: 0.041667, key: flags.startsWith('K') },
      })),
    )
    const text = await lines(film, '--samples', 'video')
    expect(text[0]?.trim().split(/ {2,}/)).toEqual(['number', 'offset', 'size', 'dts s', 'pts s', 'key'])
    expect(text[1]).toMatch(/^ +1 +[\d,]+ +[\d,]+ +0\.000000 +0\.000000 {2}key$/)
    expect(await lines(film, '--keyframes')).toEqual(Array.from({ length: 100 }, (_, index) => `${index * 2}.0s`))
    const none = await sluice([film, '--samples', 'track=7'])
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('It has: 1 (video), 2 (audio)')])
  })

  it('may be read by something that stops reading', async () => {
    const child = spawn('/bin/sh', ['-c', `'${process.execPath}' '${MAIN}' inspect '${film}' --samples video | head -2`])
    let [out, errors] = ['', '']
    child.stdout.on('data', (data: Buffer) => (out += data.toString()))
    child.stderr.on('data', (data: Buffer) => (errors += data.toString()))
    await new Promise((resolve) => child.on('close', resolve))
    expect([out.split('\n').length, errors]).toEqual([3, ''])
  })

  it('fragmented: what repeats is counted', async () => {
    const fragmented = await clip('mp4', ['-i', film, '-c', 'copy', '-movflags', '+frag_keyframe+empty_moov+default_base_moof'])
    const printed = await lines(fragmented)
    expect(printed).toContainEqual(expect.stringMatching(/^├── … 97 more moof, 97 more mdat +[\d,]+ @ [\d,]+$/))
    expect(printed.filter((line) => line.startsWith('├── moof'))).toHaveLength(3)
    expect(printed).toContainEqual(expect.stringMatching(/^Keyframe positions: .* … and 80 more$/))
  })

  it('Matroska: elements, blocks and the seconds of keyframes', async () => {
    const matroska = await clip('mkv', ['-i', film, '-c', 'copy'])
    const printed = await lines(matroska)
    expect(printed[0]).toBe(`Matroska File Analysis: ${matroska}`)
    expect(printed).toContainEqual(expect.stringMatching(/TrackEntry \(Track 1: Video\)/))
    expect(printed).toContainEqual(expect.stringMatching(/SimpleBlock.*: track 1, \+\d+, keyframe +[\d,]+ @ [\d,]+$/))
    expect(printed).toContainEqual(expect.stringMatching(/… \d+ more Cluster/))
    expect(await lines(matroska, '--keyframes')).toHaveLength(100)
  })
})

describe('a damaged file', () => {
  it('is drawn as far as it goes; the bytes and what is wrong with them are said; exit code 1', async () => {
    const bytes = await readFile(film)
    const moov = bytes.lastIndexOf('moov') - 4
    await copyFile(film, at('cut.mp4'))
    await truncate(at('cut.mp4'), moov + 20_000)
    const { code, stdout, stderr } = await sluice([at('cut.mp4')])
    expect([code, stderr]).toEqual([1, ''])
    expect(stdout).toMatch(/trak \(Track 1: Video\)/)
    const comma = (count: number): string => count.toLocaleString('en')
    expect(stdout).toContain(`Damaged:\n  bytes ${comma(moov)} to ${comma(moov + 19_999)}: box 'moov' at ${moov} ends at ${bytes.length}`)
    const json = await sluice([at('cut.mp4'), '--json'])
    expect(json.code).toBe(1)
    const { problems } = JSON.parse(json.stdout) as { problems: unknown[] }
    expect(problems[0]).toMatchObject({ offset: moov, length: 20_000, severity: 'error' })
    expect((await sluice([at('cut.mp4'), '--boxes'])).code).toBe(1)
    const samples = await sluice([at('cut.mp4'), '--samples', 'video'])
    expect([samples.code, samples.stdout, samples.stderr]).toEqual([1, '', expect.stringContaining('cannot be read')])
  })
})

describe('sluice inspect URL', () => {
  it('a film of 4 GB with its header at the end: three requests, the header and 64 KiB', async () => {
    const bytes = await readFile(film)
    const moov = bytes.subarray(bytes.lastIndexOf('moov') - 4)
    expect(moov.length).toBeGreaterThan(65_536)
    const size = 4_300_000_000
    const mdat = Buffer.alloc(16)
    mdat.writeUInt32BE(1, 0)
    mdat.write('mdat', 4)
    mdat.writeBigUInt64BE(BigInt(size - 32 - moov.length), 8)
    const sparse = await open(at('large.mp4'), 'w')
    await sparse.write(bytes.subarray(0, 32), 0, 32, 0)
    await sparse.write(mdat, 0, 16, 32)
    await sparse.write(moov, 0, moov.length, size - moov.length)
    await sparse.close()

    const asked: string[] = []
    const server = createServer((request, response) => {
      asked.push(request.headers.range ?? 'all')
      const choice = chooseRanges(request.headers.range ?? null, size)
      const range = choice.kind === 'ranges' ? choice.ranges[0] : undefined
      if (range === undefined) return void response.writeHead(500).end()
      response.writeHead(206, {
        etag: '"film"',
        'content-range': contentRange(range, size),
        'content-length': range.last - range.first + 1,
      })
      createReadStream(at('large.mp4'), { start: range.first, end: range.last }).pipe(response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://anna:secret@127.0.0.1:${(server.address() as AddressInfo).port}/large.mp4?token=hidden`
    try {
      const text = await sluice([url])
      expect(text.code, text.stderr).toBe(0)
      expect(text.stdout).toMatch(/^Read: 3 requests, \d+ kB of 4\.30 GB$/m)
      expect(text.stdout).toMatch(/^File size: 4,300,000,000 bytes$/m)
      expect(text.stdout).toMatch(/^Keyframe positions: 0\.0s, 2\.0s/m)
      expect(text.stdout).not.toMatch(/anna|secret|hidden/)
      expect(asked).toHaveLength(3)
      asked.length = 0
      const { traffic } = JSON.parse((await sluice([url, '--json'])).stdout) as { traffic: { requests: number; bytes: number } }
      expect(traffic.requests).toBe(asked.length)
      expect(traffic.requests).toBeLessThanOrEqual(3)
      expect(traffic.bytes).toBeLessThanOrEqual(moov.length + 65_536)
    } finally {
      server.close()
    }
  })
})

describe('what cannot be inspected', () => {
  it('is refused with what it is and what to do', async () => {
    const ts = await clip('ts', ['-f', 'lavfi', '-i', 'testsrc2=s=64x36:r=24:d=1', '-c:v', 'libx264', '-preset', 'ultrafast'])
    await writeFile(at('empty.mp4'), '')
    await writeFile(at('text.mp4'), 'Dear diary,\nnothing happened.\n')
    await writeFile(at('list.m3u8'), '#EXTM3U\n')
    const cases: [string[], number, string][] = [
      [[ts], 1, 'is an MPEG transport stream.\nSee: sluice demux'],
      [[at('empty.mp4')], 1, 'is empty'],
      [[at('text.mp4')], 1, 'is text'],
      [[at('list.m3u8')], 1, 'an HLS playlist'],
      [[at('nothing.mp4')], 1, 'There is no file'],
      [[folder], 1, 'is a folder'],
      [[film, '--boxes', '--keyframes'], 2, 'exclude each other'],
      [[film, '--hex', 'mdat', '--max-bytes', 'lots'], 2, '--max-bytes'],
      [[film, '--samples', 'first'], 2, 'is no track'],
      [['ftp://example.com/film.mp4'], 2, 'not ftp:'],
    ]
    for (const [args, code, message] of cases) {
      const error: unknown = await inspect.run(args).catch((reason: unknown) => reason)
      expect(error, args.join(' ')).toBeInstanceOf(Failure)
      const { exitCode, message: said, hint } = error as Failure
      expect([exitCode, `${said}\n${hint ?? ''}`], args.join(' ')).toEqual([code, expect.stringContaining(message)])
    }
    const ran = await sluice([at('text.mp4'), '--json'])
    expect([ran.code, ran.stdout]).toEqual([1, ''])
    expect(JSON.parse(ran.stderr)).toMatchObject({ error: { message: expect.stringContaining('is text') as string } })
    expect(await sluice([])).toMatchObject({ code: 2, stdout: '' })
  })
})
