import { env } from 'cloudflare:test'
import { exports } from 'cloudflare:workers'
import * as v from 'valibot'
import { afterEach, expect, it } from 'vitest'
import type { ErrorBody } from '../../protocol/errors.ts'
import { chunkKey, sourceKey, videoPrefix } from '../../protocol/ids.ts'
import { Video, VideoPage } from '../../protocol/videos.ts'
import { sweep } from '../pipeline/sweep.ts'
import { deleteObjects, finishDeletions } from './delete.ts'
import { newVideoId } from './new-id.ts'
import { createVideo, deleteVideoRow, getVideo, setStage } from './store.ts'

const ADMIN = { Authorization: `Bearer ${env.SLUICE_ADMIN_TOKEN}` }
const call = (path: string, init: RequestInit = {}) => exports.default.fetch(`http://edge.test/api/videos${path}`, init)
const deletionsOf = async () => (await env.DB.prepare('SELECT video_id FROM deletions').all()).results
const codeOf = async (answer: Response) => (await answer.json<ErrorBody>()).error.code

async function made(createdMs = 1000): Promise<string> {
  const id = newVideoId()
  const source = { name: 'a.mp4', type: 'video/mp4', sizeBytes: 3 }
  await createVideo(env.DB, { id, title: `made at ${createdMs}`, createdMs, source, codecs: ['h264'] })
  return id
}

afterEach(async () => {
  await env.DB.batch([env.DB.prepare('DELETE FROM videos'), env.DB.prepare('DELETE FROM deletions')])
})

it('shows a video as the protocol says, to anybody', async () => {
  const id = await made()
  await setStage(env.DB, id, { name: 'upload', state: 'running', progress: 0.5, text: '1 of 2 MB' })
  const answer = await call(`/${id}`)
  expect(answer.status).toBe(200)
  expect(answer.headers.get('Cache-Control')).toBe('no-store')
  expect(answer.headers.get('Access-Control-Allow-Origin')).toBe('*')
  const video = v.parse(v.strictObject(Video.entries), await answer.json())
  expect(video).toMatchObject({
    id,
    title: 'made at 1000',
    state: 'uploading',
    progress: 0.1,
    playableMs: 0,
    playback: null,
    durationMs: null,
  })
  expect(video.createdAt).toBe('1970-01-01T00:00:01.000Z')
})

it('pages through the library, newest first, none twice and none left out', async () => {
  // Three share a millisecond, over the border of a page.
  const ids = new Set(await Promise.all([1, 2, 2, 2, 3].map((ms) => made(ms))))
  const seen: Video[] = []
  let cursor: string | null = null
  do {
    const answer = await call(`?limit=2${cursor === null ? '' : `&cursor=${cursor}`}`)
    const page: VideoPage = v.parse(VideoPage, await answer.json())
    expect(page.videos.length).toBeLessThanOrEqual(2)
    seen.push(...page.videos)
    cursor = page.nextCursor
  } while (cursor !== null)
  expect(new Set(seen.map(({ id }) => id))).toEqual(ids)
  expect(seen).toHaveLength(5)
  expect(seen.map(({ title }) => title.at(-1))).toEqual(['3', '2', '2', '2', '1'])
  expect((await (await call('?limit=100')).json<VideoPage>()).nextCursor).toBeNull()
  expect((await call('?limit=999')).status).toBe(200)
})

it.each(['?limit=0', '?limit=-1', '?limit=x', '?limit=1e3', '?cursor=', '?cursor=%00', '?cursor=abc', `?cursor=${btoa('1.short')}`])(
  'refuses %s',
  async (query) => {
    const answer = await call(query)
    expect(answer.status).toBe(400)
    expect(await codeOf(answer)).toBe('bad-request')
  },
)

it('knows only what is there', async () => {
  for (const id of ['abcdefghijkl', 'x', '-bcdefghijkl', 'a%2Fb']) {
    for (const method of ['GET', 'DELETE', 'PATCH']) {
      const answer = await call(`/${id}`, { method, headers: ADMIN })
      expect(answer.status).toBe(404)
      expect(await codeOf(answer)).toBe('video-not-found')
    }
  }
})

it('changes the title for the admin alone, within bounds', async () => {
  const id = await made()
  const patch = (body: string, headers: Record<string, string> = ADMIN) => call(`/${id}`, { method: 'PATCH', headers, body })
  expect((await patch('{"title":"x"}', {})).status).toBe(401)
  expect((await patch('{"title":"x"}', { ...ADMIN, Origin: 'http://other.test' })).status).toBe(403)
  for (const body of ['', '{}', '{"title":" "}', '{"title":1}', JSON.stringify({ title: 'x'.repeat(201) })]) {
    expect((await patch(body)).status).toBe(400)
  }
  expect(await (await patch('{"title":" 🎬 New "}')).json()).toMatchObject({ id, title: '🎬 New' })
  expect((await getVideo(env.DB, id))?.title).toBe('🎬 New')
})

it('deletes a video with everything it ever wrote, and no other', async () => {
  const [id, other] = [await made(), await made()]
  const keys = [sourceKey(id), chunkKey(id, '720p-h264', 0, 'a'.repeat(10)), sourceKey(other)]
  await Promise.all(keys.map((key) => env.MEDIA.put(key, 'x')))
  expect((await call(`/${id}`, { method: 'DELETE' })).status).toBe(401)
  expect((await call(`/${id}`, { method: 'DELETE', headers: ADMIN })).status).toBe(204)
  expect((await call(`/${id}`)).status).toBe(404)
  expect((await call(`/${id}`, { method: 'DELETE', headers: ADMIN })).status).toBe(404)
  expect((await env.MEDIA.list({ prefix: videoPrefix(id) })).objects).toEqual([])
  expect(await env.MEDIA.head(sourceKey(other))).not.toBeNull()
  expect(await deletionsOf()).toEqual([{ video_id: id }])
})

it('ends an upload in progress when its video is deleted', async () => {
  const tus = { ...ADMIN, 'Tus-Resumable': '1.0.0' }
  const created = await exports.default.fetch('http://edge.test/api/uploads', {
    method: 'POST',
    headers: { ...tus, 'Upload-Length': '10' },
  })
  const path = created.headers.get('Location')!
  expect((await call(`/${path.split('/').at(-1)}`, { method: 'DELETE', headers: ADMIN })).status).toBe(204)
  expect((await exports.default.fetch(`http://edge.test${path}`, { method: 'HEAD', headers: tus })).status).toBe(404)
})

it('deletes more objects than one batch takes', async () => {
  const id = newVideoId()
  await Promise.all(Array.from({ length: 25 }, (_, index) => env.MEDIA.put(`${videoPrefix(id)}made/${index}`, '')))
  expect(await deleteObjects(env.MEDIA, id, 10)).toBe(25)
  expect(await deleteObjects(env.MEDIA, id)).toBe(0)
})

it('sweeps up after late writers, and forgets a deletion when nothing has come for an hour', async () => {
  const id = await made()
  await deleteVideoRow(env.DB, id, 1000)
  await env.MEDIA.put(chunkKey(id, '720p-h264', 3, 'b'.repeat(10)), 'late')
  const hourMs = 60 * 60 * 1000
  await finishDeletions(env, 2000 + hourMs)
  expect((await env.MEDIA.list({ prefix: videoPrefix(id) })).objects).toEqual([])
  expect(await deletionsOf()).toHaveLength(1)
  await finishDeletions(env, 500 + hourMs)
  expect(await deletionsOf()).toHaveLength(1)
  await finishDeletions(env, 2000 + hourMs)
  expect(await deletionsOf()).toEqual([])
})

it('finishes deletions in the sweep, over a video whose objects cannot be deleted now', async () => {
  const [stuck, other] = [await made(), await made()]
  await deleteVideoRow(env.DB, stuck, 1000)
  await deleteVideoRow(env.DB, other, 1001)
  const list = (options: R2ListOptions) =>
    options.prefix === videoPrefix(stuck) ? Promise.reject(new Error('R2 is away')) : env.MEDIA.list(options)
  const MEDIA = Object.assign(Object.create(env.MEDIA) as R2Bucket, { list })
  await sweep({ ...env, MEDIA })
  expect(await deletionsOf()).toEqual([{ video_id: stuck }])
  await sweep(env)
  expect(await deletionsOf()).toEqual([])
})

it('makes ids that the protocol takes, each once', () => {
  const ids = Array.from({ length: 2000 }, newVideoId)
  expect(new Set(ids).size).toBe(2000)
  for (const id of ids) expect(id).toMatch(/^[0-9A-Za-z_][0-9A-Za-z_-]{11}$/)
})
