/** The answers, on tracks made by hand and on files that FFmpeg makes. */
import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { clip } from '../../tests/support/clips.ts'
import { memorySource } from '../bytes/source.ts'
import type { MediaFile, SampleTable, Track } from '../container/model.ts'
import { openMp4 } from '../mp4/open.ts'
import { judge, mainVideo } from './verdict.ts'

function track(more: Partial<Track>): Track {
  return {
    ...{ id: 1, kind: 'video', codecId: 'avc1', codec: 'avc1.64001f', timescale: 10, durationTicks: 1000, language: null, name: '' },
    ...{
      default: true,
      video: null,
      audio: null,
      edits: [],
      encryption: null,
      config: new Uint8Array(),
      sampleEntry: null,
      sampleCount: null,
    },
    ...more,
  }
}

const AAC = track({ id: 2, kind: 'audio', codecId: 'mp4a', codec: 'mp4a.40.2' })

function media(tracks: Track[], more: Partial<MediaFile> = {}): MediaFile {
  return {
    ...{ format: 'mp4', durationSeconds: 100, fragmented: false, headerFirst: true, tracks, chapters: [] },
    samples: () => Promise.reject(new RangeError('not here')),
    ...more,
  }
}

/** Frames of a tenth of a second; these are keyframes. */
function samples(count: number, keyframes: number[]): SampleTable {
  const index = Array.from({ length: count }, (_, frame) => frame)
  return {
    ...{ count, offset: Float64Array.from(index), size: new Uint32Array(count).fill(1), presentationTicks: Float64Array.from(index) },
    ...{ decodeTicks: Float64Array.from(index), durationTicks: new Uint32Array(count).fill(1) },
    sync: Uint8Array.from(index, (frame) => Number(keyframes.includes(frame))),
  }
}

describe('start', () => {
  test.each<[string, Partial<MediaFile>, boolean, RegExp]>([
    ['moov first', {}, true, /^Starts fast: 'moov' lies before/],
    ['moov last', { headerFirst: false }, false, /sluice repair/],
    ['fragmented', { fragmented: true }, true, /fragments/],
    ['WebM', { format: 'webm' }, true, /'Tracks'/],
  ])('%s', (_name, more, good, text) => {
    const { start } = judge(media([track({})], more), null)
    expect(start.good).toBe(good)
    expect(start.text).toMatch(text)
  })
})

describe('seek', () => {
  test('keyframes and the gaps between them, the last one to the end', () => {
    const { seek } = judge(media([track({})]), samples(100, [0, 20, 50]))
    expect(seek).toMatchObject({ good: true, trackId: 1, keyframeCount: 3, maxGapSeconds: 5 })
    expect(seek.meanGapSeconds).toBeCloseTo(10 / 3)
    expect(seek.text).toBe('Seeks to 3 keyframes, every 3.33 s on average, 5 s apart at most.')
  })

  test.each<[string, SampleTable | null, boolean | null, RegExp]>([
    ['wide gaps', samples(400, [0, 20]), false, /slow/],
    ['one keyframe', samples(400, [0]), false, /start only: it has one keyframe in 40 s/],
    ['one keyframe of few frames', samples(10, [0]), true, /start only/],
    [
      'all of them',
      samples(
        10,
        Array.from({ length: 10 }, (_, frame) => frame),
      ),
      true,
      /anywhere: all 10/,
    ],
    ['none', samples(10, []), false, /Cannot seek/],
    ['no samples', samples(0, []), null, /no samples/],
    ['not read', null, null, /not known/],
  ])('%s', (_name, table, good, text) => {
    const { seek } = judge(media([track({})]), table)
    expect(seek.good).toBe(good)
    expect(seek.text).toMatch(text)
  })

  test('sound alone', () => {
    expect(judge(media([AAC]), null).seek).toMatchObject({ good: true, trackId: null })
    expect(judge(media([]), null).seek.good).toBeNull()
  })
})

describe('browsers', () => {
  const picture = (codecId: string, codec: string | null): Track => track({ codecId, codec })
  const sound = (codecId: string, codec: string | null): Track => track({ id: 2, kind: 'audio', codecId, codec })
  test.each<[string, MediaFile, string, RegExp, RegExp]>([
    ['H.264 and AAC', media([track({}), AAC]), 'yes yes yes', /every browser: H.264 High and AAC LC in MP4/, /^$/],
    ['HEVC as hev1', media([picture('hev1', 'hev1.1.6.L93.b0'), AAC]), 'maybe maybe no', /not in Safari \(HEVC as 'hev1'/, /sluice repair/],
    ['HEVC as hvc1', media([picture('hvc1', 'hvc1.1.6.L93.b0'), AAC]), 'maybe maybe yes', /^Plays in Safari, perhaps in Chrome/, /H.264/],
    ['H.264 High 10', media([picture('avc1', 'avc1.6e001f')]), 'maybe no no', /not in Firefox/, /H.264 \(4:2:0, 8 bits\)/],
    ['AC-3', media([track({}), sound('ac-3', 'ac-3')]), 'no no yes', /AC-3 is not played/, /sound \(AC-3\) as AAC/],
    [
      'Matroska of H.264',
      media([track({ codecId: 'V_MPEG4/ISO/AVC' }), AAC], { format: 'matroska' }),
      'maybe no no',
      /Matroska/,
      /-c copy/,
    ],
    [
      'WebM',
      media([picture('V_VP9', 'vp09.00.31.08'), sound('A_OPUS', 'opus')], { format: 'webm' }),
      'yes yes maybe',
      /perhaps in Safari/,
      /picture \(VP9\)/,
    ],
    ['ProRes', media([picture('apch', null)], { format: 'mov' }), 'no no maybe', /ProRes 422 HQ is not played/, /Encode the picture/],
    ['MPEG-2', media([picture('mp4v', 'mp4v.61')]), 'no no no', /^Not in Chrome/, /any browser/],
    ['xHE-AAC', media([sound('mp4a', 'mp4a.40.42')]), 'maybe no yes', /xHE-AAC/, /sound/],
    ['encrypted', media([track({ encryption: { scheme: 'cenc', defaultKeyId: null } })]), 'maybe maybe maybe', /encrypted/, /^$/],
    ['nothing', media([]), 'yes yes yes', /neither picture nor sound/, /^$/],
  ])('%s', (_name, file, plays, text, advice) => {
    const { browsers } = judge(file, null)
    const { chrome, firefox, safari } = browsers.engines
    expect([chrome.plays, firefox.plays, safari.plays].join(' ')).toBe(plays)
    expect(browsers.text).toMatch(text)
    expect(browsers.advice.join('\n')).toMatch(advice)
    expect(browsers.text).not.toMatch(/undefined|\(\)/)
  })
})

test('a file of FFmpeg: H.264 and AAC, moov last, a keyframe each second', async () => {
  const input = ['-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=25', '-f', 'lavfi', '-i', 'sine=sample_rate=48000', '-t', '4']
  const file = await clip('mp4', [
    ...input,
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-g',
    '25',
    '-bf',
    '2',
    '-pix_fmt',
    'yuv420p',
    '-c:a',
    'aac',
  ])
  const opened = await openMp4(memorySource(await readFile(file)))
  const video = mainVideo(opened)
  if (video === null) throw new Error('no video')
  const { start, seek, browsers } = judge(opened, await opened.samples(video.id))
  expect(start.good).toBe(false)
  expect(seek).toMatchObject({ keyframeCount: 4, maxGapSeconds: 1, meanGapSeconds: 1 })
  expect(browsers.good).toBe(true)
})
