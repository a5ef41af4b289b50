/** `<debug-console>`: what a player does, line by line, from its event log. `player` is the `<sluice-player>` it listens to. */
import type { SluicePlayerElement } from '../player/element/sluice-player.ts'
import type { EngineEvent } from '../player/engine/events.ts'
import { consoleLine, type ConsoleLine } from '../player/session/console-lines.ts'
import { clockText } from '../player/session/words.ts'

/** Older lines go: the log itself is in the export. */
const MAX_LINES = 500

/** Written by hand and not by Lit: a line is appended, nothing is rendered anew. */
export class DebugConsole extends HTMLElement {
  readonly #list = document.createElement('ol')
  #player: SluicePlayerElement | null = null
  #release: () => void = () => {}

  connectedCallback(): void {
    this.#list.tabIndex = 0
    this.#list.setAttribute('role', 'log')
    // Dozens of lines a second must not be read out; whoever wants them goes there.
    this.#list.setAttribute('aria-live', 'off')
    this.#list.setAttribute('aria-label', 'Debug console')
    if (!this.contains(this.#list)) this.append(this.#list)
    this.#listen()
  }

  disconnectedCallback(): void {
    this.#release()
  }

  set player(player: SluicePlayerElement | null) {
    if (player === this.#player) return
    this.#player = player
    if (this.isConnected) this.#listen()
  }

  #listen(): void {
    this.#release()
    const player = this.#player
    this.#list.replaceChildren()
    if (!player) return
    this.#append((player.events?.events ?? []).slice(-4 * MAX_LINES))
    const heard = ({ detail }: CustomEvent<EngineEvent>): void => this.#append([detail])
    player.addEventListener('sluice-event', heard)
    this.#release = () => player.removeEventListener('sluice-event', heard)
  }

  #append(events: readonly EngineEvent[]): void {
    const list = this.#list
    const atEnd = list.scrollTop + list.clientHeight >= list.scrollHeight - 24
    list.append(...events.flatMap((event) => lineOf(consoleLine(event))))
    while (list.children.length > MAX_LINES) list.firstElementChild?.remove()
    if (atEnd) list.scrollTop = list.scrollHeight
  }
}
customElements.define('debug-console', DebugConsole)

function lineOf(line: ConsoleLine | null): HTMLElement[] {
  if (line === null) return []
  const item = document.createElement('li')
  item.dataset['tone'] = line.tone
  item.title = clockText(line.atMs / 1000)
  item.textContent = line.text
  return [item]
}
