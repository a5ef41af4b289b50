/** Messages the pool has not acknowledged yet. They are sent again after every reconnect, in order. */
import type { RunnerMessage } from '../protocol/runner.ts'

export type Numbered = Extract<RunnerMessage, { seq: number }>

export class Outbox {
  #next = 1
  readonly #waiting = new Map<number, Numbered>()

  /** Numbers a message and keeps it until `acknowledge`. */
  add(
    message:
      | Omit<Extract<Numbered, { type: 'published' }>, 'seq'>
      | Omit<Extract<Numbered, { type: 'done' }>, 'seq'>
      | Omit<Extract<Numbered, { type: 'failed' }>, 'seq'>,
  ): Numbered {
    const numbered = { ...message, seq: this.#next++ }
    this.#waiting.set(numbered.seq, numbered)
    return numbered
  }

  acknowledge(seq: number): void {
    this.#waiting.delete(seq)
  }

  /** Forgets everything of leases that are not current any more: the pool would ignore it. */
  keepOnly(leases: ReadonlySet<string>): void {
    for (const [seq, { lease }] of this.#waiting) if (!leases.has(lease)) this.#waiting.delete(seq)
  }

  /** All unacknowledged messages, in order. */
  messages(): Numbered[] {
    return [...this.#waiting.values()]
  }

  /** Leases that have something waiting here. */
  leases(): Set<string> {
    return new Set(this.messages().map(({ lease }) => lease))
  }
}
