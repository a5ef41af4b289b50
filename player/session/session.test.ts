/** Recording, reading back, replaying, and the same session under another rule: on sessions of the real chooser. */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stateless, type AbrRule } from '../abr/rule.ts'
import { RULES } from '../abr/rules.ts'
import { throughputRule } from '../abr/throughput.ts'
import type { EngineEvent } from '../engine/events.ts'
import { VERSION } from '../version.ts'
import { environmentOf } from './environment.ts'
import { LADDER, madeSession, type Turn } from './made-session.ts'
import { readRecording, RecordingError } from './read-recording.ts'
import { record, type SessionRecording } from './recording.ts'
import { replay } from './replay.ts'
import { summarize } from './summary.ts'
import { whatIf } from './what-if.ts'

const ENVIRONMENT = environmentOf({ userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Chrome/150.0.1 Safari/537.36', hardwareConcurrency: 2 }, 1)
const CONFIG = {
  ...{ rule: throughputRule, forwardBufferS: 30, backBufferS: 30, capToElementSize: true, startBps: null },
  horizonSegments: 8,
}
const recordingOf = (events: readonly EngineEvent[]): SessionRecording =>
  record({ events, droppedEvents: 0, config: CONFIG, environment: ENVIRONMENT, nowMs: Date.UTC(2026, 10, 22) })
const exported = (events: readonly EngineEvent[]): string => JSON.stringify(recordingOf(events))

const turn: fc.Arbitrary<Turn> = fc.record({
  bps: fc.integer({ min: 100_000, max: 20_000_000 }),
  ttfbMs: fc.nat(2_000),
  seek: fc.boolean(),
  choose: fc.option(fc.constantFrom('360p', null), { nil: undefined }),
}) as fc.Arbitrary<Turn>
const steady = (count: number, bps: number): Turn[] => Array.from({ length: count }, () => ({ bps }))
/** As the throughput rule, but it lets every download end, as made sessions do. */
const patient: AbrRule = { name: 'patient', start: () => ({ decide: (input) => throughputRule.start().decide(input) }) }
const DIP = [...steady(3, 9e6), ...steady(1, 0.9e6), ...steady(8, 9e6)]
const lowest: AbrRule = stateless(
  'lowest',
  () => ({ id: '360p', reason: 'always the smallest', numbers: {} }),
  () => null,
)

test('the version of the player is the package’s', () => {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  expect((JSON.parse(text) as { version: string }).version).toBe(VERSION)
})

test.each(RULES)('$name: a session that was exported and read back is decided the same, every decision', (rule) => {
  fc.assert(
    fc.property(fc.array(turn, { minLength: 1, maxLength: 15 }), (turns) => {
      const { events } = readRecording(exported(madeSession(rule, turns)))
      const result = replay(events, rule)
      expect(result.differences).toEqual([])
      expect(result.same).toBe(result.compared)
      expect(result.compared + result.chosenByViewer).toBe(turns.length)
    }),
    { numRuns: 40 },
  )
})

test('a rule that decides otherwise is told apart, decision by decision', () => {
  const result = replay(madeSession(throughputRule, steady(6, 20e6)), lowest)
  expect(result).toMatchObject({ compared: 6, same: 0, sameRendition: 1 })
  expect(result.differences[1]).toMatchObject({ segment: 1, recorded: { id: '1080p' }, replayed: { id: '360p' } })
})

test('an export holds no token, no credentials and no user agent string', () => {
  const secret = 'https://user:pass@a.example/v/1/master.m3u8?token=abc#frag'
  const text = exported([
    { type: 'load', url: secret, atMs: 0 },
    { type: 'error', code: 'playlist-invalid', message: 'no', detail: `${secret} is not a playlist`, atMs: 1 },
  ])
  expect(text).not.toMatch(/token|abc|pass|frag|Mozilla/)
  expect(text).toContain('https://a.example/v/1/master.m3u8 is not a playlist')
  expect(recordingOf([]).environment).toMatchObject({ browser: 'Chromium 150', platform: 'Linux', cores: 2 })
})

test.each([
  ['{', 'not JSON'],
  ['[]', 'no session'],
  ['{"format":"sluice-session","version":2}', 'has version 2'],
  [exported([]).replace('"cores":2', '"cores":"two"'), "'environment.cores'"],
  [exported([{ type: 'load', url: 'a', atMs: 5 }]).replace('"atMs":5', '"atMs":-1'), 'Event 1'],
  [
    exported(madeSession(throughputRule, steady(2, 4e6))).replace('"bufferGoalS":30', '"bufferGoalS":"x"'),
    "in 'decision', 'input.bufferGoalS'",
  ],
  [
    exported([
      { type: 'load', url: 'a', atMs: 5 },
      { type: 'load', url: 'a', atMs: 4 },
    ]),
    'older than the one before',
  ],
])('what is no recording is refused in words (%#)', (text, words) => {
  expect(() => readRecording(text)).toThrow(RecordingError)
  expect(() => readRecording(text)).toThrow(words)
})

test('an event of a later player is passed over', () => {
  const text = exported([]).replace('"events":[]', '"events":[{"type":"levitated","atMs":1,"heightM":2}]')
  const { events } = readRecording(text)
  expect(replay(events, throughputRule).compared).toBe(0)
})

test('whatever is in a recording, reading it ends in a recording or in a RecordingError', () => {
  const valid = exported(madeSession(throughputRule, steady(2, 4e6)))
  fc.assert(
    fc.property(fc.nat(valid.length), fc.nat(200), fc.string({ maxLength: 20 }), (at, cut, put) => {
      try {
        const { events } = readRecording(valid.slice(0, at) + put + valid.slice(at + cut))
        replay(events, throughputRule)
        summarize(events)
        whatIf(events, throughputRule)
      } catch (error) {
        expect(error).toBeInstanceOf(RecordingError)
      }
    }),
    { numRuns: 300 },
  )
})

test('under the rule that played, the model decides the same and stalls where the session did', () => {
  const events = madeSession(patient, DIP)
  const modelled = whatIf(events, patient) ?? []
  const [was, would] = [summarize(events), summarize(modelled)]
  expect(was.stalls).toBe(1)
  expect(would.stalls).toBe(1)
  expect(Math.abs(would.stallMs - was.stallMs)).toBeLessThan(was.stallMs * 0.1)
  expect(would.switches).toBe(was.switches)
  expect(would.meanBps).toBeCloseTo(was.meanBps ?? 0, -3)
  const chosen = (log: readonly EngineEvent[]): string[] => log.flatMap((event) => (event.type === 'decision' ? [event.to] : []))
  expect(chosen(modelled)).toEqual(chosen(events))
})

test('under another rule the same network gives another session', () => {
  const modelled = whatIf(madeSession(patient, DIP), lowest) ?? []
  expect(summarize(modelled)).toMatchObject({ stalls: 0, switches: 0, meanBps: 800_000, loadedS: 12 * 4 })
  // In order, so that it can be drawn, exported and read like any other.
  expect(readRecording(exported(modelled)).events).toHaveLength(modelled.length)
})

test('a rule that always gives up gets somewhere all the same', () => {
  const restless: AbrRule = {
    name: 'restless',
    start: () => ({
      decide: () => ({ id: '1080p', reason: 'the largest', numbers: {} }),
      abandon: ({ download }) => ({ id: download.rungId === '360p' ? '1080p' : '360p', reason: 'never content', numbers: {} }),
    }),
  }
  const modelled = whatIf(madeSession(throughputRule, steady(4, 1e6)), restless) ?? []
  expect(summarize(modelled).loadedS).toBe(16)
})

test('a recording of segments that last for ever is simulated to an end', () => {
  const text = exported(madeSession(throughputRule, steady(3, 1e6)))
  const hostile = text.replaceAll('"segmentDurationS":4', '"segmentDurationS":1e15').replaceAll(/"bytes":\d+/g, '"bytes":1e15')
  const { events } = readRecording(hostile)
  for (const rule of RULES) expect(whatIf(events, rule)?.length).toBeLessThan(20_000)
  expect(() => readRecording(text.replace('"atMs":0', '"atMs":1e9'))).toThrow('Event 1')
})

test('of an empty log nothing is made', () => {
  expect(whatIf([], throughputRule)).toBeNull()
  expect(summarize([])).toMatchObject({ stalls: 0, meanBps: null, startMs: null })
  expect(LADDER.length).toBe(3)
})
