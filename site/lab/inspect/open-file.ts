/** A file that is open and what is known of it so far: asked of the worker step by step, told by `changed`. No DOM. */
import { presentationClock } from '../../../media/container/presentation-clock.ts'
import type { Bytes } from './field-rows.ts'
import type { MapKeyframes } from './file-map.ts'
import { FileTree, type TreeNode } from './file-tree.ts'
import type { SampleAt, TimelineTrack } from './sample-timeline.ts'
import type { ReadCount } from './sources/block-source.ts'
import { laneOf } from './timeline-bars.ts'
import type { FoundProblems, Opened, Opening, Summary } from './worker/calls.ts'
import { Closed, Inspector } from './worker/inspector.ts'

/** Files whose samples are read without being asked for, where they are spread over the file; from a server, less. */
const SMALL_FILE_BYTES = 64 * 1024 * 1024
const SMALL_REMOTE_BYTES = 8 * 1024 * 1024
/** Opened from the start: what everybody looks into. */
const OPEN_AT_FIRST = new Set(['moov', 'Segment'])

export class OpenFile {
  readonly opened: Opened
  readonly inspector: Inspector
  readonly tree: FileTree
  readonly reads: ReadCount
  summary: Summary | null = null
  /** Why there is no summary, in words. */
  summaryError: string | null = null
  found: FoundProblems | null = null
  tracks: TimelineTrack[] = []
  /** Of the first video track. */
  keyframes: MapKeyframes | null = null
  private readonly remote: boolean
  private readonly changed: () => void

  private constructor(opened: Opened, remote: boolean, inspector: Inspector, reads: ReadCount, changed: () => void) {
    this.opened = opened
    this.remote = remote
    this.inspector = inspector
    this.reads = reads
    this.changed = changed
    this.tree = new FileTree((parent) => inspector.call('children', parent), changed)
  }

  /** Starts to open; `cancel` ends that, and the promise rejects with `Closed`. It rejects with words for the reader else. */
  static open(what: Opening, changed: () => void): { file: Promise<OpenFile>; cancel: () => void } {
    const reads: ReadCount = { bytes: 0, requests: 0 }
    const inspector = new Inspector((count) => {
      Object.assign(reads, count)
      changed()
    })
    const opened = inspector.call('open', what)
    opened.catch(() => inspector.close())
    return {
      file: opened.then((facts) => new OpenFile(facts, what.kind === 'url', inspector, reads, changed)),
      cancel: () => inspector.close(),
    }
  }

  /** Samples of each track whose samples were read. */
  get counts(): ReadonlyMap<number, number> {
    return new Map(this.tracks.flatMap(({ track, lane }) => (lane === null ? [] : [[track.id, lane.table.count] as const])))
  }

  close(): void {
    this.inspector.close()
  }

  /** The tree's first lines; answers the first node. */
  async unfold(): Promise<TreeNode | null> {
    const { tree } = this
    await tree.more(null)
    for (const at of tree.root.nodes.filter(({ node }) => OPEN_AT_FIRST.has(node.type)).slice(0, 1)) await tree.open(at)
    return tree.root.nodes[0] ?? null
  }

  /** Looks for damage that nobody opened yet. */
  async search(): Promise<void> {
    try {
      this.found = await this.inspector.call('problems')
      this.changed()
    } catch {
      // A read that failed here fails where the reader looks too, and is told there; a closed file needs no answer.
    }
  }

  /** Tracks, answers, and the samples where they are cheap. */
  async summarize(): Promise<void> {
    this.summaryError = null
    try {
      const summary = await this.inspector.call('summary')
      this.summary = summary
      this.tracks = summary.tracks.map((track) => ({ track, lane: null, loading: false, error: null }))
      this.changed()
    } catch (error) {
      if (error instanceof Closed) return
      this.summaryError = sentence(error)
      this.changed()
      return
    }
    const small = this.opened.size <= (this.remote ? SMALL_REMOTE_BYTES : SMALL_FILE_BYTES)
    for (const { track } of this.tracks) {
      if (track.sampleCount !== null || small) await this.readSamples(track.id)
    }
  }

  /** Rejects never: what went wrong stands in the track. */
  async readSamples(trackId: number): Promise<void> {
    const change = (to: Partial<TimelineTrack>): void => {
      this.tracks = this.tracks.map((each) => (each.track.id === trackId ? { ...each, ...to } : each))
      this.changed()
    }
    change({ loading: true, error: null })
    try {
      const table = await this.inspector.call('samples', trackId)
      const track = this.tracks.find((each) => each.track.id === trackId)?.track
      const lane = laneOf(table, track?.timescale ?? 1)
      if (track?.kind === 'video' && this.keyframes === null) {
        const clock = presentationClock(track)
        this.keyframes = {
          offsets: Float64Array.from(lane.keys, (index) => table.offset[index] ?? 0),
          seconds: Float64Array.from(lane.keys, (index) => clock(table.presentationTicks[index] ?? 0)),
        }
      }
      change({ lane, loading: false })
      if (track?.kind === 'video' && this.summary !== null) {
        this.summary = { ...this.summary, verdict: await this.inspector.call('verdict') }
        this.changed()
      }
    } catch (error) {
      if (!(error instanceof Closed)) change({ loading: false, error: sentence(error) })
    }
  }

  /** Where a sample lies. */
  sampleBytes(at: SampleAt | null): Bytes | null {
    const table = this.tracks.find(({ track }) => track.id === at?.trackId)?.lane?.table
    if (table === undefined || at === null) return null
    return { offset: table.offset[at.index] ?? 0, length: table.size[at.index] ?? 0 }
  }
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
