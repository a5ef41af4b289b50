/** What the player plays beside CMAF, in a real Chromium on real FFmpeg's streams: MPEG-TS, packed audio, AES-128, byte ranges, one file. */
import { createCipheriv } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { playback } from '../support/playback.ts'
import { filesOf, KEY, LENGTH_S, mediaPlaylist, multivariant, tsFixture } from '../support/ts-fixture.ts'
import { ofType, usePlayer } from '../support/use-player.ts'

const rig = usePlayer(tsFixture)
let { folder, server, player } = rig
beforeEach(() => {
  ;({ folder, server, player } = rig)
})

const { expectFrames, expectEnd, timeOf } = playback(rig)

test('MPEG-TS: the frames asked for, to the end, and sound with it', async () => {
  server.texts.set('/m.m3u8', multivariant({ 'lo/index.m3u8': 300_000 }))
  await player.open('/m.m3u8')
  await player.until('engine.bufferAheadS > 7.9')
  expect(await player.run('video.buffered.length')).toBe(1)
  expect(await player.run<number>('video.buffered.start(0)')).toBeLessThan(0.03)
  await expectFrames([0, 59, 60, 100, 239])
  await expectEnd(LENGTH_S)
  expect(await player.run<number>('video.webkitAudioDecodedByteCount')).toBeGreaterThan(1000)
  expect(server.requests.filter((at) => at.endsWith('.ts'))).toHaveLength(4)
})

test('a playlist of MPEG-TS given alone, begun in its middle', async () => {
  await player.open('/lo/index.m3u8', { forwardBufferS: 1 })
  expect(await player.seekAndRead(timeOf(200))).toBe(200)
  await expectFrames([61, 3])
})

test('renditions in MPEG-TS: a switch at a border, without a hole', async () => {
  server.texts.set('/m.m3u8', multivariant({ 'lo/index.m3u8': 300_000, 'hi/index.m3u8': 500_000 }))
  await player.open('/m.m3u8', { forwardBufferS: 3, capToElementSize: false })
  await player.run(`engine.chooseRendition('lo')`)
  await player.run('await player.play()')
  await player.until('video.currentTime > 0.5 && video.videoWidth === 320')
  await player.run(`engine.chooseRendition('hi', { replace: true })`)
  await player.until('video.videoWidth === 480')
  await player.run('player.pause()')
  expect(await player.run('video.buffered.length')).toBe(1)
  await expectFrames([150, 239])
  expect(ofType(await player.events(), 'stall')).toEqual([])
  await expectEnd(LENGTH_S)
})

test('an audio group of MPEG-TS: one clock for both', async () => {
  server.texts.set('/m.m3u8', multivariant({ 'picture/index.m3u8': 300_000 }, { sound: 'sound/index.m3u8' }))
  await player.open('/m.m3u8')
  await player.until('engine.bufferAheadS > 7.9')
  await expectFrames([0, 61, 239])
  await expectEnd(LENGTH_S)
  const offsets = ofType(await player.events(), 'timestamp-offset').map(({ track, offsetS }) => [track, offsetS])
  expect(new Set(offsets.map(([track]) => track))).toEqual(new Set(['main', 'audio']))
  expect(new Set(offsets.map(([, offsetS]) => offsetS)).size).toBe(1)
})

test('the sound that a variant carries itself is left out when it has an audio group; packed AAC with its time in an ID3 tag', async () => {
  await packed('aac', (frames, first) => Buffer.concat([timestampTag(126_000 + Math.round((first * 1024 * 90_000) / 48_000)), frames]))
  server.texts.set('/m.m3u8', multivariant({ 'lo/index.m3u8': 300_000 }, { sound: 'aac.m3u8' }))
  await player.open('/m.m3u8')
  await player.until('engine.bufferAheadS > 7.9')
  await expectFrames([0, 239])
  expect(await player.run('player.engine.log.ofType("media-warning")')).toEqual([])
})

test('packed AAC alone, with and without times', async () => {
  await packed('tagged', (frames, first) => Buffer.concat([timestampTag(9_000_000 + Math.round((first * 1024 * 90_000) / 48_000)), frames]))
  await packed('bare', (frames) => frames)
  for (const name of ['tagged', 'bare']) {
    await player.open(`/${name}.m3u8`)
    await player.until('engine.bufferAheadS > 7.9')
    expect(await player.run('video.buffered.length'), name).toBe(1)
    await expectEnd(LENGTH_S)
  }
})

test('sound alone in MPEG-TS', async () => {
  await player.open('/sound/index.m3u8')
  await player.until('engine.bufferAheadS > 7.9')
  await expectEnd(LENGTH_S)
})

test('AES-128 as FFmpeg writes it: the key is asked for once', async () => {
  await player.open('/aes/index.m3u8')
  await expectFrames([0, 239, 100])
  await expectEnd(LENGTH_S)
  expect(server.requests.filter((at) => at === '/key.bin')).toHaveLength(1)
})

test('AES-128 with implicit vectors, keys that change, clear segments between, and an encrypted initialization segment', async () => {
  const other = Buffer.from('ffeeddccbbaa99887766554433221100', 'hex')
  server.texts.set('/other.bin', other)
  const implicit = (number: number): Buffer => Buffer.from(number.toString(16).padStart(32, '0'), 'hex')
  const ts = await Promise.all([0, 1, 2, 3].map((number) => readFile(path.join(folder, `lo/${number}.ts`))))
  server.texts.set('/ts/0', sealed(ts[0], KEY, implicit(0)))
  server.texts.set('/ts/1', sealed(ts[1], KEY, implicit(1)))
  server.texts.set('/ts/3', sealed(ts[3], other, Buffer.alloc(16, 7)))
  const vector = `0x${'07'.repeat(16)}`
  const extinf = '#EXTINF:2,'
  server.texts.set(
    '/ts.m3u8',
    mediaPlaylist([
      ...['#EXT-X-KEY:METHOD=AES-128,URI="key.bin"', extinf, 'ts/0', extinf, 'ts/1'],
      ...['#EXT-X-KEY:METHOD=NONE', extinf, 'lo/2.ts'],
      ...[`#EXT-X-KEY:METHOD=AES-128,URI="other.bin",IV=${vector}`, extinf, 'ts/3'],
    ]),
  )
  await player.open('/ts.m3u8')
  await expectFrames([10, 70, 130, 190])

  const init = await readFile(path.join(folder, 'cmaf/init.mp4'))
  server.texts.set('/mp4/init', sealed(init, KEY, Buffer.alloc(16, 7)))
  for (const number of [0, 1, 2, 3]) {
    const bytes = await readFile(path.join(folder, `cmaf/${number}.m4s`))
    server.texts.set(`/mp4/${number}`, sealed(bytes, KEY, Buffer.alloc(16, 7)))
  }
  const key = `#EXT-X-KEY:METHOD=AES-128,URI="key.bin",IV=${vector}`
  server.texts.set(
    '/mp4.m3u8',
    mediaPlaylist([key, '#EXT-X-MAP:URI="mp4/init"', ...[0, 1, 2, 3].flatMap((number) => [extinf, `mp4/${number}`])]),
  )
  await player.open('/mp4.m3u8')
  await expectFrames([10, 190])
  await expectEnd(LENGTH_S)
})

test('a key that is refused, and a method that is not known, end with a sentence', async () => {
  server.fault = (at) => (at === '/key.bin' ? { status: 403 } : null)
  await player.run(`(player.config = { storageKey: null }, player.src = '/aes/index.m3u8', null)`)
  await player.until('engine.state === "failed"')
  expect(await player.run('engine.error.code')).toBe('key-unreachable')
  server.texts.set(
    '/drm.m3u8',
    mediaPlaylist(['#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://x",KEYFORMAT="com.apple.streamingkeydelivery"', '#EXTINF:2,', 'lo/0.ts']),
  )
  await player.run(`(player.src = '/drm.m3u8', null)`)
  await player.until('engine.state === "failed" && engine.error.code !== "key-unreachable"')
  expect(await player.run('engine.error.code')).toBe('encryption-unsupported')
  expect(await player.run('engine.error.detail')).toMatch(/SAMPLE-AES/)
})

test('byte ranges of one file', async () => {
  await player.open('/single/index.m3u8')
  await expectFrames([0, 150, 239])
})

test('MP3, with a picture and bare', async () => {
  server.texts.set('/m.m3u8', multivariant({ 'mp3/index.m3u8': 300_000 }).replace('mp4a.40.2', 'mp4a.40.34'))
  await player.open('/m.m3u8')
  await player.until('engine.bufferAheadS > 7.8')
  await expectFrames([100, 230])
  await expectEnd(LENGTH_S)
  const files = (await filesOf(folder, 'bare-mp3', '.mp3')).filter((file) => !file.endsWith('/4.mp3'))
  server.texts.set('/bare.m3u8', mediaPlaylist(files.flatMap((file) => ['#EXTINF:2,', file])))
  await player.open('/bare.m3u8')
  await player.until('engine.bufferAheadS > 7.8')
  await expectEnd(LENGTH_S)
})

test('one MP4 file: the browser plays it by ranges, and what does not play says so', async () => {
  await player.open('/film.mp4')
  // The encoder's delay of the sound begins the file: a frame's time at most.
  for (const frame of [100, 230]) expect(Math.abs(((await player.seekAndRead(timeOf(frame))) ?? 0) - frame)).toBeLessThan(2)
  await expectEnd(LENGTH_S)
  expect(ofType(await player.events(), 'media-file')).toHaveLength(1)
  expect(await player.run('engine.state')).toBe('ended')
  server.texts.set('/broken.mp4', 'no media at all')
  await player.run(`(player.src = '/broken.mp4', null)`)
  await player.until('engine.state === "failed"')
  expect(await player.run('engine.error.code')).toBe('media-error')
})

/** Segments of bare AAC at `/NAME/…` and their playlist at `/NAME.m3u8`; `make` is told how many frames came before. */
async function packed(name: string, make: (frames: Buffer, first: number) => Buffer): Promise<void> {
  const lines: string[] = []
  let first = 0
  for (const [index, file] of (await filesOf(folder, 'adts', '.aac')).entries()) {
    const frames = await readFile(path.join(folder, file))
    const count = countFrames(frames)
    // The rest that FFmpeg's segmenter leaves behind has none.
    if (count === 0) continue
    server.texts.set(`/${name}/${index}`, make(frames, first))
    lines.push(`#EXTINF:${((count * 1024) / 48_000).toFixed(6)},`, `${name}/${index}`)
    first += count
  }
  server.texts.set(`/${name}.m3u8`, mediaPlaylist(lines))
}

/** ADTS (ISO/IEC 13818-7, 6.2): aac_frame_length stands in 13 bits from bit 30 on. */
function countFrames(adts: Buffer): number {
  let count = 0
  for (let at = 0; at + 7 <= adts.length; count += 1) at += Math.max(7, (adts.readUInt32BE(at + 2) >> 5) & 0x1fff)
  return count
}

/** An ID3v2.4 tag with the PRIV frame of HLS that says when packed audio begins, ticks of 90 kHz. */
function timestampTag(ticks: number): Buffer {
  const content = Buffer.concat([Buffer.from('com.apple.streaming.transportStreamTimestamp\0'), Buffer.alloc(8)])
  content.writeBigUInt64BE(BigInt(ticks), content.length - 8)
  const frame = Buffer.concat([Buffer.from('PRIV'), Buffer.from([0, 0, 0, content.length]), Buffer.alloc(2), content])
  return Buffer.concat([Buffer.from('ID3'), Buffer.from([4, 0, 0, 0, 0, 0, frame.length]), frame])
}

function sealed(bytes: Buffer | undefined, key: Buffer, iv: Buffer): Buffer {
  const cipher = createCipheriv('aes-128-cbc', key, iv)
  return Buffer.concat([cipher.update(bytes ?? Buffer.alloc(0)), cipher.final()])
}
