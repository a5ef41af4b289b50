/** The player in a real Chromium, on streams made by real FFmpeg, judged by the picture it shows. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { delayed, DURATION_S, eventPlaylist, FPS, masterPlaylist } from '../support/hls-fixture.ts'
import { ofType, usePlayer } from '../support/use-player.ts'

const rig = usePlayer()
let { folder, server, player } = rig
beforeEach(() => {
  ;({ folder, server, player } = rig)
})

const timeOf = (frame: number): number => (frame + 0.5) / FPS

test('plays: the picture and the clock go on together, and the frame shown is the one the clock says', async () => {
  await player.open('/master.m3u8')
  await player.run('await player.play()')
  await player.until('video.currentTime > 1')
  const [passed, shown, dropped] = await player.run<[number, number, number]>(`await new Promise((resolve) => {
    const wallMs = performance.now(), mediaS = video.currentTime
    setTimeout(() => {
      const quality = video.getVideoPlaybackQuality()
      resolve([(video.currentTime - mediaS) / ((performance.now() - wallMs) / 1000), quality.totalVideoFrames, quality.droppedVideoFrames])
    }, 3000)
  })`)
  expect(passed).toBeGreaterThan(0.9)
  expect(passed).toBeLessThan(1.1)
  expect(shown).toBeGreaterThan(90)
  expect(dropped / shown).toBeLessThan(0.2)
  await player.run('(player.pause(), await new Promise((resolve) => setTimeout(resolve, 100)))')
  const [frame, timeS] = await player.run<[number, number]>('[window.readFrame(), video.currentTime]')
  expect(Math.abs(frame - timeS * FPS)).toBeLessThan(3)
  expect(await player.run('player.engine.state')).toBe('paused')
  expect(ofType(await player.events(), 'stall')).toEqual([])
})

test('seeks land on exactly the frame asked for, inside the buffer and outside', async () => {
  await player.open('/master.m3u8', { forwardBufferS: 6 })
  for (const frame of [100, 11, 700, 401, 59, 60, 719]) expect(await player.seekAndRead(timeOf(frame)), `frame ${frame}`).toBe(frame)
  const seeks = ofType(await player.events(), 'seeking')
  expect(seeks.some((seek) => seek.buffered)).toBe(true)
  expect(seeks.some((seek) => !seek.buffered)).toBe(true)
})

test('a seek inside the buffer asks the server for nothing', async () => {
  await player.open('/master.m3u8')
  await player.until('engine.bufferAheadS > 22')
  const before = server.requests.length
  expect(await player.seekAndRead(timeOf(300))).toBe(300)
  expect(server.requests.slice(before)).toEqual([])
})

test('a chosen rendition comes at the next segment border, without a flush, and the picture stays exact', async () => {
  await player.open('/master.m3u8', { forwardBufferS: 5, capToElementSize: false })
  await player.run('await player.play()')
  for (const [id, width] of [
    ['360p', 640],
    ['144p', 256],
    ['240p', 426],
  ] as const) {
    await player.run(`engine.chooseRendition('${id}')`)
    await player.until(`video.videoWidth === ${width}`)
  }
  await player.run('player.pause()')
  const events = await player.events()
  expect(
    ofType(events, 'switched')
      .slice(-3)
      .map((event) => event.to),
  ).toEqual(['360p', '144p', '240p'])
  expect(ofType(events, 'evicted')).toEqual([])
  expect(ofType(events, 'stall')).toEqual([])
  expect(await player.run('video.buffered.length')).toBe(1)
  expect(await player.seekAndRead(timeOf(650))).toBe(650)
})

test('with replace the choice shows within a segment although much is buffered', async () => {
  await player.open('/master.m3u8')
  await player.run(`engine.chooseRendition('144p')`)
  await player.until('engine.bufferAheadS > 20')
  await player.run('await player.play()')
  await player.run(`engine.chooseRendition('360p', { replace: true })`)
  await player.until('video.videoWidth === 640', 6_000)
  expect(await player.run<number>('video.currentTime')).toBeLessThan(6)
})

test('goes up by itself when the network carries more', async () => {
  await player.open('/master.m3u8', { capToElementSize: false })
  await player.until(`engine.currentRendition.id === '360p'`)
  const decisions = ofType(await player.events(), 'decision')
  expect(decisions[0]).toMatchObject({ from: null, to: '144p' })
  expect(decisions.at(-1)).toMatchObject({ to: '360p' })
  expect(decisions.at(-1)?.reason).toMatch(/Mbit\/s/)
})

test('a segment that is missing once is asked for again', async () => {
  let failed = 0
  server.fault = (at) => (at === '/144p/1.m4s' && failed++ === 0 ? { status: 404 } : null)
  await player.open('/video-only.m3u8', { capToElementSize: true })
  await player.run(`engine.chooseRendition('144p')`)
  await player.until('engine.bufferAheadS > 10')
  const events = await player.events()
  expect(ofType(events, 'segment-skipped')).toEqual([])
})

test('a segment lost in one rendition is taken from another', async () => {
  server.texts.set('/two.m3u8', masterPlaylist(['144p', '240p'], true))
  server.fault = (at) => (at === '/144p/8.m4s' ? { status: 404 } : null)
  await player.open('/two.m3u8', { forwardBufferS: 4, segmentRetry: { attempts: 2, idleTimeoutMs: 2000, backoffMs: 50, maxBackoffMs: 50 } })
  await player.run(`engine.chooseRendition('144p')`)
  expect(await player.seekAndRead(timeOf(510))).toBe(510)
  const events = await player.events()
  expect(ofType(events, 'segment-skipped')).toEqual([])
  expect(ofType(events, 'segment-from-other').some((event) => event.number === 8 && event.to === '240p')).toBe(true)
})

test('a segment lost everywhere is skipped, playback goes over it and says so', async () => {
  server.fault = (at) => (/^\/\d+p\/2\.m4s$/.test(at) ? { status: 404 } : null)
  await player.open('/master.m3u8', { segmentRetry: { attempts: 2, idleTimeoutMs: 2000, backoffMs: 50, maxBackoffMs: 50 } })
  await player.run('await player.play()')
  await player.until('video.currentTime > 6.5')
  const events = await player.events()
  expect(ofType(events, 'segment-skipped').map((event) => event.number)).toEqual([2])
  const [jump] = ofType(events, 'gap-jumped')
  expect(jump?.fromS).toBeCloseTo(4, 0)
  expect(jump?.toS).toBeCloseTo(6, 1)
})

test('a server that goes silent in a segment ends as a lost segment, not as a player that hangs', async () => {
  server.fault = (at) => (/^\/\d+p\/1\.m4s$/.test(at) ? { hang: true } : null)
  await player.open('/video-only.m3u8', { segmentRetry: { attempts: 1, idleTimeoutMs: 500, backoffMs: 50, maxBackoffMs: 50 } })
  await player.run('await player.play()')
  await player.until('video.currentTime > 4.5')
  const failures = ofType(await player.events(), 'request-failed')
  expect(failures.map((event) => event.reason)).toContain('no byte for 500 ms')
})

test('a slow server: starts small, gives up a download that would stall, and plays on', async () => {
  server.fault = (at) => (at.endsWith('.m4s') ? { bytesPerSecond: 45_000 } : null)
  // Told that the network is fast, it starts with the best rung and has to find out.
  await player.open('/video-only.m3u8', { startBps: 20_000_000, capToElementSize: false })
  await player.run('await player.play()')
  await player.until('video.currentTime > 8', 40_000)
  const events = await player.events()
  expect(ofType(events, 'decision')[0]).toMatchObject({ to: '360p' })
  expect(ofType(events, 'segment-abandoned')[0]).toMatchObject({ rendition: '360p', number: 0 })
  expect(await player.run<string>('engine.currentRendition.id')).not.toBe('360p')
  expect(ofType(events, 'estimate').at(-1)?.bps).toBeLessThan(500_000)
})

test('video alone and sound alone play to their ends', async () => {
  await player.open('/video-only.m3u8')
  expect(await player.seekAndRead(timeOf(690))).toBe(690)
  await player.run('await player.play()')
  await player.until('video.ended')
  expect(await player.run('engine.state')).toBe('ended')
  await player.open('/audio-only.m3u8')
  await player.run(`(video.currentTime = ${DURATION_S - 1}, await player.play())`)
  await player.until('video.ended')
  expect(await player.run('video.videoWidth')).toBe(0)
})

test('plays again from the start after the end', async () => {
  await player.open('/master.m3u8')
  await player.run(`(video.currentTime = ${DURATION_S - 0.5}, await player.play())`)
  await player.until('video.ended')
  await player.run('await player.play()')
  await player.until('!video.ended && video.currentTime > 0.3 && video.currentTime < 5')
})

test('an EVENT playlist that grows is followed to its end', async () => {
  const show = async (count: number, ended: boolean): Promise<void> => {
    for (const id of ['144p', '240p', '360p', 'audio']) {
      server.texts.set(`/${id}/index.m3u8`, await eventPlaylist(folder, id, count, ended))
    }
  }
  await show(2, false)
  await player.open('/master.m3u8')
  expect(await player.run<number>('video.duration')).toBeCloseTo(4, 0)
  await player.run('await player.play()')
  await player.until(`video.currentTime > 3.5`)
  expect(await player.run('video.ended')).toBe(false)
  await show(4, false)
  await player.until('video.currentTime > 6')
  await show(5, true)
  await player.until('video.ended', 30_000)
  expect(await player.run<number>('video.currentTime')).toBeCloseTo(10, 0)
})

test('a stream whose time stamps begin late begins at 0, where its playlist does', async () => {
  const names = [0, 1, 2].map((n) => `${n}.m4s`)
  const timescale = 15_360n
  for (const name of names) {
    server.texts.set(`/late/${name}`, delayed(await readFile(path.join(folder, '144p', name)), (timescale * 14n) / 10n))
  }
  server.texts.set('/late/init.mp4', await readFile(path.join(folder, '144p/init.mp4')))
  server.texts.set('/late/index.m3u8', await eventPlaylist(folder, '144p', 3, true))
  await player.open('/late/index.m3u8')
  expect(await player.seekAndRead(timeOf(65))).toBe(65)
  expect(await player.seekAndRead(timeOf(0))).toBe(0)
  expect(ofType(await player.events(), 'gap-jumped')).toEqual([])
})

test('what cannot be played ends with a sentence and a button that tries again', async () => {
  await player.run(`(player.config = { storageKey: null }, player.src = '/nowhere.m3u8', null)`)
  await player.until(`engine?.state === 'failed'`)
  const alert = player.page.locator('sluice-player .failure')
  expect(await alert.locator('p').textContent()).toBe('There is no video at this address.')
  server.texts.set('/nowhere.m3u8', masterPlaylist(['144p', '240p'], true))
  await alert.getByRole('button').click()
  await player.until('video.currentTime > 0.5')
  expect(await alert.isVisible()).toBe(false)
})
