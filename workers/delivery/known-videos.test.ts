import { env } from 'cloudflare:test'
import { afterEach, expect, it, vi } from 'vitest'
import { deleteVideoRow } from '../videos/store.ts'
import { forgetVideo, KNOWN_FOR_MS, videoExists } from './known-videos.ts'
import { addVideo, newVideoId } from './sample-video.ts'

afterEach(() => vi.restoreAllMocks())

it('asks the database once in ten seconds for a video that exists', async () => {
  const id = await addVideo(env, {})
  const asked = vi.spyOn(env.DB, 'prepare')
  const now = vi.spyOn(Date, 'now').mockReturnValue(1_000_000)
  expect(await videoExists(env.DB, id)).toBe(true)
  now.mockReturnValue(1_000_000 + KNOWN_FOR_MS - 1)
  expect(await videoExists(env.DB, id)).toBe(true)
  expect(asked).toHaveBeenCalledTimes(1)
  now.mockReturnValue(1_000_000 + KNOWN_FOR_MS)
  expect(await videoExists(env.DB, id)).toBe(true)
  expect(asked).toHaveBeenCalledTimes(2)
})

it('notices a deletion when the time is over, or at once when told', async () => {
  const [other, here] = [await addVideo(env, {}), await addVideo(env, {})]
  const now = vi.spyOn(Date, 'now').mockReturnValue(2_000_000)
  for (const id of [other, here]) {
    expect(await videoExists(env.DB, id)).toBe(true)
    await deleteVideoRow(env.DB, id, 1)
  }
  forgetVideo(here)
  expect(await videoExists(env.DB, here)).toBe(false)
  expect(await videoExists(env.DB, other)).toBe(true)
  now.mockReturnValue(2_000_000 + KNOWN_FOR_MS)
  expect(await videoExists(env.DB, other)).toBe(false)
})

it('does not remember what is not there', async () => {
  const id = newVideoId()
  expect(await videoExists(env.DB, id)).toBe(false)
  await env.DB.prepare(
    `INSERT INTO videos (id, title, state, created_ms, source_name, source_type, source_bytes) VALUES (?, '', 'ready', 1, '', '', 1)`,
  )
    .bind(id)
    .run()
  expect(await videoExists(env.DB, id)).toBe(true)
})
