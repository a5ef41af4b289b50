/** Clips without a file: what the header says of every sample, read back, is what was cut; however many there are. */
import { expect, test } from 'vitest'
import type { ByteSource } from '../bytes/source.ts'
import { concat } from '../bytes/write-bytes.ts'
import type { MediaFile, SampleTable, Track } from '../container/model.ts'
import { newSampleTable, sliceSamples } from '../container/sample-table.ts'
import { MediaError } from '../errors.ts'
import { openMp4 } from '../mp4/open.ts'
import { buildIndex } from './build.ts'
import { type Clip, type ClipTrack, layOutClip } from './clip.ts'
import { readPage } from './page.ts'

/** AVCDecoderConfigurationRecord without parameter sets: nothing here decodes. */
const AVCC = Uint8Array.of(1, 0x64, 0, 0x1f, 0xff, 0xe0, 0)
/** AAC LC, 48 kHz, stereo: AudioSpecificConfig as Matroska has it. */
const AAC = Uint8Array.of(0x11, 0x90)

const TRACK = {
  default: true,
  durationTicks: null,
  language: null,
  name: '',
  edits: [],
  encryption: null,
  sampleEntry: null,
  sampleCount: null,
  video: null,
  audio: null,
}
const PICTURE: Track = {
  ...TRACK,
  id: 1,
  kind: 'video',
  codecId: 'V_MPEG4/ISO/AVC',
  codec: 'avc1.64001f',
  timescale: 1000,
  config: AVCC,
  video: { width: 640, height: 360, displayWidth: 640, displayHeight: 360, rotation: 0, colour: null },
}
const SOUND: Track = {
  ...TRACK,
  id: 2,
  kind: 'audio',
  codecId: 'A_AAC',
  codec: 'mp4a.40.2',
  timescale: 48_000,
  config: AAC,
  audio: { channels: 2, sampleRateHz: 48_000 },
}

/** `count` samples of `ticks` each, a keyframe every `gop`; `at` and `size` say where and how large each is. */
function samplesOf(count: number, ticks: number, gop: number, at: (row: number) => number, size: (row: number) => number): SampleTable {
  const table = newSampleTable(count, Infinity)
  for (let row = 0; row < count; row += 1) {
    table.offset[row] = at(row)
    table.size[row] = size(row)
    table.decodeTicks[row] = row * ticks
    // A frame in three is shown two frames later, as B-frames make it.
    table.presentationTicks[row] = row * ticks + (row % gop > 0 && row % gop < gop - 3 && row % 3 === 1 ? 2 * ticks : 0)
    table.durationTicks[row] = ticks
    table.sync[row] = row % gop === 0 ? 1 : 0
  }
  return table
}

async function indexed(picture: SampleTable, sound: SampleTable | null): Promise<ClipTrack[]> {
  const tracks = sound === null ? [PICTURE] : [PICTURE, SOUND]
  const file: MediaFile = {
    format: 'matroska',
    durationSeconds: null,
    fragmented: false,
    headerFirst: true,
    chapters: [],
    tracks,
    samples: async (id) => (id === 1 || sound === null ? picture : sound),
  }
  const { head, pages } = await buildIndex(file, 1e12)
  const made: ClipTrack[] = []
  for (const track of head.tracks) {
    const segments: SampleTable[] = []
    for (const { offset, length } of track.pages) {
      for (const segment of await readPage(pages.subarray(offset, offset + length))) segments.push(segment)
    }
    made.push({ track, segments })
  }
  return made
}

/** The clip as a file, its samples zeros; and where each byte of its media data comes from. */
async function read({ pieces, sizeBytes }: Clip): Promise<{ file: MediaFile; sourceOf: (offset: number) => number }> {
  const head: Uint8Array[] = []
  const ranges: { at: number; offset: number; length: number }[] = []
  let at = 0
  for (const piece of pieces) {
    if ('bytes' in piece) head.push(piece.bytes)
    else ranges.push({ at, ...piece })
    at += 'bytes' in piece ? piece.bytes.length : piece.length
  }
  expect(at).toBe(sizeBytes)
  const bytes = concat(head)
  const source: ByteSource = {
    size: sizeBytes,
    read: async (offset, length) => {
      const part = new Uint8Array(Math.max(0, Math.min(length, sizeBytes - offset)))
      part.set(bytes.subarray(Math.min(offset, bytes.length), Math.min(offset + part.length, bytes.length)))
      return part
    },
  }
  return {
    file: await openMp4(source),
    sourceOf: (offset) => {
      let [low, high] = [0, ranges.length]
      while (high - low > 1) {
        const middle = (low + high) >> 1
        if ((ranges[middle]?.at ?? 0) <= offset) low = middle
        else high = middle
      }
      const range = ranges[low]
      return range === undefined ? -1 : range.offset + offset - range.at
    },
  }
}

/** Rows `[from, to)` of `source` are all that the clip's track has, on its own clock. */
async function expectRows(clip: Clip, trackId: number, source: SampleTable, from: number, to: number): Promise<void> {
  const { file, sourceOf } = await read(clip)
  const found = await file.samples(trackId)
  const wanted = sliceSamples(source, from, to)
  expect(found.count).toBe(wanted.count)
  const first = wanted.decodeTicks[0] ?? 0
  const moved = {
    ...wanted,
    decodeTicks: wanted.decodeTicks.map((ticks) => ticks - first),
    presentationTicks: wanted.presentationTicks.map((ticks) => ticks - first),
  }
  const traced = { ...found, offset: found.offset.map(sourceOf) }
  for (const column of ['offset', 'size', 'presentationTicks', 'decodeTicks', 'durationTicks', 'sync'] as const) {
    expect(
      moved[column].findIndex((value, row) => value !== traced[column][row]),
      `first row of ${column} that differs`,
    ).toBe(-1)
  }
}

test('the whole of a film of 240,000 samples, between which lies something else', async () => {
  // As Matroska lies: a picture of 25 frames a second, two frames of sound behind each, a few bytes before every one.
  const picture = samplesOf(
    80_000,
    40,
    50,
    (row) => 100 + row * 1000,
    (row) => 400 + (row % 7),
  )
  const sound = samplesOf(
    160_000,
    960,
    1,
    (row) => 600 + Math.floor(row / 2) * 1000 + (row % 2) * 150,
    () => 100,
  )
  const clip = layOutClip(await indexed(picture, sound), 0, 3200)
  expect([clip.startSeconds, clip.endSeconds]).toEqual([0, 3200])
  await expectRows(clip, 1, picture, 0, 80_000)
  await expectRows(clip, 2, sound, 0, 160_000)
  // And twice the same.
  expect([...clip.pieces].length).toBe([...clip.pieces].length)
})

test('a stretch begins and ends at keyframes, and the sound with them', async () => {
  const picture = samplesOf(
    1000,
    40,
    50,
    (row) => row * 1000,
    () => 500,
  )
  const sound = samplesOf(
    2000,
    960,
    1,
    (row) => 500 + Math.floor(row / 2) * 1000 + (row % 2) * 250,
    () => 250,
  )
  const clip = layOutClip(await indexed(picture, sound), 5, 11.9)
  expect([clip.startSeconds, clip.endSeconds]).toEqual([4, 12])
  await expectRows(clip, 1, picture, 100, 300)
  await expectRows(clip, 2, sound, 200, 600)
  // No byte lies between them: one read.
  expect([...clip.pieces].filter((piece) => 'offset' in piece)).toEqual([{ offset: 100_000, length: 200_000 }])
})

test('samples that lie in another order than they are decoded keep theirs', async () => {
  // The second half of the file lies before the first.
  const picture = samplesOf(
    200,
    40,
    50,
    (row) => ((row + 100) % 200) * 1000,
    () => 500,
  )
  const clip = layOutClip(await indexed(picture, null), 0, 8)
  await expectRows(clip, 1, picture, 0, 200)
  const scattered = samplesOf(
    1000,
    40,
    50,
    (row) => ((row * 617) % 1000) * 1000,
    () => 500,
  )
  const tracks = await indexed(scattered, null)
  expect(() => layOutClip(tracks, 0, 40)).toThrow(/in no order/)
})

test('more than there is memory for is refused', async () => {
  const [track] = await indexed(
    samplesOf(
      100,
      40,
      50,
      (row) => row * 10,
      () => 10,
    ),
    null,
  )
  const segment = track?.segments[0]
  if (track === undefined || segment === undefined) throw new Error('nothing was indexed')
  const later = { ...segment, presentationTicks: segment.presentationTicks.map((ticks) => ticks + 4000) }
  const segments = [segment, ...Array.from({ length: 10_000 }, () => later)]
  expect(() => layOutClip([{ ...track, segments }], 0, 1e6)).toThrow(MediaError)
})
