/** What upload objects tell the edge: the lines of the video's row while it is `uploading`, and the start of its pipeline. */
import { WorkerEntrypoint } from 'cloudflare:workers'
import type { SourcePlay, UploadListener } from '../../protocol/uploads.ts'
import { saveSourceRenditions } from '../renditions/store.ts'
import { startPipeline } from '../pipeline/start.ts'
import { deleteObjects, forgetDeletion } from '../videos/delete.ts'
import { createVideo, deleteVideoRow, getVideo, moveState, saveSourceNote, setStage } from '../videos/store.ts'
import { readMetadata } from './metadata.ts'

export class UploadHooks extends WorkerEntrypoint<Env> implements UploadListener {
  async created(videoId: string, sizeBytes: number, metadata: string): Promise<void> {
    const { title, name, type, codecs } = readMetadata(metadata)
    await createVideo(this.env.DB, { id: videoId, title, createdMs: Date.now(), source: { name, type, sizeBytes }, codecs })
    await setStage(this.env.DB, videoId, { name: 'upload', state: 'running', progress: 0, text: '' })
  }

  async progress(videoId: string, receivedBytes: number, sizeBytes: number): Promise<void> {
    const video = await getVideo(this.env.DB, videoId)
    if (video?.state !== 'uploading') return
    const text = `${size(receivedBytes)} of ${size(sizeBytes)}`
    await setStage(this.env.DB, videoId, { name: 'upload', state: 'running', progress: receivedBytes / sizeBytes, text })
  }

  async uploaded(videoId: string, sizeBytes: number, source: SourcePlay): Promise<void> {
    await saveSourceRenditions(this.env.DB, videoId, source.renditions)
    if (source.note !== null) await saveSourceNote(this.env.DB, videoId, source.note)
    await moveState(this.env.DB, videoId, ['uploading'], 'processing')
    const video = await getVideo(this.env.DB, videoId)
    if (video === null) {
      // Deleted while its last bytes came: what they became has to go too.
      await deleteObjects(this.env.MEDIA, videoId)
      return
    }
    await setStage(this.env.DB, videoId, { name: 'upload', state: 'done', progress: 1, text: size(sizeBytes) })
    if (video.state === 'processing') await startPipeline(this.env, videoId)
  }

  async abandoned(videoId: string): Promise<void> {
    const video = await getVideo(this.env.DB, videoId)
    if (video !== null && video.state !== 'uploading') return
    if (video !== null) await deleteVideoRow(this.env.DB, videoId, Date.now())
    await deleteObjects(this.env.MEDIA, videoId)
    // Only its upload object ever wrote for it, and has stopped.
    if (video !== null) await forgetDeletion(this.env.DB, videoId)
  }
}

/** `1.5 MB`: two figures or more, as one reads file sizes. */
function size(bytes: number): string {
  if (bytes < 1e3) return `${bytes} bytes`
  const [unit, name] = bytes < 1e6 ? [1e3, 'kB'] : bytes < 1e9 ? [1e6, 'MB'] : [1e9, 'GB']
  return `${(bytes / unit).toFixed(bytes < 10 * unit ? 1 : 0)} ${name}`
}
