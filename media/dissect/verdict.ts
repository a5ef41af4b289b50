/**
 * What people really ask of a file: does it start fast, where can it seek, will it play in a browser, and if not, what to do.
 * Each answer is one sentence, and the facts it stands on.
 */
import { describeCodec, type CodecDescription } from '../codecs/describe-codec.ts'
import type { MediaFile, SampleTable, Track } from '../container/model.ts'
import { presentationClock } from '../container/presentation-clock.ts'
import { codecSupport, containerSupport, type Engine, ENGINES, type Plays, type Support } from './browser-support.ts'

export interface Answer {
  /** Null: neither good nor bad, or not known. */
  good: boolean | null
  /** One sentence. */
  text: string
}

export interface Verdict {
  start: Answer
  seek: SeekAnswer
  browsers: BrowserAnswer
}

export interface SeekAnswer extends Answer {
  /** The video track that was looked at; null without one. */
  trackId: number | null
  /** These are null where the samples were not read. The gaps count the one from the last keyframe to the end. */
  keyframeCount: number | null
  maxGapSeconds: number | null
  meanGapSeconds: number | null
}

export interface BrowserAnswer extends Answer {
  engines: Readonly<Record<Engine, EngineAnswer>>
  /** What would make it play where it does not, a sentence each; empty where it plays. */
  advice: string[]
}

export interface EngineAnswer {
  plays: Plays
  /** What is in the way or what it takes, a phrase each. */
  reasons: string[]
}

/** `samples` are those of the file's first video track; null where they are not known. Throws nothing. */
export function judge(media: MediaFile, samples: SampleTable | null): Verdict {
  return { start: judgeStart(media), seek: judgeSeek(media, samples), browsers: judgeBrowsers(media) }
}

/** The track whose keyframes decide where a viewer can seek. */
export function mainVideo(media: MediaFile): Track | null {
  return media.tracks.find(({ kind }) => kind === 'video') ?? null
}

function judgeStart({ format, headerFirst, fragmented }: MediaFile): Answer {
  const box = format === 'mp4' || format === 'mov' ? "'moov'" : "'Tracks'"
  if (headerFirst) {
    const how = fragmented ? 'and the media comes in fragments' : 'so it can begin while the file still loads'
    return { good: true, text: `Starts fast: ${box} lies before the media, ${how}.` }
  }
  return {
    good: false,
    text: `Starts slowly: ${box} lies behind the media, a player has to find it first; \`sluice repair IN OUT\` moves it.`,
  }
}

/** Beyond this many seconds between keyframes a seek is felt: a decoder goes through all frames from the keyframe on. */
const WIDE_GAP_SECONDS = 10

function judgeSeek(media: MediaFile, samples: SampleTable | null): SeekAnswer {
  const video = mainVideo(media)
  const unknown = { keyframeCount: null, maxGapSeconds: null, meanGapSeconds: null }
  if (video === null) {
    const audio = media.tracks.some(({ kind }) => kind === 'audio')
    return {
      good: audio ? true : null,
      text: audio ? 'Seeks anywhere: there is only sound.' : 'There is nothing to seek in.',
      trackId: null,
      ...unknown,
    }
  }
  if (samples === null)
    return { good: null, text: 'Where it can seek is not known: its samples were not read.', trackId: video.id, ...unknown }
  if (samples.count === 0)
    return { good: null, text: 'There is nothing to seek in: the track has no samples.', trackId: video.id, ...unknown }
  const gaps = keyframeGaps(video, samples)
  const [keyframeCount, longest] = [gaps.length, gaps.reduce((most, gap) => Math.max(most, gap), 0)]
  if (keyframeCount === 0) {
    return { good: false, text: 'Cannot seek: no frame is marked as a keyframe.', trackId: video.id, ...unknown, keyframeCount }
  }
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / keyframeCount
  const facts = { trackId: video.id, keyframeCount, maxGapSeconds: longest, meanGapSeconds: mean }
  if (keyframeCount === samples.count) return { good: true, text: `Seeks anywhere: all ${samples.count} frames are keyframes.`, ...facts }
  if (keyframeCount === 1) {
    const good = longest <= WIDE_GAP_SECONDS
    return {
      good,
      text: `Seeks to the start only: it has one keyframe in ${seconds(longest)}${good ? '.' : '; only encoding anew adds more.'}`,
      ...facts,
    }
  }
  const text = `Seeks to ${keyframeCount} keyframes, every ${seconds(mean)} on average, ${seconds(longest)} apart at most`
  const wide = longest > WIDE_GAP_SECONDS
  return { good: !wide, text: wide ? `${text}: seeking in there is slow, only encoding anew adds keyframes.` : `${text}.`, ...facts }
}

/** Seconds from each keyframe to the next in presentation order, from the last one to the end of the frames. */
function keyframeGaps(video: Track, samples: SampleTable): number[] {
  const clock = presentationClock(video)
  const times: number[] = []
  let end = -Infinity
  for (let index = 0; index < samples.count; index += 1) {
    const ticks = samples.presentationTicks[index] ?? 0
    end = Math.max(end, clock(ticks + (samples.durationTicks[index] ?? 0)))
    if (samples.sync[index] === 1) times.push(clock(ticks))
  }
  times.sort((a, b) => a - b)
  return times.map((time, index) => Math.max(0, (times[index + 1] ?? end) - time))
}

function seconds(value: number): string {
  return `${Number(value.toFixed(value < 10 ? 2 : 1))} s`
}

const NAMES: Readonly<Record<Engine, string>> = { chrome: 'Chrome and Edge', firefox: 'Firefox', safari: 'Safari' }

function judgeBrowsers(media: MediaFile): BrowserAnswer {
  // What a browser plays of a file: its first picture and its first sound
  const played = [mainVideo(media), media.tracks.find(({ kind }) => kind === 'audio') ?? null].flatMap((track) =>
    track === null ? [] : [{ track, described: describeCodec(track) }],
  )
  const engines = {
    chrome: judgeEngine('chrome', media, played),
    firefox: judgeEngine('firefox', media, played),
    safari: judgeEngine('safari', media, played),
  }
  if (played.length === 0) return { good: null, text: 'There is neither picture nor sound for a browser to play.', engines, advice: [] }
  const names = (wanted: Plays): string[] => ENGINES.filter((engine) => engines[engine].plays === wanted).map((engine) => NAMES[engine])
  const [fails, perhaps] = [names('no'), names('maybe')]
  const codecs = played.map(({ described }) => described.text.split(',')[0] ?? described.name).join(' and ')
  const good = fails.length > 0 ? false : perhaps.length > 0 ? null : true
  const text = good ? `Plays in every browser: ${codecs} in ${containerName(media)}.` : browserText(engines, names('yes'))
  return { good, text, engines, advice: good ? [] : advise(media, played, engines) }
}

function browserText(engines: Readonly<Record<Engine, EngineAnswer>>, plain: string[]): string {
  const others = ENGINES.filter((engine) => engines[engine].plays !== 'yes').map((engine) => {
    const { plays, reasons } = engines[engine]
    return `${plays === 'no' ? 'not in' : 'perhaps in'} ${NAMES[engine]} (${reasons.join('; ')})`
  })
  const head = plain.length === 0 ? [] : [`plays in ${plain.join(', ')}`]
  const text = [...head, ...others].join(', ')
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

function containerName({ format }: MediaFile): string {
  return { mp4: 'MP4', mov: 'MOV', webm: 'WebM', matroska: 'Matroska' }[format]
}

interface Played {
  track: Track
  described: CodecDescription
}

function judgeEngine(engine: Engine, media: MediaFile, played: Played[]): EngineAnswer {
  const found: Support[] = [named(containerName(media), containerSupport(media.format, engine))]
  for (const { track, described } of played) {
    found.push(
      named(
        described.profile === null ? described.name : `${described.name} ${described.profile}`,
        trackSupport(engine, media, track, described),
      ),
    )
    if (track.encryption !== null) found.push(['maybe', 'it is encrypted: a player with a licence is needed'])
  }
  const plays = found.some(([one]) => one === 'no') ? 'no' : found.some(([one]) => one === 'maybe') ? 'maybe' : 'yes'
  // Where something is not played at all, what else it takes is of no use
  const reasons = found.filter(([one]) => one === plays && plays !== 'yes').map(([, why]) => why)
  return { plays, reasons: [...new Set(reasons)] }
}

function named(what: string, [plays, why]: Support): Support {
  return [plays, plays === 'no' ? why || `${what} is not played` : `${what} ${why}`]
}

/** Eight bits, 4:2:0 and what else every decoder has. */
const PLAIN_AVC = /^(Constrained Baseline|Baseline|Main|Extended|High|Progressive High|Constrained High)$/
const PLAIN_HEVC = /^(Main|Main 10|Main Still Picture)$/

function trackSupport(engine: Engine, { format }: MediaFile, track: Track, { name, family, profile }: CodecDescription): Support {
  const support = codecSupport(family, engine)
  // What is not AAC or MPEG-4 at all, though it is called so in the sample entry
  if (family === 'aac' && ['AC-3', 'E-AC-3', 'DTS'].includes(name))
    return codecSupport(name === 'AC-3' ? 'ac-3' : name === 'E-AC-3' ? 'e-ac-3' : 'dts', engine)
  if (name === 'xHE-AAC')
    return { chrome: ['maybe', 'where the system decodes it'] as const, firefox: ['no', ''] as const, safari: support }[engine]
  if (family === 'avc' && profile !== null && !PLAIN_AVC.test(profile))
    return engine === 'chrome' ? ['maybe', 'decoded in software'] : ['no', '']
  if (family === 'hevc') {
    if (engine === 'safari' && track.codecId === 'hev1') return ['no', "HEVC as 'hev1' is not played, as 'hvc1' it is"]
    if (engine === 'safari' && format !== 'mp4' && format !== 'mov') return ['no', '']
    if (profile !== null && !PLAIN_HEVC.test(profile)) return engine === 'firefox' ? ['no', ''] : ['maybe', 'on some machines']
  }
  return support
}

/** Codecs that MP4 carries and every browser of the table plays there. */
const EVERYWHERE: ReadonlySet<string> = new Set(['avc', 'aac', 'mp3', 'flac'])

function advise(media: MediaFile, played: Played[], engines: Readonly<Record<Engine, EngineAnswer>>): string[] {
  const advice: string[] = []
  if (played.some(({ track }) => track.codecId === 'hev1')) advice.push("`sluice repair IN OUT` makes 'hev1' 'hvc1', which Safari plays.")
  const inMp4 = played.every(({ described }) => EVERYWHERE.has(described.family) || described.family === 'hevc')
  if (media.format !== 'mp4' && inMp4) {
    advice.push('`ffmpeg -i IN -c copy -movflags +faststart OUT.mp4` makes an MP4 of it without encoding anew.')
  }
  for (const { track, described } of played) {
    const plain =
      EVERYWHERE.has(described.family) && (described.profile === null || described.family !== 'avc' || PLAIN_AVC.test(described.profile))
    if (plain && described.name !== 'xHE-AAC') continue
    const target = track.kind === 'video' ? 'H.264 (4:2:0, 8 bits)' : 'AAC'
    const all = ENGINES.every((engine) => engines[engine].plays === 'no')
      ? 'so that any browser plays it'
      : 'so that every browser plays it'
    advice.push(
      `Encode the ${track.kind === 'video' ? 'picture' : 'sound'} (${described.name}) as ${target}, ${all}: uploading it does that.`,
    )
  }
  return advice
}
