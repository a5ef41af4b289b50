/** The numbers of a session and the list of its stalls and switches, put into the tree. */
import type { Incident } from '../session/causes.ts'
import type { SessionSummary } from '../session/summary.ts'
import { clockText, rateText, sizeText, timeText } from '../session/words.ts'
import type { Line } from './charts.ts'

/** One number with its name. */
export interface Figure {
  name: string
  value: string
  bad?: boolean
}

/** The figures of a summary, in the order they are read. */
export function figuresOf(summary: SessionSummary): Figure[] {
  const { startMs, stalls, stallMs, switches, meanBps, bytes, droppedFrames, decodedFrames } = summary
  return [
    { name: 'Start', value: startMs === null ? '–' : timeText(startMs) },
    { name: 'Stalls', value: stalls === 0 ? '0' : `${stalls} (${timeText(stallMs)})`, bad: stalls > 0 },
    { name: 'Switches', value: String(switches) },
    { name: 'Mean bit rate', value: meanBps === null ? '–' : rateText(meanBps) },
    { name: 'Received', value: sizeText(bytes) },
    ...(decodedFrames === 0 ? [] : [{ name: 'Dropped', value: `${droppedFrames} of ${decodedFrames.toLocaleString('en')} frames` }]),
  ]
}

/** Puts figures into a `<dl>`, and touches only what changed. */
export function showFigures(list: HTMLElement, figures: readonly Figure[]): void {
  while (list.children.length > figures.length) list.lastElementChild?.remove()
  for (const [index, { name, value, bad = false }] of figures.entries()) {
    let item = list.children[index]
    if (!item) {
      item = document.createElement('div')
      item.append(document.createElement('dt'), document.createElement('dd'))
      list.append(item)
    }
    item.toggleAttribute('data-bad', bad)
    const [term, definition] = item.children
    if (term && term.textContent !== name) term.textContent = name
    if (definition && definition.textContent !== value) definition.textContent = value
  }
}

/** The key of a chart: a swatch and a name for each line that has one. */
export function showKeys(host: HTMLElement, lines: readonly Line[]): void {
  host.replaceChildren(
    ...lines.flatMap(({ name, colour, look, dashed }) => {
      if (name === undefined) return []
      const [key, swatch] = [document.createElement('span'), document.createElement('i')]
      swatch.style.color = `var(--dash-${colour})`
      swatch.dataset['look'] = dashed === true ? 'dashed' : look
      key.append(swatch, name)
      return [key]
    }),
  )
}

/** The newest that are listed: a session with more has other problems. */
const MAX_LISTED = 200

/** Lists stalls and switches, newest first; a click is answered by the time in `data-at`, s. */
export function showIncidents(list: HTMLElement, count: HTMLElement, incidents: readonly Incident[]): void {
  const stalls = incidents.filter(({ what }) => what === 'stall').length
  const switches = incidents.length - stalls
  count.textContent = `${stalls} stall${stalls === 1 ? '' : 's'}, ${switches} switch${switches === 1 ? '' : 'es'}`
  if (incidents.length === 0) {
    const empty = document.createElement('li')
    empty.className = 'empty'
    empty.textContent = 'None so far.'
    list.replaceChildren(empty)
    return
  }
  list.replaceChildren(...incidents.slice(-MAX_LISTED).toReversed().map(itemOf))
}

function itemOf({ what, atMs, tookMs, cause, sentence }: Incident): HTMLElement {
  const item = document.createElement('li')
  const button = document.createElement('button')
  button.type = 'button'
  button.dataset['at'] = String(atMs / 1000)
  button.dataset['what'] = what
  button.dataset['cause'] = cause
  const [time, kind, text] = [document.createElement('time'), document.createElement('b'), document.createElement('span')]
  time.textContent = clockText(atMs / 1000)
  kind.textContent = what
  text.textContent = what === 'stall' ? `${tookMs === null ? 'still waiting' : timeText(tookMs)}. ${sentence}` : sentence
  button.append(time, kind, text)
  item.append(button)
  return item
}
