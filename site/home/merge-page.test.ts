import { expect, it } from 'vitest'
import type { Video } from '../../protocol/videos.ts'
import { mergePage } from './merge-page.ts'

/** Video `n`, made at minute `n`. */
function video(n: number, title = ''): Video {
  const id = String(n).padStart(12, '0')
  const createdAt = new Date(n * 60_000).toISOString()
  return { id, title, createdAt } as Video
}
const page = (...numbers: number[]) => numbers.map((n) => video(n))
const ids = (videos: Video[]) => videos.map(({ id }) => Number(id))

it('puts what is new first and keeps the older pages', () => {
  expect(ids(mergePage(page(5, 4, 3, 2, 1), { videos: page(6, 5, 4), nextCursor: 'x' }))).toEqual([6, 5, 4, 3, 2, 1])
})

it('shows videos as they are now', () => {
  expect(mergePage(page(2), { videos: [video(2, 'renamed')], nextCursor: null })[0]?.title).toBe('renamed')
})

it('drops what was deleted', () => {
  expect(ids(mergePage(page(5, 4, 3, 2), { videos: page(5, 3), nextCursor: 'x' }))).toEqual([5, 3, 2])
  expect(ids(mergePage(page(5, 4, 3), { videos: page(4), nextCursor: null }))).toEqual([4])
  expect(mergePage(page(1), { videos: [], nextCursor: null })).toEqual([])
})
