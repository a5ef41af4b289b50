/** master.m3u8: the ladder as measured so far. BANDWIDTH of a variant counts the sound it is played with (RFC 8216bis 4.4.6.2). */
import {
  type AudioRendition,
  type IframeVariant,
  type MultivariantPlaylist,
  RENDITIONS_DATA_ID,
  type Variant,
} from '../../media/hls/model.ts'
import type { Rendition } from '../../protocol/rendition-index.ts'
import { averageBps, type Playable } from './describe.ts'

/**
 * Peak rate that most connections carry from the first second. A player that has measured nothing yet begins with the
 * variant listed first (Safari and FFmpeg do; Apple's authoring specification recommends one of about 2 Mb/s for Wi-Fi):
 * the best one below this rate leads, the others follow, highest first.
 */
const FIRST_BPS = 2_500_000
/** One group: one sound goes with every picture. */
const SOUND = 'audio'

export function multivariant({ pictures, sound, plan, finished }: Playable): MultivariantPlaylist {
  const variants = pictures.length === 0 && sound !== null ? [soundVariant(sound)] : pictures.map((one) => variant(one, sound))
  return {
    variants: firstFirst(variants),
    iframeVariants: pictures.filter(({ iframeBytes }) => iframeBytes > 0).map(iframeVariant),
    // Without pictures the sound is the variant itself, and needs no group.
    audio: pictures.length === 0 || sound === null ? [] : [soundRendition(sound)],
    independentSegments: true,
    // Only the source so far: the ladder joins it when it has begun.
    sessionData: plan === null && !finished ? [{ id: RENDITIONS_DATA_ID, value: 'more' }] : [],
  }
}

function variant(picture: Rendition, sound: Rendition | null): Variant {
  const { facts } = picture
  return {
    uri: `${facts.rendition}/index.m3u8`,
    bandwidthBps: picture.peakBps + (sound?.peakBps ?? 0),
    averageBandwidthBps: averageBps(picture) + (sound === null ? 0 : averageBps(sound)),
    codecs: [facts.codecs, ...(sound === null ? [] : [sound.facts.codecs])],
    ...shown(picture),
    ...(facts.video === null ? {} : { frameRate: facts.video.frameRate.num / facts.video.frameRate.den }),
    ...(sound === null ? {} : { audioGroup: SOUND }),
  }
}

function soundVariant(sound: Rendition): Variant {
  return {
    uri: `${sound.facts.rendition}/index.m3u8`,
    bandwidthBps: sound.peakBps,
    averageBandwidthBps: averageBps(sound),
    codecs: [sound.facts.codecs],
  }
}

function iframeVariant(picture: Rendition): IframeVariant {
  return {
    uri: `${picture.facts.rendition}/iframes.m3u8`,
    bandwidthBps: picture.iframePeakBps,
    averageBandwidthBps: (picture.iframeBytes * 8 * picture.facts.timescale) / picture.prefixTicks,
    codecs: [picture.facts.codecs],
    ...shown(picture),
  }
}

function soundRendition({ facts }: Rendition): AudioRendition {
  return {
    groupId: SOUND,
    name: 'Sound',
    uri: `${facts.rendition}/index.m3u8`,
    default: true,
    autoselect: true,
    ...(facts.audio === null ? {} : { channels: facts.audio.channels }),
  }
}

function shown({ facts: { video } }: Rendition): Pick<Variant, 'resolution' | 'videoRange'> {
  return video === null ? {} : { resolution: { width: video.width, height: video.height }, videoRange: video.videoRange }
}

/** Expects the largest picture first, and keeps that order behind the one that leads. H.264 leads: everybody plays it. */
function firstFirst(variants: Variant[]): Variant[] {
  const common = variants.filter(({ codecs }) => codecs[0]?.startsWith('avc') === true)
  const able = (common.length > 0 ? common : variants).toSorted((a, b) => b.bandwidthBps - a.bandwidthBps)
  const first = able.find(({ bandwidthBps }) => bandwidthBps <= FIRST_BPS) ?? able.at(-1)
  return first === undefined ? variants : [first, ...variants.filter((one) => one !== first)]
}
