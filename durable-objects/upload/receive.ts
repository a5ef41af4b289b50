/** Takes one request's body into the upload: full parts go to R2, the rest into the remainder. Memory: one part and what R2 copies of it. */
import { Scan, type SavedScan } from '../../media/source-index/scan.ts'
import { SOURCE_SCANNER } from '../../media/source-index/scan-source.ts'
import type { Checksum } from './checksum.ts'
import type { StoredPart, UploadLedger } from './ledger.ts'
import { PartAssembler } from './parts.ts'
import type { SourceObject } from './source-object.ts'
import { TusError } from './tus-error.ts'

/** What was seen up to `offset`; a scan that stands elsewhere is none, and has given up. */
function scanAt(ledger: UploadLedger, offset: number): SavedScan | null {
  const saved = ledger.scan()
  if (saved === null && offset === 0) return null
  return saved?.position === offset ? saved : { position: offset, state: null }
}

/** What a body needs around it. `advanced` is called whenever the offset has grown. */
export interface Receiver {
  ledger: UploadLedger
  source: SourceObject
  checksum: Checksum | null
  advanced: (offset: number) => void
}

/**
 * Reads `body` to its end and answers the new offset. When the body breaks, what had arrived counts and the error goes on.
 * With a checksum nothing counts before the digest is right: parts that are already in R2 are then overwritten by number.
 */
export async function receive(body: AsyncIterable<Uint8Array>, { ledger, source, checksum, advanced }: Receiver): Promise<number> {
  const upload = ledger.read()
  if (upload === null) throw new TusError('upload-not-found')
  if (upload.state !== 'uploading') return upload.offset
  const scan = new Scan(SOURCE_SCANNER, scanAt(ledger, upload.offset))
  const assembler = new PartAssembler(upload.offset, upload.sizeBytes, ledger.remainder())
  const staged: StoredPart[] = []
  let keptOffset = upload.offset
  const keep = (remainder: Uint8Array) => {
    if (assembler.offset === keptOffset) return
    ledger.advance(assembler.offset, staged.splice(0), remainder, scan.save())
    keptOffset = assembler.offset
    advanced(keptOffset)
  }

  let broken: { error: unknown } | null = null
  const chunks = body[Symbol.asyncIterator]()
  for (;;) {
    const next = await chunks.next().catch((error: unknown) => ({ error }))
    if ('error' in next) broken = next
    if ('error' in next || next.done === true) break
    await checksum?.update(next.value)
    const from = assembler.offset
    // What is stored of the scan has to stand where the offset does.
    const scanned = () => scan.push(next.value.subarray(scan.position - from, assembler.offset - from))
    for (const part of assembler.push(next.value)) {
      scanned()
      staged.push(await source.storePart(part.number, part.bytes))
      // Mid-chunk the assembler stands at the end of this part, and behind a full part there is no remainder.
      if (checksum === null) keep(new Uint8Array())
    }
    scanned()
  }

  if (checksum !== null && broken !== null) await checksum.abandon()
  else if (checksum !== null && !(await checksum.matches())) throw new TusError('checksum-mismatch')
  else keep(assembler.remainder)
  if (broken !== null) throw broken.error
  return assembler.offset
}
