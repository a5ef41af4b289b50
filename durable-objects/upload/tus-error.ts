/** Errors in the shape that @tus/server turns into an answer: status and a sentence as text, which tus clients show. */
import { ERRORS, type ErrorCode } from '../../protocol/errors.ts'

/** An error of the catalogue for a tus client. */
export class TusError extends Error {
  readonly status_code: number
  readonly body: string

  constructor(code: ErrorCode) {
    super(ERRORS[code].text)
    this.name = 'TusError'
    this.status_code = ERRORS[code].status
    this.body = `${ERRORS[code].text}\n`
  }
}

/** The same as a whole answer, for what is refused before @tus/server sees it. */
export function tusErrorResponse(error: TusError): Response {
  return new Response(error.body, {
    status: error.status_code,
    headers: { 'Tus-Resumable': '1.0.0', 'Cache-Control': 'no-store', 'Content-Type': 'text/plain; charset=utf-8' },
  })
}
