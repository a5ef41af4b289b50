/** A multivariant playlist that grows: a video whose source plays at once gets its ladder while it is watched. */
import { openPresentation } from './open.ts'
import type { Presentation, RenditionInfo } from './presentation.ts'
import { pause } from './request.ts'
import type { StreamHost } from './stream.ts'

/** The presentation as soon as it has something that this browser plays: HEVC as it was uploaded waits for the ladder. */
export async function openWhenPlayable(url: string, host: StreamHost): Promise<Presentation> {
  for (;;) {
    const presentation = await openPresentation(url, host)
    if (presentation.variants.length > 0) return presentation
    await pause(host.config.growthPeriodMs, host.signal)
  }
}

/** Reads such a playlist again from time to time. One belongs to one load of an engine. */
export class Growth {
  readonly #presentation: Presentation
  readonly #host: StreamHost
  #dueMs: number
  #reading = false

  constructor(presentation: Presentation, host: StreamHost) {
    this.#presentation = presentation
    this.#host = host
    this.#dueMs = host.now() + host.config.growthPeriodMs
  }

  /**
   * The renditions that came since, which are in the presentation then; none most times. A playlist that cannot be read
   * now is read again in the next period: what plays needs it not.
   */
  async look(): Promise<RenditionInfo[]> {
    const { url, variants, growing } = this.#presentation
    if (!growing || this.#reading || this.#host.now() < this.#dueMs) return []
    this.#reading = true
    const fresh = await openPresentation(url, this.#host).catch(() => null)
    this.#reading = false
    this.#dueMs = this.#host.now() + this.#host.config.growthPeriodMs
    if (fresh === null || this.#host.signal.aborted) return []
    this.#presentation.growing = fresh.growing
    const added = fresh.variants.filter((one) => variants.every(({ url: known }) => known !== one.url) && sameKind(one, variants[0]))
    variants.push(...added)
    return added
  }
}

/** A buffer for pictures takes no sound. */
function sameKind(one: RenditionInfo, first: RenditionInfo | undefined): boolean {
  return one.type?.split('/')[0] === first?.type?.split('/')[0]
}
