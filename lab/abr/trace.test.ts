import { expect, test } from 'vitest'
import { LabError } from '../error.ts'
import { readLadder } from './ladder.ts'
import { meanKbps, profileTrace, readTraces, traceDurationMs } from './trace.ts'

const STEPS = [
  { durationMs: 1_000, kbps: 500, latencyMs: 20 },
  { durationMs: 2_000, kbps: 0, latencyMs: 30 },
]

test("Sabre's objects, its short form, named traces and JSONL are the same traces", () => {
  const objects = STEPS.map((step) => ({ duration_ms: step.durationMs, bandwidth_kbps: step.kbps, latency_ms: step.latencyMs }))
  const triples = STEPS.map((step) => [step.durationMs, step.kbps, step.latencyMs])
  expect(readTraces(JSON.stringify(objects), 'a')).toEqual([{ name: 'a', steps: STEPS }])
  expect(readTraces(JSON.stringify(triples, null, 2), 'a')).toEqual([{ name: 'a', steps: STEPS }])
  const line = JSON.stringify({ name: 'b', steps: triples })
  expect(readTraces(`${line}\n${line}\n`, 'a')).toEqual([
    { name: 'b', steps: STEPS },
    { name: 'b', steps: STEPS },
  ])
  expect(readTraces(`[${line},${line}]`, 'a')).toHaveLength(2)
  expect(readTraces(`${JSON.stringify(triples)}\n${JSON.stringify(triples)}`, 'a').map(({ name }) => name)).toEqual(['a:1', 'a:2'])
})

test('Mahimahi: every line lets a packet of 1500 bytes pass', () => {
  // 100 packets in the first 200 ms are 6 Mbit/s; one in the next 100 ms is 120 kbit/s.
  const text = [...Array.from({ length: 100 }, (_, index) => index * 2), 300].join('\n')
  const [trace] = readTraces(text, 'm', { latencyMs: 7 })
  expect(trace?.steps).toEqual([
    { durationMs: 200, kbps: 6_000, latencyMs: 7 },
    { durationMs: 100, kbps: 120, latencyMs: 7 },
  ])
})

test('CSV: with a header or without, in the units that the header says', () => {
  const expected = [
    { durationMs: 2_000, kbps: 1_000, latencyMs: 50 },
    { durationMs: 1_000, kbps: 250, latencyMs: 50 },
    { durationMs: 1_000, kbps: 0, latencyMs: 50 },
  ]
  expect(readTraces('0,1000\n2,250\n3,0\n', 'c')[0]?.steps).toEqual(expected)
  expect(readTraces('# made by hand\r\ntime_ms;rate_mbps\r\n0;1\r\n2000;0.25\r\n3000;0\r\n', 'c')[0]?.steps).toEqual(expected)
  expect(readTraces('throughput_bps,time_s\n1000000,0\n250000,2\n0,3\n', 'c')[0]?.steps).toEqual(expected)
  expect(readTraces('0 1000\n2 250\n3 0', 'c')[0]?.steps).toEqual(expected)
})

test.each([
  ['', /is empty/],
  ['[]', /no steps/],
  ['[[1000,0,20]]', /carries nothing/],
  ['[[0,100,20]]', /step 1 lasts 0 ms/],
  ['[[1000,-1,20]]', /step 1 carries -1/],
  ['[[1000,"1",20]]', /step 1 is neither/],
  ['[[1e300,1,1]]', /step 1 lasts/],
  ['[[1000,1,1e9]]', /latency/],
  ['{"steps":3}', /expected a list/],
  ['[1,2', /line 1 is no JSON/],
  ['{"a":1}\nnonsense', /expected a list|line 2/],
  ['10\n5\n', /goes back in time/],
  ['0\n0\n', /has no length/],
  ['999999999999\n', /longer than any trace/],
  ['0,100\n0,200\n', /times have to grow/],
  ['time,rate\n1,x\n', /line 2 is not/],
])('says what is wrong with %j', (text, message) => {
  expect(() => readTraces(text, 'bad')).toThrow(LabError)
  expect(() => readTraces(text, 'bad')).toThrow(message)
})

test('a profile is equal stretches', () => {
  const trace = profileTrace('p', [8, 2, 6, 1, 4], 180)
  expect(trace.steps.map(({ durationMs, kbps }) => [durationMs, kbps])).toEqual([8, 2, 6, 1, 4].map((mbps) => [36_000, mbps * 1_000]))
  expect([traceDurationMs(trace), meanKbps(trace)]).toEqual([180_000, 4_200])
})

test('a ladder: its rungs by bit rate, and what is wrong with one', () => {
  const movie = { segment_duration_ms: 3000, bitrates_kbps: [230, 331], segment_sizes_bits: [[800, 1600]] }
  const read = (changes: object) => readLadder(JSON.stringify({ ...movie, ...changes }), 'm')
  expect(read({})).toMatchObject({ segmentMs: 3000, rungs: [{ id: '230k', averageBps: 230_000 }, { id: '331k' }], bits: [[800, 1600]] })
  expect(read({ heights: [240, 360] }).rungs[1]).toMatchObject({ height: 360, width: 640 })
  expect(() => read({ bitrates_kbps: [331, 230] })).toThrow(/have to rise/)
  expect(() => read({ segment_sizes_bits: [[800]] })).toThrow(/segment 1 has 1 sizes for 2/)
  expect(() => read({ segment_sizes_bits: [[800, 1e30]] })).toThrow(/larger than any segment/)
  expect(() => read({ segment_duration_ms: 0 })).toThrow(/segment_duration_ms/)
  expect(() => readLadder('nonsense', 'm')).toThrow(/no JSON/)
})
