/** Reading addresses strictly: one resource has one address (`7.m4s`, never `007.m4s` or `7e0.m4s`), anything else is 404. */
import * as v from 'valibot'
import { RenditionId, VideoId } from '../../protocol/ids.ts'
import { HttpError } from '../errors.ts'

/** Throws `video-not-found` for what cannot be an id. */
export function checkedVideoId(text: string): string {
  if (!v.is(VideoId, text)) throw new HttpError('video-not-found')
  return text
}

/** Throws `not-found` for what cannot be a rendition's name. */
export function checkedRendition(text: string): string {
  if (!v.is(RenditionId, text)) throw new HttpError('not-found')
  return text
}

/** The number between `before` and `after` in a file's name. Nine digits are enough for a century of segments. */
export function checkedNumber(file: string, before: string, after: string): number {
  const digits = file.startsWith(before) && file.endsWith(after) ? file.slice(before.length, file.length - after.length) : ''
  if (!/^(?:0|[1-9][0-9]{0,8})$/.test(digits)) throw new HttpError('not-found')
  return Number(digits)
}
