/** The same figures under both players, so that they can be compared by eye. */
import { html } from 'lit'
import { formatBytes } from '../../format.ts'
import type { Experience } from './viewing.ts'

export interface Side {
  experience: Experience | null
  aheadS: number
  bytes: number
  requests: number
  /** Name and value of the line that only this side has. */
  quality: string
}

export function sideFacts({ experience, aheadS, bytes, requests, quality }: Side): unknown {
  const first = experience?.firstFrameMs ?? null
  const stalls = experience?.stalls ?? 0
  const stalled = experience === null || stalls === 0 ? 'none' : `${stalls}, ${seconds(experience.stalledMs)} in all`
  const fact = (name: string, value: string, bad = false): unknown =>
    html`<div ?data-bad=${bad}>
      <dt>${name}</dt>
      <dd>${value}</dd>
    </div>`
  return html`<dl class="side-facts">
    ${fact('First frame after', first === null ? '…' : seconds(first))}
    ${fact('Stalls', experience?.waiting === true && stalls > 0 ? `${stalled}, waiting` : stalled, stalls > 0)}
    ${fact('Ahead', first === null ? '…' : `${aheadS.toFixed(1)} s`)} ${fact('Picture', quality)}
    ${fact('Downloaded', `${formatBytes(bytes)} in ${requests} requests`)}
  </dl>`
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 9_950 ? 2 : 1)} s`
}
