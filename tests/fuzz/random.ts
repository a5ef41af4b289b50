/** Random numbers that a seed repeats, anywhere and at any place in a run. */

export interface Random {
  /** 0 to `below` - 1. */
  int(below: number): number
  /** One of a list that is not empty. */
  pick<T>(from: readonly T[]): T
  /** True once in `n`. */
  once(n: number): boolean
}

/** Each input has its own sequence, so input 700,000 is made without the 699,999 before it. */
export function randomOf(seed: number, target: string, input: number): Random {
  let state = mix(seed ^ mix(input))
  for (const character of target) state = mix(state ^ character.charCodeAt(0))
  // mulberry32
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let word = Math.imul(state ^ (state >>> 15), 1 | state)
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word
    return (word ^ (word >>> 14)) >>> 0
  }
  const int = (below: number): number => Math.floor((next() / 2 ** 32) * below)
  return {
    int,
    pick: (from) => {
      const chosen = from[int(from.length)]
      if (chosen === undefined) throw new RangeError('nothing to pick from')
      return chosen
    },
    once: (n) => int(n) === 0,
  }
}

/** Murmur3's finalizer: near seeds become far ones. */
function mix(word: number): number {
  let hash = word | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
