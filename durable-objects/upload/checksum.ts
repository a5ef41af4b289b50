/** The checksum extension of tus 1.0.0, which @tus/server does not have: `Upload-Checksum: sha1 <digest in Base64>`. */
import { TusError } from './tus-error.ts'

const ALGORITHMS: Record<string, { name: string; bytes: number }> = {
  sha1: { name: 'SHA-1', bytes: 20 },
  md5: { name: 'MD5', bytes: 16 },
  sha256: { name: 'SHA-256', bytes: 32 },
}

/** Digest over one request's body, beside what the client promised. */
export class Checksum {
  readonly #expected: Uint8Array
  readonly #stream: DigestStream
  readonly #writer: WritableStreamDefaultWriter<ArrayBuffer | ArrayBufferView>

  constructor(algorithm: string, expected: Uint8Array) {
    this.#expected = expected
    this.#stream = new crypto.DigestStream(algorithm)
    this.#writer = this.#stream.getWriter()
    // Rejects when the writer is aborted; nobody waits for it then.
    this.#stream.digest.catch(() => {})
  }

  async update(bytes: Uint8Array): Promise<void> {
    await this.#writer.write(bytes)
  }

  /** Ends the digest and compares. */
  async matches(): Promise<boolean> {
    await this.#writer.close()
    const found = new Uint8Array(await this.#stream.digest)
    return found.every((byte, index) => byte === this.#expected[index])
  }

  /** Gives up: the body did not arrive whole. */
  async abandon(): Promise<void> {
    await this.#writer.abort().catch(() => {}) // Already closed.
  }
}

/** Reads the header; null without one. Throws 400 for an unknown algorithm or a digest that cannot be one. */
export function openChecksum(header: string | null): Checksum | null {
  if (header === null) return null
  const [name = '', digest = '', ...more] = header.trim().split(' ')
  const algorithm = Object.hasOwn(ALGORITHMS, name) ? ALGORITHMS[name] : undefined
  const expected = fromBase64(digest)
  if (algorithm === undefined || expected?.byteLength !== algorithm.bytes || more.length > 0) throw new TusError('checksum-unknown')
  return new Checksum(algorithm.name, expected)
}

function fromBase64(text: string): Uint8Array | null {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
  } catch {
    return null // Not Base64.
  }
}
