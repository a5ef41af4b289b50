/** The parameters that shape an answer, read from a query. */
import { isNetworkProfile, NETWORK_PROFILES, networkTrace } from '../../../protocol/network-profiles.ts'
import { HttpError } from '../../errors.ts'
import type { Capacity } from './link.ts'

/** What a request asks for. */
export interface Shape {
  /** Requests of one session share a link. */
  session: string
  /** The parameters that say what the link carries, in one text; null: whatever the session has. */
  text: string | null
  capacity: () => Capacity
  /** Milliseconds instead of the profile's; null: the profile's. */
  rttMs: number | null
  /** What players have to add to the addresses in a playlist. */
  handOn: string
}

/** Round trip of a constant rate when none is given, milliseconds. */
const RATE_RTT_MS = 40
/** A trace begins again after so long, seconds. */
const TRACE_SECONDS = 900

/** Null when nothing is to be shaped. Throws `bad-request` for what has no sense: a wrong name must not pass for a fast network. */
export function readShape(query: URLSearchParams): Shape | null {
  const [rate, trace, id] = [query.get('rate'), query.get('trace'), query.get('shape')]
  if (rate === null && trace === null && id === null) return null
  if (id !== null && !/^[\w-]{1,64}$/.test(id)) throw wrong('shape is a name of 1 to 64 letters, digits, - and _')
  if (rate !== null && trace !== null) throw wrong('rate and trace exclude each other')
  const rttMs = numberIn(query, 'rtt', 0, 10_000)
  if (trace !== null) {
    if (!isNetworkProfile(trace)) throw wrong(`trace is one of ${Object.keys(NETWORK_PROFILES).join(', ')}`)
    const seed = numberIn(query, 'seed', 0, 2 ** 31 - 1) ?? 1
    const skipS = numberIn(query, 'skip', 0, TRACE_SECONDS) ?? 0
    const capacity = (): Capacity => ({ steps: networkTrace(trace, seed, TRACE_SECONDS), skipMs: skipS * 1000 })
    return shape(id, `trace=${trace}&seed=${seed}&skip=${skipS}`, capacity, rttMs)
  }
  // 0: as fast as it goes; a slider that is pushed to its end.
  const kbps = numberIn(query, 'rate', 0, 10_000_000)
  if (kbps === null) return shape(id, null, () => ({ steps: [], skipMs: 0 }), rttMs)
  const step = {
    durationMs: 1000,
    bps: kbps === 0 ? UNLIMITED_BPS : kbps * 1000,
    rttMs: kbps === 0 ? 0 : RATE_RTT_MS,
    state: `${kbps} kbit/s`,
  }
  return shape(id, `rate=${kbps}`, () => ({ steps: [step], skipMs: 0 }), rttMs)
}

/** More than a loopback carries. */
const UNLIMITED_BPS = 1e12

function shape(id: string | null, text: string | null, capacity: () => Capacity, rttMs: number | null): Shape {
  const rtt = rttMs === null ? '' : `&rtt=${rttMs}`
  // Without a name, equal parameters are one session. With one, playlists hand on the name alone: the link may be changed
  // while a player goes on asking for what an older playlist listed.
  return { session: id ?? `?${text}`, text, capacity, rttMs, handOn: `${id === null ? text : `shape=${id}`}${rtt}` }
}

function numberIn(query: URLSearchParams, name: string, least: number, most: number): number | null {
  const text = query.get(name)
  if (text === null) return null
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= least && value <= most)) throw wrong(`${name} is a whole number from ${least} to ${most}`)
  return value
}

function wrong(message: string): HttpError {
  return new HttpError('bad-request', `The network of this request cannot be shaped: ${message}.`)
}
