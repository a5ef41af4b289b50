/** What happens when, in order: a binary heap of things to do. Simulated time; things of one moment happen in the order they were planned. */

interface Planned {
  atMs: number
  order: number
  act: () => void
}

/** See the head of this file. */
export class Timeline {
  readonly #heap: Planned[] = []
  #order = 0
  #nowMs = 0

  get nowMs(): number {
    return this.#nowMs
  }

  /** Never before now. */
  at(atMs: number, act: () => void): void {
    const planned = { atMs: Math.max(atMs, this.#nowMs), order: (this.#order += 1), act }
    const heap = this.#heap
    let index = heap.length
    heap.push(planned)
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = heap[parent]
      if (above === undefined || before(above, planned)) break
      heap[index] = above
      index = parent
    }
    heap[index] = planned
  }

  /** Until nothing is planned up to `untilMs`. */
  run(untilMs: number): void {
    for (let next = this.#heap[0]; next !== undefined && next.atMs <= untilMs; next = this.#heap[0]) {
      this.#nowMs = next.atMs
      this.#dropFirst()
      next.act()
    }
  }

  #dropFirst(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let index = 0
    for (;;) {
      const [left, right] = [heap[index * 2 + 1], heap[index * 2 + 2]]
      if (left === undefined) break
      const [smaller, at] = right !== undefined && before(right, left) ? [right, index * 2 + 2] : [left, index * 2 + 1]
      if (before(last, smaller)) break
      heap[index] = smaller
      index = at
    }
    heap[index] = last
  }
}

function before(a: Planned, b: Planned): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}
