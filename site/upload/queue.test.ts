import { describe, expect, it } from 'vitest'
import type { Video } from '../../protocol/videos.ts'
import { itemLine } from './item-line.ts'
import { type Action, idsToAsk, type Item, nextToStart, reduce } from './queue.ts'

const play = (...actions: Action[]) => actions.reduce(reduce, [] as Item[])
const added = (key: string, name = `${key}.mp4`, sizeBytes = 1000): Action => ({ type: 'added', key, name, sizeBytes })
const lines = (items: Item[]) => items.map(itemLine)
const phases = (items: Item[]) => items.map(({ phase }) => phase)

function video(id: string, changes: Partial<Video> = {}): Video {
  return {
    id,
    title: id,
    state: 'processing',
    progress: 0.5,
    error: null,
    createdAt: '2026-11-22T12:00:00Z',
    durationMs: null,
    playableMs: 0,
    width: null,
    height: null,
    source: { name: 'a.mp4', type: 'video/mp4', sizeBytes: 1000 },
    stages: [{ name: 'upload', state: 'running', progress: 0.43, text: '' }],
    playback: null,
    poster: null,
    thumbnails: null,
    ...changes,
  }
}

describe('one after another', () => {
  it('starts the first that waits, and no other while it goes up or waits for the network', () => {
    const two = play(added('a'), added('b'))
    expect(nextToStart(two)?.key).toBe('a')
    const going = reduce(two, { type: 'started', key: 'a' })
    expect(nextToStart(going)).toBeNull()
    expect(nextToStart(reduce(going, { type: 'reconnecting', key: 'a' }))).toBeNull()
  })

  it.each<Action>([
    { type: 'paused', key: 'a' },
    { type: 'uploaded', key: 'a' },
    { type: 'upload-failed', key: 'a', message: 'no' },
    { type: 'removed', key: 'a' },
  ])('goes on with the next after $type', (action) => {
    const items = reduce(play(added('a'), added('b'), { type: 'started', key: 'a' }), action)
    expect(nextToStart(items)?.key).toBe('b')
  })

  it('lets a paused one wait for its turn again', () => {
    const items = play(added('a'), { type: 'started', key: 'a' }, { type: 'paused', key: 'a' }, { type: 'resumed', key: 'a' })
    expect(nextToStart(items)?.key).toBe('a')
  })
})

describe('progress', () => {
  it('is not taken from a request that was just stopped', () => {
    const items = play(added('a'), { type: 'started', key: 'a' }, { type: 'paused', key: 'a' })
    expect(reduce(items, { type: 'progress', key: 'a', sentBytes: 900, atMs: 1 })).toEqual(items)
  })

  it('says that the connection is back', () => {
    const items = play(added('a'), { type: 'started', key: 'a' }, { type: 'reconnecting', key: 'a' })
    expect(phases(items)).toEqual(['reconnecting'])
    expect(phases(reduce(items, { type: 'progress', key: 'a', sentBytes: 1, atMs: 1 }))).toEqual(['uploading'])
  })

  it('reads as percent, bytes, speed and time', () => {
    const items = play(
      added('a', 'a.mp4', 10_000_000),
      { type: 'started', key: 'a' },
      { type: 'progress', key: 'a', sentBytes: 0, atMs: 0 },
      { type: 'progress', key: 'a', sentBytes: 400_000, atMs: 2000 },
    )
    expect(lines(items)[0]).toBe('4 % · 400 kB of 10.0 MB · 200 kB/s · 50 s left')
  })
})

describe('what earlier visits began', () => {
  it('finds what is processing, and what stopped with how much of it arrived', () => {
    const items = play({ type: 'found', video: video('v1') }, { type: 'found', video: video('v2', { state: 'uploading' }) })
    expect(items.map(({ videoId, phase, sentBytes }) => [videoId, phase, sentBytes])).toEqual([
      ['v2', 'interrupted', 430],
      ['v1', 'processing', 0],
    ])
    expect(idsToAsk(items)).toEqual(['v1'])
    expect(lines(items)[0]).toBe('Stopped after 430 B of 1.00 kB. Choose the same file again to go on.')
  })

  it('leaves what is long done to the library', () => {
    expect(
      play({ type: 'found', video: video('v1', { state: 'ready' }) }, { type: 'found', video: video('v2', { state: 'failed' }) }),
    ).toEqual([])
  })

  it('continues an interrupted upload in its place when the same file is chosen, and only then', () => {
    const items = play({ type: 'found', video: video('v1', { state: 'uploading' }) }, added('k', 'a.mp4', 1001), added('l', 'a.mp4', 1000))
    expect(items.map(({ key, videoId, phase }) => [key, videoId, phase])).toEqual([
      ['l', 'v1', 'waiting'],
      ['k', null, 'waiting'],
    ])
  })

  it('shows one item when the library told of a video before the upload did', () => {
    const items = play(
      added('a'),
      { type: 'started', key: 'a' },
      { type: 'found', video: video('v1', { state: 'uploading' }) },
      { type: 'created', key: 'a', videoId: 'v1' },
    )
    expect(items.map(({ key, videoId }) => [key, videoId])).toEqual([['a', 'v1']])
  })
})

describe('processing', () => {
  const uploaded = play(
    added('a'),
    { type: 'started', key: 'a' },
    { type: 'created', key: 'a', videoId: 'v1' },
    { type: 'uploaded', key: 'a' },
  )

  it('is asked about until it is ready', () => {
    expect(idsToAsk(uploaded)).toEqual(['v1'])
    // The last byte is there and the edge has not said `processing` yet.
    const early = reduce(uploaded, { type: 'found', video: video('v1', { state: 'uploading' }) })
    expect([phases(early), idsToAsk(early)]).toEqual([['processing'], ['v1']])
    const ready = reduce(early, { type: 'found', video: video('v1', { state: 'ready', progress: 1 }) })
    expect([phases(ready), idsToAsk(ready)]).toEqual([['ready'], []])
  })

  it('keeps a pause while the library still says uploading', () => {
    const paused = play(
      added('a'),
      { type: 'started', key: 'a' },
      { type: 'created', key: 'a', videoId: 'v1' },
      { type: 'paused', key: 'a' },
    )
    expect(phases(reduce(paused, { type: 'found', video: video('v1', { state: 'uploading' }) }))).toEqual(['paused'])
  })

  it('fails with the sentence of the server', () => {
    const failed = reduce(uploaded, {
      type: 'found',
      video: video('v1', { state: 'failed', error: { code: 'source', message: 'This is not a video.' } }),
    })
    expect(lines(failed)[0]).toBe('This is not a video.')
  })

  it('ends when the video is deleted, but an upload of ours does not', () => {
    expect(reduce(uploaded, { type: 'vanished', videoId: 'v1' })).toEqual([])
    const going = play(added('a'), { type: 'started', key: 'a' }, { type: 'created', key: 'a', videoId: 'v1' })
    expect(reduce(going, { type: 'vanished', videoId: 'v1' })).toEqual(going)
  })
})
