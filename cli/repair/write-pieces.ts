/** Writes a plan's pieces to a file that is there whole or not at all: a temporary file beside it, renamed at the end. */
import { link, open, rename, rm } from 'node:fs/promises'
import type { ByteSource } from '../../media/bytes/source.ts'
import { type Piece, pieceBytes } from '../../media/repair/model.ts'
import { Failure, Usage } from '../failure.ts'

const COPY_BYTES = 4 * 1024 * 1024

export async function writePieces(
  source: ByteSource,
  pieces: Piece[],
  output: string,
  { force, signal, progress }: { force: boolean; signal: AbortSignal; progress: (fraction: number) => void },
): Promise<void> {
  const half = `${output}.${process.pid}.half`
  const total = pieceBytes(pieces)
  try {
    const file = await open(half, 'wx')
    try {
      let written = 0
      for await (const bytes of bytesOf(source, pieces)) {
        signal.throwIfAborted()
        await file.writeFile(bytes)
        written += bytes.length
        progress(written / total)
      }
      // What is renamed into place must be on the disk before its name is.
      await file.sync()
    } finally {
      await file.close()
    }
    await moveInto(half, output, force)
  } catch (error) {
    await rm(half, { force: true })
    if (error instanceof Failure || signal.aborted || !isSystemError(error)) throw error
    throw new Failure(`${output} cannot be written: ${error.message}.`, 'Is there room, and is the folder there and writable?')
  }
}

/** Small pieces are joined, so that a cluster or a table is not a system call each. */
async function* bytesOf(source: ByteSource, pieces: Piece[]): AsyncGenerator<Uint8Array> {
  let pending: Uint8Array[] = []
  let pendingBytes = 0
  for (const piece of pieces) {
    const length = 'bytes' in piece ? piece.bytes.length : piece.length
    for (let at = 0; at < length; at += COPY_BYTES) {
      const some = Math.min(COPY_BYTES, length - at)
      const bytes = 'bytes' in piece ? piece.bytes.subarray(at, at + some) : await source.read(piece.offset + at, some)
      if (bytes.length < some) throw new Failure('The input became shorter while it was read.')
      pending.push(bytes)
      pendingBytes += some
      if (pendingBytes < COPY_BYTES) continue
      yield Buffer.concat(pending)
      pending = []
      pendingBytes = 0
    }
  }
  if (pendingBytes > 0) yield Buffer.concat(pending)
}

/** Without --force a file that appeared in the meantime stays: `link` fails where `rename` would replace it. */
async function moveInto(half: string, output: string, force: boolean): Promise<void> {
  if (force) return rename(half, output)
  try {
    await link(half, output)
    await rm(half)
  } catch (error) {
    const code = isSystemError(error) ? error.code : null
    if (code === 'EEXIST') throw new Usage(`${output} is there already.`, 'Add --force to replace it.')
    // File systems without hard links (exFAT, some network shares)
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP') throw error
    await rename(half, output)
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && 'syscall' in error
}
