/** New names for videos: 71 bits of chance, so that an id cannot be guessed and never comes twice. */

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-'

/** A `VideoId` (protocol/ids.ts): twelve characters, the first no dash. */
export function newVideoId(): string {
  for (;;) {
    const id = [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => ALPHABET[byte & 63]).join('')
    if (!id.startsWith('-')) return id
  }
}
