/** The children of an element as fields to ask for by id. */
import { elementsOf, readFloat, readInt, readText, readUint } from './ebml.ts'

/** Children looked at: a `TrackEntry` has forty, a file a few tracks, a film fifty chapters. */
const MAX_CHILDREN = 1000

/** The first child of an id counts, as most readers have it; what is absent or unreadable is what the caller says it defaults to. */
export class Master {
  readonly #children: { id: number; body: Uint8Array }[] = []

  constructor(body: Uint8Array) {
    for (const { id, body: start, end } of elementsOf(body)) {
      if (this.#children.length === MAX_CHILDREN) break
      this.#children.push({ id, body: body.subarray(start, end) })
    }
  }

  binary(id: number): Uint8Array | null {
    return this.#children.find((child) => child.id === id)?.body ?? null
  }

  uint<T extends number | null>(id: number, absent: T): number | T {
    const body = this.binary(id)
    return body === null ? absent : readUint(body)
  }

  int<T extends number | null>(id: number, absent: T): number | T {
    const body = this.binary(id)
    return body === null ? absent : readInt(body)
  }

  /** NaN and infinities count as absent. */
  float<T extends number | null>(id: number, absent: T): number | T {
    const body = this.binary(id)
    const value = body === null ? null : readFloat(body)
    return value === null || !Number.isFinite(value) ? absent : value
  }

  text<T extends string | null>(id: number, absent: T): string | T {
    const body = this.binary(id)
    return body === null ? absent : readText(body)
  }

  master(id: number): Master | null {
    const body = this.binary(id)
    return body === null ? null : new Master(body)
  }

  *masters(id: number): Generator<Master> {
    for (const child of this.#children) if (child.id === id) yield new Master(child.body)
  }
}
