/** What an FFmpeg can do. */
import { ENCODERS } from './encoder-args.ts'
import { run } from './run.ts'

export interface Capabilities {
  /** First line of `-version`, without the copyright. */
  version: string
  /** Of those the ladder uses. */
  encoders: string[]
}

/** Asks FFmpeg itself. Rejects when it cannot be started. */
export async function readCapabilities(ffmpegPath: string): Promise<Capabilities> {
  const [version, encoders] = await Promise.all([
    run({ command: ffmpegPath, args: ['-hide_banner', '-version'] }),
    run({ command: ffmpegPath, args: ['-hide_banner', '-encoders'] }),
  ])
  const names = new Set([...encoders.stdout.toString().matchAll(/^ [VA][.A-Z]{5} (\S+)/gm)].map((match) => match[1]))
  return {
    version: (/^ffmpeg version (\S+)/.exec(version.stdout.toString())?.[1] ?? 'unknown').slice(0, 120),
    encoders: [...Object.values(ENCODERS), 'aac'].filter((name) => names.has(name)),
  }
}
