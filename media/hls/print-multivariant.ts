/** Prints a multivariant playlist (RFC 8216bis 4.4.6): variants, their audio, and keyframe-only variants for scrubbing. */
import type { AudioRendition, MultivariantPlaylist, Variant, VariantBase } from './model.ts'
import { type AttributeValue, printAttributes, printUri } from './print-attributes.ts'

/**
 * The playlist as text. Nothing in it needs a version, but its media playlists need 6 (`EXT-X-MAP`): a client that cannot
 * read those is told at the first file.
 */
export function printMultivariant({
  variants,
  iframeVariants = [],
  audio = [],
  independentSegments,
  sessionData = [],
}: MultivariantPlaylist): string {
  const lines = ['#EXTM3U', '#EXT-X-VERSION:6']
  if (independentSegments === true) lines.push('#EXT-X-INDEPENDENT-SEGMENTS')
  for (const { id, value } of sessionData) {
    lines.push(`#EXT-X-SESSION-DATA:${printAttributes({ 'DATA-ID': { quoted: id }, VALUE: { quoted: value } })}`)
  }
  for (const rendition of audio) lines.push(`#EXT-X-MEDIA:${printAttributes(audioAttributes(rendition))}`)
  for (const variant of variants) {
    lines.push(`#EXT-X-STREAM-INF:${printAttributes(variantAttributes(variant))}`, printUri(variant.uri))
  }
  for (const variant of iframeVariants) {
    lines.push(`#EXT-X-I-FRAME-STREAM-INF:${printAttributes({ ...baseAttributes(variant), URI: { quoted: variant.uri } })}`)
  }
  return `${lines.join('\n')}\n`
}

function baseAttributes(variant: VariantBase): Record<string, AttributeValue> {
  const { bandwidthBps, averageBandwidthBps, codecs, resolution, videoRange } = variant
  return {
    BANDWIDTH: { plain: Math.ceil(bandwidthBps) },
    'AVERAGE-BANDWIDTH': averageBandwidthBps === undefined ? undefined : { plain: Math.ceil(averageBandwidthBps) },
    CODECS: codecs.length === 0 ? undefined : { quoted: codecs.join(',') },
    RESOLUTION: resolution === undefined ? undefined : { plain: `${resolution.width}x${resolution.height}` },
    'VIDEO-RANGE': videoRange === undefined ? undefined : { plain: videoRange },
  }
}

function variantAttributes(variant: Variant): Record<string, AttributeValue> {
  return {
    ...baseAttributes(variant),
    // "decimal-floating-point … rounded to three decimal places"
    'FRAME-RATE': variant.frameRate === undefined ? undefined : { plain: variant.frameRate.toFixed(3) },
    AUDIO: variant.audioGroup === undefined ? undefined : { quoted: variant.audioGroup },
  }
}

function audioAttributes(rendition: AudioRendition): Record<string, AttributeValue> {
  const { groupId, name, uri, language, channels } = rendition
  return {
    TYPE: { plain: 'AUDIO' },
    'GROUP-ID': { quoted: groupId },
    NAME: { quoted: name },
    LANGUAGE: language === undefined ? undefined : { quoted: language },
    DEFAULT: { plain: rendition.default === true ? 'YES' : 'NO' },
    // "If the AUTOSELECT attribute is present, its value MUST be YES if the value of the DEFAULT attribute is YES."
    AUTOSELECT: { plain: rendition.default === true || rendition.autoselect === true ? 'YES' : 'NO' },
    CHANNELS: channels === undefined ? undefined : { quoted: String(channels) },
    URI: uri === undefined ? undefined : { quoted: uri },
  }
}
