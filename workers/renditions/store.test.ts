import { env } from 'cloudflare:test'
import { expect, it } from 'vitest'
import { createVideo, getVideo, listVideos } from '../videos/store.ts'
import { findSegment, listChunks, listRenditions, recordPublished } from './store.ts'
it('keeps the first attempt of a chunk, shows the gapless prefix, and finds a segment by its number', async () => {
  await createVideo(env.DB, {
    id: 'abcdefghijkl',
    title: 't',
    createdMs: 1,
    source: { name: 'a', type: 'b', sizeBytes: 3 },
    codecs: ['h264'],
  })
  expect((await getVideo(env.DB, 'abcdefghijkl'))?.title).toBe('t')
  expect(await listVideos(env.DB, 10, null)).toHaveLength(1)
  const seg = { offset: 0, length: 1000, durationTicks: 4000, sha256: 'a'.repeat(64), independent: true, iframes: [] }
  const pub = (chunk: number, key = `k${chunk}`) => ({
    lease: 'a'.repeat(10),
    facts: {
      rendition: '720p-h264',
      kind: 'video' as const,
      codecs: 'avc1',
      timescale: 1000,
      initKey: 'i',
      initSha256: 'b'.repeat(64),
      initBytes: 3,
      video: null,
      audio: null,
    },
    entry: {
      rendition: '720p-h264',
      chunk,
      objectKey: key,
      sizeBytes: 2000,
      firstSegment: chunk * 2,
      startTicks: chunk * 8000,
      segments: [seg, { ...seg, offset: 1000 }],
    },
  })
  expect(await recordPublished(env.DB, 'abcdefghijkl', pub(1))).toBe('recorded')
  expect((await listRenditions(env.DB, 'abcdefghijkl'))[0]!.prefixChunks).toBe(0)
  expect(await recordPublished(env.DB, 'abcdefghijkl', pub(0))).toBe('recorded')
  expect(await recordPublished(env.DB, 'abcdefghijkl', pub(0))).toBe('recorded')
  expect(await recordPublished(env.DB, 'abcdefghijkl', pub(0, 'other'))).toBe('superseded')
  expect((await listRenditions(env.DB, 'abcdefghijkl'))[0]).toMatchObject({ prefixChunks: 2, prefixTicks: 16000, peakBps: 2000 })
  expect(await findSegment(env.DB, 'abcdefghijkl', '720p-h264', 3)).toMatchObject({ objectKey: 'k1', startTicks: 12000 })
  expect(await findSegment(env.DB, 'abcdefghijkl', '720p-h264', 4)).toBeNull()
  expect(await listChunks(env.DB, 'abcdefghijkl', '720p-h264')).toHaveLength(2)
})
