/** How a task fails: the reason decides whether the pool tries again (protocol/tasks.ts, `TaskFailure`). */
import type { TaskFailure } from '../protocol/tasks.ts'

/** A failure with a message for the person who uploaded, and FFmpeg's last words for whoever looks after the machine. */
export class TaskError extends Error {
  override name = 'TaskError'
  readonly reason: TaskFailure['reason']
  readonly log: string

  constructor(reason: TaskFailure['reason'], message: string, log = '') {
    super(message)
    this.reason = reason
    this.log = log
  }
}

/** What goes to the pool. Anything that is not a `TaskError` is `work`: it may pass at the next try. */
export function toTaskFailure(error: unknown): TaskFailure {
  const message = error instanceof Error ? error.message : String(error)
  const failure = error instanceof TaskError ? error : null
  return { reason: failure?.reason ?? 'work', message: message.slice(0, 2000), log: (failure?.log ?? '').slice(-4000) }
}
