/** Macintosh language codes ("QuickTime File Format", Language Code Values), which QuickTime's `mdhd` has below 0x400. */

const CODES = 'eng fra deu ita nld swe spa dan por nor heb jpn ara fin ell isl mlt tur hrv zho urd hin tha kor'.split(' ')

/** ISO 639-2; null for one that is rare, or not said. */
export function macLanguage(code: number): string | null {
  return CODES[code] ?? null
}
