/** A list that counts on when it is full: a damaged file of 20 GB has millions of errors. */
import { LIST_LIMIT } from './report.ts'

export class BoundedList<T> {
  count = 0
  readonly list: T[] = []
  readonly #limit: number

  constructor(limit = LIST_LIMIT) {
    this.#limit = limit
  }

  add(entry: T): void {
    this.count += 1
    if (this.list.length < this.#limit) this.list.push(entry)
  }

  report(): { count: number; list: T[] } {
    return { count: this.count, list: this.list }
  }
}
