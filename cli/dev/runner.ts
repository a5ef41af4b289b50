/** A transcode runner of the local stack: the same program that runs elsewhere, with the local runtime's S3 endpoint. */
import path from 'node:path'
import type { Secrets } from './secrets.ts'
import { Supervisor } from './supervisor.ts'

export interface RunnerOptions {
  root: string
  dataDir: string
  /** 1, 2, …: its place among the runners of this stack. */
  number: number
  url: string
  secrets: Secrets
  ffmpegPath: string
  mark: Record<string, string>
  onLine: (line: string) => void
  onDeath: (how: string, pauseMs: number) => void
}

export function startRunner(options: RunnerOptions): Supervisor {
  return new Supervisor({
    name: `runner ${options.number}`,
    command: process.execPath,
    args: ['--no-warnings', path.join(options.root, 'transcode-runner/main.ts')],
    cwd: options.dataDir,
    env: {
      ...process.env,
      ...options.mark,
      SLUICE_URL: options.url,
      SLUICE_RUNNER_TOKEN: options.secrets.runnerToken,
      S3_ENDPOINT: `${options.url}/cdn-cgi/local/r2/s3`,
      S3_BUCKET: 'sluice-media',
      S3_REGION: 'auto',
      AWS_ACCESS_KEY_ID: options.secrets.s3.accessKeyId,
      AWS_SECRET_ACCESS_KEY: options.secrets.s3.secretAccessKey,
      FFMPEG_PATH: options.ffmpegPath,
      SLUICE_ADMIN_TOKEN: undefined,
    },
    logFile: path.join(options.dataDir, `log/runner-${options.number}.log`),
    onLine: options.onLine,
    onDeath: options.onDeath,
  })
}
