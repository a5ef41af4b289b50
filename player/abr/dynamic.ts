/**
 * Dynamic (K. Spiteri, R. Sitaraman, D. Sparacio, MMSys 2018): the throughput rule while the buffer is short, BOLA when it is
 * long. Two forms: the paper's, with BOLA, which changes only to the one that does not ask for less; and the one that dash.js
 * ships, with BOLA-E, which changes at two levels.
 */
import { BolaChooser } from './bola.ts'
import { BolaEChooser } from './bola-e.ts'
import { type Choice, chooserRule, type Moment, type Outcome, type RungChooser, type Transfer } from './chooser-session.ts'
import { ThroughputChooser } from './throughput-dash.ts'

/** The paper's form: BOLA may take over above this level and gives back below it. */
const LEVEL_MS = 10_000
/** dash.js: BOLA-E takes over above, */
const UPPER_MS = 10_000
/** and gives back below. */
const LOWER_MS = 5_000

class DynamicChooser implements RungChooser {
  readonly #bola = new BolaChooser()
  readonly #throughput = new ThroughputChooser()
  #byBuffer = false

  choose(moment: Moment): Choice {
    const buffer = this.#bola.choose(moment)
    const throughput = this.#throughput.choose(moment)
    if (this.#byBuffer) this.#byBuffer = !(moment.bufferMs < LEVEL_MS && buffer.index < throughput.index)
    else this.#byBuffer = moment.bufferMs > LEVEL_MS && buffer.index >= throughput.index
    return named(this.#byBuffer ? buffer : throughput, this.#byBuffer ? 'BOLA' : 'throughput')
  }

  abandon(transfer: Transfer): number | null {
    return this.#throughput.abandon(transfer)
  }
}

class DynamicDashChooser implements RungChooser {
  readonly #bola = new BolaEChooser()
  readonly #throughput = new ThroughputChooser()
  #byBuffer = false

  choose(moment: Moment): Choice {
    this.#byBuffer = moment.bufferMs >= LOWER_MS && (this.#byBuffer || moment.bufferMs > UPPER_MS)
    return this.#byBuffer ? named(this.#bola.choose(moment), 'BOLA-E') : named(this.#throughput.choose(moment), 'throughput')
  }

  abandon(transfer: Transfer): number | null {
    return this.#byBuffer ? this.#bola.abandon(transfer) : this.#throughput.abandon(transfer)
  }

  ended(outcome: Outcome): void {
    this.#bola.ended(outcome)
  }

  idled(ms: number): void {
    this.#bola.idled(ms)
  }

  seeked(): void {
    this.#bola.seeked()
    this.#byBuffer = false
  }
}

function named(choice: Choice, by: string): Choice {
  return { ...choice, reason: `${by}: ${choice.reason}` }
}

/** The paper's form. */
export const dynamicRule = chooserRule('dynamic', () => new DynamicChooser())
/** As dash.js ships it. */
export const dynamicDashRule = chooserRule('dynamic-dash', () => new DynamicDashChooser())
