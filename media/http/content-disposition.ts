/** Content-Disposition (RFC 6266) for a name that somebody else chose: never a path, never a way out of the field. */

/** Longest name offered, in characters. */
const MAX_NAME = 150

/**
 * `inline; filename="…"; filename*=UTF-8''…`. Only what stands behind the last slash or backslash is used; control and
 * direction-changing characters are dropped; a name of which nothing is left is `fallback`.
 */
export function inlineDisposition(name: string, fallback: string): string {
  const safe = safeFileName(name) || fallback
  // RFC 6266 appendix D: no backslashes, quotes or percent signs in `filename`, as user agents disagree on them.
  const ascii = safe.replace(/[^\x20-\x7e]|["\\%]/gu, '_')
  return ascii === safe ? `inline; filename="${ascii}"` : `inline; filename="${ascii}"; filename*=UTF-8''${extValue(safe)}`
}

/** The last component of a path, without characters that could mislead a reader or a file system. */
export function safeFileName(name: string): string {
  const last = name.toWellFormed().split(/[/\\]/).at(-1) ?? ''
  const clean = last.replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '').trim()
  // By code points: half a surrogate pair is not text.
  const short = Array.from(clean).slice(-MAX_NAME).join('').trim()
  return /^\.+$/.test(short) ? '' : short
}

/** RFC 8187 clause 3.2.1: everything that is not an attr-char is percent-encoded UTF-8. */
function extValue(text: string): string {
  return encodeURIComponent(text).replace(/[*'()]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}
