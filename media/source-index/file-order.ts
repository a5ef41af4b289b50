/** Samples of several tracks in the order in which they lie in the file; those of a track stay in decode order. */
import type { SampleTable } from '../container/model.ts'

/** Where samples lie. */
export type Places = Pick<SampleTable, 'count' | 'offset' | 'size'>

/** Rows `[from, to)` of a table: no views, of which there would be as many as samples. */
export interface Run {
  /** Index into what was given. */
  track: number
  table: Places
  from: number
  to: number
}

/** Each track as tables that follow each other in decode order. A run may go on in the next one. */
export function* inFileOrder(tracks: Places[][]): Generator<Run, void, undefined> {
  const cursors = tracks.map((tables) => new Cursor(tables))
  for (;;) {
    let track = -1
    let [first, second] = [Infinity, Infinity]
    for (const [index, { offset }] of cursors.entries()) {
      if (offset < first) [track, first, second] = [index, offset, first]
      else if (offset < second) second = offset
    }
    const run = cursors[track]?.take(second)
    if (run === undefined) return
    yield { track, ...run }
  }
}

class Cursor {
  readonly #tables: Places[]
  #table = 0
  #row = 0
  /** Of the next sample, in the file; Infinity behind the last. */
  offset = 0

  constructor(tables: Places[]) {
    this.#tables = tables.filter(({ count }) => count > 0)
    this.offset = this.#tables[0]?.offset[0] ?? Infinity
  }

  /** The next sample, and those behind it that lie before `until`. */
  take(until: number): Omit<Run, 'track'> | undefined {
    const table = this.#tables[this.#table]
    if (table === undefined) return undefined
    const from = this.#row
    let to = from + 1
    while (to < table.count && (table.offset[to] ?? 0) < until) to += 1
    if (to < table.count) this.#row = to
    else [this.#table, this.#row] = [this.#table + 1, 0]
    this.offset = this.#tables[this.#table]?.offset[this.#row] ?? Infinity
    return { table, from, to }
  }
}

/** Where the samples of runs lie, one after another, those that touch as one. */
export function* joinedRanges(runs: Iterable<Omit<Run, 'track'>>): Generator<{ offset: number; length: number }, void, undefined> {
  let [start, end] = [-1, -1]
  for (const { table, from, to } of runs) {
    for (let row = from; row < to; row += 1) {
      const [at = 0, size = 0] = [table.offset[row], table.size[row]]
      if (size === 0) continue
      if (at !== end) {
        if (start >= 0) yield { offset: start, length: end - start }
        start = at
      }
      end = at + size
    }
  }
  if (start >= 0) yield { offset: start, length: end - start }
}
