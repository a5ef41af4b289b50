/**
 * The buffer-based rules BBA-0 and BBA-2 (T.-Y. Huang et al., "A Buffer-Based Approach to Rate Adaptation: Evidence from a Large
 * Video Streaming Service", SIGCOMM 2014): the rendition is a function of the buffer alone, once there is one. The paper's player
 * held 240 s; here its seconds are shares of the buffer goal.
 */
import {
  byBitrate,
  firstOf,
  withinHeight,
  type AbrDecision,
  type AbrInput,
  type AbrRule,
  type AbrSession,
  type Download,
  type Rung,
} from './rule.ts'
import { segmentBits, segmentsAhead } from './segment-sizes.ts'

/** BBA-0: below this share of the buffer the lowest rendition plays (90 of 240 s). */
const RESERVOIR = 90 / 240
/** From this share on the highest plays (216 of 240 s). */
const UPPER = 216 / 240
/** BBA-2's reservoir follows the sizes of the segments to come, within these shares (8 and 140 of 240 s). */
const LEAST_RESERVOIR = 8 / 240
const MOST_RESERVOIR = 140 / 240
/** Segments that it looks at: what a player usually knows, where the paper looks twice its buffer ahead. */
const RESERVOIR_SEGMENTS = 80
/** BBA-2's start goes up a step when a segment filled the buffer by so much of its duration: with an empty buffer, and with a full one. */
const START_GAIN = { empty: 0.875, full: 0.5 }

/** Rate map of the paper's section 3. */
export const bba0Rule: AbrRule = { name: 'bba-0', start: () => ({ decide: bba0 }) }

/** Chunk map with the reservoir that sizes ask for, and a start by throughput: sections 4 and 5. */
export const bba2Rule: AbrRule = { name: 'bba-2', start: () => new Bba2Session() }

function bba0(input: AbrInput): AbrDecision {
  const ladder = ladderOf(input)
  const lowest = firstOf(ladder)
  const [lowBps, highBps] = [lowest.averageBps, ladder.at(-1)?.averageBps ?? 0]
  const reservoirS = RESERVOIR * input.bufferGoalS
  const share = shareOfCushion(input, reservoirS)
  const mappedBps = lowBps + share * (highBps - lowBps)
  const numbers = { bufferS: input.bufferS, reservoirS, cushionEndS: UPPER * input.bufferGoalS, mappedBps }
  const chosen = held(ladder, input.currentId, (rung) => rung.averageBps, mappedBps, share)
  return { id: chosen.id, reason: bufferReason(input.bufferS, chosen, input.currentId), numbers }
}

class Bba2Session implements AbrSession {
  /** Until the buffer shrinks, or its map asks for more than the start does. */
  #starting = true
  #lastBufferS = 0
  #gain: number | null = null

  arrived({ elapsedMs, segmentDurationS }: Download): void {
    this.#gain = 1 - elapsedMs / 1000 / segmentDurationS
  }

  seeked(): void {
    this.#starting = true
    this.#lastBufferS = 0
    this.#gain = null
  }

  decide(input: AbrInput): AbrDecision {
    const ladder = ladderOf(input)
    const [next] = segmentsAhead(input, 1)
    const size = (rung: Rung): number => (next ? segmentBits(rung, next) : rung.averageBps)
    const reservoirS = reservoirFor(input, firstOf(ladder))
    const share = shareOfCushion(input, reservoirS)
    // The chunk map goes between the mean segments of the lowest and the highest rendition.
    const [lowBits, highBits] = [firstOf(ladder), ladder.at(-1) ?? firstOf(ladder)].map((rung) => rung.averageBps * input.segmentDurationS)
    const mappedBits = (lowBits ?? 0) + share * ((highBits ?? 0) - (lowBits ?? 0))
    const mapped = held(ladder, input.currentId, size, mappedBits, share)
    const numbers = { bufferS: input.bufferS, reservoirS, cushionEndS: UPPER * input.bufferGoalS, mappedBits }
    const current = ladder.findIndex((rung) => rung.id === input.currentId)
    const started = ladder[current]
    if (input.bufferS < this.#lastBufferS || (started && mapped.averageBps > started.averageBps)) this.#starting = false
    this.#lastBufferS = input.bufferS
    if (!this.#starting) return { id: mapped.id, reason: bufferReason(input.bufferS, mapped, input.currentId), numbers }
    if (!started || this.#gain === null) {
      const first = started ?? firstOf(ladder)
      return { id: first.id, reason: 'the buffer is empty and nothing arrived yet, so the start is low', numbers }
    }
    const needed = START_GAIN.empty - share * (START_GAIN.empty - START_GAIN.full)
    const higher = this.#gain > needed ? (ladder[current + 1] ?? started) : started
    const said = higher === started ? 'too little for a step up' : 'enough for a step up'
    const percent = `${Math.round(this.#gain * 100)} %`
    return {
      id: higher.id,
      reason: `start: the last segment filled the buffer by ${percent} of its length, ${said}`,
      numbers: { ...numbers, needed },
    }
  }
}

/** Never empty, by rising bit rate. */
function ladderOf({ rungs, maxHeight }: AbrInput): Rung[] {
  const ladder = byBitrate(withinHeight(rungs, maxHeight))
  return ladder.length > 0 ? ladder : byBitrate(rungs)
}

/** 0 within the reservoir, 1 above the cushion. */
function shareOfCushion({ bufferS, bufferGoalS }: AbrInput, reservoirS: number): number {
  return Math.min(1, Math.max(0, (bufferS - reservoirS) / Math.max(UPPER * bufferGoalS - reservoirS, 1e-3)))
}

/** Algorithm 1: the current rendition stays until the map reaches the neighbour above or the one below. */
function held(ladder: readonly Rung[], currentId: string | null, size: (rung: Rung) => number, mapped: number, share: number): Rung {
  const lowest = firstOf(ladder)
  const highest = ladder.at(-1) ?? lowest
  if (share <= 0) return lowest
  if (share >= 1) return highest
  const index = ladder.findIndex((rung) => rung.id === currentId)
  const current = ladder[index]
  const below = (): Rung => ladder.findLast((rung) => size(rung) < mapped) ?? lowest
  if (!current) return below()
  const [higher, lower] = [ladder[index + 1], ladder[index - 1]]
  if (higher && mapped >= size(higher)) return below()
  if (lower && mapped <= size(lower)) return ladder.find((rung) => size(rung) > mapped) ?? highest
  return current
}

/**
 * Media that has to be there to play the lowest rendition through the segments to come, at a capacity of just its average bit
 * rate: what its larger segments take longer than they last, less what the smaller ones before them gave back.
 */
function reservoirFor(input: AbrInput, lowest: Rung): number {
  let [needS, mostS] = [0, 0]
  for (const segment of segmentsAhead(input, RESERVOIR_SEGMENTS)) {
    needS += segmentBits(lowest, segment) / lowest.averageBps - segment.durationS
    mostS = Math.max(mostS, needS)
  }
  const { bufferGoalS } = input
  return Math.min(MOST_RESERVOIR * bufferGoalS, Math.max(LEAST_RESERVOIR * bufferGoalS, mostS))
}

function bufferReason(bufferS: number, chosen: Rung, currentId: string | null): string {
  const mbps = `${(chosen.averageBps / 1e6).toFixed(2)} Mbit/s`
  const verb = chosen.id === currentId ? 'keeps' : 'maps to'
  return `a buffer of ${bufferS.toFixed(1)} s ${verb} ${mbps}`
}
