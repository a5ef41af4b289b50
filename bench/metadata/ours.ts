/** Ours, over the same positioned reads of Node as everyone. */
import { open } from 'node:fs/promises'
import { openMp4 } from '../../media/mp4/open.ts'
import type { ReadMetadata } from './model.ts'

export const read: ReadMetadata = async (file) => {
  const handle = await open(file)
  try {
    const { size } = await handle.stat()
    const media = await openMp4({
      size,
      async read(offset, length) {
        const bytes = new Uint8Array(length)
        const { bytesRead } = await handle.read(bytes, 0, length, offset)
        return bytes.subarray(0, bytesRead)
      },
    })
    return {
      durationSeconds: media.durationSeconds ?? 0,
      tracks: media.tracks.map(({ kind, codec, video, audio }) => ({
        ...{ kind, codec, size: video ? `${video.displayWidth}x${video.displayHeight}` : `${audio?.sampleRateHz}x${audio?.channels}` },
      })),
    }
  } finally {
    await handle.close()
  }
}
