/**
 * A session as JSON: everything the engine did and decided, with what is needed to read it elsewhere. It holds nothing that
 * tells one viewer from another: addresses lose their query and credentials, the browser is a name and a number.
 */
import type { EngineEvent } from '../engine/events.ts'
import { VERSION } from '../version.ts'

/** The first line of every recording. `version` counts up when an old reader would misread a new recording. */
export const RECORDING_FORMAT = 'sluice-session'
export const RECORDING_VERSION = 1

/** What it was played on, as far as it explains how it went. */
export interface Environment {
  /** Name and major version, `Chromium 150`. */
  browser: string
  /** `Linux`, `macOS`, … */
  platform: string
  cores: number | null
  /** Device pixels for one CSS pixel. */
  pixelRatio: number
  /** `4g` and so on (Network Information API); null where the browser does not say. */
  connection: string | null
}

/** What of the configuration decides anything. */
export interface RecordedConfig {
  rule: string
  forwardBufferS: number
  backBufferS: number
  capToElementSize: boolean
  startBps: number | null
  horizonSegments: number
}

/** See the head of this file. */
export interface SessionRecording {
  format: typeof RECORDING_FORMAT
  version: typeof RECORDING_VERSION
  /** Version of the player. */
  player: string
  /** ISO 8601, UTC. */
  recordedAt: string
  environment: Environment
  config: RecordedConfig
  /** Events that the log no longer held: what is here is the end of a longer session. */
  droppedEvents: number
  events: EngineEvent[]
}

/** What a recording is made from. */
export interface Recorded {
  events: readonly EngineEvent[]
  droppedEvents: number
  config: Omit<RecordedConfig, 'rule'> & { rule: { name: string } }
  environment: Environment
  /** Unix ms. */
  nowMs: number
}

/** The recording of what a log holds now. */
export function record({ events, droppedEvents, config, environment, nowMs }: Recorded): SessionRecording {
  const { rule, forwardBufferS, backBufferS, capToElementSize, startBps, horizonSegments } = config
  return {
    format: RECORDING_FORMAT,
    version: RECORDING_VERSION,
    player: VERSION,
    recordedAt: new Date(nowMs).toISOString(),
    environment,
    config: { rule: rule.name, forwardBufferS, backBufferS, capToElementSize, startBps, horizonSegments },
    droppedEvents,
    events: JSON.parse(
      JSON.stringify(events, (_, value: unknown) => (typeof value === 'string' ? harmless(value) : value)),
    ) as EngineEvent[],
  }
}

/** A file name for a recording. */
export function recordingName({ recordedAt }: SessionRecording): string {
  return `session-${recordedAt.slice(0, 19).replaceAll(':', '-')}.json`
}

/** Tokens of viewers travel in queries and credentials, and messages quote addresses. */
function harmless(text: string): string {
  return text
    .slice(0, 1_000)
    .replace(/(https?:\/\/)[^\s/?#@]*@/gi, '$1')
    .replace(/(https?:\/\/[^\s?#]*)[?#]\S*/gi, '$1')
}
