/** What `GET /api/videos` takes, and the cursor it hands out. */
import * as v from 'valibot'
import { VideoId } from '../../protocol/ids.ts'
import { HttpError } from '../errors.ts'

const Limit = v.optional(
  v.pipe(
    v.string(),
    v.regex(/^\d{1,3}$/),
    v.transform(Number),
    v.minValue(1),
    v.transform((limit) => Math.min(limit, 100)),
  ),
  '24',
)

/** Where a page ended: the last video on it. Opaque outside. */
export interface Cursor {
  createdMs: number
  id: string
}

/** Query of a page: 24 videos unless told, 100 at most. Throws `bad-request`. */
export function readPageQuery(query: Record<string, string>): { limit: number; before: Cursor | null } {
  const limit = v.safeParse(Limit, query['limit'])
  if (!limit.success) throw new HttpError('bad-request', '`limit` is a number from 1 to 100.')
  const text = query['cursor']
  return { limit: limit.output, before: text === undefined ? null : readCursor(text) }
}

/** Prints a cursor: Base64url of `<milliseconds>.<id>`. */
export function printCursor({ createdMs, id }: Cursor): string {
  return btoa(`${createdMs}.${id}`).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function readCursor(text: string): Cursor {
  const wrong = new HttpError('bad-request', '`cursor` is the `nextCursor` of the page before.')
  if (!/^[\w-]{1,64}$/.test(text)) throw wrong
  let plain: string
  try {
    plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  } catch {
    throw wrong // Not Base64.
  }
  const [time = '', id = '', ...more] = plain.split('.')
  if (!/^\d{1,15}$/.test(time) || !v.is(VideoId, id) || more.length > 0) throw wrong
  return { createdMs: Number(time), id }
}
