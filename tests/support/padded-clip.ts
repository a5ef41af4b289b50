/** A clip made as large as a test needs: what is behind it is a `free` box, which players skip (ISO/IEC 14496-12, 8.1.2). */
import { createHash, randomBytes } from 'node:crypto'
import { copyFile, open, readFile } from 'node:fs/promises'
import path from 'node:path'

export interface PaddedClip {
  file: string
  sizeBytes: number
  /** In hex. */
  sha256: string
}

const BLOCK_BYTES = 8 << 20

/** Copies an MP4 into the folder and pads it with random bytes to exactly `sizeBytes`, of which it must have fewer. */
export async function paddedClip(folder: string, clip: string, sizeBytes: number): Promise<PaddedClip> {
  const file = path.join(folder, `padded-${sizeBytes}.mp4`)
  await copyFile(clip, file)
  const start = await readFile(clip)
  const hash = createHash('sha256').update(start)
  const handle = await open(file, 'a')
  try {
    const header = Buffer.from('....free')
    header.writeUInt32BE(sizeBytes - start.length)
    await handle.write(header)
    hash.update(header)
    for (let left = sizeBytes - start.length - header.length; left > 0; left -= BLOCK_BYTES) {
      const block = randomBytes(Math.min(left, BLOCK_BYTES))
      await handle.write(block)
      hash.update(block)
    }
  } finally {
    await handle.close()
  }
  return { file, sizeBytes, sha256: hash.digest('hex') }
}
