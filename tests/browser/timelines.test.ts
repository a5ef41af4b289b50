/** Clocks of streams, in a real Chromium on real FFmpeg's streams: that wrap, jump, begin anywhere, and begin apart for picture and sound. */
import { execa } from 'execa'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { playback } from '../support/playback.ts'
import { PLAYER_PAGE } from '../support/player-page.ts'
import { entriesOf, LENGTH_S, mediaPlaylist, tsFixture } from '../support/ts-fixture.ts'
import { ofType, usePlayer } from '../support/use-player.ts'

const rig = usePlayer(tsFixture)
let { folder, server, player } = rig
beforeEach(() => {
  ;({ folder, server, player } = rig)
})

const { expectFrames, expectEnd } = playback(rig)

test('time stamps that wrap', async () => {
  await player.open('/wrap/index.m3u8', { forwardBufferS: 1, backBufferS: 1 })
  await expectFrames([10, 230, 130, 70])
  await expectEnd(LENGTH_S)
  expect(await player.run('video.buffered.length')).toBe(1)
})

for (const [kind, one, two, map] of [
  ['MPEG-TS', 'lo', 'later', ''],
  ['fMP4', 'cmaf', 'cmaf-later', '#EXT-X-MAP:URI="cmaf-later/init.mp4"'],
] as const) {
  test(`a discontinuity in ${kind}: another size, another clock, other sound`, async () => {
    const [first, second] = await Promise.all([entriesOf(folder, one), entriesOf(folder, two)])
    const start = map === '' ? [] : ['#EXT-X-MAP:URI="cmaf/init.mp4"']
    const middle = map === '' ? [] : [map]
    server.texts.set('/joined.m3u8', mediaPlaylist([...start, ...first, '#EXT-X-DISCONTINUITY', ...middle, ...second]))
    await player.open('/joined.m3u8', { forwardBufferS: 1 })
    // The first that is seen of the second range lies in its middle.
    await expectFrames([400, 241, 478, 100, 230])
    await player.run(`(video.currentTime = 7, await player.play())`)
    await player.until('video.currentTime > 9')
    expect(await player.run('video.videoWidth')).toBe(400)
    await expectEnd(LENGTH_S * 2)
    expect(ofType(await player.events(), 'stall')).toEqual([])
  })
}

test('fMP4 whose time stamps begin anywhere', async () => {
  const entries = await entriesOf(folder, 'cmaf')
  for (const number of [0, 1, 2, 3]) {
    server.texts.set(`/moved/${number}.m4s`, later(await readFile(path.join(folder, `cmaf/${number}.m4s`)), 100))
  }
  const moved = entries.map((line) => line.replace('cmaf/', 'moved/'))
  server.texts.set('/moved.m3u8', mediaPlaylist(['#EXT-X-MAP:URI="cmaf/init.mp4"', ...moved]))
  await player.open('/moved.m3u8')
  await expectFrames([0, 150, 239])
  await expectEnd(LENGTH_S)
})

test('picture and sound that begin apart stay so, and a page without workers plays the same', async () => {
  server.texts.set(
    '/strict.html',
    PLAYER_PAGE.replace('<title>', `<meta http-equiv="Content-Security-Policy" content="worker-src 'none'"><title>`),
  )
  await player.page.goto(`${server.url}/strict.html`)
  await player.page.waitForFunction('window.isReady === true')
  await player.run(`(() => {
    const add = MediaSource.prototype.addSourceBuffer
    window.starts = () => buffers.map(([type, buffer]) => [type.slice(0, 5), buffer.buffered.start(0)])
    const buffers = []
    MediaSource.prototype.addSourceBuffer = function (type) {
      buffers.push([type, add.call(this, type)])
      return buffers.at(-1)[1]
    }
    return null
  })()`)
  await player.open('/apart/index.m3u8')
  await expectFrames([100])
  expect(server.requests).toContain('/player/convert.js')
  const starts = Object.fromEntries(await player.run<[string, number][]>('window.starts()'))
  const file = path.join(folder, 'apart/0.ts')
  const apart = (await firstPts(file, 'a')) - (await firstPts(file, 'v'))
  expect(apart).toBeGreaterThan(0.2)
  expect(Math.abs((starts['audio'] ?? 0) - (starts['video'] ?? 0) - apart)).toBeLessThan(0.002)
})

/** As ffprobe says it, seconds. */
async function firstPts(file: string, kind: 'a' | 'v'): Promise<number> {
  const { stdout } = await execa('ffprobe', [
    '-v',
    'error',
    '-select_streams',
    kind,
    '-show_entries',
    'packet=pts_time',
    '-of',
    'csv=p=0',
    file,
  ])
  return Math.min(
    ...stdout
      .split(/[^\d.]+/)
      .filter(Boolean)
      .map(Number),
  )
}

/** A segment of `cmaf` with its decode times moved (`tfdt`, version 1): FFmpeg counts 15,360 ticks a second for the picture. */
function later(segment: Buffer, seconds: number): Buffer {
  const moved = Buffer.from(segment)
  for (let at = moved.indexOf('tfdt'); at >= 0; at = moved.indexOf('tfdt', at + 4)) {
    const track = moved.readUInt32BE(moved.lastIndexOf('tfhd', at) + 8)
    moved.writeBigUInt64BE(moved.readBigUInt64BE(at + 8) + BigInt(seconds * (track === 1 ? 15_360 : 48_000)), at + 8)
  }
  return moved
}
