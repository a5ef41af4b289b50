/** mediabunny, with its own source for files and the one format that is asked for. */
import { FilePathSource, Input, MP4 } from 'mediabunny'
import type { ReadMetadata } from './model.ts'

export const read: ReadMetadata = async (file) => {
  const input = new Input({ source: new FilePathSource(file), formats: [MP4] })
  try {
    const tracks: { kind: string; codec: string | null; size: string }[] = []
    for (const track of await input.getTracks()) {
      const size = track.isVideoTrack()
        ? `${await track.getDisplayWidth()}x${await track.getDisplayHeight()}`
        : track.isAudioTrack()
          ? `${await track.getSampleRate()}x${await track.getNumberOfChannels()}`
          : ''
      tracks.push({ kind: track.type, codec: await track.getCodecParameterString(), size })
    }
    // What its documentation recommends for speed, instead of computeDuration()
    return { durationSeconds: (await input.getDurationFromMetadata()) ?? (await input.computeDuration()), tracks }
  } finally {
    input.dispose()
  }
}
