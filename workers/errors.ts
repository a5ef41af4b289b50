/** One place where errors become HTTP: throw `new HttpError('video-not-found')` anywhere below a route. */
import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { ERRORS, type ErrorBody, type ErrorCode } from '../protocol/errors.ts'

/** An error of the catalogue, with a message of its own where there is more to say. */
export class HttpError extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly headers: Record<string, string>

  constructor(code: ErrorCode, message: string = ERRORS[code].text, headers: Record<string, string> = {}) {
    super(message)
    this.name = 'HttpError'
    this.code = code
    this.status = ERRORS[code].status
    this.headers = headers
  }
}

/** The JSON answer for an error of the catalogue. */
export function errorResponse(error: HttpError): Response {
  const body: ErrorBody = { error: { code: error.code, message: error.message } }
  return Response.json(body, {
    status: error.status,
    headers: { 'Cache-Control': 'no-store', 'Access-Control-Allow-Origin': '*', ...error.headers },
  })
}

export function onError(error: Error, _c: Context): Response {
  if (error instanceof HttpError) return errorResponse(error)
  if (error instanceof HTTPException) return error.getResponse()
  console.error(error)
  return errorResponse(new HttpError('internal'))
}

export function onNotFound(_c: Context): Response {
  return errorResponse(new HttpError('not-found'))
}
