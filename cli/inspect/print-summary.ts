/** What a person asks of a file first: how long, what is in it, where it can seek, what is wrong with it. */
import { channelWords, rateWords } from '../../media/codecs/channel-words.ts'
import { colourWords } from '../../media/codecs/colour-words.ts'
import type { Report, ReportTrack } from '../../media/dissect/report.ts'
import { isOmission, type ReportChild } from '../../media/dissect/report-tree.ts'
import { bitrate, bytes } from '../terminal.ts'
import { duration, harmless, moment, thousands } from './words.ts'

const FORMATS = { mp4: 'MP4', mov: 'QuickTime', webm: 'WebM', matroska: 'Matroska' }
const MAX_CHAPTERS = 20
const MAX_KEYFRAMES = 20
const MAX_PROBLEMS = 10

/** The lines above the tree. */
export function summaryAbove(report: Report, label: string): string[] {
  const title = `${FORMATS[report.format]} File Analysis: ${harmless(label)}`
  const { tracks, chapters } = report
  const lines = [title, '='.repeat(Math.min(title.length, 32)), `File size: ${thousands(report.sizeBytes)} bytes`]
  if (report.durationSeconds !== null) lines.push(`Duration: ${duration(report.durationSeconds)}`)
  for (const track of tracks) lines.push(`Track ${track.id}: ${trackWords(track)}`)
  if (chapters.length > 0) {
    lines.push(`Chapters: ${chapters.length}`)
    for (const { startSeconds, title: name } of chapters.slice(0, MAX_CHAPTERS)) lines.push(`  ${duration(startSeconds)} ${harmless(name)}`)
    if (chapters.length > MAX_CHAPTERS) lines.push(`  … and ${chapters.length - MAX_CHAPTERS} more`)
  }
  const locked = tracks.filter(({ encryption }) => encryption !== null)
  if (locked.length > 0) lines.push(`Encryption: ${encryptionWords(locked, report.tree)}`)
  const hdr = hdrWords(tracks, report.tree)
  if (hdr !== null) lines.push(`HDR: ${hdr}`)
  return lines
}

/** `Video, H.264 High, level 4.0 (avc1.640028), 1920x1080, 24 fps, 4.8 Mbps`. */
function trackWords(track: ReportTrack): string {
  const { kind, codec, codecId, codecInWords, video, audio, language, name, frameRate, bitrateBps, sampleCount } = track
  const words = [`${kind.charAt(0).toUpperCase()}${kind.slice(1)}`, codecInWords]
  const rfc6381 = codec ?? codecId.trim()
  if (!codecInWords.includes(rfc6381)) words[1] = `${codecInWords} (${rfc6381})`
  if (video !== null) {
    words.push(`${video.width}x${video.height}`)
    if (video.displayWidth !== video.width || video.displayHeight !== video.height)
      words.push(`shown as ${video.displayWidth}x${video.displayHeight}`)
    if (video.rotation !== 0) words.push(`turned by ${video.rotation}°`)
    if (frameRate !== null) words.push(`${Number(frameRate.toFixed(3))} fps`)
    const colour = video.colour === null ? null : colourWords(video.colour)
    if (colour !== null) words.push(colour)
  }
  if (audio !== null) {
    // The words for the codec have both where its configuration says them, more truly than the sample entry.
    if (!codecInWords.includes('Hz') && audio.sampleRateHz > 0) words.push(rateWords(audio.sampleRateHz))
    if (!/mono|stereo|\d\.1|channels/.test(codecInWords) && audio.channels > 0) words.push(channelWords(audio.channels))
  }
  if (bitrateBps !== null) words.push(bitrate(bitrateBps))
  if (sampleCount !== null) words.push(`${thousands(sampleCount)} sample${sampleCount === 1 ? '' : 's'}`)
  if (language !== null) words.push(language)
  if (name !== '') words.push(`“${harmless(name)}”`)
  return words.join(', ')
}

function encryptionWords(tracks: ReportTrack[], tree: ReportChild[]): string {
  const said = new Map<string, number[]>()
  for (const { id, encryption } of tracks) {
    const key = encryption?.defaultKeyId ?? null
    const what = `${encryption?.scheme ?? ''}${key === null ? '' : `, key ${key}`}`
    said.set(what, [...(said.get(what) ?? []), id])
  }
  const words = [...said].map(([what, ids]) => `track ${ids.join(', ')}: ${what}`)
  const systems = count(tree, 'pssh')
  return [...words, ...(systems > 0 ? [`${systems} pssh`] : [])].join('; ')
}

/** Null for a picture of ordinary range. */
function hdrWords(tracks: ReportTrack[], tree: ReportChild[]): string | null {
  const transfers = new Set(tracks.map(({ video }) => video?.colour?.transfer))
  const words: string[] = []
  const mastering = count(tree, 'mdcv') + count(tree, 'SmDm') + count(tree, 'MasteringMetadata') > 0
  if (count(tree, 'dvcC') + count(tree, 'dvvC') + count(tree, 'dvwC') > 0) words.push('Dolby Vision')
  if (transfers.has(16)) words.push(mastering ? 'HDR10 (PQ)' : 'PQ')
  if (transfers.has(18)) words.push('HLG')
  if (words.length === 0) return null
  if (mastering) words.push('mastering display described')
  if (count(tree, 'clli') + count(tree, 'CoLL') + count(tree, 'MaxCLL') > 0) words.push('light levels stated')
  return words.join(', ')
}

function count(tree: ReportChild[], type: string): number {
  let found = 0
  for (const node of tree) {
    if (isOmission(node)) continue
    found += (node.type === type ? 1 : 0) + count(node.children ?? [], type)
  }
  return found
}

/** The lines below the tree. */
export function summaryBelow(report: Report, traffic: { requests: number; bytes: number } | null): string[] {
  const lines: string[] = []
  const { keyframes } = report
  if (keyframes !== null && keyframes.count > 0) {
    const first = keyframes.seconds.slice(0, MAX_KEYFRAMES).map((seconds) => moment(seconds))
    const more = keyframes.count - first.length
    lines.push(`Keyframe positions: ${first.join(', ')}${more > 0 ? ` … and ${thousands(more)} more` : ''}`)
  } else if (keyframes === null && report.tracks.some(({ kind }) => kind === 'video')) {
    lines.push('Keyframe positions: not looked for, they lie all over the file; --keyframes finds them')
  }
  if (report.verdict !== null) {
    const { start, seek, browsers } = report.verdict
    for (const { good, text } of [start, seek, browsers]) lines.push(`${good === true ? '✓' : good === false ? '✗' : '·'} ${text}`)
    for (const advice of browsers.advice) lines.push(`  ${advice}`)
  }
  if (traffic !== null) lines.push(`Read: ${requests(traffic.requests)}, ${bytes(traffic.bytes)} of ${bytes(report.sizeBytes)}`)
  return lines
}

/** What is wrong, the place first; empty for a sound file. */
export function problemLines({ problems, unreadable, unreadFrom }: Report): string[] {
  const lines: string[] = []
  for (const severity of ['error', 'warning'] as const) {
    const found = problems.filter((problem) => problem.severity === severity)
    if (found.length === 0) continue
    lines.push(severity === 'error' ? 'Damaged:' : 'Odd, but readers cope:')
    for (const { offset, length, what } of found.slice(0, MAX_PROBLEMS))
      lines.push(`  bytes ${thousands(offset)} to ${thousands(offset + Math.max(0, length - 1))}: ${harmless(what)}`)
    if (found.length > MAX_PROBLEMS) lines.push(`  … and ${found.length - MAX_PROBLEMS} more`)
  }
  if (unreadable !== null) lines.push(`What is in it cannot be told: ${harmless(unreadable)}`)
  if (unreadFrom !== null) lines.push(`Not looked at from byte ${thousands(unreadFrom)} on; --boxes lists everything.`)
  return lines
}

function requests(number: number): string {
  return `${number} request${number === 1 ? '' : 's'}`
}
