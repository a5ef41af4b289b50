/** What a session is played on, without anything that tells one viewer from another. */
import type { Environment } from './recording.ts'

/** Each before those whose name it carries too. */
const BROWSERS = [
  [/Edg\/(\d+)/, 'Edge'],
  [/OPR\/(\d+)/, 'Opera'],
  [/Firefox\/(\d+)/, 'Firefox'],
  [/Chrome\/(\d+)/, 'Chromium'],
  [/Version\/(\d+).*Safari/, 'Safari'],
] as const
const PLATFORMS = [
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/CrOS/, 'ChromeOS'],
  [/Linux/, 'Linux'],
] as const

/** The part of `navigator` that is read. */
export interface NavigatorLike {
  userAgent: string
  hardwareConcurrency?: number
}

/** The environment of a page. */
export function environmentOf(navigator: NavigatorLike, pixelRatio: number): Environment {
  const { userAgent } = navigator
  const connection: unknown = Reflect.get(navigator, 'connection')
  const effective: unknown = typeof connection === 'object' && connection !== null ? Reflect.get(connection, 'effectiveType') : null
  const browser = BROWSERS.map(([pattern, name]) => ({ name, version: pattern.exec(userAgent)?.[1] })).find(({ version }) => version)
  return {
    browser: browser ? `${browser.name} ${browser.version}` : 'unknown',
    platform: PLATFORMS.find(([pattern]) => pattern.test(userAgent))?.[1] ?? 'unknown',
    cores: navigator.hardwareConcurrency ?? null,
    pixelRatio,
    connection: typeof effective === 'string' ? effective : null,
  }
}
