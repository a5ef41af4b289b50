/** Settings of the local stack, read from the environment. Every one has a default that works (docs/3-reference/settings.md). */
import path from 'node:path'
import { Usage } from '../failure.ts'

export interface Settings {
  port: number
  /** Address to listen on. */
  host: string
  /** Absolute path of the folder with everything the local stack keeps. */
  dataDir: string
  /** Null: made on the first start and kept. */
  adminToken: string | null
  runners: number
  demo: boolean
  ffmpegPath: string
}

/** Reads and checks the environment; throws `Usage` with the name of what is wrong. */
export function readSettings(env: Record<string, string | undefined>, cwd: string): Settings {
  const adminToken = text(env, 'SLUICE_ADMIN_TOKEN')
  if (adminToken !== null && !/^[\x21-\x7e]{16,256}$/.test(adminToken)) {
    throw new Usage('SLUICE_ADMIN_TOKEN has to be 16 to 256 printable characters without spaces.')
  }
  return {
    port: integer(env, 'PORT', 8787, 1, 65_535),
    host: text(env, 'SLUICE_HOST') ?? '127.0.0.1',
    dataDir: path.resolve(cwd, text(env, 'SLUICE_DATA') ?? '.sluice'),
    adminToken,
    runners: integer(env, 'SLUICE_RUNNERS', 1, 0, 64),
    demo: text(env, 'SLUICE_DEMO') !== '0',
    ffmpegPath: text(env, 'FFMPEG_PATH') ?? 'ffmpeg',
  }
}

function text(env: Record<string, string | undefined>, name: string): string | null {
  const value = env[name]?.trim()
  return value === undefined || value === '' ? null : value
}

function integer(env: Record<string, string | undefined>, name: string, fallback: number, least: number, most: number): number {
  const value = text(env, name)
  if (value === null) return fallback
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN
  if (!(number >= least && number <= most)) throw new Usage(`${name} is '${value}'; it has to be a whole number from ${least} to ${most}.`)
  return number
}
