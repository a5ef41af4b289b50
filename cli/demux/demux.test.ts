/** `sluice demux` as a person runs it: on files, standard input, URLs and playlists, whole and broken on purpose. */
import { execa } from 'execa'
import { createServer } from 'node:http'
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { copied } from '../../tests/support/analyze-ts.ts'
import { clip } from '../../tests/support/clips.ts'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
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
  '8',
]
const CODECS = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '50', '-bf', '2', '-pix_fmt', 'yuv420p', '-c:a', 'aac']

let folder = ''
let file = ''
const at = (...names: string[]): string => path.join(folder, ...names)

async function sluice(args: string[], input?: Uint8Array): Promise<{ code: number; stdout: string; stderr: string }> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [MAIN, ...args], {
    reject: false,
    ...(input === undefined ? {} : { input }),
  })
  return { code: exitCode ?? -1, stdout, stderr }
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-demux-'))
  file = await clip('ts', [...INPUTS, ...CODECS])
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('sluice demux FILE.ts', () => {
  it('prints tables, packets, time stamps and sync, and writes the streams that FFmpeg copies', async () => {
    const { code, stdout } = await sluice(['demux', file, '--output', at('out')])
    expect(code).toBe(0)
    for (const line of [
      `MPEG-TS Analysis: ${path.basename(file)}`,
      /^File size: [\d,]+ bytes \(\d+ packets @ 188 bytes\)$/m,
      'Program 1 → PMT PID: 0x1000',
      'Program Map Table (PMT) @ PID 0x1000',
      'Video: PID 0x0100, H.264 (stream_type: 0x1b)',
      'Audio: PID 0x0101, AAC (ADTS) (stream_type: 0x0f)',
      /Sync byte: 0x47 \(valid for all \d+ packets\)/,
      'PES units: 200 (= 200 video frames @ 25fps = 8 seconds ✓)',
      'First PTS: 133200 (1.48s)',
      'Continuity errors: 0',
      /Audio\/Video sync \(PID 0x0101\): ✓ aligned/,
      /PID 0x0000 \(PAT\): \d+ packets/,
      /→ video\.h264 \([\d,]+ KB\) - raw H\.264 NAL units/,
      /→ audio\.aac \(\d+ KB\) - raw AAC frames/,
      'No problems found.',
    ])
      expect(stdout).toMatch(line)
    expect(await readdir(at('out'))).toEqual(['audio.aac', 'video.h264'])
    expect((await readFile(at('out', 'video.h264'))).equals(await copied(file, '0:v', ['-f', 'h264']))).toBe(true)
    expect((await readFile(at('out', 'audio.aac'))).equals(await copied(file, '0:a', ['-f', 'adts']))).toBe(true)
  })

  it('writes nothing without --output, and says so; --json has it all', async () => {
    expect((await sluice(['demux', file])).stdout).toMatch(/Nothing was written/)
    const { code, stdout } = await sluice(['demux', file, '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      strideBytes: 188,
      output: null,
      problems: { errors: 0 },
      files: [{ name: 'video.h264' }, { name: 'audio.aac' }],
    })
  })

  it('reads standard input and URLs', async () => {
    const bytes = await readFile(file)
    const piped = await sluice(['demux', '-', '--json'], bytes)
    expect(piped.code).toBe(0)
    const server = createServer((request, response) => {
      response.statusCode = request.url === '/a.ts' ? 200 : 404
      response.end(request.url === '/a.ts' ? bytes : 'no')
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as { port: number }
    try {
      const fetched = await sluice(['demux', `http://127.0.0.1:${port}/a.ts`, '--json'])
      expect({ ...JSON.parse(fetched.stdout), file: '-' }).toEqual(JSON.parse(piped.stdout))
      const missing = await sluice(['demux', `http://127.0.0.1:${port}/b.ts`])
      expect([missing.code, missing.stdout]).toEqual([1, ''])
      expect(missing.stderr).toContain('answers 404')
    } finally {
      await new Promise((done) => server.close(done))
    }
  })

  it('exits with 1 when packets are lost, and names them', async () => {
    const bytes = await readFile(file)
    await writeFile(at('lost.ts'), Buffer.concat([bytes.subarray(0, 188 * 200), bytes.subarray(188 * 203)]))
    const { code, stdout } = await sluice(['demux', at('lost.ts')])
    expect(code).toBe(1)
    expect(stdout).toMatch(/Continuity errors: 1 \(at packet \d+\)/)
    expect(stdout).toMatch(/✗ PID 0x010[01]: 1 continuity error, packet \d+ \(\d+ where \d+ was expected\)/)
  })

  it('says what is wrong: no file and no transport stream (1), no such option, no folder for a playlist (2)', async () => {
    expect(await sluice(['demux', at('none.ts')])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('there is no such file') as string,
    })
    expect(await sluice(['demux', MAIN])).toMatchObject({ code: 1, stderr: expect.stringContaining('no MPEG transport stream') as string })
    expect((await sluice(['demux', file, '--outptu', 'x'])).code).toBe(2)
    expect((await sluice(['demux', at('x.m3u8'), '--output', at('x')])).code).toBe(2)
    expect((await sluice(['demux'])).code).toBe(2)
  })
})

interface Checked {
  errors: number
  renditions: { name: string; problems: { segment: number; severity: string; code: string; text: string }[]; segments: unknown[] }[]
  between: { segment: number; code: string; text: string }[]
}

describe('sluice demux FILE.m3u8', () => {
  /** A folder with two renditions of four segments, to be broken by its test. */
  async function set(name: string): Promise<string> {
    await cp(at('set'), at(name), { recursive: true })
    return at(name)
  }
  async function check(playlist: string): Promise<Checked & { code: number }> {
    const { code, stdout, stderr } = await sluice(['demux', playlist, '--json'])
    expect(stderr).toBe('')
    return { code, ...(JSON.parse(stdout) as Checked) }
  }
  async function edit(target: string, change: (text: string) => string): Promise<void> {
    await writeFile(target, change(await readFile(target, 'utf8')))
  }
  async function remux(target: string, ...args: string[]): Promise<void> {
    await execa('ffmpeg', [
      '-nostdin',
      '-loglevel',
      'error',
      '-y',
      '-copyts',
      '-i',
      target,
      '-c',
      'copy',
      ...args,
      '-f',
      'mpegts',
      `${target}.new`,
    ])
    await cp(`${target}.new`, target)
  }

  beforeAll(async () => {
    const hls = ['-f', 'hls', '-hls_time', '2', '-hls_list_size', '0', '-hls_segment_filename']
    for (const [name, size] of [
      ['high', '320x180'],
      ['low', '160x90'],
    ] as const) {
      await execa('mkdir', ['-p', at('set', name)])
      const args = [...INPUTS, ...CODECS, '-s', size, ...hls, at('set', name, '%d.ts'), at('set', name, 'index.m3u8')]
      await execa('ffmpeg', ['-nostdin', '-loglevel', 'error', '-y', ...args])
    }
    const variant = (name: string, bandwidth: number): string => `#EXT-X-STREAM-INF:BANDWIDTH=${bandwidth}\n${name}/index.m3u8\n`
    await writeFile(at('set', 'master.m3u8'), `#EXTM3U\n${variant('high', 500_000)}${variant('low', 200_000)}`)
  })

  it('finds nothing in a clean set', async () => {
    const { code, renditions, between } = await check(at('set', 'master.m3u8'))
    expect([code, between]).toEqual([0, []])
    expect(renditions.map(({ name, problems, segments }) => [name, problems, segments.length])).toEqual([
      ['high/index.m3u8', [], 4],
      ['low/index.m3u8', [], 4],
    ])
    const { stdout } = await sluice(['demux', at('set', 'master.m3u8')])
    expect(stdout).toContain('✓ the segments of 2 renditions start at the same times')
  })

  it('finds shifted time stamps, unless a discontinuity is announced', async () => {
    const broken = await set('shifted')
    await remux(at('shifted', 'high', '2.ts'), '-output_ts_offset', '5')
    const { code, renditions, between } = await check(path.join(broken, 'master.m3u8'))
    expect(code).toBe(1)
    const gaps = renditions[0]?.problems.filter((one) => one.code === 'gap' || one.code === 'overlap')
    expect(gaps?.map(({ segment, code: what }) => `${segment} ${what}`)).toEqual(['2 gap', '2 gap', '3 overlap', '3 overlap'])
    expect(between).toMatchObject([{ segment: 2, code: 'not-aligned' }])
    expect(renditions[1]?.problems).toEqual([])
    await edit(at('shifted', 'high', 'index.m3u8'), (text) =>
      text.replace(/(#EXTINF.*\n2\.ts\n)/, '#EXT-X-DISCONTINUITY\n$1#EXT-X-DISCONTINUITY\n'),
    )
    expect(await check(at('shifted', 'high', 'index.m3u8'))).toMatchObject({ code: 0, errors: 0 })
  })

  it('finds a segment that is left out: counters and time stamps do not go on', async () => {
    await set('left-out')
    await edit(at('left-out', 'low', 'index.m3u8'), (text) => text.replace(/#EXTINF.*\n1\.ts\n/, ''))
    const { code, renditions, between } = await check(at('left-out', 'master.m3u8'))
    expect(code).toBe(1)
    const found = renditions[1]?.problems.filter(({ severity }) => severity === 'error')
    expect([...new Set(found?.map(({ segment, code: what }) => `${segment} ${what}`))]).toEqual(['1 gap', '1 continuity'])
    expect(between.map(({ code: what }) => what)).toEqual(['not-aligned', 'not-aligned', 'count'])
  })

  it('finds a file that is missing, and one that is no transport stream', async () => {
    await set('missing')
    await rm(at('missing', 'high', '1.ts'))
    await writeFile(at('missing', 'high', '2.ts'), 'sorry, 404')
    const { code, renditions } = await check(at('missing', 'high', 'index.m3u8'))
    expect(code).toBe(1)
    expect(renditions[0]?.problems.map(({ segment, code: what }) => [segment, what])).toEqual([
      [1, 'missing'],
      [2, 'no-ts'],
    ])
  })

  it('finds an EXTINF that is not how long the segment is', async () => {
    await set('extinf')
    await edit(at('extinf', 'high', 'index.m3u8'), (text) => text.replace(/#EXTINF:2\.0+,\n3\.ts/, '#EXTINF:1.200000,\n3.ts'))
    const { code, renditions } = await check(at('extinf', 'high', 'index.m3u8'))
    expect(code).toBe(1)
    expect(renditions[0]?.problems).toMatchObject([{ segment: 3, code: 'extinf', text: 'EXTINF says 1.200 s, the segment lasts 2.000 s' }])
  })

  it('finds other codecs and pictures, and segments without a keyframe at their start', async () => {
    await set('codecs')
    // The other rendition's pictures: same PIDs, same times, another size.
    await cp(at('codecs', 'low', '1.ts'), at('codecs', 'high', '1.ts'))
    const other = ['-copyts', '-i', at('set', 'high', '2.ts'), '-c:v', 'mpeg2video', '-c:a', 'copy', '-muxdelay', '0', '-muxpreload', '0']
    await execa('ffmpeg', ['-nostdin', '-loglevel', 'error', '-y', ...other, '-f', 'mpegts', at('codecs', 'high', '2.ts')])
    const bytes = await readFile(at('codecs', 'high', '3.ts'))
    await writeFile(at('codecs', 'high', '3.ts'), Buffer.concat([bytes.subarray(0, 188 * 3), bytes.subarray(188 * 60)]))
    const { code, renditions } = await check(at('codecs', 'high', 'index.m3u8'))
    expect(code).toBe(1)
    const found = new Set(renditions[0]?.problems.map(({ segment, code: what }) => `${segment} ${what}`))
    for (const expected of ['1 config', '2 tracks', '3 tracks', '3 no-keyframe']) expect(found).toContain(expected)
  })

  it('says that fragmented MP4 is not what it compares', async () => {
    await writeFile(at('fmp4.m3u8'), '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MAP:URI="init.mp4"\n#EXTINF:2,\n0.m4s\n#EXT-X-ENDLIST\n')
    const { code, stderr } = await sluice(['demux', at('fmp4.m3u8')])
    expect(code).toBe(1)
    expect(stderr).toContain('its segments are fragmented MP4')
  })
})
