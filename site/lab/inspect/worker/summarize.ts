/** What a media file is, without its binary parts: what the page shows above the tree. */
import { describeCodec } from '../../../../media/codecs/describe-codec.ts'
import type { MediaFile } from '../../../../media/container/model.ts'
import { judge } from '../../../../media/dissect/verdict.ts'
import type { Summary } from './calls.ts'

export function summarize(media: MediaFile): Summary {
  const { format, durationSeconds, fragmented, headerFirst, chapters, tracks } = media
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
    verdict: judge(media, null),
  }
}
