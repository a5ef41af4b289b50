/**
 * A transfer measured by its bursts: what came together, over the time in which it came. The wait for the first byte and the
 * pauses between bursts are left out, because they belong to the server: in low-latency HLS it holds the request until the
 * part exists, and with chunked transfer sends each piece when the encoder has made it, so that the duration of the transfer
 * is the duration of the media, whatever the network carries. (A player that divides by it believes in the bit rate it is
 * playing; that is what hls.js does with parts. dash.js finds the pauses by parsing moof boxes as they arrive; here the arrival times
 * are enough, and the format does not matter.) The same measure reads a probe, which is one burst: the spacing of its packets is
 * what the bottleneck gave them (Dovrolis, Ramanathan and Moore, "Packet-Dispersion Techniques", ToN 2004).
 */
import type { Arrival } from '../arrivals.ts'
import type { TransferSample } from '../estimator.ts'
import type { Measurement } from './estimator-of.ts'
import { percentileOf } from './averages.ts'

/** A reader wakes late by this much at times; reads closer than that are one, ms. */
const RESOLUTION_MS = 1
/** A gap so many times longer than its bytes usually need is a pause. */
const PAUSE_FACTOR = 3
/** Slack on top of that, ms. */
const PAUSE_SLACK_MS = 2
/** Fewer bytes inside bursts say nothing. */
const MIN_BYTES = 4_000
/** A transfer whose bursts cannot be seen still says that this much passed. */
const MIN_WHOLE_BYTES = 16_000
const MIN_WHOLE_MS = 5

/** See the head of this file. */
export function bursts(sample: TransferSample): Measurement | null {
  const gaps = gapsOf(sample.arrivals ?? [])
  // Half of the bytes came at this pace or faster. A pause makes the pace of the chunk behind it look slow, never quick.
  const typicalBps = percentileOf(
    gaps.map(({ bytes, ms }) => ({ bps: (bytes * 8_000) / ms, weight: bytes })),
    0.5,
  )
  if (typicalBps === null) return atLeast(sample)
  const inside = gaps.filter(({ bytes, ms }) => ms <= ((bytes * 8_000) / typicalBps) * PAUSE_FACTOR + PAUSE_SLACK_MS)
  const bytes = inside.reduce((sum, gap) => sum + gap.bytes, 0)
  const ms = inside.reduce((sum, gap) => sum + gap.ms, 0)
  return bytes < MIN_BYTES || ms <= 0 ? atLeast(sample) : { bps: (bytes * 8_000) / ms, bytes }
}

/** Between one read and the next: how long it took, and what it brought. What the first read brought took nobody knows how long. */
function gapsOf(arrivals: readonly Arrival[]): { ms: number; bytes: number }[] {
  const gaps: { ms: number; bytes: number }[] = []
  let last = arrivals[0]?.atMs ?? 0
  let waiting = 0
  for (const { atMs, bytes } of arrivals.slice(1)) {
    waiting += bytes
    if (!(atMs - last >= RESOLUTION_MS)) continue
    gaps.push({ ms: atMs - last, bytes: waiting })
    last = atMs
    waiting = 0
  }
  return gaps.filter((gap) => gap.bytes > 0)
}

function atLeast({ bytes, durationMs }: TransferSample): Measurement | null {
  if (bytes < MIN_WHOLE_BYTES || durationMs < MIN_WHOLE_MS) return null
  return { bps: (bytes * 8_000) / durationMs, bytes, atLeast: true }
}
