/** What the transmuxer makes, in a real Chromium: a worker transmuxes segments of a transport stream, Media Source Extensions take and play them. */
import { execa } from 'execa'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { build } from 'vite'
import { launchChromium, within } from '../support/chromium.ts'
import { clip } from '../support/clips.ts'
import { serveFolder, type StaticServer } from '../support/static-server.ts'

const PICTURE = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=30']
const TONE = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000']
const H264 = [
  '-c:v',
  'libx264',
  '-preset',
  'ultrafast',
  '-bf',
  '2',
  '-pix_fmt',
  'yuv420p',
  '-g',
  '60',
  '-keyint_min',
  '60',
  '-sc_threshold',
  '0',
]

/** Transmuxes what it is sent, segment by segment, and sends the outputs back. */
const WORKER = `
import { TsTransmuxer } from '/transmuxer.js'
const transmuxer = new TsTransmuxer({ mp3: 'mpeg' })
onmessage = ({ data }) => {
  const outputs = data === 'discontinuity' ? transmuxer.discontinuity() : [...transmuxer.push(data), ...transmuxer.flush()]
  postMessage(outputs, outputs.flatMap(({ bytes }) => (bytes ? [bytes.buffer] : [])))
}`

/** \`show(segments)\` appends all of them; a segment named with '!' before it begins a timeline. Answers what a player would see. */
const PAGE = `<!doctype html><meta charset="utf-8"><title>transmux</title><video id="video" muted></video>
<script type="module">
  const video = document.getElementById('video')
  const worker = new Worker('/worker.js', { type: 'module' })
  const ask = (message) => new Promise((resolve) => { worker.onmessage = ({ data }) => resolve(data); worker.postMessage(message) })
  const ranges = (buffered) => Array.from({ length: buffered.length }, (_, index) => [buffered.start(index), buffered.end(index)])
  window.show = async (segments) => {
    const source = new MediaSource()
    video.src = URL.createObjectURL(source)
    await new Promise((resolve) => source.addEventListener('sourceopen', resolve, { once: true }))
    const buffers = {}
    const warnings = []
    let offset = null
    let end = 0
    const append = (buffer, bytes) => new Promise((resolve, reject) => {
      buffer.onupdateend = resolve
      buffer.onerror = () => reject(new Error('the buffer refused'))
      buffer.appendBuffer(bytes)
    })
    for (const name of segments) {
      if (name.startsWith('!')) { await ask('discontinuity'); offset = null }
      const outputs = await ask(new Uint8Array(await (await fetch(name.replace('!', ''))).arrayBuffer()))
      const fragments = outputs.filter(({ type }) => type === 'fragment')
      offset ??= end - Math.min(...fragments.map(({ startSeconds }) => startSeconds))
      for (const init of outputs) if (init.type === 'init' && !buffers[init.kind]) buffers[init.kind] = source.addSourceBuffer(init.mimeType)
      for (const output of outputs) {
        if (output.type === 'warning') warnings.push(output.message)
        const buffer = buffers[output.kind]
        if (!buffer || !output.bytes?.length) continue
        // Frames of MP3 have no times of their own
        buffer.timestampOffset = buffer.mode === 'sequence' ? offset + output.startSeconds : offset
        await append(buffer, output.bytes)
      }
      end = Math.max(...fragments.map(({ endSeconds }) => endSeconds + offset))
    }
    source.endOfStream()
    return { warnings, ranges: Object.fromEntries(Object.entries(buffers).map(([kind, { buffered }]) => [kind, ranges(buffered)])), duration: source.duration }
  }
  window.play = async (from, to) => {
    video.currentTime = from
    await video.play()
    while (video.currentTime < to && !video.error) await new Promise((resolve) => setTimeout(resolve, 50))
    return { error: video.error?.message ?? null, frames: video.getVideoPlaybackQuality().totalVideoFrames, size: [video.videoWidth, video.videoHeight] }
  }
  window.isReady = true
</script>`

interface Shown {
  warnings: string[]
  ranges: Record<string, [number, number][]>
  duration: number
}

interface Played {
  error: string | null
  frames: number
  size: [number, number]
}

let folder = ''
let server: StaticServer
let browser: Browser

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-transmux-browser-'))
  server = await serveFolder(folder, { '/': PAGE, '/worker.js': WORKER, '/transmuxer.js': await bundle() })
  browser = await launchChromium()
})

afterAll(async () => {
  await browser.close()
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

async function bundle(): Promise<string> {
  const root = path.resolve(import.meta.dirname, '../..')
  const entry = path.join(root, 'media/mpegts/transmux/transmuxer.ts')
  const result = await build({
    configFile: false,
    root,
    logLevel: 'error',
    build: { write: false, minify: true, target: 'es2022', lib: { entry, formats: ['es'] } },
  })
  const chunk = [result]
    .flat()
    .flatMap((output) => ('output' in output ? output.output : []))
    .find((item) => item.type === 'chunk')
  if (chunk === undefined) throw new Error('vite made no bundle')
  return chunk.code
}

/** The stack of an error in the page names places that are no files here. */
function fail(error: unknown): never {
  throw new Error(error instanceof Error ? error.message : String(error))
}

/** Cuts into segments of 2 s; answers their addresses. */
async function segments(name: string, file: string): Promise<string[]> {
  const out = path.join(folder, `${name}-%03d.ts`)
  await execa('ffmpeg', [
    '-v',
    'error',
    '-i',
    file,
    '-c',
    'copy',
    '-f',
    'hls',
    '-hls_time',
    '2',
    '-hls_list_size',
    '0',
    '-hls_segment_filename',
    out,
    path.join(folder, `${name}.m3u8`),
  ])
  return (await readdir(folder))
    .filter((entry) => entry.startsWith(`${name}-`))
    .toSorted()
    .map((entry) => `/${entry}`)
}

async function inPage<T>(
  source: string[],
  then: (run: <R>(expression: string) => Promise<R>) => Promise<T>,
): Promise<{ shown: Shown; after: T }> {
  const page = await browser.newPage()
  try {
    await page.goto(`${server.url}/`)
    await page.waitForFunction('window.isReady === true')
    const run = <R>(expression: string): Promise<R> => within(60_000, expression, page.evaluate<R>(expression).catch(fail))
    const shown = await run<Shown>(`window.show(${JSON.stringify(source)})`)
    return { shown, after: await then(run) }
  } finally {
    await page.close()
  }
}

test('segments of 2 s become one range without holes, and play over their joins', async () => {
  const file = await clip('ts', [...PICTURE, ...TONE, '-t', '40', ...H264, '-c:a', 'aac', '-ac', '2'])
  const names = await segments('av', file)
  expect(names).toHaveLength(20)
  const { shown, after } = await inPage(names, (run) => run<Played>('window.play(17.5, 20.7)'))
  expect(shown.warnings).toEqual([])
  expect(Object.keys(shown.ranges).toSorted()).toEqual(['audio', 'video'])
  for (const own of Object.values(shown.ranges)) {
    expect(own).toHaveLength(1)
    expect(own[0]?.[0]).toBeLessThan(0.1)
    expect(own[0]?.[1]).toBeGreaterThan(39.9)
  }
  expect(after).toMatchObject({ error: null, size: [320, 180] })
  expect(after.frames).toBeGreaterThan(60)
})

test('another size and another clock behind a discontinuity', async () => {
  const small = await segments('small', await clip('ts', [...PICTURE, ...TONE, '-t', '4', ...H264, '-c:a', 'aac']))
  const large = await clip('ts', [
    '-f',
    'lavfi',
    '-i',
    'testsrc2=size=640x360:rate=25',
    ...TONE,
    '-t',
    '4',
    ...H264,
    '-c:a',
    'aac',
    '-output_ts_offset',
    '5000',
  ])
  const [first = '', ...more] = await segments('large', large)
  const { shown, after } = await inPage([...small, `!${first}`, ...more], (run) => run<Played>('window.play(3, 6)'))
  expect(shown.warnings).toEqual([])
  for (const own of Object.values(shown.ranges)) expect(own.at(-1)?.[1]).toBeGreaterThan(7.9)
  expect(shown.ranges['video']).toHaveLength(1)
  expect(after).toMatchObject({ error: null, size: [640, 360] })
})

test('sound alone: AAC, MP3 and Opus', async () => {
  for (const [name, codec] of [
    ['aac', ['-c:a', 'aac']],
    ['mp3', ['-c:a', 'libmp3lame']],
    ['opus', ['-c:a', 'libopus']],
  ] as const) {
    const names = await segments(name, await clip('ts', [...TONE, '-t', '8', ...codec]))
    const { shown, after } = await inPage(names, (run) => run<Played>('window.play(1.5, 3)'))
    expect(shown.warnings).toEqual([])
    expect(shown.ranges['audio'], name).toHaveLength(1)
    expect(shown.ranges['audio']?.[0]?.[1], name).toBeGreaterThan(7.9)
    expect(after.error).toBeNull()
  }
})
