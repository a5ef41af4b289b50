/** From an address to something that can be fed: reads what says where everything lies, and no more where that is possible. */
import type { MediaFile } from '../../../media/container/model.ts'
import { openMedia } from '../../../media/container/open.ts'
import { openMatroska } from '../../../media/webm/open.ts'
import type { OpenedFile } from './feed.ts'
import type { RangeFile } from './range-file.ts'
import { openSamples } from './sample-feed.ts'
import { openWebm, webmType } from './webm-feed.ts'

/** A Matroska file whose codecs WebM has not is read whole first; a larger one is not. */
const WHOLE_BYTES = 256 * 1024 * 1024

/** Opens the file. Throws `MediaError` for what cannot be played this way. */
export async function openFile(file: RangeFile): Promise<OpenedFile> {
  await file.open()
  const [a, b, c, d] = await file.read(0, Math.min(4, file.size))
  const opened = a === 0x1a && b === 0x45 && c === 0xdf && d === 0xa3 ? await openEbml(file) : await openIso(file)
  for (const { type } of opened.feeds) {
    if (!MediaSource.isTypeSupported(type)) throw new Error(`This browser does not play ${type}.`)
  }
  return opened
}

async function openIso(file: RangeFile): Promise<OpenedFile> {
  file.why = 'where is the index (moov)?'
  const media: MediaFile = await openMedia(file)
  file.why = 'tables of fragments'
  return openSamples(media, aboutIso(media))
}

function aboutIso({ headerFirst, fragmented }: MediaFile): string {
  if (fragmented) return 'A fragmented MP4: the tables are spread over the file, and each is read before the first frame.'
  return headerFirst
    ? 'The index (moov) lies at the beginning: it came with the first requests, and says where every frame is.'
    : 'The index (moov) lies at the end: nothing can be shown before a request to there and back. Programs call its move to the front “fast start”.'
}

async function openEbml(file: RangeFile): Promise<OpenedFile> {
  file.why = 'header, and where the keyframes are (Cues)'
  const media = await openMatroska(file)
  const type = webmType(media)
  if (type !== null && MediaSource.isTypeSupported(type)) {
    const about = media.hasCues
      ? 'WebM: its Cues list the keyframes and their places; the Clusters are played as they come.'
      : 'WebM without Cues: nothing says where the keyframes are. It plays from its beginning; a seek has no place to go to.'
    return openWebm(media, type, file.size, about)
  }
  if (file.size > WHOLE_BYTES)
    throw new Error('Matroska has no table of frames, and this file is too large to be read whole before it plays.')
  file.why = 'no table of frames: read to the end'
  const about =
    'Matroska with codecs that WebM has not: the file has no table of frames, so it is read to its end before it can be put into pieces.'
  return openSamples(media, about)
}
