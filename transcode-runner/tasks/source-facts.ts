/** From ffprobe's output to `SourceFacts`. Pure; what it takes to decide is measured in probe.ts. */
import { parseFraction, toNumber } from '../../media/ladder/fraction.ts'
import { constantFrameRate, variableFrameRate } from '../../media/ladder/frame-rate.ts'
import type { AudioFacts, Fraction, VideoFacts } from '../../protocol/plan.ts'
import { toMicros, type Packet, type ProbeOutput, type ProbeStream } from '../ffmpeg/ffprobe.ts'

/** The picture to use: the default one, else the largest. Cover art is not video. */
export function chooseVideo({ streams }: ProbeOutput): ProbeStream | null {
  const videos = streams.filter(
    ({ codec_type, codec_name, disposition, width, height }) =>
      codec_type === 'video' && codec_name !== undefined && disposition?.attached_pic !== 1 && (width ?? 0) > 0 && (height ?? 0) > 0,
  )
  const rank = (stream: ProbeStream): number => (stream.disposition?.default ?? 0) * 1e12 + (stream.width ?? 0) * (stream.height ?? 0)
  return videos.toSorted((a, b) => rank(b) - rank(a))[0] ?? null
}

/** The sound to use: the default one, else the first. A track without samples is no sound. */
export function chooseAudio({ streams, format }: ProbeOutput): ProbeStream | null {
  // The index of an MP4 knows how many samples each track has; only fragmented files leave that open for all tracks.
  const indexed = format.format_name.startsWith('mov,') && streams.some(({ nb_frames }) => Number(nb_frames) > 0)
  const audios = streams.filter(({ codec_type, codec_name, channels, sample_rate, nb_frames }) => {
    const described = codec_type === 'audio' && codec_name !== undefined && (channels ?? 0) > 0 && Number(sample_rate) > 0
    return described && (!indexed || Number(nb_frames) > 0)
  })
  return audios.find(({ disposition }) => disposition?.default === 1) ?? audios[0] ?? null
}

/** Facts of the picture. `samples`: packets of this stream, one list for each place that was read. */
export function videoFacts(stream: ProbeStream, samples: readonly Packet[][], interlaced: boolean, fallbackStartUs: number): VideoFacts {
  const rate = measureFrameRate(stream, samples)
  const codedWidth = stream.width ?? 2
  const codedHeight = stream.height ?? 2
  const rotationDeg = rotation(stream)
  const aspect = parseFraction(stream.sample_aspect_ratio)
  const square = aspect === null ? codedWidth : Math.max(1, Math.round(codedWidth * toNumber(aspect)))
  const turned = rotationDeg === 90 || rotationDeg === 270
  const pixelFormat = stream.pix_fmt ?? 'unknown'
  const range = pixelFormat.startsWith('yuvj') ? 'pc' : stream.color_range
  return {
    streamIndex: stream.index,
    codec: (stream.codec_name ?? 'unknown').slice(0, 128),
    profile: stream.profile?.slice(0, 128) ?? null,
    codedWidth,
    codedHeight,
    width: turned ? codedHeight : square,
    height: turned ? square : codedHeight,
    rotationDeg,
    ...rate,
    interlaced,
    pixelFormat,
    bitDepth: bitDepth(stream),
    ...(isMatrix(stream.color_space) ? { colorMatrix: stream.color_space } : {}),
    ...(range === 'tv' || range === 'pc' ? { colorRange: range } : {}),
    videoRange: stream.color_transfer === 'smpte2084' ? 'PQ' : stream.color_transfer === 'arib-std-b67' ? 'HLG' : 'SDR',
    startUs: toMicros(stream.start_time) ?? fallbackStartUs,
    durationUs: positive(toMicros(stream.duration)),
  }
}

/** Facts of the sound. */
export function audioFacts(stream: ProbeStream, fallbackStartUs: number): AudioFacts {
  return {
    streamIndex: stream.index,
    codec: (stream.codec_name ?? 'unknown').slice(0, 128),
    channels: stream.channels ?? 1,
    sampleRateHz: Number(stream.sample_rate) || 48_000,
    startUs: toMicros(stream.start_time) ?? fallbackStartUs,
    durationUs: positive(toMicros(stream.duration)),
  }
}

/**
 * Zero of the timeline: where the first stream starts, but always a whole number of frames before the picture's first,
 * so that frames fall on the grid and none is shown twice. Sound that leads by less than a frame loses that much.
 */
export function originOf(video: VideoFacts | null, audio: AudioFacts | null): number {
  if (video === null) return audio?.startUs ?? 0
  const leadUs = audio === null ? 0 : Math.max(0, video.startUs - audio.startUs)
  const frameUs = (video.frameRate.den * 1e6) / video.frameRate.num
  return video.startUs - Math.round(Math.floor(leadUs / frameUs + 0.01) * frameUs)
}

/** From the origin to the end of the last stream; null when nothing in the file says. */
export function durationOf({ format }: ProbeOutput, video: VideoFacts | null, audio: AudioFacts | null, originUs: number): number | null {
  const ends = [video, audio].flatMap((stream) =>
    stream === null || stream.durationUs === null ? [] : [stream.startUs + stream.durationUs],
  )
  const formatUs = positive(toMicros(format.duration))
  const known = [video, audio].every((stream) => stream === null || stream.durationUs !== null)
  if (!known && formatUs !== null) ends.push((toMicros(format.start_time) ?? originUs) + formatUs)
  return ends.length === 0 ? null : Math.max(1, Math.max(...ends) - originUs)
}

/** Duration by proportion, for files that do not say: the bytes of some packets stand for the rest. */
export function estimateDurationUs(packets: readonly Packet[], sizeBytes: number): number {
  const times = packets.flatMap(({ ptsUs }) => (ptsUs === null ? [] : [ptsUs]))
  const bytes = packets.reduce((sum, packet) => sum + packet.sizeBytes, 0)
  if (times.length < 2 || bytes === 0) return 1_000_000
  return Math.max(1, Math.round(((Math.max(...times) - Math.min(...times)) * sizeBytes) / bytes))
}

/**
 * Constant or variable? Frame durations are taken from packets (presentation order): nominal rates of containers are
 * doubled for fields, rounded, or invented.
 */
export function measureFrameRate(
  { r_frame_rate, avg_frame_rate, time_base }: Pick<ProbeStream, 'r_frame_rate' | 'avg_frame_rate' | 'time_base'>,
  samples: readonly Packet[][],
): { frameRate: Fraction; variableFrameRate: boolean } {
  const named = [r_frame_rate, avg_frame_rate].map(parseFraction).filter((rate) => rate !== null)
  const durations = samples.flatMap(frameDurations).toSorted((a, b) => a - b)
  const medianUs = durations[Math.floor(durations.length / 2)]
  if (medianUs === undefined || durations.length < 3) {
    const rate = named.at(-1)
    return { frameRate: rate === undefined ? { num: 25, den: 1 } : constantFrameRate(rate), variableFrameRate: false }
  }
  const base = parseFraction(time_base)
  // Millisecond containers write 33, 33, 34: rounding is not variation.
  const slackUs = Math.max(medianUs * 0.1, base === null ? 0 : (2e6 * base.num) / base.den)
  const odd = durations.filter((duration) => Math.abs(duration - medianUs) > slackUs).length
  const variable = odd > Math.max(1, durations.length * 0.02)
  if (variable) return { frameRate: variableFrameRate(1e6 / medianUs), variableFrameRate: true }
  const meanUs = durations.reduce((sum, duration) => sum + duration, 0) / durations.length
  // The named rates are exact where they are true: take the one that agrees with what was measured.
  const agreeing = named.find((rate) => Math.abs((toNumber(rate) * meanUs) / 1e6 - 1) < 0.01)
  return { frameRate: constantFrameRate(agreeing ?? { num: Math.round(1e9 / meanUs), den: 1000 }), variableFrameRate: false }
}

/** Times between neighbouring frames. Only frames before the last decode time are all there: later ones miss neighbours. */
function frameDurations(packets: readonly Packet[]): number[] {
  const lastDts = packets.at(-1)?.dtsUs ?? Number.POSITIVE_INFINITY
  const times = packets.flatMap(({ ptsUs }) => (ptsUs === null || ptsUs > lastDts ? [] : [ptsUs])).toSorted((a, b) => a - b)
  return times.slice(1).flatMap((time, i) => {
    const duration = time - (times[i] ?? time)
    return duration > 0 ? [duration] : []
  })
}

/** Clockwise turn. FFmpeg reports the display matrix's angle counter-clockwise; other angles than quarter turns count as none. */
function rotation({ side_data_list }: ProbeStream): VideoFacts['rotationDeg'] {
  const angle = side_data_list?.find((data) => data.rotation !== undefined)?.rotation ?? 0
  const clockwise = ((Math.round(-angle) % 360) + 360) % 360
  return clockwise === 90 || clockwise === 180 || clockwise === 270 ? clockwise : 0
}

function bitDepth({ bits_per_raw_sample, pix_fmt }: ProbeStream): number {
  return Number(bits_per_raw_sample) || Number(/p(\d\d)(?:le|be)$/.exec(pix_fmt ?? '')?.[1] ?? 8)
}

/** Names that FFmpeg's scaler takes; all others (`unknown`, `gbr`, `ycgco`) count as not said. */
function isMatrix(name: string | undefined): name is string {
  return name !== undefined && ['bt709', 'fcc', 'bt470bg', 'smpte170m', 'smpte240m', 'bt2020nc'].includes(name)
}

function positive(value: number | null): number | null {
  return value !== null && value > 0 ? value : null
}
