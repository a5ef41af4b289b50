/**
 * The links of this isolate, by session: requests of one session share one. A module's map is enough, because shaping is
 * for a local stack, where one isolate answers everything; spread over machines, each would shape for itself. Values only:
 * no promise or stream crosses from one request to another.
 */
import { type Capacity, Link } from './link.ts'

/** Sessions at a time; the one that was used longest ago goes first. */
const MAX_LINKS = 64
/** A session that paused for so long begins anew, milliseconds. */
const IDLE_MS = 60 * 60 * 1000

interface Entry {
  link: Link
  /** The parameters it was made from. */
  text: string
  usedMs: number
}

const links = new Map<string, Entry>()

/** The link of a session, made or changed when `text` is not what it was made from. Null text: the link as it is, or null. */
export function linkOf(session: string, text: string | null, capacity: () => Capacity, nowMs: number): Link | null {
  for (const [key, { usedMs }] of links) if (nowMs - usedMs > IDLE_MS) links.delete(key)
  let entry = links.get(session)
  if (text !== null && entry === undefined) entry = { link: new Link(capacity(), nowMs), text, usedMs: nowMs }
  if (entry === undefined) return null
  if (text !== null && entry.text !== text) {
    entry.link.change(capacity(), nowMs)
    entry.text = text
  }
  entry.usedMs = nowMs
  // In the order of their last use.
  links.delete(session)
  links.set(session, entry)
  for (const oldest of links.keys()) if (links.size > MAX_LINKS) links.delete(oldest)
  return entry.link
}
