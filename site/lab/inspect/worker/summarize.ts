/** What a media file is, without its binary parts: what the page shows above the tree. */
import { describeCodec } from '../../../../media/codecs/describe-codec.ts'
import type { MediaFile } from '../../../../media/container/model.ts'
import type { Summary } from './calls.ts'

export function summarize({ format, durationSeconds, fragmented, headerFirst, chapters, tracks }: MediaFile): Summary {
  return {
    format,
    durationSeconds,
    fragmented,
    headerFirst,
    chapters,
    tracks: tracks.map((track) => {
      const { config: _config, sampleEntry: _sampleEntry, ...facts } = track
      return { ...facts, codecText: describeCodec(track).text }
    }),
    verdict: [],
  }
}
