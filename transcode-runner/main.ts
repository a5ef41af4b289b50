/** The runner's program: `node transcode-runner/main.ts`. Exit code 2: wrong settings; 1: FFmpeg is missing. */
import { ConfigError, readConfig } from './config.ts'
import { Runner } from './runner.ts'

async function main(): Promise<void> {
  const runner = await Runner.start(readConfig(process.env))
  let asked = false
  const stop = (): void => {
    // Asked twice, it goes at once.
    if (asked) process.exit(1)
    asked = true
    void runner.stop().then(() => process.exit(0))
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

try {
  await main()
} catch (error) {
  if (error instanceof ConfigError) {
    process.stderr.write(`The runner cannot start:\n${error.message}\nSee docs/2-guides/runners.md.\n`)
    process.exit(2)
  }
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`The runner cannot start: ${message}\nIs FFmpeg installed? FFMPEG_PATH says where it is.\n`)
  process.exit(1)
}
