/**
 * What a recording must hold to be read. Events that the reading code looks into are checked field by field; a type that is
 * not listed (of a newer player) only has to have a name and a time. Every size is bounded: a recording comes from anywhere.
 */
import * as v from 'valibot'
import { RECORDING_FORMAT, RECORDING_VERSION } from './recording.ts'

const number = v.pipe(v.number(), v.finite())
const amount = v.pipe(number, v.minValue(0))
const text = v.pipe(v.string(), v.maxLength(2_000))
const name = v.pipe(v.string(), v.maxLength(300))
const numbers = v.pipe(
  v.record(name, number),
  v.check((fields) => Object.keys(fields).length <= 200, 'Expected at most 200 fields'),
)
const track = v.picklist(['main', 'audio'])
const requestKind = name
const state = v.picklist(['idle', 'loading', 'paused', 'buffering', 'playing', 'seeking', 'ended', 'failed'])

const estimate = v.object({ bps: v.nullable(amount), fastBps: v.nullable(amount), slowBps: v.nullable(amount), samples: amount })
const download = v.object({
  ...{ rungId: name, segment: number, segmentDurationS: amount, bytes: amount, totalBytes: v.nullable(amount) },
  ...{ ttfbMs: amount, elapsedMs: amount, cached: v.boolean() },
})
const rung = v.looseObject({
  ...{ id: name, peakBps: amount, averageBps: amount, width: amount, height: amount },
  score: v.optional(number),
})
const shared = { nowMs: number, estimate, bufferS: number, bufferGoalS: amount, playbackRate: v.pipe(number, v.gtValue(0)) }
const abrInput = v.looseObject({
  ...{ ...shared, segment: number, segmentDurationS: amount, currentId: v.nullable(name) },
  ...{ remainingS: v.nullable(number), maxHeight: v.nullable(amount) },
  upcoming: v.pipe(v.array(v.object({ durationS: amount, bytes: numbers })), v.maxLength(1_000)),
})
const abandonInput = v.looseObject({ ...shared, download })
const said = { reason: text, numbers, waitMs: v.optional(amount) }
const edge = v.optional(v.looseObject({ cacheStatus: v.optional(text), serverTiming: v.optional(text) }))

/** By event type, without `type` and `atMs`. */
const FIELDS: Readonly<Record<string, v.GenericSchema | undefined>> = Object.fromEntries(
  Object.entries({
    load: { url: text },
    state: { from: state, to: state, cause: name },
    manifest: { url: text, variants: amount, audioTracks: amount, durationMs: amount },
    playlist: { track, rendition: name, segments: amount, durationS: amount, ended: v.boolean() },
    request: {
      kind: requestKind,
      url: text,
      bytes: amount,
      ttfbMs: amount,
      durationMs: amount,
      attempt: amount,
      cached: v.boolean(),
      edge,
    },
    'request-failed': { kind: requestKind, url: text, status: amount, reason: text, durationMs: amount, retryInMs: v.nullable(amount) },
    segment: { track, rendition: name, number, startS: number, durationS: amount, bytes: amount, appendMs: amount },
    'segment-skipped': { track, rendition: name, number, startS: number, durationS: amount, reason: text },
    'segment-abandoned': { rendition: name, number, bytes: amount, to: name, ...said, input: abandonInput },
    'segment-from-other': { number, from: name, to: name },
    ladder: { rungs: v.pipe(v.array(rung), v.minLength(1), v.maxLength(200)) },
    decision: { from: v.nullable(name), to: name, chosen: v.boolean(), ...said, input: abrInput },
    download: { download },
    switched: { track, from: name, to: name, atS: number },
    'quality-chosen': { rendition: v.nullable(name) },
    estimate: { bps: amount, fastBps: amount, slowBps: amount },
    seeking: { toS: number, buffered: v.boolean() },
    seeked: { toS: number, tookMs: amount },
    'first-frame': { tookMs: amount },
    stall: { atS: number, waitsFor: text },
    'stall-ended': { atS: number, tookMs: amount },
    'gap-jumped': { fromS: number, toS: number, reason: text },
    evicted: { track, startS: number, endS: number, reason: text },
    'buffer-full': { track, forwardBufferS: amount },
    recovered: { reason: text },
    watchdog: { waitsFor: text, sinceMs: amount },
    error: { code: name, message: text, detail: text },
    sample: {
      ...{ playheadS: number, decodedFrames: amount, droppedFrames: amount, behindEdgeS: v.nullable(number) },
      bufferS: v.object({ main: v.optional(number), audio: v.optional(number) }),
    },
  }).map(([type, fields]) => [type, v.looseObject(fields as v.ObjectEntries) as v.GenericSchema]),
)

/** Longest session that is read: two days, ms. */
const MAX_MS = 172_800_000

/** Any event: its name and its time. */
export const AnyEvent = v.looseObject({
  type: v.pipe(v.string(), v.minLength(1), v.maxLength(40)),
  atMs: v.pipe(amount, v.maxValue(MAX_MS)),
})

/** The fields of one type of event; undefined for a type that is not known here. */
export function fieldsOf(type: string): v.GenericSchema | undefined {
  return Object.hasOwn(FIELDS, type) ? FIELDS[type] : undefined
}

/** Most events that are read: a day of them. */
export const MAX_EVENTS = 500_000

/** All but what is in the events. */
export const Head = v.looseObject({
  format: v.literal(RECORDING_FORMAT),
  version: v.literal(RECORDING_VERSION),
  player: name,
  recordedAt: v.pipe(v.string(), v.isoTimestamp()),
  environment: v.looseObject({
    ...{ browser: name, platform: name, cores: v.nullable(amount) },
    ...{ pixelRatio: amount, connection: v.nullable(name) },
  }),
  config: v.looseObject({
    ...{ rule: name, forwardBufferS: amount, backBufferS: amount, capToElementSize: v.boolean() },
    ...{ startBps: v.nullable(amount), horizonSegments: amount },
  }),
  droppedEvents: amount,
  events: v.pipe(v.array(v.unknown()), v.maxLength(MAX_EVENTS)),
})
