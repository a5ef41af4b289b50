/**
 * Loss in bursts: two states, a good and a bad one, each with its own chance to lose a packet (Gilbert, BSTJ 1960; Elliott,
 * BSTJ 1963; fitted to real paths by Hasslinger and Hohlfeld, "The Gilbert-Elliott Model for Packet Loss in Real Time Services on
 * the Internet", MMB 2008).
 */
export interface LossModel {
  /** Chance that a packet ends the good state. */
  toBad: number
  /** Chance that a packet ends the bad state: 1 over the mean length of a burst in packets. */
  toGood: number
  /** Chance of loss in the good state. */
  lossGood: number
  lossBad: number
}

export const NO_LOSS: LossModel = { toBad: 0, toGood: 1, lossGood: 0, lossBad: 0 }

/** Says of one packet after another whether it is lost. */
export function lossProcess({ toBad, toGood, lossGood, lossBad }: LossModel, random: () => number): () => boolean {
  let bad = false
  return () => {
    bad = bad ? random() >= toGood : random() < toBad
    return random() < (bad ? lossBad : lossGood)
  }
}

/** Packets lost in the long run, as a part of all. */
export function meanLoss({ toBad, toGood, lossGood, lossBad }: LossModel): number {
  const inBad = toBad + toGood === 0 ? 0 : toBad / (toBad + toGood)
  return inBad * lossBad + (1 - inBad) * lossGood
}
