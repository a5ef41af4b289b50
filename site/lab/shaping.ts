/**
 * The network that lab pages ask the edge for (docs/2-guides/slow-networks.md): read from the page's own address, and set
 * on a link of the edge by its name, also while something is being sent over it.
 */
import { isNetworkProfile, type NetworkProfileName } from '../../protocol/network-profiles.ts'

/** A steady rate (`kbps` 0: as fast as it goes), or a network that changes. */
export type Network = { kind: 'rate'; kbps: number } | { kind: 'trace'; name: NetworkProfileName; seed: number }

/** `?rate=` or `?trace=` and `&seed=` of a page; null where it says nothing that is understood. */
export function networkOf(search: string): Network | null {
  const query = new URLSearchParams(search)
  const trace = query.get('trace')
  if (trace !== null && isNetworkProfile(trace)) return { kind: 'trace', name: trace, seed: whole(query.get('seed')) ?? 1 }
  const kbps = whole(query.get('rate'))
  return kbps === null ? null : { kind: 'rate', kbps: Math.min(kbps, 10_000_000) }
}

/** The same as a query, without a question mark. */
export function networkQuery(network: Network): string {
  return network.kind === 'rate' ? `rate=${network.kbps}` : `trace=${network.name}&seed=${network.seed}`
}

/** Sets the link `session` for what is below `/v/`; false when this edge shapes nothing: a deployment. */
export async function setLink(path: string, session: string, network: Network): Promise<boolean> {
  const response = await fetch(`${path}?shape=${session}&rtt=0&${networkQuery(network)}`, { method: 'HEAD', cache: 'no-store' })
  return response.headers.get('Server-Timing')?.includes('network;') === true
}

function whole(text: string | null): number | null {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null
}
