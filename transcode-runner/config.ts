/** The runner's settings, all from the environment: nothing secret is ever an argument or part of a task. */
import { availableParallelism, hostname } from 'node:os'
import { dirname, join } from 'node:path'

export interface RunnerConfig {
  /** WebSocket address of the pool: `ws(s)://…/api/runners`. */
  poolUrl: string
  runnerToken: string
  /** What people see in lists of runners. */
  name: string
  cores: number
  s3: { endpoint: string; bucket: string; region: string; accessKeyId: string; secretAccessKey: string }
  ffmpegPath: string
  ffprobePath: string
  /** x264's speed preset; slower ones make smaller files. */
  preset: string
}

/** Settings that are missing or wrong, one line each. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

const PRESETS = ['ultrafast', 'superfast', 'veryfast', 'faster', 'fast', 'medium', 'slow', 'slower', 'veryslow']

/** Reads the settings; throws `ConfigError` with everything that is wrong at once. */
export function readConfig(env: Record<string, string | undefined>): RunnerConfig {
  const wrong: string[] = []
  const need = (name: string): string => {
    const value = env[name]?.trim() ?? ''
    if (value === '') wrong.push(`${name} is missing`)
    return value
  }
  const url = need('SLUICE_URL')
  const runnerToken = need('SLUICE_RUNNER_TOKEN')
  const endpoint = need('S3_ENDPOINT')
  const s3 = {
    endpoint,
    bucket: need('S3_BUCKET'),
    region: env['S3_REGION']?.trim() || 'auto',
    accessKeyId: need('AWS_ACCESS_KEY_ID'),
    secretAccessKey: need('AWS_SECRET_ACCESS_KEY'),
  }
  if (url !== '' && !isHttp(url)) wrong.push('SLUICE_URL is not an http(s) address')
  if (endpoint !== '' && !isHttp(endpoint)) wrong.push('S3_ENDPOINT is not an http(s) address')
  const preset = env['SLUICE_PRESET']?.trim() || 'veryfast'
  if (!PRESETS.includes(preset)) wrong.push(`SLUICE_PRESET is none of ${PRESETS.join(', ')}`)
  if (wrong.length > 0) throw new ConfigError(wrong.join('\n'))
  const ffmpegPath = env['FFMPEG_PATH']?.trim() || 'ffmpeg'
  return {
    poolUrl: new URL('/api/runners', url).href.replace(/^http/, 'ws'),
    runnerToken,
    name: (env['SLUICE_RUNNER_NAME']?.trim() || hostname()).slice(0, 64),
    cores: availableParallelism(),
    s3,
    ffmpegPath,
    ffprobePath: besideFfmpeg(ffmpegPath),
    preset,
  }
}

/** ffprobe lies beside ffmpeg; a bare name is looked up on PATH like ffmpeg itself. */
export function besideFfmpeg(ffmpegPath: string): string {
  return ffmpegPath.includes('/') ? join(dirname(ffmpegPath), 'ffprobe') : 'ffprobe'
}

function isHttp(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
}
