/**
 * The upload queue as a pure reducer: files wait, go up one after another, and are then followed through processing.
 * Nothing here talks to the network; upload-page.ts carries out what the state asks for.
 */
import type { Video } from '../../protocol/videos.ts'
import { addSample, type Sample } from './speed.ts'

/**
 * `interrupted`: some of it arrived earlier, and the file has to be chosen again to go on. `reconnecting`: the connection
 * is gone; it goes on by itself. `failed` with a video: processing failed; without: the upload did.
 */
export type Phase = 'waiting' | 'uploading' | 'reconnecting' | 'paused' | 'interrupted' | 'processing' | 'ready' | 'failed'

export interface Item {
  /** Names the item on this page only. */
  key: string
  /** Null until the server made one: the video's id is the upload's id. */
  videoId: string | null
  name: string
  sizeBytes: number
  phase: Phase
  sentBytes: number
  /** What speed is computed from. */
  samples: Sample[]
  error: string | null
  video: Video | null
}

export type Action =
  | { type: 'added'; key: string; name: string; sizeBytes: number }
  | { type: 'started'; key: string }
  | { type: 'created'; key: string; videoId: string }
  | { type: 'progress'; key: string; sentBytes: number; atMs: number }
  | { type: 'reconnecting'; key: string }
  | { type: 'paused'; key: string }
  | { type: 'resumed'; key: string }
  | { type: 'uploaded'; key: string }
  | { type: 'upload-failed'; key: string; message: string }
  /** The API tells of a video: one of ours, or one an earlier visit began. */
  | { type: 'found'; video: Video }
  | { type: 'removed'; key: string }
  /** The video is gone from the server. */
  | { type: 'vanished'; videoId: string }

/** Phases in which this page holds the file and the server may say `uploading` of it. */
const OURS = new Set<Phase>(['waiting', 'uploading', 'reconnecting', 'paused'])

export function reduce(items: Item[], action: Action): Item[] {
  switch (action.type) {
    case 'added':
      return add(items, action)
    case 'found':
      return find(items, action.video)
    case 'created':
      // The library may have been read between the server making the video and this page learning its id.
      return items
        .filter(({ key, videoId }) => key === action.key || videoId !== action.videoId)
        .map((item) => (item.key === action.key ? { ...item, videoId: action.videoId } : item))
    case 'removed':
      return items.filter(({ key }) => key !== action.key)
    case 'vanished':
      return items.filter((item) => item.videoId !== action.videoId || OURS.has(item.phase))
    default:
      return items.map((item) => (item.key === action.key ? step(item, action) : item))
  }
}

/** The item whose turn it is: the first that waits, when nothing is going up. */
export function nextToStart(items: Item[]): Item | null {
  if (items.some(({ phase }) => phase === 'uploading' || phase === 'reconnecting')) return null
  return items.find(({ phase }) => phase === 'waiting') ?? null
}

/** Ids of the videos to ask the API about. */
export function idsToAsk(items: Item[]): string[] {
  return items.flatMap(({ phase, videoId }) => (phase === 'processing' && videoId !== null ? [videoId] : []))
}

/** A file that continues an interrupted upload takes its place; any other goes to the end. */
function add(items: Item[], { key, name, sizeBytes }: Extract<Action, { type: 'added' }>): Item[] {
  const match = items.findIndex((item) => item.phase === 'interrupted' && item.name === name && item.sizeBytes === sizeBytes)
  const earlier = items[match]
  if (earlier !== undefined) return items.with(match, { ...earlier, key, phase: 'waiting', error: null, samples: [] })
  return [...items, { key, videoId: null, name, sizeBytes, phase: 'waiting', sentBytes: 0, samples: [], error: null, video: null }]
}

function find(items: Item[], video: Video): Item[] {
  const index = items.findIndex(({ videoId }) => videoId === video.id)
  const item = items[index]
  if (item !== undefined) return items.with(index, follow(item, video))
  // What is done or failed was followed to its end on an earlier visit: it is in the library.
  if (video.state === 'ready' || video.state === 'failed') return items
  const { name, sizeBytes } = video.source
  const fresh: Item = {
    key: `found-${video.id}`,
    videoId: video.id,
    name,
    sizeBytes,
    phase: 'interrupted',
    sentBytes: 0,
    samples: [],
    error: null,
    video: null,
  }
  return [follow(fresh, video), ...items]
}

function follow(item: Item, video: Video): Item {
  switch (video.state) {
    case 'uploading': {
      // Between the last byte and the pipeline's first word the server still says `uploading`.
      if (item.phase !== 'interrupted') return { ...item, video }
      const arrived = video.stages.find(({ name }) => name === 'upload')?.progress ?? 0
      return { ...item, video, sentBytes: Math.round(arrived * item.sizeBytes) }
    }
    case 'processing':
      return { ...item, video, phase: 'processing', error: null }
    case 'ready':
      return { ...item, video, phase: 'ready', error: null }
    case 'failed':
      return { ...item, video, phase: 'failed', error: video.error?.message ?? 'The video could not be processed.' }
  }
}

function step(item: Item, action: Exclude<Action, { type: 'added' | 'found' | 'created' | 'removed' | 'vanished' }>): Item {
  switch (action.type) {
    case 'started':
      return { ...item, phase: 'uploading', error: null, samples: [] }
    case 'progress': {
      // A last event of a request that was just aborted changes nothing.
      if (item.phase !== 'uploading' && item.phase !== 'reconnecting') return item
      const sample = { atMs: action.atMs, bytes: action.sentBytes }
      return { ...item, phase: 'uploading', sentBytes: action.sentBytes, samples: addSample(item.samples, sample) }
    }
    case 'reconnecting':
      return item.phase === 'uploading' ? { ...item, phase: 'reconnecting', samples: [] } : item
    case 'paused':
      return { ...item, phase: 'paused', samples: [] }
    case 'resumed':
      return { ...item, phase: 'waiting', error: null }
    case 'uploaded':
      return { ...item, phase: 'processing', sentBytes: item.sizeBytes, samples: [] }
    case 'upload-failed':
      return { ...item, phase: 'failed', error: action.message, samples: [] }
  }
}
