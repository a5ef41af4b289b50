/** What browser tests of the player share: the stream, its server, the browser, and a fresh page with the player for each test. */
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import type { EngineEvent, EventBody } from '../../player/engine/events.ts'
import { launchChromium } from './chromium.ts'
import { hlsFixture } from './hls-fixture.ts'
import { bundlePlayer, openPlayerPage, PLAYER_PAGE, type PlayerPage } from './player-page.ts'
import { serveFolder, type StaticServer } from './static-server.ts'

/** What there is while a test runs. */
export interface PlayerRig {
  /** Where the stream lies. */
  folder: string
  server: StaticServer
  player: PlayerPage
}

/** Registers the hooks of a test file; the rig's parts are there from the first `beforeEach` on. `fixture` makes the folder of the stream. */
export function usePlayer(fixture: () => Promise<string> = hlsFixture): PlayerRig {
  const rig = {} as PlayerRig
  let browser: Browser
  beforeAll(async () => {
    rig.folder = await fixture()
    rig.server = await serveFolder(rig.folder, { ...(await bundlePlayer()), '/index.html': PLAYER_PAGE })
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
    await rig.server?.close()
  })
  beforeEach(async () => {
    rig.server.reset()
    rig.player = await openPlayerPage(browser, `${rig.server.url}/index.html`)
  })
  afterEach(() => rig.player?.close())
  return rig
}

/** The events of one type. */
export function ofType<T extends EventBody['type']>(events: readonly EngineEvent[], type: T): Extract<EngineEvent, { type: T }>[] {
  return events.filter((event): event is Extract<EngineEvent, { type: T }> => event.type === type)
}
