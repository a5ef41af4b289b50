/** A sentence for each cause, from logs that show it. */
import { expect, test } from 'vitest'
import type { EngineEvent, EventBody } from '../engine/events.ts'
import { readCacheStatus } from './cache-status.ts'
import { incidentsOf, type Incident } from './causes.ts'
import { LADDER } from './made-session.ts'

const at = (atMs: number, event: EventBody): EngineEvent => ({ ...event, atMs })
const estimate = { bps: 6e6, fastBps: 6e6, slowBps: 6e6, samples: 4 }
const decision = (atMs: number, to: string, more: { from?: string; chosen?: boolean } = {}): EngineEvent =>
  at(atMs, {
    ...{ type: 'decision', from: more.from ?? to, to, chosen: more.chosen ?? false, reason: '6.0 Mbit/s carries it', numbers: {} },
    input: {
      ...{ nowMs: atMs, segment: 5, estimate, bufferS: 4, bufferGoalS: 30, segmentDurationS: 4, upcoming: [], remainingS: 60 },
      ...{ currentId: to, playbackRate: 1, maxHeight: null },
    },
  })
const request = (atMs: number, durationMs: number, ttfbMs: number, bytes: number, cacheStatus?: string): EngineEvent =>
  at(atMs, {
    ...{ type: 'request', kind: 'segment', url: 'https://a.example/1080p/5.m4s', bytes, ttfbMs, durationMs, attempt: 1, cached: false },
    ...(cacheStatus !== undefined && { edge: { cacheStatus } }),
  })
const segment = (atMs: number, rendition = '1080p', bytes = 2_500_000): EngineEvent =>
  at(atMs, { type: 'segment', track: 'main', rendition, number: 5, startS: 20, durationS: 4, bytes, appendMs: 3 })
const sample = (atMs: number, bufferS: number, decodedFrames: number, droppedFrames: number): EngineEvent =>
  at(atMs, { type: 'sample', playheadS: 10, bufferS: { main: bufferS }, decodedFrames, droppedFrames, behindEdgeS: null })
const stall = (atMs: number, waitsFor = 'segment 5 of 1080p'): EngineEvent => at(atMs, { type: 'stall', atS: 20, waitsFor })
const ended = (atMs: number): EngineEvent => at(atMs, { type: 'stall-ended', atS: 20, tookMs: atMs - 10_000 })
const ladder = at(0, { type: 'ladder', rungs: LADDER })

/** The one stall of a log that begins at 10 s. */
const stalled = (before: EngineEvent[], during: EngineEvent[], waitsFor?: string): Incident => {
  const [incident, ...rest] = incidentsOf([ladder, ...before, stall(10_000, waitsFor), ...during]).filter(({ what }) => what === 'stall')
  expect(rest).toEqual([])
  if (!incident) throw new Error('no stall')
  return incident
}

test('the edge did not have it: by its Cache-Status and the wait for the first byte', () => {
  const miss = 'sluice-edge; fwd=miss; stored'
  const found = stalled([decision(8_000, '1080p')], [request(12_000, 4_000, 3_500, 2_500_000, miss), segment(12_010), ended(12_020)])
  expect(found).toMatchObject({ cause: 'edge-miss', tookMs: 2_020 })
  expect(found.sentence).toBe(
    'The edge did not have it and asked behind it (Cache-Status: sluice-edge; fwd=miss; stored): the first byte of the segment took 3.5 s.',
  )
})

test('a server that stalled, with and without a hit at the edge', () => {
  const during = (status?: string): EngineEvent[] => [request(12_000, 4_000, 3_500, 2_500_000, status), segment(12_010), ended(12_020)]
  expect(stalled([], during()).sentence).toBe('The server stalled: the first byte of the segment took 3.5 s, of 4.0 s in all.')
  expect(stalled([], during('sluice-edge; hit; ttl=60')).sentence).toContain('although the edge had it')
})

test('the estimate was stale: measured long before, and the segment came with much less', () => {
  const measured = at(3_000, { type: 'estimate', bps: 6e6, fastBps: 6e6, slowBps: 6e6 })
  const found = stalled([measured, decision(4_000, '1080p')], [request(14_000, 10_000, 50, 2_500_000), segment(14_010), ended(14_020)])
  expect(found.cause).toBe('stale-estimate')
  expect(found.sentence).toBe(
    'The network had become slower than the estimate: segment 5 of 1080p came with 2.0 Mbit/s, and it plays at 5.0 Mbit/s; it was chosen for 6.0 Mbit/s, measured 11.0 s before it was there.',
  )
})

test('throughput below the rendition: a choice of the viewer, and the smallest there is', () => {
  const slow = [request(14_000, 10_000, 50, 2_500_000), segment(14_010), ended(14_020)]
  const chosen = stalled([decision(4_000, '1080p', { chosen: true })], slow)
  expect(chosen.cause).toBe('throughput')
  expect(chosen.sentence).toContain('The viewer had chosen it.')
  const smallest = stalled([], [request(14_000, 10_000, 50, 400_000), segment(14_010, '360p', 400_000), ended(14_020)])
  expect(smallest.sentence).toBe(
    'The network was too slow for the rendition: segment 5 of 360p came with 320 kbit/s, and it plays at 800 kbit/s. There is no smaller rendition.',
  )
})

test('the decoder: media is there, frames are not', () => {
  const found = stalled([sample(9_000, 12, 1_000, 0), sample(9_900, 11, 1_050, 30)], [sample(10_500, 11, 1_060, 40), ended(11_000)])
  expect(found.cause).toBe('decoder')
  expect(found.sentence).toBe('The device did not keep up: 11.0 s were buffered, and 40 of 60 frames were dropped around it.')
})

test('a lost segment, given up and asked for again', () => {
  const failed = at(9_000, {
    ...{ type: 'request-failed', kind: 'segment', url: 'https://a.example/1080p/5.m4s', status: 404, reason: 'the server answered 404' },
    ...{ attempt: 1, durationMs: 50, retryInMs: 400 },
  })
  expect(stalled([failed], [ended(11_000)]).sentence).toBe(
    'A segment had to be asked for again: it failed once, the last time because the server answered 404.',
  )
  const skipped = at(10_500, {
    ...{ type: 'segment-skipped', track: 'main', rendition: '1080p', number: 5, startS: 20, durationS: 4 },
    reason: 'the server answered 404',
  })
  expect(stalled([failed], [skipped, ended(11_000)])).toMatchObject({ cause: 'lost-segment' })
})

test('a seek: the buffer was too small yet', () => {
  const found = stalled([at(7_000, { type: 'seeking', toS: 100, buffered: false }), segment(8_000)], [segment(11_000), ended(11_000)])
  expect(found.cause).toBe('seek')
  expect(found.sentence).toContain('one segment had come since')
})

test('the live edge: a part came late', () => {
  const found = stalled([], [ended(11_000)], 'the playlist of 1080p to grow')
  expect(found).toMatchObject({ cause: 'live-edge' })
})

test('a hole that was jumped, and a media element that was set up anew', () => {
  const jump = at(10_400, { type: 'gap-jumped', fromS: 20, toS: 21.5, reason: 'nothing will come before it' })
  expect(stalled([], [jump, ended(10_500)]).sentence).toBe(
    'The media has a hole of 1.5 s: nothing will come before it; playback went over it.',
  )
  expect(stalled([], [at(10_400, { type: 'recovered', reason: 'media error 3' }), ended(11_000)]).cause).toBe('recovery')
})

test('without evidence it says so, and a stall that lasts has no end', () => {
  expect(stalled([], [])).toMatchObject({ cause: 'unknown', tookMs: null })
})

test('a switch: the rule’s reason, the viewer, a download given up, a segment from elsewhere', () => {
  const switched = at(9_000, { type: 'switched', track: 'main', from: '1080p', to: '360p', atS: 20 })
  const why = (...before: EngineEvent[]): Incident | undefined => incidentsOf([ladder, ...before, switched])[0]
  expect(why(decision(8_000, '360p', { from: '1080p' }))?.sentence).toBe(
    '1080p → 360p: 6.0 Mbit/s carries it (buffer 4.0 s, estimate 6.0 Mbit/s).',
  )
  // Planned anew: the later decision kept what the earlier had changed.
  const kept = decision(8_500, '360p')
  if (kept.type === 'decision') kept.reason = 'it stays'
  expect(why(decision(8_000, '360p', { from: '1080p' }), kept)?.sentence).toContain('carries it')
  expect(why(decision(8_000, '360p', { from: '1080p', chosen: true }))?.cause).toBe('viewer')
  expect(why(at(8_000, { type: 'segment-from-other', number: 5, from: '1080p', to: '360p' }))?.cause).toBe('lost-segment')
  expect(why()).toMatchObject({ cause: 'unknown' })
  const abandoned = at(8_000, {
    ...{ type: 'segment-abandoned', rendition: '1080p', number: 5, bytes: 10, to: '360p', reason: 'the rest takes 9.0 s', numbers: {} },
    input: {
      ...{ nowMs: 8_000, estimate, bufferS: 2, bufferGoalS: 30, playbackRate: 1 },
      download: { rungId: '1080p', segment: 5, segmentDurationS: 4, bytes: 10, totalBytes: null, ttfbMs: 5, elapsedMs: 900, cached: false },
    },
  })
  expect(why(abandoned, segment(8_900, '360p'))).toMatchObject({
    cause: 'abandoned',
    sentence: '1080p → 360p: the download in 1080p was given up, because the rest takes 9.0 s.',
  })
})

test('Cache-Status: the nearest cache counts, strings may hold anything', () => {
  expect(readCacheStatus('sluice-edge; hit; ttl=30')).toEqual({ cache: 'sluice-edge', hit: true, forwarded: null })
  expect(readCacheStatus('origin; hit, "a, b;hit"; fwd=stale')).toEqual({ cache: '""', hit: false, forwarded: 'stale' })
  expect(readCacheStatus('')).toBeNull()
  expect(readCacheStatus('edge; ttl=4')).toBeNull()
})
