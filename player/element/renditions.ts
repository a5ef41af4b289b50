/**
 * The `videoRenditions` list that media-chrome's quality menu reads from a media element: an array with `selectedIndex`
 * and the events `addrendition`, `removerendition` and `change` (the media-tracks proposal, as far as the menu uses it).
 */
import type { RenditionInfo } from '../engine/presentation.ts'

/** One entry: plain, because the menu copies its own properties. */
interface MenuRendition {
  id: string
  width: number
  height: number
  bitrate: number
}

/** See the head of this file. */
export class RenditionMenuList extends EventTarget {
  #items: MenuRendition[] = []
  #selected = -1
  readonly #choose: (id: string | null) => void

  /** `choose` is told what the viewer picked; null is automatic. */
  constructor(choose: (id: string | null) => void) {
    super()
    this.#choose = choose
  }

  get length(): number {
    return this.#items.length
  }

  /** Index of what the viewer chose; -1 is automatic. */
  get selectedIndex(): number {
    return this.#selected
  }

  set selectedIndex(index: number) {
    if (index === this.#selected) return
    this.#show(index)
    this.#choose(this.#items[index]?.id ?? null)
  }

  /** Shows a choice that was made elsewhere. */
  show(id: string | null): void {
    this.#show(this.#items.findIndex((item) => item.id === id))
  }

  /** Fills the menu. Audio has no heights to choose by, and one rendition is no choice. */
  list(renditions: readonly RenditionInfo[]): void {
    const selected = this.#items[this.#selected]?.id
    for (const i of this.#items.keys()) Reflect.deleteProperty(this, i)
    const pictures = renditions.filter((rendition) => rendition.height > 0)
    this.#items =
      pictures.length < 2 ? [] : pictures.map(({ id, width, height, averageBps }) => ({ id, width, height, bitrate: averageBps }))
    this.#items.sort((a, b) => b.height - a.height || b.bitrate - a.bitrate)
    this.#selected = this.#items.findIndex(({ id }) => id === selected)
    for (const [i, item] of this.#items.entries()) Reflect.set(this, i, item)
    this.dispatchEvent(new Event(this.#items.length > 0 ? 'addrendition' : 'removerendition'))
    this.dispatchEvent(new Event('change'))
  }

  [Symbol.iterator](): Iterator<MenuRendition> {
    return this.#items.values()
  }

  #show(index: number): void {
    this.#selected = index
    this.dispatchEvent(new Event('change'))
  }
}
