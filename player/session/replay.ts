/**
 * Puts a recorded session before a rule again: what the rule was told, in the order it was told, to a fresh session of it.
 * The same rule must answer the same, to the last digit; another one shows where it would have decided otherwise, each time
 * in the situation that the first one made (what-if.ts lets it live with its own decisions).
 */
import type { AbrDecision, AbrRule, AbrSession, Rung } from '../abr/rule.ts'
import type { EngineEvent, EngineEventOf } from '../engine/events.ts'

/** One decision that came out differently. */
export interface Difference {
  atMs: number
  kind: 'decision' | 'abandon'
  segment: number
  recorded: AbrDecision
  /** Null: the rule would have let the download go on. */
  replayed: AbrDecision | null
}

export interface Replay {
  rule: string
  /** Decisions that were put before the rule, downloads given up among them. */
  compared: number
  /** Of them, those that came out the same: rendition, reason, numbers and wait. */
  same: number
  /** Of them, those with the same rendition at least. */
  sameRendition: number
  /** Decisions that the viewer took: no rule was asked. */
  chosenByViewer: number
  /** Decisions whose renditions the log no longer held. */
  unreadable: number
  /** The first of them, up to `MAX_DIFFERENCES`. */
  differences: Difference[]
}

/** Differences that are kept one by one; all are counted. */
export const MAX_DIFFERENCES = 1_000

/** Runs the rule over the events of one log. */
export function replay(events: readonly EngineEvent[], rule: AbrRule): Replay {
  const result: Replay = { rule: rule.name, compared: 0, same: 0, sameRendition: 0, chosenByViewer: 0, unreadable: 0, differences: [] }
  let session = rule.start()
  let rungs: readonly Rung[] | null = null
  for (const event of events) {
    switch (event.type) {
      case 'load':
        session = rule.start()
        break
      case 'ladder':
        rungs = event.rungs
        break
      case 'download':
        session.arrived?.(event.download)
        break
      case 'seeking':
        session.seeked?.()
        break
      case 'decision':
        if (event.chosen) result.chosenByViewer += 1
        else if (rungs === null) result.unreadable += 1
        else compare(result, event, event.input.segment, decided(session, event, rungs))
        break
      case 'segment-abandoned':
        if (rungs === null) result.unreadable += 1
        else compare(result, event, event.number, session.abandon?.({ ...event.input, rungs }) ?? null)
        break
      default:
        // Nothing that a rule is told.
        break
    }
  }
  return result
}

function decided(session: AbrSession, event: EngineEventOf<'decision'>, rungs: readonly Rung[]): AbrDecision {
  return session.decide({ ...event.input, rungs })
}

function compare(
  result: Replay,
  event: EngineEventOf<'decision'> | EngineEventOf<'segment-abandoned'>,
  segment: number,
  replayed: AbrDecision | null,
): void {
  const { to, reason, numbers, waitMs, atMs } = event
  const recorded: AbrDecision = { id: to, reason, numbers, ...(waitMs === undefined ? {} : { waitMs }) }
  result.compared += 1
  if (replayed?.id === to) result.sameRendition += 1
  if (replayed !== null && isSame(recorded, replayed)) result.same += 1
  else if (result.differences.length < MAX_DIFFERENCES) {
    result.differences.push({ atMs, kind: event.type === 'decision' ? 'decision' : 'abandon', segment, recorded, replayed })
  }
}

function isSame(a: AbrDecision, b: AbrDecision): boolean {
  const keys = Object.keys(a.numbers)
  return (
    a.id === b.id &&
    a.reason === b.reason &&
    a.waitMs === b.waitMs &&
    keys.length === Object.keys(b.numbers).length &&
    // JSON knows no NaN and no infinity, but rules give none (abr/contract.ts).
    keys.every((key) => a.numbers[key] === b.numbers[key])
  )
}
