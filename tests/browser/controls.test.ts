/** The controls in a real Chromium: keys, previews while scrubbing, menus, full screen, the picture before the first frame. */
import { execa } from 'execa'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { DURATION_S } from '../support/hls-fixture.ts'
import { usePlayer } from '../support/use-player.ts'

const rig = usePlayer()
const press = (key: string): Promise<void> => rig.player.page.keyboard.press(key)

test('keys work from anywhere in the page', async () => {
  const { player } = rig
  await player.open('/master.m3u8')
  await player.until('engine.bufferAheadS > 22')
  await press('Space')
  await player.until('!video.paused')
  await press('k')
  await player.until('video.paused')
  await press('5')
  expect(await player.run<number>('video.currentTime')).toBeCloseTo(DURATION_S / 2, 1)
  const moves = { l: 10, ArrowLeft: -5, ArrowRight: 5, j: -10 }
  for (const [key, seconds] of Object.entries(moves)) {
    const before = await player.run<number>('video.currentTime')
    await press(key)
    expect(await player.run<number>('video.currentTime'), key).toBeCloseTo(Math.min(DURATION_S, before + seconds), 3)
  }
  await press('0')
  await press('j')
  expect(await player.run('video.currentTime')).toBe(0)
  await player.run('(video.volume = 0.5, video.muted = false, null)')
  await press('ArrowUp')
  await press('ArrowUp')
  await press('ArrowDown')
  expect(await player.run('video.volume')).toBe(0.55)
  await press('m')
  expect(await player.run('video.muted')).toBe(true)
  await press('Shift+>')
  expect(await player.run('video.playbackRate')).toBe(1.25)
  await press('Shift+<')
  await press('Shift+<')
  expect(await player.run('video.playbackRate')).toBe(0.75)
  await press('f')
  await player.until('document.fullscreenElement === player')
  await press('f')
  await player.until('document.fullscreenElement === null')
})

test('keys are left to what is typed in and to buttons', async () => {
  const { player } = rig
  await player.open('/master.m3u8')
  await player.run(`(document.body.insertAdjacentHTML('beforeend',
    '<input id="field"><div id="note" contenteditable></div><button id="more" onclick="window.clicks = (window.clicks ?? 0) + 1">more</button>'), null)`)
  await player.page.locator('#field').focus()
  await player.page.keyboard.type('k 5jm<')
  expect(await player.page.locator('#field').inputValue()).toBe('k 5jm<')
  await player.page.locator('#note').focus()
  await player.page.keyboard.type('kf 7')
  await player.page.locator('#more').focus()
  await press('Space')
  expect(await player.run('[window.clicks, video.paused, video.currentTime, video.muted, document.fullscreenElement]')).toEqual([
    1,
    true,
    0,
    true,
    null,
  ])
  // A key that the button has no use for is the player's.
  await press('k')
  await player.until('!video.paused')
})

test('the play button that has the focus is pressed once by the space bar', async () => {
  const { player } = rig
  await player.open('/master.m3u8')
  await player.page.locator('media-control-bar media-play-button').focus()
  await press('Space')
  await player.until(`!video.paused && !player.shadowRoot.querySelector('media-control-bar media-play-button').mediaPaused`)
  await press('Space')
  await player.until('video.paused')
  await press('ArrowRight')
  expect(await player.run<number>('video.currentTime')).toBeGreaterThanOrEqual(5)
})

test('arrows on the time line seek, and move a menu that is open', async () => {
  const { player } = rig
  await player.open('/master.m3u8')
  await player.page.locator('media-time-range').focus()
  await press('ArrowRight')
  expect(await player.run('video.currentTime')).toBe(5)
  await player.page.locator('media-playback-rate-menu-button').click()
  await player.page.getByRole('menuitemradio', { name: '1.25' }).click()
  await player.until('video.playbackRate === 1.25')
})

test('the quality menu lists the rungs and chooses one', async () => {
  const { player } = rig
  await player.open('/master.m3u8')
  await player.until(`player.shadowRoot.querySelector('media-rendition-menu').mediaRenditionList.length === 3`)
  await player.page.locator('media-rendition-menu-button').click()
  await player.page.getByRole('menuitemradio', { name: '240p' }).click()
  await player.until(`engine.chosenRendition === '240p'`)
})

test('pictures of the video show while one looks for a place on the time line', async () => {
  const { server, player, folder } = rig
  // Three pictures of 160 x 90 in a row, one for every 8 s.
  const sprite = await execa(
    'ffmpeg',
    ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=480x90', '-frames:v', '1', '-f', 'mjpeg', 'pipe:1'],
    { encoding: 'buffer' },
  )
  server.texts.set('/v/sprite-0.jpg', Buffer.from(sprite.stdout))
  const cues = [0, 1, 2].map((n) => `00:00:${pad(n * 8)}.000 --> 00:00:${pad(n * 8 + 8)}.000\nsprite-0.jpg#xywh=${n * 160},0,160,90\n`)
  server.texts.set('/v/thumbnails.vtt', `WEBVTT\n\n${cues.join('\n')}`)
  server.texts.set(
    '/v/master.m3u8',
    (await readFile(path.join(folder, 'master.m3u8'), 'utf8')).replaceAll(/^(\w+p\/)/gm, '/$1').replace('URI="', 'URI="/'),
  )
  await player.run(`(player.innerHTML = '<track kind="metadata" label="thumbnails" src="/v/thumbnails.vtt">', null)`)
  await player.open('/v/master.m3u8')
  const line = await player.page.locator('media-time-range').boundingBox()
  if (!line) throw new Error('the time line is not there')
  await player.page.mouse.move(line.x + line.width / 2, line.y + line.height / 2)
  const preview = player.page.locator('media-preview-thumbnail[slot]')
  await preview.waitFor({ state: 'visible' })
  await player.until(`player.shadowRoot.querySelector('media-preview-thumbnail[slot]').shadowRoot.querySelector('img').complete`)
  const [src, width] = await preview.locator('img').evaluate((image: HTMLImageElement) => [image.src, image.naturalWidth] as const)
  expect(src).toBe(`${server.url}/v/sprite-0.jpg`)
  expect(width).toBe(480)
  expect(await preview.getAttribute('mediapreviewcoords')).toBe('160 0 160 90')
  expect((await preview.boundingBox())?.width).toBeGreaterThan(90)
})

test('the poster stands until playback begins, and nothing of the video is played before', async () => {
  const { server, player } = rig
  server.texts.set('/poster.jpg', await readFile(path.join(rig.folder, '144p/init.mp4')))
  await player.run(`(player.poster = '/poster.jpg', null)`)
  await player.open('/master.m3u8')
  const poster = player.page.locator('media-poster-image')
  expect(await poster.isVisible()).toBe(true)
  expect(await player.run('video.paused')).toBe(true)
  const start = player.page.locator('media-play-button.start')
  await start.click()
  await poster.waitFor({ state: 'hidden' })
  expect(await start.isVisible()).toBe(false)
})

function pad(seconds: number): string {
  return String(seconds).padStart(2, '0')
}
