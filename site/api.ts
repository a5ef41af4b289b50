/**
 * The site's side of the API. Every answer is parsed by the schemas of protocol/videos.ts, every failure is an `ApiError`
 * whose message can be shown as it is.
 */
import * as v from 'valibot'
import type { ErrorCode } from '../protocol/errors.ts'
import { Video, VideoPage } from '../protocol/videos.ts'

const ErrorAnswer = v.object({ error: v.object({ code: v.string(), message: v.string() }) })
const SessionAnswer = v.object({ signedIn: v.boolean() })

/** What went wrong, in a sentence. `status` 0: no answer came at all. */
export class ApiError extends Error {
  readonly status: number
  readonly code: ErrorCode | 'no-answer' | 'unreadable'

  constructor(status: number, code: ApiError['code'], message: string) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.code = code
  }
}

/** One page of the library, newest first. */
export async function listVideos(cursor: string | null = null): Promise<VideoPage> {
  return parse(VideoPage, await call('GET', `/api/videos${cursor === null ? '' : `?cursor=${encodeURIComponent(cursor)}`}`))
}

/** One video; `video-not-found` when it was deleted. */
export async function getVideo(id: string): Promise<Video> {
  return parse(Video, await call('GET', videoPath(id)))
}

/** Needs a session. */
export async function renameVideo(id: string, title: string): Promise<Video> {
  return parse(Video, await call('PATCH', videoPath(id), { title }))
}

/** Needs a session. A video that is gone already counts as deleted. */
export async function deleteVideo(id: string): Promise<void> {
  try {
    await call('DELETE', videoPath(id))
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) throw error
  }
}

/** Trades the admin token for the session cookie; `wrong-token` when it is not the right one. */
export async function signIn(token: string): Promise<void> {
  await call('POST', '/api/session', { token })
}

/** Ends the session of this browser. */
export async function signOut(): Promise<void> {
  await call('DELETE', '/api/session')
}

/** Whether this browser may write. */
export async function isSignedIn(): Promise<boolean> {
  return parse(SessionAnswer, await call('GET', '/api/session')).signedIn
}

/** The sentence to show for anything that was thrown. */
export function sentenceOf(error: unknown): string {
  return error instanceof ApiError ? error.message : 'Something broke on this page. Reload it and try again.'
}

/** The error an answer of the edge carries: its own message where the body has one, otherwise a sentence by status. */
export function errorOf(status: number, body: string): ApiError {
  const parsed = v.safeParse(ErrorAnswer, parseJson(body))
  if (parsed.success) return new ApiError(status, parsed.output.error.code as ErrorCode, parsed.output.error.message)
  const text =
    status >= 500 ? `The server had a problem (status ${status}). Try again in a moment.` : `The server refused this (status ${status}).`
  return new ApiError(status, 'unreadable', text)
}

async function call(method: string, path: string, body?: object): Promise<unknown> {
  const init: RequestInit = { method, headers: { Accept: 'application/json' }, cache: 'no-store' }
  if (body !== undefined) {
    init.body = JSON.stringify(body)
    init.headers = { Accept: 'application/json', 'Content-Type': 'application/json' }
  }
  let status: number
  let text: string
  try {
    const response = await fetch(path, init)
    status = response.status
    text = await response.text()
  } catch {
    throw new ApiError(0, 'no-answer', 'The server cannot be reached. Check the connection and try again.')
  }
  if (status < 200 || status > 299) throw errorOf(status, text)
  return parseJson(text)
}

function parse<T extends v.GenericSchema>(schema: T, answer: unknown): v.InferOutput<T> {
  const parsed = v.safeParse(schema, answer)
  if (!parsed.success)
    throw new ApiError(200, 'unreadable', 'The server answered something this page does not understand. Reload the page.')
  return parsed.output
}

/** Undefined for what is not JSON: an empty body, or the page of a proxy in between. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function videoPath(id: string): string {
  return `/api/videos/${encodeURIComponent(id)}`
}
