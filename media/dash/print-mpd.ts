/**
 * Prints an MPD (ISO/IEC 23009-1), `isoff-live` profile: SegmentTemplate with `$Number$` and a SegmentTimeline.
 *
 * It is always `type="static"`, also while the video is still being made. `dynamic` would make players treat it as live:
 * start at the newest segment and reckon with wall-clock availability. A static MPD lists what is there; who opens it early
 * plays that much and opens it again. HLS has EVENT playlists for what grows.
 */
import type { AdaptationSet, Mpd, Representation } from './model.ts'

/** The MPD as text. Segments of equal length that follow each other are one `S` element with `@r`. */
export function printMpd(mpd: Mpd): string {
  const sets = mpd.adaptationSets.filter(({ representations }) => representations.length > 0)
  const all = sets.flatMap(({ representations }) => representations)
  const longest = all.reduce((seconds, one) => Math.max(seconds, longestSegment(one)), 0)
  const attributes = printXmlAttributes({
    xmlns: 'urn:mpeg:dash:schema:mpd:2011',
    profiles: 'urn:mpeg:dash:profile:isoff-live:2011',
    type: 'static',
    mediaPresentationDuration: printDuration(mpd.durationSeconds),
    maxSegmentDuration: printDuration(longest),
    minBufferTime: printDuration(mpd.minBufferSeconds ?? 4),
  })
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>', `<MPD${attributes}>`, '  <Period id="0" start="PT0S">']
  for (const [index, set] of sets.entries()) pushAdaptationSet(lines, set, index)
  lines.push('  </Period>', '</MPD>')
  return `${lines.join('\n')}\n`
}

function pushAdaptationSet(lines: string[], set: AdaptationSet, index: number): void {
  const attributes = printXmlAttributes({
    id: index,
    contentType: set.contentType,
    mimeType: `${set.contentType}/mp4`,
    lang: set.language,
    segmentAlignment: 'true',
    // Every segment starts with a sync sample of a closed GOP: stream access point type 1.
    startWithSAP: 1,
  })
  lines.push(`    <AdaptationSet${attributes}>`)
  for (const representation of set.representations) pushRepresentation(lines, representation)
  lines.push('    </AdaptationSet>')
}

function pushRepresentation(lines: string[], one: Representation): void {
  const { video, audio } = one
  const attributes = printXmlAttributes({
    id: one.id,
    codecs: one.codecs,
    bandwidth: Math.ceil(one.bandwidthBps),
    width: video?.width,
    height: video?.height,
    frameRate: video === undefined ? undefined : printFrameRate(video.frameRate),
    audioSamplingRate: audio?.sampleRateHz,
  })
  lines.push(`      <Representation${attributes}>`)
  if (audio !== undefined) {
    const channels = printXmlAttributes({
      schemeIdUri: 'urn:mpeg:dash:23003:3:audio_channel_configuration:2011',
      value: audio.channels,
    })
    lines.push(`        <AudioChannelConfiguration${channels}/>`)
  }
  const template = printXmlAttributes({
    timescale: one.timescale,
    initialization: one.initialization,
    media: one.media,
    startNumber: one.startNumber ?? 0,
  })
  lines.push(`        <SegmentTemplate${template}>`, '          <SegmentTimeline>')
  for (const [run, { durationTicks, count }] of runs(one).entries()) {
    const s = printXmlAttributes({
      t: run === 0 ? (one.startTicks ?? 0) : undefined,
      d: durationTicks,
      // "@r: the number of following contiguous Segments with the same duration", so one less than the run is long.
      r: count > 1 ? count - 1 : undefined,
    })
    lines.push(`            <S${s}/>`)
  }
  lines.push('          </SegmentTimeline>', '        </SegmentTemplate>', '      </Representation>')
}

function runs({ segments }: Representation): { durationTicks: number; count: number }[] {
  const found: { durationTicks: number; count: number }[] = []
  for (const { durationTicks } of segments) {
    const last = found.at(-1)
    if (last?.durationTicks === durationTicks) last.count += 1
    else found.push({ durationTicks, count: 1 })
  }
  return found
}

function longestSegment({ segments, timescale }: Representation): number {
  return segments.reduce((ticks, { durationTicks }) => Math.max(ticks, durationTicks), 0) / timescale
}

/** `30000/1001`, or `25` when whole. */
function printFrameRate({ num, den }: { num: number; den: number }): string {
  return den === 1 ? String(num) : `${num}/${den}`
}

/** xs:duration in seconds, to the microsecond. */
function printDuration(seconds: number): string {
  const text = seconds.toFixed(6).replace(/\.?0+$/, '')
  return `PT${text}S`
}

function printXmlAttributes(attributes: Record<string, string | number | undefined>): string {
  let text = ''
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) text += ` ${name}="${escapeXml(String(value))}"`
  }
  return text
}

// XML 1.0 has no way to write most control characters, escaped or not.
// oxlint-disable-next-line no-control-regex
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g
const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' }

/** Text that is safe inside a quoted attribute; white space is kept by character references. */
function escapeXml(text: string): string {
  return text
    .replace(NOT_XML, '')
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
    .replace(/[\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`)
}
