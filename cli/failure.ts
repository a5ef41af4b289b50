/** How a command ends badly: `Failure` (exit 1, the work failed), `Usage` (exit 2, it was asked for wrongly). */

/** The work failed. The message says what happened, `hint` what to do. */
export class Failure extends Error {
  readonly hint: string | null
  readonly exitCode: number = 1

  constructor(message: string, hint: string | null = null) {
    super(message)
    this.name = 'Failure'
    this.hint = hint
  }
}

/** The command was used wrongly. */
export class Usage extends Failure {
  override readonly exitCode: number = 2

  constructor(message: string, hint: string | null = null) {
    super(message, hint)
    this.name = 'Usage'
  }
}
