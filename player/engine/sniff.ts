/**
 * Codecs from an initialization segment, for a media playlist that stands alone and names none: ISO/IEC 14496-12 boxes,
 * RFC 6381 strings. Only what MSE has to be told before the first append.
 */

/** `video/mp4; codecs="…"`, or null when nothing known is in it. */
export function sniffType(init: Uint8Array): string | null {
  const codecs: string[] = []
  const view = new DataView(init.buffer, init.byteOffset, init.byteLength)
  const hex = (offset: number, bytes: number): string =>
    Array.from(init.subarray(offset, offset + bytes), (byte) => byte.toString(16).padStart(2, '0')).join('')
  for (let i = 4; i + 8 < init.length; i += 1) {
    switch (view.getUint32(i)) {
      case 0x61766343: // 'avcC': version, then profile, constraints and level (ISO/IEC 14496-15, 5.3.3.1)
        codecs.push(`avc1.${hex(i + 5, 3)}`)
        break
      case 0x61763143: // 'av1C': marker, then profile (3 bits) and level (5 bits), then tier and depth (AV1-ISOBMFF 2.3.3)
        codecs.push(av1(init[i + 5] ?? 0, init[i + 6] ?? 0))
        break
      case 0x76706343: // 'vpcC': version and flags, then profile, level, depth (4 bits) (VP-ISOBMFF 4.1)
        codecs.push(['vp09', two(init[i + 8] ?? 0), two(init[i + 9] ?? 0), two((init[i + 10] ?? 0) >> 4)].join('.'))
        break
      case 0x6d703461: // 'mp4a': AAC-LC, which is what nearly all of it is; the decoder reads the exact kind from esds
        if (!codecs.includes('mp4a.40.2')) codecs.push('mp4a.40.2')
        break
      case 0x4f707573: // 'Opus'
        codecs.push('opus')
        break
      case 0x664c6143: // 'fLaC'
        codecs.push('flac')
        break
    }
  }
  if (codecs.length === 0) return null
  const video = codecs.some((codec) => /^(avc1|av01|vp09)/.test(codec))
  return `${video ? 'video' : 'audio'}/mp4; codecs="${codecs.join(',')}"`
}

function av1(profileLevel: number, flags: number): string {
  const tier = flags & 0x80 ? 'H' : 'M'
  const depth = flags & 0x40 ? (flags & 0x20 ? 12 : 10) : 8
  return `av01.${profileLevel >> 5}.${two(profileLevel & 31)}${tier}.${two(depth)}`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
