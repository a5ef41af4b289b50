/**
 * Tokens compared in constant time, and the value of the sign-in cookie. The cookie carries a key derived from the admin
 * token and never the token itself: who reads a cookie jar cannot use the API from elsewhere, and a new token ends every
 * session.
 */

const encoder = new TextEncoder()

/** Are the two texts equal? Takes the same time wherever they differ; false when `expected` is empty (not configured). */
export async function sameSecret(given: string, expected: string): Promise<boolean> {
  // timingSafeEqual wants equal lengths: hashes have them, and say nothing about the length of the secret.
  const [a, b] = await Promise.all([sha256(given), sha256(expected)])
  return crypto.subtle.timingSafeEqual(a, b) && expected !== ''
}

/** The value of the session cookie for this admin token: HMAC-SHA-256, hex. */
export async function sessionValue(adminToken: string): Promise<string> {
  if (adminToken === '') return ''
  const key = await crypto.subtle.importKey('raw', encoder.encode(adminToken), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const mac = await crypto.subtle.sign('HMAC', key, encoder.encode('sluice session 1'))
  return [...new Uint8Array(mac)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** The token of `Authorization: Bearer …` (RFC 6750 2.1; the scheme's case does not matter), or null. */
export function bearerToken(header: string | undefined): string | null {
  const match = /^bearer +([\w.~+/-]+=*) *$/i.exec(header ?? '')
  return match?.[1] ?? null
}

function sha256(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest('SHA-256', encoder.encode(text))
}
