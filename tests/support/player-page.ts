/** A page with <sluice-player> in a real Chromium, and what tests ask of it. */
import type { Browser, Page } from 'playwright-core'
import type { EngineEvent } from '../../player/engine/events.ts'
import { bundle } from '../../scripts/player-size.ts'
import { within } from './chromium.ts'
import { READ_FRAME_CODE } from './frame-code.ts'

/** The player's scripts as a page would load them, by address. */
export async function bundlePlayer(): Promise<Record<string, string>> {
  return Object.fromEntries((await bundle('player/index.ts')).map(({ name, code }) => [`/player/${name}`, code]))
}

/** The page; its server must serve the player's scripts. `window.player` is the element, `window.readFrame()` the number shown. */
export const PLAYER_PAGE = `<!doctype html><meta charset="utf-8"><title>player</title>
<style>body { margin: 0; background: #222 } sluice-player { width: 640px }</style>
<sluice-player id="player" muted playsinline></sluice-player>
<script type="module">
  import '/player/entry.js'
  const readFrameCode = ${READ_FRAME_CODE}
  window.player = document.getElementById('player')
  window.readFrame = () => readFrameCode(window.player.video)
  window.isReady = true
</script>`

export interface PlayerPage {
  page: Page
  /** Evaluates in the page, never longer than `ms`. The source sees `player`, `video` and `engine`, and may await. */
  run<T>(source: string, ms?: number): Promise<T>
  /** Sets the configuration and the source, and resolves when a frame is there. */
  open(src: string, config?: Record<string, unknown>): Promise<void>
  /** Resolves when the expression becomes true; rejects with the newest events when it does not. */
  until(expression: string, ms?: number): Promise<void>
  events(): Promise<EngineEvent[]>
  /** Seeks, and answers the frame number on the screen once the browser has shown what was asked for. */
  seekAndRead(timeS: number): Promise<number | null>
  close(): Promise<void>
}

/** Opens the page in a context of its own. Errors thrown in the page fail the test that closes it. */
export async function openPlayerPage(browser: Browser, url: string): Promise<PlayerPage> {
  const context = await browser.newContext({ viewport: { width: 900, height: 600 } })
  const page = await context.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  await page.goto(url)
  await page.waitForFunction('window.isReady === true', null, { timeout: 15_000 })

  const run = <T>(source: string, ms = 15_000): Promise<T> =>
    within(
      ms,
      source,
      page.evaluate<T>(
        `(async () => { const player = window.player, video = player.video, engine = player.engine; return (${source}) })()`,
      ),
    )
  const events = (): Promise<EngineEvent[]> => run<EngineEvent[]>('player.events ? [...player.events.events] : []')
  const until = async (expression: string, ms = 20_000): Promise<void> => {
    const endMs = Date.now() + ms
    while (!(await run<boolean>(`Boolean(${expression})`))) {
      if (Date.now() > endMs) {
        const newest = (await events()).slice(-25).map((event) => JSON.stringify(event))
        throw new Error(`not within ${ms} ms: ${expression}\n${newest.join('\n')}`)
      }
      await page.waitForTimeout(50)
    }
  }
  return {
    page,
    run,
    events,
    until,
    async open(src, config = {}) {
      await run(`(player.config = ${JSON.stringify({ storageKey: null, ...config })}, player.src = ${JSON.stringify(src)}, null)`)
      await until('video.readyState >= 2')
    },
    seekAndRead: (timeS) =>
      run(
        `await new Promise((resolve) => {
          // Both have to come: the end of the seek, and a frame of about that time on the screen. The same frame again is not
          // presented anew, so half a second after the seek what stands there counts.
          let shown = false, sought = false
          const done = () => shown && sought && setTimeout(() => resolve(window.readFrame()), 50)
          const check = (_now, frame) => {
            if (Math.abs(frame.mediaTime - ${timeS}) < 0.5) return (shown = true, done())
            video.requestVideoFrameCallback(check)
          }
          video.requestVideoFrameCallback(check)
          video.addEventListener('seeked', () => {
            sought = true
            done()
            setTimeout(() => resolve(window.readFrame()), 500)
          }, { once: true })
          video.currentTime = ${timeS}
        })`,
        20_000,
      ),
    async close() {
      await context.close()
      if (errors.length > 0) throw new Error(`errors in the page: ${errors.join('; ')}`)
    },
  }
}
