/** Chunks where cutting is hard: sources whose index lies, keyframes that are none, ends of one frame, and work that is half done. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { planLadder } from '../../media/ladder/plan.ts'
import { madePrefix } from '../../protocol/ids.ts'
import type { Plan, SourceFacts } from '../../protocol/plan.ts'
import { TaskError } from '../failure.ts'
import { encodeAudio } from './encode-audio.ts'
import { encodeChunk } from './encode-chunk.ts'
import { numbered, readFrames, smallPlan } from './numbered-frames.ts'
import { Workbench } from './workbench.ts'

let bench: Workbench
beforeAll(async () => void (bench = await Workbench.open()))
afterAll(() => bench.close())
beforeEach(() => void (bench.published.length = 0))

function encodeOne(id: string, facts: SourceFacts, plan: Plan, chunk: number): Promise<{ frames: number; chunks: number }> {
  const spec = { kind: 'encode-chunk', facts, plan, firstChunk: chunk, lastChunk: chunk, publishFrom: chunk } as const
  return encodeChunk(spec, bench.context(id, `lease0000${chunk}`))
}

function encodeWhole(id: string, facts: SourceFacts, plan: Plan, publishFrom = 0): Promise<{ frames: number; chunks: number }> {
  const whole = { ...plan, mode: 'whole' } as const
  return encodeChunk(
    { kind: 'encode-chunk', facts, plan: whole, firstChunk: 0, lastChunk: null, publishFrom },
    bench.context(id, 'leasewhole'),
  )
}

const numbers = async (): Promise<number[]> => (await readFrames(bench, '240p-h264', 240)).map(({ number }) => number)
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

/** Moves the entries of an MP4's table of sync samples (stss, ISO/IEC 14496-12 8.6.2), all but the first, by some samples. */
async function moveSyncSamples(name: string, by: number): Promise<Buffer> {
  const bytes = await readFile(join(bench.folder, name))
  const at = bytes.indexOf('stss')
  const count = bytes.readUInt32BE(at + 8)
  expect(count).toBeGreaterThan(1)
  for (let i = 1; i < count; i += 1) bytes.writeUInt32BE(bytes.readUInt32BE(at + 12 + 4 * i) + by, at + 12 + 4 * i)
  return bytes
}

describe('a source that lies about its keyframes', () => {
  const id = 'lying_aaaaaa'
  let facts: SourceFacts
  let plan: Plan
  beforeAll(async () => {
    // Keyframes at frames 0, 75 and 150; the table says 0, 35 and 110.
    await numbered(bench, id, 'lying.mp4', '25', 8, '-g', '75', '-keyint_min', '75', '-sc_threshold', '0')
    await bench.source(id, await moveSyncSamples('lying.mp4', -40))
    facts = await bench.probe(id)
    plan = smallPlan(facts, 15)
  })

  it('is uncuttable where decoding begins too late, and nothing of the chunk is published or kept', async () => {
    // Chunk 2 is frames 60 to 89, or to the end: its seek lands at 35, and the first picture is 75.
    for (const chunkCount of [plan.chunkCount, 3]) {
      const error = await encodeOne(id, facts, { ...plan, chunkCount }, 2).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(TaskError)
      const { reason, message } = error as TaskError
      expect([reason, message]).toEqual(['uncuttable', 'Chunk 2 starts at 2.4 s, but decoding began at 3 s.'])
    }
    expect(bench.published).toEqual([])
    expect([...bench.storage.objects.keys()].filter((key) => key.startsWith(madePrefix(id)) && !key.includes('init-'))).toEqual([])
  })

  it('comes out right when it is encoded whole', async () => {
    await encodeWhole(id, facts, plan)
    expect(await numbers()).toEqual(upTo(200))
  })
})

it('a Matroska file whose Cues point nowhere comes out right, or is found to be uncuttable', async () => {
  const id = 'cues_aaaaaaa'
  await numbered(bench, id, 'cues.mkv', '25', 8, '-g', '50')
  const bytes = await readFile(join(bench.folder, 'cues.mkv'))
  // CueClusterPosition (F1): RFC 9559, section 5.1.5.1.2.2.
  const cues = bytes.lastIndexOf(Buffer.from('1c53bb6b', 'hex'))
  let moved = 0
  for (let at = bytes.indexOf(0xf1, cues); at !== -1 && at < bytes.length - 4; at = bytes.indexOf(0xf1, at + 4)) {
    const length = (bytes[at + 1] ?? 0) & 0x7f
    if (length < 1 || length > 4) continue
    bytes.writeUIntBE(Math.floor(bytes.readUIntBE(at + 2, length) * 0.9) + 100, at + 2, length)
    moved += 1
  }
  expect(moved).toBeGreaterThan(2)
  await bench.source(id, bytes)
  const facts = await bench.probe(id)
  const plan = smallPlan(facts, 15)
  let uncuttable = facts.wholeBecause === null ? 0 : 1
  if (facts.wholeBecause === null) {
    for (const chunk of upTo(plan.chunkCount)) {
      await encodeOne(id, facts, plan, chunk).catch((error: unknown) => {
        expect(error).toMatchObject({ reason: 'uncuttable' })
        uncuttable += 1
      })
    }
  }
  if (uncuttable > 0) {
    bench.published.length = 0
    await encodeWhole(id, facts, plan)
  }
  expect(await numbers()).toEqual(upTo(200))
})

it('a source of refreshing columns instead of keyframes comes out right, where it can be cut and where it cannot', async () => {
  const id = 'refresh_aaaa'
  await numbered(bench, id, 'refresh.mp4', '25', 6, '-x264-params', 'intra-refresh=1:keyint=60')
  const facts = await bench.probe(id)
  const plan = smallPlan(facts, 15)
  for (const chunk of upTo(plan.chunkCount)) {
    await encodeOne(id, facts, plan, chunk).catch((error: unknown) => expect(error).toMatchObject({ reason: 'uncuttable' }))
  }
  // Every chunk that came out shows its own frames, sharp from the first on.
  const shown = await readFrames(bench, '240p-h264', 240)
  expect(shown.length).toBeGreaterThan(29)
  for (const { pts, number } of shown) expect(number).toBe(pts / plan.timeline.frameTicks)
  const cut = await smallPictures()
  bench.published.length = 0
  await encodeWhole(id, facts, plan)
  expect(await numbers()).toEqual(upTo(150))
  const whole = await smallPictures()
  for (const [pts, pixels] of cut) {
    const differences = pixels.map((luma, i) => Math.abs(luma - (whole.get(pts)?.[i] ?? 0)))
    expect(Math.max(...differences), `at ${pts}`).toBeLessThan(16)
  }
})

/** Each frame by its time, 16x12 pixels: a picture that was decoded from nothing is gray where it should not be. */
async function smallPictures(): Promise<Map<number, number[]>> {
  const frames = await readFrames(bench, '240p-h264', 240)
  const file = join(bench.folder, `240p-h264-${bench.published.length}.mp4`)
  const filter = 'scale=16:12:flags=area,format=gray'
  const { stdout } = await bench.ffmpeg('-i', file, '-vf', filter, '-fps_mode', 'passthrough', '-f', 'rawvideo', 'pipe:1')
  return new Map(frames.map(({ pts }, i) => [pts, [...stdout.subarray(i * 192, (i + 1) * 192)]]))
}

it('a last chunk of one frame is a chunk like any other: same initialization segment, one frame long', async () => {
  const id = 'single_aaaaa'
  await numbered(bench, id, 'single.mp4', '25', 2.44, '-g', '50')
  const facts = await bench.probe(id)
  const plan = smallPlan(facts, 15)
  expect([plan.timeline.expectedFrames, plan.chunkCount]).toEqual([61, 3])
  for (const chunk of [0, 1, 2]) await encodeOne(id, facts, plan, chunk)
  expect(await numbers()).toEqual(upTo(61))
  for (const rung of plan.video) {
    const mine = bench.published.filter(({ entry }) => entry.rendition === rung.id)
    expect(new Set(mine.map(({ facts: { initSha256 } }) => initSha256)).size).toBe(1)
    expect(mine.at(-1)?.entry.segments).toMatchObject([{ durationTicks: plan.timeline.frameTicks, independent: true }])
  }
})

it('a tail chunk behind the real end publishes nothing, and that is no failure', async () => {
  const id = 'beyond_aaaaa'
  await numbered(bench, id, 'beyond.mp4', '25', 2.4, '-g', '50')
  const facts = await bench.probe(id)
  const plan = smallPlan(facts, 15)
  expect(await encodeOne(id, facts, { ...plan, chunkCount: 3 }, 2)).toMatchObject({ frames: 0, chunks: 0 })
  expect(bench.published).toEqual([])
})

describe('work that is half done', () => {
  it('goes on behind the chunks that are there: pictures', async () => {
    const id = 'resume_aaaaa'
    await numbered(bench, id, 'resume.mp4', '25', 5, '-g', '50')
    const facts = await bench.probe(id)
    const plan = smallPlan(facts, 15)
    await encodeWhole(id, facts, plan)
    const all = bench.published.splice(0)
    const before = new Set(bench.storage.objects.keys())
    const { frames, chunks } = await encodeWhole(id, facts, plan, 2)
    expect([frames, chunks]).toEqual([125, 5])
    expect(bench.published.map(({ entry }) => `${entry.rendition} ${entry.chunk}`).toSorted()).toEqual(
      [2, 3, 4].flatMap((chunk) => ['120p-h264', '240p-h264'].map((rung) => `${rung} ${chunk}`)).toSorted(),
    )
    // The same bytes, so that chunks of both fit together.
    const hashes = (list: typeof all): Map<string, string> =>
      new Map(list.map(({ entry }) => [`${entry.rendition} ${entry.chunk}`, entry.segments.map(({ sha256 }) => sha256).join()]))
    for (const [chunk, hash] of hashes(bench.published)) expect(hashes(all).get(chunk)).toBe(hash)
    expect([...bench.storage.objects.keys()].filter((key) => !before.has(key))).toEqual([])
  })

  it('goes on behind the chunks that are there: sound', async () => {
    const id = 'resume_sound'
    await bench.clip(id, 'resume.wav', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000:duration=20')
    const facts = await bench.probe(id)
    const plan = planLadder(facts, { codecs: [] })
    const encode = (publishFrom: number) =>
      encodeAudio({ kind: 'encode-audio', facts, plan, loudness: null, publishFrom }, bench.context(id, `lease0000${publishFrom}`))
    const first = await encode(0)
    const all = bench.published.splice(0)
    expect(all.map(({ entry }) => entry.chunk)).toEqual([0, 1, 2])
    const again = await encode(1)
    expect(again).toEqual(first)
    expect(bench.published.map(({ entry }) => ({ ...entry, objectKey: '' }))).toEqual(
      all.slice(1).map(({ entry }) => ({ ...entry, objectKey: '' })),
    )
    expect([...bench.storage.objects.keys()].filter((key) => key.includes('/00000-lease00001'))).toHaveLength(0)
  })
})
