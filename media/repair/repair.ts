/** Plans how a damaged or badly laid out file is written anew. Samples keep their bytes. */
import type { ByteSource } from '../bytes/source.ts'
import { MediaError } from '../errors.ts'
import { repairMatroska } from './matroska.ts'
import type { RepairPlan } from './model.ts'
import { repairMp4 } from './mp4.ts'

/**
 * What to write, piece by piece, and what that changes. No action: the file is as it should be. Throws `MediaError` when
 * nothing can be saved, with the reason.
 */
export async function repair(source: ByteSource): Promise<RepairPlan> {
  if (source.size === 0) throw new MediaError('truncated', 'the file is empty')
  const head = await source.read(0, Math.min(4, source.size))
  // EBML, RFC 8794 11.2.1
  const isEbml = head[0] === 0x1a && head[1] === 0x45 && head[2] === 0xdf && head[3] === 0xa3
  return isEbml ? repairMatroska(source) : repairMp4(source)
}
