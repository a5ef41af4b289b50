/** Reads an exported session. Whatever is wrong with it is said in a sentence, with the place. */
import * as v from 'valibot'
import type { EngineEvent } from '../engine/events.ts'
import { RECORDING_FORMAT, RECORDING_VERSION, type SessionRecording } from './recording.ts'
import { AnyEvent, fieldsOf, Head } from './schema.ts'

/** The text is no recording that can be read; the message says why, for a person. */
export class RecordingError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'RecordingError'
  }
}

/** Longest text that is parsed, characters: some days of playback. */
const MAX_LENGTH = 256 * 1024 * 1024

/** Throws `RecordingError`. */
export function readRecording(text: string): SessionRecording {
  if (text.length > MAX_LENGTH) throw new RecordingError('The file is far larger than any recorded session.')
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new RecordingError('The file is not JSON, so it is no recorded session; or it was cut off.')
  }
  const format: unknown = typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, 'format') : undefined
  if (format !== RECORDING_FORMAT) throw new RecordingError('The file is JSON, but no session that this player exported.')
  const version: unknown = Reflect.get(parsed as object, 'version')
  if (version !== RECORDING_VERSION)
    throw new RecordingError(`The recording has version ${JSON.stringify(version)}, and this player reads version ${RECORDING_VERSION}.`)
  const head = v.safeParse(Head, parsed)
  if (!head.success) throw new RecordingError(`The recording cannot be read: ${sentence(head.issues)}.`)
  let lastMs = 0
  const events = head.output.events.map((event, index): EngineEvent => {
    const fail = (why: string): never => {
      throw new RecordingError(`Event ${index + 1} of the recording cannot be read: ${why}.`)
    }
    const any = v.safeParse(AnyEvent, event)
    if (!any.success) return fail(sentence(any.issues))
    const { type, atMs } = any.output
    if (atMs < lastMs) return fail(`it is older than the one before it`)
    lastMs = atMs
    const fields = fieldsOf(type)
    const checked = fields && v.safeParse(fields, event)
    if (checked && !checked.success) return fail(`in '${type}', ${sentence(checked.issues)}`)
    return event as EngineEvent
  })
  return { ...(head.output as Omit<SessionRecording, 'events'>), events }
}

function sentence([issue]: readonly v.BaseIssue<unknown>[]): string {
  if (!issue) return 'it is not what it should be'
  const at = v.getDotPath(issue)
  const message = issue.message.charAt(0).toLowerCase() + issue.message.slice(1)
  return at === null ? message : `'${at}': ${message}`
}
