/** What tests of tasks share: clips made by FFmpeg, a context over storage in memory, and published renditions put together again. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { sourceKey } from '../../protocol/ids.ts'
import type { SourceFacts } from '../../protocol/plan.ts'
import type { Published } from '../../protocol/rendition-index.ts'
import { besideFfmpeg } from '../config.ts'
import { SourceServer } from '../source-server.ts'
import { MemoryStorage } from '../storage/memory.ts'
import type { TaskContext } from './context.ts'
import { probe } from './probe.ts'

const execute = promisify(execFile)
const FFMPEG = process.env['FFMPEG_PATH'] ?? 'ffmpeg'

/** Everything a task needs. Two attempts differ in `lease`. */
export class Workbench {
  readonly storage = new MemoryStorage()
  readonly published: Published[] = []
  readonly sources: SourceServer
  readonly folder: string

  private constructor(sources: SourceServer, storage: MemoryStorage, folder: string) {
    this.sources = sources
    this.storage = storage
    this.folder = folder
  }

  static async open(): Promise<Workbench> {
    const storage = new MemoryStorage()
    return new Workbench(await SourceServer.start(storage), storage, await mkdtemp(join(tmpdir(), 'sluice-runner-')))
  }

  async close(): Promise<void> {
    this.sources.close()
    await rm(this.folder, { recursive: true })
  }

  /** Runs FFmpeg in the folder. */
  async ffmpeg(...args: string[]): Promise<{ stdout: Buffer; stderr: string }> {
    const options = { cwd: this.folder, encoding: 'buffer', maxBuffer: 256 * 1024 * 1024 } as const
    const { stdout, stderr } = await execute(FFMPEG, ['-nostdin', '-hide_banner', '-y', '-v', 'error', ...args], options)
    return { stdout, stderr: stderr.toString() }
  }

  /** Makes a clip and lays it in storage as the source of a video. */
  async clip(videoId: string, name: string, ...args: string[]): Promise<void> {
    await this.ffmpeg(...args, name)
    await this.source(videoId, await readFile(join(this.folder, name)))
  }

  source(videoId: string, bytes: Uint8Array): Promise<void> {
    return this.storage.put(sourceKey(videoId), bytes)
  }

  context(videoId: string, lease = 'lease00000', signal = new AbortController().signal): TaskContext {
    return {
      videoId,
      lease,
      storage: this.storage,
      sources: this.sources,
      ffmpegPath: FFMPEG,
      ffprobePath: besideFfmpeg(FFMPEG),
      preset: 'ultrafast',
      signal,
      progress: () => undefined,
      publish: (published) => void this.published.push(published),
    }
  }

  async probe(videoId: string): Promise<SourceFacts> {
    return (await probe({ kind: 'probe', sourceName: videoId }, this.context(videoId))).facts
  }

  /** A rendition as one file: its init segment and all of its chunks in order. */
  assemble(rendition: string): Buffer {
    const mine = this.published.filter(({ facts }) => facts.rendition === rendition).toSorted((a, b) => a.entry.chunk - b.entry.chunk)
    const get = (key: string): Uint8Array => {
      const bytes = this.storage.objects.get(key)
      if (bytes === undefined) throw new Error(`${key} was published, but is not in storage`)
      return bytes
    }
    return Buffer.concat([get(mine[0]?.facts.initKey ?? ''), ...mine.map(({ entry }) => get(entry.objectKey))])
  }
}
