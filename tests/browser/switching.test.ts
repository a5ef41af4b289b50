/** A quality chosen by hand while the video plays, on a server that takes its time: it comes soon, and never costs a stall. */
import { expect, test } from 'vitest'
import { eventPlaylist, FPS, masterPlaylist } from '../support/hls-fixture.ts'
import { ofType, usePlayer } from '../support/use-player.ts'

const rig = usePlayer()

test('a switch on a slow server causes no stall: what is there plays until its replacement has come', async () => {
  const { server, player } = rig
  await player.open('/master.m3u8', { capToElementSize: false })
  await player.run(`engine.chooseRendition('144p')`)
  await player.until('engine.bufferAheadS > 10')
  server.fault = (at) => (/^\/(240|360)p\//.test(at) ? { delayMs: 1_500 } : null)
  await player.run('await player.play()')
  await player.until('video.currentTime > 0.5')
  await player.run(`engine.chooseRendition('360p', { replace: true })`)
  await player.until('video.videoWidth === 640', 10_000)
  expect(await player.run<number>('video.currentTime')).toBeLessThan(9)
  await player.run(`engine.chooseRendition('240p', { replace: true })`)
  await player.until('video.videoWidth === 426', 10_000)
  const events = await player.events()
  expect(ofType(events, 'stall')).toEqual([])
  expect(ofType(events, 'evicted')).toEqual([])
  expect(ofType(events, 'gap-jumped')).toEqual([])
  expect(await player.run('video.buffered.length')).toBe(1)
})

test('a switch with little buffered lets what is on its way arrive', async () => {
  const { server, player } = rig
  server.texts.set('/two.m3u8', masterPlaylist(['144p', '360p'], true))
  await player.open('/two.m3u8', { forwardBufferS: 3, capToElementSize: false })
  await player.run(`engine.chooseRendition('144p')`)
  await player.run('await player.play()')
  await player.until('video.currentTime > 4.1')
  server.fault = (at) => (at.endsWith('.m4s') && !at.startsWith('/audio') ? { delayMs: 800 } : null)
  await player.until('video.currentTime > 6.1')
  await player.run(`engine.chooseRendition('360p', { replace: true })`)
  await player.until('video.videoWidth === 640', 12_000)
  expect(ofType(await player.events(), 'stall')).toEqual([])
})

test('what replaced the buffer shows exactly the frames asked for, before, at and behind the border', async () => {
  const { player } = rig
  await player.open('/master.m3u8')
  await player.run(`engine.chooseRendition('144p')`)
  await player.until('engine.bufferAheadS > 22')
  await player.run(`engine.chooseRendition('360p', { replace: true })`)
  await player.until(`player.events.ofType('segment').filter((event) => event.rendition === '360p').length >= 11`)
  for (const frame of [20, 59, 60, 61, 300, 719]) expect(await player.seekAndRead((frame + 0.5) / FPS), `frame ${frame}`).toBe(frame)
  expect(await player.run('video.videoWidth')).toBe(640)
  const again = ofType(await player.events(), 'segment').filter((event) => event.rendition === '360p')
  expect(new Set(again.map((event) => event.number)).size).toBe(again.length)
})

test('a quality whose segments are not there leaves what is buffered in place', async () => {
  const { server, player } = rig
  await player.open('/master.m3u8', { segmentRetry: { attempts: 1, idleTimeoutMs: 2000, backoffMs: 50, maxBackoffMs: 50 } })
  await player.run(`engine.chooseRendition('144p')`)
  await player.until('engine.bufferAheadS > 22')
  server.fault = (at) => (/^\/360p\/.*m4s$/.test(at) ? { status: 404 } : null)
  const before = server.requests.length
  await player.run(`engine.chooseRendition('360p', { replace: true })`)
  await player.run('await player.play()')
  await player.until('video.currentTime > 3')
  const events = await player.events()
  expect(ofType(events, 'segment-skipped')).toEqual([])
  expect(ofType(events, 'stall')).toEqual([])
  // Each of them was asked for once.
  const asked = server.requests.slice(before).filter((at) => at.endsWith('.m4s'))
  expect(asked.length).toBeGreaterThan(5)
  expect(new Set(asked).size).toBe(asked.length)
})

test('a rendition whose playlist ends early is helped out by one that lists more, and taken again when it has grown', async () => {
  const { folder, server, player } = rig
  server.texts.set('/made.m3u8', masterPlaylist(['144p', '360p'], true))
  server.texts.set('/144p/index.m3u8', await eventPlaylist(folder, '144p', 3, false))
  await player.open('/made.m3u8', { forwardBufferS: 5, capToElementSize: false })
  await player.run(`engine.chooseRendition('144p')`)
  await player.run('await player.play()')
  await player.until('video.currentTime > 9')
  expect(await player.run('video.videoWidth')).toBe(640)
  server.texts.set('/144p/index.m3u8', await eventPlaylist(folder, '144p', 12, true))
  await player.until('video.currentTime > 14 && video.videoWidth === 256')
  const events = await player.events()
  expect(ofType(events, 'stall')).toEqual([])
  expect(ofType(events, 'segment').find(({ track, number }) => track === 'main' && number === 3)).toMatchObject({ rendition: '360p' })
  // To the other one, if it was not there from the start, and back.
  const switches = ofType(events, 'switched').filter(({ atS }) => atS >= 6)
  expect(switches.at(-1)).toMatchObject({ from: '360p', to: '144p' })
  expect(switches.length).toBeLessThanOrEqual(2)
})

test('a seek beyond what the rendition lists so far shows the frame from another one', async () => {
  const { folder, server, player } = rig
  server.texts.set('/made.m3u8', masterPlaylist(['144p', '360p'], true))
  server.texts.set('/144p/index.m3u8', await eventPlaylist(folder, '144p', 3, false))
  await player.open('/made.m3u8', { capToElementSize: false })
  await player.run(`engine.chooseRendition('144p')`)
  expect(await player.seekAndRead(15 + 0.5 / FPS)).toBe(15 * FPS)
  expect(await player.run('video.videoWidth')).toBe(640)
})
