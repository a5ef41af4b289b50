/** Random times from a seed. */

/** Exponentially distributed with this mean. `random` is uniform in [0, 1). */
export function exponential(random: () => number, mean: number): number {
  return -mean * Math.log(1 - random())
}
