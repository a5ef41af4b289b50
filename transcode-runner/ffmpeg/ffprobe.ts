/** ffprobe's JSON, checked: files from outside decide what is in it. */
import * as v from 'valibot'
import { inputArgs, seconds } from './input-args.ts'

const Text = v.optional(v.string())

const SideData = v.object({ rotation: v.optional(v.number()) })

export const ProbeStream = v.object({
  index: v.number(),
  codec_type: Text,
  codec_name: Text,
  profile: Text,
  width: v.optional(v.number()),
  height: v.optional(v.number()),
  sample_aspect_ratio: Text,
  pix_fmt: Text,
  bits_per_raw_sample: Text,
  color_range: Text,
  color_space: Text,
  color_transfer: Text,
  field_order: Text,
  r_frame_rate: Text,
  avg_frame_rate: Text,
  time_base: Text,
  start_time: Text,
  duration: Text,
  nb_frames: Text,
  sample_rate: Text,
  channels: v.optional(v.number()),
  disposition: v.optional(v.object({ default: v.optional(v.number()), attached_pic: v.optional(v.number()) })),
  side_data_list: v.optional(v.array(SideData)),
})
export type ProbeStream = v.InferOutput<typeof ProbeStream>

export const ProbeOutput = v.object({
  streams: v.optional(v.array(ProbeStream), []),
  format: v.object({ format_name: v.string(), start_time: Text, duration: Text, bit_rate: Text }),
})
export type ProbeOutput = v.InferOutput<typeof ProbeOutput>

/** A packet's times in microseconds (null where the file gives none), size and whether it is a keyframe. */
export interface Packet {
  streamIndex: number
  ptsUs: number | null
  dtsUs: number | null
  sizeBytes: number
  keyframe: boolean
}

/** Headers of the container and of all streams. */
export function headerArgs(url: string): string[] {
  return ['-v', 'error', '-of', 'json', '-show_format', '-show_streams', ...inputArgs(url)]
}

/** The first `count` packets from the start (`atUs` null) or from where a seek to `atUs` lands. */
export function packetArgs(url: string, streamIndex: number | null, atUs: number | null, count: number): string[] {
  return [
    ...['-v', 'error', '-of', 'csv=p=0:nokey=1', '-show_entries', 'packet=stream_index,pts_time,dts_time,size,flags'],
    ...(streamIndex === null ? [] : ['-select_streams', String(streamIndex)]),
    ...['-read_intervals', `${atUs === null ? '' : seconds(atUs)}%+#${count}`],
    ...inputArgs(url),
  ]
}

/** Reads what `packetArgs` made ffprobe print. */
export function parsePackets(csv: string): Packet[] {
  return csv.split('\n').flatMap((line) => {
    const [stream, pts, dts, size, flags] = line.split(',')
    if (size === undefined) return []
    const keyframe = flags?.includes('K') ?? false
    return [{ streamIndex: Number(stream), ptsUs: toMicros(pts), dtsUs: toMicros(dts), sizeBytes: Number(size) || 0, keyframe }]
  })
}

/** `12.345678` to microseconds; null for `N/A` and nothing. */
export function toMicros(text: string | undefined): number | null {
  const value = text === undefined || text === '' ? Number.NaN : Number(text)
  return Number.isFinite(value) ? Math.round(value * 1e6) : null
}
