/** The whole table of boxes, and how a box is looked up in it. */
import { type BoxTable, type BoxType, leaf } from '../box-table.ts'
import { AUDIO_CONFIG_BOXES } from './audio-config.ts'
import { ENCRYPTION_BOXES, sampleEncryption } from './encryption.ts'
import { FILE_BOXES, readUuid } from './file.ts'
import { FRAGMENT_BOXES } from './fragments.ts'
import { MEDIA_BOXES } from './media.ts'
import { METADATA_BOXES } from './metadata.ts'
import { MOVIE_BOXES } from './movie.ts'
import { PICTURE_AND_TEXT_BOXES } from './picture-and-text.ts'
import { SAMPLE_ENTRY_BOXES } from './sample-entries.ts'
import { SAMPLE_TABLE_BOXES } from './sample-tables.ts'
import { VIDEO_CONFIG_BOXES } from './video-config.ts'

const TABLE: BoxTable = {
  ...FILE_BOXES,
  ...MOVIE_BOXES,
  ...MEDIA_BOXES,
  ...SAMPLE_TABLE_BOXES,
  ...SAMPLE_ENTRY_BOXES,
  ...AUDIO_CONFIG_BOXES,
  ...VIDEO_CONFIG_BOXES,
  ...FRAGMENT_BOXES,
  ...ENCRYPTION_BOXES,
  ...METADATA_BOXES,
  ...PICTURE_AND_TEXT_BOXES,
  uuid: leaf('User Extension Box', (r) => readUuid(r, sampleEncryption)),
}

/** A box by its type and the type of its parent: what it is there, what all are there, what it is anywhere. */
export function boxType(type: string, parent: string): BoxType | null {
  const found = own(`${parent}/${type}`) ?? own(`${parent}/*`) ?? own(type)
  if (found !== undefined) return found
  // Metadata items of QuickTime are numbered by `keys`
  return type.startsWith('©') ? (own('©*') ?? null) : null
}

function own(key: string): BoxType | undefined {
  return Object.hasOwn(TABLE, key) ? TABLE[key] : undefined
}
