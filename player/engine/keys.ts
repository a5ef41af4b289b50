/** Whole segments encrypted with AES-128 (RFC 8216bis 5.2): AES-CBC with PKCS7 padding, by Web Cryptography. Loaded when a playlist has a key. */
import { describe, PlayerError } from './errors.ts'
import { request, RequestError, type Sealed } from './request.ts'
import type { StreamHost } from './stream.ts'

export type Decrypt = (bytes: Uint8Array<ArrayBuffer>) => Promise<Uint8Array<ArrayBuffer>>

/** "the big-endian binary representation [of the Media Sequence Number] in a 16-octet (128-bit) buffer" */
function ivOf(number: number): Uint8Array<ArrayBuffer> {
  const iv = new Uint8Array(16)
  new DataView(iv.buffer).setBigUint64(8, BigInt(number))
  return iv
}

/**
 * Asks for the key of what is sealed and answers what decrypts it. Each address is asked once a session. Throws `PlayerError`
 * for what cannot be opened at all, `RequestError` for bytes that are not what the key encrypted, or a server that gives no answer.
 */
export async function openSealed({ keys, number, base }: Sealed, host: StreamHost): Promise<Decrypt> {
  // Of the ways that the playlist names one is enough.
  const way = keys.find(({ method, keyFormat = 'identity' }) => method === 'AES-128' && keyFormat === 'identity')
  if (!way)
    throw new PlayerError('encryption-unsupported', keys.map(({ method, keyFormat }) => `${method}, ${keyFormat ?? 'identity'}`).join('; '))
  // Browsers offer it to pages of HTTPS and of this machine only.
  if (!globalThis.crypto?.subtle) throw new PlayerError('encryption-unsupported', 'the page is not a secure context: no Web Cryptography')
  const key = await keyAt(new URL(way.uri, base).href, host)
  const iv = way.iv ?? ivOf(number)
  return async (bytes) => {
    try {
      return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-CBC', iv }, key, bytes))
    } catch {
      // OperationError without a message: the padding is wrong, so that key or bytes are.
      throw new RequestError('it cannot be decrypted with its key', 200, false)
    }
  }
}

function keyAt(url: string, host: StreamHost): Promise<CryptoKey> {
  const known = host.keys.get(url)
  if (known) return known
  const loading = load(url, host)
  host.keys.set(url, loading)
  loading.catch(() => host.keys.delete(url))
  return loading
}

async function load(url: string, { config, signal, emit }: StreamHost): Promise<CryptoKey> {
  const answer = await request({ url }, { kind: 'key', budget: config.playlistRetry, signal, emit }).catch((error: unknown) => {
    signal.throwIfAborted()
    // No answer at all is the network's fault, which may come back.
    if (error instanceof RequestError && error.status === 0) throw error
    throw new PlayerError('key-unreachable', describe(error))
  })
  const { bytes } = answer
  if (bytes.byteLength !== 16) throw new PlayerError('key-unreachable', `the key has ${bytes.byteLength} bytes instead of 16`)
  return crypto.subtle.importKey('raw', bytes, 'AES-CBC', false, ['decrypt'])
}
