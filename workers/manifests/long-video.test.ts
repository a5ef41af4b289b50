/** Ten hours: 9,000 segments. What one request costs is counted in rows that D1 reads, not in time. */
import { createExecutionContext, env } from 'cloudflare:test'
import * as HLS from 'hls-parser'
import { beforeAll, expect, it } from 'vitest'
import { app } from '../app.ts'
import { addVideo, pattern, sampleChunk, samplePlan } from '../delivery/sample-video.ts'
import { recordPublished } from '../renditions/store.ts'

const SEGMENTS = 9_000
const CHUNKS = SEGMENTS / 5
const RENDITION = '360p-h264'
let id: string

beforeAll(async () => {
  HLS.setOptions({ strictMode: true })
  id = await addVideo(env, { state: 'ready', plan: samplePlan([360], false) })
  await recordPublished(env.DB, id, sampleChunk(id, RENDITION, 0))
  const insert = env.DB.prepare('INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
  const rows = Array.from({ length: CHUNKS - 1 }, (_, at) => sampleChunk(id, RENDITION, at + 1).entry)
  for (let from = 0; from < rows.length; from += 100) {
    await env.DB.batch(
      rows
        .slice(from, from + 100)
        .map((row) =>
          insert.bind(
            id,
            RENDITION,
            row.chunk,
            row.firstSegment,
            row.startTicks,
            500_000,
            row.objectKey,
            row.sizeBytes,
            JSON.stringify(row.segments),
          ),
        ),
    )
  }
  await env.DB.prepare(
    'UPDATE renditions SET prefix_chunks = ?1, prefix_ticks = ?1 * 500000, prefix_bytes = ?1 * 18000 WHERE video_id = ?2',
  )
    .bind(CHUNKS, id)
    .run()
})

/** The answer, and how many rows were read for it. */
async function counted(path: string): Promise<{ response: Response; rows: number }> {
  let rows = 0
  const watch = (statement: D1PreparedStatement): D1PreparedStatement => {
    const all = async <T>() => {
      const result = await statement.all<T>()
      rows += result.meta.rows_read
      return result
    }
    return Object.assign(Object.create(statement) as D1PreparedStatement, {
      bind: (...values: unknown[]) => watch(statement.bind(...values)),
      first: async () => (await all()).results[0] ?? null,
      all,
    })
  }
  const DB = Object.assign(Object.create(env.DB) as D1Database, { prepare: (sql: string) => watch(env.DB.prepare(sql)) })
  const response = await app.fetch(new Request(`https://sluice.test${path}`), { ...env, DB }, createExecutionContext())
  return { response, rows }
}

it('a playlist reads one row a chunk, and is right to the last segment', async () => {
  const { response, rows } = await counted(`/v/${id}/${RENDITION}/index.m3u8`)
  const playlist = HLS.parse(new TextDecoder().decode(await response.arrayBuffer())) as HLS.types.MediaPlaylist
  expect(playlist.segments).toHaveLength(SEGMENTS)
  expect(playlist.segments.at(-1)).toMatchObject({ uri: '8999.m4s', duration: 4 })
  expect(playlist.endlist).toBe(true)
  expect(rows).toBeGreaterThanOrEqual(CHUNKS)
  expect(rows).toBeLessThan(CHUNKS + 20)
})

it.each([0, 4_321, 8_999])('segment %i is found in a handful of rows', async (segment) => {
  const { entry } = sampleChunk(id, RENDITION, Math.floor(segment / 5))
  await env.MEDIA.put(entry.objectKey, pattern(entry.sizeBytes, segment))
  const { response, rows } = await counted(`/v/${id}/${RENDITION}/${segment}.m4s`)
  expect(response.status).toBe(200)
  const offset = (segment % 5) * 3_600
  expect(new Uint8Array(await response.arrayBuffer())).toEqual(pattern(entry.sizeBytes, segment).subarray(offset, offset + 3_600))
  expect(rows).toBeGreaterThan(0)
  expect(rows).toBeLessThan(10)
})

it('a multivariant playlist and what is not there read a handful too', async () => {
  for (const path of [`/v/${id}/master.m3u8`, `/v/${id}/${RENDITION}/9000.m4s`]) {
    const { response, rows } = await counted(path)
    await response.arrayBuffer()
    expect([path, rows < 10]).toEqual([path, true])
  }
})

it('an MPD of ten hours is a few lines', async () => {
  const { response } = await counted(`/v/${id}/manifest.mpd`)
  const xml = new TextDecoder().decode(await response.arrayBuffer())
  expect(xml).toContain('<S t="0" d="100000" r="8999"/>')
  expect(xml.length).toBeLessThan(2_000)
})
