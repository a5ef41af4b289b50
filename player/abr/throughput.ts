/**
 * The throughput rule: the best rendition whose average bit rate fits the estimate with a margin. Goes up only with some
 * media in the buffer; goes down late when the buffer is long enough to see whether the dip lasts.
 */
import { abandonFor } from './abandon.ts'
import { byBitrate, firstOf, stateless, withinHeight, type AbrDecision, type AbrInput, type AbrRule, type Rung } from './rule.ts'

/** Part of the estimate that a rendition may need to be chosen. */
const UP_FACTOR = 0.75
/** Part of the estimate that the rendition playing may need to be kept. */
const KEEP_FACTOR = 0.95
/** Going up needs this much media, or half the buffer goal where that is less, seconds. */
const UP_BUFFER_S = 8
/** With this much media, or 2/3 of the goal, a rendition that fits no longer is kept one segment more, seconds. */
const PATIENT_BUFFER_S = 20

/** See the head of this file. */
export const throughputRule: AbrRule = stateless('throughput', decide, abandonFor)

function decide(input: AbrInput): AbrDecision {
  const ladder = byBitrate(withinHeight(input.rungs, input.maxHeight))
  const current = input.rungs.find((rung) => rung.id === input.currentId) ?? null
  const numbers: Record<string, number> = { bufferS: round(input.bufferS), playbackRate: input.playbackRate }
  const answer = (rung: Rung, reason: string): AbrDecision => ({ id: rung.id, reason, numbers: { ...numbers, chosenBps: rung.averageBps } })

  const { bps } = input.estimate
  if (bps === null) {
    if (current) return answer(current, 'nothing was measured yet, so the rendition stays')
    const first = input.rungs.find((rung) => ladder.includes(rung)) ?? firstOf(ladder)
    return answer(first, 'nothing is known about the network, so the first variant listed starts')
  }
  numbers['estimateBps'] = Math.round(bps)
  const usable = bps / input.playbackRate
  const fitting = ladder.findLast((rung) => rung.averageBps <= usable * UP_FACTOR) ?? firstOf(ladder)

  if (!current) {
    const known = input.estimate.samples > 0 ? 'measured so far' : 'known from the last session'
    return answer(fitting, `the best rendition for ${mbps(bps)} ${known}`)
  }
  if (!ladder.includes(current) && fitting.averageBps < current.averageBps)
    return answer(fitting, `the picture is not larger than ${input.maxHeight} pixels on this screen`)
  if (fitting.averageBps > current.averageBps) {
    const needed = Math.min(UP_BUFFER_S, input.bufferGoalS / 2)
    // Early in a session one segment that arrived much faster than it plays is worth as much as a filled buffer.
    const fast = usable * UP_FACTOR >= fitting.averageBps * 2 && input.bufferS >= Math.min(input.segmentDurationS, needed)
    if (input.bufferS < needed && !fast)
      return answer(current, `${mbps(bps)} would carry more, but ${round(input.bufferS)} s of buffer is too little to go up`)
    return answer(fitting, `${mbps(bps)} carries ${mbps(fitting.averageBps)} with a margin`)
  }
  if (current.averageBps <= usable * KEEP_FACTOR) return answer(current, `${mbps(bps)} still carries ${mbps(current.averageBps)}`)
  if (fitting === current) return answer(current, 'there is no smaller rendition')
  const patient = Math.min(PATIENT_BUFFER_S, (input.bufferGoalS * 2) / 3)
  // The next segment may take as long as half of the buffer lasts.
  const downloadS = (current.averageBps * input.segmentDurationS) / usable
  if (input.bufferS >= patient && downloadS < input.bufferS / 2)
    return answer(current, `${mbps(bps)} is too little, but ${round(input.bufferS)} s of buffer can wait for better`)
  return answer(fitting, `${mbps(bps)} does not carry ${mbps(current.averageBps)}`)
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function mbps(bps: number): string {
  return `${(bps / 1e6).toFixed(bps < 1e6 ? 2 : 1)} Mbit/s`
}
