/** What a video is doing, in words: its badge, and one line a stage. Pure; the elements only place the words. */
import type { Stage, StageName, Video, VideoState } from '../protocol/videos.ts'
import { formatPercent } from './format.ts'

/** One line of the list of stages. */
export interface StageLine {
  name: StageName
  state: Stage['state']
  label: string
  text: string
  /** 0 to 1. */
  progress: number
}

const LABELS: Record<StageName, string> = {
  upload: 'upload',
  probe: 'probe',
  video: 'video',
  audio: 'audio',
  thumbnails: 'thumbnails',
  finish: 'finish',
}

const IN_WORDS: Record<Stage['state'], string> = {
  waiting: 'waiting',
  running: 'working',
  done: 'done',
  failed: 'failed',
  skipped: 'not needed',
}

/** The stages in order, each with something to read: `video` · `chunk 3 of 12`. */
export function stageLines(stages: Stage[]): StageLine[] {
  return stages.map(({ name, state, progress, text }) => ({
    name,
    state,
    label: LABELS[name],
    // Why it failed stands above the list, as the error of the video.
    text:
      state === 'failed'
        ? IN_WORDS.failed
        : text.trim() || (state === 'running' && progress > 0 ? formatPercent(progress) : IN_WORDS[state]),
    progress: state === 'done' ? 1 : state === 'skipped' ? 0 : Math.min(1, Math.max(0, progress)),
  }))
}

/** The one line that says most about where the video is now; empty when there is nothing to say. */
export function currentLine(stages: Stage[]): string {
  const lines = stageLines(stages)
  const line = lines.find(({ state }) => state === 'running') ?? lines.find(({ state }) => state === 'waiting')
  return line === undefined ? '' : `${line.label} · ${line.text}`
}

/** The badge: a state in one or two words, with how far it is while it moves. */
export function badgeText(video: Pick<Video, 'state' | 'progress'>): string {
  return isMoving(video.state) ? `${BADGES[video.state]} ${formatPercent(video.progress)}` : BADGES[video.state]
}
const BADGES: Record<VideoState, string> = { uploading: 'Uploading', processing: 'Processing', ready: 'Ready', failed: 'Failed' }

/** Whether asking again later will show something else. */
export function isMoving(state: VideoState): boolean {
  return state === 'uploading' || state === 'processing'
}
