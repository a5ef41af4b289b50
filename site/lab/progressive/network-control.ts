/** `<network-control>`: a slider for a steady rate, or one of the networks that change. Fires `network` with what was chosen. */
import { html, nothing } from 'lit'
import { NETWORK_PROFILES, type NetworkProfile } from '../../../protocol/network-profiles.ts'
import { LightElement } from '../../light-element.ts'
import { type Network, networkOf } from '../shaping.ts'

/** Stops of the slider, kbit/s; the last is no limit. */
const RATES = [150, 250, 400, 600, 800, 1_000, 1_500, 2_000, 3_000, 4_000, 6_000, 8_000, 12_000, 16_000, 25_000, 40_000, 80_000, 0]

/** `800 kb/s`, `4.0 Mb/s`. */
export function formatRate(bps: number): string {
  return bps < 999_500 ? `${Math.round(bps / 1000)} kb/s` : `${(bps / 1e6).toFixed(bps < 9.95e6 ? 1 : 0)} Mb/s`
}

export class NetworkControl extends LightElement {
  static override properties = { network: { attribute: false }, needsBps: { attribute: false }, disabled: { attribute: false } }
  declare network: Network
  /** Mean rate of the file, bit/s; null when it is not known. */
  declare needsBps: number | null
  declare disabled: boolean

  constructor() {
    super()
    this.network = { kind: 'rate', kbps: 0 }
    this.needsBps = null
    this.disabled = false
  }

  private choose(network: Network): void {
    this.dispatchEvent(new CustomEvent<Network>('network', { detail: network }))
  }

  private chosen(value: string): void {
    this.choose(networkOf(`?trace=${value}`) ?? { kind: 'rate', kbps: 3_000 })
  }

  override render(): unknown {
    const { network, disabled } = this
    const steady = network.kind === 'rate'
    return html`<div class="network">
      <label for="network-kind">Network</label>
      <select
        id="network-kind"
        ?disabled=${disabled}
        .value=${steady ? 'rate' : network.name}
        @change=${(event: Event) => this.chosen((event.currentTarget as HTMLSelectElement).value)}
      >
        <option value="rate" ?selected=${steady}>steady rate</option>
        ${Object.keys(NETWORK_PROFILES).map(
          (name) => html`<option value=${name} ?selected=${!steady && network.name === name}>${name.replace('_', ' ')}</option>`,
        )}
      </select>
      ${steady ? this.slider(network.kbps) : html`<p class="network-about">${about(network.name)}</p>`}
    </div>`
  }

  private slider(kbps: number): unknown {
    const at = kbps === 0 ? RATES.length - 1 : nearest(kbps)
    const text = kbps === 0 ? 'no limit' : formatRate(kbps * 1000)
    return html`<label class="visually-hidden" for="network-rate">Bandwidth</label>
      <span class="network-slider">
        <input
          id="network-rate"
          type="range"
          min="0"
          max=${RATES.length - 1}
          step="1"
          .value=${String(at)}
          aria-valuetext=${text}
          ?disabled=${this.disabled}
          @input=${(event: Event) => this.choose({ kind: 'rate', kbps: RATES[Number((event.currentTarget as HTMLInputElement).value)] ?? 0 })}
        />
        ${
          this.needsBps === null
            ? nothing
            : html`<span class="network-need" style="--at: ${place(this.needsBps / 1000)}" aria-hidden="true"
                ><i></i><span>the file</span></span
              >`
        }
      </span>
      <output for="network-rate">${text}</output>`
  }
}
customElements.define('network-control', NetworkControl)

function about(name: keyof typeof NETWORK_PROFILES): string {
  const profile: NetworkProfile = NETWORK_PROFILES[name]
  return profile.about
}

function nearest(kbps: number): number {
  const limits = RATES.slice(0, -1)
  const distances = limits.map((rate) => Math.abs(Math.log(rate / kbps)))
  return distances.indexOf(Math.min(...distances))
}

/** Where a rate lies on the slider, 0 to 1; its stops are evenly spaced. */
function place(kbps: number): number {
  const limits = RATES.slice(0, -1)
  const above = limits.findIndex((rate) => rate >= kbps)
  if (above <= 0) return above === 0 ? 0 : 1
  const [low = 1, high = 1] = [limits[above - 1], limits[above]]
  return (above - 1 + Math.log(kbps / low) / Math.log(high / low)) / (RATES.length - 1)
}
