/** Random numbers from a seed: the same on every machine. */

/** mulberry32 (Tommy Ettinger): uniform in [0, 1). `seed` is a whole number. */
export function uniform(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let word = Math.imul(state ^ (state >>> 15), 1 | state)
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Exponentially distributed with this mean. */
export function exponential(random: () => number, mean: number): number {
  return -mean * Math.log(1 - random())
}
