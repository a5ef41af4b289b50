/** What goes wrong around a viewer who watches: the network, the memory, the decoder. Playback goes on wherever it can. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { eventPlaylist, FPS, RUNGS } from '../support/hls-fixture.ts'
import { ofType, usePlayer } from '../support/use-player.ts'

const rig = usePlayer()
const BRIEF = { segmentRetry: { attempts: 2, idleTimeoutMs: 2000, backoffMs: 100, maxBackoffMs: 200 } }

test('a network that is gone for five seconds is not noticed while enough is buffered', async () => {
  const { player } = rig
  await player.open('/master.m3u8', { forwardBufferS: 8, ...BRIEF })
  await player.until('engine.bufferAheadS > 7')
  await player.run('await player.play()')
  await player.page.context().setOffline(true)
  await sleep(5_000)
  await player.page.context().setOffline(false)
  await player.until('video.currentTime > 11', 30_000)
  const events = await player.events()
  expect(ofType(events, 'stall')).toEqual([])
  expect(ofType(events, 'segment-skipped')).toEqual([])
  expect(ofType(events, 'request-failed').length).toBeGreaterThan(0)
})

test('a network that is gone for five seconds when nothing is buffered stalls, says so and goes on by itself', async () => {
  const { player } = rig
  await player.open('/master.m3u8', { forwardBufferS: 3, ...BRIEF })
  await player.run('await player.play()')
  await player.until('video.currentTime > 1')
  await player.page.context().setOffline(true)
  await player.until(`player.events.ofType('stall').length > 0`)
  await sleep(5_000)
  expect(await player.run('engine.waitsFor')).toBe('the network to come back')
  expect(await player.run('engine.state')).toBe('buffering')
  await player.page.context().setOffline(false)
  await player.until('video.currentTime > 9', 30_000)
  const events = await player.events()
  expect(ofType(events, 'segment-skipped')).toEqual([])
  expect(ofType(events, 'error')).toEqual([])
})

test('a server that stays away is given up, with a button that goes on from there', async () => {
  const { server, player } = rig
  await player.open('/master.m3u8', { forwardBufferS: 3, outageMs: 2_000, ...BRIEF })
  await player.run('await player.play()')
  await player.until('video.currentTime > 1')
  server.fault = (at) => (at.endsWith('.m4s') ? { drop: true } : null)
  await player.until(`engine.state === 'failed'`, 30_000)
  const stoppedAtS = await player.run<number>('engine.failedAtS')
  expect(stoppedAtS).toBeGreaterThan(1)
  server.fault = () => null
  server.requests.length = 0
  await player.page.locator('sluice-player .failure').getByRole('button').click()
  await player.until(`!video.paused && video.currentTime > ${stoppedAtS + 0.5}`, 30_000)
  expect(server.requests.filter((at) => at.endsWith('/0.m4s'))).toEqual([])
})

test.each([
  { name: 'the sound goes on meanwhile', delayMs: 5_000 },
  { name: 'the browser stops the sound after a while', delayMs: 9_000 },
])('a picture that does not come is one stall: $name', async ({ delayMs }) => {
  const { server, player } = rig
  server.fault = (at) => (/^\/\d+p\/4\.m4s$/.test(at) ? { delayMs } : null)
  await player.open('/master.m3u8', { forwardBufferS: 3, segmentRetry: { ...BRIEF.segmentRetry, idleTimeoutMs: 20_000 } })
  await player.run('(video.currentTime = 5, await player.play())')
  await player.until(`player.events.ofType('stall').length > 0`)
  expect(await player.run('engine.state')).toBe('buffering')
  await player.until(`player.events.ofType('stall-ended').length > 0`, 30_000)
  await player.until('video.currentTime > 12')
  const events = await player.events()
  expect(ofType(events, 'stall')).toMatchObject([{ waitsFor: expect.stringMatching(/^segment 4 of/) }])
  expect(ofType(events, 'stall-ended')).toHaveLength(1)
  const [stall] = ofType(events, 'stall')
  expect(stall?.atS).toBeGreaterThan(7.5)
  expect(stall?.atS).toBeLessThan(10)
  expect(await player.run('engine.state')).toBe('playing')
})

test('a full buffer makes room and plays on', async () => {
  const { player } = rig
  await player.run(`(() => {
    const append = SourceBuffer.prototype.appendBuffer
    window.refused = 0
    SourceBuffer.prototype.appendBuffer = function (bytes) {
      const held = Array.from({ length: this.buffered.length }, (_, i) => this.buffered.end(i) - this.buffered.start(i))
      if (held.reduce((sum, length) => sum + length, 0) > 9) {
        window.refused += 1
        throw new DOMException('full', 'QuotaExceededError')
      }
      append.call(this, bytes)
    }
  })()`)
  await player.open('/master.m3u8')
  await player.run('await player.play()')
  await player.until('video.currentTime > 14', 30_000)
  const events = await player.events()
  expect(await player.run<number>('window.refused')).toBeGreaterThan(0)
  expect(ofType(events, 'buffer-full').length).toBeGreaterThan(0)
  expect(ofType(events, 'stall')).toEqual([])
  expect(ofType(events, 'error')).toEqual([])
})

test('a segment that the browser refuses sets the element up anew, at the same place and speed', async () => {
  const { server, player, folder } = rig
  await player.open('/master.m3u8', { forwardBufferS: 3 })
  await player.run(`engine.chooseRendition('144p')`)
  await player.run('(video.playbackRate = 1.25, await player.play())')
  const whole = await readFile(path.join(folder, '144p/3.m4s'))
  const broken = Buffer.from(whole)
  // The length of the first box inside the `moof`: nonsense to every parser.
  broken.writeUInt32BE(3, broken.indexOf('moof') + 4)
  let asked = 0
  server.fault = (at) => {
    if (at === '/144p/3.m4s') server.texts.set(at, asked++ === 0 ? broken : whole)
    return null
  }
  await player.until('video.currentTime > 9', 30_000)
  const events = await player.events()
  expect(ofType(events, 'recovered')).toHaveLength(1)
  expect(ofType(events, 'error')).toEqual([])
  expect(await player.run('[video.playbackRate, video.paused, engine.chosenRendition]')).toEqual([1.25, false, '144p'])
  await player.run('player.pause()')
  expect(await player.seekAndRead((200 + 0.5) / FPS)).toBe(200)
})

test('a segment of nonsense is taken from another rendition, and nothing after it is lost', async () => {
  const { server, player } = rig
  // To the browser it is the beginning of a box of 16 MB.
  server.texts.set('/360p/2.m4s', Buffer.alloc(20_000, 1))
  await player.open('/video-only.m3u8', { forwardBufferS: 3 })
  await player.run(`engine.chooseRendition('360p')`)
  await player.run('await player.play()')
  await player.until('video.currentTime > 9', 30_000)
  const events = await player.events()
  expect(ofType(events, 'segment-from-other')).toMatchObject([{ number: 2, from: '360p', to: '240p' }])
  expect(ofType(events, 'segment-skipped')).toEqual([])
})

test('segments that the browser refuses again and again end with a sentence', async () => {
  const { server, player, folder } = rig
  for (const { id } of RUNGS) {
    const broken = Buffer.from(await readFile(path.join(folder, id, '2.m4s')))
    broken.writeUInt32BE(3, broken.indexOf('moof') + 4)
    server.texts.set(`/${id}/2.m4s`, broken)
  }
  await player.open('/video-only.m3u8', { forwardBufferS: 3 })
  await player.run('await player.play()')
  await player.until(`engine.state === 'failed'`, 30_000)
  expect(ofType(await player.events(), 'error')[0]).toMatchObject({ code: 'media-error' })
  expect(await player.page.locator('sluice-player .failure p').textContent()).toBe('The browser could not decode this video.')
})

test('a growing video that is given up on the way ends where it got to', async () => {
  const { server, player, folder } = rig
  const show = async (count: number, ended: boolean): Promise<void> => {
    for (const id of ['144p', '240p', '360p', 'audio']) {
      server.texts.set(`/${id}/index.m3u8`, await eventPlaylist(folder, id, count, ended))
    }
  }
  await show(3, false)
  await player.open('/master.m3u8')
  await player.run('await player.play()')
  await player.until('video.currentTime > 5.5')
  // Nothing more came: the server closes the playlist with what there is.
  await show(3, true)
  await player.until('video.ended', 30_000)
  expect(await player.run<number>('video.currentTime')).toBeCloseTo(6, 0)
  expect(await player.run('engine.state')).toBe('ended')
})

test('playback begins where EXT-X-START says', async () => {
  const { server, player, folder } = rig
  const text = await readFile(path.join(folder, '144p/index.m3u8'), 'utf8')
  server.texts.set('/144p/later.m3u8', text.replace('#EXTM3U', '#EXTM3U\n#EXT-X-START:TIME-OFFSET=13.5,PRECISE=YES'))
  await player.open('/144p/later.m3u8')
  expect(await player.run<number>('video.currentTime')).toBe(13.5)
  expect(server.requests.filter((at) => /\/[0-5]\.m4s$/.test(at))).toEqual([])
  await player.run('await player.play()')
  await player.until('video.currentTime > 14.5')
})
