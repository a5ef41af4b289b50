/** The event log as a list: only the rows that are seen exist. Rows are chosen by click or by the arrow keys. */
import type { EngineEvent } from '../engine/events.ts'
import { consoleLine } from '../session/console-lines.ts'
import { clockText } from '../session/words.ts'

const ROW = 22

/** What is listed. */
export type Filter = 'all' | 'decisions' | 'problems'
const PROBLEMS: ReadonlySet<EngineEvent['type']> = new Set([
  ...(['stall', 'stall-ended', 'request-failed', 'segment-skipped', 'segment-abandoned', 'segment-from-other', 'gap-jumped'] as const),
  ...(['nudged', 'watchdog', 'recovered', 'buffer-full', 'error'] as const),
])

/** One line. */
interface Row {
  atMs: number
  text: string
  tone: string
}

/** See the head of this file. */
export class EventList {
  readonly #host: HTMLElement
  readonly #list: HTMLOListElement
  readonly #picked: (atS: number) => void
  #rows: Row[] = []
  #filter: Filter = 'all'
  #active = -1
  #atEnd = true

  /** `picked` is told the time of a row that was chosen, s. */
  constructor(host: HTMLElement, picked: (atS: number) => void) {
    this.#host = host
    this.#picked = picked
    this.#list = document.createElement('ol')
    host.append(this.#list)
    host.addEventListener('scroll', () => {
      this.#atEnd = host.scrollTop + host.clientHeight >= host.scrollHeight - ROW
      this.paint()
    })
    host.addEventListener('click', (event) => {
      const row = event.target instanceof Element ? event.target.closest<HTMLElement>('li') : null
      if (row?.dataset['at'] !== undefined) this.#choose(Number(row.dataset['at']))
    })
    host.addEventListener('keydown', (event) => {
      const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
      if (step === 0 || this.#rows.length === 0) return
      event.preventDefault()
      event.stopPropagation()
      this.#choose(Math.min(Math.max(0, (this.#active === -1 ? this.#rows.length : this.#active) + step), this.#rows.length - 1))
    })
  }

  /** Adds an event that the filter lets through. */
  add(event: EngineEvent): void {
    const row = rowOf(event, this.#filter)
    if (row) this.#rows.push(row)
  }

  /** Another filter, over all events. */
  refill(filter: Filter, events: readonly EngineEvent[]): void {
    this.#filter = filter
    this.#rows = events.flatMap((event) => rowOf(event, filter) ?? [])
    this.#active = -1
    this.#atEnd = true
    this.paint()
  }

  /** Brings the rows of a time into view. */
  reveal(atS: number): void {
    const index = this.#rows.findLastIndex(({ atMs }) => atMs <= atS * 1000)
    if (index === -1) return
    this.#active = index
    this.#atEnd = false
    this.#host.scrollTop = index * ROW - this.#host.clientHeight / 2
    this.paint()
  }

  paint(): void {
    const { clientHeight } = this.#host
    this.#list.style.height = `${this.#rows.length * ROW}px`
    if (this.#atEnd) this.#host.scrollTop = this.#rows.length * ROW
    const first = Math.max(0, Math.floor(this.#host.scrollTop / ROW) - 4)
    const last = Math.min(this.#rows.length, first + Math.ceil(clientHeight / ROW) + 8)
    const items = this.#list.children
    while (items.length > last - first) this.#list.lastElementChild?.remove()
    while (items.length < last - first) this.#list.append(emptyRow())
    for (let index = first; index < last; index += 1) this.#fill(items[index - first], index)
  }

  #fill(item: Element | undefined, index: number): void {
    const row = this.#rows[index]
    if (!(item instanceof HTMLElement) || !row) return
    const [time, text] = item.children
    item.style.top = `${index * ROW}px`
    item.dataset['at'] = String(index)
    item.dataset['tone'] = row.tone
    item.toggleAttribute('data-active', index === this.#active)
    item.ariaPosInSet = String(index + 1)
    item.ariaSetSize = String(this.#rows.length)
    if (time) time.textContent = clockText(row.atMs / 1000)
    if (text) {
      text.textContent = row.text
      text.setAttribute('title', row.text)
    }
  }

  #choose(index: number): void {
    const row = this.#rows[index]
    if (!row) return
    this.#active = index
    const top = index * ROW
    if (top < this.#host.scrollTop) this.#host.scrollTop = top
    else if (top + ROW > this.#host.scrollTop + this.#host.clientHeight) this.#host.scrollTop = top + ROW - this.#host.clientHeight
    this.paint()
    this.#picked(row.atMs / 1000)
  }
}

function emptyRow(): HTMLLIElement {
  const item = document.createElement('li')
  item.append(document.createElement('time'), document.createElement('span'))
  return item
}

function rowOf(event: EngineEvent, filter: Filter): Row | null {
  if (filter === 'decisions') {
    // Each of them here, those that change nothing too.
    if (event.type === 'decision') return { atMs: event.atMs, text: `${event.to}: ${event.reason}`, tone: 'plain' }
    if (event.type !== 'segment-abandoned' && event.type !== 'switched' && event.type !== 'quality-chosen') return null
  }
  if (filter === 'problems' && !PROBLEMS.has(event.type)) return null
  return consoleLine(event)
}
