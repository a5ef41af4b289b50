/** The system's Chromium for tests, and a limit for whatever is asked of a page. Acquire returns release. */
import { existsSync } from 'node:fs'
import { chromium, type Browser } from 'playwright-core'

/** Where Debian, other Linuxes and macOS keep it; `CHROMIUM_PATH` comes first. */
const PLACES = [
  process.env['CHROMIUM_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** A headless browser; close it with `close()`. Plays without a gesture, as after a click. */
export async function launchChromium(args: string[] = []): Promise<Browser> {
  const executablePath = PLACES.find((place) => place !== undefined && existsSync(place))
  if (!executablePath) throw new Error('No Chromium found: install it (apt-get install chromium) or set CHROMIUM_PATH.')
  return chromium.launch({ executablePath, headless: true, args: ['--autoplay-policy=no-user-gesture-required', ...args] })
}

/** Rejects when the promise takes longer: a page that hangs must not hang the tests. */
export async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms)
  })
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer))
}
