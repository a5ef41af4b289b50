/** Prints a multivariant playlist (RFC 8216bis 4.4.6): variants, their renditions, and keyframe-only variants for scrubbing. */
import type { AudioRendition, MultivariantPlaylist, RenditionBase, SessionData, Variant, VariantBase } from './model.ts'
import { type AttributeValue, printAttributes, printKey, printStart, printUri } from './print-attributes.ts'

/**
 * The playlist as text. Nothing in most of them needs a version, but their media playlists need 6 (`EXT-X-MAP`): a client that
 * cannot read those is told at the first file. What needs more (RFC 8216bis 8) says more.
 */
export function printMultivariant(playlist: MultivariantPlaylist): string {
  const { variants, iframeVariants = [], audio = [], video = [], subtitles = [], closedCaptions = [] } = playlist
  const { independentSegments, start, sessionData = [], sessionKeys = [], contentSteering } = playlist
  const lines = ['#EXTM3U', `#EXT-X-VERSION:${versionOf(playlist)}`]
  if (independentSegments === true) lines.push('#EXT-X-INDEPENDENT-SEGMENTS')
  if (start !== undefined) lines.push(printStart(start))
  for (const data of sessionData) lines.push(`#EXT-X-SESSION-DATA:${printAttributes(dataAttributes(data))}`)
  for (const key of sessionKeys) lines.push(printKey('EXT-X-SESSION-KEY', key))
  if (contentSteering !== undefined) {
    const { serverUri, pathwayId } = contentSteering
    lines.push(`#EXT-X-CONTENT-STEERING:${printAttributes({ 'SERVER-URI': { quoted: serverUri }, 'PATHWAY-ID': quoted(pathwayId) })}`)
  }
  const media = (type: string, rendition: RenditionBase, more: Record<string, AttributeValue>): void => {
    lines.push(`#EXT-X-MEDIA:${printAttributes({ TYPE: { plain: type }, ...renditionAttributes(rendition), ...more })}`)
  }
  for (const one of audio) media('AUDIO', one, { ...audioAttributes(one), URI: quoted(one.uri) })
  for (const one of video) media('VIDEO', one, { URI: quoted(one.uri) })
  for (const one of subtitles) media('SUBTITLES', one, { FORCED: one.forced === true ? { plain: 'YES' } : undefined, URI: quoted(one.uri) })
  for (const one of closedCaptions) media('CLOSED-CAPTIONS', one, {})
  for (const variant of variants) {
    lines.push(`#EXT-X-STREAM-INF:${printAttributes(variantAttributes(variant))}`, printUri(variant.uri))
  }
  for (const variant of iframeVariants) {
    lines.push(`#EXT-X-I-FRAME-STREAM-INF:${printAttributes({ ...baseAttributes(variant), URI: { quoted: variant.uri } })}`)
  }
  return `${lines.join('\n')}\n`
}

function versionOf({
  variants,
  iframeVariants = [],
  audio = [],
  video = [],
  subtitles = [],
  closedCaptions = [],
}: MultivariantPlaylist): number {
  if ([...audio, ...video, ...subtitles].some(({ instreamId }) => instreamId !== undefined)) return 13
  if ([...variants, ...iframeVariants].some(({ requiredVideoLayout }) => requiredVideoLayout !== undefined)) return 12
  return closedCaptions.some(({ instreamId }) => instreamId.startsWith('SERVICE')) ? 7 : 6
}

function quoted(text: string | undefined): AttributeValue {
  return text === undefined ? undefined : { quoted: text }
}

function plain(value: string | number | undefined): AttributeValue {
  return value === undefined ? undefined : { plain: value }
}

function dataAttributes({ id, value, uri, format, language }: SessionData): Record<string, AttributeValue> {
  const data = uri === undefined ? { VALUE: quoted(value ?? '') } : { URI: quoted(uri), FORMAT: plain(format) }
  return { 'DATA-ID': { quoted: id }, ...data, LANGUAGE: quoted(language) }
}

function baseAttributes(variant: VariantBase): Record<string, AttributeValue> {
  const { bandwidthBps, averageBandwidthBps, codecs, resolution } = variant
  return {
    BANDWIDTH: { plain: Math.ceil(bandwidthBps) },
    'AVERAGE-BANDWIDTH': averageBandwidthBps === undefined ? undefined : { plain: Math.ceil(averageBandwidthBps) },
    SCORE: plain(variant.score),
    CODECS: codecs.length === 0 ? undefined : { quoted: codecs.join(',') },
    'SUPPLEMENTAL-CODECS': quoted(variant.supplementalCodecs?.join(',')),
    RESOLUTION: resolution === undefined ? undefined : { plain: `${resolution.width}x${resolution.height}` },
    'VIDEO-RANGE': plain(variant.videoRange),
    'HDCP-LEVEL': plain(variant.hdcpLevel),
    'ALLOWED-CPC': quoted(variant.allowedCpc?.join(',')),
    'REQ-VIDEO-LAYOUT': quoted(variant.requiredVideoLayout?.join(',')),
    'PATHWAY-ID': quoted(variant.pathwayId),
    'STABLE-VARIANT-ID': quoted(variant.stableId),
    NAME: quoted(variant.name),
    VIDEO: quoted(variant.videoGroup),
  }
}

function variantAttributes(variant: Variant): Record<string, AttributeValue> {
  const captions = variant.closedCaptionsGroup
  return {
    ...baseAttributes(variant),
    // "decimal-floating-point … rounded to three decimal places"
    'FRAME-RATE': plain(variant.frameRate?.toFixed(3)),
    AUDIO: quoted(variant.audioGroup),
    SUBTITLES: quoted(variant.subtitlesGroup),
    'CLOSED-CAPTIONS': captions === null ? { plain: 'NONE' } : quoted(captions),
  }
}

function renditionAttributes(rendition: RenditionBase): Record<string, AttributeValue> {
  const { groupId, name, characteristics } = rendition
  return {
    'GROUP-ID': { quoted: groupId },
    NAME: { quoted: name },
    LANGUAGE: quoted(rendition.language),
    'ASSOC-LANGUAGE': quoted(rendition.assocLanguage),
    'STABLE-RENDITION-ID': quoted(rendition.stableId),
    DEFAULT: { plain: rendition.default === true ? 'YES' : 'NO' },
    // "If the AUTOSELECT attribute is present, its value MUST be YES if the value of the DEFAULT attribute is YES."
    AUTOSELECT: { plain: rendition.default === true || rendition.autoselect === true ? 'YES' : 'NO' },
    'INSTREAM-ID': quoted(rendition.instreamId),
    CHARACTERISTICS: quoted(characteristics?.join(',')),
  }
}

function audioAttributes({ channels, audioCoding, audioUsage, bitDepth, sampleRateHz }: AudioRendition): Record<string, AttributeValue> {
  const usage = audioUsage === undefined ? [] : [audioUsage.join(',')]
  const coding = audioCoding?.join(',') ?? (usage.length > 0 ? '-' : undefined)
  return {
    'BIT-DEPTH': plain(bitDepth),
    'SAMPLE-RATE': plain(sampleRateHz),
    CHANNELS: channels === undefined ? undefined : { quoted: [channels, ...(coding === undefined ? [] : [coding]), ...usage].join('/') },
  }
}
