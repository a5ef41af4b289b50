/** mp4box.js, fed from where it asks to be fed, until it is ready. It holds what it reads in `mdat` only if told to. */
import { open } from 'node:fs/promises'
import { createFile, MP4BoxBuffer } from 'mp4box'
import type { Metadata, ReadMetadata } from './model.ts'

/** Each read; smaller ones cost it a search for every piece of a large `moov`. */
const READ_BYTES = 1024 * 1024

export const read: ReadMetadata = async (file) => {
  const handle = await open(file)
  try {
    const boxes = createFile()
    let metadata: Metadata | null = null
    boxes.onReady = ({ duration, timescale, tracks }) => {
      metadata = {
        durationSeconds: duration / timescale,
        tracks: tracks.map(({ type, codec, video, audio }) => ({
          ...{ kind: type ?? '', codec, size: video ? `${video.width}x${video.height}` : `${audio?.sample_rate}x${audio?.channel_count}` },
        })),
      }
    }
    for (let offset: number | undefined = 0; metadata === null && offset !== undefined;) {
      const bytes = new ArrayBuffer(READ_BYTES)
      const { bytesRead } = await handle.read(new Uint8Array(bytes), 0, READ_BYTES, offset)
      if (bytesRead === 0) break
      offset = boxes.appendBuffer(MP4BoxBuffer.fromArrayBuffer(bytes.slice(0, bytesRead), offset))
    }
    if (metadata === null) throw new Error(`mp4box found no metadata in ${file}`)
    return metadata
  } finally {
    await handle.close()
  }
}
