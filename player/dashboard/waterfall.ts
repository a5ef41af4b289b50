/**
 * The requests as a waterfall on a canvas: a row each, the wait for the first byte pale, the transfer full. Only rows that are
 * seen are drawn, however many there are. Up and down go from row to row.
 */
import { shortUrl, sizeText, timeText } from '../session/words.ts'
import type { Palette } from './palette.ts'
import type { DrawnRequest } from './series.ts'

const ROW = 18
const NAME_WIDTH = 150
const HINT = 'Point at a request, or go through them with the arrow keys, to see what the edge said of it.'
const FONT = '11px system-ui, sans-serif'

/** See the head of this file. */
export class Waterfall {
  readonly #scroll: HTMLElement
  readonly #canvas: HTMLCanvasElement
  readonly #spacer: HTMLElement
  readonly #detail: HTMLElement
  readonly #palette: () => Palette
  #shown: readonly DrawnRequest[] = []
  #fromS = 0
  #toS = 1
  #selected: DrawnRequest | null = null
  /** As long as the viewer looks at the end, the end is shown. */
  #atEnd = true

  /** `host` gets the rows, `detail` is told about the one that is chosen. */
  constructor(host: HTMLElement, detail: HTMLElement, palette: () => Palette) {
    this.#palette = palette
    this.#detail = detail
    detail.textContent = HINT
    this.#scroll = host
    this.#spacer = document.createElement('div')
    this.#canvas = document.createElement('canvas')
    this.#spacer.append(this.#canvas)
    host.append(this.#spacer)
    host.addEventListener('scroll', () => {
      this.#atEnd = host.scrollTop + host.clientHeight >= host.scrollHeight - ROW
      this.#paint()
    })
    host.addEventListener('pointermove', ({ offsetY, target }) => {
      if (target === this.#canvas) this.#select(this.#shown[Math.floor((offsetY + host.scrollTop) / ROW)] ?? null)
    })
    host.addEventListener('keydown', (event) => {
      const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
      if (step === 0 || this.#shown.length === 0) return
      event.preventDefault()
      event.stopPropagation()
      const index = this.#selected === null ? -1 : this.#shown.indexOf(this.#selected)
      const next = index === -1 ? this.#shown.length - 1 : Math.min(Math.max(0, index + step), this.#shown.length - 1)
      this.#select(this.#shown[next] ?? null)
      const top = next * ROW
      if (top < host.scrollTop) host.scrollTop = top
      else if (top + ROW > host.scrollTop + host.clientHeight) host.scrollTop = top + ROW - host.clientHeight
    })
  }

  /** Draws the requests that were under way between two times. */
  draw(requests: readonly DrawnRequest[], fromS: number, toS: number): void {
    this.#fromS = fromS
    this.#toS = Math.max(toS, fromS + 0.001)
    this.#shown = within(requests, fromS, toS)
    this.#spacer.style.height = `${this.#shown.length * ROW}px`
    if (this.#atEnd) this.#scroll.scrollTop = this.#scroll.scrollHeight
    this.#paint()
  }

  /** Width or colours changed. */
  redraw(): void {
    this.#paint()
  }

  #select(request: DrawnRequest | null): void {
    if (request === this.#selected) return
    this.#selected = request
    this.#detail.textContent = request === null ? HINT : detailOf(request)
    this.#paint()
  }

  #paint(): void {
    const { clientWidth: width, clientHeight: height, scrollTop } = this.#scroll
    const context = this.#canvas.getContext('2d')
    if (!context || width === 0) return
    const ratio = devicePixelRatio || 1
    if (this.#canvas.width !== Math.round(width * ratio) || this.#canvas.height !== Math.round(height * ratio)) {
      this.#canvas.width = Math.round(width * ratio)
      this.#canvas.height = Math.round(height * ratio)
      this.#canvas.style.width = `${width}px`
      this.#canvas.style.height = `${height}px`
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    context.clearRect(0, 0, width, height)
    context.font = FONT
    context.textBaseline = 'middle'
    const first = Math.floor(scrollTop / ROW)
    const last = Math.min(this.#shown.length, first + Math.ceil(height / ROW) + 1)
    for (let index = first; index < last; index += 1) {
      const request = this.#shown[index]
      if (request) this.#row(context, request, index * ROW - scrollTop, width)
    }
  }

  #row(context: CanvasRenderingContext2D, request: DrawnRequest, y: number, width: number): void {
    const colours = this.#palette()
    const { event, failed } = request
    const nameWidth = Math.min(NAME_WIDTH, width * 0.34)
    const scale = (width - nameWidth - 8) / (this.#toS - this.#fromS)
    const xOf = (atS: number): number => nameWidth + Math.min(Math.max(0, (atS - this.#fromS) * scale), width - nameWidth - 8)
    if (request === this.#selected) {
      context.fillStyle = colours.line
      context.fillRect(0, y, width, ROW)
    }
    context.fillStyle = failed === null ? colours.muted : colours.bad
    context.save()
    context.beginPath()
    context.rect(0, y, nameWidth - 8, ROW)
    context.clip()
    context.fillText(shortUrl(event.url), 4, y + ROW / 2)
    context.restore()
    const [start, firstByte, end] = [xOf(request.startS), xOf(request.firstByteS), xOf(request.endS)]
    context.fillStyle = failed === null ? colours.wait : colours.bad
    context.fillRect(start, y + 5, Math.max(1, firstByte - start), ROW - 10)
    if (failed === null) {
      context.fillStyle = event.kind === 'segment' ? colours.main : colours.second
      context.fillRect(firstByte, y + 4, Math.max(1.5, end - firstByte), ROW - 8)
    }
    const note = noteOf(request)
    const noteWidth = context.measureText(note).width
    context.fillStyle = failed === null ? colours.muted : colours.bad
    // Behind the bar where there is room, else before it.
    if (end + 6 + noteWidth < width) context.fillText(note, end + 6, y + ROW / 2)
    else if (start - 6 - noteWidth > nameWidth) context.fillText(note, start - 6 - noteWidth, y + ROW / 2)
  }
}

/** Those that overlap the stretch; the list is sorted by end. */
function within(requests: readonly DrawnRequest[], fromS: number, toS: number): DrawnRequest[] {
  let [low, high] = [0, requests.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((requests[middle]?.endS ?? Infinity) < fromS) low = middle + 1
    else high = middle
  }
  const found: DrawnRequest[] = []
  for (let index = low; index < requests.length; index += 1) {
    const request = requests[index]
    if (!request) break
    if (request.startS <= toS) found.push(request)
    // No request is under way for longer than the longest budget allows: those behind began later.
    else if (request.endS > toS + 120) break
  }
  return found
}

/** `1.2 MB, hit`. */
function noteOf({ event, failed }: DrawnRequest): string {
  if (event.type === 'request-failed') return failed ?? 'failed'
  const word = event.cached ? 'browser cache' : /(?:^|;\s*)(hit|fwd=[\w-]+)/.exec(event.edge?.cacheStatus ?? '')?.[1]
  return [sizeText(event.bytes), ...(word === undefined ? [] : [word])].join(', ')
}

function detailOf({ event, failed }: DrawnRequest): string {
  if (event.type === 'request-failed') return `${event.url} · failed after ${timeText(event.durationMs)}: ${failed}`
  const { cacheStatus, serverTiming } = event.edge ?? {}
  return [
    event.url,
    `${sizeText(event.bytes)} in ${timeText(event.durationMs)}, first byte after ${timeText(event.ttfbMs)}`,
    ...(event.cached ? ['from the browser’s cache'] : []),
    ...(cacheStatus === undefined ? [] : [`Cache-Status: ${cacheStatus}`]),
    ...(serverTiming === undefined ? [] : [`Server-Timing: ${serverTiming}`]),
  ].join(' · ')
}
