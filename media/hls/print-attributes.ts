/** Attribute lists (RFC 8216bis 4.2) and numbers, as playlists write them, and the tags of both kinds of playlist. */
import type { EncryptionKey, Start } from './model.ts'

/** An attribute's value: a quoted string, or text that stands as it is (number, keyword, resolution). */
export type AttributeValue = { quoted: string } | { plain: string | number } | undefined

/** `NAME=value,NAME="value"`; attributes whose value is undefined are left out. */
export function printAttributes(attributes: Record<string, AttributeValue>): string {
  const parts: string[] = []
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) continue
    parts.push('quoted' in value ? `${name}="${cleanQuoted(value.quoted)}"` : `${name}=${value.plain}`)
  }
  return parts.join(',')
}

/** "The following characters MUST NOT appear in a quoted-string: line feed, carriage return, or double quote": there is no escape. */
function cleanQuoted(text: string): string {
  return text.replace(/"/g, '”').replace(/[\r\n]+/g, ' ')
}

/** A URI on a line of its own cannot hold a line break, and must not look like a tag. */
export function printUri(uri: string): string {
  const line = uri.replace(/[\r\n]/g, (character) => encodeURIComponent(character))
  return line.startsWith('#') ? `./${line}` : line
}

/** Seconds with up to nine decimals and no exponent: ten hours of 4.010666667 s add up to within ten microseconds. */
export function printSeconds(seconds: number): string {
  const text = seconds.toFixed(9).replace(/0+$/, '')
  return text.endsWith('.') ? text.slice(0, -1) : text
}

/** `0x1F…`. */
export function printHex(bytes: Uint8Array): string {
  return `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

/** `EXT-X-START`. */
export function printStart({ offsetSeconds, precise }: Start): string {
  const offset = { plain: printSeconds(offsetSeconds) }
  return `#EXT-X-START:${printAttributes({ 'TIME-OFFSET': offset, PRECISE: precise === undefined ? undefined : { plain: precise ? 'YES' : 'NO' } })}`
}

/** `EXT-X-KEY` or `EXT-X-SESSION-KEY`. The attributes that need version 5 stand there only when they say something. */
export function printKey(tag: string, { method, uri, iv, keyFormat = 'identity', keyFormatVersions }: EncryptionKey): string {
  return `#${tag}:${printAttributes({
    METHOD: { plain: method },
    URI: { quoted: uri },
    IV: iv === undefined ? undefined : { plain: printHex(iv) },
    KEYFORMAT: keyFormat === 'identity' ? undefined : { quoted: keyFormat },
    KEYFORMATVERSIONS: keyFormatVersions === undefined ? undefined : { quoted: keyFormatVersions.join('/') },
  })}`
}
