/**
 * Looks at a source: headers, packets at a few places, the first frames. A file that is at fault fails with a sentence for
 * the person who uploaded it.
 */
import * as v from 'valibot'
import { SourceFacts, type VideoFacts } from '../../protocol/plan.ts'
import { sourceKey } from '../../protocol/ids.ts'
import type { TaskResult, TaskSpec } from '../../protocol/tasks.ts'
import { TaskError } from '../failure.ts'
import { headerArgs, packetArgs, parsePackets, ProbeOutput, toMicros, type Packet, type ProbeStream } from '../ffmpeg/ffprobe.ts'
import { inputArgs } from '../ffmpeg/input-args.ts'
import { run } from '../ffmpeg/run.ts'
import type { ServedSource } from '../source-server.ts'
import type { TaskContext } from './context.ts'
import { brokenTimestamps, clockMayJump, containerCannotSeek, matroskaHasCues, seekFault } from './cuttable.ts'
import { audioFacts, chooseAudio, chooseVideo, durationOf, estimateDurationUs, originOf, videoFacts } from './source-facts.ts'
import { withSource } from './with-source.ts'

type Spec = Extract<TaskSpec, { kind: 'probe' }>
type Result = Extract<TaskResult, { kind: 'probe' }>

const FIRST_PACKETS = 400
const PLACE_PACKETS = 60
/** Shares of the duration where seeking is tried. */
const PLACES = [0.2, 0.5, 0.8, 0.95] as const
const HEAD_BYTES = 64 * 1024
/** Codecs of tapes, discs and broadcast, whose files often do not say whether they are interlaced. */
const MAYBE_INTERLACED = new Set(['mpeg2video', 'mpeg1video', 'dvvideo', 'h264', 'prores', 'rawvideo', 'v210', 'huffyuv', 'ffv1', 'mjpeg'])

/** Runs the task. */
export async function probe(_spec: Spec, context: TaskContext): Promise<Result> {
  return withSource(context, async (source) => {
    if (source.sizeBytes === 0) throw new TaskError('source', 'The file is empty: there is nothing to play in it.')
    const output = await readHeaders(source, context)
    const videoStream = chooseVideo(output)
    const audioStream = chooseAudio(output)
    if (videoStream === null && audioStream === null) {
      throw new TaskError('source', 'There is neither picture nor sound in this file.')
    }
    const first = await readPackets(source, context, null, null, FIRST_PACKETS * 2)
    context.progress(0.3, 'reading a few places')
    const facts = await gather(output, videoStream, audioStream, first, source, context)
    return { kind: 'probe', facts: v.parse(SourceFacts, facts) }
  })
}

async function gather(
  output: ProbeOutput,
  videoStream: ProbeStream | null,
  audioStream: ProbeStream | null,
  first: readonly Packet[],
  source: ServedSource,
  context: TaskContext,
): Promise<SourceFacts> {
  const container = output.format.format_name.slice(0, 128)
  const fallbackStartUs = Math.min(0, ...first.flatMap(({ ptsUs }) => (ptsUs === null ? [] : [ptsUs])))
  const atStart = first.filter(({ streamIndex }) => streamIndex === videoStream?.index).slice(0, FIRST_PACKETS)
  const interlaced = videoStream !== null && (await checkPicture(videoStream, source, context))
  if (videoStream === null && audioStream !== null) await checkSound(audioStream, source, context)
  const audio = audioStream && audioFacts(audioStream, fallbackStartUs)
  let video = videoStream && videoFacts(videoStream, [atStart], interlaced, fallbackStartUs)
  const origin = originOf(video, audio)
  const durationUs = durationOf(output, video, audio, origin) ?? estimateDurationUs(first, source.sizeBytes)
  let wholeBecause: string | null = null
  if (video !== null && videoStream !== null) {
    const hasDuration = durationOf(output, video, audio, origin) !== null
    wholeBecause = hasDuration
      ? (containerCannotSeek(container) ?? (await indexMissing(container, context)) ?? brokenTimestamps(atStart))
      : 'The file does not say how long it is, so the source is encoded in one go.'
    if (wholeBecause === null) {
      const places = await tryPlaces(video, origin, durationUs, source, context)
      wholeBecause = places.fault
      video = videoFacts(videoStream, [atStart, ...places.samples], interlaced, fallbackStartUs)
    }
  }
  return {
    container,
    sizeBytes: source.sizeBytes,
    bitrateBps: Math.round(Number(output.format.bit_rate)) || null,
    originUs: originOf(video, audio),
    ...(clockMayJump(container) ? { fileStartUs: toMicros(output.format.start_time) ?? fallbackStartUs } : {}),
    durationUs,
    video,
    audio,
    wholeBecause,
  }
}

/** Seeks to some places as the chunks will. */
async function tryPlaces(
  video: VideoFacts,
  originUs: number,
  durationUs: number,
  source: ServedSource,
  context: TaskContext,
): Promise<{ fault: string | null; samples: Packet[][] }> {
  const samples: Packet[][] = []
  const frameUs = (video.frameRate.den * 1e6) / video.frameRate.num
  const lengthUs = video.durationUs ?? durationUs
  let fault: string | null = null
  for (const share of lengthUs < 4e6 ? [] : PLACES) {
    const atUs = Math.round(Math.max(video.startUs, originUs) + lengthUs * share)
    const packets = await readPackets(source, context, video.streamIndex, atUs, PLACE_PACKETS)
    samples.push(packets)
    fault ??= seekFault({ atUs, packets }, video.startUs, frameUs)
  }
  return { fault, samples }
}

async function indexMissing(container: string, context: TaskContext): Promise<string | null> {
  if (!container.startsWith('matroska')) return null
  const key = sourceKey(context.videoId)
  const head = await context.storage.read(key, 0, Math.min(HEAD_BYTES, await context.storage.size(key)), context.signal)
  return matroskaHasCues(head) ? null : 'The file has no index (Cues), so the source is encoded in one go.'
}

async function readHeaders(source: ServedSource, context: TaskContext): Promise<ProbeOutput> {
  const exit = await run({ command: context.ffprobePath, args: headerArgs(source.url), signal: context.signal })
  context.signal.throwIfAborted()
  if (exit.code === 0) {
    const parsed = v.safeParse(ProbeOutput, JSON.parse(exit.stdout.toString()))
    if (parsed.success) return parsed.output
    throw new TaskError('work', `ffprobe's answer is not understood: ${v.summarize(parsed.issues)}`, exit.log)
  }
  // Storage that failed looks like a bad file to ffprobe.
  if (source.failure() !== null || exit.code === null) throw new TaskError('work', 'ffprobe could not read the source.', exit.log)
  throw new TaskError('source', whyUnreadable(exit.log), exit.log)
}

/** A sentence for people from what ffprobe says about a file it cannot open. */
export function whyUnreadable(log: string): string {
  if (log.includes('moov atom not found')) {
    return 'The file is cut off: its index (moov) is missing. Copy or export the video again, and upload the complete file.'
  }
  if (/Invalid data|whitelist|could not find codec|EBML header parsing failed|End of file/i.test(log)) {
    return 'This file is not a video or a sound file that FFmpeg can read.'
  }
  return 'FFmpeg cannot open this file.'
}

async function readPackets(
  source: ServedSource,
  context: TaskContext,
  streamIndex: number | null,
  atUs: number | null,
  count: number,
): Promise<Packet[]> {
  const args = packetArgs(source.url, streamIndex, atUs, count)
  const exit = await run({ command: context.ffprobePath, args, signal: context.signal })
  context.signal.throwIfAborted()
  return parsePackets(exit.stdout.toString())
}

/** Decodes the first frames. Answers whether they are interlaced, where the file does not say. */
async function checkPicture(stream: ProbeStream, source: ServedSource, context: TaskContext): Promise<boolean> {
  const order = stream.field_order
  const unsaid = (order === undefined || order === 'unknown') && MAYBE_INTERLACED.has(stream.codec_name ?? '')
  const filters = unsaid ? ['-vf', 'idet', '-frames:v', '60'] : ['-frames:v', '1']
  const args = ['-nostdin', '-hide_banner', '-v', 'info', '-progress', 'pipe:1', '-copyts', ...inputArgs(source.url)]
  const exit = await run({
    command: context.ffmpegPath,
    args: [...args, '-map', `0:${stream.index}`, ...filters, '-f', 'null', '-'],
    signal: context.signal,
  })
  context.signal.throwIfAborted()
  if (!/^frame=[1-9]/m.test(exit.stdout.toString())) {
    throw new TaskError('source', `The picture (${stream.codec_name ?? 'unknown codec'}) cannot be decoded.`, exit.log)
  }
  if (!unsaid) return order !== undefined && /^(tt|bb|tb|bt)$/.test(order)
  const found = /Multi frame detection: TFF:\s*(\d+) BFF:\s*(\d+) Progressive:\s*(\d+)/.exec(exit.log)
  return found !== null && Number(found[1]) + Number(found[2]) > Number(found[3])
}

async function checkSound(stream: ProbeStream, source: ServedSource, context: TaskContext): Promise<void> {
  const args = ['-nostdin', '-hide_banner', '-v', 'warning', '-progress', 'pipe:1', '-copyts', ...inputArgs(source.url)]
  const exit = await run({
    command: context.ffmpegPath,
    args: [...args, '-map', `0:${stream.index}`, '-frames:a', '1', '-f', 'null', '-'],
    signal: context.signal,
  })
  context.signal.throwIfAborted()
  if (exit.code !== 0) throw new TaskError('source', `The sound (${stream.codec_name ?? 'unknown codec'}) cannot be decoded.`, exit.log)
}
