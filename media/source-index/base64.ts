/** Bytes in JSON. */

export function toBase64(bytes: Uint8Array): string {
  const pieces: string[] = []
  // A call takes some ten thousand arguments, not a million.
  for (let at = 0; at < bytes.length; at += 8192) {
    // Spread would make a list that grows, ten times as long: the state of a scan is written with every piece of an upload.
    pieces.push(Reflect.apply(String.fromCharCode, null, bytes.subarray(at, at + 8192)))
  }
  return btoa(pieces.join(''))
}

export function fromBase64(text: string): Uint8Array {
  const binary = atob(text)
  // `Uint8Array.from` would make a list of all characters first, sixty times the bytes.
  const bytes = new Uint8Array(binary.length)
  for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at)
  return bytes
}
